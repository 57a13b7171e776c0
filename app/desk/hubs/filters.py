"""Filters as they are sent and saved, and what becomes of one that is held against the registry of fields."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any, Optional
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue

from app.desk.hubs.dates import FIRST, LAST, MOST_DAYS, Calendar, Word
from app.desk.hubs.errors import InvalidQuery
from app.desk.hubs.fields import HubField, View
from app.http.failures import MOST_FIELDS
from app.http.schemas import Wire
from app.sync.registry import Collection
from app.sync.tables import Kind

MOST_DEPTH = 10
"""How deep groups may lie in groups."""
MOST_TESTS = 100
"""How many tests a filter may have, in all its groups."""
MOST_GROUPS = 100
"""How many groups a filter may have."""
MOST_VALUES = 500
"""How many values `in` may name."""

_MOST_MEMBERS = 1_000
_LONGEST = 1_000
_MOST = 2**53 - 1
_ISO_DATE = len("2026-06-20")


class Operator(StrEnum):
    """How a field is held against a value."""

    EQUALS = "equals"
    NOT = "not"
    CONTAINS = "contains"
    STARTS = "starts"
    GREATER = "greater"
    LESS = "less"
    BETWEEN = "between"
    IN = "in"
    BLANK = "blank"


_SAME = {Operator.EQUALS, Operator.NOT, Operator.BLANK}
_ORDER = {*_SAME, Operator.GREATER, Operator.LESS, Operator.BETWEEN}
OPERATORS: dict[Kind, set[Operator]] = {
    Kind.TEXT: {*_SAME, Operator.CONTAINS, Operator.STARTS, Operator.IN},
    Kind.CHOICE: {*_SAME, Operator.IN},
    Kind.INTEGER: {*_ORDER, Operator.IN},
    Kind.BOOLEAN: _SAME,
    Kind.DATE: _ORDER,
    Kind.TIME: _ORDER,
    Kind.INSTANT: _ORDER,
    Kind.ID: {*_SAME, Operator.IN},
    Kind.IDS: {Operator.CONTAINS, Operator.IN, Operator.BLANK},
    Kind.TEXTS: {Operator.CONTAINS, Operator.IN, Operator.BLANK},
    Kind.OBJECT: {Operator.BLANK},
    Kind.OBJECTS: {Operator.BLANK},
}
"""What fits each kind of field."""

_SAMPLE: dict[str, JsonValue] = {
    "all": [
        {"field": "web_order_number", "is": "blank", "value": False},
        {"field": "invoice_date", "is": "equals", "value": {"relative": "today"}},
    ]
}


class Filter(Wire):
    """A test of a field, or several filters of which `all` or `any` must hold: one of the three."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SAMPLE]})

    all: Optional[list["Filter"]] = Field(  # noqa: UP045 - a string is no operand
        None,
        max_length=_MOST_MEMBERS,
        description="Filters that must all hold.",
        examples=[_SAMPLE["all"]],
    )
    any: Optional[list["Filter"]] = Field(  # noqa: UP045
        None, max_length=_MOST_MEMBERS, description="Filters of which one must hold.", examples=[None]
    )
    field: str | None = Field(
        None, max_length=100, description="The path of a field.", examples=["web_order_number"]
    )
    operator: Operator | None = Field(
        None, alias="is", description="How it is held against the value.", examples=["blank"]
    )
    value: JsonValue = Field(
        None,
        description="One value, two for `between`, several for `in`; for `blank` true or false. Days may be"
        ' told by today: `{"relative": "last_days", "n": 7}`.',
        examples=[False],
    )


@dataclass(frozen=True, slots=True)
class Span:
    """What lies from one value to another, both with it: a day is one of these, and a year."""

    first: Any
    last: Any


@dataclass(frozen=True, slots=True)
class Comparison:
    """A test of a field with a value of its kind: spans for what has an order, true or false for `blank`."""

    field: HubField
    operator: Operator
    value: Any


