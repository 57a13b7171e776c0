"""Mail servers as they go over the wire; passwords come in and never go out."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from app.http.schemas import Answer, Wire
from app.outbox.states import Security
from app.sync.fields import EmailAddress

_HOST = r"^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$"
Host = Annotated[str, StringConstraints(pattern=_HOST)]
UserName = Annotated[str, StringConstraints(min_length=1, max_length=254)]
Password = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Port = Annotated[int, Field(ge=1, le=65_535)]
_PRINTED = r"^[^\x00-\x1f\x7f]+$"
Folder = Annotated[str, StringConstraints(max_length=200, pattern=_PRINTED)]
SignedInAs = Annotated[str, StringConstraints(max_length=254, pattern=_PRINTED)]
SignedInBy = Annotated[str, StringConstraints(max_length=500, pattern=_PRINTED)]
PerMinute = Annotated[int, Field(ge=1, le=600)]
PerDay = Annotated[int, Field(ge=1, le=100_000)]


def _one_line(name: str) -> str:
    if not name.isprintable():
        raise PydanticCustomError("not_one_line", "A name is one line.")
    return name


Name = Annotated[str, StringConstraints(max_length=100, strip_whitespace=True), AfterValidator(_one_line)]


class MailboxRequest(Wire):
    """Which mailbox is read for what comes in."""

    host: Host = Field(description="Its IMAP server.", examples=["imap.harbor.example"])
    port: Port = Field(
        description="Its port: 993, secured from the first byte, or 143, secured by STARTTLS.", examples=[993]
    )
    user_name: SignedInAs = Field(description="The user name there.", examples=["hello@harbor.example"])
    password: SignedInBy | None = Field(
        None,
        description="The password there, as a rule one for apps; left out, the one that is kept.",
        examples=["abcd-efgh-ijkl-mnop"],
    )
    folder: Folder = Field("INBOX", description="The folder that is read.", examples=["INBOX"])


class MailServerRequest(Wire):
    """By which server an account's emails go."""

    from_name: Name = Field(
        description="Whom emails come from, in one line.", examples=["Harbor Light Portraits"]
    )
    from_address: EmailAddress = Field(
        description="The address they come from, to which bounces go too.", examples=["hello@harbor.example"]
    )
    reply_to: EmailAddress | None = Field(
        None, description="Where answers go, when not there.", examples=["studio@harbor.example"]
    )
    host: Host = Field(description="The server.", examples=["smtp.harbor.example"])
    port: Port = Field(description="Its port: 25, 465, 587 or 2525.", examples=[465])
    security: Security = Field(
        description="`tls` from the first byte, as a rule on port 465, or `starttls`.", examples=["tls"]
    )
    user_name: UserName = Field(description="The user name there.", examples=["hello@harbor.example"])
    password: Password | None = Field(
        None,
        description="The password there, as a rule one for apps; left out, the one that is kept.",
        examples=["abcd-efgh-ijkl-mnop"],
    )
    per_minute: PerMinute | None = Field(
        None, description="The most letters in a minute; none for 60.", examples=[60]
    )
    per_day: PerDay | None = Field(
        None, description="The most letters in a day (UTC); none for 2,000.", examples=[2000]
    )
    mailbox: MailboxRequest | None = Field(
        None,
        description="The mailbox answers and reports are read from; with none nothing is read.",
        examples=[None],
    )


class MailboxAnswer(Answer):
    """Which mailbox is read, and how that went; its password is not told."""

    host: str = Field(description="Its IMAP server.", examples=["imap.harbor.example"])
    port: int = Field(description="Its port.", examples=[993])
    user_name: str = Field(description="The user name there.", examples=["hello@harbor.example"])
    folder: str = Field(description="The folder that is read.", examples=["INBOX"])
    checked_at: datetime | None = Field(
        description="When it was last looked into.", examples=["2026-05-04T09:30:00Z"]
    )
    code: str | None = Field(
        description="What stood in the way then, or that it had to begin anew (`began_anew`); none where"
        " nothing did.",
        examples=[None],
    )
    message: str | None = Field(description="The same in a sentence.", examples=[None])


class MailServerAnswer(Answer):
    """By which server an account's emails go; its password is not told."""

    from_name: str = Field(description="Whom emails come from.", examples=["Harbor Light Portraits"])
    from_address: str = Field(description="The address they come from.", examples=["hello@harbor.example"])
    reply_to: str | None = Field(description="Where answers go, when not there.", examples=[None])
    host: str = Field(description="The server.", examples=["smtp.harbor.example"])
    port: int = Field(description="Its port.", examples=[465])
    security: Security = Field(description="How the line is secured.", examples=["tls"])
    user_name: str = Field(description="The user name there.", examples=["hello@harbor.example"])
    per_minute: int = Field(description="The most letters in a minute.", examples=[60])
    per_day: int = Field(description="The most letters in a day (UTC).", examples=[2000])
    version: int = Field(description="Counts the changes.", examples=[1])
    checked_at: datetime | None = Field(
        description="When a check last ended.", examples=["2026-05-04T09:30:00Z"]
    )
    checked_code: str | None = Field(
        description="What stood in the way then; none where nothing did.", examples=[None]
    )
    mailbox: MailboxAnswer | None = Field(
        description="The mailbox answers and reports are read from; none where nothing is read.",
        examples=[None],
    )


class MailCheckAnswer(Answer):
    """A letter was taken in by the mail server."""

    to_address: str = Field(description="Where it went.", examples=["jo@harbor.example"])
    said: str | None = Field(description="What the server said.", examples=["2.0.0 Ok: queued as 7Q"])
