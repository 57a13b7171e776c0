"""The house tests meet the same house, accounts and phones as the contract suite, and type commands."""

import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
import pytest

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
def typed(owner_url: str, repository: Path, tmp_path: Path) -> Typed:
    """Type a command, on the test's database; returns its exit code and what it printed."""

    async def run(*words: str, **environment: str) -> tuple[int, str]:
        known = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
        settings = {"DATABASE_URL": owner_url, "DATA_DIR": str(tmp_path), "PORT": "8123"}
        done = await anyio.run_process(
            [sys.executable, "-m", "app", *words],
            cwd=repository,
            env={**known, **settings, **environment},
            check=False,
        )
        assert b"Traceback" not in done.stdout + done.stderr, done.stderr.decode()
        return done.returncode, done.stdout.decode()

    return run
