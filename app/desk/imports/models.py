"""What is kept of a file that is brought in: how it is read, and every row with its fate."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, ForeignKeyConstraint, Index, String, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

_OF_IMPORT = (["account_id", "import_id"], ["imports.account_id", "imports.import_id"])


class Import(SQLModel, table=True):
    """A file that was sent, and how far it has come.

    `fields` says of each of its `columns` which field it is, none for one that is left out; `done` rows,
    the last of them `reached`, have been looked at. One alone is running in an account.
    """

    __tablename__ = "imports"
    __table_args__ = (
        Index("ix_imports_made_at", "account_id", "made_at"),
        Index("uq_imports_running", "account_id", unique=True, postgresql_where=text("state = 'running'")),
    )

    account_id: UUID = Field(primary_key=True)
    import_id: UUID = Field(primary_key=True)
    user_id: UUID
    kind: str
    form: str
    state: str
    version: int
    columns: list[str] = Field(sa_type=JSONB)
    fields: list[str | None] = Field(sa_type=JSONB)
    dates: str | None = None
    compare_by: list[str] = Field(sa_type=ARRAY(String))
    duplicates: str | None = None
    total: int
    done: int
    reached: int
    made_at: datetime = Field(
        sa_type=DateTime(timezone=True), sa_column_kwargs={"server_default": text("now()")}
    )


class ImportRow(SQLModel, table=True):
    """A row of a file: its texts, what was wrong with it as it was read, and what becomes of it."""

    __tablename__ = "import_rows"
    __table_args__ = (
        ForeignKeyConstraint(*_OF_IMPORT, ondelete="CASCADE"),
        Index("ix_import_rows_fate", "account_id", "import_id", "fate", "row"),
    )

    account_id: UUID = Field(primary_key=True)
    import_id: UUID = Field(primary_key=True)
    row: int = Field(primary_key=True)
    cells: list[str] = Field(sa_type=JSONB)
    problem: str | None = None
    fate: str | None = None
    record_id: UUID | None = None
    duplicates_of: list[UUID] = Field(sa_type=ARRAY(Uuid))
    same_as_row: int | None = None
    code: str | None = None
    reasons: dict[str, Any] = Field(sa_type=JSONB)


class ImportLikeness(SQLModel, table=True):
    """Which row of a file was the first to have something that clients are compared by."""

    __tablename__ = "import_likenesses"
    __table_args__ = (ForeignKeyConstraint(*_OF_IMPORT, ondelete="CASCADE"),)

    account_id: UUID = Field(primary_key=True)
    import_id: UUID = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    value: str = Field(primary_key=True)
    row: int
