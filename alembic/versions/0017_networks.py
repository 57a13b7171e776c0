"""The networks sign-ins came from."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sign_ins", sa.Column("network", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("sign_ins", "network")
