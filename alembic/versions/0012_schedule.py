"""The bookings of a day, and the occurrences of a series, are found by index."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_INDEXES = (("sessions", "date"), ("appointments", "date"), ("appointments", "series_id"))
_WITH_EVENTS = "ix_sessions_with_events"


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for table, field in _INDEXES:
            op.drop_index(f"ix_{table}_{field}", table, if_exists=True, postgresql_concurrently=True)
            op.create_index(
                f"ix_{table}_{field}", table, ["account_id", field], postgresql_concurrently=True
            )
        op.drop_index(_WITH_EVENTS, "sessions", if_exists=True, postgresql_concurrently=True)
        op.create_index(
            _WITH_EVENTS,
            "sessions",
            ["account_id"],
            postgresql_where="events <> '[]'::jsonb",
            postgresql_concurrently=True,
        )


def downgrade() -> None:
    op.drop_index(_WITH_EVENTS, "sessions")
    for table, field in _INDEXES:
        op.drop_index(f"ix_{table}_{field}", table)