@dataclass(frozen=True, slots=True)
class Group:
    """Tests of which all must hold, or one."""

    is_all: bool
    members: tuple["Condition", ...]


Condition = Comparison | Group


class _Wrong(Exception):
    """A value that does not fit; `place` is the way to it from the test."""

    def __init__(self, code: str, place: str = "value") -> None:
        super().__init__(code)
        self.code, self.place = code, place


@dataclass(slots=True)
class Reader:
    """Reads filters of a hub for a user, on a day; remembers all that is wrong."""

    hub: Collection
    view: View
    calendar: Calendar
    wrong: list[dict[str, str]] = field(default_factory=list)
    tests: int = 0
    groups: int = 0

    def find(self, path: str, place: str) -> HubField | None:
        """Return the field of a path that may be viewed; otherwise there is none, and that is remembered."""
        found = self.view.find(self.hub, path)
        if found is None:
            self.refuse(place, "unknown_field")
        return found

    def refuse(self, place: str, code: str) -> None:
        """Remember what is wrong where."""
        self.wrong.append({"path": place[:100], "code": code})

    def check(self) -> None:
        """Raise `InvalidQuery` if anything was wrong."""
        if self.wrong:
            raise InvalidQuery(fields=self.wrong[:MOST_FIELDS])

    def read(self, sent: Filter, place: str = "filter", depth: int = 1) -> Condition:
        """Return what a filter means now; of what is wrong something that holds nowhere."""
        parts = [name for name in ("all", "any", "field") if getattr(sent, name) is not None]
        if len(parts) != 1 or (parts != ["field"] and sent.model_fields_set & {"operator", "value"}):
            self.refuse(place, "one_of_all_any_field")
        elif parts == ["field"]:
            return self._test(sent, place)
        elif depth > MOST_DEPTH:
            self.refuse(place, "too_deep")
        else:
            return self._group(sent, parts[0], place, depth)
        return Group(is_all=False, members=())

    def _group(self, sent: Filter, part: str, place: str, depth: int) -> Condition:
        self.groups += 1
        if self.groups == MOST_GROUPS + 1:
            self.refuse(place, "too_many_groups")
        if self.groups > MOST_GROUPS:
            return Group(is_all=False, members=())
        members = enumerate(getattr(sent, part))
        return Group(
            part == "all",
            tuple(self.read(each, f"{place}.{part}.{nth}", depth + 1) for nth, each in members),
        )

    def _test(self, sent: Filter, place: str) -> Condition:
        self.tests += 1
        found = self.find(sent.field or "", f"{place}.field")
        if self.tests == MOST_TESTS + 1:
            self.refuse(place, "too_many_tests")
        if found is None or self.tests > MOST_TESTS:
            return Group(is_all=False, members=())
        operator = sent.operator
        if operator is None or operator not in OPERATORS[found.kind]:
            self.refuse(f"{place}.is", "operator_does_not_fit" if operator else "operator_expected")
            return Group(is_all=False, members=())
        try:
            return Comparison(found, operator, self._value(found, operator, sent))
        except _Wrong as wrong:
            self.refuse(f"{place}.{wrong.place}", wrong.code)
            return Group(is_all=False, members=())

    def _value(self, found: HubField, operator: Operator, sent: Filter) -> Any:
        value = sent.value
        if operator is Operator.BLANK:
            return _boolean(True if "value" not in sent.model_fields_set else value)
        if operator is Operator.IN:
            return tuple(self._one(found, each, place) for each, place in _list(value, 1, MOST_VALUES))
        if operator is Operator.BETWEEN:
            low, high = (self._one(found, each, place) for each, place in _list(value, 2, 2))
            if low.first > high.last:
                raise _Wrong("wrong_way_round")
            return Span(low.first, high.last)
        one = self._one(found, value, "value")
        if operator in (Operator.CONTAINS, Operator.STARTS) and one == "":
            raise _Wrong("empty")
        return one

    def _one(self, found: HubField, value: Any, place: str) -> Any:
        try:
            return self._of_kind(found, value)
        except _Wrong as wrong:
            raise _Wrong(wrong.code, wrong.place.replace("value", place, 1)) from None

    def _of_kind(self, found: HubField, value: Any) -> Any:
        if found.kind is Kind.DATE:
            return Span(*self._days(value))
        if found.kind is Kind.INSTANT:
            return self._instants(value)
        read = _READ[found.kind](value)
        if found.choices and read not in found.choices:
            raise _Wrong("not_a_choice")
        return read

    def _days(self, value: Any) -> tuple[date, date]:
        if isinstance(value, dict):
            return self._relative(value)
        return (day := _day(value)), day

    def _instants(self, value: Any) -> Span:
        if not isinstance(value, str | dict):
            raise _Wrong("date_or_instant_expected")
        if isinstance(value, str) and len(value) > _ISO_DATE:
            return Span(instant := _instant(value), instant)
        return Span(*self.calendar.instants(*self._days(value)))

    def _relative(self, value: dict[str, Any]) -> tuple[date, date]:
        try:
            word = Word(value.get("relative", ""))
        except ValueError:
            raise _Wrong("unknown_word", "value.relative") from None
        if value.keys() - {"relative", "n"}:
            raise _Wrong("extra_forbidden")
        if not word.is_counted:
            if "n" in value:
                raise _Wrong("n_not_expected", "value.n")
            return self.calendar.days(word)
        count = value.get("n")
        if type(count) is not int:
            raise _Wrong("n_expected", "value.n")
        if not 1 <= count <= MOST_DAYS:
            raise _Wrong("out_of_range", "value.n")
        return self.calendar.days(word, count)


