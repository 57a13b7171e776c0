"""From what is asked of a hub to SQL: names come from the registry of fields alone, values are parameters."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from app.desk.hubs.fields import HubField, Step
from app.desk.hubs.filters import Comparison, Condition, Group, Operator, Span
from app.sync import registry
from app.sync.registry import Collection
from app.sync.scope import Scope
from app.sync.tables import Kind

BASE = "b"
_TYPES = {
    Kind.TEXT: "text",
    Kind.CHOICE: "text",
    Kind.INTEGER: "bigint",
    Kind.BOOLEAN: "boolean",
    Kind.DATE: "date",
    Kind.TIME: "time",
    Kind.INSTANT: "timestamptz",
    Kind.ID: "uuid",
    Kind.IDS: "uuid",
    Kind.TEXTS: "text",
}
_LISTS = {Kind.IDS, Kind.TEXTS}
_OBJECTS = {Kind.OBJECT, Kind.OBJECTS}
_CELL = 20
"""Bytes that are reckoned for a cell beside what is in it."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record stands: its value in the order, or that it has none, and its id."""

    value: Any
    record_id: UUID

    @property
    def is_blank(self) -> bool:
        """Say whether it stands among those without a value, which come last."""
        return self.value is None


@dataclass(frozen=True, slots=True)
class Sought:
    """Which records are wanted, of those the user may see: all that meet a filter and have the words."""

    collection: Collection
    rights: Scope
    condition: Condition | None = None
    words: tuple[str, ...] = ()
    keys: tuple[HubField, ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """By which field records are listed, those without a value last, and those alike by their ids."""

    by: HubField
    is_descending: bool = False


Statement = tuple[str, list[Any]]


def ordered(column: str, kind: Kind) -> str:
    """Return the SQL of what stands for a column in an order: of texts what `text_order` makes of them."""
    return f'text_order({column}) COLLATE "C"' if kind is Kind.TEXT else column


@dataclass(slots=True)
class _Writing:
    """A statement in the making: its parameters, and the records it has joined by the way to them."""

    sought: Sought
    account_id: UUID
    values: list[Any] = field(default_factory=list)
    joined: dict[tuple[Step, ...], str] = field(default_factory=dict)
    joins: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.values.append(self.account_id)

    def parameter(self, value: Any, kind: str) -> str:
        self.values.append(value)
        return f"${len(self.values)}::{kind}"

    def column(self, found: HubField) -> str:
        """Return the SQL of a field, of the record or of one it leads to."""
        column = f'{self._alias(found.steps)}."{found.name}"'
        return f"({column} ->> '{found.member}')::{_TYPES[found.kind]}" if found.member else column

    def in_order(self, found: HubField) -> str:
        """Return the SQL of what a field is put in order by: a text's place among texts, else the value."""
        return ordered(self.column(found), found.kind)

    def _alias(self, steps: tuple[Step, ...]) -> str:
        """Return what the record at the end of a way is called; who may not see it sees none there."""
        if not steps:
            return BASE
        if steps not in self.joined:
            before, alias = self._alias(steps[:-1]), f"j{len(self.joined) + 1}"
            self.joined[steps] = alias
            [*_, step] = steps
            collection = registry.numbered(registry.number_of(step.leads_to))
            seen = self.seen(collection, alias)
            self.joins.append(
                f'LEFT JOIN "{collection.name}" {alias} ON {alias}.account_id = $1'
                f' AND {alias}.id = {before}."{step.name}"{seen}'
            )
        return self.joined[steps]

    def seen(self, collection: Collection, alias: str) -> str:
        """Return what keeps others' private records out, where the collection may have any."""
        me = self.sought.rights[collection.number].me
        if me is None or not collection.stamp.private:
            return ""
        asked = self.parameter(me, "int")
        return (
            f" AND EXISTS (SELECT FROM feed f WHERE f.account_id = $1 AND f.collection = {collection.number}"
            f" AND f.record_id = {alias}.id AND (NOT f.private OR {asked} = ANY(f.owners)))"
        )

    def wanted(self) -> str:
        """Return what all records that are sought meet."""
        sought = self.sought
        parts = [f"{BASE}.account_id = $1{self.seen(sought.collection, BASE)}"]
        if sought.condition:
            parts.append(self.condition(sought.condition))
        parts += [self._word(word) for word in sought.words]
        return " AND ".join(parts)

    def condition(self, condition: Condition) -> str:
        if isinstance(condition, Group):
            members = [self.condition(each) for each in condition.members]
            joint, empty = (" AND ", "true") if condition.is_all else (" OR ", "false")
            return f"({joint.join(members)})" if members else empty
        return f"({self._comparison(condition)})"

    def _comparison(self, test: Comparison) -> str:  # noqa: PLR0911 - one for each operator
        column, kind, value = self.column(test.field), _TYPES.get(test.field.kind, ""), test.value
        match test.operator:
            case Operator.BLANK:
                blank = self._blank(test.field, column)
                return blank if value else f"NOT ({blank})"
            case Operator.IN if test.field.kind in _LISTS:
                return f"{column} && {self.parameter(list(value), kind + '[]')}"
            case Operator.IN:
                values = [each.first if isinstance(each, Span) else each for each in value]
                return f"{column} = ANY({self.parameter(values, kind + '[]')})"
            case Operator.CONTAINS if test.field.kind in _LISTS:
                return f"{self.parameter(value, kind)} = ANY({column})"
            case Operator.CONTAINS:
                return f"position(lower({self.parameter(value, kind)}) IN lower({column})) > 0"
            case Operator.STARTS:
                return f"starts_with(lower({column}), lower({self.parameter(value, kind)}))"
        if not isinstance(value, Span):
            same = "=" if test.operator is Operator.EQUALS else "IS DISTINCT FROM"
            return f"{column} {same} {self.parameter(value, kind)}"
        return self._in_order(test.operator, column, value, kind)

    def _in_order(self, operator: Operator, column: str, value: Span, kind: str) -> str:
        if operator is Operator.GREATER:
            return f"{column} > {self.parameter(value.last, kind)}"
        if operator is Operator.LESS:
            return f"{column} < {self.parameter(value.first, kind)}"
        first, last = self.parameter(value.first, kind), self.parameter(value.last, kind)
        if operator is Operator.NOT:
            return f"{column} < {first} OR {column} > {last} OR {column} IS NULL"
        return f"{column} >= {first} AND {column} <= {last}"

    def _blank(self, found: HubField, column: str) -> str:
        if found.kind in _LISTS:
            return f"coalesce(cardinality({column}), 0) = 0"
        if found.kind in _OBJECTS:
            return f"coalesce({column}, '[]'::jsonb) = '[]'::jsonb"
        return f"coalesce({column}, '') = ''" if found.kind is Kind.TEXT else f"{column} IS NULL"

    def _word(self, word: str) -> str:
        """Return the test whether a word is in any key: in a text, or the same number or day."""
        tests = []
        for key in self.sought.keys:
            column = self.column(key)
            if key.kind is Kind.TEXT:
                tests.append(f"position(lower({self.parameter(word, 'text')}) IN lower({column})) > 0")
            elif key.kind is Kind.INTEGER and word.isdecimal() and word.isascii() and len(word) <= 15:  # noqa: PLR2004
                tests.append(f"{column} = {self.parameter(int(word), 'bigint')}")
            elif key.kind is Kind.DATE and (day := _day(word)):
                tests.append(f"{column} = {self.parameter(day, 'date')}")
        return f"({' OR '.join(tests)})" if tests else "false"

    def source(self) -> str:
        return " ".join([f'FROM "{self.sought.collection.name}" {BASE}', *self.joins])


def page(
    account_id: UUID,
    sought: Sought,
    columns: Sequence[HubField],
    order: Order,
    most: int,
    *,
    most_bytes: int,
    after: Place | None,
    is_blank: bool,
) -> Statement:
    """Return what finds some records in order behind a place: of those with a value, or of those without.

    Each row is the id, the value of the order, the columns, and last how many of those found come behind it.
    They end where they would be more than some bytes, but with no less than one: how long a text is
    PostgreSQL knows without fetching it.
    """
    writing = _Writing(sought, account_id)
    by, way = writing.in_order(order.by), "DESC" if order.is_descending else "ASC"
    beyond = "<" if order.is_descending else ">"
    wanted = writing.wanted()
    if order.by.is_nullable or order.by.steps:
        wanted += f" AND {writing.column(order.by)} IS {'' if is_blank else 'NOT '}NULL"
    if after and is_blank:
        wanted += f" AND {BASE}.id {beyond} {writing.parameter(after.record_id, 'uuid')}"
    elif after:
        value = writing.parameter(after.value, _TYPES[order.by.kind])
        wanted += f" AND ({by}, {BASE}.id) {beyond} ({value}, {writing.parameter(after.record_id, 'uuid')})"
    read = "".join(f", {writing.column(each)} AS c{nth}" for nth, each in enumerate(columns))
    places = f"{BASE}.id {way}" if is_blank else f"{by} {way}, {BASE}.id {way}"
    most_of = writing.parameter(most, "int")
    found = f"SELECT {BASE}.id, {by} AS value{read} {writing.source()} WHERE {wanted}"
    in_order = f"ORDER BY {'' if is_blank else f'value {way}, '}id {way}"
    bound = writing.parameter(most_bytes, "bigint")
    return _bounded(f"{found} ORDER BY {places} LIMIT {most_of}", columns, in_order, bound), writing.values


def _bounded(found: str, columns: Sequence[HubField], in_order: str, most_bytes: str) -> str:
    """Return what reads no more than some bytes of what was found in order."""
    sizes = " + ".join(_size(f"c{nth}", each.kind) for nth, each in enumerate(columns)) or "0"
    shown = "".join(f", {_shown(f'c{nth}', each.kind)}" for nth, each in enumerate(columns))
    upto = f"row_number() OVER upto AS nth, sum({sizes}) OVER upto AS bytes"
    window = f"WINDOW upto AS ({in_order} ROWS UNBOUNDED PRECEDING)"
    measured = f"SELECT *, count(*) OVER () AS keys, {upto} FROM ({found}) f {window}"
    kept = f"nth = 1 OR bytes <= {most_bytes}"
    return f"SELECT id, value{shown}, keys - nth FROM ({measured}) f WHERE {kept} {in_order}"


def counts(account_id: UUID, sought: Sought, by: HubField | None, most: int) -> Statement:
    """Return what counts records by the values of a field, those without one last; or all together."""
    writing = _Writing(sought, account_id)
    if by is None:
        wanted = writing.wanted()
        return f"SELECT NULL AS value, count(*) AS many {writing.source()} WHERE {wanted}", writing.values
    column = writing.column(by)
    value = f"NULLIF({column}, '')" if by.kind is Kind.TEXT else column
    wanted, most_of = writing.wanted(), writing.parameter(most, "int")
    found = f"SELECT {value} AS value, count(*) AS many {writing.source()} WHERE {wanted} GROUP BY 1"
    by_value = ordered("value", by.kind)
    return f"SELECT * FROM ({found}) g ORDER BY {by_value} NULLS LAST LIMIT {most_of}", writing.values


def _shown(column: str, kind: Kind) -> str:
    return f"{column}::text" if kind in _OBJECTS else column


def _size(column: str, kind: Kind) -> str:
    """Return about how many bytes a cell comes to, with its name."""
    if kind is Kind.TEXT:
        return f"coalesce(octet_length({column}), 0) + {_CELL}"
    if kind in _OBJECTS | _LISTS:
        return f"coalesce(octet_length({column}::text), 0) + {_CELL}"
    return str(_CELL)


def _day(word: str) -> date | None:
    try:
        return date.fromisoformat(word) if len(word) == len("2026-06-20") else None
    except ValueError:
        return None
