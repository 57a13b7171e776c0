"""How the pull's statements find their records: by index, and for what they carry alone."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from asyncpg.connection import LoggedQuery
from sqlalchemy.engine import make_url

from app.core.db import Database, Session
from app.core.revisions import read_clock
from app.desk import store
from app.sync import feed, reader, registry
from app.sync.anchors import SLOTS
from app.sync.cursor import BOTTOM, TOP
from app.sync.feed import LATEST
from app.sync.pull import pull
from app.sync.reader import Room, Slice
from app.sync.schemas import PullRequest
from app.sync.scope import Rule, shift, slices
from tests.samples import sample
from tests.sync.conftest import SEALER, Desk, Phone, open_desk

TODAY = date(2026, 6, 1)
EVERYTHING = 10**9
Statement = Callable[[list[Slice], Session], tuple[Any, ...]]


# A table of some size, with statistics: of a few rows any plan is as good.
MANY = f"""
INSERT INTO feed (account_id, collection, record_id, revision, body_revision, since, is_deleted, day, labels,
                  owners, private, {LATEST}, filled, mark, field_revisions, sizes, body, preview)
SELECT $1, collection, gen_random_uuid(), revision, body_revision, since, false,
       date '2021-01-01' + n % 2000, labels, owners, private,
       {", ".join(f"date '2021-01-01' + (n * {slot}) % 2000" for slot in range(1, SLOTS + 1))},
       filled, mark, field_revisions, sizes, body, preview
