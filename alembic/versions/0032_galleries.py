"""Online galleries: pictures, their groups, publications and where they are found."""

import sqlalchemy as sa
from alembic import op

from app.core.migrations import APP_ROLE, protect

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

_TABLES = "picture_group_members", "picture_groups", "pictures", "galleries"


def upgrade() -> None:
    op.create_table(
        "pictures",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("rating", sa.String(), nullable=False),
        sa.Column("is_online", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_pictures")),
    )
    op.create_index(
        "uq_pictures_name", "pictures", ["account_id", "session_id", sa.text("lower(name)")], unique=True
    )
    op.create_index("ix_pictures_position", "pictures", ["account_id", "session_id", "position", "id"])
    op.create_table(
        "picture_groups",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("is_online", sa.Boolean(), nullable=False),
        sa.Column("is_made_by_client", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_picture_groups")),
    )
    op.create_index("ix_picture_groups_session", "picture_groups", ["account_id", "session_id"])
    op.create_table(
        "picture_group_members",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("picture_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id", "group_id"],
            ["picture_groups.account_id", "picture_groups.id"],
            name="fk_picture_group_members_group",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "picture_id"],
            ["pictures.account_id", "pictures.id"],
            name="fk_picture_group_members_picture",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "account_id", "group_id", "picture_id", name=op.f("pk_picture_group_members")
        ),
    )
    op.create_index(
        "ix_picture_group_members_picture", "picture_group_members", ["account_id", "picture_id"]
    )
    op.create_table(
        "galleries",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by", sa.Uuid(), nullable=True),
        sa.Column("taken_down_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_galleries")),
    )
    op.create_index(
        "uq_galleries_open",
        "galleries",
        ["account_id", "session_id"],
        unique=True,
        postgresql_where=sa.text("taken_down_at IS NULL"),
    )
    op.create_table(
        "gallery_addresses",
        sa.Column("address_hash", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("gallery_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("address_hash", name=op.f("pk_gallery_addresses")),
    )
    op.execute(f"GRANT SELECT, INSERT, DELETE ON gallery_addresses TO {APP_ROLE}")
    for name in _TABLES:
        protect(name)


def downgrade() -> None:
    op.drop_table("gallery_addresses")
    for name in _TABLES:
        op.drop_table(name)
