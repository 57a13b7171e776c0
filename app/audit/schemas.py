"""The audit trail as it goes over the wire."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from app.audit.telling import Actor
from app.audit.trail import Action
from app.core.principal import Channel
from app.http.schemas import Answer

_ID = "6f1f2a54-7e0c-4c39-9b1e-0d9a53f2a7c1"
_INSTANT = "2026-05-04T09:30:00Z"
_HASH = "4e07408562bedb8b60ce05c1decfe3ad16b72230967de01f640b7e4729b49fce"
_FORMER = "4b227777d4dd1fc61c6f884f48641d02b4d121d3fd328cb08b5531fcacdabf8a"


class EntryAnswer(Answer):
    """One thing that was done."""

    position: int = Field(description="Its number in the account, without gaps.", examples=[117])
    at: datetime = Field(description="When.", examples=[_INSTANT])
    actor: Actor = Field(
        description="What did it: a user, a phone of itself (`device`), the house (`system`), or somebody at "
        "a desk or on a phone who has not shown who they are (`anonymous`).",
        examples=["user"],
    )
    user_id: UUID | None = Field(description="By which user, if one did it.", examples=[_ID])
    initials: str = Field(
        description="Their initials then, `SPSA` for the house, none for `anonymous`.", examples=["JD"]
    )
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
    hash: str | None = Field(
        description="SHA-256, in hex, of the hash before and of the entry; told to administrators alone.",
        examples=[_HASH],
    )
    former_hash: str | None = Field(
        description="The hash of the entry before, which may be forgotten; empty for the first entry there "
        "was. Told to administrators alone.",
        examples=[_FORMER],
    )


class HeadAnswer(Answer):
    """How far the trail has come."""

    position: int = Field(description="The position of the last entry.", examples=[118])
    hash: str = Field(description="Its hash, in hex: note both elsewhere.", examples=[_HASH])


class EntryPage(Answer):
    """Some of the trail, the newest first."""

    head: HeadAnswer | None = Field(
        description="How far the trail has come, whatever was sought; told to administrators alone.",
        examples=[{"position": 118, "hash": _HASH}],
    )
    entries: list[EntryAnswer] = Field(description="The entries.", examples=[[]])
    next_page: int | None = Field(description="What `page` is for the next; none at the end.", examples=[17])
