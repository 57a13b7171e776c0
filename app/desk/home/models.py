"""What users have made of their home pages."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

import app.studio  # noqa: F401 - declares the tables below
from app.sync import registry


class HomeSetting(SQLModel, table=True):
    """One thing a user has set, by its name: the panels or the shortcuts; `content` is as it was sent.

    Who has none has the usual panels or no shortcuts, at version 0.
    """

    __tablename__ = "home_settings"

    account_id: UUID = Field(primary_key=True)
    user_id: UUID = Field(primary_key=True)
    name: str = Field(primary_key=True)
    version: int
    content: list[dict[str, Any]] = Field(sa_type=JSONB)
    changed_at: datetime = Field(sa_type=DateTime(timezone=True))


OPEN_GALLERIES = "gallery_state IN ('online', 'expired')"
"""What holds of sessions whose images are hosted; the words of an index, and of whoever wants it used."""
TO_UPLOAD = "prepaid_upload_state = 'pending'"
"""What holds of prepaid orders that have yet to go online; the same."""

_sessions = registry.numbered(registry.number_of("sessions")).table
_invoices = registry.numbered(registry.number_of("invoices")).table
# The panel counts these each time it is shown; all but a few have been taken down or were never online.
Index(
    "ix_sessions_open_galleries",
    _sessions.c.account_id,
    _sessions.c.web_expire_date,
    postgresql_where=text(OPEN_GALLERIES),
)
Index("ix_invoices_to_upload", _invoices.c.account_id, postgresql_where=text(TO_UPLOAD))
