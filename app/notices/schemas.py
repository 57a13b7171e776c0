"""Safety notices as they go over the wire."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from app.http.schemas import Answer, Wire
from app.notices.models import NoticeKind, Why

_ID = "6f1f2a54-7e0c-4c39-9b1e-0d9a53f2a7c1"
_INSTANT = "2026-05-04T09:30:00Z"


class NoticeState(StrEnum):
    """Which notices are listed."""

    OPEN = "open"
    ALL = "all"


class NoticeAnswer(Answer):
    """Something that somebody should look at."""

    id: UUID = Field(description="Its id.", examples=[_ID])
    kind: NoticeKind = Field(
        description="`odd_sign_in`; `guessing`: so many wrong passwords that none is compared for a while;"
        " `refresh_reused`: a spent token came back, and its sign-in was ended; `password_assigned`: another"
        " has set the user's password.",
        examples=["odd_sign_in"],
    )
    why: list[Why] = Field(
        description="What is unusual about the sign-in, or whose limit was reached by guessing.",
        examples=[["new_device"]],
    )
    user_id: UUID | None = Field(
        description="The user it concerns; none where it is nobody in particular, or nobody there is.",
        examples=[_ID],
    )
    device_id: UUID | None = Field(description="On which phone; none at a desk.", examples=[_ID])
    device_name: str | None = Field(description="What the phone was called.", examples=["Pat's phone"])
    network: str | None = Field(
        description="From where; none if that is not known, or from several networks.",
        examples=["203.0.113.7"],
    )
    by_id: UUID | None = Field(
        description="Who set the password; none of the account where the operator has.", examples=[None]
    )
    at: datetime = Field(description="When it was first so.", examples=[_INSTANT])
    last_at: datetime = Field(description="When it was last so.", examples=[_INSTANT])
    count: int = Field(
        description="How often it was so; of `guessing`, how many wrong passwords the account has had.",
        examples=[1],
    )
    is_open: bool = Field(description="Whether it waits for the caller.", examples=[True])
    confirmed_at: datetime | None = Field(
        description="When the user it concerns has acknowledged it.", examples=[None]
    )
    was_expected: bool | None = Field(
        description="What they have said: whether it was them, or as they knew it would be.", examples=[None]
    )
    acknowledged_at: datetime | None = Field(
        description="When an administrator has acknowledged it for the account.", examples=[None]
    )
    acknowledged_by: UUID | None = Field(description="Which administrator.", examples=[None])


class NoticePage(Answer):
    """Some of the notices, the newest first."""

    notices: list[NoticeAnswer] = Field(description="The notices.", examples=[[]])
    open: int = Field(description="How many wait for the caller in all.", examples=[2])
    next_page: UUID | None = Field(
        description="What `page` is for the next; none at the end.", examples=[_ID]
    )


class Acknowledgement(Wire):
    """What somebody says to a notice."""

    was_expected: bool | None = Field(
        None,
        description="From the user it concerns: whether it was them, or as they knew it would be. False tells"
        " the administrators. Of no meaning from anybody else.",
        examples=[True],
    )
