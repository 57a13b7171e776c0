"""The embedded PostgreSQL survives what happens to servers and to those who use them."""

import asyncio
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp

import asyncpg
import httpx
import psutil
import pytest

from app.core.embedded import Embedded
from app.core.settings import Settings
from app.main import create_app

pytestmark = pytest.mark.slow

_HOLD = """
import os, sys
from pathlib import Path
from app.core.embedded import Embedded
if len(sys.argv) > 2:  # become somebody else only now: the interpreter may be root's alone
    os.setgroups([])
    os.setgid(int(sys.argv[2]))
    os.setuid(int(sys.argv[2]))
with Embedded.start(Path(sys.argv[1])) as server:
    print(server.url, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="session")
def home() -> Iterator[Path]:
    """Lend a directory whose cluster is made once, because making it is slow."""
    with _a_folder() as path:
        yield path
        Embedded.start(path, temporary=True).close()


@pytest.fixture
def folder() -> Iterator[Path]:
    """Lend an empty directory."""
    with _a_folder() as path:
        yield path


@contextmanager
def _a_folder() -> Iterator[Path]:
    """Make one outside pytest's own, which another run by root shuts to the server's user."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as made:
        yield Path(made)


@pytest.fixture
def data_dir(home: Path) -> Iterator[Path]:
    """Lend that directory with no server running, and stop what is left."""
    yield home
    if _is_running(home):
        Embedded.start(home).close()


