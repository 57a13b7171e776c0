"""Online galleries as tables: what was uploaded, how it is grouped, and where it is shown."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, ForeignKeyConstraint, Index, LargeBinary, text
from sqlmodel import Field, SQLModel


def _instant() -> Any:
    return DateTime(timezone=True)


class Rating(StrEnum):
    """What the studio thinks of a picture."""

    SELECTED = "selected"
    NOT_SELECTED = "not_selected"
    UNDECIDED = "undecided"


class PictureState(StrEnum):
    """How far a picture is from being shown."""

    WAITING = "waiting"
    """Its smaller sizes are still to be made."""
    READY = "ready"
    REFUSED = "refused"
    """It cannot be shown, and `reason` says why."""


class Picture(SQLModel, table=True):
    """An uploaded picture of a session; `name` is its file's, `number` what orders and the yearbook call it.

    `is_online` while it is chosen for the session's gallery. It is hosted if the gallery is open besides.
    """

    __tablename__ = "pictures"
    __table_args__ = (
        Index("uq_pictures_name", "account_id", "session_id", text("lower(name)"), unique=True),
        Index("ix_pictures_position", "account_id", "session_id", "position", "id"),
    )

    account_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    session_id: UUID
    name: str
    number: str
    position: int = 0
    rating: str = Field(default=Rating.UNDECIDED)
    is_online: bool = False
    state: str = Field(default=PictureState.WAITING)
    reason: str | None = None
    media_type: str
    size_bytes: int = Field(sa_type=BigInteger)
    width: int | None = None
    height: int | None = None
    sha256: bytes = Field(sa_type=LargeBinary)
    uploaded_at: datetime = Field(sa_type=_instant())
    rendered_as_of: datetime | None = Field(default=None, sa_type=_instant())
    """Since when the settings stood that its smaller sizes were made by."""


class PictureGroup(SQLModel, table=True):
    """Some pictures of a session under one name, by the studio or by its client."""

    __tablename__ = "picture_groups"
    __table_args__ = (Index("ix_picture_groups_session", "account_id", "session_id"),)

    account_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    session_id: UUID
    name: str
    is_online: bool = False
    is_made_by_client: bool = False
    made_at: datetime = Field(sa_type=_instant())


class PictureGroupMember(SQLModel, table=True):
    """A picture in a group."""

    __tablename__ = "picture_group_members"
    __table_args__ = (
        ForeignKeyConstraint(
            ["account_id", "group_id"],
            ["picture_groups.account_id", "picture_groups.id"],
            name="fk_picture_group_members_group",
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["account_id", "picture_id"],
            ["pictures.account_id", "pictures.id"],
            name="fk_picture_group_members_picture",
            ondelete="CASCADE",
        ),
        Index("ix_picture_group_members_picture", "account_id", "picture_id"),
    )

    account_id: UUID = Field(primary_key=True)
    group_id: UUID = Field(primary_key=True)
    picture_id: UUID = Field(primary_key=True)


class Gallery(SQLModel, table=True):
    """A session's pictures online, from one publication until they are taken down; `address` is its own."""

    __tablename__ = "galleries"
    __table_args__ = (
        Index(
            "uq_galleries_open",
            "account_id",
            "session_id",
            unique=True,
            postgresql_where=text("taken_down_at IS NULL"),
        ),
    )

    account_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    session_id: UUID
    address: str
    published_at: datetime = Field(sa_type=_instant())
    published_by: UUID | None = None
    taken_down_at: datetime | None = Field(default=None, sa_type=_instant())


class GalleryAddress(SQLModel, table=True):
    """Whose gallery stands at an address: it is asked before anybody has signed in, so it is no account's.

    Kept is the SHA-256 of the address, which nobody can turn back into one.
    """

    __tablename__ = "gallery_addresses"

    address_hash: bytes = Field(primary_key=True, sa_type=LargeBinary)
    account_id: UUID
    gallery_id: UUID
