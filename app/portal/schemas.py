"""Logins of clients, and letters about them, as they go over the wire."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from app.accounts.passwords import LONGEST
from app.http.schemas import Answer, Wire
from app.portal.models import LetterKind, LoginField
from app.studio.deliveries import DeliveryState

_ID = "6f1f2a54-7e0c-4c39-9b1e-0d9a53f2a7c1"
_CLIENT = "8a2f4f0e-4b7e-4f43-9d0f-0c7b7f5b2a11"
_INSTANT = "2026-05-04T09:30:00Z"
_PATH = "/portal/3vJc0oZk2dQ7yXnB5tWm8A"
UserName = Annotated[
    str, StringConstraints(min_length=1, max_length=254, strip_whitespace=True, pattern=r"^[^\x00-\x1f]+$")
]


class LoginState(StrEnum):
    """What opens a login."""

    DEFAULT = "default"
    OWN = "own"
    VOID = "void"


class PortalLoginAnswer(Answer):
    """How a client signs in to their gallery."""

    client_id: UUID = Field(description="Whose login it is.", examples=[_CLIENT])
    user_name: str = Field(
        description="The user name; no two clients share one, and capitals do not count.",
        examples=["laura@hartley.example"],
    )
    state: LoginState = Field(
        description="`default`: the default password opens “choose a new password”, once; `own`: the client's"
        " own password, or one staff have assigned; `void`: none, until the login is reset again.",
        examples=["default"],
    )
    password_from: LoginField | None = Field(
        description="What of the client the default password is, as long as it is good.",
        examples=["last_name"],
    )
    expires_at: datetime | None = Field(
        description="Until when the default password is good.", examples=[_INSTANT]
    )
    tries_left: int | None = Field(
        description="How often it may still be tried; after that the reset is void.", examples=[5]
    )
    changed_at: datetime = Field(description="When the login was last changed.", examples=[_INSTANT])
    path: str | None = Field(
        description="Where the client's gallery is on this server; none while no session of theirs is online."
        " The default password opens nothing elsewhere.",
        examples=[_PATH],
    )


class PortalLoginRequest(Wire):
    """What staff put in the place of a client's user name, password or both."""

    user_name: UserName | None = Field(
        None, description="The new user name; left out, it stays.", examples=["hartley1042"]
    )
    password: Annotated[str, StringConstraints(min_length=1, max_length=4 * LONGEST)] | None = Field(
        None,
        description="The new password, of 12 characters at least; left out, it stays.",
        examples=["three geese over the barn"],
    )

    @model_validator(mode="after")
    def _says_something(self) -> "PortalLoginRequest":
        if self.user_name is None and self.password is None:
            raise PydanticCustomError("nothing_given", "Either a user name or a password is given.")
        return self


class PortalSettingsAnswer(Answer):
    """What logins begin as."""

    user_name_from: LoginField = Field(
        description="What of a client their user name begins as.", examples=["client_email"]
    )
    password_from: LoginField = Field(
        description="What of a client their password is put back to.", examples=["last_name"]
    )


class PortalSettingsRequest(Wire):
    """What logins are to begin as: from the next reset on."""

    user_name_from: LoginField = Field(
        description="What of a client their user name begins as; it must tell clients apart.",
        examples=["client_number"],
    )
    password_from: LoginField = Field(
        description="What of a client their password is put back to.", examples=["last_name"]
    )


class PortalLetterAnswer(Answer):
    """Something a client is to be told about their login: by email, or by the studio where none arrives."""

    id: UUID = Field(description="Its id.", examples=[_ID])
    client_id: UUID = Field(description="Who is to be told.", examples=[_CLIENT])
    kind: LetterKind = Field(
        description="`login_reset`: sign in at `path` with the default password, within 24 hours;"
        " `reset_void`: the default password was tried too often, and opens nothing any more;"
        " `login_forgotten`: somebody at the client's gallery has asked for a new login; the email has a link"
        " by which the client chooses a new password.",
        examples=["login_reset"],
    )
    path: str | None = Field(
        description="Where the client's gallery is on this server; none once it was taken down.",
        examples=[_PATH],
    )
    made_at: datetime = Field(description="Since when it waits.", examples=[_INSTANT])
    delivery_state: DeliveryState | None = Field(
        description="How far its email has come: `queued`, `sending`, `sent`, `failed`, `blocked`, or"
        " `bounced` where it came back later. None where there is none: the client has no email address or no"
        " login, the server does not know what links begin with (`PUBLIC_URL`), or the email was cancelled.",
        examples=["queued"],
    )
    delivery_error: str | None = Field(
        description="Why it was not sent, or not yet.", examples=["The mailbox is full."]
    )
    sent_at: datetime | None = Field(
        description="When its email was sent; none where it has come back.", examples=[None]
    )
    acknowledged_at: datetime | None = Field(
        description="When somebody has said that they dealt with it.", examples=[None]
    )
    acknowledged_by: UUID | None = Field(description="Who has.", examples=[None])


class PortalLetterPage(Answer):
    """Letters, the newest first."""

    letters: list[PortalLetterAnswer] = Field(description="The letters.", examples=[[]])


class LetterState(StrEnum):
    """Which letters are listed."""

    OPEN = "open"
    ALL = "all"
