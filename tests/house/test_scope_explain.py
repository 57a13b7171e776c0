"""`scope explain` says what a device should hold, and of one record whether and why, as a pull would."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from app.cli.scope_words import Judged, reasons
from app.core import clock
from app.core.db import Database
from app.sync import explaining
from app.sync.anchors import ALWAYS, NOT_YET, Anchors
from app.sync.scope import EARLIEST, Rule
from app.sync.store import Write
from tests.accounts.studios import Studio, bearer, new_studio
from tests.contract.phones import Phone
from tests.contract.records import by_server
from tests.house.conftest import Typed
from tests.samples import named, sample

OWED = {
    "lines": [
        {"id": str(uuid4()), "item": "PR-0810", "description": "Print", "quantity": 1, "unit_price": 4180}
    ]
}


@dataclass
class Scene:
    """A studio, its photographer's phone, and what was typed about it."""

    studio: Studio
    typed: Typed
    device: str
    phone: Phone
    today: date

    def ago(self, days: int) -> str:
        return str(self.today - timedelta(days=days))

    async def put(self, collection: str, **fields: Any) -> UUID:
        record_id = uuid4()
        await by_server(self.studio, Write(collection, record_id, sample(collection, **fields)))
        return record_id

    async def prefer(self, **values: Any) -> None:
        headers = await self.studio.administrator()
        answer = await self.studio.client.put("/v1/preferences", headers=headers, json=values)
        assert answer.status_code == 200, answer.text

    async def explain(self, *words: str, device: str = "") -> tuple[int, str]:
        account = self.studio.account.account_name
        asked = ("--account", account, "--device", device or self.device, *words)
        return await self.typed("scope", "explain", *asked)

    async def why(self, collection: str, record_id: UUID) -> list[str]:
        """Return what is told of a record, without the line that says of which device."""
        code, printed = await self.explain("--collection", collection, "--id", str(record_id))
        assert code == 0
        return printed.splitlines()[1:]


@pytest.fixture
async def scene(typed: Typed, database: Database, house: FastAPI, http: httpx.AsyncClient) -> Scene:
    studio = await new_studio(database, http, house.state.keys)
    answer = await studio.signed_in(device=studio.phone())
    phone = Phone(http, bearer(answer), answer["user"]["id"])
    return Scene(studio, typed, answer["device"]["id"], phone, clock.today(studio.account.time_zone))


async def test_what_a_device_should_hold_is_told_collection_by_collection(scene: Scene) -> None:
    weddings = await scene.put("client_groups", description="Weddings")
    await scene.put("clients", group_ids=[str(weddings)])
    await scene.put("tasks", assigned_user_id=scene.phone.user_id)
    await scene.prefer(
        clients_scope="groups", clients_group_ids=[str(weddings)], email_bodies="preview", include_notes=False
    )
    own = f"/v1/devices/{scene.device}/preferences"
    await scene.studio.client.put(own, headers=scene.phone.headers, json={"sessions_past_days": 7})
    code, printed = await scene.explain()
    whose, narrowed, *rows = printed.splitlines()
    told = dict(row.split("\t") for row in rows)
    assert code == 0
    assert whose.startswith(
        f"Pat's phone ({scene.device}) of Pat Kerr (PK), on {scene.today} in America/Denver; scope version "
    )
    assert narrowed == "It narrows for itself: sessions_past_days is 7, the company's 365."
    assert told["staff"] == "all of them."
    assert told["clients"].startswith(
        f"whatever their day, of Weddings; and those with sessions from {scene.ago(7)} on or with no date,"
        f" appointments from {scene.ago(90)} on, invoices from {scene.ago(365)} on or not paid yet,"
    )
    assert told["clients"].endswith("; without notes.")
    assert told["appointments"] == f"from {scene.ago(90)} on; without notes."
    assert {name: told[name] for name in ("sessions", "payments", "emails", "tasks", "phone_calls")} == {
        "sessions": f"from {scene.ago(7)} on, those with no date whatever their day; without notes.",
        "payments": f"from {scene.ago(365)} on, those with no date or not applied yet whatever their day;"
        " without notes.",
        "emails": f"from {scene.ago(30)} on, those not read yet whatever their day;"
        " without content beyond a preview.",
        "tasks": f"from {scene.ago(30)} on, those with no complete_date whatever their day,"
        " private ones only of Pat Kerr; without notes.",
        "phone_calls": f"from {scene.ago(90)} on, those with no complete_date whatever their day;"
        " without notes.",
    }


