"""How the statements of imports find their rows: by index, and no more of a long file than they tell."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from app.core.db import Database, Session
from app.desk.imports import store
from tests.sync.conftest import open_desk
from tests.sync.test_plans import indexes, plan

MANY = 50_000
_IMPORT = uuid4()
_MADE = """
INSERT INTO imports (account_id, import_id, user_id, kind, form, state, version, columns, fields, compare_by,
                     total, done, reached)
VALUES ($1, $2, $2, 'clients', 'csv', 'checked', 1, '["a"]', '["first_name"]', '{}', $3, $3, $3)
"""
_ROWS = """
INSERT INTO import_rows (account_id, import_id, row, cells, fate, record_id, duplicates_of, reasons)
SELECT $1, $2, n, '["Ada", "Ferris", "ada@ferris.example"]',
       CASE WHEN n % 1000 = 0 THEN 'error' WHEN n % 10 = 0 THEN 'duplicate' ELSE 'created' END,
       gen_random_uuid(), '{}', '{}'
FROM generate_series(1, $3::integer) AS n
"""
_LIKENESSES = """
INSERT INTO import_likenesses (account_id, import_id, kind, value, row)
SELECT $1, $2, 'email', 'ada' || n || '@ferris.example', n FROM generate_series(1, $3::integer) AS n
"""
_TABLES = ("import_likenesses", "import_rows", "imports")


@pytest.fixture(scope="module")
async def account(owner_url: str, database: Database) -> AsyncIterator[UUID]:
    """Make an account whose file is as long as files may be, beside another's."""
    desks = [await open_desk(database) for _ in range(2)]
    plain = make_url(owner_url).set(drivername="postgresql").render_as_string(hide_password=False)
    owner = await asyncpg.connect(plain)
    for desk in desks:
        await owner.execute(f"SET app.account = '{desk.account_id}'")
        for sql in (_MADE, _ROWS, _LIKENESSES):
            await owner.execute(sql, desk.account_id, _IMPORT, MANY)
    for table in _TABLES:
        await owner.execute(f"VACUUM ANALYZE {table}")
    yield desks[0].account_id
    for desk in desks:
        await owner.execute(f"SET app.account = '{desk.account_id}'")
        await owner.execute("DELETE FROM imports WHERE account_id = $1", desk.account_id)
    await owner.close()


@pytest.fixture
async def session(account: UUID, database: Database) -> AsyncIterator[Session]:
    async with database.beside(account) as session:
        yield session


def read(scans: list[dict[str, Any]]) -> float:
    """Return how many rows were read from tables, wanted or not."""
    found = [each for each in scans if "Scan" in each["Node Type"] and "Relation Name" in each]
    return max(
        float((each["Actual Rows"] + each.get("Rows Removed by Filter", 0)) * each["Actual Loops"])
        for each in found
    )


_LAST = 2**31 - 1
_BY_ROW, _BY_FATE = {"pk_import_rows"}, {"ix_import_rows_fate"}
STATEMENTS: dict[str, tuple[str, tuple[Any, ...], set[str]]] = {
    "samples": (store._SAMPLE, (20,), _BY_ROW),
    "the next rows": (store._CHUNK, (MANY // 2, 100), _BY_ROW),
    "a page": (store._PAGE.format(fate=""), (MANY // 2, _LAST, 100), _BY_ROW),
    "a page of few": (store._PAGE.format(fate="AND fate = $6"), (0, _LAST, 40, "error"), _BY_FATE),
    "the next of one fate": (store._CREATED, (MANY // 2, 100, "error"), _BY_FATE),
    "who was first": (
        store._FIRST_ROWS,
        (["email"] * 100, [f"ada{n}@ferris.example" for n in range(100)]),
        {"pk_import_likenesses"},
    ),
}


@pytest.mark.parametrize(("sql", "given", "by"), STATEMENTS.values(), ids=STATEMENTS)
async def test_no_more_is_read_of_a_long_file_than_is_told(
    session: Session, sql: str, given: tuple[Any, ...], by: set[str]
) -> None:
    scans = await plan(session, sql, session.account_id, _IMPORT, *given)
    assert indexes(scans) == by
    assert read(scans) <= 100


async def test_the_fates_of_a_long_file_are_counted_in_the_index(session: Session) -> None:
    scans = await plan(session, store._COUNTS, session.account_id, _IMPORT, _LAST)
    assert indexes(scans) == _BY_FATE
    assert "Sort" not in {each["Node Type"] for each in scans}


async def test_what_was_found_is_kept_row_by_row(session: Session) -> None:
    found = '[{"row": 7, "fate": "error", "duplicates_of": [], "reasons": {}}]'
    scans = await plan(session, store._SAVE, session.account_id, _IMPORT, found)
    assert indexes(scans) == _BY_ROW
