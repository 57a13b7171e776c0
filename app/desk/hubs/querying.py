"""What a hub shows: the records that meet a query, page by page, and how many there are."""

from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson

from app.accounts.errors import PermissionDenied
from app.accounts.standing import S, Work
from app.core.db import Session
from app.core.money import digits_of
from app.core.principal import Level
from app.desk.errors import PageMalformed
from app.desk.hubs import compiling, store
from app.desk.hubs.compiling import Order, Place, Sought
from app.desk.hubs.dates import Calendar
from app.desk.hubs.fields import HubField, View
from app.desk.hubs.filters import Condition, Filter, Group, Reader
from app.desk.hubs.hubs import Hub
from app.desk.hubs.models import HubFilter
from app.desk.hubs.saved import filter_of
from app.desk.hubs.schemas import MOST_COLUMNS, MOST_GROUPS, Asked
from app.studio.weekdays import Weekday
from app.sync.tables import Kind
from app.sync.target import rights_of

MOST_WORDS = 10
"""How many words a search may have."""
PAGE_BYTES = 2_000_000
"""About how large a page may be; it has at least one record."""
_TAG = 8
_FORM = 2
"""How a place is written; to be raised with any change of that, so that pages of before begin again."""
_MOST = 2**53
_OBJECTS = (Kind.OBJECT, Kind.OBJECTS)


@dataclass(frozen=True, slots=True)
class Query:
    """What was asked of a hub, held against what there is and what the user may view.

    `places` are those of the company's money behind the decimal point; `told` is the query in its own words.
    """

    sought: Sought
    columns: tuple[HubField, ...]
    order: Order
    labels: Mapping[tuple[str, str], str]
    time_zone: str
    places: int
    tag: str
    told: Mapping[str, Any]
    group: HubField | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A record of a page: its id, its value in the order, and its columns."""

    record_id: UUID
    place: Place
    cells: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """Some records in order, and whether others follow."""

    rows: list[Row]
    has_more: bool

    @property
    def end(self) -> Place | None:
        """Return the place behind which the list goes on."""
        return self.rows[-1].place if self.has_more else None


async def view_of(work: Work[S], hub: Hub) -> View:
    """Return what the user may view; raises `PermissionDenied` where that is nothing of this hub."""
    rights = await rights_of(work.session, work.who, work.clock)
    if hub.collection.number not in rights:
        raise PermissionDenied(feature=hub.collection.feature, level=Level.VIEW_ONLY)
    return View(rights)


def calendar_of(work: Work[S], company: store.Company, on: date | None = None) -> Calendar:
    """Return the company's calendar today, or on another day."""
    first = list(Weekday).index(Weekday(company.first_weekday or Weekday.SUNDAY))
    zone = work.who.time_zone
    return Calendar(on or work.clock.day_in(zone), zone, first)


async def prepare(
    work: Work[Session], hub: Hub, asked: Asked, group: str | None = None, on: date | None = None
) -> Query:
    """Hold a query against the registry of fields; raises `InvalidQuery` with every place that is wrong."""
    view, company = await view_of(work, hub), await store.company(work.session)
    reader = Reader(hub.collection, view, calendar_of(work, company, on))
    saved = await filter_of(work, hub, reader, asked.filter_id) if asked.filter_id else None
    condition = _both(reader, asked.filter, saved and saved[1])
    columns = _columns(reader, hub, asked)
    order = _order(reader, asked.sort or hub.sort)
    words = tuple((asked.search or "").split())
    if len(words) > MOST_WORDS:
        reader.refuse("search", "too_many_words")
    if "\0" in (asked.search or ""):
        reader.refuse("search", "nul_character")
    counted = reader.find(group, "group") if group else None
    if counted and not counted.is_groupable:
        reader.refuse("group", "not_groupable")
    reader.check()
    keys = tuple(found for path in hub.keys if (found := view.find(hub.collection, path)))
    sought = Sought(hub.collection, view.rights, condition, words, keys)
    return Query(
        sought,
        columns,
        order,
        company.labels,
        work.who.time_zone,
        digits_of(company.currency),
        _tag(work, hub, asked, order),
        _told(asked, columns, order, saved and saved[0]),
        counted,
    )


async def read_page(session: Session, query: Query, most: int, after: Place | None, seconds: float) -> Page:
    """Return so many records behind a place: those with a value in the order first, then the others.

    They are fewer where they would be more than `PAGE_BYTES`.
    """
    found, left = list[Any](), 0
    by = query.order.by
    async with store.within(session, seconds):
        for is_blank in (False, True) if by.is_nullable or by.steps else (False,):
            if left or len(found) > most or (after and after.is_blank and not is_blank):
                continue
            behind = after if after and after.is_blank is is_blank else None
            statement = compiling.page(
                session.account_id,
                query.sought,
                query.columns,
                query.order,
                most + 1 - len(found),
                most_bytes=PAGE_BYTES,
                after=behind,
                is_blank=is_blank,
            )
            found += await store.fetch(session, statement)
            left = found[-1][-1] if found else 0
    return Page([_row(each, query) for each in found[:most]], bool(left) or len(found) > most)


