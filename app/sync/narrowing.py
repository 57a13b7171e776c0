"""Which of two values of a preference is the narrower: a device may narrow its company's, never widen it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import inf
from typing import Any

from pydantic.fields import FieldInfo


class Narrows(StrEnum):
    """What makes a value of a preference narrower than another, so that a device holds less or the same.

    `less`: a smaller number. `to_false`, `to_true`: that value. `by_order`: a choice further down, each being
    part of the one before. `from_all`: any choice but the first, which is all; the others are no part of one
    another. `by_more`: a list with more in it, which says what to leave out. `by_fewer`: one with fewer,
    which says what to keep.
    """

    LESS = "less"
    TO_FALSE = "to_false"
    TO_TRUE = "to_true"
    BY_ORDER = "by_order"
    FROM_ALL = "from_all"
    BY_MORE = "by_more"
    BY_FEWER = "by_fewer"


@dataclass(frozen=True, slots=True)
class Limit:
    """How a company's value of one preference limits a device's own.

    `no_limit` is the number that stands for none. `only_if` names another preference and the value it must
    have for this one to say anything.
    """

    narrows: Narrows
    no_limit: int | None = None
    only_if: tuple[str, str] | None = None

    @classmethod
    def of(cls, info: FieldInfo) -> "Limit":
        """Return what the declaration of a preference says."""
        extra: dict[str, Any] = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
        only_if = next(iter(extra.get("x-only-if", {}).items()), None)
        return cls(Narrows(extra["x-narrows"]), extra.get("x-no-limit"), only_if)

    def narrower(self, company: Any, own: Any) -> Any:
        """Return the value that admits only what both admit."""
        if self.narrows is Narrows.LESS:
            return min(company, own, key=self._reach)
        return _NARROWER[self.narrows](company, own)

    def _reach(self, number: int | None) -> float:
        return inf if number is None or number == self.no_limit else number


def _further_down(company: StrEnum, own: StrEnum) -> StrEnum:
    return max(company, own, key=list(type(company)).index)


def _unless_all(company: StrEnum, own: StrEnum) -> StrEnum:
    return own if company is next(iter(type(company))) else company


_NARROWER: Mapping[Narrows, Callable[[Any, Any], Any]] = {
    Narrows.TO_FALSE: lambda company, own: company and own,
    Narrows.TO_TRUE: lambda company, own: company or own,
    Narrows.BY_ORDER: _further_down,
    Narrows.FROM_ALL: _unless_all,
    Narrows.BY_MORE: lambda company, own: sorted({*company, *own}),
    Narrows.BY_FEWER: lambda company, own: sorted({*company} & {*own}),
}
