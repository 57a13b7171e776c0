"""The SQL of balances: which payments stand on an invoice, and what clients owe and have left."""

from collections.abc import Collection
from uuid import UUID

from app.core.db import Session


async def payments_of(session: Session, invoices: Collection[UUID]) -> list[tuple[UUID, UUID]]:
    """Return the stored payments of some invoices, each with its invoice."""
    sql = "SELECT id, invoice_id FROM payments WHERE account_id = $1 AND invoice_id = ANY($2::uuid[])"
    rows = await session.raw.fetch(sql, session.account_id, list(invoices))
    return [(row["id"], row["invoice_id"]) for row in rows]


async def owed(session: Session, clients: Collection[UUID], but: Collection[UUID]) -> dict[UUID, int]:
    """Return what some clients owe by the stored invoices billed to them, some invoices aside."""
    rows = await session.raw.fetch(_OWED, session.account_id, list(clients), list(but))
    return {row["client"]: int(row["amount"]) for row in rows}


async def deposited(session: Session, clients: Collection[UUID], but: Collection[UUID]) -> dict[UUID, int]:
    """Return what some clients have paid that stands on no invoice, some payments aside."""
    rows = await session.raw.fetch(_DEPOSITED, session.account_id, list(clients), list(but))
    return {row["client"]: int(row["amount"]) for row in rows}


_OWED = """
SELECT bill_to_client_id AS client, sum(balance_due) AS amount
FROM invoices
WHERE account_id = $1 AND bill_to_client_id = ANY($2::uuid[]) AND id <> ALL($3::uuid[])
GROUP BY bill_to_client_id
"""
_DEPOSITED = """
SELECT client_id AS client, sum(amount) AS amount
FROM payments
WHERE account_id = $1 AND client_id = ANY($2::uuid[]) AND id <> ALL($3::uuid[])
  AND state = 'approved' AND invoice_id IS NULL
GROUP BY client_id
"""