async def test_only_what_narrows_is_told_and_in_words(scene: Scene) -> None:
    portraits = await scene.put("client_groups", description="Portraits")
    weddings = await scene.put("client_groups", description="Weddings")
    groups = [str(weddings), str(portraits)]
    own = f"/v1/devices/{scene.device}/preferences"
    values = {"schedule_users": "everyone", "clients_group_ids": groups, "include_notes": False}
    await scene.studio.client.put(own, headers=scene.phone.headers, json=values)
    without_notes = "It narrows for itself: include_notes is no, the company's yes."
    _, printed = await scene.explain()
    assert [line for line in printed.splitlines() if "itself" in line] == [without_notes]
    await scene.studio.client.put(own, headers=scene.phone.headers, json={"clients_scope": "groups"})
    await scene.prefer(sessions_past_days=None)
    await scene.studio.client.put(own, headers=scene.phone.headers, json={"sessions_past_days": 30})
    _, printed = await scene.explain()
    assert [line for line in printed.splitlines() if "itself" in line] == [
        "It narrows for itself: clients_group_ids is Portraits or Weddings, the company's none.",
        "It narrows for itself: clients_scope is groups, the company's all.",
        without_notes,
        "It narrows for itself: sessions_past_days is 30, the company's no limit.",
    ]


async def test_a_record_is_explained_by_what_speaks_for_it_and_against(scene: Scene) -> None:
    moved_away = await scene.put("client_statuses", description="Moved away")
    client = await scene.put("clients", status_id=str(moved_away), first_name="Ann", last_name="Berg")
    await scene.put("sessions", client_id=str(client), date=scene.ago(300))
    old = await scene.put("sessions", client_id=str(client), date=scene.ago(366), description="Prom")
    private = await scene.put("tasks", complete_date=None, is_private=True, subject="A surprise")
    owed = await scene.put("invoices", invoice_date=scene.ago(500), **OWED)
    await scene.prefer(clients_exclude_status_ids=[str(moved_away)])
    window = f"from {scene.ago(365)} on"
    assert await scene.why("clients", client) == [
        f"clients {client} (Ann Berg) belongs on the device.",
        "  for: any day will do.",
        "  against: it is of Moved away, which is left out.",
        f"  for: the latest of its sessions is of {scene.ago(300)}; it is kept for sessions {window}.",
    ]
    assert await scene.why("sessions", old) == [
        f"sessions {old} (Prom) does not belong on the device.",
        f"  against: its date, {scene.ago(366)}, lies before the window: {window}.",
    ]
    assert await scene.why("tasks", private) == [
        f"tasks {private} (A surprise) does not belong on the device.",
        "  against: it is private, and not of Pat Kerr.",
        "  for: it is kept, having no complete_date.",
    ]
    assert (await scene.why("invoices", owed))[1:] == [
        "  for: it is not paid yet, and kept whatever its invoice_date."
    ]
    held = (await scene.phone.copy()).records
    assert [str(each) in held for each in (client, old, private, owed)] == [True, False, False, True]


async def test_what_is_gone_is_told_and_what_was_never_there_fails(scene: Scene) -> None:
    client, never = await scene.put("clients"), uuid4()
    await by_server(scene.studio, Write.delete("clients", client))
    [row] = await scene.studio.execute("SELECT revision FROM account_clock WHERE account_id = $1")
    gone = f"clients {client} was deleted at revision {row['revision']}."
    assert await scene.why("clients", client) == [gone]
    for collection, record_id in (("clients", never), ("sessions", client)):
        code, printed = await scene.explain("--collection", collection, "--id", str(record_id))
        assert (code, printed.splitlines()[1:]) == (1, [f"{collection} {record_id} is not in the account."])


