"""Claiming: the next letter of an account is taken by one process, before anything leaves the house."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from app.core import clock
from app.core.db import WriteSession
from app.core.ids import new_id
from app.core.vault import SealBroken, Vault
from app.outbox import store
from app.outbox.blocks import blocked
from app.outbox.carriers import Attachment, Away, Blocked, Envelope, Opened, Parcel, Refused, Way
from app.outbox.marking import Ending, close, end, tell
from app.outbox.posting import Content, content_of, sealed_as
from app.outbox.states import Channel, Purpose, State
from app.outbox.unsubscribing import Links
from app.outbox.words import Words
from app.studio.deliveries import DeliveryState
from app.sync import records, registry
from app.sync.fields import Values

_AT_ONCE = 25
"""How many letters that cannot go are put aside in one transaction."""
_HALF_AGAIN = 1.5
"""A claim lasts so many times as long as sending may."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A letter of this process alone until `until`; `left_out` are recipients it is not to reach."""

    row: asyncpg.Record
    token: UUID
    until: datetime
    parcel: Parcel
    opened: Opened
    left_out: Mapping[str, Words]


@dataclass(frozen=True, slots=True)
class Paced:
    """Letters are due, and none may go before an instant."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Claims:
    """How letters are claimed; sending one may take so many `seconds`."""

    vault: Vault
    seconds: float
    links: Links | None = None
    """What makes the links by which to unsubscribe; without it letters have none."""

    async def next(self, session: WriteSession, way: Way, known: Opened | None) -> Claimed | Paced | None:
        """Claim the next letter of the account that can go, and put aside those before it that cannot.

        One whose time is over is left to `give_up_late`.
        """
        now = clock.now()
        for _ in range(_AT_ONCE):
            found = await self._one(session, way, known, now)
            if not isinstance(found, _PutAside):
                return found
            known = found.opened
        return Paced(now)

    async def _one(
        self, session: WriteSession, way: Way, known: Opened | None, now: datetime
    ) -> "Claimed | Paced | _PutAside | None":
        opened = await _open(session, way, known, now)
        if not isinstance(opened, Opened):
            return opened
        token, began = new_id(), monotonic()
        until = now + timedelta(seconds=self.seconds * _HALF_AGAIN)
        row = await store.claim(session, way.channel, token=token, now=now, until=until, domain=opened.domain)
        if row is None:
            return None
        record = await _record(session, row)
        envelope = await way.addressed(session, record, tuple(row["to_addresses"]))
        ending = _ending(row, record, envelope, now)
        packed = ending or await self._packed(session, row, record, envelope)
        if isinstance(packed, Ending):
            await end(session, packed, token)
            return _PutAside(opened)
        parcel, left_out = packed
        await tell(session, Ending(row, State.SENDING, None, now))
        parcel = replace(parcel, ends_at=began + self.seconds)
        return Claimed(row, token, until, parcel, opened, left_out)

    async def _packed(
        self,
        session: WriteSession,
        row: asyncpg.Record,
        record: Values | None,
        envelope: "Envelope | Refused | Blocked",
    ) -> "tuple[Parcel, Mapping[str, Words]] | Ending":
        """Return a letter with all that is needed to send it, or what has become of one that cannot go."""
        now, left_out = clock.now(), dict[str, Words]()
        everybody = envelope.everybody if isinstance(envelope, Envelope) else ()
        reached = set(row["done_addresses"])
        missing = [each for each in everybody if each not in reached]
        channel, bypassed = Channel(row["channel"]), row["bypasses_blocks"]
        left_out |= await blocked(session, channel, missing, bypassed=bypassed)
        recipients = tuple(each for each in missing if each not in left_out)
        if not recipients or not isinstance(envelope, Envelope):
            words = next(iter(left_out.values()), Words("nobody"))
            return Ending(row, State.BLOCKED if left_out else State.FAILED, words, now)
        await store.address(session, row["letter_id"], everybody)
        try:
            content = self._content(session.account_id, row, record)
            files = await _files(session, content)
        except SealBroken:
            return Ending(row, State.FAILED, Words("seal_broken"), now)
        except LookupError:
            return Ending(row, State.FAILED, Words("file_gone"), now)
        parcel = _parcel(session.account_id, row, envelope, content, files)
        return replace(self._linked(parcel), recipients=recipients), left_out

    def _linked(self, parcel: Parcel) -> Parcel:
        """Return an email with the link of its recipient; of several each would have another's."""
        everybody = parcel.envelope.everybody
        if self.links is None or parcel.channel is not Channel.EMAIL or len(everybody) != 1:
            return parcel
        account_id, [address] = parcel.account_id, everybody
        content = self.links.filled(parcel.content, account_id, address)
        link = self.links.link(account_id, address) if parcel.is_bulk else None
        return replace(parcel, content=content, unsubscribe=link)

    def _content(self, account_id: UUID, row: asyncpg.Record, record: Values | None) -> Content:
        if row["sealed"] is not None:
            text = self.vault.open(account_id, sealed_as(row["letter_id"]), row["sealed"])
            return content_of(orjson.loads(text))
        if row["content"] is not None:
            return content_of(row["content"])
        if record is None:
            raise SealBroken("what it said was sealed, and is gone")
        if "message" in record:
            return Content("", record["message"])
        return Content(record["subject"], record["body"] or "", record["html"])


