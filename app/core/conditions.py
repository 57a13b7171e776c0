"""What a process stands on: the disk, the clock beside the database's, the database's certificate."""

import shutil
import ssl
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

import asyncpg

from app.core import clock
from app.core.certificates import end_of

GIGABYTE = 1_000_000_000
LITTLE_ROOM = GIGABYTE
"""Free bytes below which a disk is soon full."""
CLOCKS_APART = timedelta(seconds=2)
"""By how much the clocks of two machines differ that do not ask the same time."""
SOON_OVER = timedelta(days=14)
"""How long before its end a certificate ought to have been renewed."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a connection to the database tells: by how much its clock is ahead, until when it is secured."""

    ahead: timedelta
    secured_until: datetime | None


def free_bytes(folder: Path) -> int:
    """Return how much room is left where a folder is."""
    return shutil.disk_usage(folder).free


async def told_by(connection: "asyncpg.Connection[asyncpg.Record]") -> Told:
    """Ask a connection; its clock is taken to have been read in the middle of the trip."""
    asked = clock.now()
    told: datetime = await connection.fetchval("SELECT clock_timestamp()")
    answered = clock.now()
    secured = cast("ssl.SSLObject | None", getattr(connection, "secured", None))
    return Told(told - asked - (answered - asked) / 2, end_of(secured))
