"""Files of pictures that are still to be removed."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime
from sqlmodel import Field, SQLModel


class PictureRemoval(SQLModel, table=True):
    """A picture that is no more, and whose files have yet to go; written in the transaction that ends it."""

    __tablename__ = "picture_removals"

    account_id: UUID = Field(primary_key=True)
    picture_id: UUID = Field(primary_key=True)
    session_id: UUID
    removed_at: datetime = Field(sa_type=DateTime(timezone=True))
