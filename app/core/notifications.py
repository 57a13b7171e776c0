"""How every process learns that an account was written: NOTIFY behind the commits, LISTEN in each process."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from functools import partial
from uuid import UUID

import asyncpg

from app.core.keepalive import until_lost

log = logging.getLogger("studio.notifications")

CHANNEL = "studio_accounts"
TELL = """
SELECT set_config('synchronous_commit', 'off', true), count(pg_notify($1, told))
FROM unnest($2::text[]) AS told
"""
"""One statement and so one transaction, which waits for no disk: a crash may lose a notification anyway."""

_LONGEST_PAUSE = 30.0
_LAST_WORDS = 5.0
_PATIENCE = 10.0
_NOBODY = ""
"""What a listener tells the channel to hear whether it still hears."""


class Notifier:
    """Tells which accounts were written, once their transactions are committed, all that wait at once.

    Not inside the transactions themselves: PostgreSQL has all that notify take turns, in whatever account,
    each until its commit is on disk.
    """

    def __init__(self, publish: Callable[[Collection[str]], Awaitable[None]]) -> None:
        """Say how a batch of accounts is told."""
        self._publish = publish
        self._waiting: set[UUID] = set()
        self._telling: asyncio.Task[None] | None = None

    def tell(self, account_id: UUID) -> None:
        """Have an account told soon; nobody waits for it."""
        self._waiting.add(account_id)
        if self._telling is None:
            self._telling = asyncio.get_running_loop().create_task(self._tell())

    async def finish(self) -> None:
        """Tell what is left, while the database can be reached."""
        if self._telling is not None:
            await asyncio.wait({self._telling}, timeout=_LAST_WORDS)
        if self._telling is not None:
            self._telling.cancel()

    async def _tell(self) -> None:
        failures = 0
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, set()
                try:
                    await self._publish([str(account_id) for account_id in batch])
                    failures = 0
                except Exception as error:  # noqa: BLE001 - whatever it is, it is tried again
                    self._waiting |= batch
                    failures += 1
                    log.warning("notifications wait: %s", type(error).__name__)
                    await asyncio.sleep(pause(failures))
        finally:
            self._telling = None


class Listener:
    """The one connection of a process that hears what was written, in any process.

    It must lead to PostgreSQL itself: a pooler that lends connections by transaction forgets LISTEN.
    """

    def __init__(
        self,
        connect: Callable[[], Awaitable["asyncpg.Connection[asyncpg.Record]"]],
        hear: Callable[[UUID], None],
        may_have_missed: Callable[[], None],
    ) -> None:
        """Say whom to tell of an account, and of having been deaf for a while."""
        self._connect = connect
        self._hear = hear
        self._may_have_missed = may_have_missed
        self._heard = asyncio.Event()
        self._failures = 0

    async def run(self) -> None:
        """Listen until cancelled; a lost connection is made anew, after longer and longer pauses."""
        while True:
            try:
                await self._listen()
            except Exception as error:  # noqa: BLE001 - whatever it is, a process must not stay deaf
                self._failures += 1
                log.warning("not listening to %s: %s", CHANNEL, type(error).__name__)
            await asyncio.sleep(pause(self._failures))

    async def _listen(self) -> None:
        async with asyncio.timeout(_PATIENCE):
            connection = await self._connect()
        try:
            async with asyncio.timeout(_PATIENCE):
                await connection.add_listener(CHANNEL, self._on_notification)
            self._may_have_missed()
            await until_lost(connection, partial(self._check, connection))
        finally:
            connection.terminate()

    async def _check(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        """Hear oneself: a connection may be dead without a word, or a pooler may have lent it on."""
        self._heard.clear()
        async with asyncio.timeout(_PATIENCE):
            await connection.execute(f"SELECT pg_notify('{CHANNEL}', '{_NOBODY}')")
            await self._heard.wait()
        self._failures = 0

    def _on_notification(self, _connection: object, _pid: int, _channel: str, told: object) -> None:
        self._heard.set()
        # Whoever may connect may notify; what names no account is nobody's.
        with suppress(ValueError):
            self._hear(UUID(str(told)))


def pause(failures: int) -> float:
    """Return how long to wait after so many failures: longer each time, and never the same for all."""
    return random.uniform(0.5, 1.0) * min(_LONGEST_PAUSE, 2.0 ** (failures - 1))  # noqa: S311 - no secret
