"""The database every test works on: a real PostgreSQL, migrated once, one copy per worker."""

import asyncio
import gc
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from itertools import compress
from operator import not_
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from app.accounts import passwords
from app.core.db import Database
from app.core.embedded import Embedded
from app.core.migrations import migrate
from app.core.roles import APP_ROLE, SESSION_SETTINGS, settle
from tests import document, pooler
from tests.facts import gather, keep, told
from tests.overheard import Overheard, listening_in
from tests.witness import Witness, looking_on

# Each worker, and each server of a test, would compile all of it again.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# What servers do by themselves would be done in the midst of tests that are not about it.
os.environ["BEAT"] = "false"

_OWNER = pytest.StashKey[str]()
_SERVER = pytest.StashKey[Embedded]()
_POOLER = pytest.StashKey[pooler.Pooler]()
_TABLES = pytest.StashKey[list[str]]()
_OF_ACCOUNTS = """
    SELECT c.relname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
        AND a.attname = 'account_id' AND NOT a.attisdropped
"""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a run on another server leave out what is the same on any."""
    told = "leave out what asks nothing of the PostgreSQL of the run"
    parser.addoption("--of-the-server", action="store_true", help=told)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out, where that is asked for, all tests into which no fixture of the server's goes."""
    if config.option.of_the_server:
        is_of_it = ["server_url" in getattr(each, "fixturenames", ()) for each in items]
        config.hook.pytest_deselected(items=[*compress(items, map(not_, is_of_it))])
        items[:] = compress(items, is_of_it)


def pytest_configure(config: pytest.Config) -> None:
    """Start the server and migrate the template, once, in the process that stops them again."""
    if hasattr(config, "workerinput") or config.option.collectonly:
        return
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    url = os.environ.get("TEST_DATABASE_URL")
    if not url:
        server = config.stash[_SERVER] = Embedded.start(config.rootpath / ".data-test", temporary=True)
        url = server.url
        for each in ("fsync", "full_page_writes", "synchronous_commit", "autovacuum"):
            # Nothing outlives the run: tests of what survives have clusters of their own.
            _execute(url, f"ALTER SYSTEM SET {each} = off")
        _execute(url, "SELECT pg_reload_conf()")
    config.stash[_OWNER] = url
    _execute(url, f"CREATE DATABASE {_name('template')}")
    migrate(_at(url, _name("template")))
    config.stash[_TABLES] = _execute(_at(url, _name("template")), _OF_ACCOUNTS)
    if program := os.environ.get("TEST_POOLER"):
        login = _name("web")
        _execute(url, f"CREATE ROLE {login} LOGIN")
        _execute(url, f"GRANT {APP_ROLE} TO {login}")
        config.stash[_POOLER] = pooler.Pooler(program, url, login)


def pytest_collection_finish() -> None:
    """Have garbage looked for as a server does it, not by walking all that was imported."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Drop what this run made, and leave the server."""
    if _OWNER not in config.stash:
        return
    url, login = config.stash[_OWNER], pooler.login()
    try:
        if _POOLER in config.stash:
            config.stash[_POOLER].close()
        for name in _execute(
            url, f"SELECT datname FROM pg_database WHERE starts_with(datname, '{_name('')}')"
        ):
            _execute(url, f"DROP DATABASE {name} WITH (FORCE)")
        if login is not None:
            _execute(url, f"DROP ROLE {login}")
    finally:
        if _SERVER in config.stash:
            config.stash[_SERVER].close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say what tests have counted, all workers together: each of them sums up for itself, too."""
    if hasattr(config, "workerinput"):
        return
    passed = [each for each in terminalreporter.getreports("passed") if each.when == "call"]
    failed = [*terminalreporter.getreports("failed"), *terminalreporter.getreports("error")]
    facts = gather(passed, failed)
    if line := told(facts):
        terminalreporter.write_line(line)
    keep(facts)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: object) -> None:
    """Tell an xdist worker where the server is."""
    node.workerinput["owner"] = node.config.stash[_OWNER]  # type: ignore[attr-defined] # xdist has no types
    node.workerinput["tables"] = node.config.stash[_TABLES]  # type: ignore[attr-defined]
    node.workerinput["run"] = os.getpid()  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Run async tests by anyio's plugin (in `auto` mode), which comes with FastAPI, on the loop that serves.

    For the session, so that all tests and fixtures of a worker share one loop and one pool.
    """
    return "asyncio"


@pytest.fixture(scope="session", autouse=True)
def usual_hashes() -> Iterator[object]:
    """Hash quickly, for nobody guesses the passwords of tests; returns what hashes in earnest."""
    with pytest.MonkeyPatch.context() as patch:
        usual = passwords._context
        patch.setattr(passwords, "_context", usual.copy(argon2__memory_cost=8, argon2__time_cost=1))
        yield usual


