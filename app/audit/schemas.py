"""The audit trail as it goes over the wire."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from app.audit.trail import Action
from app.core.principal import Channel
from app.http.schemas import Answer

_ID = "6f1f2a54-7e0c-4c39-9b1e-0d9a53f2a7c1"
_INSTANT = "2026-05-04T09:30:00Z"


class EntryAnswer(Answer):
    """One thing that was done."""

    position: int = Field(description="Its number in the account, without gaps.", examples=[117])
    at: datetime = Field(description="When.", examples=[_INSTANT])
    user_id: UUID | None = Field(description="By whom; none for the house itself.", examples=[_ID])
    initials: str = Field(description="Their initials then, `SPSA` for the house.", examples=["JD"])
    channel: Channel = Field(description="The way it came in.", examples=["desk"])
    device_id: UUID | None = Field(description="On which phone, if on one.", examples=[None])
    feature: str = Field(description="The feature it belongs to.", examples=["users"])
    subject: str = Field(description="What kind of thing it was done to.", examples=["users"])
    record_id: UUID | None = Field(description="To which one, if one is known.", examples=[_ID])
    action: Action = Field(description="What was done.", examples=["changed"])
    before: dict[str, Any] | None = Field(
        description="What it was, of what changed and the caller may view; of a secret only its name.",
        examples=[{"is_active": True}],
    )
    after: dict[str, Any] | None = Field(
        description="What it is since, or what else there is to know, as far as the caller may view it.",
        examples=[{"is_active": False}],
    )


class EntryPage(Answer):
    """Some of the trail, the newest first."""

    entries: list[EntryAnswer] = Field(description="The entries.", examples=[[]])
    next_page: int | None = Field(description="What `page` is for the next; none at the end.", examples=[17])
