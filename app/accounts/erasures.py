"""Accounts that were erased, and the orders by which their phones clear their copies."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import DateTime
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from app.accounts.errors import DeviceDeactivated
from app.accounts.tokens import WipeOrder, issue_wipe
from app.core import clock
from app.core.db import Session, WriteSession
from app.core.keys import KeyRing

AS_OWNER = "SET LOCAL ROLE NONE"
"""What lets a transaction do what only the owner of the tables may; the app's own role cannot say it."""


class Erasure(SQLModel, table=True):
    """An account that was erased, or is being erased as long as it has no end; written by the owner alone.

    `wipe_orders` has for each phone that had a copy its `device_id`, `device_uid` and `nonce`, and as
    `tokens` the hashes of the refresh tokens it may come with.
    """

    __tablename__ = "erasures"

    account_id: UUID = Field(primary_key=True)
    began_at: datetime = Field(sa_type=DateTime(timezone=True))
    ended_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    wipe_orders: list[dict[str, Any]] = Field(sa_type=JSONB)


@dataclass(frozen=True, slots=True)
class Wiped:
    """That a phone of such an account has cleared its copy: nobody keeps that."""

    wiped_at: datetime


async def refuse_phone(
    session: Session, keys: KeyRing, *, device_id: UUID | None = None, token: bytes | None = None
) -> None:
    """Refuse a phone whose account was erased, by its id or the hash of its refresh token, with its order."""
    order = await _order(session, device_id, token)
    if order is not None:
        raise DeviceDeactivated(wipe_order=issue_wipe(keys, order))


async def confirmed(session: Session, order: WipeOrder) -> Wiped | None:
    """Return that an order was obeyed that such an account has given, if it has."""
    given = await _order(session, order.device_id, None)
    return Wiped(clock.now()) if given == order else None


async def begin(session: WriteSession) -> None:
    """Write down that the account is being erased, with an order for each phone that has a copy.

    What an earlier call wrote stays. The connection is to be the owner's.
    """
    await session.raw.execute(AS_OWNER)
    await session.raw.execute(_BEGIN, session.account_id, clock.now())


async def end(session: WriteSession) -> None:
    """Write down that it was erased, and forget its name: who asks for that finds nobody from now on."""
    await session.raw.execute(AS_OWNER)
    await session.raw.execute(_END, session.account_id, clock.now())
    await session.raw.execute("DELETE FROM account_directory WHERE account_id = $1", session.account_id)


async def began_at(session: Session) -> datetime | None:
    """Return when the account began to be erased, if it did."""
    sql = "SELECT began_at FROM erasures WHERE account_id = $1"
    found: datetime | None = await session.raw.fetchval(sql, session.account_id)
    return found


async def _order(session: Session, device_id: UUID | None, token: bytes | None) -> WipeOrder | None:
    told = None if token is None else token.hex()
    found = await session.raw.fetchval(_ORDER, session.account_id, device_id and str(device_id), told)
    if found is None:
        return None
    order = orjson.loads(found)
    ids = (UUID(order[name]) for name in ("device_id", "device_uid", "nonce"))
    return WipeOrder(session.account_id, *ids)


_ORDER = """
SELECT told::text FROM erasures e CROSS JOIN LATERAL jsonb_array_elements(e.wipe_orders) AS told
WHERE e.account_id = $1 AND (told ->> 'device_id' = $2::text OR told -> 'tokens' ? $3::text)
LIMIT 1
"""
# A phone whose last answer was lost comes with the token before; older ones are nobody's any more.
_BEGIN = """
INSERT INTO erasures (account_id, began_at, wipe_orders)
SELECT $1, $2, coalesce(jsonb_agg(jsonb_build_object(
    'device_id', d.device_id,
    'device_uid', d.device_uid,
    'nonce', coalesce(d.wipe_nonce, gen_random_uuid()),
    'tokens', (
        SELECT coalesce(jsonb_agg(encode(t.token_hash, 'hex')), '[]') FROM (
            SELECT r.token_hash FROM sign_ins s
            JOIN refresh_tokens r ON r.account_id = s.account_id AND r.sign_in_id = s.sign_in_id
            WHERE s.account_id = $1 AND s.device_id = d.device_id
            ORDER BY r.issued_at DESC LIMIT 4
        ) AS t
    )
)), '[]')
FROM devices d
WHERE d.account_id = $1 AND d.device_uid IS NOT NULL AND d.wiped_at IS NULL
ON CONFLICT (account_id) DO NOTHING
"""
_END = "UPDATE erasures SET ended_at = $2 WHERE account_id = $1"
