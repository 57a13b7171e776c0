"""Watching over what a process stands on: figures each minute, and a line in the log when they turn."""

import asyncio
import logging
import random
import ssl
from collections.abc import Callable
from pathlib import Path

from app.core import clock, metrics
from app.core.conditions import CLOCKS_APART, LITTLE_ROOM, SOON_OVER, free_bytes, told_by
from app.core.db import Connect
from app.core.logs import TOLD

log = logging.getLogger("studio.watch")

_BETWEEN_LOOKS = 60.0
_PATIENCE = 10.0
_DAY = 86_400


class Watch:
    """Looks at the disk, at the clock beside the database's, and until when the database is secured.

    Each time by a connection of its own, as one that stands knows only the certificate it was shown. None of
    what is found stops anything: it is told, as long before it would as can be.
    """

    def __init__(self, connect: Connect, folder: Path) -> None:
        """Say what opens a connection to the database itself, and where the process keeps its files."""
        self._connect = connect
        self._folder = folder
        self._wrong: set[str] = set()

    async def run(self) -> None:
        """Look once a minute until cancelled; processes that began together do not look together."""
        await asyncio.sleep(random.random() * _BETWEEN_LOOKS)  # noqa: S311 - no secret
        while True:
            await self.look()
            await asyncio.sleep(_BETWEEN_LOOKS)

    async def look(self) -> None:
        """Look at everything once."""
        self._look_at_disk()
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._look_at_database()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told
            self._tell("database_away", "database_back", is_wrong=True, why=_why(error))
        else:
            self._tell("database_away", "database_back", is_wrong=False)

    def _look_at_disk(self) -> None:
        try:
            free = free_bytes(self._folder)
        except OSError:
            # There is no such folder where all keys are elsewhere.
            return
        metrics.watched.note("disk_free", free)
        self._tell("disk_low", "disk_enough", is_wrong=free < LITTLE_ROOM, free_bytes=free)

    async def _look_at_database(self) -> None:
        connection = await self._connect()
        try:
            told = await told_by(connection)
        finally:
            connection.terminate()
        ahead = told.ahead.total_seconds()
        metrics.watched.note("clock_offset", ahead)
        is_off = abs(told.ahead) > CLOCKS_APART
        self._tell("clock_off", "clock_right", is_wrong=is_off, database_ahead_seconds=round(ahead, 1))
        if told.secured_until is not None:
            left = told.secured_until - clock.now()
            metrics.watched.note("certificate", left.total_seconds() / _DAY)
            self._tell("certificate_ending", "certificate_renewed", is_wrong=left < SOON_OVER, days=left.days)

    def _tell(self, wrong: str, right: str, *, is_wrong: bool, **members: object) -> None:
        """Tell what has become wrong, or right again; nothing while it stays so."""
        if is_wrong == (wrong in self._wrong):
            return
        say: Callable[..., None]
        if is_wrong:
            self._wrong.add(wrong)
            say, word = log.warning, wrong
        else:
            self._wrong.remove(wrong)
            say, word = log.info, right
        say(word, extra={TOLD: members})


def _why(error: Exception) -> str:
    """Say why no connection stands: what is wrong with a certificate, or what kind of failure it is."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is refused: {error.verify_message}"
    return type(error).__name__
