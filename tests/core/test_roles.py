"""Who a connection works as: it is asked before anybody is lent it; a pooler's login is told beforehand."""

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx
import pytest
from sqlalchemy.engine import make_url

from app.core.db import Database, session_settings
from app.core.roles import APP_ROLE, SESSION_SETTINGS, WrongRole, settle
from app.main import create_app
from tests import pooler
from tests.serving import BASE_URL, unhurried


@pytest.fixture
async def owner(own_database: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """Connect as who may do anything in a database of the test's own."""
    connection = await asyncpg.connect(own_database)
    yield connection
    await connection.close()


@pytest.fixture
async def login(owner: "asyncpg.Connection[asyncpg.Record]") -> AsyncIterator[str]:
    """Make a login that may become the app, and nothing else."""
    name = f"pooled {uuid4().hex}"
    await owner.execute(f'CREATE ROLE "{name}" LOGIN PASSWORD \'pooled\'; GRANT {APP_ROLE} TO "{name}"')
    yield name
    await owner.execute(f'DROP OWNED BY "{name}"; DROP ROLE "{name}"')


@pytest.fixture
def login_url(own_database: str, login: str) -> str:
    """Sign in by that; a pooler is one that hands on no settings, as a database asked without them."""
    return make_url(own_database).set(username=login, password="pooled").render_as_string(hide_password=False)


async def refusal(url: str, *, is_pooled: bool = True) -> str:
    """Return why a connection is not used."""
    database = Database(url, is_pooled=is_pooled)
    try:
        with pytest.raises(WrongRole) as refused:
            async with database.directory():
                pass
    finally:
        await database.close()
    return str(refused.value)


async def test_the_way_of_this_run_leads_to_the_app_whoever_signs_in(
    database: Database, owner_url: str
) -> None:
    async with database.directory() as connection:
        who = await connection.fetchrow("SELECT current_user::text, session_user::text")
    assert tuple(who or ()) == (APP_ROLE, pooler.login() or make_url(owner_url).username)


async def test_a_login_works_through_a_pooler_as_the_app_once_it_was_settled(
    owner: "asyncpg.Connection[asyncpg.Record]", login: str, login_url: str
) -> None:
    told = await refusal(login_url)
    assert f"signed in as {login} it works as {login} and not as {APP_ROLE}" in told
    assert {"enable_sort", "lock_timeout"} <= set(told.split("another ")[1].split(". ")[0].split(", "))
    otherwise = f"{login_url}{'&' if '?' in login_url else '?'}statement_timeout=125s&lock_timeout=7000"
    await settle(owner, login, session_settings(otherwise))
    database = Database(otherwise, is_pooled=True)
    async with database.directory() as connection:
        assert await connection.fetchval("SELECT current_user::text") == APP_ROLE
        found = {name: await connection.fetchval(f"SHOW {name}") for name in SESSION_SETTINGS}
    await database.close()
    spelled = {
        "statement_timeout": "125s",
        "lock_timeout": "7s",
        "idle_in_transaction_session_timeout": "1min",
    }
    assert found == SESSION_SETTINGS | spelled
    told = await refusal(login_url)
    assert told.startswith("it works with another lock_timeout, statement_timeout. ")


async def test_what_is_settled_is_not_written_again_and_who_may_not_is_told_what_to_say(
    owner: "asyncpg.Connection[asyncpg.Record]", login: str, login_url: str
) -> None:
    another = f"another_{uuid4().hex}"
    await owner.execute(f'CREATE ROLE {another}; GRANT {another} TO "{login}"')
    mere = await asyncpg.connect(login_url)
    try:
        await mere.execute(f"SET ROLE {another}")
        with pytest.raises(WrongRole) as refused:
            await settle(mere, login, SESSION_SETTINGS)
        statements = str(refused.value).split("As a superuser: ")[1]
        await owner.execute(statements)
        await settle(mere, login, SESSION_SETTINGS)
        await mere.execute("RESET ROLE")
        # By its own word it may, whatever is wanted.
        await settle(mere, login, SESSION_SETTINGS | {"statement_timeout": "61s"})
    finally:
        await mere.close()
        await owner.execute(f"DROP ROLE {another}")
    assert "it works with another statement_timeout" in await refusal(login_url)


async def test_nobody_who_sees_past_row_level_security_comes_through_a_pooler(
    owner: "asyncpg.Connection[asyncpg.Record]", login: str, login_url: str, own_database: str
) -> None:
    superuser = make_url(own_database).username or ""
    assert f"{superuser} may see past row-level security" in await refusal(own_database)
    with pytest.raises(WrongRole, match="row-level security"):
        await settle(owner, superuser, SESSION_SETTINGS)
    await settle(owner, login, SESSION_SETTINGS)
    await owner.execute(f'ALTER ROLE "{login}" BYPASSRLS')
    assert (await refusal(login_url)).startswith(f"{login} may see past row-level security")
    await owner.execute(
        f'ALTER ROLE "{login}" NOBYPASSRLS; ALTER TABLE account_clock DISABLE ROW LEVEL SECURITY'
    )
    for is_pooled in (False, True):
        told = await refusal(login_url, is_pooled=is_pooled)
        assert told.startswith(f"row-level security does not hold for {APP_ROLE}")
    with pytest.raises(WrongRole, match="no role nobody_here"):
        await settle(owner, "nobody_here", SESSION_SETTINGS)


async def test_a_server_with_the_wrong_role_is_not_ready_and_says_why_once_until_it_was_mended(
    owner: "asyncpg.Connection[asyncpg.Record]",
    login: str,
    login_url: str,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    nowhere = "postgresql://127.0.0.1:1/nowhere"
    behind = {"database_pooler": "transaction", "listen_database_url": nowhere}
    app = create_app(unhurried(login_url, tmp_path, **behind))
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url=BASE_URL) as client,
    ):
        with caplog.at_level(logging.ERROR, "studio.roles"):
            answers = await asyncio.gather(*(client.get("/health/ready") for _ in range(4)))
        assert {answer.status_code for answer in answers} == {503}
        assert (answers[0].json()["code"], answers[0].json()["reason"]) == ("unavailable", "role")
        assert "works as it must" in answers[0].json()["detail"]
        [line] = [each.getMessage() for each in caplog.records if each.name == "studio.roles"]
        assert f"not as {APP_ROLE}" in line
        await settle(owner, login, SESSION_SETTINGS)
        assert (await client.get("/health/ready")).status_code == 200
