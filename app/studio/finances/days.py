"""The SQL of the sums by day: moved by what changes, counted anew from the records, told as figures."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Date, Index, text
from sqlmodel import Field, SQLModel

from app.core import arrays
from app.core.db import Session, WriteSession
from app.studio.finances.entries import RECEIVED, SUMS, Moves
from app.studio.finances.figures import PERIODS, Window
from app.studio.invoices import InvoiceType
from app.studio.payments import PaymentState, PaymentType


def _sum() -> Any:
    return Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": text("0")})


class FinanceDay(SQLModel, table=True):
    """What one day of a studio comes to, or with the account's id for it what names no studio.

    Sums may come to 0 and stay; they are those of `entries.SUMS`.
    """

    __tablename__ = "finance_days"
    __table_args__ = (
        Index(
            "ix_finance_days_owed",
            "account_id",
            "site_id",
            "day",
            postgresql_include=["owed"],
            postgresql_where=text("owed <> 0"),
        ),
        {"postgresql_with": {"fillfactor": "70"}},
    )

    account_id: UUID = Field(primary_key=True)
    site_id: UUID = Field(primary_key=True)
    day: date = Field(primary_key=True, sa_type=Date)
    sales: int = _sum()
    sales_count: int = _sum()
    payments: int = _sum()
    refunds: int = _sum()
    sessions: int = _sum()
    owed: int = _sum()
    pending: int = _sum()
    deposits: int = _sum()


async def move(session: WriteSession, moves: Moves, windows: Sequence[Window]) -> dict[UUID, Any]:
    """Move sums, and return what those of some studios come to then: one statement.

    Citus carries the parts of one out one after the other, so that the later see what the earlier wrote: to a
    cluster two are said.
    """
    rows = [(*place, *(sums[name] for name in SUMS)) for place, sums in sorted(moves.items())]
    if session.is_distributed:
        await session.raw.execute(_RAISE, session.account_id, *arrays.columns(_MOVED, rows))
        return await tell(session, windows)
    asked = arrays.columns(_WINDOW, windows), arrays.columns(_MOVED, rows)
    found = await session.raw.fetch(_MOVE, session.account_id, *asked[0], *asked[1])
    return {row["site_id"]: row for row in found}


async def tell(session: Session, windows: Sequence[Window]) -> dict[UUID, Any]:
    """Return what the sums of some studios come to."""
    asked = arrays.columns(_WINDOW, windows)
    found = await session.raw.fetch(_TELL, session.account_id, *asked)
    return {row["site_id"]: row for row in found}


async def forget(session: WriteSession, sites: Sequence[UUID]) -> None:
    """Forget the sums of studios that are no more."""
    sql = "DELETE FROM finance_days WHERE account_id = $1 AND site_id = ANY($2::uuid[])"
    await session.raw.execute(sql, session.account_id, sites)


async def count_anew(session: WriteSession) -> None:
    """Count all sums of the account from its records: the whole of them is read."""
    await session.raw.execute("DELETE FROM finance_days WHERE account_id = $1", session.account_id)
    await session.raw.execute(_COUNT, session.account_id)


async def differing(session: Session) -> int:
    """Return how many days have other sums than the records come to."""
    return int(await session.raw.fetchval(_DIFFERING, session.account_id))


_WINDOW = ("uuid", *["date"] * 7)
_MOVED = ("uuid", "date", *["bigint"] * len(SUMS))
_NAMES = ", ".join(SUMS)


def _flows(days: str, period: str) -> str:
    first, last = ("a.today", "a.today") if period == "today" else (f"a.{period}_first", f"a.{period}_last")
    up_to_now = f"FILTER (WHERE {days}.day BETWEEN {first} AND a.today)"
    kept = [
        f"coalesce(sum({days}.{name}) {up_to_now}, 0)::bigint AS {period}_{name}"
        for name in ("sales", "sales_count", "payments", "refunds")
    ]
    held = f"coalesce(sum({days}.sessions) {up_to_now}, 0)::bigint AS {period}_sessions_held"
    whole = f"FILTER (WHERE {days}.day BETWEEN {first} AND {last})"
    booked = f"coalesce(sum({days}.sessions) {whole}, 0)::bigint AS {period}_sessions_booked"
    return ",\n           ".join([*kept, held, booked])


def _moved(first: int) -> str:
    return f"unnest({arrays.parameters(_MOVED, first)}) AS moved(site_id, day, {_NAMES})"


def _raising(moved: str) -> str:
    raised = ", ".join(f"{name} = d.{name} + excluded.{name}" for name in SUMS)
    return f"""
    INSERT INTO finance_days AS d (account_id, site_id, day, {_NAMES})
    SELECT $1::uuid, * FROM {moved}
    ON CONFLICT (account_id, site_id, day) DO UPDATE SET {raised}"""


def _telling(*, is_moving: bool) -> str:
    """Return the statement that tells figures; one statement does not see what another part of it writes."""

    def days(columns: str, where: str) -> str:
        stored = (
            f"SELECT {columns} FROM finance_days WHERE account_id = $1 AND site_id = a.site_id AND {where}"
        )
        moved = f"UNION ALL SELECT {columns} FROM moved WHERE site_id = a.site_id AND {where}"
        return f"{stored}\n        {moved}" if is_moving else stored

    moving = f"""), moved AS (
    SELECT * FROM {_moved(2 + len(_WINDOW))}
), kept AS ({_raising("moved")}"""
    at_hand = "day BETWEEN least(a.week_first, a.year_first) AND greatest(a.week_last, a.year_last)"
    periods = ",\n           ".join(_flows("d", period) for period in PERIODS)
    return f"""
WITH asked AS (
    SELECT * FROM unnest({arrays.parameters(_WINDOW, 2)}) AS asked({", ".join(Window._fields)})
{moving if is_moving else ""})
SELECT a.site_id, flows.*, owed.*, others.*
FROM asked a
CROSS JOIN LATERAL (
    SELECT {periods}
    FROM (
        {days("day, sales, sales_count, payments, refunds, sessions", at_hand)}
    ) AS d
) AS flows
CROSS JOIN LATERAL (
    SELECT coalesce(sum(d.owed), 0)::bigint AS open_balance,
           coalesce(sum(d.owed) FILTER (WHERE d.day < a.today), 0)::bigint AS overdue_balance
    FROM (
        {days("day, owed", "owed <> 0")}
    ) AS d
) AS owed
CROSS JOIN LATERAL (
    SELECT coalesce(sum(d.pending), 0)::bigint AS pending_payments,
           coalesce(sum(d.deposits), 0)::bigint AS unapplied_deposits
    FROM (
        {days("pending, deposits", "day = 'infinity'")}
    ) AS d
) AS others
"""


_RAISE = _raising(_moved(2))
_MOVE, _TELL = _telling(is_moving=True), _telling(is_moving=False)


def _entries(table: str, where: str, *sums: tuple[str, str, str]) -> str:
    """Return the entries of the records of a table: the day of each, one of the sums, and an amount."""
    values = ", ".join(f"({day}, '{name}', {amount})" for name, day, amount in sums)
    return f"""
    SELECT coalesce(r.studio_id, $1) AS site_id, coalesce(e.day, 'infinity') AS day, e.name, e.amount
    FROM {table} r CROSS JOIN LATERAL (VALUES {values}) AS e(day, name, amount)
    WHERE r.account_id = $1 AND {where}"""


_IS_RECEIVED = " OR ".join(f"r.state = '{state}'" for state in RECEIVED)

_IS_LOOSE = f"r.state = '{PaymentState.PENDING}' AND r.invoice_id IS NULL"
_IS_UNAPPLIED = f"r.state = '{PaymentState.APPROVED}' AND r.invoice_id IS NULL"


def _received(payment_type: PaymentType, amount: str) -> str:
    is_one = f"r.payment_type = '{payment_type}' AND ({_IS_RECEIVED})"
    return f"CASE WHEN {is_one} THEN {amount} ELSE 0 END"


_COUNTED = f"""
SELECT site_id, day, {
    ", ".join(f"coalesce(sum(amount) FILTER (WHERE name = '{name}'), 0)::bigint AS {name}" for name in SUMS)
}
FROM ({
    "    UNION ALL".join(
        (
            _entries(
                "invoices",
                f"r.invoice_type <> '{InvoiceType.ESTIMATE}'",
                ("sales", "r.invoice_date", "r.total"),
                ("sales_count", "r.invoice_date", f"(r.invoice_type <> '{InvoiceType.CREDIT_MEMO}')::int"),
                ("owed", "r.payment_due_date", "r.balance_due"),
                ("pending", "NULL::date", "r.pending_payments"),
            ),
            _entries(
                "payments",
                "true",
                ("payments", "coalesce(r.date, r.due_date)", _received(PaymentType.PAYMENT, "r.amount")),
                ("refunds", "coalesce(r.date, r.due_date)", _received(PaymentType.REFUND, "-r.amount")),
                (
                    "pending",
                    "NULL::date",
                    f"CASE WHEN {_IS_LOOSE} THEN r.amount ELSE 0 END",
                ),
                (
                    "deposits",
                    "NULL::date",
                    f"CASE WHEN {_IS_UNAPPLIED} THEN r.amount ELSE 0 END",
                ),
            ),
            _entries(
                "sessions",
                "r.date IS NOT NULL AND NOT r.is_cancelled AND NOT r.is_on_hold",
                ("sessions", "r.date", "1"),
            ),
        )
    )
}
) AS entries
WHERE amount <> 0
GROUP BY site_id, day
"""
_COUNT = (
    f"INSERT INTO finance_days (account_id, site_id, day, {_NAMES}) SELECT $1, c.* FROM ({_COUNTED}) AS c"
)
_IS_SOMETHING = " OR ".join(f"{name} <> 0" for name in SUMS)
_DIFFERING = f"""
SELECT count(*)
FROM (SELECT * FROM ({_COUNTED}) AS c WHERE {_IS_SOMETHING}) AS counted
FULL JOIN (SELECT site_id, day, {_NAMES} FROM finance_days
           WHERE account_id = $1 AND ({_IS_SOMETHING})) AS kept USING (site_id, day)
WHERE ({", ".join(f"counted.{name}" for name in SUMS)})
      IS DISTINCT FROM ({", ".join(f"kept.{name}" for name in SUMS)})
"""
