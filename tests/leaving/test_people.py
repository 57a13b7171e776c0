"""A person who wishes to be forgotten is nowhere in the database, and the trail still holds."""

import csv
import io
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from app.audit.chain import check
from app.core.db import Database
from app.leaving import ledger, people, schema
from app.outbox.posting import Content, Letter, post
from app.outbox.states import Channel, Purpose
from tests.accounts.studios import Studio, as_owner, new_studio
from tests.accounts.test_audit_recipe import checked, recipe
from tests.contract.desks import Desk, at_a_desk
from tests.contract.phones import signed_in
from tests.desk.imports.uploading import checked as looked_through
from tests.desk.imports.uploading import run, sent
from tests.galleries.showing import Showing
from tests.house.conftest import Typed
from tests.samples import named, sample, widen

__all__ = ["recipe"]

NAME, ADDRESS, NUMBER = "Zenobia", "zenobia@example.com", "(518) 555-0199"
_EVERYWHERE = """
    SELECT count(*) FROM {table} AS told WHERE account_id = $1 AND (
        lower(told::text) LIKE '%zenobia%'
        OR told::text LIKE '%5a656e6f626961%' OR told::text LIKE '%7a656e6f626961%'
    )
"""


async def told_in(owner_url: str, account_id: UUID) -> dict[str, int]:
    """Return in which tables anything tells of the person, in text or in bytes, as who passes all walls."""
    connection = await asyncpg.connect(owner_url)
    try:
        names = [
            row["name"]
            for row in await connection.fetch(
                "SELECT table_name AS name FROM information_schema.columns"
                " WHERE table_schema = 'public' AND column_name = 'account_id'"
            )
        ]
        found = {
            each: await connection.fetchval(_EVERYWHERE.format(table=each), account_id) for each in names
        }
    finally:
        await connection.close()
    return {name: rows for name, rows in found.items() if rows}


@pytest.fixture
async def studio(database: Database, house: FastAPI, http: httpx.AsyncClient) -> Studio:
    """Make an account of the test's own, whose phones hold everything."""
    studio = await new_studio(database, http, house.state.keys)
    await widen(database, studio.account.account_id)
    return studio


@pytest.fixture
async def desk(studio: Studio) -> Desk:
    """Sign the administrator in."""
    return await at_a_desk(studio)


async def made(desk: Desk, collection: str, **fields: Any) -> dict[str, Any]:
    answer = await desk.create(
        named(collection), sample(collection, **fields), **{"Idempotency-Key": uuid4().hex}
    )
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def known_everywhere(studio: Studio, desk: Desk) -> str:
    """Have the studio know somebody, in as many ways as there are; return the record's id."""
    other = await made(desk, "clients", last_name="Other")
    table = f"First name,Last name,Email\nQueen,{NAME},{ADDRESS}\n"
    imported = await sent(desk, table)
    await looked_through(desk, imported)
    await run(desk, imported)
    [client] = [each for each in await desk.all(named("clients")) if each["last_name"] == NAME]
    zenobia = str(client["id"])
    phone = {"id": str(uuid4()), "label": "Mobile", "number": NUMBER, "is_sms_enabled": True}
    answer = await desk.change(named("clients"), zenobia, {"notes": f"{NAME} likes tea", "phones": [phone]})
    assert answer.status_code == 200, answer.text
    await desk.change(named("clients"), other["id"], {"referred_by_id": zenobia})
    await made(desk, "tasks", subject=f"Ring {NAME}", client_id=zenobia)
    gone = await made(desk, "phone_calls", subject=f"{NAME} rang", client_id=zenobia)
    await desk.change(named("phone_calls"), gone["id"], {"notes": f"It was {NAME}"})
    await desk.delete(named("phone_calls"), gone["id"])
    await made(
        desk, "emails", subject=f"Dear {NAME}", to_addresses=[ADDRESS], client_id=zenobia, is_draft=True
    )
    await made(desk, "emails", subject=f"To {NAME}", to_addresses=[ADDRESS], client_id=None, is_draft=True)
    mobile = await signed_in(studio)
    # What a phone typed on an old copy is kept in the inbox, and in its verdict.
    [verdict] = await mobile.push(
        {
            "op": "patch",
            "collection": "clients",
            "id": zenobia,
            "base_revision": 1,
            "fields": {"notes": f"Not {NAME}"},
        }
    )
    assert verdict["inbox_id"], verdict
    letter = Letter(uuid4(), Channel.EMAIL, Purpose.NOTICE, (ADDRESS,), Content("A word", f"Dear {NAME}"))
    async with studio.database.writing(studio.account.account_id) as session:
        await post(session, [letter])
    return zenobia


