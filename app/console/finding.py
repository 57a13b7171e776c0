"""Finding something on a page that shows a whole list: by words that are in it, in an order one chooses."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from app.console.api import Record
from app.console.visits import MOST_LETTERS, Visit

Key = Callable[[Record], Any]


@dataclass(frozen=True, slots=True)
class Order:
    """An order entries can be put in: what it is called, and what they are compared by."""

    label: str
    key: Key


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody looks for in a list, and the order they want it in; at first all, in the usual one."""

    words: str
    order: str
    orders: Mapping[str, Order]

    @property
    def is_usual(self) -> bool:
        """Say whether the whole list is wanted, in its usual order."""
        return not self.words and self.order == next(iter(self.orders))

    def finds(self, texts: Iterable[str | None]) -> bool:
        """Say whether each word that is looked for is in some texts."""
        within = " ".join(each for each in texts if each).casefold()
        return all(word in within for word in self.words.casefold().split())

    def sorted(self, entries: Iterable[Record]) -> list[Record]:
        """Return entries in the order that is wanted."""
        return sorted(entries, key=self.orders[self.order].key)


def wanted(visit: Visit, orders: Mapping[str, Order]) -> Wanted:
    """Return what the address of a page asks for; the first order is the usual one."""
    asked = visit.request.query_params
    order = asked.get("order", "")
    words = asked.get("words", "").strip()[:MOST_LETTERS]
    return Wanted(words, order if order in orders else next(iter(orders)), orders)
