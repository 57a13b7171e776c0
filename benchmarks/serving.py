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
        family = [self._process, *self._process.children(recursive=True)]
        times = [each.cpu_times() for each in family]
        return float(sum(each.user + each.system for each in times))

    @property
    def peak_megabytes(self) -> float:
        """Return the most memory it had since the last `forget_peak`, or has now where nobody counts that."""
        with suppress(OSError):
            for line in Path(f"/proc/{self._process.pid}/status").read_text().splitlines():
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) / 1024
        return float(self._process.memory_info().rss) / 2**20

    def forget_peak(self) -> None:
        """Begin to look for a new peak, where the kernel can."""
        with suppress(OSError):
            Path(f"/proc/{self._process.pid}/clear_refs").write_text("5")


@contextmanager
def the_app(database_url: str, data_dir: Path, *, workers: int = 1) -> Iterator[Served]:
    """Serve the app as `make run` does."""
    settings = {"DATABASE_URL": database_url, "DATA_DIR": str(data_dir), "DEMO_CLIENTS": "0"}
    # The table is what is to be read.
    settings |= {"WORKERS": str(workers), "LOG_LEVEL": "WARNING"}
    with _module(["app", "serve"], settings, "/health/ready") as running:
        yield running


@contextmanager
def a_bare_route() -> Iterator[Served]:
    """Serve the least a FastAPI route does: read JSON, answer JSON."""
    with _module(["benchmarks.bare_route"], {}, "/ready") as running:
        yield running


@contextmanager
def hand_written(database_url: str) -> Iterator[Served]:
    """Serve the endpoint most teams would write."""
    with _module(["benchmarks.peers.hand_written"], {"DATABASE_URL": database_url}, "/ready") as running:
        yield running


@contextmanager
def _module(module: list[str], settings: Mapping[str, str], ready: str) -> Iterator[Served]:
    port = free_port()
    command, settings = [sys.executable, "-m", *module], {**settings, "PORT": str(port)}
    with served(command, settings, port, ready) as running:
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
