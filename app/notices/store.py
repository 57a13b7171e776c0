"""The only SQL about safety notices; every statement names the account."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from app.core import clock
from app.core.db import Session, WriteSession
from app.core.ids import new_id
from app.core.principal import Principal
from app.notices.noticed import Noticed

KEPT = timedelta(days=90)

_UNTOUCHED = """
SELECT notice_id, why, device_id, network, by_id FROM safety_notices
WHERE account_id = $1 AND at > $2 AND kind = $3 AND user_id IS NOT DISTINCT FROM $4
  AND confirmed_at IS NULL AND acknowledged_at IS NULL
ORDER BY at DESC, notice_id DESC LIMIT $5
"""
# An account that does not exist has no clock: nothing is kept of it, by the same statement.
_ADD = """
INSERT INTO safety_notices
    (account_id, notice_id, kind, why, user_id, device_id, device_name, network, by_id, at, last_at, count)
SELECT account_id, $2::uuid, $3::varchar, $4::varchar[], $5::uuid, $6::uuid, $7::varchar, $8::varchar,
    $9::uuid, $10::timestamptz, $10::timestamptz, $11::int
FROM account_clock WHERE account_id = $1
"""
_COUNT_ON = """
UPDATE safety_notices SET count = count + $3, last_at = $4,
    network = CASE WHEN network IS NOT DISTINCT FROM $5 THEN network END
WHERE account_id = $1 AND notice_id = $2
"""
_SEEN = "(user_id = $2 OR $3)"
_OPEN = """
coalesce(user_id = $2 AND confirmed_at IS NULL, false)
OR ($3 AND acknowledged_at IS NULL AND by_id IS DISTINCT FROM $2)
"""
_COLUMNS = f"""
notice_id AS id, kind, why, user_id, device_id, device_name, network, by_id, at, last_at, count,
confirmed_at, was_expected, acknowledged_at, acknowledged_by, {_OPEN} AS is_open
"""
_PAGE = f"""
SELECT {_COLUMNS} FROM safety_notices
WHERE account_id = $1 AND {_SEEN} AND (NOT $4 OR {_OPEN})
  AND ($5::uuid IS NULL OR (at, notice_id) < (
      SELECT at, notice_id FROM safety_notices WHERE account_id = $1 AND notice_id = $5))
ORDER BY at DESC, notice_id DESC LIMIT $6
"""
_COUNT_OPEN = f"SELECT count(*) FROM safety_notices WHERE account_id = $1 AND ({_OPEN})"
_READ = f"SELECT {_COLUMNS} FROM safety_notices WHERE account_id = $1 AND {_SEEN} AND notice_id = $4"
_ANSWER = f"""
UPDATE safety_notices
SET confirmed_at = $5, was_expected = $6, acknowledged_at = $7, acknowledged_by = $8
WHERE account_id = $1 AND notice_id = $4
RETURNING {_COLUMNS}
"""
_FORGET = """
DELETE FROM safety_notices
WHERE account_id = $1 AND notice_id = ANY(ARRAY(
    SELECT notice_id FROM safety_notices WHERE account_id = $1 AND at < $2 ORDER BY at LIMIT $3))
"""


async def untouched(
    session: WriteSession, noticed: Noticed, since: datetime, most: int
) -> list[asyncpg.Record]:
    """Return the latest notices of a kind about a user that nobody has acknowledged."""
    sought = since, noticed.kind.value, noticed.user_id, most
    return await session.raw.fetch(_UNTOUCHED, session.account_id, *sought)


async def add(session: WriteSession, noticed: Noticed) -> None:
    """Keep a notice of an account, if there is one."""
    await session.raw.execute(
        _ADD,
        session.account_id,
        new_id(),
        noticed.kind.value,
        [each.value for each in noticed.why],
        noticed.user_id,
        noticed.device_id,
        noticed.device_name,
        noticed.network,
        noticed.by_id,
        clock.now(),
        noticed.count,
    )


async def count_on(session: WriteSession, notice_id: UUID, noticed: Noticed) -> None:
    """Count more of the same into a notice; what comes from several networks has none."""
    more = noticed.count, clock.now(), noticed.network
    await session.raw.execute(_COUNT_ON, session.account_id, notice_id, *more)


async def page(
    session: Session, who: Principal, behind: UUID | None, most: int, *, only_open: bool
) -> list[asyncpg.Record]:
    """Return so many notices somebody may see, the newest first, behind one of them."""
    return await session.raw.fetch(_PAGE, session.account_id, *_asking(who), only_open, behind, most)


async def count_open(session: Session, who: Principal) -> int:
    """Return how many notices wait for somebody."""
    return int(await session.raw.fetchval(_COUNT_OPEN, session.account_id, *_asking(who)))


async def read(session: Session, who: Principal, notice_id: UUID) -> asyncpg.Record | None:
    """Return a notice if somebody may see it."""
    return await session.raw.fetchrow(_READ, session.account_id, *_asking(who), notice_id)


async def answer(session: WriteSession, who: Principal, notice_id: UUID, *given: Any) -> asyncpg.Record:
    """Write down when the user has answered and what, and when who has for the account; return the notice."""
    [row] = await session.raw.fetch(_ANSWER, session.account_id, *_asking(who), notice_id, *given)
    return row


async def forget(session: Session, most: int) -> int:
    """Delete so many notices that were kept long enough, and return how many that were."""
    done = await session.raw.execute(_FORGET, session.account_id, clock.now() - KEPT, most)
    return int(done.removeprefix("DELETE "))


def _asking(who: Principal) -> tuple[UUID | None, bool]:
    return who.user_id, who.is_administrator
