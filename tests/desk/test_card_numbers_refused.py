"""Card numbers that are sent all the same are refused, and are nowhere afterwards."""

import json
from typing import Any
from uuid import uuid4

import httpx
import orjson

from app.core.db import Database
from tests.accounts.studios import Studio
from tests.contract.desks import Desk, at_a_desk
from tests.contract.phones import change, signed_in
from tests.facts import Property
from tests.house.requests import routes
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
        ("patch", {CARD: "x"}, "fields"),
        ("patch", {"group": SPACED}, "group"),
    ]
    pushed = [change(op, "clients", uuid4() if op == "create" else client, **sent) for op, sent, _ in fields]
    pushed.append({**change("patch", "clients", client), "collection": CARD})
    beside = change("patch", "clients", client, last_name="Kept")
    blocked = {**change("patch", "clients", client, notes=SPACED), "group": "screen"}
    neighbour = {**change("create", "clients", uuid4(), last_name="Blocked"), "group": "screen"}
    answer = await phone.send(*pushed, beside, blocked, neighbour)
    *refused, applied, last, other = answer.json()["results"]
    assert [(each["code"], list(each["fields"]), each["inbox_id"]) for each in (*refused, last)] == [
        ("card_number_refused", [place], None)
        for place in (*(each[2] for each in fields), "collection", "notes")
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
    escaped = json.dumps({"notes": SPACED.replace(" ", "\u2011")}).encode()
    json_type = {"Content-Type": "application/json", "If-Match": "*"}
    told.append(
        await desk.client.patch(f"/v1/clients/{client}", content=escaped, headers=desk.headers | json_type)
    )
    assert [(each.status_code, each.json()["code"]) for each in told] == [(422, "card_number_refused")] * 5
    assert [each.json()["field"] for each in told] == ["last_name", "notes", "into", "name", "notes"]
    keyed = await desk.create(named("clients"), sample("clients"), idempotency_key=CARD)
    misnamed = await desk.ask("GET", f"clients?{CARD}=1")
    stream = {"stream": CARD, "first": 1, "changes": []}
    streamed = await phone.client.post("/v1/sync/push", json=stream, headers=phone.headers)
    told += [keyed, misnamed, streamed]
    assert [each.status_code for each in told[-3:]] == [422] * 3
    assert keyed.json()["fields"] == [{"path": "header.Idempotency-Key", "code": "card_number_refused"}]
    assert not [each for each in told if CARD in each.text or SPACED in each.text]
    assert await seeded(database, studio) == 0
    record_property("counted: card numbers that were refused", len(pushed) + 1 + len(told))


async def test_the_print_of_a_refused_change_tells_nothing_of_the_number(studio: Studio) -> None:
    phone = await signed_in(studio)
    client, answers = uuid4(), []
    for number in (CARD, "5555555555554444"):
        phone.stream, phone.next = uuid4().hex, 1
        sent = {**change("create", "clients", client, last_name="Doe", notes=number), "group": "screen"}
        answers += [await phone.send(sent)]
        phone.next = 1
        answers += [await phone.send(sent)]
    assert len({each.text for each in answers}) == 1
    prints = await studio.execute("SELECT fingerprint FROM verdicts WHERE account_id = $1")
    assert len(prints) == 2
    assert len({each[0] for each in prints}) == 1


async def test_every_body_of_the_document_is_looked_through(http: httpx.AsyncClient) -> None:
    taken = []
    for route in routes():
        if route.body is not None:
            answer = await route.ask(http, {}, orjson.dumps({"unknown": [SPACED]}))
            if answer.json()["code"] != "card_number_refused":
                taken.append(route.operation["operationId"])
            assert SPACED not in answer.text
    # Of these each change has a verdict of its own, and nothing else of them is kept.
    assert taken == ["sync_pull", "sync_push", "sync_exchange", "sync_verify", "sync_estimate"]


async def test_the_scan_finds_a_number_that_is_there(studio: Studio, database: Database) -> None:
    desk = await at_a_desk(studio)
    made = await desk.create(named("clients"), sample("clients", last_name="Doe"))
    await studio.execute("UPDATE clients SET notes = $2 WHERE account_id = $1", SPACED)
    assert made.status_code == 201
    assert await seeded(database, studio) == 1
