"""Who may read the audit trail is told no more by it than they may view anyway."""

import csv
import io
from typing import Any

import orjson
import pytest

from app.accounts.lifecycle import set_security
from app.accounts.users import change_user
from app.audit.trail import Action, keep_of_itself
from app.core.principal import Level, Principal
from tests.accounts.studios import Studio
from tests.contract.desks import Desk
from tests.desk.conftest import Has
from tests.samples import named

VIEW, NONE = Level.VIEW_ONLY, Level.NO_ACCESS
WORD = "Mumpitz"
Texts = list[tuple[Any, Any]]


async def may(studio: Studio, **levels: Level) -> None:
    """Let the photographer read the trail, and do what levels say."""
    who = Principal.system(studio.account.account_id)
    async with studio.database.writing(studio.account.account_id) as session:
        await set_security(session, who, is_active=True)
        await change_user(session, who, studio.photographer.user_id, levels={"audit": VIEW, **levels})


async def read(desk: Desk, **sought: str) -> Texts:
    """Return what entries were and are, the newest first: the same in pages and in the table."""
    asked = "&".join(f"{name}={value}" for name, value in sought.items())
    answer = await desk.ask("GET", f"audit?{asked}")
    assert answer.status_code == 200, answer.text
    pages = [(each["before"], each["after"]) for each in answer.json()["entries"]]
    # The first of the table is the export itself.
    _, *table = csv.DictReader(io.StringIO((await desk.ask("GET", f"audit.csv?{asked}")).text))
    assert [(_json(each["before"]), _json(each["after"])) for each in table] == pages
    return pages


def _json(cell: str) -> Any:
    return orjson.loads(cell) if cell else None


@pytest.mark.parametrize("feature", ["clients", "lists"])
async def test_what_may_not_be_viewed_is_not_told_by_the_trail_either(
    studio: Studio, has: Has, desk: Desk, photographer: Desk, feature: str
) -> None:
    collection, name = {"clients": ("clients", "last_name"), "lists": ("lead_sources", "description")}[
        feature
    ]
    record = await has(collection, **{name: WORD})
    await desk.change(named(collection), record["id"], {name: "Carr"})
    whole = [({name: WORD}, {name: "Carr"})]
    assert (await read(desk, record_id=record["id"]))[:1] == whole
    await may(studio, clients=NONE)
    told = await read(photographer, record_id=record["id"])
    assert told[:1] == (whole if feature == "lists" else [(None, None)])
    assert len(told) == 2
    await may(studio, clients=VIEW)
    assert (await read(photographer, record_id=record["id"]))[:1] == whole


async def test_of_a_part_that_may_not_be_viewed_no_field_is_told(
    studio: Studio, has: Has, desk: Desk, photographer: Desk
) -> None:
    client = await has("clients", last_name="Kerr", notes=WORD)
    await desk.change(named("clients"), client["id"], {"notes": f"{WORD} and more"})
    await desk.change(named("clients"), client["id"], {"notes": f"{WORD} still", "last_name": "Carr"})
    await may(studio, client_notes=NONE)
    both, notes, (_, created) = await read(photographer, record_id=client["id"])
    assert (both, notes) == (({"last_name": "Kerr"}, {"last_name": "Carr"}), (None, None))
    assert created["last_name"] == "Kerr"
    assert WORD not in str(created)
    await may(studio, client_notes=VIEW)
    assert WORD in str(await read(photographer, record_id=client["id"]))


async def test_of_what_may_be_private_only_administrators_are_told(
    studio: Studio, has: Has, desk: Desk, photographer: Desk
) -> None:
    alone = {"assigned_user_id": None, "assigned_department_id": None, "is_private": True}
    task = await has("tasks", subject=WORD, **alone)
    await desk.change(named("tasks"), task["id"], {"subject": f"{WORD} done"})
    await desk.delete(named("tasks"), task["id"])
    await may(studio, tasks=Level.FULL_ACCESS)
    assert await read(photographer, record_id=task["id"]) == [(None, None)] * 3
    assert WORD in str(await read(desk, record_id=task["id"]))


async def test_what_people_may_do_is_told_to_who_may_view_people(
    studio: Studio, desk: Desk, photographer: Desk
) -> None:
    user = {"record_id": str(studio.photographer.user_id), "subject": "users", "action": "created"}
    await may(studio)
    assert await read(photographer, **user) == [(None, None)]
    await may(studio, users=VIEW)
    assert await read(photographer, **user) == await read(desk, **user) != [(None, None)]


async def test_only_administrators_are_told_hashes_by_which_the_rest_could_be_guessed(
    studio: Studio, desk: Desk, photographer: Desk
) -> None:
    await may(studio)
    hidden, shown = [(await each.ask("GET", "audit")).json() for each in (photographer, desk)]
    assert hidden["head"] is None
    assert {each[name] for each in hidden["entries"] for name in ("hash", "former_hash")} == {None}
    assert shown["head"]["hash"] == shown["entries"][0]["hash"]
    table = list(csv.DictReader(io.StringIO((await photographer.ask("GET", "audit.csv")).text)))
    assert {row[name] for row in table for name in ("hash", "former_hash")} == {""}


async def test_where_the_trail_was_forgotten_only_administrators_are_told_the_hash(
    studio: Studio, desk: Desk, photographer: Desk
) -> None:
    who = Principal.system(studio.account.account_id)
    async with studio.database.writing(studio.account.account_id) as session:
        await keep_of_itself(session, who, Action.FORGOTTEN, {"position": 1, "hash": "9f86"})
    await may(studio)
    assert await read(photographer, action="forgotten") == [(None, {"position": 1})]
    assert await read(desk, action="forgotten") == [(None, {"position": 1, "hash": "9f86"})]
