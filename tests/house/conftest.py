"""The house tests meet the same house, accounts and phones as the contract suite, and type commands."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import anyio
import pytest
from typer.testing import CliRunner

from app.cli import cli
from app.core.settings import settings
from tests.accounts.conftest import hold  # noqa: F401 - fixtures are found by their names
from tests.contract.conftest import (  # noqa: F401 - fixtures are found by their names
    first_phone,
    house,
    http,
    strange_phone,
    stranger,
    studio,
)

Typed = Callable[..., Awaitable[tuple[int, str]]]


@pytest.fixture
def typed(owner_url: str, tmp_path: Path) -> Typed:
    """Type a command, on the test's database; returns its exit code and what it printed.

    It is carried out in a thread of this process, which has long imported everything.
    """
    known = {"COLUMNS": None, "DATABASE_URL": owner_url, "DATA_DIR": str(tmp_path), "PORT": "8123"}

    def carry_out(words: tuple[str, ...], environment: dict[str, str]) -> tuple[int, str]:
        with _settings_read_anew():
            done = CliRunner().invoke(cli, words, env={**known, **environment})
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done.exit_code, done.stdout

    async def run(*words: str, **environment: str) -> tuple[int, str]:
        return await anyio.to_thread.run_sync(carry_out, words, environment)

    return run


@contextmanager
def _settings_read_anew() -> Iterator[None]:
    settings.cache_clear()
    try:
        yield
    finally:
        settings.cache_clear()
