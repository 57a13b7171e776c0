"""Carriers: what takes one letter to where it goes, and what may become of that."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from app.core.db import WriteSession
from app.outbox.posting import Content
from app.outbox.states import Channel, Purpose
from app.outbox.words import Words
from app.sync.fields import Values


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a letter."""

    name: str
    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Envelope:
    """To whom a letter goes: `hidden` are named nowhere in it; the sender's own words are the record's."""

    to: tuple[str, ...]
    copies: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()

    @property
    def everybody(self) -> tuple[str, ...]:
        """Return all of them, each once."""
        return tuple(dict.fromkeys((*self.to, *self.copies, *self.hidden)))


@dataclass(frozen=True, slots=True)
class Parcel:
    """One letter that was claimed, with all that is needed to send it.

    `recipients` are those of the envelope that it is still to reach. `tries` counts this one; `last_code` is
    what the one before left, and `was_cut` tells that it left nothing: nobody knows how that ended.
    A text `is_in_doubt` from such a try on, or one that ended as `Doubtful`, until somebody knows.
    `ends_at` is the moment of this process's own clock (`time.monotonic`) before which the other side must
    have been given the whole of it; later somebody else may be sending it.
    """

    account_id: UUID
    letter_id: UUID
    channel: Channel
    purpose: Purpose
    message_id: str
    envelope: Envelope
    recipients: tuple[str, ...]
    content: Content
    files: tuple[Attachment, ...]
    is_bulk: bool
    tries: int
    first_tried_at: datetime
    last_code: str | None
    was_cut: bool
    ends_at: float
    is_in_doubt: bool = False
    unsubscribe: str | None = None
    """The link by which whoever gets one of many says that they want no more."""


@dataclass(frozen=True, slots=True)
class Carried:
    """It was taken in, under the other side's own name for it; but for some recipients that were `refused`.

    Those that are `deferred` were refused for now.
    """

    ref: str | None = None
    refused: Mapping[str, Words] = field(default_factory=dict)
    deferred: Mapping[str, Words] = field(default_factory=dict)
    remark: Words | None = None


@dataclass(frozen=True, slots=True)
class Deferred:
    """It was not taken in and may be later, as when a mailbox is full; others are not held up."""

    words: Words
    after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """It will not be taken in, however often it is tried; `unknown` are recipients there are not."""

    words: Words
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Blocked:
    """It is not to be sent to whom it is for."""

    words: Words


@dataclass(frozen=True, slots=True)
class Away:
    """Nothing can be sent at all: the lane is closed for a while, of itself for longer each time.

    Where it `is_doubtful` this letter may have been taken in all the same.
    """

    words: Words
    after: timedelta | None = None
    is_doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Doubtful:
    """It may have been taken in: the line was lost when all of it had been said."""

    words: Words
    after: timedelta | None = None


Outcome = Carried | Deferred | Refused | Blocked | Away | Doubtful


class Carrier(Protocol):
    """Takes an account's letters to one server, one after the other, and keeps a line to it meanwhile."""

    async def carry(self, parcel: Parcel) -> Outcome:
        """Send a letter, before its end; no transaction is open meanwhile.

        It is cancelled when its time is over, which is as `Doubtful` as what was said by then.
        """
        ...

    async def close(self) -> None:
        """Hang up."""
        ...


@dataclass(frozen=True, slots=True)
class Pace:
    """How many letters may go within a minute and a day; none: as many as there are."""

    per_minute: int | None = None
    per_day: int | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """By what an account's letters go, and how fast. Letters of one `mark` may go over the same line.

    `domain` is what the Message-IDs of its letters end in.
    """

    mark: str
    carrier: Carrier
    pace: Pace = Pace()
    domain: str = "localhost"


class Way(Protocol):
    """One channel, as accounts have set it up; asked in the transaction that claims a letter."""

    @property
    def channel(self) -> Channel:
        """Return which one."""
        ...

    async def opened(self, session: WriteSession, known: Opened | None) -> Opened | Away:
        """Return by what the account's letters go now: `known` still, if its mark has not changed."""
        ...

    async def addressed(
        self, session: WriteSession, record: Values | None, to: tuple[str, ...]
    ) -> Envelope | Refused | Blocked:
        """Return to whom a letter goes: as its record says now, or as it was posted."""
        ...
