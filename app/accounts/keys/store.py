"""The SQL about API keys."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select

from app.accounts.models import ApiKey
from app.core import clock
from app.core.db import Session, WriteSession


async def read(session: Session, key_id: UUID) -> ApiKey | None:
    """Return a key."""
    return await session.get(ApiKey, (session.account_id, key_id))


async def page(session: Session, owner_id: UUID | None, most: int) -> Sequence[ApiKey]:
    """Return so many keys of an owner, or of all, the newest first."""
    query = select(ApiKey).where(col(ApiKey.account_id) == session.account_id)
    if owner_id is not None:
        query = query.where(col(ApiKey.owner_id) == owner_id)
    ordered = query.order_by(col(ApiKey.created_at).desc(), col(ApiKey.key_id))
    return (await session.exec(ordered.limit(most))).all()


async def count_living(session: WriteSession) -> int:
    """Return how many keys of the account open something."""
    return int(
        await session.raw.fetchval(
            "SELECT count(*) FROM api_keys WHERE account_id = $1 AND revoked_at IS NULL AND expires_at > $2",
            session.account_id,
            clock.now(),
        )
    )


async def note_use(session: Session, key_id: UUID, network: str | None) -> None:
    """Write down that a key that has not ended is used now, and from where."""
    await session.raw.execute(
        "UPDATE api_keys SET last_used_at = $3, last_network = $4"
        " WHERE account_id = $1 AND key_id = $2 AND revoked_at IS NULL AND expires_at > $3",
        session.account_id,
        key_id,
        clock.now(),
        network,
    )


async def forget(session: Session, ended_before: datetime, most: int) -> int:
    """Delete so many keys that ended before an instant, and return how many that were."""
    done: str = await session.raw.execute(_FORGET, session.account_id, ended_before, most)
    return int(done.removeprefix("DELETE "))


_FORGET = """
DELETE FROM api_keys WHERE account_id = $1 AND key_id = ANY(ARRAY(
    SELECT key_id FROM api_keys WHERE account_id = $1 AND least(revoked_at, expires_at) < $2 LIMIT $3))
"""