async def test_a_device_is_found_by_its_name_and_when_it_is_shut_out_that_is_told(scene: Scene) -> None:
    client = await scene.put("clients")
    for wipe, why in (
        (False, "This device is not in use; what it holds stays. (device_inactive)"),
        (True, "This device has been deactivated. (device_deactivated)"),
    ):
        await scene.studio.change_device(scene.device, is_inactive=True, wipe=wipe)
        for words in ((), ("--collection", "clients", "--id", str(client))):
            code, printed = await scene.explain(*words, device="pat's PHONE")
            whose, *rest = printed.splitlines()
            assert (code, scene.device in whose) == (0, True)
            assert rest == [f"It gets nothing at all: {why}"]


async def test_of_several_devices_with_one_name_each_is_named(scene: Scene) -> None:
    await scene.studio.authorize()
    other = (await scene.studio.signed_in(device=scene.studio.phone()))["device"]["id"]
    code, printed = await scene.explain(device="Pat's phone")
    assert (code, scene.device in printed, other in printed) == (1, True, True)
    assert "name one by its id" in printed


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--device", "nobody's"), "The account {account} has no device nobody's.\n"),
        (("--collection", "clients"), "A record is named by both --collection and --id.\n"),
        (
            ("--collection", "pets", "--id", str(uuid4())),
            "There is no collection pets; `python -m app collections` lists them.\n",
        ),
    ],
)
async def test_what_cannot_be_explained_is_told_in_a_sentence(
    scene: Scene, words: tuple[str, ...], told: str
) -> None:
    assert await scene.explain(*words) == (1, told.format(account=scene.studio.account.account_name))


DAY, BEFORE = date(2026, 6, 15), date(2026, 6, 1)
NAMES = {1: "Weddings", 2: "Schools", 3: "Moved away", 4: "Pat Kerr", 5: "The boss"}


def at(day: date = DAY, **anchors: Any) -> Anchors:
    return Anchors(1, None, day=day, **anchors)


@pytest.mark.parametrize(
    ("collection", "rule", "anchors", "told"),
    [
        ("staff", Rule(), at(ALWAYS), {"for: its collection has no day."}),
        ("sessions", Rule(), at(), {"for: any day will do."}),
        (
            "sessions",
            Rule(hi=BEFORE),
            at(),
            {"against: its date, 2026-06-15, lies after the window: up to 2026-06-01."},
        ),
        (
            "sessions",
            Rule(lo=BEFORE, hi=BEFORE),
            at(),
            {"against: its date, 2026-06-15, lies after the window: from 2026-06-01 to 2026-06-01."},
        ),
        (
            "invoices",
            Rule(lo=DAY),
            at(ALWAYS),
            {"for: it is not paid yet, and kept whatever its invoice_date."},
        ),
        (
            "clients",
            Rule(lo=DAY, by_activity=True),
            at(BEFORE, latest=(DAY, *NOT_YET[1:])),
            {"for: something has been going on with it since 2026-06-15."},
        ),
        (
            "clients",
            Rule(required=(1, 2)),
            at(labels=(2,)),
            {
                "for: any day will do.",
                "for: it is one of Weddings or Schools.",
            },
        ),
        (
            "clients",
            Rule(required=(), excluded=(3,), owners=(4,), edges=((3, EARLIEST), (5, DAY))),
            at(latest=(None, None, ALWAYS, None, BEFORE, *NOT_YET[5:])),
            {
                "for: any day will do.",
                "against: it is not one of those chosen, which are none.",
                "for: it is not of Moved away, which is left out.",
                "against: it is not one of those of Pat Kerr.",
                "for: one of its invoices, not paid yet, is kept whatever its day.",
                "against: the latest of its tasks is of 2026-06-01; it is kept for tasks from 2026-06-15 on.",
            },
        ),
        (
            "tasks",
            Rule(owners=(4, 5)),
            at(private=True, owners=(5,)),
            {
                "for: it is private, and the user may see what is.",
                "for: any day will do.",
                "for: it is one of those of Pat Kerr or The boss.",
            },
        ),
    ],
)
def test_each_reason_has_its_words(collection: str, rule: Rule, anchors: Anchors, told: set[str]) -> None:
    of = named(collection)
    record = Judged(of, rule, anchors, {of.day or "": str(DAY)}, NAMES)
    found = reasons(record, explaining.explain(rule, anchors))
    assert {f"{'for' if is_for else 'against'}: {sentence}" for is_for, sentence in found} == told
