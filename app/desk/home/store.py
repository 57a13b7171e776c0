"""The SQL of the home page: what users have set, and one statement for each thing a panel shows.

What is open, unread or to be called is found in the feed, whose index has it apart as always at hand; the
history beside it is not read. Each statement that lists some of many also counts them all, and has one row
at least, without an id where nothing is listed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from app.core import clock
from app.core.db import Session
from app.desk.home.models import OPEN_GALLERIES, TO_UPLOAD, HomeSetting
from app.sync import registry
from app.sync.anchors import ALWAYS
from app.sync.feed import by_key


@dataclass(frozen=True, slots=True)
class Page:
    """What a home page stands on: what its user has set, by name, the company's shortcuts and settings."""

    settings: dict[str, list[dict[str, Any]]]
    shortcuts: list[dict[str, Any]]
    has_galleries: bool
    name_order: str | None


@dataclass(frozen=True, slots=True)
class Asker:
    """For whom panels are filled, on which day, and how much is listed of a kind.

    `sees_private` is who may see what is private to others, `sees_clients` who may be told clients' names.
    """

    user_id: UUID
    departments: Sequence[UUID]
    today: date
    sees_private: bool
    sees_clients: bool
    most: int


async def setting(session: Session, user_id: UUID, name: str) -> HomeSetting | None:
    """Return what a user has set under a name."""
    return await session.get(HomeSetting, (session.account_id, user_id, name))


async def page(session: Session, user_id: UUID, most_shortcuts: int) -> Page:
    """Return what a user's home page stands on, with so many shortcuts of the company that are in use."""
    [row] = await session.raw.fetch(_PAGE, session.account_id, user_id, most_shortcuts)
    company = orjson.loads(row["company"] or b"{}")
    return Page(
        settings=orjson.loads(row["settings"] or b"{}"),
        shortcuts=orjson.loads(row["shortcuts"] or b"[]"),
        has_galleries=company.get("has_galleries", False),
        name_order=company.get("name_order"),
    )


async def galleries(session: Session, asker: Asker) -> list[asyncpg.Record]:
    """Return how many galleries are online and set to expire, and some of the latter."""
    number = registry.number_of("sessions")
    return await session.raw.fetch(GALLERIES, session.account_id, asker.sees_clients, number, asker.most)


async def web_orders(session: Session, asker: Asker) -> list[asyncpg.Record]:
    """Return how many orders came from galleries today, how many wait here and there, and some of today's."""
    number = registry.number_of("invoices")
    return await session.raw.fetch(
        WEB_ORDERS, session.account_id, asker.today, asker.sees_clients, number, asker.most
    )


async def texts(session: Session) -> asyncpg.Record | None:
    """Return how many texts went this month and the last; none where there was never one to be sent."""
    this = clock.now().date().replace(day=1)
    last = (this - timedelta(days=1)).replace(day=1)
    return await session.raw.fetchrow(_TEXTS, session.account_id, this, last)


async def tasks(session: Session, asker: Asker) -> list[asyncpg.Record]:
    """Return how many tasks are open for somebody and were completed today, and some of them."""
    return await session.raw.fetch(
        TASKS,
        session.account_id,
        [ALWAYS, asker.today],
        asker.user_id,
        asker.departments,
        asker.sees_private,
        asker.sees_clients,
        registry.number_of("tasks"),
        asker.most,
    )


async def waiting(session: Session, asker: Asker, kinds: Sequence[int]) -> list[asyncpg.Record]:
    """Return calls to be made and messages to be read of some collections, each with how many there are."""
    numbers = (registry.number_of(name) for name in ("phone_calls", "emails", "text_messages"))
    of = (asker.user_id, asker.departments, asker.sees_clients, kinds)
    return await session.raw.fetch(
        WAITING, session.account_id, ALWAYS, asker.today, *of, *numbers, asker.most
    )


async def figures(session: Session, most: int) -> list[asyncpg.Record]:
    """Return the finance snapshots of so many studios."""
    return await session.raw.fetch(
        _FIGURES, session.account_id, registry.number_of("finance_snapshots"), most
    )


