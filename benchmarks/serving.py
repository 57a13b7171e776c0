"""Servers to measure, each a process of its own."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import psutil

ROOT = Path(__file__).resolve().parents[1]


class Served:
    """A server that answers at `url`."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._process = psutil.Process(process.pid)

    @property
    def cpu_seconds(self) -> float:
        """Return how long it has worked so far."""
        times = [each.cpu_times() for each in self._family]
        return float(sum(each.user + each.system for each in times))

    @property
    def peak_megabytes(self) -> float:
        """Return the most memory it had since the last `forget_peak`, or has now where nobody counts that."""
        return sum(map(_peak, self._family))

    def forget_peak(self) -> None:
        """Begin to look for a new peak, where the kernel can."""
        for each in self._family:
            with suppress(OSError):
                Path(f"/proc/{each.pid}/clear_refs").write_text("5")

    @property
    def _family(self) -> list[psutil.Process]:
        return [self._process, *self._process.children(recursive=True)]


def _peak(process: psutil.Process) -> float:
    with suppress(OSError):
        for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return float(process.memory_info().rss) / 2**20


@contextmanager
def the_app(database_url: str, data_dir: Path, workers: int = 1) -> Iterator[Served]:
    """Serve the app as `make run` does, but for its beat: what that does would be measured with the rest."""
    # The table is what is to be read, and it tells what was refused.
    settings = {"DEMO_CLIENTS": "0", "WORKERS": str(workers), "LOG_LEVEL": "ERROR", "BEAT": "false"}
    settings |= {"DATABASE_URL": database_url, "DATA_DIR": str(data_dir)}
    port = free_port()
    command = [sys.executable, "-m", "app", "serve"]
    with served(command, {**settings, "PORT": str(port)}, port, "/health/ready") as running:
        yield running


@contextmanager
def by_uvicorn(name: str, database_url: str, workers: int = 1) -> Iterator[Served]:
    """Serve an application of `benchmarks.peers` on the loop and parser ours is served by."""
    port = free_port()
    chosen = ["--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning"]
    chosen += ["--workers", str(workers)]
    command = [sys.executable, "-m", "uvicorn", f"benchmarks.peers.{name}:app", "--port", str(port), *chosen]
    with served(command, {"DATABASE_URL": database_url}, port, "/ready") as running:
        yield running


@contextmanager
def served(
    command: Sequence[str], settings: Mapping[str, str], port: int, ready: str, *, is_quiet: bool = False
) -> Iterator[Served]:
    """Run a server on a port until it is no longer needed; it is there once it answers at `ready`."""
    process = subprocess.Popen(  # noqa: S603 - our own words
        command,
        cwd=ROOT,
        env={**os.environ, **settings},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL if is_quiet else None,
    )
    try:
        _wait(process, f"http://127.0.0.1:{port}{ready}")
        yield Served(process, port)
    finally:
        process.terminate()
        process.wait()


def _wait(process: subprocess.Popen[bytes], url: str) -> None:
    while process.poll() is None:
        with suppress(httpx.TransportError):
            if httpx.get(url).is_success:
                return
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.05)
    raise RuntimeError("the server to be measured does not start")


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
