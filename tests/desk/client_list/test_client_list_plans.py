"""How a hundred thousand clients are listed: by index, and no more of them read than the answer takes."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from app.core import arrays
from app.core.db import Database, Session
from app.desk.client_list import store
from app.desk.client_list.store import FEW, FIRST, Place
from app.studio.client_list import entries
from app.studio.client_list.entries import Entry
from app.studio.client_list.words import sought
from benchmarks.client_list import TABLES, fill
from tests.sync.conftest import open_desk
from tests.sync.test_plans import indexes, plan

MOST = 100
NAMELESS = """
UPDATE clients SET last_name = NULL, first_name = NULL, company_name = NULL
WHERE account_id = $1 AND id = (SELECT min(id::text)::uuid FROM clients WHERE organization_id = $2)
"""


@pytest.fixture(scope="module", params=[20_000, pytest.param(100_000, marks=pytest.mark.proof)])
async def large(
    request: pytest.FixtureRequest, database: Database, owner_url: str
) -> AsyncIterator[tuple[UUID, int]]:
    """Make an account of many clients, whom few names tell apart."""
    desk = await open_desk(database)
    plain = make_url(owner_url).set(drivername="postgresql").render_as_string(hide_password=False)
    settings = {"app.account": str(desk.account_id), "session_replication_role": "replica"}
    owner = await asyncpg.connect(plain, server_settings=settings)
    await fill(owner, desk.account_id, request.param)
    yield desk.account_id, request.param
    for table in TABLES:
        await owner.execute(f"DELETE FROM {table} WHERE account_id = $1", desk.account_id)
        await owner.execute(f"VACUUM ANALYZE {table}")
    await owner.close()


@pytest.fixture
async def session(large: tuple[UUID, int], database: Database) -> AsyncIterator[Session]:
    async with database.reading(large[0]) as session:
        yield session


async def scans(session: Session, typed: str, after: Place = FIRST) -> list[dict[str, Any]]:
    """Return how a page is found."""
    terms = await store.terms_of(session, sought(typed))
    rarest = await store.rarest_of(session, terms)
    return await plan(session, *store.statement(session.account_id, terms, rarest, after, MOST + 1))


def read(found: list[dict[str, Any]], *relations: str) -> float:
    """Return how many rows of some tables were looked at."""
    nodes = (each for each in found if each.get("Relation Name") in relations)
    return sum(
        float((each["Actual Rows"] + each.get("Rows Removed by Filter", 0)) * each["Actual Loops"])
        for each in nodes
    )


@pytest.mark.parametrize("after", [FIRST, ("m", uuid4())], ids=["first", "later"])
async def test_the_whole_list_is_walked_along_its_index(session: Session, after: Place) -> None:
    found = await scans(session, "", after)
    assert indexes(found) >= {"ix_client_list_entries_place", "pk_clients"}
    assert read(found, "client_list_entries") == MOST + 1
    assert read(found, "clients") == MOST + 1


@pytest.mark.parametrize("typed", ["s", "st", "prosp", "quincy", "s m", "s prosp"])
async def test_what_many_have_is_come_by_within_a_few_of_them(
    session: Session, large: tuple[UUID, int], typed: str
) -> None:
    found = await scans(session, typed)
    if "ix_client_list_entries_place" in indexes(found):
        assert read(found, "client_list_entries") < large[1] / 10
    else:
        assert read(found, "client_list_words") < FEW
    assert read(found, "clients") <= FEW + MOST


@pytest.mark.parametrize("typed", ["smith", "smi la", "19999", "vip", "prosp smit", "s vip"])
async def test_what_few_have_is_gathered_by_the_word_fewest_have(
    session: Session, large: tuple[UUID, int], typed: str
) -> None:
    found = await scans(session, typed)
    assert "ix_client_list_entries_place" not in indexes(found)
    assert indexes(found) >= {"pk_client_list_entries", "pk_client_list_words"}
    assert read(found, "client_list_entries") < large[1] / 50
    assert read(found, "client_list_words") < large[1] / 50


async def test_nobody_is_looked_for_by_what_nobody_has(session: Session) -> None:
    found = await scans(session, "s qqq")
    assert read(found, "client_list_words", "client_list_entries", "clients") == 0


async def test_letters_are_counted_in_the_index_alone(session: Session) -> None:
    found = await plan(session, *store.counting(session.account_id, [], None))
    assert indexes(found) == {"ix_client_list_entries_place"}
    [scanned] = [each for each in found if each.get("Relation Name") == "client_list_entries"]
    assert scanned["Node Type"] == "Index Only Scan"


async def test_what_is_renamed_is_listed_anew_by_keys_alone(
    database: Database, large: tuple[UUID, int]
) -> None:
    async with database.writing(large[0]) as session:
        one = await session.raw.fetchval("SELECT id FROM clients WHERE account_id = $1 LIMIT 1", large[0])
        [school] = await session.raw.fetch("SELECT id FROM organizations WHERE account_id = $1", large[0])
        renamed = [Entry(one, "somebody", " else somebody", None, None)]
        asked = (large[0], *arrays.columns(entries._KINDS, renamed), [one], [])
        found = await plan(session, entries._KEEP, *asked)
        await session.raw.execute(NAMELESS, large[0], school["id"])
        places = arrays.columns(("uuid", "text"), [(school["id"], "another school")])
        moved = await plan(session, entries._MOVE, large[0], *places)
    assert indexes(found) == {"pk_client_list_entries", "pk_client_list_words"}
    assert read(found, "client_list_entries", "client_list_words") < 10
    assert indexes(moved) == {"ix_clients_organization_id", "pk_client_list_entries"}
    assert read(moved, "clients") == large[1] / 10
