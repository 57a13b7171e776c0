"""Deciding at a desk what becomes of what phones typed: which entries wait, and each is decided once."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from tests.accounts.studios import Studio, bearer
from tests.contract.desks import Desk, told
from tests.contract.phones import Phone, Record, signed_in
from tests.desk.conftest import Has
from tests.samples import named, sample, widen

CLIENTS, INBOX = named("clients"), named("inbox")


@pytest.fixture
async def phone(studio: Studio) -> Phone:
    """Sign a phone of the photographer in, which holds everything."""
    await widen(studio.database, studio.account.account_id)
    return await signed_in(studio)


@pytest.fixture
async def client(has: Has) -> Record:
    """Return a client as the phone saw her."""
    return await has("clients", last_name="Doe", first_name="Ann")


async def clash(phone: Phone, desk: Desk, client: Record, **typed: Any) -> str:
    """Have a desk and the phone say different things of a client, and return the entry."""
    changed = await desk.change(CLIENTS, client["id"], {name: f"{value}!" for name, value in typed.items()})
    assert changed.status_code == 200
    change = {"op": "patch", "collection": "clients", "id": client["id"], "fields": typed}
    [verdict] = await phone.push({**change, "base_revision": client["revision"]})
    assert verdict["verdict"] == "conflict"
    return str(verdict["inbox_id"])


async def refuse(phone: Phone, times: int = 1, **typed: Any) -> list[Record]:
    """Have creations of clients refused, and return the changes, each with its entry of the inbox."""
    wrong = sample("clients", **{"email": "nowhere", **typed})
    changes = [
        {"op": "create", "collection": "clients", "id": str(uuid4()), "fields": wrong} for _ in range(times)
    ]
    verdicts = await phone.push(*changes)
    assert {each["verdict"] for each in verdicts} == {"rejected"}
    return [{**change, "entry": each["inbox_id"]} for change, each in zip(changes, verdicts, strict=True)]


async def decide(desk: Desk, entry: str, resolution: str, **sent: Any) -> Any:
    headers = {name: sent.pop(name) for name in ("idempotency_key",) if name in sent}
    return await desk.ask("POST", f"inbox/{entry}/resolve", {"resolution": resolution, **sent}, **headers)


async def listed(desk: Desk, **asked: Any) -> Record:
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    answer = await desk.ask("GET", f"sync/inbox?{query}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_of_two_who_decide_at_once_one_does(
    phone: Phone, desk: Desk, other_desk: Desk, client: Record
) -> None:
    entry = await clash(phone, desk, client, last_name="Doe-Smith")
    shown = told(await desk.read(CLIENTS, client["id"]))["revision"]
    answers = await asyncio.gather(
        decide(desk, entry, "take_mine", record_revision=shown),
        decide(other_desk, entry, "keep_theirs", record_revision=shown),
    )
    assert sorted(each.status_code for each in answers) == [200, 409]
    [done] = [each.json()["resolution"] for each in answers if each.status_code == 200]
    [refused] = [each.json() for each in answers if each.status_code == 409]
    assert refused["code"] == "already_resolved"
    name = told(await desk.read(CLIENTS, client["id"]))["last_name"]
    assert (done, name) in {("take_mine", "Doe-Smith"), ("keep_theirs", "Doe-Smith!")}


async def test_a_record_that_moved_since_it_was_shown_is_left_alone(
    phone: Phone, desk: Desk, other_desk: Desk, client: Record
) -> None:
    entry = await clash(phone, desk, client, last_name="Doe-Smith")
    shown = told(await desk.read(CLIENTS, client["id"]))["revision"]
    moved = told(await other_desk.change(CLIENTS, client["id"], {"last_name": "Moore"}))
    refused = await decide(desk, entry, "take_mine", record_revision=shown)
    assert (refused.status_code, refused.json()["code"]) == (409, "record_changed")
    assert list(refused.json()["reasons"]) == ["last_name"]
    assert told(await desk.read(CLIENTS, client["id"])) == moved
    assert (await desk.read(INBOX, entry)).json()["resolution"] is None
    taken = await decide(desk, entry, "take_mine", record_revision=moved["revision"])
    assert taken.status_code == 200
    assert told(await desk.read(CLIENTS, client["id"]))["last_name"] == "Doe-Smith"


async def test_a_refused_change_is_put_right_and_the_phone_s_next_pull_brings_it(
    phone: Phone, desk: Desk
) -> None:
    copy = await phone.copy("clients", "inbox")
    [typed] = await refuse(phone, last_name="Quill")
    client, entry = typed["id"], typed["entry"]
    wrong = await decide(desk, entry, "take_mine", fields={"email": "still nowhere"}, record_revision=0)
    assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid_fields")
    assert wrong.json()["reasons"] == {"email": "This is not an email address."}
    await copy.pull()
    assert (client in copy.records, copy.records[entry]["resolution"]) == (False, None)
    right = await decide(desk, entry, "take_mine", fields={"email": "q@example.com"}, record_revision=0)
    assert right.status_code == 200, right.text
    await copy.pull()
    record = copy.records[client]
    assert (record["last_name"], record["email"]) == ("Quill", "q@example.com")
    assert copy.records[entry]["resolution"] == "take_mine"


async def test_a_decision_that_is_sent_again_has_one_verdict(
    phone: Phone, desk: Desk, client: Record
) -> None:
    entry = await clash(phone, desk, client, last_name="Doe-Smith")
    answers = [await decide(desk, entry, "take_mine", idempotency_key="once") for _ in range(2)]
    assert answers[0].status_code == 200
    assert answers[1].content == answers[0].content
    assert (await decide(desk, entry, "take_mine")).json()["code"] == "already_resolved"


@pytest.mark.parametrize(
    "change",
    [
        {"op": "create", "collection": "unicorns", "fields": {"horn": 1}},
        {"op": "create", "collection": "invoices", "fields": {"notes": "x"}},
        {"op": "command", "collection": "clients", "command": "dance", "fields": {}},
    ],
    ids=["no collection", "nobody writes it", "no command"],
)
async def test_what_was_meant_for_nothing_cannot_be_taken(
    phone: Phone, desk: Desk, client: Record, change: Record
) -> None:
    record_id = client["id"] if change["op"] == "command" else str(uuid4())
    [verdict] = await phone.push({**change, "id": record_id})
    assert verdict["verdict"] == "rejected"
    refused = await decide(desk, verdict["inbox_id"], "take_mine")
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_fields")
    assert (await decide(desk, verdict["inbox_id"], "dismiss")).status_code == 200


async def test_the_open_and_the_decided_are_listed_the_latest_first(phone: Phone, desk: Desk) -> None:
    entries = [each["entry"] for each in await refuse(phone, 5)]
    latest = entries[::-1]
    found, asked = list[str](), dict[str, Any]()
    while len(found) < len(entries):
        page = await listed(desk, state="open", limit=2, **asked)
        assert page["open"] == 5
        found += [each["id"] for each in page["entries"]]
        asked = {"page": page["next_page"]}
    assert (found, page["next_page"]) == (latest, None)
    for entry in (entries[3], entries[1]):
        assert (await decide(desk, entry, "dismiss")).status_code == 200
    decided, still = await listed(desk, state="decided"), await listed(desk, state="open")
    assert [each["id"] for each in decided["entries"]] == [entries[3], entries[1]]
    assert [each["id"] for each in still["entries"]] == [entries[4], entries[2], entries[0]]
    assert (decided["open"], still["open"]) == (3, 3)
    assert still["entries"][0] == (await desk.read(INBOX, entries[4])).json()


async def test_what_is_decided_between_two_pages_neither_repeats_nor_skips_others(
    phone: Phone, desk: Desk
) -> None:
    entries = [each["entry"] for each in await refuse(phone, 4)]
    first = await listed(desk, state="open", limit=2)
    assert (await decide(desk, entries[3], "dismiss")).status_code == 200
    await refuse(phone)
    second = await listed(desk, state="open", limit=2, page=first["next_page"])
    assert [each["id"] for each in second["entries"]] == [entries[1], entries[0]]


async def test_a_page_of_the_open_is_none_of_the_decided(phone: Phone, desk: Desk) -> None:
    await refuse(phone, 2)
    page = (await listed(desk, state="open", limit=1))["next_page"]
    refused = await desk.ask("GET", f"sync/inbox?state=decided&page={page}")
    assert (refused.status_code, refused.json()["code"]) == (400, "page_malformed")


async def test_administrators_are_listed_everybody_s_and_others_their_own(
    studio: Studio, phone: Phone, desk: Desk, photographer: Desk
) -> None:
    users = (await desk.ask("GET", "users")).json()["users"]
    [me] = [each["id"] for each in users if each["initials"] == "JD"]
    assert (await desk.ask("POST", "devices", {"user_id": me})).is_success
    answer = await studio.signed_in(initials="JD", device=studio.phone())
    [theirs] = await refuse(phone)
    [own] = await refuse(Phone(studio.client, bearer(answer), me))
    seen = [
        {each["id"] for each in (await listed(who, state="open"))["entries"]} for who in (desk, photographer)
    ]
    assert seen == [{own["entry"], theirs["entry"]}, {theirs["entry"]}]


async def test_who_asks_for_no_entries_is_told_how_many_there_are(phone: Phone, desk: Desk) -> None:
    await refuse(phone)
    assert await listed(desk) == {"open": 1, "entries": None, "next_page": None}
    assert (await desk.ask("GET", "sync/inbox?state=odd")).status_code == 422
