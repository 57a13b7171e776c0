"""The simulator as a server: one listener for callers, and one for whoever runs it."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from app.simulator.control import Control
from app.simulator.front import Front
from app.simulator.hosted import HostedField
from app.simulator.ledger import Ledger
from app.simulator.merchants import DEMO, Merchants, read_merchants
from app.simulator.processor import Processor
from app.simulator.rules import Rules
from app.simulator.wire import Gone, Line, Request

LOOPBACK = "127.0.0.1"
DEVELOPMENT = "development"
_MOST_WAITING = 1024


class RefusedInProduction(Exception):
    """A simulator takes no part where money is real."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a simulator is to run.

    Port 0 takes any that is free; `certificate` and `key` are files of PEM, `merchants` one of JSON.
    """

    ledger: Path
    port: int = 0
    control_port: int = 0
    host: str = LOOPBACK
    certificate: Path | None = None
    key: Path | None = None
    merchants: Path | None = None


class Simulator:
    """One running simulator: `async with Simulator(options) as running`."""

    def __init__(
        self, options: Options, merchants: Merchants | None = None, *, environment: str = DEVELOPMENT
    ) -> None:
        if environment != DEVELOPMENT:
            raise RefusedInProduction(
                f"ENVIRONMENT: The simulator runs in {DEVELOPMENT}, never in production."
            )
        self._options = options
        self._secured = _secured(options)
        known = merchants or (read_merchants(options.merchants) if options.merchants else Merchants([DEMO]))
        options.ledger.parent.mkdir(parents=True, exist_ok=True)
        self._ledger = Ledger(options.ledger)
        self._rules = Rules()
        front = Front(
            Processor(self._ledger, known), HostedField(self._ledger, known), self._rules, self._ledger
        )
        self._front = front.answer
        self._control = Control(self._ledger, self._rules).answer
        self._servers: list[asyncio.Server] = []
        self._talks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """Return where callers reach it."""
        scheme = "http" if self._secured is None else "https"
        return f"{scheme}://{self._options.host}:{_port(self._servers[0])}"

    @property
    def control_url(self) -> str:
        """Return where it is controlled, on this machine alone."""
        return f"http://{LOOPBACK}:{_port(self._servers[1])}"

    async def __aenter__(self) -> Self:
        chosen = self._options
        for answer, host, port, secured in (
            (self._front, chosen.host, chosen.port, self._secured),
            (self._control, LOOPBACK, chosen.control_port, None),
        ):
            talks = self._talking(answer)
            self._servers.append(
                await asyncio.start_server(talks, host, port, ssl=secured, backlog=_MOST_WAITING)
            )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for server in self._servers:
            server.close()
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)
        self._ledger.close()

    def _talking(
        self, answer: Callable[[Request, Line], Awaitable[None]]
    ) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None  # noqa: S101 - a connection is a task of its own
            self._talks.add(task)
            line = Line(reader, writer)
            try:
                while (request := await line.next_request()) is not None:
                    await answer(request, line)
            except (Gone, asyncio.CancelledError):
                # Cancelled is whoever talks when the simulator ends.
                pass
            finally:
                self._talks.discard(task)
                line.close()

        return talk


def _secured(options: Options) -> ssl.SSLContext | None:
    if options.certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(options.certificate, options.key)
    return context


def _port(server: asyncio.Server) -> int:
    return int(server.sockets[0].getsockname()[1])
