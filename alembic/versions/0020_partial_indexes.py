"""What is null is in no index of a link, a number or what records are found by."""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

from app.core.migrations import LOCK_TIMEOUT, concurrently

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_FOUND_BY = {
    "task_types": ("default_department_id",),
    "companies": ("client_number_status_id",),
    "resources": ("studio_id",),
    "locations": ("studio_id",),
    "special_events": ("studio_id",),
    "appointment_types": ("default_resource_id",),
    "session_types": ("default_assistant_id", "default_photographer_id", "default_resource_id"),
    "session_statuses": ("default_department_id", "session_type_id"),
    "organizations": ("studio_id",),
    "clients": ("lead_source_id", "organization_id", "referred_by_id", "status_id", "studio_id"),
    "sessions": (
        "assistant_id",
        "booked_by_id",
        "date",
        "location_id",
        "organization_id",
        "photographer_id",
        "session_type_id",
        "status_id",
        "studio_id",
    ),
    "invoices": (
        "bill_to_client_id",
        "classification_id",
        "client_id",
        "original_invoice_id",
        "sales_rep_id",
        "session_id",
        "status_id",
        "studio_id",
    ),
    "payments": ("client_id", "invoice_id", "payment_method_id", "studio_id", "user_id"),
    "appointments": (
        "appointment_type_id",
        "booked_by_id",
        "client_id",
        "location_id",
        "series_id",
        "session_id",
        "status_id",
        "studio_id",
    ),
    "tasks": (
        "assigned_by_id",
        "assigned_department_id",
        "assigned_user_id",
        "client_id",
        "invoice_id",
        "parent_task_id",
        "session_id",
        "status_id",
        "studio_id",
        "task_type_id",
    ),
    "phone_calls": (
        "assigned_department_id",
        "assigned_user_id",
        "client_id",
        "outcome_id",
        "phone_call_type_id",
        "result_id",
        "session_id",
        "studio_id",
        "task_id",
    ),
    "emails": (
        "client_id",
        "email_type_id",
        "invoice_id",
        "session_id",
        "status_id",
        "studio_id",
        "task_id",
        "user_id",
    ),
    "text_messages": ("client_id", "session_id", "studio_id", "task_id", "user_id"),
}
_UNIQUE = {
    "clients": ("client_number",),
    "sessions": ("session_number",),
    "invoices": ("invoice_number", "web_order_number"),
    "tasks": ("task_number",),
}
_WHOLE = sa.text("""
    SELECT c.relname
    FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid
    WHERE i.indrelid = CAST(CAST(:table AS text) AS regclass) AND i.indisvalid
    AND pg_get_expr(i.indpred, i.indrelid) IS NOT DISTINCT FROM CAST(:condition AS text)
""")


def upgrade() -> None:
    _build_anew(is_partial=True)


def downgrade() -> None:
    _build_anew(is_partial=False)


def _build_anew(*, is_partial: bool) -> None:
    """Build each index beside the one it takes the place of: at no moment are two records given one number.

    What a run that was cut has built is kept; a second part of a name, behind `__`, says how far it came.
    """
    with concurrently():
        for table, field, kind in _indexes():
            name, left_out = f"{kind}_{table}_{field}", f"{field} IS NOT NULL" if is_partial else None
            anew, former = f"{name}__anew", f"{name}__former"
            built = _built(table, left_out)
            if name not in built:
                if anew not in built:
                    op.drop_index(anew, table, if_exists=True, postgresql_concurrently=True)
                    op.create_index(
                        anew,
                        table,
                        ["account_id", field],
                        unique=kind == "uq",
                        postgresql_where=None if left_out is None else sa.text(left_out),
                        postgresql_concurrently=True,
                    )
                _exchange(name, anew, former)
            op.drop_index(former, table, if_exists=True, postgresql_concurrently=True)


def _built(table: str, left_out: str | None) -> set[str]:
    """Return the names of a table's indexes that are whole, and leave out what they should."""
    condition = None if left_out is None else f"({left_out})"
    return set(op.get_bind().execute(_WHOLE, {"table": table, "condition": condition}).scalars())


def _exchange(name: str, anew: str, former: str) -> None:
    op.execute(f"""
        DO $$
        BEGIN
            SET LOCAL lock_timeout = '{LOCK_TIMEOUT}';
            ALTER INDEX IF EXISTS {name} RENAME TO {former};
            ALTER INDEX {anew} RENAME TO {name};
        END
        $$
    """)


def _indexes() -> Iterator[tuple[str, str, str]]:
    for kind, tables in (("ix", _FOUND_BY), ("uq", _UNIQUE)):
        for table, fields in tables.items():
            for field in fields:
                yield table, field, kind