async def give_up_late(session: WriteSession) -> None:
    """Give up letters whose time is over, a few at once; where there are more the account stays due."""
    now = clock.now()
    for row in await store.end_late(session, now, _AT_ONCE):
        await tell(session, Ending(row, State.FAILED, Words(row["last_code"]), now))


@dataclass(frozen=True, slots=True)
class _PutAside:
    """A letter was claimed that cannot go, and has ended."""

    opened: Opened


async def _open(
    session: WriteSession, way: Way, known: Opened | None, now: datetime
) -> Opened | Paced | None:
    """Return by what the next letter goes, if one may go now."""
    lane = await store.lane(session, way.channel)
    if lane is None or (lane["closed_until"] and lane["closed_until"] > now):
        return None
    if lane["next_at"] and lane["next_at"] > now:
        return Paced(lane["next_at"])
    opened = await way.opened(session, known)
    if isinstance(opened, Away):
        await close(session, way.channel, opened, lane["failures"], now)
        return None
    if _is_full(lane, opened, now):
        tomorrow = datetime.combine(now.date() + timedelta(days=1), datetime.min.time(), UTC)
        await store.close_lane(session, way.channel, failures=0, until=tomorrow, code="day_is_full")
        return None
    return opened


def _ending(row: asyncpg.Record, record: Values | None, envelope: object, now: datetime) -> Ending | None:
    """Return what has become of a letter that nobody is to have any more."""
    if record is None and row["collection"] is not None:
        return Ending(row, State.CANCELLED, Words("cancelled"), now)
    if record is not None and record["delivery_state"] == DeliveryState.DRAFT:
        return Ending(row, State.CANCELLED, Words("cancelled"), now)
    if isinstance(envelope, Refused):
        return Ending(row, State.FAILED, envelope.words, now)
    if isinstance(envelope, Blocked):
        return Ending(row, State.BLOCKED, envelope.words, now)
    return None


def _is_full(lane: asyncpg.Record, opened: Opened, now: datetime) -> bool:
    most = opened.pace.per_day
    return most is not None and lane["day"] == now.date() and lane["sent_today"] >= most


async def _record(session: WriteSession, row: asyncpg.Record) -> Values | None:
    if row["collection"] is None:
        return None
    found = await records.some(session, registry.numbered(row["collection"]), [row["letter_id"]])
    return found.get(row["letter_id"])


async def _files(session: WriteSession, content: Content) -> tuple[Attachment, ...]:
    """Return the files of a letter; raises `LookupError` where one is gone."""
    if not content.file_ids:
        return ()
    found = await store.files(session, content.file_ids)
    rows = (found[each] for each in content.file_ids)
    return tuple(Attachment(row["name"], row["media_type"], row["content"]) for row in rows)


def _parcel(
    account_id: UUID,
    row: Any,
    envelope: Envelope,
    content: Content,
    files: tuple[Attachment, ...],
) -> Parcel:
    return Parcel(
        account_id=account_id,
        letter_id=row["letter_id"],
        channel=Channel(row["channel"]),
        purpose=Purpose(row["purpose"]),
        message_id=row["message_id"],
        envelope=envelope,
        recipients=envelope.everybody,
        content=content,
        files=files,
        is_bulk=row["is_bulk"],
        tries=row["tries"],
        first_tried_at=row["first_tried_at"],
        last_code=row["last_code"],
        was_cut=row["was"] == State.SENDING,
        ends_at=0.0,
        is_in_doubt=row["doubted_at"] is not None,
    )
