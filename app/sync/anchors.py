"""Anchors: what trimming rules may look at, stamped on each record when it is written, and nothing else."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple
from uuid import UUID

from app.sync.fields import Values

ALWAYS = date.max
"""The day of a record that no window leaves out: the driver writes it as `infinity`."""
SLOTS = 8
"""How many kinds of children the feed has room for."""
NOT_YET: tuple[date | None, ...] = (None,) * SLOTS
Told = tuple[date, tuple[int, ...], tuple[int, ...], bool, tuple[date | None, ...]]
"""What a rule can tell states apart by: day, labels, owners, whether private, latest days."""


class Anchors(NamedTuple):
    """One state's anchors, the revision at which it began, and the device that set it.

    `labels` and `owners` are small numbers of the account; `latest` has the latest day among all descendants
    of each kind, by the kind's slot, none where there is no such descendant.
    """

    since: int
    by: UUID | None
    day: date = ALWAYS
    labels: tuple[int, ...] = ()
    owners: tuple[int, ...] = ()
    private: bool = False
    latest: tuple[date | None, ...] = NOT_YET

    @property
    def told(self) -> Told:
        """Return what a rule can tell states apart by."""
        return self.day, self.labels, self.owners, self.private, self.latest


@dataclass(frozen=True, slots=True)
class Stamp:
    """How a collection's anchors follow from its fields.

    `day` names the field whose date is the record's day; one for which `is_pinned` holds, or without a date,
    is always at hand; `pinned` says of the former what they are, such as "not paid yet". `labels` and
    `owners` name fields with ids, `private` one that is true or false, or says that all are. `site` names the
    field that says where a record is at home: a device bound to another place goes without. `also` yields
    further labels, out of `names`. `slot` is the kind's place among its parents' children.
    """

    day: str | None = None
    is_pinned: Callable[[Values], bool] | None = None
    pinned: str = ""
    labels: tuple[str, ...] = ()
    site: str | None = None
    also: Callable[[Values], Iterable[str]] | None = None
    names: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    private: str | Literal[True] | None = None
    slot: int | None = None

    def day_of(self, values: Values) -> date:
        """Return the day a record stands on."""
        text = values[self.day] if self.day else None
        if not text or (self.is_pinned and self.is_pinned(values)):
            return ALWAYS
        return date.fromisoformat(text[:10])

    @property
    def label_names(self) -> tuple[str, ...]:
        """Return the fields whose ids a record is labelled with."""
        return (*self.labels, self.site) if self.site else self.labels

    def labels_of(self, values: Values) -> list[str]:
        """Return what a record is labelled with: ids, and names of the declaration's own."""
        found = list(_ids(values, self.label_names))
        return [*found, *self.also(values)] if self.also else found

    def owners_of(self, values: Values) -> list[str]:
        """Return the ids of those a record belongs to."""
        return list(_ids(values, self.owners))

    def is_private(self, values: Values) -> bool:
        """Say whether only its owners may see it."""
        return self.private is True or bool(self.private and values[self.private])


def numbered(names: Iterable[str], numbers: Mapping[str, int]) -> tuple[int, ...]:
    """Return names by their numbers in the account, in one order."""
    return tuple(sorted({numbers[name] for name in names}))


def _ids(values: Values, fields: Iterable[str]) -> Iterator[str]:
    for name in fields:
        value = values[name]
        if isinstance(value, list):
            yield from value
        elif value is not None:
            yield value