_PAGE = """
SELECT
    (SELECT json_object_agg(name, content) FROM home_settings
     WHERE account_id = $1 AND user_id = $2)::text AS settings,
    (SELECT json_agg(listed) FROM (
        SELECT description, target, icon FROM company_shortcuts
        WHERE account_id = $1 AND NOT is_inactive
        ORDER BY sort_order, description, id LIMIT $3
     ) AS listed)::text AS shortcuts,
    (SELECT json_build_object('has_galleries', has_galleries, 'name_order', name_order)
     FROM companies WHERE account_id = $1 AND id = $1)::text AS company
"""


_TEXTS = """
SELECT coalesce(sum(c.sent) FILTER (WHERE c.month = $2), 0)::bigint AS this_month,
    coalesce(sum(c.sent) FILTER (WHERE c.month = $3), 0)::bigint AS last_month
FROM letter_lanes l
LEFT JOIN letter_counts c ON c.account_id = $1 AND c.channel = l.channel AND c.month IN ($2, $3)
WHERE l.account_id = $1 AND l.channel = 'text'
GROUP BY l.channel
"""


def _at_hand(name: str, number: str, days: str) -> str:
    """Return the records of a collection on some days of the feed, each with its revision."""
    return f"""
    SELECT f.body_revision AS revision, t.*
    FROM feed f
    CROSS JOIN LATERAL (SELECT * FROM {name} WHERE account_id = $1 AND {by_key("f.record_id", "id")}) AS t
    WHERE f.account_id = $1 AND f.collection = {number} AND f.day {days} AND NOT f.is_deleted"""


def _named(source: str, sees: str) -> str:
    """Return rows with the names of their clients, for whoever may be told them."""
    return f"""
    SELECT {source}.*, c.first_name, c.last_name, c.company_name, c.organization
    FROM {source}
    LEFT JOIN LATERAL (
        SELECT first_name, last_name, company_name, (
            SELECT name FROM organizations o WHERE o.account_id = $1 AND o.id = clients.organization_id
        ) AS organization
        FROM clients WHERE {sees}::boolean AND account_id = $1 AND id = {source}.client_id OFFSET 0
    ) AS c ON true"""


def _revision(number: str, record: str) -> str:
    """Return the revision of a record, as a column of its own."""
    return f"""(SELECT body_revision FROM feed
        WHERE account_id = $1 AND collection = {number} AND {by_key(record)}) AS revision"""


GALLERIES = f"""
WITH hosted AS MATERIALIZED (
    SELECT id, session_number, description, client_id, web_expire_date, gallery_images,
        gallery_state = 'expired' AND web_expire_date IS NOT NULL AS is_over
    FROM sessions WHERE account_id = $1 AND {OPEN_GALLERIES}
), counted AS (
    SELECT count(*) FILTER (WHERE NOT is_over) AS active, count(*) FILTER (WHERE is_over) AS set_to_expire,
        coalesce(sum(gallery_images), 0)::bigint AS images_hosted
    FROM hosted
), listed AS (
    SELECT *, {_revision("$3", "hosted.id")}
    FROM hosted WHERE is_over ORDER BY web_expire_date, id LIMIT $4
)
SELECT * FROM counted LEFT JOIN ({_named("listed", "$2")}) AS named ON true
ORDER BY web_expire_date, id
"""

# Orders that are no invoices yet stand in a table of the galleries, whose index has those alone.
WEB_ORDERS = f"""
WITH orders AS MATERIALIZED (
    SELECT id, invoice_number, web_order_number, total, session_id, client_id
    FROM invoices WHERE account_id = $1 AND invoice_date = $2 AND web_order_number IS NOT NULL
), counted AS (
    SELECT (SELECT count(*) FROM orders) AS today, (
        SELECT count(*) FROM invoices WHERE account_id = $1 AND {TO_UPLOAD}
    ) AS prepaid_to_upload, (
        SELECT count(*) FROM web_orders WHERE account_id = $1 AND state = 'ready'
    ) AS ready_to_download, (
        SELECT count(*) FROM web_orders WHERE account_id = $1 AND state = 'held'
    ) AS held
), listed AS (
    SELECT *, {_revision("$4", "orders.id")}
    FROM orders ORDER BY invoice_number DESC NULLS LAST, id LIMIT $5
)
SELECT * FROM counted LEFT JOIN ({_named("listed", "$3")}) AS named ON true
ORDER BY invoice_number DESC NULLS LAST, id
"""