async def count(session: Session, query: Query, seconds: float) -> tuple[list[tuple[Any, int]], bool]:
    """Return how many records there are by value, and whether there are more values than are told."""
    statement = compiling.counts(session.account_id, query.sought, query.group, MOST_GROUPS + 1)
    async with store.within(session, seconds):
        rows = await store.fetch(session, statement)
    return [(row["value"], row["many"]) for row in rows[:MOST_GROUPS]], len(rows) > MOST_GROUPS


async def count_all(session: Session, query: Query, seconds: float) -> int:
    """Return how many records a query finds."""
    [(_, many)], _ = await count(session, query, seconds)
    return many


def shown(row: Row, query: Query) -> dict[str, Any]:
    """Return a record as it is answered."""
    return {"id": row.record_id, **dict(zip((each.path for each in query.columns), row.cells, strict=True))}


def closed(place: Place, query: Query) -> str:
    """Return a place as it is sent and comes back."""
    told = orjson.dumps([query.tag, place.value, str(place.record_id)], default=str)
    return urlsafe_b64encode(told).decode().rstrip("=")


def opened(page: str, query: Query) -> Place:
    """Return the place that was sent; raises `PageMalformed` for one that is not of this list."""
    try:
        told, value, record_id = orjson.loads(b64decode(page + "=" * (-len(page) % 4), b"-_", validate=True))
        if told != query.tag:
            raise PageMalformed
        return Place(None if value is None else _VALUES[query.order.by.kind](value), UUID(record_id))
    except (ValueError, TypeError, AttributeError, KeyError, OverflowError):
        raise PageMalformed from None


def _both(reader: Reader, sent: Filter | None, saved: Condition | None) -> Condition | None:
    """Return what must hold of what was sent and what was saved."""
    read = reader.read(sent) if sent else None
    both = tuple(each for each in (read, saved) if each)
    return Group(is_all=True, members=both) if both else None


def _columns(reader: Reader, hub: Hub, asked: Asked) -> tuple[HubField, ...]:
    if asked.columns is None:
        found = (reader.view.find(hub.collection, path) for path in hub.columns)
        return tuple(each for each in found if each)
    if len(asked.columns) > MOST_COLUMNS:
        reader.refuse("columns", "too_many")
    for nth, path in enumerate(asked.columns):
        if path in asked.columns[:nth]:
            reader.refuse(f"columns.{nth}", "given_twice")
    named = [reader.find(path, f"columns.{nth}") for nth, path in enumerate(asked.columns)]
    return tuple(each for each in named if each)


def _order(reader: Reader, sort: str) -> Order:
    found = reader.find(sort.removeprefix("-"), "sort")
    if found is None or not found.is_sortable:
        if found:
            reader.refuse("sort", "not_sortable")
        found = reader.view.find(reader.hub, "id")
    if found is None:
        raise TypeError("every record has an id")
    return Order(found, sort.startswith("-"))


def _tag(work: Work[Session], hub: Hub, asked: Asked, order: Order) -> str:
    """Return a short text by which a list is known again."""
    sent = asked.filter.model_dump(mode="json", by_alias=True) if asked.filter else None
    way = (hub.name, order.by.path, order.is_descending)
    told = orjson.dumps([_FORM, work.who.account_id, *way, asked.search, asked.filter_id, sent])
    return sha256(told).hexdigest()[:_TAG]


def _told(asked: Asked, columns: Sequence[HubField], order: Order, saved: HubFilter | None) -> dict[str, Any]:
    """Return which records and what of them were asked for, without what was left open."""
    told = {
        "columns": [each.path for each in columns],
        "sort": f"{'-' if order.is_descending else ''}{order.by.path}",
        "search": asked.search,
        "filter": asked.filter and asked.filter.model_dump(mode="json", by_alias=True, exclude_unset=True),
        "saved_filter": saved and {"id": str(saved.saved_id), "name": saved.name, "filter": saved.filter},
    }
    return {name: value for name, value in told.items() if value}


def _row(found: Any, query: Query) -> Row:
    cells = tuple(
        orjson.loads(cell) if each.kind in _OBJECTS and cell is not None else cell
        for each, cell in zip(query.columns, found[2:-1], strict=True)
    )
    return Row(found["id"], Place(found["value"], found["id"]), cells)


def _text(value: Any) -> str:
    if type(value) is not str or "\0" in value:
        raise TypeError
    return value


def _integer(value: Any) -> int:
    if type(value) is not int or abs(value) > _MOST:
        raise TypeError
    return value


def _boolean(value: Any) -> bool:
    if type(value) is not bool:
        raise TypeError
    return value


def _moment(value: Any) -> time:
    if (found := time.fromisoformat(value)).tzinfo is not None:
        raise TypeError
    return found


def _instant(value: Any) -> datetime:
    if (found := datetime.fromisoformat(value)).tzinfo is None:
        raise TypeError
    return found.astimezone(UTC)


_VALUES: Mapping[Kind, Callable[[Any], Any]] = {
    Kind.TEXT: _text,
    Kind.CHOICE: _text,
    Kind.INTEGER: _integer,
    Kind.BOOLEAN: _boolean,
    Kind.DATE: date.fromisoformat,
    Kind.TIME: _moment,
    Kind.INSTANT: _instant,
}
