"""Lists as they are kept: entries in order, those of each type by themselves, and how they are moved."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.console import fields, list_layout, words
from app.console.api import Api, Record
from app.console.fields import Field
from app.console.finding import Wanted

STEP = 10
_BEFORE_ALL = -1


@dataclass(frozen=True, slots=True)
class Part:
    """Entries in one order: a whole list, or those of one type."""

    label: str | None
    entries: Sequence[Record]

    @property
    def is_unclear(self) -> bool:
        """Say whether it is a workflow of which nobody knows where it starts, or where it ends."""
        used = [each for each in self.entries if not each["is_inactive"]] if self.is_workflow else []
        return bool(used) and any(
            sum(each[mark] for each in used) != 1 for mark in ("is_initial", "is_final")
        )

    @property
    def is_workflow(self) -> bool:
        """Say whether its entries are steps."""
        return any("is_initial" in each for each in self.entries)


@dataclass(frozen=True, slots=True)
class Listing:
    """A list: what the manifest tells of it, and what it is called."""

    name: str
    description: str
    told: Sequence[Record]

    @property
    def label(self) -> str:
        """Return what it is called."""
        return words.of_key(self.name)

    @property
    def path(self) -> str:
        """Return where the API has it."""
        return f"/v1/{self.name}"

    def blank(self, wanted: Sequence[Field]) -> Record:
        """Return what a new entry begins with: the usual values."""
        usual = {each["name"]: each["default"] for each in self.told}
        return {each.name: usual.get(each.name) for each in wanted}

    def has(self, name: str) -> bool:
        """Say whether its entries have a field."""
        return any(each["name"] == name for each in self.told)


def are_neighbours(entries: Sequence[Record], one: str, other: str) -> bool:
    """Say whether two entries stand next to each other."""
    ids = [each["id"] for each in entries]
    return other in ids and abs(ids.index(one) - ids.index(other)) == 1


def moves(entries: Sequence[Record], wanted: str, over: str) -> list[tuple[Record, int]]:
    """Return which entries get which place when two change theirs; one is enough where there is room.

    Where there is none, all that must give way do so downwards, the last of them first: at whichever of them
    it ends, the others are in order, be it the former one.
    """
    order = list(entries)
    ids = [each["id"] for each in entries]
    one, other = ids.index(wanted), ids.index(over)
    order[one], order[other] = order[other], order[one]
    before = order[other - 1]["sort_order"] if other else _BEFORE_ALL
    behind = order[other + 1]["sort_order"] if other + 1 < len(order) else before + 2 * STEP
    if behind - before > 1:
        return [(order[other], (before + behind) // 2)]
    stays, *follow = order[min(one, other) :]
    given: list[tuple[Record, int]] = []
    last = stays["sort_order"]
    for each in follow:
        if each["sort_order"] > last:
            break
        last += STEP
        given.append((each, last))
    return given[::-1]


async def parts(api: Api, listing: Listing) -> list[Part]:
    """Return the entries of a list in their order, those of each type by themselves."""
    entries = sorted(await api.all(listing.path, "records"), key=lambda each: place(listing, each))
    kind = list_layout.KINDS.get(listing.name)
    if kind is None:
        return [Part(None, entries)]
    link = next(each["link"] for each in listing.told if each["name"] == kind)
    types = dict(await fields.options(api, link))
    several = {each[kind]: types.get(each[kind], "For all types") for each in entries}
    ordered = sorted(several.items(), key=lambda each: (each[0] is not None, each[1].casefold()))
    return [Part(label, [each for each in entries if each[kind] == value]) for value, label in ordered]


def found(parts: Sequence[Part], wanted: Wanted) -> list[Part]:
    """Return what is looked for of each part, in the order that is wanted, and no part without any."""
    sought = (
        Part(part.label, wanted.sorted(each for each in part.entries if wanted.finds(_texts(part, each))))
        for part in parts
    )
    return [each for each in sought if each.entries]


def _texts(part: Part, entry: Record) -> list[str | None]:
    """Return what an entry is found by: its own texts, and the type it is of."""
    return [part.label, *(each for each in entry.values() if isinstance(each, str))]


def place(listing: Listing, entry: Record) -> tuple[Any, ...]:
    """Return where an entry stands in its list."""
    if listing.name == list_layout.BY_DAY[0]:
        return (entry[list_layout.BY_DAY[1]], entry["id"])
    return (entry.get("sort_order", 0), fields.title(entry).casefold(), entry["id"])
