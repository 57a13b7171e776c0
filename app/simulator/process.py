"""The simulator as a process: run here until it is told to stop, or started beside and ended by its id."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from app.simulator.server import Options, Simulator

_ROOT = Path(__file__).resolve().parents[2]
_FILES = ("ledger", "certificate", "key", "merchants")
_VARIABLE = "ENVIRONMENT"
PRODUCTION = "production"
"""What an environment is that nobody has named."""
_INPUT = 0
_AT_ONCE = 4096


@dataclass(frozen=True, slots=True)
class Started:
    """A simulator that runs beside: where it is reached, where it is controlled, and its process id."""

    url: str
    control_url: str
    pid: int


async def run(
    options: Options,
    *,
    environment: str,
    until_input_ends: bool,
    tell: Callable[[str], None],
) -> None:
    """Run until a signal, or the end of the input, stops it; `tell` is called with each line there is to say.

    Raises:
        RefusedInProduction: the environment is not development.
        OSError: a port is taken, or a file cannot be used.
        ValueError: the file of merchants is not in its form.

    """
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, stopped.set)
    if until_input_ends:
        loop.add_reader(_INPUT, _hear, stopped)
    async with Simulator(options, environment=environment) as running:
        tell(f"simulator {running.url}")
        tell(f"control {running.control_url}")
        await stopped.wait()


def _hear(stopped: asyncio.Event) -> None:
    if not os.read(_INPUT, _AT_ONCE):
        stopped.set()


def run_as_told(words: str) -> None:
    """Run with options as `started` has put them, until the input ends."""
    told = json.loads(words)
    files = {name: Path(told[name]) for name in _FILES if told[name] is not None}
    environment = os.environ.get(_VARIABLE, PRODUCTION)
    asyncio.run(run(Options(**{**told, **files}), environment=environment, until_input_ends=True, tell=_say))


@contextmanager
def started(options: Options, environment: str | None = None) -> Iterator[Started]:
    """Start a simulator beside; it ends when this does, or when we do.

    The environment is our own unless another is said, and production where none is.

    Raises:
        RuntimeError: it did not start; it has said why on its standard error.

    """
    words = json.dumps(asdict(options), default=lambda file: str(file.resolve()))
    with subprocess.Popen(  # noqa: S603 - it is ourselves
        [sys.executable, "-m", "app.simulator", words],
        cwd=_ROOT,
        env={**os.environ, _VARIABLE: environment or os.environ.get(_VARIABLE, PRODUCTION)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        try:
            lines = dict(process.stdout.readline().strip().partition(" ")[::2] for _ in range(2))
            if lines.keys() != {"simulator", "control"}:
                raise RuntimeError("The simulator did not start.")
            yield Started(lines["simulator"], lines["control"], process.pid)
        finally:
            process.terminate()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
