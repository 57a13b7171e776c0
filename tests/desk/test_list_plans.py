"""How lists are found: by index, however large the collection, and the bodies of their page alone."""

from datetime import date
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from app.core.db import Session
from app.desk.store import Place, Wanted, statement
from app.sync.scope import Rule
from tests.samples import named
from tests.sync.test_plans import account, indexes, plan, session

__all__ = ["account", "session"]
MOST = 100

# As many typed records as the feed has, all of one client.
TYPED = """
INSERT INTO sessions
SELECT made.* FROM sessions s, feed f, jsonb_populate_record(s, jsonb_build_object(
    'id', f.record_id, 'session_number', NULL)) AS made
WHERE f.account_id = $1 AND s.account_id = $1 AND f.collection = $2 AND f.record_id <> s.id
"""


def read(scans: list[dict[str, Any]]) -> float:
    """Return how many rows of the feed were read, to find a page and its bodies."""
    found = (each for each in scans if each.get("Relation Name") == "feed")
    return sum(float(each["Actual Rows"] * each["Actual Loops"]) for each in found)


@pytest.mark.parametrize("after", [None, (date(2023, 1, 1), uuid4())], ids=["first", "later"])
async def test_a_page_reads_what_it_shows(session: Session, after: Place | None) -> None:
    wanted = Wanted(named("sessions"), Rule(), {}, after)
    scans = await plan(session, *statement(session, wanted, MOST))
    assert indexes(scans) == {"ix_feed_day", "pk_feed"}
    assert read(scans) == 2 * (MOST + 1)


async def test_what_names_a_record_is_found_by_that(session: Session, owner_url: str) -> None:
    plain = make_url(owner_url).set(drivername="postgresql").render_as_string(hide_password=False)
    owner = await asyncpg.connect(plain, server_settings={"app.account": str(session.account_id)})
    real = await owner.fetchval("SELECT id FROM sessions WHERE account_id = $1", session.account_id)
    await owner.execute(TYPED, session.account_id, named("sessions").number)
    await owner.execute("VACUUM ANALYZE sessions")
    try:
        wanted = Wanted(named("sessions"), Rule(), {"client_id": uuid4()}, None)
        scans = await plan(session, *statement(session, wanted, MOST))
    finally:
        await owner.execute(
            "DELETE FROM sessions WHERE account_id = $1 AND id <> $2", session.account_id, real
        )
        await owner.close()
    assert indexes(scans) == {"ix_sessions_client_id"}
    assert read(scans) == 0
