"""Files that are brought in: what was in them, row by row, until it is records."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.core.migrations import protect

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "imports",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("form", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("columns", postgresql.JSONB(), nullable=False),
        sa.Column("fields", postgresql.JSONB(), nullable=False),
        sa.Column("dates", sa.String(), nullable=True),
        sa.Column("compare_by", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("duplicates", sa.String(), nullable=True),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("reached", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "import_id", name=op.f("pk_imports")),
    )
    op.create_index("ix_imports_made_at", "imports", ["account_id", "made_at"])
    op.create_index(
        "uq_imports_running", "imports", ["account_id"], unique=True, postgresql_where=sa.text("state = 'running'")
    )
    op.create_table(
        "import_rows",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("cells", postgresql.JSONB(), nullable=False),
        sa.Column("problem", sa.String(), nullable=True),
        sa.Column("fate", sa.String(), nullable=True),
        sa.Column("record_id", sa.Uuid(), nullable=True),
        sa.Column("duplicates_of", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("same_as_row", sa.Integer(), nullable=True),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("reasons", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id", "import_id"],
            ["imports.account_id", "imports.import_id"],
            name=op.f("fk_import_rows_account_id_import_id_imports"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "import_id", "row", name=op.f("pk_import_rows")),
    )
    op.create_index("ix_import_rows_fate", "import_rows", ["account_id", "import_id", "fate", "row"])
    op.create_table(
        "import_likenesses",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id", "import_id"],
            ["imports.account_id", "imports.import_id"],
            name=op.f("fk_import_likenesses_account_id_import_id_imports"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "account_id", "import_id", "kind", "value", name=op.f("pk_import_likenesses")
        ),
    )
    for name in ("imports", "import_rows", "import_likenesses"):
        protect(name)


def downgrade() -> None:
    for name in ("import_likenesses", "import_rows", "imports"):
        op.drop_table(name)
