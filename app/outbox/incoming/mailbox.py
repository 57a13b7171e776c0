"""A mailbox that is read, and only read: nothing in it is marked, moved or deleted."""

import asyncio
import imaplib
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from app.core.vault import Vault
from app.outbox.hosts import MAILBOX_PORTS, HostAway, HostRefused, Hosts
from app.outbox.incoming.imap import Box, Line, Security, Shut, TooLarge, Waiting, entered
from app.outbox.models import MailServer
from app.outbox.words import Words, printable

T = TypeVar("T")

SEALED_AS = "imap"
STEP_SECONDS = 30.0
"""For signing in, for a list of what is new, for one email; however slowly a server speaks."""
MOST_BYTES = 10 * 2**20
"""Of an email; of one that is larger its beginning is taken, as much as `_BEGINNING`."""
_BEGINNING = 2**20
_GOODBYE = 2.0
_IMAPS = 993
_AFTER_REFUSED_HOST = timedelta(hours=1)
_THREADS = ThreadPoolExecutor(32, thread_name_prefix="mailbox")
"""Of its own: a server that says nothing must not keep those that others wait for."""


@dataclass(slots=True)
class Mailbox:
    """A mailbox that is open. Its numbers hold while its `validity` does, and begin behind `newest`."""

    validity: int
    newest: int
    _line: Line
    _run: "_Run"

    async def after(self, uid: int) -> list[Waiting]:
        """Return what has a higher number, the lowest first; raises `Shut`, and `TooLarge` for too many."""
        if self.newest <= uid:
            return []
        return await self._run(lambda: self._line.listed(uid + 1))

    async def content(self, waiting: Waiting) -> bytes | None:
        """Return an email, or the beginning of a large one, and none of one that is gone.

        Raises `Shut`, and `TooLarge` where it is not as large as was said.
        """
        most = _BEGINNING if is_large(waiting) else MOST_BYTES
        return await self._run(lambda: self._line.fetched(waiting.uid, most))


def is_large(waiting: Waiting) -> bool:
    """Say whether only the beginning of an email is taken."""
    return waiting.size > MOST_BYTES


def box_of(vault: Vault, kept: MailServer) -> Box | None:
    """Return the mailbox of an account, if it has one; raises `SealBroken`."""
    if kept.in_host is None or kept.in_password is None:
        return None
    return Box(
        host=kept.in_host,
        port=kept.in_port or _IMAPS,
        user_name=kept.in_user or "",
        password=vault.open(kept.account_id, SEALED_AS, kept.in_password),
        folder=kept.in_folder or "INBOX",
    )


@asynccontextmanager
async def opened(
    box: Box,
    hosts: Hosts,
    *,
    seconds: float = STEP_SECONDS,
    trusted: ssl.SSLContext | None = None,
    is_secured: bool | None = None,
) -> AsyncIterator[Mailbox]:
    """Sign in and open a mailbox for reading; raises `Shut`.

    The line is secured from its first byte on port 993, else by STARTTLS, and the certificate held against
    the name. Only a machine of developers goes on without, where a server offers none.
    """
    try:
        async with asyncio.timeout(seconds):
            sock = await hosts.connect(box.host, box.port, MAILBOX_PORTS)
    except HostRefused:
        raise Shut(Words("host_refused"), _AFTER_REFUSED_HOST) from None
    except HostAway as error:
        raise Shut(Words("server_away", printable(error))) from None
    except TimeoutError:
        raise Shut(Words("server_away")) from None
    handle = sock.dup()
    run = _Run(handle, seconds)
    security = Security(
        trusted or ssl.create_default_context(),
        is_immediate=box.port == _IMAPS if is_secured is None else is_secured,
        is_needed=not hosts.allows_plain,
    )
    line: Line | None = None
    try:
        line = await run(lambda: entered(sock, box, security, seconds))
        yield Mailbox(line.validity, line.newest, line, run)
    finally:
        if line is not None:
            with suppress(Shut, TooLarge):
                await _Run(handle, _GOODBYE)(line.leave)
        sock.close()
        handle.close()


@dataclass(frozen=True, slots=True)
class _Run:
    """Runs a step in a thread, and ends it in time by cutting the line, of which `handle` is a second end."""

    handle: socket.socket
    seconds: float

    async def __call__(self, step: Callable[[], T]) -> T:
        """Return what a step does; raises `Shut` where the server does not answer as one."""
        future = asyncio.get_running_loop().run_in_executor(_THREADS, _told(step))
        try:
            async with asyncio.timeout(self.seconds):
                return await asyncio.shield(future)
        except TimeoutError:
            self._cut()
            await asyncio.wait({future})
            future.exception()
            raise Shut(Words("server_away")) from None
        except asyncio.CancelledError:
            self._cut()
            await asyncio.wait({future})
            if not future.cancelled():
                future.exception()
            raise

    def _cut(self) -> None:
        with suppress(OSError):
            self.handle.shutdown(socket.SHUT_RDWR)


def _told(step: Callable[[], T]) -> Callable[[], T]:
    """Return a step that says of whatever goes wrong with a server that it is away."""

    def run() -> T:
        try:
            return step()
        except (imaplib.IMAP4.error, OSError, ValueError, EOFError, LookupError, TypeError) as error:
            raise Shut(Words("server_away", printable(error))) from None

    return run
