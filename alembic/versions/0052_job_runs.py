"""How what is done by itself last went, for operators: it belongs to no account."""

import sqlalchemy as sa
from alembic import op

from app.core.roles import APP_ROLE

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "job_runs",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("every_seconds", sa.Integer(), nullable=False),
        sa.Column("led_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_began", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_done", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("seconds", sa.Float(), nullable=True),
        sa.Column("last_taken_away", sa.BigInteger(), nullable=False),
        sa.Column("taken_away", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_job_runs")),
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON job_runs TO {APP_ROLE}")


def downgrade() -> None:
    op.drop_table("job_runs")
