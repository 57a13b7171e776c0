"""How lists are found: by index, however large the collection, and the bodies of their page alone."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from app.core.db import Session
from app.desk.store import STRETCH, Place, Wanted, Way, page, statement
from app.sync.scope import Rule
from tests.samples import named
from tests.sync.test_plans import account, indexes, plan, session

__all__ = ["account", "session"]
MOST = 100

# As many typed records as the feed has, all alike.
TYPED = """
INSERT INTO {name}
SELECT made.* FROM {name} t, feed f, jsonb_populate_record(t, jsonb_build_object(
    'id', f.record_id, '{number}', NULL)) AS made
WHERE f.account_id = $1 AND t.account_id = $1 AND f.collection = $2 AND f.record_id <> t.id
"""


@asynccontextmanager
async def typed(session: Session, owner_url: str, name: str, number: str) -> AsyncIterator[None]:
    """Have the records behind the rows of the feed, for a while."""
    plain = make_url(owner_url).set(drivername="postgresql").render_as_string(hide_password=False)
    owner = await asyncpg.connect(plain, server_settings={"app.account": str(session.account_id)})
    real = await owner.fetchval(f"SELECT id FROM {name} WHERE account_id = $1", session.account_id)
    await owner.execute(TYPED.format(name=name, number=number), session.account_id, named(name).number)
    await owner.execute(f"VACUUM ANALYZE {name}")
    try:
        yield
    finally:
        await owner.execute(
            f"DELETE FROM {name} WHERE account_id = $1 AND id <> $2", session.account_id, real
        )
        await owner.close()


def read(scans: list[dict[str, Any]]) -> float:
    """Return how many rows of the feed were read, to find a page and its bodies."""
    found = (each for each in scans if each.get("Relation Name") == "feed")
    return sum(float(each["Actual Rows"] * each["Actual Loops"]) for each in found)


@pytest.mark.parametrize("is_at_hand", [None, False], ids=["all", "with a day"])
@pytest.mark.parametrize("after", [None, (date(2023, 1, 1), uuid4())], ids=["first", "later"])
async def test_a_page_reads_what_it_shows(
    session: Session, after: Place | None, *, is_at_hand: bool | None
) -> None:
    wanted = Wanted(named("sessions"), Rule(), {}, after, is_at_hand)
    scans = await plan(session, *statement(session, wanted, MOST, Way.ORDER))
    assert indexes(scans) == {"ix_feed_day", "pk_feed"}
    assert read(scans) == 2 * (MOST + 1)


async def test_where_few_may_be_wanted_no_more_than_a_stretch_is_read(
    session: Session, owner_url: str
) -> None:
    wanted = Wanted(named("clients"), Rule(), {"group_ids": uuid4()}, None)
    async with typed(session, owner_url, "clients", "client_number"):
        scans = await plan(session, *statement(session, wanted, MOST, Way.STRETCH))
    assert indexes(scans) == {"ix_feed_day", "pk_clients"}
    assert read(scans) == STRETCH


async def test_a_list_of_stretches_comes_to_its_end(session: Session) -> None:
    sql = "SELECT count(*) FROM feed WHERE account_id = $1 AND collection = $2"
    many = await session.raw.fetchval(sql, session.account_id, named("clients").number)
    pages, after = 0, None
    while pages == 0 or after is not None:
        listed = await page(session, Wanted(named("clients"), Rule(), {"group_ids": uuid4()}, after), MOST)
        pages, after = pages + 1, listed.end
        assert not listed.bodies
    assert pages == -(-many // STRETCH) > 1


async def test_what_names_a_record_is_found_by_that(session: Session, owner_url: str) -> None:
    async with typed(session, owner_url, "sessions", "session_number"):
        wanted = Wanted(named("sessions"), Rule(), {"client_id": uuid4()}, None)
        scans = await plan(session, *statement(session, wanted, MOST, Way.LINK))
    assert indexes(scans) == {"ix_sessions_client_id"}
    assert read(scans) == 0
