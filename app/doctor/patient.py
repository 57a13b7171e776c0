"""Who is looked at, and what is found."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

import asyncpg

from app.core.db import Database
from app.core.principal import Principal
from app.core.settings import Settings


class Severity(StrEnum):
    """How bad something is."""

    ERROR = "error"
    """It is wrong now."""
    WARNING = "warning"
    """It works, and will not for long, or not as it is meant to."""


@dataclass(frozen=True, slots=True)
class Found:
    """Something that is not as it should be, in a sentence, and the command or the deed that mends it."""

    check: str
    severity: Severity
    sentence: str
    remedy: str
    account: str | None = None


@dataclass(frozen=True, slots=True)
class Patient:
    """An installation, looked at by connections that can write nothing.

    `owned` opens one as who owns the tables, which sees what belongs to no account.
    """

    settings: Settings
    database: Database
    owned: Callable[[], Awaitable["asyncpg.Connection[asyncpg.Record]"]]


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the installation, by its name in the directory."""

    name: str
    account_id: UUID

    @property
    def who(self) -> Principal:
        """Return the account's own system, in whose name it is looked at."""
        return Principal.system(self.account_id, self.name)


Check = Callable[[Patient], AsyncIterator[Found]]
"""Looks at something of the whole installation, ends by itself and raises what it could not look at."""
AccountCheck = Callable[[Patient, Account], AsyncIterator[Found]]
"""The same of one account."""


def many(number: int, one: str, more: str) -> str:
    """Return a number with its noun."""
    return f"{number:,} {one if number == 1 else more}"
