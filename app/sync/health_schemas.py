"""How the account's phones keep up, as it goes over the wire."""

from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from app.http.schemas import Answer
from app.sync.schemas import Outcome

_ID = "0ca7b6b4-6313-4013-b39d-1a3652eaa7e7"
_INSTANT = "2026-06-13T15:04:05Z"
_DAY = "2026-06-13"


class PhoneCounts(Answer):
    """How many of the phones in use are how."""

    active: int = Field(description="In use: signed in, and not shut out.", examples=[4])
    behind: int = Field(description="That have not synced for as long as was asked about.", examples=[1])
    expiring: int = Field(
        description="Whose copy can soon no longer be continued, or cannot any more.", examples=[0]
    )
    holding: int = Field(description="That said they had changes yet to send.", examples=[1])


class PhoneBehind(Answer):
    """A phone that has not synced for long."""

    id: UUID = Field(description="Its row of the devices.", examples=[_ID])
    user_id: UUID = Field(description="Whose phone it is.", examples=[_ID])
    name: str | None = Field(description="What its owner calls it.", examples=["Jo's phone"])
    last_sync: datetime | None = Field(description="When it last completed a sync.", examples=[_INSTANT])
    queued: int | None = Field(
        description="How many changes it then had yet to send; none where it did not say.", examples=[3]
    )
    oldest_queued_at: datetime | None = Field(
        description="When the oldest of them was made; none where it holds none.", examples=[_INSTANT]
    )
    cursor_expires_at: datetime | None = Field(
        description="From when on nothing is kept for it any more; none where it holds nothing.",
        examples=["2026-12-10T15:04:05Z"],
    )
    is_cursor_expired: bool = Field(
        description="It will be told to start again (`cursor_expired`).", examples=[False]
    )


class ResetCount(Answer):
    """How often phones were told to start again, and why."""

    reason: str = Field(description="The `reason` of `resync_required`.", examples=["cursor_expired"])
    count: int = Field(description="How often.", examples=[3])
    last_day: date = Field(description="The last day it happened.", examples=[_DAY])


class RefusalCount(Answer):
    """How often a whole request was refused, and why."""

    code: str = Field(description="The `code` of the problem.", examples=["stream_gap"])
    count: int = Field(description="How often.", examples=[2])
    last_day: date = Field(description="The last day it happened.", examples=[_DAY])


class VerdictCount(Answer):
    """How many changes of phones were not kept as they were sent, and why."""

    verdict: Outcome = Field(description="The verdict.", examples=["conflict"])
    code: str = Field(description="Its code.", examples=["changed_meanwhile"])
    count: int = Field(description="How many changes.", examples=[4])
    last_day: date = Field(description="The last day it happened.", examples=[_DAY])


class HealthAnswer(Answer):
    """How the account's phones keep up, and what sync has refused of late."""

    behind_days: int = Field(description="After how many days a phone counts as behind.", examples=[7])
    days: int = Field(description="Of how many days it is told what was refused.", examples=[7])
    since: date = Field(description="The first of these days, where the account is.", examples=[_DAY])
    devices: PhoneCounts = Field(description="The phones in use.")
    behind: list[PhoneBehind] = Field(description="Those behind, the longest first, the first 100.")
    resets: list[ResetCount] = Field(description="By reason, the most frequent first.")
    refusals: list[RefusalCount] = Field(description="By code, the most frequent first.")
    verdicts: list[VerdictCount] = Field(description="By verdict and code, the most frequent first.")
    open_inbox: int = Field(description="How many entries of the inbox nobody has decided.", examples=[3])
