"""Uploads of pictures as tables: files on their way, what is to be done about them, how much is kept."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Index, Uuid
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel


def _instant() -> Any:
    return DateTime(timezone=True)


class UploadState(StrEnum):
    """How far an upload has come; one that is whole becomes a picture, and is no upload any more."""

    RECEIVING = "receiving"
    REFUSED = "refused"
    """It is no picture of the session, and `reason` says why."""


class TaskKind(StrEnum):
    """What is to be done about a picture or an upload."""

    UPLOAD = "upload"
    """Make a picture of what has arrived, or forget what nobody goes on with."""
    RENDER = "render"
    """Make its smaller sizes."""
    RENEW = "renew"
    """Make smaller sizes anew wherever the settings were others: one of an account, of no picture."""
    REMOVE = "remove"
    """Remove its files."""


class PictureUpload(SQLModel, table=True):
    """A file on its way: `received` of `size_bytes`, kept as `parts` in this order.

    The picture it becomes has its id. `metadata_text` is what the client said of it, as it said it.
    """

    __tablename__ = "picture_uploads"
    __table_args__ = (Index("ix_picture_uploads_session", "account_id", "session_id", "position"),)

    account_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    session_id: UUID
    user_id: UUID
    name: str
    position: int
    metadata_text: str
    size_bytes: int = Field(sa_type=BigInteger)
    received: int = Field(default=0, sa_type=BigInteger)
    parts: list[UUID] = Field(sa_type=ARRAY(Uuid))
    state: str = Field(default=UploadState.RECEIVING)
    reason: str | None = None
    made_at: datetime = Field(sa_type=_instant())
    expires_at: datetime = Field(sa_type=_instant())


class PictureTask(SQLModel, table=True):
    """Something to be done at `due_at`; whoever does it moves that on first: nobody else does it too."""

    __tablename__ = "picture_tasks"
    __table_args__ = (Index("ix_picture_tasks_due_at", "account_id", "due_at"),)

    account_id: UUID = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    picture_id: UUID = Field(primary_key=True)
    session_id: UUID
    due_at: datetime = Field(sa_type=_instant())
    tries: int = 0


class PictureStorage(SQLModel, table=True):
    """How much an account keeps: bytes of its originals, those on their way among them."""

    __tablename__ = "picture_storage"

    account_id: UUID = Field(primary_key=True)
    kept_bytes: int = Field(sa_type=BigInteger)
    uploads: int
    """How many files are on their way."""


class PictureSettings(SQLModel, table=True):
    """How the company wants its pictures shown: with `watermark` on them, or as they are."""

    __tablename__ = "picture_settings"

    account_id: UUID = Field(primary_key=True)
    watermark: str | None = None
    changed_at: datetime = Field(sa_type=_instant())