@pytest.fixture(scope="session", autouse=True)
def pooled() -> Iterator[None]:
    """Have the app's way to the database lead through the pooler, in a run that has one."""
    with pooler.known_everywhere():
        yield


@pytest.fixture(scope="session")
def witness() -> Iterator[Witness]:
    """Have every answer of the session held to the API document."""
    heard = Witness(document.DOCUMENT)
    with looking_on(heard):
        yield heard


@pytest.fixture(autouse=True)
def answers_are_as_declared(witness: Witness) -> Iterator[None]:
    """Fail a test whose answers, or those of its fixtures, are not what the document declares."""
    yield
    breaches = witness.take()
    assert not breaches, "the API document does not declare:\n" + "\n".join(breaches)


@pytest.fixture(scope="session")
def overheard(request: pytest.FixtureRequest) -> Iterator[Overheard]:
    """Have every statement of the product judged that is said to a database in this session."""
    given = getattr(request.config, "workerinput", None)
    heard = Overheard(frozenset(given["tables"] if given else request.config.stash[_TABLES]))
    with listening_in(heard):
        yield heard


@pytest.fixture(autouse=True)
def statements_name_their_account(overheard: Overheard) -> Iterator[None]:
    """Fail a test in which the product, or a fixture by it, says what is not of one account."""
    yield
    faults = overheard.take()
    assert not faults, "not to be said (tests/statements.py):\n" + "\n".join(faults)


@pytest.fixture(scope="session")
def server_url(request: pytest.FixtureRequest) -> str:
    """Name the server's own database, as somebody who may create roles and databases."""
    given = getattr(request.config, "workerinput", None)
    return given["owner"] if given else request.config.stash[_OWNER]


@pytest.fixture(scope="session")
def owner_url(request: pytest.FixtureRequest, server_url: str, worker: str) -> str:
    """Make this worker's database; the URL is that of the owner of its tables."""
    name = _name(worker, _run(request))
    _execute(server_url, f"CREATE DATABASE {name} TEMPLATE {_name('template', _run(request))}")
    url = _at(server_url, name)
    if login := pooler.login():
        asyncio.run(_settle(url, login))
    return url


@pytest.fixture(scope="session")
def worker(request: pytest.FixtureRequest) -> str:
    """Name this worker among those of the run."""
    given = getattr(request.config, "workerinput", None)
    return given["workerid"] if given else "main"


@pytest.fixture(scope="session")
def database_url(owner_url: str) -> str:
    """Return this worker's database as the app gets it; `Database` becomes the app's role on it."""
    return pooler.way_to(owner_url)


@pytest.fixture(scope="session")
async def database(database_url: str) -> AsyncIterator[Database]:
    """Open the app's connections to this worker's database."""
    database = Database(database_url)
    yield database
    await database.close()


@pytest.fixture
def empty_database(server_url: str, worker: str) -> Iterator[str]:
    """Make a database of the test's own, without tables."""
    with _lent(server_url, f"{_name('empty')}_{worker}") as url:
        yield url


@pytest.fixture
def own_database(request: pytest.FixtureRequest, server_url: str, worker: str) -> Iterator[str]:
    """Make a database of the test's own, with all tables."""
    with _lent(server_url, f"{_name('own')}_{worker}", f"TEMPLATE {_name('template', _run(request))}") as url:
        yield url


@pytest.fixture(scope="session")
def repository() -> Path:
    """Return the folder the product lives in."""
    return Path(__file__).resolve().parent


@contextmanager
def _lent(server_url: str, name: str, made: str = "") -> Iterator[str]:
    _execute(server_url, f"CREATE DATABASE {name} {made}")
    yield _at(server_url, name)
    _execute(server_url, f"DROP DATABASE {name} WITH (FORCE)")


def _run(request: pytest.FixtureRequest) -> int:
    given = getattr(request.config, "workerinput", None)
    return int(given["run"]) if given else os.getpid()


def _name(part: str, run: int | None = None) -> str:
    return f"studio_test_{run or os.getpid()}_{part}"


def _at(url: str, database: str) -> str:
    return make_url(url).set(database=database).render_as_string(hide_password=False)


async def _settle(url: str, login: str) -> None:
    """Have the pooler's login work as the app does, as who migrates has it."""
    connection = await _connected(url)
    try:
        await settle(connection, login, SESSION_SETTINGS)
    finally:
        await connection.close()


async def _connected(url: str) -> "asyncpg.Connection[asyncpg.Record]":
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    return await asyncpg.connect(plain)


def _execute(url: str, statement: str) -> list[str]:
    """Run one statement as the owner and return its first column."""

    async def run() -> list[str]:
        connection = await _connected(url)
        try:
            return [row[0] for row in await connection.fetch(statement)]
        finally:
            await connection.close()

    return asyncio.run(run())