def _is_mine(user: str, departments: str) -> str:
    return f"(t.assigned_user_id = {user}::uuid OR t.assigned_department_id = ANY ({departments}::uuid[]))"


_ORDER_OF_TASKS = "complete_date IS NOT NULL, due_date, is_urgent DESC, priority, id"
_IS_NOBODYS = "t.assigned_user_id IS NULL AND t.assigned_department_id IS NULL"

TASKS = f"""
WITH mine AS MATERIALIZED (
    SELECT id, revision, task_number, subject, due_date, complete_date, priority, is_urgent, session_id,
        client_id
    FROM ({_at_hand("tasks", "$7", "= ANY ($2::date[])")}) AS t
    WHERE ({_is_mine("$3", "$4")} OR t.assigned_by_id = $3 AND {_IS_NOBODYS})
        AND ($5::boolean OR NOT t.is_private OR $3 IN (t.assigned_by_id, t.assigned_user_id))
), counted AS (
    SELECT count(*) FILTER (WHERE complete_date IS NULL) AS open,
        count(*) FILTER (WHERE complete_date IS NULL AND due_date < $2[2]) AS overdue,
        count(*) FILTER (WHERE complete_date IS NULL AND due_date = $2[2]) AS due_today,
        count(*) FILTER (WHERE complete_date IS NOT NULL) AS done_today
    FROM mine
), listed AS (
    SELECT * FROM mine ORDER BY {_ORDER_OF_TASKS} LIMIT $8
)
SELECT * FROM counted LEFT JOIN ({_named("listed", "$6")}) AS named ON true ORDER BY {_ORDER_OF_TASKS}
"""

# A message is read by whoever comes first; a call is somebody's, a department's, or anybody's.
WAITING = f"""
WITH found AS (
    SELECT $8::int AS kind, t.id, t.revision, t.date, t.time, t.subject, t.phone AS address, t.client_id,
        t.date - date '2000-01-01' AS place
    FROM ({_at_hand("phone_calls", "$8", "= $2")}) AS t
    WHERE $8 = ANY ($7::int[]) AND t.date <= $3 AND ({_is_mine("$4", "$5")} OR {_IS_NOBODYS})
    UNION ALL
    SELECT $9, t.id, t.revision, t.date, NULL, t.subject, t.from_address, t.client_id,
        date '2000-01-01' - t.date
    FROM ({_at_hand("emails", "$9", "= $2")}) AS t
    WHERE $9 = ANY ($7::int[])
    UNION ALL
    SELECT $10, t.id, t.revision, t.date, NULL, left(t.message, 200), t.phone, t.client_id,
        date '2000-01-01' - t.date
    FROM ({_at_hand("text_messages", "$10", "= $2")}) AS t
    WHERE $10 = ANY ($7::int[])
), placed AS (
    SELECT *, count(*) OVER (PARTITION BY kind) AS waiting,
        row_number() OVER (PARTITION BY kind ORDER BY place, time, id) AS nth
    FROM found
), listed AS (
    SELECT * FROM placed WHERE nth <= $11
)
{_named("listed", "$6")}
ORDER BY kind, nth
"""

_FIGURES = f"""
SELECT s.id, {_revision("$2", "s.id")}, s.studio_id, studios.name AS studio_name, s.day, s.as_of,
    s.today::text AS today, s.open_balance, s.overdue_balance, s.pending_payments, s.unapplied_deposits
FROM finance_snapshots s
LEFT JOIN studios ON studios.account_id = $1 AND studios.id = s.studio_id
WHERE s.account_id = $1
ORDER BY studios.studio_number NULLS FIRST, s.id LIMIT $3
"""
