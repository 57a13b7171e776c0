"""The rules of the field: what follows when a record is written, whoever writes it.

Each is declared once, beside its collection. It may refuse the write, warn, set further fields of the record,
or change others. What it needs to know is read beforehand for all writes of a transaction together.
"""

from collections.abc import Awaitable, Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from app.core import clock
from app.core.db import WriteSession
from app.core.principal import Principal
from app.sync import registry
from app.sync.feed import Key
from app.sync.fields import Values

if TYPE_CHECKING:
    from app.sync.draft import Draft
    from app.sync.stamping import State

T = TypeVar("T")


@dataclass(slots=True)
class Written:
    """A record that is being written: its fields before, none of a new one, and after, none of a deleted one.

    `sent` names the fields its writer has set; reactions set others in `after`, in JSON form. `is_instead`
    tells of a write that is foreseen in case earlier ones of the record are refused.
    """

    key: Key
    before: Values | None
    after: Values | None
    sent: frozenset[str]
    is_instead: bool = False

    @property
    def is_new(self) -> bool:
        """Say whether it was not there before."""
        return self.before is None

    def changes(self, *names: str) -> bool:
        """Say whether one of some fields is no longer what it was; in a new record, whether it is set."""
        before, after = self.before or {}, self.after or {}
        return any(before.get(name) != after.get(name) for name in names)


@dataclass(frozen=True, slots=True)
class Notice:
    """Something its writer should know about a change that was taken in all the same."""

    code: str
    message: str
    fields: tuple[str, ...] = ()
    records: tuple[UUID, ...] = ()


WHOLE = "*"
"""Stands for the id of every record of a collection that is as short as a list is."""
LooksAt = Callable[[Written], Iterable[tuple[str, str | None]]]
"""The records a reaction looks at: collection and id, or `WHOLE`."""
AtHand = Callable[["Work"], tuple[str, UUID]]
"""A record a reaction looks at whatever is written."""
Asks = Callable[["Draft", Sequence[Written]], Awaitable[Any]]
"""What a reaction asks the database, once for all writes it may concern."""


@dataclass(frozen=True, slots=True, eq=False)
class Reaction:
    """One rule of the field; declared in the same words twice it is one, which asks once for all writes."""

    react: "Callable[[Written, Work], None]"
    looks_at: LooksAt | None
    asks: Asks | None
    at_hand: AtHand | None
    is_of_deletions: bool


@dataclass(slots=True)
class Work:
    """What reactions work with: the draft, who writes and when, what was asked, what is to be said."""

    draft: "Draft"
    who: Principal
    concerned: dict[Reaction, list[Written]] = field(default_factory=dict)
    answers: dict[Reaction, Any] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)
    answer: Any = None
    read: dict[Hashable, Any] = field(default_factory=dict)
    """What commands have asked the database beforehand, under keys of their own."""
    now: datetime = field(init=False)
    """The moment of the transaction, where the company is."""
    minute: str = field(init=False)
    """The same as people read it."""
    made: dict[Any, tuple[int | None, Any]] = field(default_factory=dict)
    ages: dict[int, int] = field(default_factory=dict)
    """A number for each collection that is another whenever its records may be seen as others."""

    def __post_init__(self) -> None:
        """Tell the time once."""
        self.now = clock.now().astimezone(ZoneInfo(self.who.time_zone))
        self.minute = f"{self.now:%Y-%m-%d %H:%M}"

    @property
    def today(self) -> date:
        """Return the present day where the company is."""
        return self.now.date()

    def once(self, key: Hashable, collection: str, make: Callable[[], T]) -> T:
        """Return what is made of the records of a collection, made anew when one of them has changed."""
        age = self.ages.get(registry.number_of(collection))
        known = self.made.get(key)
        if known is None or known[0] != age:
            known = self.made[key] = age, make()
        found: T = known[1]
        return found

    def find(self, collection: str, record_id: str | UUID | None) -> Values | None:
        """Return a record as this transaction sees it; none that is not there or was not looked at."""
        if record_id is None:
            return None
        known = record_id if isinstance(record_id, UUID) else UUID(record_id)
        state = self.draft.peek((registry.number_of(collection), known))
        return state.values if state else None

    def changed(self, collection: str) -> Iterator[tuple[UUID, Values]]:
        """Yield the records of a collection that this transaction writes."""
        return self.draft.changed(registry.number_of(collection))

    def known(self, collection: str) -> Iterator[tuple[UUID, Values]]:
        """Yield the records of a collection that were looked at or written, as this transaction sees them."""
        return self.draft.known(registry.number_of(collection))

    def set(self, collection: str, record_id: str | UUID, **fields: Any) -> None:
        """Set fields of another record that was looked at, without further reactions."""
        self.draft.amend((registry.number_of(collection), UUID(str(record_id))), fields)

    def warn(self, code: str, message: str, fields: Iterable[str] = (), records: Iterable[UUID] = ()) -> None:
        """Tell the writer something."""
        self.notices.append(Notice(code, message, tuple(fields), tuple(records)))


_declared: dict[tuple[Any, ...], Reaction] = {}
_reactions: dict[str, list[Reaction]] = {}
_to_all: list[Reaction] = []
React = Callable[[Written, Work], None]


def on_write(
    *collections: str,
    looks_at: LooksAt | None = None,
    asks: Asks | None = None,
    at_hand: AtHand | None = None,
    is_of_deletions: bool = True,
) -> Callable[[React], React]:
    """Declare what follows when a record of some collections, or of any, is created, changed or deleted.

    What it `looks_at` and `asks` depends on the writes, which are foreseen; what is `at_hand` does not.

    Reactions follow in the order in which they are declared, those to any collection last: they see what the
    others have set. They raise `ChangeRefused` to refuse. One that is not `is_of_deletions` is never told of
    them, and its refusals are none of a deletion's in the API document.
    """

    def declare(react: React) -> React:
        words = react, looks_at, asks, at_hand, is_of_deletions
        reaction = _declared.setdefault(words, Reaction(*words))
        _of.cache_clear()
        for name in collections:
            _reactions.setdefault(name, []).append(reaction)
        if not collections:
            _to_all.append(reaction)
        return react

    return declare


