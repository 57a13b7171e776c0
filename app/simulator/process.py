"""The simulator as a process: run here until it is told to stop, or started beside and ended by its id."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.simulator.merchants import Merchants
from app.simulator.server import Options, Simulator

_ROOT = Path(__file__).resolve().parents[2]
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
    merchants: Merchants | None,
    *,
    environment: str,
    until_input_ends: bool,
    tell: Callable[[str], None],
) -> None:
    """Run until a signal, or the end of the input, stops it; `tell` is called with each line there is to say.

    Raises:
        RefusedInProduction: the environment is one where money is real.
        OSError: a port is taken, or a file cannot be used.

    """
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, stopped.set)
    if until_input_ends:
        loop.add_reader(_INPUT, _hear, stopped)
    async with Simulator(options, merchants, environment=environment) as running:
        tell(f"simulator {running.url}")
        tell(f"control {running.control_url}")
        await stopped.wait()


def _hear(stopped: asyncio.Event) -> None:
    if not os.read(_INPUT, _AT_ONCE):
        stopped.set()


@contextmanager
def started(ledger: Path, *options: str) -> Iterator[Started]:
    """Start a simulator beside, with further options of `simulator serve`; it ends when this does, or we do.

    Raises:
        RuntimeError: it did not start; it has said why on its standard error or output.

    """
    words = [sys.executable, "-m", "app", "simulator", "serve", "--until-input-ends", "--ledger", str(ledger)]
    with subprocess.Popen(  # noqa: S603 - it is ourselves
        [*words, *options], cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        try:
            told = dict(
                process.stdout.readline().strip().partition(" ")[::2] for _ in ("simulator", "control")
            )
            if told.keys() != {"simulator", "control"}:
                raise RuntimeError(
                    f"The simulator did not start: {' '.join(' '.join(each) for each in told.items())}"
                )
            yield Started(told["simulator"], told["control"], process.pid)
        finally:
            process.terminate()