def _list(value: Any, least: int, most: int) -> Iterator[tuple[Any, str]]:
    if not isinstance(value, list):
        raise _Wrong("list_expected")
    if not least <= len(value) <= most:
        raise _Wrong("wrong_number_of_values")
    return ((each, f"value.{nth}") for nth, each in enumerate(value))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _Wrong("text_expected")
    if len(value) > _LONGEST:
        raise _Wrong("too_long")
    return value


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _Wrong("boolean_expected")
    return value


def _integer(value: Any) -> Span:
    if type(value) is not int:
        raise _Wrong("integer_expected")
    if abs(value) > _MOST:
        raise _Wrong("out_of_range")
    return Span(value, value)


def _id(value: Any) -> UUID:
    try:
        return UUID(value)
    except (ValueError, TypeError, AttributeError):
        raise _Wrong("id_expected") from None


def _day(value: Any) -> date:
    is_day = isinstance(value, str) and len(value) == _ISO_DATE
    try:
        found = date.fromisoformat(value) if is_day else None
    except ValueError:
        found = None
    if found is None:
        raise _Wrong("date_expected")
    if not FIRST <= found <= LAST:
        raise _Wrong("out_of_range")
    return found


def _instant(value: Any) -> datetime:
    try:
        found = datetime.fromisoformat(_text(value))
        is_near = found.tzinfo is not None and FIRST <= found.date() <= LAST
    except ValueError:
        raise _Wrong("date_or_instant_expected") from None
    if found.tzinfo is None:
        raise _Wrong("date_or_instant_expected")
    if not is_near:
        raise _Wrong("out_of_range")
    return found


def _moment(value: Any) -> Span:
    try:
        found = time.fromisoformat(value)
    except (ValueError, TypeError):
        raise _Wrong("time_expected") from None
    if found.tzinfo is not None:
        raise _Wrong("time_expected")
    return Span(found, found)


_READ: dict[Kind, Callable[[Any], Any]] = {
    Kind.TEXT: _text,
    Kind.CHOICE: _text,
    Kind.INTEGER: _integer,
    Kind.BOOLEAN: _boolean,
    Kind.TIME: _moment,
    Kind.ID: _id,
    Kind.IDS: _id,
    Kind.TEXTS: _text,
}