def looks_ahead(number: int) -> bool:
    """Say whether what is read beforehand depends on what will be written to a collection."""
    return any(each.looks_at or each.asks for each in _reactions_to(number))


def at_hand(work: Work, numbers: Iterable[int]) -> Iterator[Key]:
    """Yield the records that writes to some collections look at, whatever they are."""
    asked = {each.at_hand for number in set(numbers) for each in _reactions_to(number) if each.at_hand}
    for collection, record_id in (each(work) for each in asked):
        yield registry.number_of(collection), record_id


async def prepare(work: Work, intended: Sequence[Written]) -> None:
    """Read what the reactions to some writes will look at and ask for, with those prepared for before."""
    concerned: dict[Reaction, list[Written]] = {}
    for written in intended:
        for reaction in _reactions_to(written.key[0]):
            concerned.setdefault(reaction, []).append(written)
    looked_at = dict.fromkeys(_looked_at(concerned))
    whole = [number for number, record_id in looked_at if record_id == WHOLE]
    await work.draft.load((number, UUID(each)) for number, each in looked_at if each != WHOLE)
    await work.draft.load_all(*whole)
    for reaction, each in concerned.items():
        if reaction.asks:
            known = work.concerned.setdefault(reaction, [])
            known += each
            work.answers[reaction] = await reaction.asks(work.draft, known)


def react(work: Work, written: Written) -> None:
    """Let everything follow that follows from one write."""
    for reaction in _reactions_to(written.key[0]):
        if reaction.is_of_deletions or written.after is not None:
            work.answer = work.answers.get(reaction)
            reaction.react(written, work)


def reactions_to(collection: str) -> tuple[Reaction, ...]:
    """Return the reactions to writes to a collection, in their order."""
    return _of(collection)


def _reactions_to(number: int) -> tuple[Reaction, ...]:
    return _of(registry.numbered(number).name)


@cache
def _of(collection: str) -> tuple[Reaction, ...]:
    return (*_reactions.get(collection, ()), *_to_all)


AtLast = Callable[["Draft", Sequence[Written]], Awaitable[None]]
_last: dict[str, list[AtLast]] = {}


def at_last(*collections: str) -> Callable[[AtLast], AtLast]:
    """Declare what follows once from all that is written to some collections, whoever writes it.

    It is told of no write that was taken back, when nobody refuses any more: it may read and set records of
    other collections, and refuses nothing.
    """

    def declare(conclude: AtLast) -> AtLast:
        _last_of.cache_clear()
        for name in collections:
            _last.setdefault(name, []).append(conclude)
        return conclude

    return declare


def is_followed_at_last(number: int) -> bool:
    """Say whether anything follows at last from what is written to a collection."""
    return bool(_last_of(number))


async def conclude(draft: "Draft", written: Sequence[Written]) -> None:
    """Let everything follow that follows at last from some writes."""
    concerned: dict[AtLast, list[Written]] = {}
    for write in written:
        for each in _last_of(write.key[0]):
            concerned.setdefault(each, []).append(write)
    for each, writes in concerned.items():
        await each(draft, writes)


@cache
def _last_of(number: int) -> tuple[AtLast, ...]:
    return tuple(_last.get(registry.numbered(number).name, ()))


Follow = Callable[[WriteSession, Mapping[UUID, Values | None], Collection[UUID]], Awaitable[None]]
_following: dict[str, list[Follow]] = {}


def on_flush(collection: str) -> Callable[[Follow], Follow]:
    """Declare what is kept beside the records of a collection, by those that were written; none are gone.

    It is told, too, which of them were never there before, so that nothing can be kept of those yet.
    """

    def declare(follow: Follow) -> Follow:
        _following.setdefault(collection, []).append(follow)
        return follow

    return declare


async def follow(
    session: WriteSession, number: int, written: Mapping[UUID, Values | None], new: Collection[UUID]
) -> None:
    """Let everything be kept that is kept beside some records."""
    for each in _following.get(registry.numbered(number).name, ()):
        await each(session, written, new)


@dataclass(frozen=True, slots=True)
class Stamped:
    """A record that has got a new version: how it stood before, none of a new one, and how it stands."""

    key: Key
    before: "State | None"
    after: "State"


OnStamped = Callable[[WriteSession, Principal, int, Sequence[Stamped]], Awaitable[None]]
_listening: list[OnStamped] = []


def on_stamped(hear: OnStamped) -> OnStamped:
    """Declare who is told, in the transaction that writes them, of records as they were stamped.

    It is told of versions alone, with the revision: a record that moves for another's sake is no news. What
    reactions have set at last is among it. It is asked only in accounts that are listened to, and writes no
    record.
    """
    _listening.append(hear)
    return hear


async def tell_stamped(
    session: WriteSession, who: Principal, revision: int, stamped: Sequence[Stamped]
) -> None:
    """Tell all who listen what was stamped."""
    for each in _listening:
        await each(session, who, revision, stamped)


def _looked_at(concerned: Mapping[Reaction, Sequence[Written]]) -> Iterator[tuple[int, str]]:
    for reaction, writes in concerned.items():
        looks_at = reaction.looks_at
        if looks_at is None:
            continue
        for written in writes:
            for collection, record_id in looks_at(written):
                if record_id is not None:
                    yield registry.number_of(collection), record_id