class Holder:
    """Another process that uses the server until it is told to leave, or killed."""

    def __init__(self, data_dir: Path, repository: Path, uid: int | None = None) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", _HOLD, str(data_dir), *([] if uid is None else [str(uid)])],
            cwd=repository,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    @property
    def url(self) -> str:
        """Wait for the server, and return its URL."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def leave(self) -> int:
        """Leave as the app does, and return the exit code."""
        self.process.communicate()
        return self.process.returncode

    def kill(self) -> None:
        """End without a chance to say so."""
        self.process.kill()
        self.process.communicate()


def _ask(url: str, question: str) -> object:
    async def ask() -> object:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(question)
        finally:
            await connection.close()

    return asyncio.run(ask())


def _postmaster(data_dir: Path) -> psutil.Process:
    return psutil.Process(int((data_dir / "postgres" / "postmaster.pid").read_text().split()[0]))


def _is_running(data_dir: Path) -> bool:
    return (data_dir / "postgres" / "postmaster.pid").exists()


def test_it_writes_through_to_the_disk_and_listens_on_no_port(data_dir: Path) -> None:
    with Embedded.start(data_dir) as server:
        assert _ask(server.url, "SHOW fsync") == "on"
        assert _ask(server.url, "SHOW synchronous_commit") == "on"
        assert _ask(server.url, "SHOW listen_addresses") == ""
        assert _ask(server.url, "SELECT lower('ÉÇ')") == "éç"
    assert not _is_running(data_dir)


async def test_a_stopped_server_is_unavailable_and_no_defect(data_dir: Path, tmp_path: Path) -> None:
    with Embedded.start(data_dir) as server:
        url = server.url
    app = create_app(Settings(database_url=url, data_dir=tmp_path))
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    client = httpx.AsyncClient(transport=transport, base_url="http://studio.test")
    async with app.router.lifespan_context(app), client:
        words = {"account": "harbor", "initials": "AB", "password": "any at all"}
        answer = await client.post("/v1/auth/login", json=words)
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


def test_data_outlive_the_server(data_dir: Path) -> None:
    with Embedded.start(data_dir) as server:
        _ask(server.url, "DROP TABLE IF EXISTS kept")
        _ask(server.url, "CREATE TABLE kept AS SELECT 7 AS n")
    with Embedded.start(data_dir) as server:
        assert _ask(server.url, "SELECT n FROM kept") == 7


def test_two_that_start_at_once_share_a_server_that_the_last_stops(data_dir: Path, repository: Path) -> None:
    first, second = Holder(data_dir, repository), Holder(data_dir, repository)
    assert first.url == second.url
    with Embedded.start(data_dir) as server:
        assert first.leave() == 0
        assert second.leave() == 0
        assert _ask(server.url, "SELECT 1") == 1
    assert not _is_running(data_dir)


def test_a_killed_user_neither_stops_nor_keeps_the_server(data_dir: Path, repository: Path) -> None:
    killed = Holder(data_dir, repository)
    with Embedded.start(data_dir) as server:
        assert killed.url == server.url
        killed.kill()
        assert _ask(server.url, "SELECT 1") == 1
    assert not _is_running(data_dir)


def test_a_user_that_is_asked_to_end_leaves_first(data_dir: Path, repository: Path) -> None:
    user = Holder(data_dir, repository)
    assert user.url
    user.process.terminate()
    assert user.leave() == 128 + signal.SIGTERM
    assert not _is_running(data_dir)


def test_a_server_whose_only_user_was_killed_is_found_and_stopped(data_dir: Path, repository: Path) -> None:
    killed = Holder(data_dir, repository)
    url = killed.url
    killed.kill()
    assert _ask(url, "SELECT 1") == 1
    Embedded.start(data_dir).close()
    assert not _is_running(data_dir)


def test_a_killed_server_loses_nothing_it_acknowledged(data_dir: Path) -> None:
    with Embedded.start(data_dir) as server:
        _ask(server.url, "DROP TABLE IF EXISTS kept")
        _ask(server.url, "CREATE TABLE kept AS SELECT 7 AS n")
        _postmaster(data_dir).kill()
        with Embedded.start(data_dir) as again:
            assert _ask(again.url, "SELECT n FROM kept") == 7


def test_a_process_number_that_is_now_somebody_elses_is_not_the_server(
    data_dir: Path,
) -> None:
    pid_file = data_dir / "postgres" / "postmaster.pid"
    with Embedded.start(data_dir):
        left_behind = pid_file.read_text().splitlines()
        _postmaster(data_dir).kill()
        stranger = subprocess.Popen(["sleep", "600"])
        pid_file.write_text("\n".join([str(stranger.pid), *left_behind[1:]]) + "\n")
    try:
        assert stranger.poll() is None
        with Embedded.start(data_dir) as server:
            assert _ask(server.url, "SELECT 1") == 1
        assert stranger.poll() is None
    finally:
        stranger.send_signal(signal.SIGTERM)
        stranger.wait()


@pytest.mark.parametrize("name", ["with a space", 'it\'s, "odd" $HOME', "long-" * 40])
def test_any_path_will_do(folder: Path, name: str) -> None:
    with Embedded.start(folder / name, temporary=True) as server:
        assert _ask(server.url, "SELECT 1") == 1


def test_a_relative_path_will_do(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(data_dir)
    with Embedded.start(Path()) as server:
        monkeypatch.chdir("/")
        assert _ask(server.url, "SELECT 1") == 1
    assert not _is_running(data_dir)


def test_temporary_data_are_gone_when_the_last_has_left(folder: Path) -> None:
    with Embedded.start(folder, temporary=True):
        with Embedded.start(folder, temporary=True):
            pass
        assert _is_running(folder)
    assert not (folder / "postgres").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_root_and_an_ordinary_user_share_the_users_server(repository: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    data_dir = Path(mkdtemp())
    try:
        os.chown(data_dir, nobody.pw_uid, nobody.pw_gid)
        user = Holder(data_dir, repository, nobody.pw_uid)
        url = user.url
        with Embedded.start(data_dir, temporary=True) as server:
            assert server.url == url
            assert user.leave() == 0
            assert _postmaster(data_dir).username() == "nobody"
        with Embedded.start(data_dir, temporary=True) as server:
            assert _ask(server.url, "SELECT 1") == 1
    finally:
        subprocess.run(["rm", "-r", data_dir], check=True)
