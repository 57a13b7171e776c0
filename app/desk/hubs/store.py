"""The SQL around a hub's own: within its time, the company's words, and what was saved."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
import orjson
from sqlalchemy import ColumnElement, func
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from app.accounts.models import User
from app.core.db import Session
from app.desk.hubs.compiling import Statement
from app.desk.hubs.errors import QueryTooSlow
from app.desk.hubs.models import HubFilter, HubLayout

S = TypeVar("S", HubFilter, HubLayout)


@dataclass(frozen=True, slots=True)
class Company:
    """What a hub wants to know of the company: its week, its money, its labels by collection and field."""

    labels: Mapping[tuple[str, str], str]
    first_weekday: str | None
    currency: str


async def company(session: Session) -> Company:
    """Return the company's words."""
    sql = (
        "SELECT first_weekday, custom_labels::text AS labels, currency"
        " FROM companies WHERE account_id = $1 AND id = $1"
    )
    row = await session.raw.fetchrow(sql, session.account_id)
    if row is None:
        return Company({}, None, "USD")
    labels = {
        (each["collection"], each["custom_field"]): each["label"] for each in orjson.loads(row["labels"])
    }
    return Company(labels, row["first_weekday"], row["currency"])


@asynccontextmanager
async def within(session: Session, seconds: float) -> AsyncIterator[None]:
    """Let statements take no longer than that, or raise `QueryTooSlow`; nothing else follows in the session.

    Each is planned for its own values: what is asked of hubs is hardly ever the same, and a plan for any
    values knows neither how many records a filter leaves nor that a page is short. It may sort: the few that
    a filter leaves are found by its index then, in the place of all by that of the order.
    """
    milliseconds = max(1, round(seconds * 1000))
    await session.raw.execute(
        f"SET LOCAL statement_timeout = {milliseconds}; SET LOCAL plan_cache_mode = force_custom_plan;"
        " SET LOCAL enable_sort = on"
    )
    try:
        yield
    except asyncpg.QueryCanceledError:
        raise QueryTooSlow(seconds=seconds) from None


async def fetch(session: Session, statement: Statement) -> Sequence[asyncpg.Record]:
    """Return what a statement finds."""
    sql, values = statement
    return await session.raw.fetch(sql, *values)


async def saved_in(session: Session, kind: type[S], hub: str, user_id: UUID | None) -> Sequence[S]:
    """Return what all, or a user, have saved in a hub, by name."""
    return await _by_name(session, kind, hub, col(kind.is_shared) | (col(kind.owner_id) == user_id))


async def left_in(session: Session, kind: type[S], hub: str) -> Sequence[S]:
    """Return what users who are deactivated have left in a hub, by name."""
    return await _by_name(session, kind, hub, col(kind.owner_id).in_(_deactivated(session)))


async def is_left(session: Session, owner_id: UUID) -> bool:
    """Say whether whoever has saved something is deactivated."""
    return (await session.exec(_deactivated(session).where(User.user_id == owner_id))).first() is not None


def _deactivated(session: Session) -> SelectOfScalar[UUID]:
    return select(User.user_id).where(User.account_id == session.account_id, ~col(User.is_active))


async def _by_name(session: Session, kind: type[S], hub: str, which: ColumnElement[bool]) -> Sequence[S]:
    found = select(kind).where(kind.account_id == session.account_id, kind.hub == hub, which)
    by_name = func.text_order(col(kind.name)).collate("C")
    return (await session.exec(found.order_by(by_name, col(kind.saved_id)))).all()


async def saved(session: Session, kind: type[S], saved_id: UUID) -> S | None:
    """Return something that was saved, whoever may see it."""
    return await session.get(kind, (session.account_id, saved_id))


async def count_saved(session: Session, kind: type[S], hub: str, user_id: UUID | None) -> int:
    """Count what a user has saved in a hub."""
    table = kind.__tablename__
    sql = f"SELECT count(*) FROM {table} WHERE account_id = $1 AND hub = $2 AND owner_id = $3"
    return int(await session.raw.fetchval(sql, session.account_id, hub, user_id))


async def count_shared(session: Session, kind: type[S], hub: str) -> int:
    """Count what is shared in a hub."""
    table = kind.__tablename__
    sql = f"SELECT count(*) FROM {table} WHERE account_id = $1 AND hub = $2 AND is_shared"
    return int(await session.raw.fetchval(sql, session.account_id, hub))


def as_json(rows: Any) -> bytes:
    """Return answers as JSON; ids come in a class of the driver's own."""
    return orjson.dumps(rows, default=str, option=orjson.OPT_UTC_Z)
