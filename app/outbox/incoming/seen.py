"""What came in is taken in once, however often it is brought."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from app.core.db import Session, WriteSession

_TAKE = """
    INSERT INTO letters_in (account_id, source_key, message_id, record_id, became, at)
    SELECT $1, r.source_key, r.message_id, r.record_id, r.became, $6
    FROM unnest($2::text[], $3::text[], $4::uuid[], $5::text[])
        AS r(source_key, message_id, record_id, became)
    ON CONFLICT DO NOTHING
    RETURNING source_key
"""
_FORGET = """
    DELETE FROM letters_in WHERE account_id = $1 AND source_key = ANY(ARRAY(
        SELECT source_key FROM letters_in WHERE account_id = $1 AND at < $2 LIMIT $3
    ))
"""


class Became(StrEnum):
    """What became of something that came in."""

    EMAIL = "email"
    TEXT = "text"
    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    STATUS = "status"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class CameIn:
    """Something that came in, by a key that its source never gives to another."""

    source_key: str
    became: Became
    message_id: str | None = None
    record_id: UUID | None = None


async def take(session: WriteSession, came: Sequence[CameIn], at: datetime) -> set[str]:
    """Write down what came in, and return the keys of what had not come before."""
    rows = await session.raw.fetch(
        _TAKE,
        session.account_id,
        [each.source_key for each in came],
        [each.message_id for each in came],
        [each.record_id for each in came],
        [each.became.value for each in came],
        at,
    )
    return {row["source_key"] for row in rows}


async def forget(session: Session, before: datetime, most: int) -> int:
    """Forget so much of what came in before an instant, and return how much that was."""
    answer = await session.raw.execute(_FORGET, session.account_id, before, most)
    return int(answer.rpartition(" ")[2])
