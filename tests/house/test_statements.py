"""A statement without its account is found, whatever it looks like; those of the product are heard anyway."""

import pytest

from app.core.db import HERE, Database
from tests.accounts.studios import Studio
from tests.overheard import Overheard
from tests.statements import ALLOWED, RULES, judged

TABLES = {"jobs", "notes", "account_directory"}
HELD = (
    (
        "SELECT c.id FROM jobs c JOIN notes n ON n.account_id = c.account_id AND n.id = c.id"
        " WHERE n.account_id = $1"
    ),
    "SELECT id FROM jobs WHERE account_id = $1::uuid AND id IN (SELECT id FROM notes WHERE account_id = $1)",
    "SELECT c.id FROM jobs c LEFT JOIN notes n ON n.account_id = c.account_id WHERE $1 = c.account_id",
    "SELECT c.id FROM jobs c JOIN notes USING (account_id, id) WHERE account_id = $1",
    "SELECT c.id FROM jobs c WHERE (c.account_id, c.id) = ($1, $2)",
    "SELECT FROM jobs WHERE (account_id, id) IN (SELECT account_id, id FROM notes WHERE account_id = $1)",
    "SELECT FROM jobs c WHERE account_id = $1 AND EXISTS (SELECT FROM notes WHERE account_id = c.account_id)",
    "SELECT FROM (SELECT account_id AS a FROM jobs UNION ALL SELECT account_id FROM notes) b WHERE a = $1",
    f"SELECT j.* FROM {HERE} CROSS JOIN LATERAL (SELECT id FROM jobs WHERE account_id = here.account_id) j",
    (
        "WITH tick AS (UPDATE jobs SET name = $2 WHERE account_id = $1 RETURNING account_id)"
        " SELECT n.id FROM notes n JOIN tick ON tick.account_id = n.account_id"
    ),
    (
        "WITH RECURSIVE up AS (SELECT account_id, id FROM jobs WHERE account_id = $1"
        " UNION SELECT n.account_id, n.id FROM notes n JOIN up USING (account_id)) SELECT FROM up"
    ),
    "UPDATE jobs c SET name = n.name FROM notes n WHERE c.account_id = $1 AND n.account_id = c.account_id",
    "DELETE FROM jobs USING notes WHERE jobs.account_id = $1 AND notes.account_id = $1",
    "INSERT INTO jobs (account_id, id) VALUES ($1, $2), ($1, (SELECT id FROM notes WHERE account_id = $1))",
    "INSERT INTO jobs (id, account_id) SELECT v.b, v.a FROM (VALUES ($1, $2)) AS v (a, b) RETURNING id",
    (
        "INSERT INTO jobs AS k (account_id, id) SELECT account_id, id FROM notes n WHERE account_id = $1"
        " ON CONFLICT (account_id, id) DO UPDATE SET name = excluded.name WHERE k.name <> excluded.name"
    ),
    "SELECT count(*), (SELECT max(id) FROM (SELECT * FROM notes WHERE account_id = $1) n) FROM unnest($2)",
    "BEGIN; SET LOCAL app.account = 'x'; SELECT FROM jobs WHERE account_id = 'x' FOR UPDATE",
    "SELECT pg_notify($1, $2)",
)
PLANTED = {
    "a join by the id alone": (
        "account",
        "SELECT c.id FROM jobs c JOIN notes n ON n.id = c.note_id WHERE c.account_id = $1",
    ),
    "a table beside": ("account", "SELECT c.id FROM jobs c, notes WHERE c.account_id = $1"),
    "a CTE that is narrowed too late": (
        "account",
        "WITH c AS (SELECT * FROM jobs) SELECT id FROM c WHERE account_id = $1",
    ),
    "a CTE that writes": (
        "account",
        "WITH d AS (DELETE FROM notes WHERE id = $2 RETURNING id) SELECT id FROM d",
    ),
    "another table of UPDATE": (
        "account",
        "UPDATE jobs c SET name = n.name FROM notes n WHERE c.account_id = $1 AND n.id = c.id",
    ),
    "another table of DELETE": ("account", "DELETE FROM jobs USING notes n WHERE jobs.account_id = $1"),
    "a query among VALUES": (
        "account",
        "INSERT INTO jobs (account_id, id) VALUES ($1, (SELECT max(id) FROM notes))",
    ),
    "an account that is read from afar": (
        "account",
        (
            "INSERT INTO jobs (account_id, id) SELECT account_id, id FROM jsonb_to_recordset($1)"
            " AS r (account_id uuid, id uuid) ON CONFLICT DO NOTHING"
        ),
    ),
    "no account to insert": ("account", "INSERT INTO jobs (id) VALUES ($1)"),
    "any account of a list": ("account", "SELECT id FROM jobs WHERE account_id = ANY ($1)"),
    "either": ("account", "SELECT id FROM jobs WHERE account_id = $1 OR id = $2"),
    "not this one": ("account", "SELECT id FROM jobs WHERE NOT account_id = $1"),
    "what an outer join keeps": (
        "account",
        "SELECT c.id FROM jobs c LEFT JOIN notes n ON c.account_id = $1 AND n.account_id = $1",
    ),
    "an outer join the wrong way round": (
        "account",
        "SELECT FROM jobs c LEFT JOIN notes n ON n.account_id = c.account_id AND n.account_id = $1",
    ),
    "one arm of two": ("account", "SELECT id FROM jobs WHERE account_id = $1 UNION SELECT id FROM notes"),
    "a page of all": (
        "account",
        "SELECT FROM (SELECT account_id FROM jobs ORDER BY id LIMIT 9) c WHERE account_id = $1",
    ),
    "a place among all": (
        "account",
        "SELECT FROM (SELECT account_id, row_number() OVER () FROM jobs) c WHERE account_id = $1",
    ),
    "a query in a condition": (
        "account",
        "SELECT id FROM jobs WHERE account_id = $1 AND EXISTS (SELECT FROM notes n WHERE n.id = jobs.id)",
    ),
    "in what is answered": (
        "account",
        "SELECT (SELECT count(*) FROM notes) FROM jobs WHERE account_id = $1",
    ),
    "two that lean on each other": (
        "account",
        "SELECT c.id FROM jobs c JOIN notes n ON n.account_id = c.account_id",
    ),
    "a directory asked anew": ("account", "SELECT account_id FROM account_directory"),
    "another's row": ("moves", "UPDATE jobs SET account_id = $2 WHERE account_id = $1"),
    "all columns": ("star", "SELECT * FROM jobs WHERE account_id = $1"),
    "all columns of one": (
        "star",
        "WITH n AS (SELECT c.*, 1 AS one FROM jobs c WHERE account_id = $1) SELECT n.* FROM n",
    ),
    "all columns that changed": ("star", "DELETE FROM jobs WHERE account_id = $1 RETURNING *"),
    "rows of a function": (
        "copy",
        "INSERT INTO jobs (account_id, id) SELECT $1, * FROM unnest($2::uuid[])",
    ),
    "rows of a table behind a change": (
        "beside",
        (
            "WITH d AS (DELETE FROM notes WHERE account_id = $1)"
            " INSERT INTO jobs (account_id) SELECT account_id FROM notes WHERE account_id = $1"
        ),
    ),
    "a parameter for what is there": (
        "conflict",
        (
            "INSERT INTO jobs AS k (account_id, id) SELECT $1, * FROM unnest($2::uuid[])"
            " ON CONFLICT (account_id, id) DO UPDATE SET name = $3"
        ),
    ),
    "a directory that looks elsewhere": (
        "directory",
        (
            "DELETE FROM account_directory WHERE account_id = $1"
            " AND EXISTS (SELECT FROM jobs WHERE account_id = $1)"
        ),
    ),
    "a session that remembers": ("setting", "SET timezone = 'UTC'"),
    "a session that is told to": ("setting", "SELECT set_config('timezone', $1, false)"),
    "an account of one's own": ("here", "SELECT set_config('app.account', $1, true)"),
    "anything else": ("kind", "TRUNCATE jobs"),
}


