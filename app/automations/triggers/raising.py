"""Raising: what a trigger waits for is written down in the transaction in which it happens, once."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from app.accounts.store import bring_automations_due_forward
from app.automations.triggers import store
from app.automations.triggers.days import base_on, due_at, happening, key_of, unswept
from app.automations.triggers.kinds import SOURCES, SPECS, STOP_WORDS, Kind, Why
from app.automations.triggers.store import Raised, Watch
from app.core import clock
from app.galleries.hosting import OPEN as OPEN_GALLERY
from app.galleries.merging import merged
from app.studio.deliveries import Direction
from app.studio.sessions import GalleryState
from app.sync import registry
from app.sync.draft import Draft
from app.sync.fields import Values
from app.sync.reactions import Written, at_last

_making: ContextVar[bool] = ContextVar("making", default=False)
_LOOKED_AT = {
    source: tuple(
        {name for each in SPECS.values() if each.source == source for name in (each.moved, *each.on_fields)}
        - {None}
    )
    for source in SOURCES
}
"""The fields of each collection by which something may happen."""


@contextmanager
def raising_nothing() -> Iterator[None]:
    """Let nothing that is written here raise a trigger: what triggers make would feed them for ever."""
    token = _making.set(True)
    try:
        yield
    finally:
        _making.reset(token)


@dataclass(frozen=True, slots=True)
class Happened:
    """A write as triggers see it: what changed in it, and what the record is from now on."""

    source: str
    record_id: UUID
    changed: frozenset[str]
    before: Values
    fields: Values
    word: str | None = None

    @property
    def about(self) -> tuple[int, UUID]:
        """Return the record an occurrence would be of: of a text its client, where it has one."""
        client_id = self.fields["client_id"] if self.word else None
        if client_id:
            return registry.number_of("clients"), UUID(client_id)
        return registry.number_of(self.source), self.record_id


@dataclass(frozen=True, slots=True)
class Now:
    """The moment of a write, and the day it is where the company is."""

    instant: datetime
    zone: str

    @property
    def today(self) -> date:
        """Return the day."""
        return clock.day_of(self.instant, self.zone)


@at_last(*SOURCES)
async def follow_writes(draft: Draft, written: Sequence[Written]) -> None:
    """Raise the triggers that wait for what is written; let what waits follow those who are merged.

    The account's clock is held: what was committed before a trigger was made is the past, and what comes
    after it is not.
    """
    session, now = draft.session, clock.now()
    if gone := [each for each in written if each.after is None]:
        clients = [each for each in gone if each.key[0] == registry.number_of("clients")]
        for one, other in await merged(draft, clients):
            await store.follow_merge(session, one, other, now)
        await store.records_gone(session, [each.key[1] for each in gone], now)
    if session.brings_history or _making.get():
        return
    happened = [found for each in written if (found := seen(each))]
    if not happened:
        return
    watches = await store.watches(session, {registry.number_of(each.source) for each in happened})
    if not watches:
        return
    present = Now(now, await store.zone(session))
    raised = {
        (each.trigger_id, each.record_id, each.key): each
        for one in happened
        for watch in watches
        for each in raised_by(watch, one, present)
    }
    if raised and await store.keep(session, raised.values(), now):
        await bring_automations_due_forward(session, now)


@at_last("companies")
async def follow_zone(draft: Draft, written: Sequence[Written]) -> None:
    """Look through the days anew where they begin at another hour."""
    if any(not each.is_new and each.after and each.changes("time_zone") for each in written):
        await bring_automations_due_forward(draft.session, clock.now())


def seen(written: Written) -> Happened | None:
    """Return a write as triggers see it; none where nothing has changed that one could wait for."""
    after, source = written.after, registry.numbered(written.key[0]).name
    if after is None:
        return None
    if source == "text_messages":
        word = first_word(after["message"]) if written.is_new and _came_in(after) else None
        return Happened(source, written.key[1], frozenset(), {}, after, word) if word else None
    changed = frozenset(name for name in _LOOKED_AT[source] if name and written.changes(name))
    return Happened(source, written.key[1], changed, written.before or {}, after) if changed else None


def first_word(message: str) -> str | None:
    """Return the word a text begins with, without its case and what stands around it."""
    words = message.split(maxsplit=1)
    word = words[0].strip(".,;:!?\"'()[]").casefold() if words else ""
    return word if word and word not in STOP_WORDS else None


def raised_by(watch: Watch, happened: Happened, now: Now) -> Iterable[Raised]:
    """Yield what a write raises a trigger by; of days to come nothing, which is the sweep's to find."""
    spec = watch.spec
    if spec.source != happened.source or not is_as_wanted(watch, happened.fields):
        return
    collection, record_id = happened.about
    if watch.on_field is None:
        if _happens(watch, happened):
            yield Raised(watch.trigger_id, collection, record_id, happening(now.today), now.instant)
        return
    value = happened.fields[watch.on_field] if watch.on_field in happened.changed else None
    if not value:
        return
    # What comes late for a day that is not looked through yet is over all the same: the sweep finds it known.
    for day in {*unswept(watch.swept_to, now.today), now.today}:
        base = base_on(watch.on_field, date.fromisoformat(value), day, watch.offset_days)
        due = due_at(day, watch.at_time, now.zone)
        if base is not None and due >= watch.since:
            code = None if day == now.today else Why.OVER
            key = key_of(watch.on_field, base)
            yield Raised(watch.trigger_id, collection, record_id, key, due, code)


def is_as_wanted(watch: Watch, fields: Values) -> bool:
    """Say whether a record has the type and the status a trigger wants."""
    spec = watch.spec
    if watch.type_id and spec.type_field and fields[spec.type_field] != str(watch.type_id):
        return False
    return not watch.status_id or fields["status_id"] == str(watch.status_id)


def _happens(watch: Watch, happened: Happened) -> bool:
    """Say whether what a trigger waits for is what has just happened."""
    spec, fields = watch.spec, happened.fields
    if watch.kind is Kind.TEXT_KEYWORD:
        return happened.word == watch.value
    if spec.moved not in happened.changed:
        return False
    if watch.kind is Kind.SESSION_GALLERY:
        # One that had expired was there for its client all the while.
        was_open = happened.before.get("gallery_state") in OPEN_GALLERY
        return fields["gallery_state"] == GalleryState.ONLINE and not was_open
    if watch.kind is Kind.EMAIL_DELIVERY:
        is_ours = fields["direction"] == Direction.OUTGOING
        return bool(is_ours and fields["delivery_state"] == watch.value)
    return True


def _came_in(fields: Any) -> bool:
    return bool(fields["direction"] == Direction.INCOMING)
