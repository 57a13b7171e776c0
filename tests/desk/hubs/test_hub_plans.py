"""How hubs find records: a hundred thousand in order by an index, and no longer than they may."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from fastapi import FastAPI
from sqlalchemy.engine import make_url

from app.core.db import Database, Session
from app.desk.hubs import compiling, store
from app.desk.hubs.compiling import Order, Place, Sought
from app.desk.hubs.fields import HubField, find
from app.desk.hubs.filters import Comparison, Operator, Span
from app.desk.hubs.querying import PAGE_BYTES
from app.sync.compile import compile_rights
from tests.contract.desks import Desk
from tests.desk.conftest import Has
from tests.desk.hubs.asking import ask
from tests.samples import named, sample
from tests.sync.conftest import open_desk
from tests.sync.test_plans import indexes, plan

MANY = """
INSERT INTO sessions
SELECT made.* FROM sessions t, generate_series(1, 100000) AS n, jsonb_populate_record(t, jsonb_build_object(
    'id', gen_random_uuid(), 'session_number', n + 1, 'date', date '2020-01-01' + n % 2000,
    'web_expire_date', CASE WHEN n % 10 > 0 THEN date '2026-01-01' + n % 1000 END)) AS made
WHERE t.account_id = $1
"""
MANY_CLIENTS = """
INSERT INTO clients
SELECT made.* FROM clients t, generate_series(1, 5000) AS n, jsonb_populate_record(t, jsonb_build_object(
    'id', gen_random_uuid(), 'client_number', NULL, 'last_name', md5(n::text))) AS made
WHERE t.account_id = $1
"""
MOST = 500


@pytest.fixture(scope="module")
async def large(database: Database, owner_url: str) -> AsyncIterator[UUID]:
    """Make an account of 100,000 sessions, nine in ten of them with a gallery that expires."""
    desk = await open_desk(database)
    client = uuid4()
    await desk.put("clients", client, **sample("clients"))
    await desk.put("sessions", uuid4(), **sample("sessions", client_id=str(client)))
    plain = make_url(owner_url).set(drivername="postgresql").render_as_string(hide_password=False)
    settings = {"app.account": str(desk.account_id), "session_replication_role": "replica"}
    owner = await asyncpg.connect(plain, server_settings=settings)
    await owner.execute(MANY, desk.account_id)
    await owner.execute(MANY_CLIENTS, desk.account_id)
    await owner.execute("VACUUM ANALYZE sessions, clients")
    yield desk.account_id
    for table in ("sessions", "clients"):
        await owner.execute(f"DELETE FROM {table} WHERE account_id = $1", desk.account_id)
    await owner.execute("VACUUM ANALYZE sessions, clients")
    await owner.close()


@pytest.fixture
async def session(large: UUID, database: Database) -> AsyncIterator[Session]:
    async with database.reading(large) as session, store.within(session, 60):
        yield session


def field(path: str, hub: str = "sessions") -> HubField:
    found = find(hub, path)
    assert found
    return found


async def scans(
    session: Session,
    after: Place | None,
    *,
    is_descending: bool,
    is_blank: bool = False,
    by: str = "web_expire_date",
    condition: Comparison | None = None,
) -> list[Any]:
    sql, values = compiling.page(
        session.account_id,
        Sought(named("sessions"), compile_rights(None, 1), condition),
        [field(path) for path in ("session_number", "web_expire_date")],
        Order(field(by), is_descending),
        MOST + 1,
        most_bytes=PAGE_BYTES,
        after=after,
        is_blank=is_blank,
    )
    return await plan(session, sql, *values)


@pytest.mark.parametrize("is_descending", [False, True])
@pytest.mark.parametrize("after", [None, Place(date(2027, 5, 4), uuid4())], ids=["first", "later"])
async def test_a_hundred_thousand_sessions_are_sorted_by_web_expire_date_by_its_index(
    session: Session, after: Place | None, *, is_descending: bool
) -> None:
    found = await scans(session, after, is_descending=is_descending)
    assert indexes(found) == {"ix_sessions_by_web_expire_date"}
    assert "Sort" not in {node["Node Type"] for node in found}
    [read] = [node for node in found if node.get("Relation Name") == "sessions"]
    assert read["Actual Rows"] * read["Actual Loops"] <= MOST + 1
    assert not read.get("Rows Removed by Filter")


async def test_sessions_by_date_are_read_a_few_days_at_a_time(session: Session) -> None:
    found = await scans(session, Place(date(2023, 5, 4), uuid4()), is_descending=True, by="date")
    assert indexes(found) == {"ix_sessions_date"}
    [read] = [node for node in found if node.get("Relation Name") == "sessions"]
    assert read["Actual Rows"] * read["Actual Loops"] < 2 * MOST


@pytest.mark.parametrize("by", ["date", "web_expire_date"])
async def test_the_few_that_a_filter_leaves_are_found_by_it_and_then_sorted(
    session: Session, by: str
) -> None:
    one = Comparison(field("session_number"), Operator.EQUALS, Span(777, 777))
    found = await scans(session, None, is_descending=False, by=by, condition=one)
    assert indexes(found) == {"uq_sessions_session_number"}
    assert sum(node.get("Rows Removed by Filter", 0) for node in found) == 0


async def test_clients_are_listed_by_last_name_by_its_index(session: Session) -> None:
    by = field("last_name", "clients")
    sought = Sought(named("clients"), compile_rights(None, 1))
    asked = (session.account_id, sought, [by], Order(by), MOST + 1)
    sql, values = compiling.page(*asked, most_bytes=PAGE_BYTES, after=None, is_blank=False)
    found = await plan(session, sql, *values)
    assert indexes(found) == {"ix_clients_by_last_name"}
    assert "Sort" not in {node["Node Type"] for node in found}
    [read] = [node for node in found if node.get("Relation Name") == "clients"]
    assert read["Actual Rows"] * read["Actual Loops"] <= MOST + 1


async def test_those_without_a_date_are_found_behind_by_their_ids(session: Session) -> None:
    found = await scans(session, Place(None, uuid4()), is_descending=False, is_blank=True)
    assert indexes(found) == {"pk_sessions"}
    assert "Sort" not in {node["Node Type"] for node in found}


async def test_what_takes_too_long_is_given_up_and_says_so(
    has: Has, desk: Desk, house: FastAPI, owner_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await has("clients")
    monkeypatch.setitem(house.state._state, "hub_seconds", 0.05)
    plain = make_url(owner_url).set(drivername="postgresql").render_as_string(hide_password=False)
    owner = await asyncpg.connect(plain)
    try:
        async with owner.transaction():
            # Whoever wants to read waits for this, as for a scan that does not end.
            await owner.execute("LOCK TABLE lead_sources IN ACCESS EXCLUSIVE MODE")
            for path in ("query", "counts", "export"):
                slow = {"filter": {"field": "lead_source.description", "is": "contains", "value": "fair"}}
                refused = await desk.ask("POST", f"hubs/clients/{path}", slow)
                assert (refused.status_code, refused.json()["code"]) == (422, "query_too_slow")
                assert refused.json()["seconds"] == 0.05
    finally:
        await owner.close()
    assert (await ask(desk, "clients")).status_code == 200