FROM feed, generate_series(1, 10000) AS n WHERE account_id = $1 AND collection = ANY($2::smallint[])
"""


@pytest.fixture(scope="module")
async def account(owner_url: str, database: Database) -> AsyncIterator[UUID]:
    desk = await open_desk(database)
    client = uuid4()
    await desk.put("clients", client, **sample("clients"))
    await desk.put("sessions", uuid4(), **sample("sessions", client_id=str(client)))
    plain = make_url(owner_url).set(drivername="postgresql").render_as_string(hide_password=False)
    owner = await asyncpg.connect(plain, server_settings={"app.account": str(desk.account_id)})
    await owner.execute(MANY, desk.account_id, [number_of("clients"), number_of("sessions")])
    await owner.execute("VACUUM ANALYZE feed")
    yield desk.account_id
    await owner.execute("DELETE FROM feed WHERE account_id = $1", desk.account_id)
    await owner.close()


@pytest.fixture
async def session(account: UUID, database: Database) -> AsyncIterator[Session]:
    async with database.reading(account) as session:
        yield session


async def plan(session: Session, statement: str, *arguments: Any) -> list[dict[str, Any]]:
    """Return the scans that were made, with the index of each."""
    told = await session.raw.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", *arguments)
    return [each for each in nodes(told[0]["Plan"]) if each["Actual Loops"]]


def nodes(plan: dict[str, Any]) -> Sequence[dict[str, Any]]:
    return [plan, *(node for below in plan.get("Plans", []) for node in nodes(below))]


def indexes(plan: list[dict[str, Any]]) -> set[str]:
    assert "Seq Scan" not in {node["Node Type"] for node in plan}
    return {node["Index Name"] for node in plan if "Index Name" in node}


def number_of(name: str) -> int:
    collection = registry.named(name)
    assert collection
    return collection.number


@pytest.fixture(params=["quick", "careful"])
def moved(request: pytest.FixtureRequest) -> Statement:
    """Return either statement of what enters and leaves, with its arguments."""

    def told(slices: list[Slice], session: Session) -> tuple[Any, ...]:
        asked = (session.account_id, EVERYTHING, reader.as_json(slices), 2_001)
        return (reader.QUICK, *asked) if request.param == "quick" else (reader.MOVED, *asked, 10**6)

    return told


async def test_a_backfill_goes_down_the_index_of_days_and_sorts_nothing(
    session: Session, moved: Statement
) -> None:
    stretch = Slice(number_of("sessions"), TOP, BOTTOM, None, Rule())
    scans = await plan(session, *moved([stretch], session))
    assert indexes(scans) == {"ix_feed_day"}
    assert "Sort" not in {node["Node Type"] for node in scans if node["Actual Rows"]}


async def test_a_midnight_looks_only_at_parents_whose_days_moved(session: Session, moved: Statement) -> None:
    yesterday, today = (
        Rule(lo=day, edges=((1, day), (3, day))) for day in (TODAY, TODAY + timedelta(days=1))
    )
    stretch = Slice(number_of("clients"), TOP, BOTTOM, yesterday, today, shift(yesterday, today))
    scans = await plan(session, *moved([stretch], session))
    assert indexes(scans) >= {"ix_feed_day", "ix_feed_latest_1", "ix_feed_latest_3"}
    [read] = [node["Actual Rows"] for node in scans if node["Node Type"] == "Bitmap Heap Scan"]
    assert 0 < read < 20, "of ten thousand clients, those of three single days"


async def test_a_midnight_of_a_window_reads_its_two_days(session: Session, moved: Statement) -> None:
    before, after = (Rule(lo=day, hi=day + timedelta(days=60)) for day in (TODAY, TODAY + timedelta(days=1)))
    days = list(slices(before, after))
    assert days == [(TODAY + timedelta(days=61),) * 2, (TODAY,) * 2]
    stretches = [
        Slice(number_of("sessions"), (last, TOP[1]), (first, BOTTOM[1]), before, after)
        for first, last in days
    ]
    assert indexes(await plan(session, *moved(stretches, session))) == {"ix_feed_day"}


async def test_what_days_decide_is_counted_in_the_index_alone(session: Session) -> None:
    stretch = Slice(number_of("sessions"), TOP, BOTTOM, None, Rule(lo=TODAY))
    asked = (session.account_id, EVERYTHING, reader.as_json([stretch]), True)
    scans = await plan(session, reader.COUNT, *asked)
    assert [node["Node Type"] for node in scans if "Scan" in node["Node Type"]].count("Index Only Scan") == 1
    assert indexes(scans) == {"ix_feed_day"}


async def test_a_whole_collection_is_not_counted_but_was(session: Session) -> None:
    stretch = Slice(number_of("sessions"), TOP, BOTTOM, None, Rule())
    asked = (session.account_id, EVERYTHING, reader.as_json([stretch]), True)
    scans = await plan(session, reader.COUNT, *asked)
    assert {node.get("Relation Name") for node in scans if "Scan" in node["Node Type"]} <= {
        "feed_tallies",
        None,
    }


@pytest.mark.parametrize("but", [(), (TODAY, TOP[0], *[TODAY] * SLOTS)], ids=["all", "rest"])
async def test_a_long_stretch_goes_down_the_index_of_days_and_sorts_nothing(
    session: Session, but: tuple[Any, ...]
) -> None:
    asked = (session.account_id, number_of("sessions"), EVERYTHING, *TOP, *BOTTOM, 9, 2_001, *but)
    scans = await plan(session, reader.REST if but else reader.RUN, *asked)
    assert indexes(scans) == {"ix_feed_day"}
    assert "Sort" not in {node["Node Type"] for node in scans}


async def test_fresh_changes_are_found_by_revision(session: Session) -> None:
    place = (5, 2**15 - 1, TOP[1])
    rules = reader.rules_as_json({number_of("clients"): Rule()})
    scans = await plan(session, reader.FRESH, session.account_id, *place, EVERYTHING, rules, 2_001, 10**6)
    assert indexes(scans) == {"ix_feed_revision"}


async def test_a_whole_list_is_found_by_index_however_much_else_there_is(session: Session) -> None:
    lists = [number_of("client_statuses"), number_of("task_statuses")]
    scans = await plan(session, feed.ALL_STATES, session.account_id, lists)
    assert indexes(scans) == {"ix_feed_day"}


async def test_records_are_found_by_their_keys_by_plans_made_when_there_were_few(own_database: str) -> None:
    """A connection plans a statement once, and keeps the plan until there are statistics."""
    database = Database(own_database)
    desk, client, session_id = await open_desk(database), uuid4(), uuid4()
    await desk.put("clients", client, **sample("clients"))
    await desk.put("sessions", session_id, **sample("sessions", client_id=str(client)))
    parent = registry.numbered(number_of("clients"))
    seen: list[LoggedQuery] = []
    async with database.reading(desk.account_id) as session:
        with session.raw.query_logger(seen.append):
            await feed.states(session, [(parent.number, client), (parent.number, uuid4())])
            await feed.latest_below(session, parent, [client])
            await store.find(session, (parent.number, client), Rule())
            # The driver tells of a query at the next turn of the loop.
            await asyncio.sleep(0)
        asked = [each for each in seen if "FROM feed" in each.query]
        told = [indexes(await plan(session, each.query, *each.args)) for each in asked]
    await database.close()
    states, below, found = told
    assert states == {"pk_feed", "pk_deleted_records"}
    links = {child.name for child, link in registry.children(parent) if link.name == "client_id"}
    assert below == {"pk_feed", "ix_invoices_bill_to_client_id", *(f"ix_{name}_client_id" for name in links)}
    assert found == {"pk_feed"}


async def test_what_a_pull_asks_is_planned_once_and_not_on_every_page(session: Session) -> None:
    stretch = Slice(number_of("sessions"), TOP, BOTTOM, None, Rule())
    for typical_bytes in (1, 1, 10**6, 10**6):
        await reader.moved(session, EVERYTHING, [stretch], Room(1, 1), typical_bytes)
        await reader.run(session, EVERYTHING, stretch, 1)
    prepared = "SELECT count(*) FROM pg_prepared_statements WHERE statement = $1"
    for statement in (reader.QUICK, reader.MOVED, reader.RUN):
        assert await session.raw.fetchval(prepared, statement) == 1


async def test_a_pull_of_fresh_changes_alone_looks_at_nothing_else(desk: Desk, phone: Phone) -> None:
    client = uuid4()
    await desk.put("clients", client, **sample("clients"))
    await phone.pull()
    await desk.put("clients", client, last_name="Newlywed")
    seen: list[str] = []
    async with desk.database.reading(desk.account_id) as session:
        at = await read_clock(session)
        asked = PullRequest(cursor=phone.cursor)
        with session.raw.query_logger(lambda each: seen.append(each.query)):
            await pull(session, phone.who, at, SEALER, asked)
    assert len([query for query in seen if "FROM feed" in query]) == 1
