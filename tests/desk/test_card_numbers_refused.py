"""Card numbers that are sent all the same are refused, and are nowhere afterwards."""

from typing import Any
from uuid import uuid4

from app.core.db import Database
from tests.accounts.studios import Studio
from tests.contract.desks import Desk, at_a_desk
from tests.contract.phones import change, signed_in
from tests.facts import Property
from tests.samples import named, sample

CARD = "4242424242424242"
SPACED = "4242 4242 4242 4242"
_TABLES = """
    SELECT c.relname AS name FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relrowsecurity
"""


async def seeded(database: Database, studio: Studio) -> int:
    """Return how many rows of the account hold the number, in whatever form; and look at every table."""
    found, tables = 0, 0
    async with database.reading(studio.account.account_id) as session:
        for table in await session.raw.fetch(_TABLES):
            rows = await session.raw.fetchval(
                f'SELECT count(*) FROM "{table["name"]}" t'
                " WHERE regexp_replace(t::text, '[^0-9a-zA-Z]', '', 'g') LIKE '%' || $1 || '%'"
                " OR t::text LIKE '%' || $2 || '%' OR t::text LIKE '%' || $3 || '%'",
                CARD,
                *(each.encode().hex() for each in (CARD, SPACED)),
            )
            found, tables = found + rows, tables + 1
    assert tables > 30
    return found


async def test_a_card_number_is_refused_wherever_it_stands_and_kept_nowhere(
    studio: Studio, desk: Desk, database: Database, record_property: Property
) -> None:
    client = uuid4()
    phone = await signed_in(studio)
    await phone.must_push(change("create", "clients", client, **sample("clients")))
    fields: list[tuple[str, dict[str, Any], str]] = [
        ("create", {"last_name": CARD}, "last_name"),
        ("patch", {"notes": f"Her card is {SPACED}."}, "notes"),
        ("patch", {"hair": CARD}, "hair"),
        ("patch", {"birthday": int(CARD)}, "birthday"),
        (
            "patch",
            {"phones": {"add": [{"id": str(uuid4()), "label": "x", "number": SPACED}]}},
            "phones.add.0.number",
        ),
        ("patch", {"custom": {CARD: "x"}}, "custom"),
    ]
    pushed = [change(op, "clients", uuid4() if op == "create" else client, **sent) for op, sent, _ in fields]
    beside = change("patch", "clients", client, last_name="Kept")
    blocked = {**change("patch", "clients", client, notes=SPACED), "group": "screen"}
    neighbour = {**change("create", "clients", uuid4(), last_name="Blocked"), "group": "screen"}
    answer = await phone.send(*pushed, beside, blocked, neighbour)
    *refused, applied, last, other = answer.json()["results"]
    assert [(each["code"], list(each["fields"]), each["inbox_id"]) for each in (*refused, last)] == [
        ("card_number_refused", [place], None) for place in (*(each[2] for each in fields), "notes")
    ]
    assert (applied["verdict"], other["verdict"]) == ("applied", "blocked")
    assert CARD not in answer.text
    assert SPACED not in answer.text
    told = [
        await desk.create(named("clients"), sample("clients", last_name=SPACED), idempotency_key=uuid4().hex),
        await desk.change(named("clients"), client, {"notes": CARD}),
        await desk.ask("POST", f"clients/{client}/merge", {"into": CARD}),
        await desk.ask("POST", "security-groups", {"name": SPACED, "levels": {}}),
    ]
    assert [(each.status_code, each.json()["code"]) for each in told] == [(422, "card_number_refused")] * 4
    assert [each.json()["field"] for each in told] == ["last_name", "notes", "into", "name"]
    assert not [each for each in told if CARD in each.text or SPACED in each.text]
    assert await seeded(database, studio) == 0
    record_property("counted: card numbers that were refused", len(fields) + 1 + len(told))


async def test_the_scan_finds_a_number_that_is_there(studio: Studio, database: Database) -> None:
    desk = await at_a_desk(studio)
    made = await desk.create(named("clients"), sample("clients", last_name="Doe"))
    await studio.execute("UPDATE clients SET notes = $2 WHERE account_id = $1", SPACED)
    assert made.status_code == 201
    assert await seeded(database, studio) == 1
