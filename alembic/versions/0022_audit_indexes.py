"""The audit trail is found by who did something, by the kind of thing, and by what is seldom done."""

import sqlalchemy as sa
from alembic import op

from app.core.migrations import concurrently

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_TABLE = "audit_entries"
_FOUND_BY = {
    "ix_audit_entries_user": ("user_id", None),
    "ix_audit_entries_subject": ("subject", None),
    "ix_audit_entries_action": ("action", "action NOT IN ('created', 'changed')"),
}
_WHOLE = sa.text("""
    SELECT c.relname
    FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid
    WHERE i.indrelid = CAST(CAST(:table AS text) AS regclass) AND i.indisvalid
""")


def upgrade() -> None:
    """Build what a run that was cut has not built whole."""
    with concurrently():
        built = set(op.get_bind().execute(_WHOLE, {"table": _TABLE}).scalars())
        for name, (field, condition) in _FOUND_BY.items():
            if name not in built:
                op.drop_index(name, _TABLE, if_exists=True, postgresql_concurrently=True)
                op.create_index(
                    name,
                    _TABLE,
                    ["account_id", field, "at", "position"],
                    postgresql_where=None if condition is None else sa.text(condition),
                    postgresql_concurrently=True,
                )


def downgrade() -> None:
    with concurrently():
        for name in _FOUND_BY:
            op.drop_index(name, _TABLE, if_exists=True, postgresql_concurrently=True)
