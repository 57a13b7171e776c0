"""The audit trail: all that people and administrators do is in it, and nobody rewrites it."""

import csv
import io
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from app.audit import export, telling
from app.audit.chain import check
from app.audit.store import ITSELF, NAMES, Head, Sought, page
from app.core.clock import now
from app.core.db import Session
from tests.accounts.apps import calling_from
from tests.accounts.studios import PASSWORD, Studio, as_owner, bearer
from tests.accounts.trails import trail

WRONG = "not the password at all"
OTHER = "the sea by a long walk"
CHANGED = {
    "hash": "sha256(hash)",
    "at": "at + interval '1 microsecond'",
    "initials": "initials || ' '",
    "before": "coalesce(before, '')",
    "after": "after || ' '",
    **dict.fromkeys(("user_id", "device_id", "record_id"), "gen_random_uuid()"),
    **{name: f"{name} || 's'" for name in ("channel", "feature", "subject", "action")},
}
"""What somebody may make of each column of an entry."""


def done(entries: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    return [(entry["subject"], entry["action"], entry["initials"]) for entry in entries]


async def test_how_an_account_began_is_in_its_trail(studio: Studio) -> None:
    found = await trail(studio)
    people = [entry for entry in found if entry["subject"] in {"accounts", "users", "devices"}]
    assert done(people[::-1])[:4] == [
        ("accounts", "created", "SPSA"),
        ("users", "created", "SPSA"),
        ("users", "created", "SPSA"),
        ("devices", "created", "SPSA"),
    ]
    assert [entry["position"] for entry in found] == list(range(len(found), 0, -1))
    assert people[-2]["after"]["initials"] == "JD"
    assert people[-2]["after"]["password"] is None


async def test_a_change_tells_who_made_it_and_what_it_was(studio: Studio) -> None:
    headers, user = await studio.administrator(), studio.photographer.user_id
    body = {"last_name": "Carr", "show_on_calendar": False}
    tag = {**headers, "If-Match": '"1"'}
    answer = await studio.client.patch(f"/v1/users/{user}", json=body, headers=tag)
    assert answer.status_code == 200, answer.text
    [entry] = [each for each in await trail(studio, record_id=str(user)) if each["action"] == "changed"]
    assert (entry["initials"], entry["channel"], entry["feature"]) == ("JD", "desk", "users")
    assert entry["before"] == {"last_name": "Kerr", "show_on_calendar": True}
    assert entry["after"] == {"last_name": "Carr", "show_on_calendar": False}


async def test_a_device_is_followed_from_its_authorization_to_its_removal(studio: Studio) -> None:
    [device] = await studio.authorize()
    headers = await studio.administrator()
    for is_inactive in (True, False):
        await studio.change_device(device, headers, is_inactive=is_inactive)
    await studio.client.delete(f"/v1/devices/{device}", headers=headers)
    found = await trail(studio, record_id=str(device))
    assert [entry["action"] for entry in found] == ["deleted", "changed", "changed", "created"]
    assert (found[0]["before"]["device_id"], found[0]["after"]) == (str(device), None)
    assert (found[2]["before"], found[2]["after"]) == ({"is_inactive": False}, {"is_inactive": True})


async def test_the_receipt_of_a_wiped_phone_is_told_once(studio: Studio) -> None:
    device = (await studio.signed_in())["device"]["id"]
    await studio.administrator()
    await studio.change_device(device, is_inactive=True)
    receipt = {"wipe_order": (await studio.login()).json()["wipe_order"]}
    answers = [await studio.client.post("/v1/devices/me/wiped", json=receipt) for _ in range(2)]
    [entry] = await trail(studio, action="wiped")
    assert (entry["subject"], entry["record_id"], entry["device_id"]) == ("devices", device, device)
    assert datetime.fromisoformat(entry["after"]["wiped_at"]) == datetime.fromisoformat(
        answers[0].json()["wiped_at"]
    )


async def test_passwords_are_in_the_trail_by_name_alone(studio: Studio) -> None:
    signed_in = await studio.signed_in(device=None)
    body = {"current_password": PASSWORD, "new_password": OTHER}
    await studio.client.post("/v1/auth/password", json=body, headers=bearer(signed_in))
    await studio.login(initials=WRONG[:10], password=WRONG, device=None)
    rows = await studio.execute("SELECT * FROM audit_entries WHERE account_id = $1")
    text = "\n".join(str(value) for row in rows for value in row.values())
    assert not [word for word in (PASSWORD, OTHER, WRONG[:10], "argon2") if word in text]
    [entry] = [
        each for each in await trail(studio) if (each["subject"], each["action"]) == ("users", "changed")
    ]
    assert (entry["before"], entry["after"]) == ({"password": None}, {"password": None})


async def test_signing_in_and_out_and_what_is_refused_are_told(studio: Studio) -> None:
    for _ in range(5):
        await studio.login(password=WRONG)
    signed_in = await studio.signed_in()
    await studio.client.post("/v1/auth/logout", headers=bearer(signed_in))
    found = [entry for entry in await trail(studio) if entry["record_id"] == str(studio.photographer.user_id)]
    assert [entry["action"] for entry in found[:3]] == ["signed_out", "signed_in", "sign_in_refused"]
    assert found[1]["after"] == {
        "failures": 5, "network": None, "odd": ["after_failures", "new_device"]
    }  # fmt: skip
    assert (found[1]["channel"], found[1]["device_id"]) == ("mobile", signed_in["device"]["id"])
    assert found[0]["after"] == {"reason": "signed_out"}


async def test_of_refused_sign_ins_the_first_is_told_and_the_last(
    studio: Studio, hold: Callable[[datetime], None]
) -> None:
    for _ in range(12):
        await studio.login(password=WRONG, device=None)
    told = [entry for entry in await trail(studio) if entry["action"] == "sign_in_refused"]
    assert [(each["after"]["failures"], each["after"]["is_spent"]) for each in told] == [
        (10, True),
        (1, False),
    ]
    assert {each["record_id"] for each in told} == {str(studio.photographer.user_id)}
    hold(now() + timedelta(minutes=15))
    await studio.login(password=WRONG, device=None)
    assert len(await trail(studio, action="sign_in_refused")) == 3


@pytest.mark.parametrize(("device", "channel"), [(None, "desk"), ("phone", "mobile")])
async def test_a_wrong_password_is_told_of_somebody_and_of_where_they_are(
    studio: Studio, app: FastAPI, device: str | None, channel: str
) -> None:
    network = f"2001:db8:a{uuid4().hex[:3]}::"
    words = studio.words(password=WRONG, device=device and studio.phone())
    assert (await ask(app, f"{network}1", words)).status_code == 401
    [entry] = await trail(studio, action="sign_in_refused")
    assert (entry["actor"], entry["user_id"], entry["initials"]) == ("anonymous", None, "")
    assert (entry["channel"], entry["after"]["network"]) == (channel, network)
    assert entry["record_id"] == str(studio.photographer.user_id)


async def test_a_wrong_password_in_a_known_network_tells_of_the_network_too(
    studio: Studio, app: FastAPI
) -> None:
    network = f"2001:db8:a{uuid4().hex[:3]}::"
    await ask(app, f"{network}1", studio.words(device=None))
    await ask(app, f"{network}2", studio.words(device=None, password=WRONG))
    [entry] = await trail(studio, action="sign_in_refused")
    assert entry["after"]["network"] == network


async def test_who_does_something_is_told_by_what_they_are(studio: Studio) -> None:
    device = (await studio.signed_in())["device"]["id"]
    await studio.change_device(device, is_inactive=True)
    await studio.client.post(
        "/v1/devices/me/wiped", json={"wipe_order": (await studio.login()).json()["wipe_order"]}
    )
    whole = await trail(studio)
    assert [entry["actor"] for entry in whole if entry["action"] == "wiped"] == ["device"]
    assert {entry["actor"] for entry in whole if entry["action"] == "signed_in"} == {"user"}
    assert {entry["actor"] for entry in whole if entry["channel"] == "system"} == {"system"}


async def test_sign_ins_that_end_with_a_password_are_told_and_how_many(studio: Studio) -> None:
    signed_in = [await studio.signed_in(device=None) for _ in range(3)]
    body = {"current_password": PASSWORD, "new_password": OTHER}
    await studio.client.post("/v1/auth/password", json=body, headers=bearer(signed_in[0]))
    headers, user = await studio.administrator(), studio.photographer.user_id
    path = f"/v1/users/{user}"
    etag = (await studio.client.get(path, headers=headers)).headers["etag"]
    answer = await studio.client.patch(path, json={"must_reset": True}, headers={**headers, "If-Match": etag})
    assert answer.status_code == 200, answer.text
    reset, changed = await trail(studio, action="signed_out")
    assert (changed["after"], changed["initials"]) == ({"reason": "password_changed", "sign_ins": 2}, "PK")
    assert (reset["after"], reset["initials"]) == ({"reason": "password_reset", "sign_ins": 1}, "JD")
    assert {changed["record_id"], reset["record_id"]} == {str(user)}


async def test_the_sign_in_of_a_phone_that_was_cleared_is_told_to_have_ended(studio: Studio) -> None:
    device = (await studio.signed_in())["device"]["id"]
    await studio.change_device(device, is_inactive=True)
    order = {"wipe_order": (await studio.login()).json()["wipe_order"]}
    await studio.client.post("/v1/devices/me/wiped", json=order)
    [ended] = await trail(studio, action="signed_out")
    assert ended["after"] == {"reason": "wiped", "sign_ins": 1, "device_id": device}


async def test_where_no_sign_in_ends_none_is_told(studio: Studio) -> None:
    signed_in = await studio.signed_in(device=None)
    body = {"current_password": PASSWORD, "new_password": OTHER}
    await studio.client.post("/v1/auth/password", json=body, headers=bearer(signed_in))
    assert await trail(studio, action="signed_out") == []


async def test_an_export_is_an_entry_and_the_first_of_its_own_table(studio: Studio) -> None:
    headers = await studio.administrator()
    sought = {"subject": "devices", "since": "2026-05-04T09:30:00Z"}
    answer = await studio.client.get("/v1/audit.csv", params=sought, headers=headers)
    first, *others = csv.DictReader(io.StringIO(answer.text))
    assert {row["subject"] for row in others} == {"devices"}
    [entry] = await trail(studio, action="exported")
    assert (entry["initials"], entry["subject"], entry["feature"]) == ("JD", "audit", "audit")
    assert entry["after"] == {"subject": "devices", "since": "2026-05-04T09:30:00+00:00"}
    assert (first["position"], first["hash"]) == (str(entry["position"]), entry["hash"])
    assert entry["record_id"] == first["record_id"] == str(studio.account.account_id)


async def test_the_hashes_chain_and_the_head_is_that_of_the_last(studio: Studio) -> None:
    headers = await studio.administrator()
    answer = (await studio.client.get("/v1/audit", params={"limit": 500}, headers=headers)).json()
    entries = answer["entries"]
    assert answer["head"] == {"position": entries[0]["position"], "hash": entries[0]["hash"]}
    assert [entry["former_hash"] for entry in entries] == [*(entry["hash"] for entry in entries[1:]), ""]
    answer = (await studio.client.get("/v1/audit", params={"action": "wiped"}, headers=headers)).json()
    assert (answer["entries"], answer["head"]["position"]) == ([], entries[0]["position"])


async def test_who_tries_many_initials_does_not_fill_the_trail(studio: Studio) -> None:
    for number in range(25):
        await studio.login(initials=f"Z{number}", password=WRONG, device=None)
    for _ in range(10):
        await studio.login(password=WRONG, device=None)
    *spent, last, _ = [each["after"] for each in (await trail(studio, action="sign_in_refused"))[:3]]
    assert [each["failures"] for each in spent] == [10]
    assert (last["failures"], last["is_spent"]) == (1, False)
    assert len(await trail(studio, action="sign_in_refused")) == 21


async def test_a_spent_token_that_comes_back_is_told(
    studio: Studio, hold: Callable[[datetime], None]
) -> None:
    signed_in = await studio.signed_in(device=None)
    body = {"refresh_token": signed_in["refresh_token"]}
    await studio.client.post("/v1/auth/refresh", json=body)
    hold(now() + timedelta(minutes=2))
    assert (await studio.client.post("/v1/auth/refresh", json=body)).json()["code"] == "refresh_reused"
    assert (await trail(studio))[1]["after"] == {"reason": "refresh_reused"}


async def test_a_desk_in_a_new_network_is_odd_and_one_in_a_known_one_waits_for_nobody(
    studio: Studio, app: FastAPI
) -> None:
    home, away = f"2001:db8:a{uuid4().hex[:3]}::1", f"2001:db8:a{uuid4().hex[:3]}::1"
    words = studio.words(device=None)
    for address in (home, away):
        assert (await ask(app, address, words)).status_code == 200
    for _ in range(10):
        await studio.login(password=WRONG, device=None)
    assert (await studio.login(device=None)).status_code == 429
    assert (await ask(app, home, words)).status_code == 200
    found = [entry["after"]["odd"] for entry in await trail(studio) if entry["action"] == "signed_in"]
    assert found[1:] == [[], ["new_network"], []]


async def test_who_comes_back_late_and_from_elsewhere_is_odd(
    studio: Studio, app: FastAPI, hold: Callable[[datetime], None]
) -> None:
    words = studio.words(device=None)
    for days, address in ((0, "2001:db8:1::1"), (181, "2001:db8:2::1")):
        hold(now() + timedelta(days=days))
        assert (await ask(app, address, words)).status_code == 200
    found = [entry["after"]["odd"] for entry in await trail(studio) if entry["action"] == "signed_in"]
    assert found[1:] == [["new_network"], []]


async def test_the_trail_is_read_in_pages_and_by_what_is_sought(
    studio: Studio, hold: Callable[[datetime], None]
) -> None:
    began = now() + timedelta(hours=1)
    for minutes in range(6):
        hold(began + timedelta(minutes=minutes))
        await studio.signed_in(device=None)
    headers = await studio.administrator()
    user: dict[str, str | int] = {"user_id": str(studio.photographer.user_id), "limit": 4}
    first = (await studio.client.get("/v1/audit", params=user, headers=headers)).json()
    rest = (
        await studio.client.get("/v1/audit", params={**user, "page": first["next_page"]}, headers=headers)
    ).json()
    assert (len(first["entries"]), len(rest["entries"]), rest["next_page"]) == (4, 2, None)
    window = {"since": began + timedelta(minutes=1), "until": began + timedelta(minutes=3)}
    sought = {name: value.isoformat() for name, value in window.items()}
    assert len(await trail(studio, feature="users", **sought)) == 2
    assert await trail(studio, feature="invoices") == []


async def test_the_trail_is_sought_by_what_was_done_to_what_and_how_it_came_in(studio: Studio) -> None:
    await studio.login(password=WRONG)
    await studio.signed_in()
    whole = await trail(studio)
    for name, value in (
        ("action", "sign_in_refused"),
        ("action", "created"),
        ("subject", "sign_ins"),
        ("subject", "devices"),
        ("channel", "mobile"),
        ("channel", "system"),
    ):
        found = await trail(studio, **{name: value})
        wanted = [entry["position"] for entry in whole if entry[name] == value]
        assert wanted, (name, value)
        assert [entry["position"] for entry in found][-len(wanted) :] == wanted
    both = await trail(studio, subject="sign_ins", channel="mobile")
    assert [entry["action"] for entry in both] == ["signed_in", "sign_in_refused"]
    answer = await studio.client.get(
        "/v1/audit", params={"action": "painted"}, headers=await studio.administrator()
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


@pytest.mark.parametrize(
    ("index", "sought"),
    [
        ("at", Sought(since=now())),
        ("record", Sought(record_id=uuid4())),
        ("user", Sought(user_id=uuid4(), action="changed")),
        ("subject", Sought(subject="clients", until=now())),
        ("action", Sought(action="wiped")),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
async def test_what_is_looked_for_is_found_by_an_index_and_not_sorted(
    owner_url: str, index: str, sought: Sought
) -> None:
    asked = Asked(uuid4())
    await page(cast("Session", asked), sought, 17, 101)
    connection = await asyncpg.connect(owner_url)
    transaction = connection.transaction()
    await transaction.start()
    try:
        # It has to do without the others, whatever a plan for a table this small would prefer.
        for other in {"at", "record", "user", "subject", "action"} - {index}:
            await connection.execute(f"DROP INDEX ix_audit_entries_{other}")
        for setting in ("enable_seqscan = off", "enable_sort = off", "plan_cache_mode = force_generic_plan"):
            await connection.execute(f"SET LOCAL {setting}")
        rows = await connection.fetch(f"EXPLAIN {asked.statement}", *asked.values)
        plan = "\n".join(row[0] for row in rows)
        assert f"using ix_audit_entries_{index} on" in plan
        assert "Sort" not in plan
    finally:
        await transaction.rollback()
        await connection.close()


async def test_who_may_not_view_the_trail_gets_neither_pages_nor_table(studio: Studio) -> None:
    headers = bearer(await studio.signed_in(device=None))
    for path in ("/v1/audit", "/v1/audit.csv"):
        answer = await studio.client.get(path, headers=headers)
        assert (answer.status_code, answer.json()["feature"]) == (403, "audit")


async def test_the_table_has_every_entry_and_no_formula(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "AT_ONCE", 2)
    headers = await studio.administrator()
    await studio.execute("UPDATE users SET initials = '=1+1' WHERE account_id = $1 AND initials = 'JD'")
    await studio.client.patch(
        "/v1/account", json={"is_security_active": True}, headers={**headers, "If-Match": '"1"'}
    )
    answer = await studio.client.get("/v1/audit.csv", headers=headers)
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["position"] for row in rows] == [str(number) for number in range(len(rows), 0, -1)]
    assert len(rows) == len(await studio.execute("SELECT 1 FROM audit_entries WHERE account_id = $1"))
    assert rows[0]["initials"] == "'=1+1"


async def test_of_the_table_no_more_is_read_than_is_taken() -> None:
    entry = dict.fromkeys(("position", *NAMES, "actor", "hash", "former_hash"))
    pages: list[list[Any]] = [[{**entry, "position": number}] * export.AT_ONCE for number in (30, 20)]
    pages.append([])
    read: list[int] = []

    async def following(behind: int) -> list[Any]:
        read.append(behind)
        return pages[len(read)]

    lines = export.lines(pages[0], following)
    assert (await anext(lines)).startswith("position,at,")
    assert (await anext(lines)).count("30,") == export.AT_ONCE
    assert read == []
    assert (await anext(lines)).count("20,") == export.AT_ONCE
    assert read == [30]
    assert [line async for line in lines] == []
    assert read == [30, 20]


@pytest.mark.parametrize("change", ["UPDATE audit_entries SET initials = 'XX'", "DELETE FROM audit_entries"])
async def test_the_app_can_neither_change_nor_remove_entries(studio: Studio, change: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await studio.execute(f"{change} WHERE account_id = $1")


async def test_whatever_of_an_entry_is_changed_is_found_out(studio: Studio, owner_url: str) -> None:
    await studio.signed_in()
    account_id = studio.account.account_id
    place = (await check(studio.database, account_id)).head.position
    named = "account_id = $1 AND position = $2"
    assert CHANGED.keys() == {"hash", *NAMES}
    [entry] = await studio.execute(f"SELECT * FROM audit_entries WHERE {named}", place)
    for name, other in CHANGED.items():
        await as_owner(
            owner_url, f"UPDATE audit_entries SET {name} = {other} WHERE {named}", account_id, place
        )
        assert (await check(studio.database, account_id)).broken == place, name
        back = f"UPDATE audit_entries SET {name} = $3 WHERE {named}"
        await as_owner(owner_url, back, account_id, place, entry[name])
    assert (await check(studio.database, account_id)).broken is None


async def test_a_trail_that_was_tampered_with_is_found_out(studio: Studio, owner_url: str) -> None:
    for _ in range(3):
        await studio.signed_in(device=None)
    account_id = studio.account.account_id
    whole = await check(studio.database, account_id)
    assert whole.broken is None
    noted, fifth = whole.head, whole.head.position - 4
    await as_owner(
        owner_url,
        "UPDATE audit_entries SET initials = 'XX' WHERE account_id = $1 AND position = $2",
        account_id,
        fifth,
    )
    assert (await check(studio.database, account_id)).broken == fifth
    cut = "DELETE FROM audit_entries WHERE account_id = $1 AND position >= $2"
    await as_owner(owner_url, cut, account_id, fifth)
    assert (await check(studio.database, account_id)).broken == fifth
    head = await _head(studio, account_id)
    await studio.execute(
        "UPDATE account_clock SET audit_position = $2, audit_hash = $3 WHERE account_id = $1", *head
    )
    assert (await check(studio.database, account_id)).broken is None, "all that is left holds together"
    assert (await check(studio.database, account_id, noted)).broken == fifth, "but it was longer once"


class Asked:
    """A session that notes what it is asked, and finds nothing."""

    def __init__(self, account_id: UUID) -> None:
        self.account_id = account_id
        self.raw = self
        self.statement = ""
        self.values: tuple[Any, ...] = ()

    async def fetch(self, statement: str, *values: Any) -> list[Any]:
        self.statement, self.values = statement, values
        return []


async def ask(app: FastAPI, address: str, words: dict[str, Any]) -> httpx.Response:
    """Sign in from an address."""
    async with calling_from(app, address) as client:
        return await client.post("/v1/auth/login", json=words)


async def _head(studio: Studio, account_id: UUID) -> Head:
    [row] = await studio.execute(
        "SELECT position, hash FROM audit_entries WHERE account_id = $1 ORDER BY position DESC LIMIT 1"
    )
    assert account_id == studio.account.account_id
    return Head(row["position"], row["hash"])


def test_what_keeps_a_kind_from_people_is_not_said_twice() -> None:
    before = dict(telling._guards)
    telling.guard(ITSELF, before[ITSELF])
    with pytest.raises(TypeError, match="twice"):
        telling.guard(ITSELF, telling.Guard())
    assert telling._guards == before
