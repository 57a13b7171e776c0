"""What a home page counts is found among what is open, however much there was before."""

from collections.abc import AsyncIterator
from datetime import date
from uuid import UUID, uuid4

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from app.core.db import Database, Session
from app.desk.home import store
from app.sync import registry
from app.sync.anchors import ALWAYS
from tests.samples import sample
from tests.sync.conftest import open_desk
from tests.sync.test_plans import plan

TODAY = date(2026, 6, 1)
OPEN = 20
# All but a few done long ago, or taken down.
SESSIONS = """
INSERT INTO sessions SELECT made.* FROM sessions t, generate_series(1, 5000) AS n, jsonb_populate_record(
    t, jsonb_build_object('id', gen_random_uuid(), 'session_number', NULL,
    'web_expire_date', date '2020-01-01' + n,
    'gallery_state', CASE WHEN n <= 20 THEN 'online' ELSE 'taken_down' END)) AS made
WHERE t.account_id = $1
"""
TASKS = """
INSERT INTO tasks SELECT made.* FROM tasks t, generate_series(1, 5000) AS n, jsonb_populate_record(
    t, jsonb_build_object('id', gen_random_uuid(), 'task_number', NULL,
    'complete_date', CASE WHEN n > 20 THEN date '2020-01-01' + n % 2000 END)) AS made
WHERE t.account_id = $1
"""
FEED = """
INSERT INTO feed SELECT made.* FROM feed f, tasks t, jsonb_populate_record(
    f, jsonb_build_object('record_id', t.id, 'day', coalesce(t.complete_date, 'infinity'))) AS made
WHERE f.account_id = $1 AND f.collection = $2 AND t.account_id = $1 AND t.id <> f.record_id
"""


@pytest.fixture(scope="module")
async def filled(owner_url: str, database: Database) -> AsyncIterator[UUID]:
    """Have an account of many sessions and tasks, a few of them open."""
    desk = await open_desk(database)
    client = uuid4()
    await desk.put("clients", client, **sample("clients"))
    await desk.put("sessions", uuid4(), **sample("sessions", client_id=str(client)))
    await desk.put("tasks", uuid4(), **sample("tasks"))
    plain = make_url(owner_url).set(drivername="postgresql").render_as_string(hide_password=False)
    settings = {"app.account": str(desk.account_id), "session_replication_role": "replica"}
    owner = await asyncpg.connect(plain, server_settings=settings)
    for name, statement in (("sessions", SESSIONS), ("tasks", TASKS)):
        await owner.execute(statement, desk.account_id)
        await owner.execute(f"VACUUM ANALYZE {name}")
    await owner.execute(FEED, desk.account_id, registry.number_of("tasks"))
    await owner.execute("VACUUM ANALYZE feed")
    yield desk.account_id
    for name in ("feed", "tasks", "sessions"):
        await owner.execute(f"DELETE FROM {name} WHERE account_id = $1", desk.account_id)
        await owner.execute(f"VACUUM ANALYZE {name}")
    await owner.close()


@pytest.fixture
async def session(filled: UUID, database: Database) -> AsyncIterator[Session]:
    async with database.reading(filled) as session:
        # Tables of tests are so small that to read one whole may look cheaper.
        await session.raw.execute("SET LOCAL enable_seqscan = off")
        yield session


async def test_only_open_galleries_are_read(session: Session) -> None:
    number = registry.number_of("sessions")
    scans = await plan(session, store.GALLERIES, session.account_id, True, number, 20)
    assert "ix_sessions_open_galleries" in _indexes(scans)
    assert _read(scans, "sessions") == OPEN


async def test_only_open_tasks_and_those_of_today_are_read(session: Session) -> None:
    number, nobody = registry.number_of("tasks"), uuid4()
    asked = (session.account_id, [ALWAYS, TODAY], nobody, [nobody], True, True, number, 20)
    scans = await plan(session, store.TASKS, *asked)
    assert _indexes(scans) >= {"ix_feed_day", "pk_tasks"}
    assert OPEN <= _read(scans, "tasks") <= OPEN + 5


def _indexes(scans: list[dict[str, object]]) -> set[object]:
    """Return what was read by index; a list of a few entries beside it may be read in whatever way."""
    return {each["Index Name"] for each in scans if "Index Name" in each}


def _read(scans: list[dict[str, object]], name: str) -> float:
    """Return how many rows of a table were read."""
    found = [each for each in scans if each.get("Relation Name") == name]
    return sum(
        float(str(each["Actual Rows"])) * float(str(each["Actual Loops"]))
        + float(str(each.get("Rows Removed by Filter", 0))) * float(str(each["Actual Loops"]))
        for each in found
    )
