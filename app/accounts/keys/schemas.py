"""API keys as they go over the wire."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from app.accounts.keys.keeping import LONGEST_DAYS
from app.accounts.people_schemas import Levels
from app.core.principal import Level
from app.http.schemas import Answer, Wire

_ID = "3e0b7a52-8a8e-4f0b-9a5b-5f0a3f1c7d21"
_USER = "6f1f2a54-7e0c-4c39-9b1e-0d9a53f2a7c1"
_INSTANT = "2026-05-04T09:30:00Z"
_LEVELS = {"clients": "view_only", "sessions": "add_modify"}
_KEY = "stk_" + "A" * 107
_GIVEN = "Levels by feature, the words people's rights have; what is not named is `no_access`."

Name = Annotated[
    str,
    StringConstraints(
        min_length=1, max_length=80, strip_whitespace=True, pattern=r"^[^\x00-\x1f\x7f\u2028\u2029]+$"
    ),
]


class ApiKeyRequest(Wire):
    """A new API key, of whoever asks."""

    name: Name = Field(description="What it is for, in one line.", examples=["Booking widget"])
    levels: Levels = Field(description=_GIVEN, examples=[_LEVELS])
    days: int = Field(365, ge=1, le=LONGEST_DAYS, description="How many days it lasts.", examples=[365])


class ApiKeyChange(Wire):
    """What is to be different of an API key; what is left out stays."""

    name: Name | None = Field(None, description="What it is for.", examples=["Booking widget"])
    levels: Levels | None = Field(
        None, description="Levels by feature, all there are to be.", examples=[_LEVELS]
    )


class ApiKeyAnswer(Answer):
    """An API key, without what it opens with."""

    id: UUID = Field(description="The key's id.", examples=[_ID])
    version: int = Field(description="Grows with each change; the `ETag`.", examples=[1])
    owner_id: UUID = Field(description="The user whose key it is.", examples=[_USER])
    name: str = Field(description="What it is for.", examples=["Booking widget"])
    hint: str = Field(description="Its last four letters.", examples=["AAAA"])
    levels: dict[str, Level] = Field(
        description="Levels it was given; what it has is never more than its owner.", examples=[_LEVELS]
    )
    is_living: bool = Field(description="Whether it opens anything still.", examples=[True])
    created_at: datetime = Field(description="When it was made.", examples=[_INSTANT])
    expires_at: datetime = Field(description="When it ends by itself.", examples=["2027-05-04T09:30:00Z"])
    last_used_at: datetime | None = Field(
        description="When it was last used, within five minutes.", examples=[_INSTANT]
    )
    last_network: str | None = Field(description="From where that was.", examples=["198.51.100.7"])
    revoked_at: datetime | None = Field(description="When it was revoked.", examples=[None])
    revoked_by: UUID | None = Field(description="Who revoked it.", examples=[None])


class NewApiKeyAnswer(ApiKeyAnswer):
    """A new API key, told this once."""

    key: str = Field(
        description="What is sent as `Authorization: Bearer …`. It is told now and never again.",
        examples=[_KEY],
    )


class ApiKeyList(Answer):
    """API keys, those that have ended among them for a while."""

    keys: list[ApiKeyAnswer] = Field(description="The newest first.")
    features: list[str] = Field(
        description="The features a key may have levels of.", examples=[["clients", "sessions"]]
    )


class OwnKeyAnswer(Answer):
    """The API key that asks."""

    id: UUID = Field(description="The key's id.", examples=[_ID])
    name: str = Field(description="What it is for.", examples=["Booking widget"])
    owner_id: UUID = Field(description="The user whose key it is.", examples=[_USER])
    account_name: str = Field(description="The account it is of.", examples=["harbor"])
    time_zone: str = Field(description="The account's time zone.", examples=["America/Denver"])
    levels: dict[str, Level] = Field(
        description="What it may do now, by feature: what it was given, as far as its owner has it.",
        examples=[_LEVELS],
    )
    expires_at: datetime = Field(description="When it ends by itself.", examples=["2027-05-04T09:30:00Z"])