@pytest.mark.parametrize("sql", HELD)
def test_a_statement_of_one_account_is_let_by(sql: str) -> None:
    assert judged(sql, TABLES) == []


@pytest.mark.parametrize(("rule", "sql"), PLANTED.values(), ids=[*PLANTED])
def test_a_planted_fault_is_found(rule: str, sql: str) -> None:
    assert {each.rule for each in judged(sql, TABLES)} == {rule}


def test_no_rule_goes_unbroken() -> None:
    assert {rule for rule, _ in PLANTED.values()} == {*RULES}


@pytest.mark.parametrize("sql", ALLOWED)
def test_what_is_allowed_would_not_be_otherwise(sql: str) -> None:
    plain = sql.replace("<due>", "letters_due_at")
    assert judged(plain, {"account_directory", "gallery_addresses"}) == []
    assert judged(f"{plain} FOR SHARE", {"account_directory", "gallery_addresses"}) != []


async def test_what_the_product_says_is_heard_and_what_a_test_says_is_not(
    database: Database, overheard: Overheard, studio: Studio
) -> None:
    async with database.reading(studio.account.account_id) as session:
        await session.raw.fetch("SELECT 'of a test' FROM clients")
    assert len(overheard.said) > 5
    assert not [each for each in overheard.said if "of a test" in each]