async def test_a_person_who_is_erased_is_told_of_nowhere(
    studio: Studio, owner_url: str, typed: Typed, recipe: Path, tmp_path: Path
) -> None:
    desk = await at_a_desk(studio)
    account_id, name = studio.account.account_id, studio.account.account_name
    zenobia = await known_everywhere(studio, desk)
    await studio.authorize()
    copy = await (await signed_in(studio)).copy()
    assert zenobia in copy.records
    before = await told_in(owner_url, account_id)
    assert {
        *("clients", "emails", "tasks", "feed", "audit_entries", "inbox", "verdicts", "letters"),
        *("client_list_entries", "client_list_words", "client_likenesses", "import_rows"),
        *("import_likenesses", "idempotent_answers"),
    } <= before.keys()

    code, printed = await typed("person", "erase", name, f"clients/{zenobia}")
    assert code == 0, printed
    assert "entries of the audit trail emptied" in printed
    assert "by BACKUP_DAYS" in printed
    assert await told_in(owner_url, account_id) == {}
    assert (await check(studio.database, account_id)).broken is None
    code, printed = await typed("account", "audit", name)
    assert (code, "holds" in printed) == (0, True)
    await copy.pull()
    assert zenobia in copy.gone, "phones hear of it"
    assert [each["last_name"] for each in await desk.all(named("clients"))] == ["Other"]
    assert ledger.people(tmp_path, account_id) == [UUID(zenobia)]

    table = (await studio.client.get("/v1/audit.csv", headers=desk.headers)).text
    holds, said = checked(recipe, table)
    assert holds, said
    rows = list(csv.DictReader(io.StringIO(table)))
    [other] = [row for row in rows if row["action"] == "created" and '"last_name":"Other"' in row["after"]]
    assert other["before"] == "", "what tells of others stays"
    emptied = [row for row in rows if row["record_id"] == zenobia]
    assert len(emptied) >= 3
    assert {(row["before"], row["after"]) for row in emptied} == {("", "")}
    assert {row["initials"] for row in emptied} >= {"JD"}, "who did something is told still"

    code, printed = await typed("person", "erase", name, f"clients/{zenobia}")
    assert (code, "0 records, 0 rows that told of them, 0 entries" in printed) == (0, True), printed

    # An entry that is emptied by somebody who does not say so breaks the trail there.
    await as_owner(
        owner_url,
        "UPDATE audit_entries SET before = NULL, after = NULL WHERE account_id = $1 AND position = $2",
        account_id,
        int(other["position"]),
    )
    assert (await check(studio.database, account_id)).broken == int(other["position"])
    other["after"] = ""
    text = io.StringIO()
    csv.DictWriter(text, rows[0]).writeheader()
    csv.DictWriter(text, rows[0]).writerows(rows)
    assert checked(recipe, text.getvalue()) == (False, f"entry {other['position']} was altered or moved")


async def test_who_stands_in_the_books_is_not_erased(
    studio: Studio, desk: Desk, owner_url: str, typed: Typed, tmp_path: Path
) -> None:
    name = studio.account.account_name
    client = await made(desk, "clients", last_name=NAME)
    await made(desk, "sessions", client_id=client["id"])
    before = await told_in(owner_url, studio.account.account_id)
    code, printed = await typed("person", "erase", name, f"clients/{client['id']}")
    assert (code, "sessions" in printed) == (1, True), printed
    assert await told_in(owner_url, studio.account.account_id) == before
    for wrong in (f"clients/{uuid4()}", f"sessions/{client['id']}", "clients/Zenobia"):
        code, printed = await typed("person", "erase", name, wrong)
        assert code == 1, printed

    ledger.note(tmp_path, studio.account.account_id, UUID(client["id"]))
    code, printed = await typed("feed", "restored", name)
    assert code == 0
    assert f"person erase {name} clients/{client['id']}" in printed, "a backup has brought it back"


async def test_every_table_that_names_people_is_emptied_or_has_its_reason(
    database: Database, showing: Showing
) -> None:
    async with database.reading(showing.account_id) as session:
        found = people.tables_that_tell(await schema.tables(session))
    assert people.KEPT.keys() <= {table.name for table, _ in found} | {"inbox"}
    assert {table.name for table, _ in found} - people.KEPT.keys() == {
        *("client_likenesses", "client_list_entries", "client_list_words", "communication_recipients"),
        *("letters", "paper_letters", "portal_letters", "portal_links", "portal_logins", "portal_sessions"),
        *("trigger_occurrences", "web_carts"),
    }, "of a new table rows go with the person: if some are to stay, it is kept for a reason"
