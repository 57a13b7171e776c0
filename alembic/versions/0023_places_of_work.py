"""The studios users work in: none named for all."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    studios = sa.Column(
        "studios", sa.ARRAY(sa.Uuid()), server_default=sa.text("'{}'::uuid[]"), nullable=False
    )
    op.add_column("users", studios)


def downgrade() -> None:
    op.drop_column("users", "studios")
