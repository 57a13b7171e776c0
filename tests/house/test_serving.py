"""`serve` owns its port before it says so, and no worker outlives it."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import psutil
import pytest

from tests.serving import free_port

pytestmark = pytest.mark.slow

PATIENCE = 60


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """Lend a folder that root's PostgreSQL, which runs as somebody else, can reach too."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@contextmanager
def _serving(repository: Path, data_dir: Path, port: int, **environment: str) -> Iterator[psutil.Popen]:
    own = {"DATA_DIR": str(data_dir), "PORT": str(port), "DEMO_CLIENTS": "0", **environment}
    known = {name: value for name, value in os.environ.items() if not name.endswith("DATABASE_URL")}
    process = psutil.Popen(
        [sys.executable, "-m", "app", "serve"],
        cwd=repository,
        env={**known, **own},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=PATIENCE)


def _wait_until_ready(process: psutil.Popen, port: int) -> None:
    for line in process.stdout:
        if "Application startup complete" in line:
            break
    assert httpx.get(f"http://127.0.0.1:{port}/health/ready", timeout=PATIENCE).is_success


def test_workers_die_with_the_parent_and_the_next_start_takes_their_port(
    repository: Path, data_dir: Path
) -> None:
    port = free_port()
    with _serving(repository, data_dir, port, WORKERS="2") as killed:
        _wait_until_ready(killed, port)
        workers = [each for each in killed.children() if "spawn_main" in " ".join(each.cmdline())]
        killed.kill()
        assert len(workers) == 2
        assert psutil.wait_procs(workers, timeout=PATIENCE)[1] == []
    with _serving(repository, data_dir, port) as again:
        _wait_until_ready(again, port)
    assert not (data_dir / "postgres" / "postmaster.pid").exists()


def test_a_port_that_is_taken_is_told_before_anything_is_written(repository: Path, data_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with _serving(repository, data_dir, port) as refused:
            printed = refused.stdout.read()
            assert refused.wait(PATIENCE) == 1
    assert printed.startswith("HOST, PORT: Address already in use")
    assert (printed.count("\n"), str(port) in printed) == (1, True)
    assert list(data_dir.iterdir()) == []
