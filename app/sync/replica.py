"""Pages read at a replica of the database: behind a glance at the primary, at the very point that found."""

import asyncio
import logging
from contextlib import AsyncExitStack
from dataclasses import replace
from time import monotonic

import sqlalchemy.exc

from app.accounts.standing import Standing
from app.core import metrics
from app.core.admission import Gone
from app.core.db import Database, Session
from app.core.errors import AppError, CallerGone, Overloaded
from app.core.revisions import CLOCK_COLUMNS, Clock
from app.sync.cursor import Sealer
from app.sync.pull import Pulled, pull
from app.sync.schemas import PullRequest

log = logging.getLogger("studio.replica")

_REST = 5.0
"""Seconds for which nothing is asked of a replica that could not be asked."""
_PATIENCE = 1.0
"""Seconds within which it says how far it has come, or could not be asked: a host that hangs says nothing."""
_IN_CONFLICT = ("40", "57014")
"""SQLSTATEs by which a replica ends a reader for what it has to replay: the next may fare better."""
_CLOCK = f"""
SELECT {CLOCK_COLUMNS}, pg_is_in_recovery() AS follows FROM account_clock c WHERE c.account_id = $1
"""


class NoReplica(ConnectionError):
    """What was a replica follows nobody any more: what it has may never have been at the primary."""


class Replica:
    """A copy of the database that follows it; pages are read there by whoever the primary has let in."""

    def __init__(self, database: Database) -> None:
        """Say by which connections."""
        self._database = database
        self._rests_until = 0.0

    @property
    def is_resting(self) -> bool:
        """Say that it failed a moment ago."""
        return monotonic() < self._rests_until

    async def close(self) -> None:
        """Close every connection."""
        await self._database.close()

    async def page(
        self, stands: Standing, sealer: Sealer, asked: PullRequest, *, is_whole: bool, gone: Gone | None
    ) -> Pulled | None:
        """Return the next page for somebody who stands like that at the primary, or none: then ask there.

        None too where it would be refused: only what the primary says is a refusal.
        """
        if self._rests_until:
            # One asks for all whether it is back.
            self._rests_until = monotonic() + _REST
        outcome = "gone"
        try:
            page, outcome = await self._read(stands, sealer, asked, is_whole=is_whole, gone=gone)
        except CallerGone:
            raise
        except AppError as refusal:
            outcome = "failed" if isinstance(refusal, Overloaded) else "refused"
            log.debug("left to the primary: %s", refusal.code)
            return None
        except Exception as error:  # noqa: BLE001 - whatever it is, the primary can be asked
            outcome = "failed"
            if not _is_conflict(error):
                self._rests_until = monotonic() + _REST
                log.warning("a replica is not asked for a while: %s", type(error).__name__)
            return None
        else:
            self._rests_until = 0.0
            return page
        finally:
            metrics.replica_reads.add(1, {"outcome": outcome})

    async def _read(
        self, stands: Standing, sealer: Sealer, asked: PullRequest, *, is_whole: bool, gone: Gone | None
    ) -> tuple[Pulled | None, str]:
        """Return the page, or none, and what is to be counted; all of one snapshot."""
        async with AsyncExitStack() as opened:
            async with asyncio.timeout(_PATIENCE):
                reading = self._database.reading(stands.who.account_id, gone=gone)
                session = await opened.enter_async_context(reading)
                at = await _clock_at(session)
            if at is None or at.revision < stands.clock.revision:
                return None, "late"
            if _point(at) != _point(stands.clock):
                return None, "ahead"
            # The time stays the primary's: machines may differ about what day it is.
            at = replace(at, now=stands.clock.now)
            known = stands.schema_version
            page = await pull(session, stands.who, at, sealer, asked, schema_version=known, is_whole=is_whole)
        return page, "served"


async def _clock_at(session: Session) -> Clock | None:
    """Return the clock of the session's account; none where the replica has not heard of it yet."""
    row = await session.raw.fetchrow(_CLOCK, session.account_id)
    if row is not None and not row["follows"]:
        raise NoReplica
    return Clock.of(row) if row else None


def _point(at: Clock) -> tuple[object, ...]:
    """Return at which point of an account's history a clock stands.

    A page is read at the very point of the glance. From before it, a phone would miss what it has pushed.
    Behind it, rights may be others than those of the glance; and the primary itself may not show that point
    yet, since a commit waits there for other replicas when this one has replayed it: a cursor of it would
    be one of the future, by which a restored backup is known.
    """
    return at.epoch, at.revision, at.scope_revision


def _is_conflict(error: Exception) -> bool:
    found = error.orig if isinstance(error, sqlalchemy.exc.DBAPIError) else error
    return str(getattr(found, "sqlstate", None) or "").startswith(_IN_CONFLICT)
