"""The SQL of the pull: rules and slices go in as one JSON parameter, bodies come out as bytes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import lru_cache
from itertools import accumulate
from typing import Any
from uuid import UUID

import orjson

from app.core.db import Session
from app.sync.anchors import ALWAYS, SLOTS, Anchors
from app.sync.bodies import BODY, CARRIED, COST, GIVEN, REMOVAL_BYTES, whole_upto
from app.sync.cursor import BOTTOM, TOP, RecordKey, below
from app.sync.feed import ANCHORS, LATEST, anchors_of
from app.sync.rendering import id_in
from app.sync.scope import EARLIEST, Rule, Scope, Shift
from app.sync.tallies import Counted
from app.sync.used import Place


@dataclass(frozen=True, slots=True)
class Room:
    """What still fits into a page."""

    rows: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Fresh:
    """A record stamped after the base: its place, and its body when it is to be put, as the feed keeps it."""

    place: Place
    is_deleted: bool
    merged_into: UUID | None
    anchors: Anchors
    body: bytes | None
    upto_bytes: int


class Way(StrEnum):
    """How the records of a slice are found: one branch of the statement each."""

    ENTER = "enter"
    LEAVE = "leave"
    DIFFER = "differ"
    SHIFT = "shift"


@dataclass(frozen=True, slots=True)
class Slice:
    """A stretch of unchanged records, from a key down to another: given under one rule, wanted under another.

    With a `shift`, only records it can concern are looked at. One that `is_long` is worth statements of its
    own.
    """

    collection: int
    top: RecordKey
    bottom: RecordKey
    given: Rule | None
    wanted: Rule | None
    shift: Shift | None = None
    is_long: bool = False

    @property
    def way(self) -> Way:
        """Return how its records are found."""
        if self.shift:
            return Way.SHIFT
        if self.given is None:
            return Way.ENTER
        return Way.LEAVE if self.wanted is None else Way.DIFFER

    @property
    def is_told(self) -> bool:
        """Say whether its days alone tell that all of its records are wanted, or were given where none is."""
        rule = self.wanted or self.given
        return rule is not None and rule.is_told_by(self.bottom[0], self.top[0])

    @property
    def whole_upto(self) -> int:
        """Return of how many pieces a record at most is sent as it is kept."""
        return whole_upto(self.collection, self.wanted) if self.wanted else 0

    @property
    def is_whole(self) -> bool:
        """Say whether all of a collection enters."""
        ends = (self.top, self.bottom)
        return (
            self.way is Way.ENTER
            and ends == (TOP, BOTTOM)
            and self.wanted is not None
            and self.wanted.admits_all
        )

    @property
    def is_run(self) -> bool:
        """Say whether its records are read as they lie, by a statement that asks little else."""
        is_simple = self.way is Way.ENTER or (self.way is Way.DIFFER and self._adds)
        return self.is_long and is_simple and self.is_told and self.whole_upto > 0

    def below(self, key: RecordKey) -> list["Slice"]:
        """Return what is left of it below a key: nothing below its end."""
        return [replace(self, top=below(key))] if key != self.bottom else []

    @property
    def _adds(self) -> bool:
        """Say whether all stays that was given, and days alone tell what that was."""
        given, wanted = self.given, self.wanted
        if given is None or wanted is None or given.by_activity:
            return False
        return given.is_of_days and given.parts == wanted.parts


@dataclass(frozen=True, slots=True)
class Moved:
    """Unchanged records that enter, with their bodies, or leave, with their ids: column by column, in order.

    Those of the first `slices` of what was asked for. Unless `is_all`, there may be more in these, though all
    that came fit.
    """

    slices: int
    slice_numbers: Sequence[int]
    gone: Sequence[UUID | None]
    bodies: Sequence[bytes | None]
    is_all: bool

    @property
    def upto_bytes(self) -> list[int]:
        """Return what each row counts for together with those before it."""
        return list(accumulate([len(body) + 2 if body else REMOVAL_BYTES for body in self.bodies]))

    def id_of(self, row: int) -> UUID:
        """Return the record of a row."""
        body = self.bodies[row]
        return self.gone[row] or id_in(body or b"")


@dataclass(frozen=True, slots=True)
class Run:
    """Records of a long stretch as they lie, down to a key, in one text: a zero byte between each two.

    JSON text holds none.
    """

    records: int
    text: bytes
    downto: RecordKey

    @property
    def cost(self) -> int:
        """Return what they count for when a page is filled."""
        return len(self.text) + 1 + self.records


async def fresh(session: Session, after: Place, upto: int, scope: Scope, room: Room) -> list[Fresh]:
    """Return records stamped after a place in order, one more than fits so that the end can be told."""
    rows = await session.raw.fetch(
        FRESH, session.account_id, *after, upto, rules_as_json(scope), room.rows + 1, room.bytes
    )
    return [
        Fresh(
            place=(row["revision"], row["collection"], row["record_id"]),
            is_deleted=row["is_deleted"],
            merged_into=row["merged_into"],
            anchors=anchors_of(row),
            body=row["body"],
            upto_bytes=row["upto_bytes"],
        )
        for row in rows
    ]


async def past(
    session: Session, keys: Sequence[tuple[int, UUID]], after: int
) -> dict[tuple[int, UUID], list[Anchors]]:
    """Return the states of some records that ended after a revision."""
    found: dict[tuple[int, UUID], list[Anchors]] = {}
    numbers, ids = [number for number, _ in keys], [record_id for _, record_id in keys]
    for row in await session.raw.fetch(_PAST, session.account_id, numbers, ids, after):
        found.setdefault((row["collection"], row["record_id"]), []).append(anchors_of(row))
    return found


async def moved(
    session: Session, upto: int, slices: Sequence[Slice], room: Room, typical_bytes: int
) -> Moved:
    """Return the records that enter or leave, slice by slice from the top down, at least two if there are.

    Those of a slice that could not be read as a run, or of all before the next. As many are asked for as fit
    if all are of a typical size. Where one is much larger, the database counts bytes as it goes: no answer is
    larger than a page, and one record.
    """
    together = slices[: _together(slices)]
    most = room.rows + 1
    if typical_bytes <= LARGE:
        few = max(2, min(most, room.bytes // max(typical_bytes, REMOVAL_BYTES) + 1))
        found = await _quickly(session, upto, together, few)
        if all(found.bodies) or all(map(any, zip(found.bodies, found.gone, strict=True))):
            return found
    values = (session.account_id, upto, as_json(together), most, room.bytes)
    return _moved(len(together), await session.raw.fetch(MOVED, *values), most)


def _together(slices: Sequence[Slice]) -> int:
    """Return how many of some slices are read by one statement: a run by itself."""
    first = next((place for place, each in enumerate(slices) if each.is_run), len(slices))
    return first or 1


async def _quickly(session: Session, upto: int, slices: Sequence[Slice], few: int) -> Moved:
    """Return records as they come; of one that is large there is neither body nor id."""
    values = (session.account_id, upto, as_json(slices), few)
    return _moved(len(slices), await session.raw.fetch(QUICK, *values), few)


async def run(session: Session, upto: int, stretch: Slice, many: int) -> Run | None:
    """Return so many records from the top of a stretch on, or fewer that are all; none if not all are alike.

    PostgreSQL puts them together: a row for each would cost the driver as much again as all the rest.
    """
    statement, given = (REST, _days_of(stretch.given)) if stretch.given else (RUN, ())
    place = (session.account_id, stretch.collection, upto, *stretch.top, *stretch.bottom)
    [row] = await session.raw.fetch(statement, *place, stretch.whole_upto, many, *given)
    found, whole, text, day = row
    if whole < found:
        return None
    if found < many:
        return Run(found, text or b"", stretch.bottom)
    return Run(found, text, (day, id_in(text[text.rfind(BETWEEN) + 1 :])))


def _days_of(rule: Rule) -> Sequence[date | None]:
    """Return the days of a rule: its window, and the edge of each kind of children."""
    edges = dict(rule.edges)
    return [rule.lo, rule.hi, *(edges.get(slot) for slot in range(1, SLOTS + 1))]


def _moved(slices: int, rows: Sequence[Any], most: int) -> Moved:
    """Fewer than were asked for are all there are, or the last does not fit."""
    places, gone, bodies = zip(*rows, strict=True) if rows else [()] * 3
    # No ORDER BY stands around the branches: it would sort the bodies. Nested loops keep the order anyway.
    if list(places) != sorted(places, reverse=True):
        raise AssertionError("the slices of a pull came back out of order")
    return Moved(slices, [-place for place in places], gone, bodies, len(rows) < most)


async def key_of(session: Session, number: int, record_id: UUID) -> RecordKey:
    """Return the place of a record in its collection."""
    sql = "SELECT day FROM feed WHERE account_id = $1 AND collection = $2 AND record_id = $3"
    return await session.raw.fetchval(sql, session.account_id, number, record_id), record_id


async def count(session: Session, upto: int, slices: Sequence[Slice], *, is_all: bool) -> dict[int, int]:
    """Return how many records enter or leave, by collection; `is_all` if none was changed after `upto`.

    Of a whole collection that is kept.
    """
    rows = await session.raw.fetch(COUNT, session.account_id, upto, as_json(slices), is_all)
    return {row["collection"]: row["moved"] for row in rows}


async def digests(session: Session, scope: Scope) -> dict[int, tuple[int, int]]:
    """Return how many records lie in a scope, and the exclusive or of their marks, by collection."""
    rows = await session.raw.fetch(_DIGESTS, session.account_id, rules_as_json(scope))
    return {row["collection"]: (row["records"], row["mark"]) for row in rows}


@dataclass(frozen=True, slots=True)
class Content:
    """The records of one collection that lie in a rule, none without one, and were not changed since."""

    number: int
    rule: Rule | None
    upto: int

    @property
    def rules(self) -> str:
        """Return the rule as the statements take it."""
        return rules_as_json({self.number: self.rule} if self.rule else {})


async def buckets(session: Session, content: Content) -> dict[int, tuple[int, int]]:
    """Return how many there are, and the exclusive or of their marks, by the last byte of their ids."""
    rows = await session.raw.fetch(_BUCKETS, session.account_id, content.rules, content.upto)
    return {row["bucket"]: (row["records"], row["mark"]) for row in rows}


async def strangers(session: Session, content: Content, ids: Sequence[UUID]) -> list[UUID]:
    """Return those of some records that are not among it, but for what was changed since."""
    rows = await session.raw.fetch(
        _STRANGERS, session.account_id, content.rules, content.upto, content.number, ids
    )
    return [row["id"] for row in rows]


async def missing(
    session: Session, content: Content, of: Sequence[int], held: Mapping[UUID, int], room: Room
) -> list[Any]:
    """Return the bodies of what some buckets have and a device does not hold in its revision."""
    ids = list(held)
    revisions = [held[each] for each in ids]
    compared = (list(of), ids, revisions, room.rows + 1, room.bytes)
    return list(await session.raw.fetch(_MISSING, session.account_id, content.rules, content.upto, *compared))


def rules_as_json(scope: Scope) -> str:
    """Return a scope as the statements take it."""
    rules = [
        {"collection": number, "by_day": rule.is_by_day, **_columns("wanted", rule)}
        for number, rule in scope.items()
    ]
    return orjson.dumps(rules).decode()


def as_json(slices: Iterable[Slice]) -> str:
    """Return slices as the statements take them."""
    return orjson.dumps([_slice(number, each) for number, each in enumerate(slices)], default=str).decode()


def _slice(number: int, each: Slice) -> dict[str, Any]:
    rule = each.given or each.wanted
    return {
        "place": -number,
        "collection": each.collection,
        "way": each.way,
        "is_whole": each.is_whole,
        "by_day": each.way in (Way.ENTER, Way.LEAVE) and rule is not None and rule.is_by_day,
        "top_day": _day(each.top[0]),
        "top_id": each.top[1],
        "bottom_day": _day(each.bottom[0]),
        "bottom_id": each.bottom[1],
        "is_told": each.is_told,
        "whole_upto": each.whole_upto,
        **_columns("given", each.given),
        **_columns("wanted", each.wanted),
        **(_shifted(each.shift) if each.shift else {}),
    }


def _shifted(shift: Shift) -> dict[str, str]:
    windows = [*zip(_OWN_DAYS, shift.days, strict=False)]
    windows += [(f"latest_{slot}", days) for slot, days in shift.latest.items()]
    return {
        f"{name}_{end}": _day(day)
        for name, days in windows
        for end, day in zip(("first", "last"), days, strict=True)
    }


@lru_cache(maxsize=4096)
def _columns(name: str, rule: Rule | None) -> Mapping[str, Any]:
    """No rule at all has nothing in its columns: the statement takes that for false."""
    if rule is None:
        return {}
    edges = {f"{name}_edge_{slot}": _day(edge) for slot, edge in rule.edges}
    return {
        f"{name}_lo": _day(rule.lo),
        f"{name}_hi": _day(rule.hi),
        f"{name}_active": rule.by_activity,
        f"{name}_required": rule.required,
        f"{name}_excluded": rule.excluded,
        f"{name}_owners": rule.owners,
        f"{name}_me": rule.me,
        f"{name}_omit": rule.parts,
        **edges,
    }


def _day(day: date) -> str:
    return {EARLIEST: "-infinity", ALWAYS: "infinity"}.get(day) or str(day)


def _declared(name: str) -> str:
    """Return the columns of a rule in a record set."""
    edges = ", ".join(f"{name}_edge_{slot} date" for slot in range(1, SLOTS + 1))
    return ", ".join(
        [
            f"{name}_lo date, {name}_hi date, {name}_active boolean",
            f"{name}_required integer[], {name}_excluded integer[], {name}_owners integer[]",
            f"{name}_me integer, {name}_omit integer, {edges}",
        ]
    )


def _admits(name: str) -> str:
    """Return the test of `Rule.admits`; whatever compares with nothing is false."""
    children = " OR ".join(
        f"coalesce(f.latest_{slot} >= {name}_edge_{slot}, false)" for slot in range(1, SLOTS + 1)
    )
    return f"""
        coalesce(({name}_me IS NULL OR NOT f.private OR {name}_me = ANY(f.owners))
            AND ((f.day >= {name}_lo AND (f.day <= {name}_hi OR f.day = 'infinity')
                      OR {name}_active AND coalesce(greatest({LATEST}) >= {name}_lo, false))
                 AND ({name}_required IS NULL OR f.labels && {name}_required)
                 AND NOT f.labels && {name}_excluded
                 AND ({name}_owners IS NULL OR f.owners && {name}_owners)
                 OR {children}), false)"""


BETWEEN = b"\0"
"""What stands between the records of a run."""
_PLACE = "revision, collection, record_id"

# What does not fit still tells that there is more: a page ends with the row that passes its limit, and the
# second row comes even when the first alone passes it.
# One lower bound only, as a row comparison, or the index is entered far too early.
FRESH = f"""
SELECT revision, collection, record_id, is_deleted, merged_into, {ANCHORS}, {BODY}, upto_bytes FROM (
    SELECT revision, collection, record_id, is_deleted, merged_into, {ANCHORS}, {CARRIED}, bytes,
           sum(bytes) OVER (ORDER BY {_PLACE} ROWS UNBOUNDED PRECEDING) AS upto_bytes,
           row_number() OVER (ORDER BY {_PLACE} ROWS UNBOUNDED PRECEDING) AS nth
    FROM (SELECT f.*, {COST} AS bytes FROM (
        SELECT f.*, r.wanted_omit, NOT f.is_deleted AND {_admits("r.wanted")} AS is_put
        FROM feed f
        LEFT JOIN jsonb_to_recordset($6::text::jsonb) AS r(collection smallint, {_declared("wanted")})
               ON r.collection = f.collection
        WHERE f.account_id = $1 AND f.revision <= $5
          AND (f.revision, f.collection, f.record_id) > ($2::bigint, $3::smallint, $4::uuid)
        ORDER BY f.revision, f.collection, f.record_id
        LIMIT $7
    ) AS f) AS f
) AS page
WHERE upto_bytes - bytes <= $8 OR nth <= 2
ORDER BY revision, collection, record_id
"""

_PAST = f"""
SELECT collection, record_id, {ANCHORS}
FROM feed_past
WHERE account_id = $1 AND until > $4
  AND (collection, record_id) IN (SELECT * FROM unnest($2::smallint[], $3::uuid[]))
"""

_OWN_DAYS = ("own_1", "own_2")
_SHIFTED = (*_OWN_DAYS, *(f"latest_{slot}" for slot in range(1, SLOTS + 1)))
_SLICES = f"""
jsonb_to_recordset($3::text::jsonb) AS s(
    place integer, collection smallint, way text, whole_upto integer,
    is_whole boolean, by_day boolean, is_told boolean,
    top_day date, top_id uuid, bottom_day date, bottom_id uuid,
    {", ".join(f"{name}_first date, {name}_last date" for name in _SHIFTED)},
    {_declared("given")}, {_declared("wanted")})"""
# Hidden from the index on revisions, which without statistics on the value looks like the shorter way.
_UNCHANGED = "f.account_id = $1 AND f.collection = s.collection AND NOT f.is_deleted AND f.revision + 0 <= $2"
_STRETCH = """(f.day, f.record_id) <= (s.top_day, s.top_id)
       AND (f.day, f.record_id) >= (s.bottom_day, s.bottom_id)"""
# A record that was given and still belongs is sent again only if a part that differs holds something.
_WANTED = f"(s.is_told OR {_admits('s.wanted')})"
_DIFFER = f"""
CASE WHEN {_admits("s.given")}
     THEN NOT {_WANTED} OR (s.given_omit # s.wanted_omit) & f.filled <> 0
     ELSE {_WANTED} END"""
_BETWEEN = " OR ".join(
    f"f.{'day' if name in _OWN_DAYS else name} BETWEEN s.{name}_first AND s.{name}_last" for name in _SHIFTED
)
_LOOKED_AT = f"day, record_id, filled, labels, owners, private, sizes, body, preview, {LATEST}"


def _branches(columns: str, ending: str) -> str:
    """Return one branch for each way; the slice opens just its own."""
    return f"""
    (SELECT {columns.format("true")} FROM feed f
     WHERE s.way = 'enter' AND {_UNCHANGED} AND {_STRETCH} AND {_WANTED} {ending})
    UNION ALL
    (SELECT {columns.format("false")} FROM feed f
     WHERE s.way = 'leave' AND {_UNCHANGED} AND {_STRETCH} AND (s.is_told OR {_admits("s.given")}) {ending})
    UNION ALL
    (SELECT {columns.format(_WANTED)} FROM feed f
     WHERE s.way = 'differ' AND {_UNCHANGED} AND {_STRETCH} AND {_DIFFER} {ending})
    UNION ALL
    (SELECT {columns.format(_admits("s.wanted"))}
     -- Found by the days that shift before anything else: the index of the order would be read whole.
     FROM (SELECT {_LOOKED_AT} FROM feed f WHERE s.way = 'shift' AND {_UNCHANGED} AND ({_BETWEEN}) OFFSET 0) f
     WHERE {_STRETCH} AND {_DIFFER} {ending})"""


_IN_ORDER = "ORDER BY f.day DESC, f.record_id DESC LIMIT $4"
_FOUND = f"""
SELECT place, record_id, wanted_omit, whole_upto, is_put, sizes, body, preview
FROM {_SLICES} CROSS JOIN LATERAL (
    {_branches("{} AS is_put, f.record_id, f.sizes, f.body, f.preview", _IN_ORDER)}
) AS f
LIMIT $4
"""
_GONE = "CASE WHEN NOT is_put THEN record_id END AS gone"
# Of a record that is put nobody needs more than its body, but for the last one of a page.
MOVED = f"""
SELECT place, {_GONE}, {BODY} FROM (
    SELECT place, record_id, {CARRIED}, bytes,
           sum(bytes) OVER (ROWS UNBOUNDED PRECEDING) AS upto_bytes,
           row_number() OVER (ROWS UNBOUNDED PRECEDING) AS nth
    FROM (SELECT f.*, {COST} AS bytes FROM ({_FOUND}) AS f) AS f
) AS page
WHERE upto_bytes - bytes <= $5 OR nth <= 2
"""
LARGE = 8_192
"""From how many bytes on a record is one that pages are counted for."""
# Counting costs a copy of each row. Without it, one that is large comes with neither body nor id. What is
# sent as it is kept is not even weighed.
QUICK = f"""
SELECT place, {_GONE},
       CASE WHEN cardinality(sizes) <= whole_upto
            THEN CASE WHEN is_put AND octet_length(body) <= {LARGE} THEN body END
            WHEN bytes <= {LARGE} THEN given END AS body
FROM (SELECT f.*, {GIVEN} AS given FROM (SELECT f.*, {COST} AS bytes FROM ({_FOUND}) AS f) AS f) AS f
"""


def _run(but: str) -> str:
    """Return the same of one slice whose records are sent as they are kept, which is most of a first sync.

    One that is large, or has parts that are not sent, is counted and has no body.
    """
    return f"""
    SELECT count(*), count(body), string_agg(body, '\\000'::bytea), min(day) FROM (
        SELECT CASE WHEN cardinality(sizes) <= $8 AND octet_length(body) <= {LARGE} THEN body END AS body, day
        FROM feed
        WHERE account_id = $1 AND collection = $2 AND NOT is_deleted AND revision + 0 <= $3
          AND (day, record_id) <= ($4, $5) AND (day, record_id) >= ($6, $7) {but}
        ORDER BY day DESC, record_id DESC LIMIT $9
    ) AS f"""


RUN = _run("")
_GIVEN_FOR = " OR ".join(
    f"coalesce(latest_{slot} >= ${11 + slot}::date, false)" for slot in range(1, SLOTS + 1)
)
REST = _run(f"AND NOT (day >= $10 AND (day <= $11 OR day = 'infinity') OR {_GIVEN_FOR})")
"""A run but for what was given of it: what came near first."""

# What days alone decide is counted in their index, without a look at the records.
COUNT = f"""
SELECT s.collection, sum(f.moved)::bigint AS moved FROM {_SLICES} CROSS JOIN LATERAL (
    (SELECT sum(t.amount) AS moved FROM feed_tallies t
     WHERE s.is_whole AND $4 AND t.account_id = $1 AND t.collection = s.collection
       AND t.kind = {Counted.RECORDS})
    UNION ALL
    (SELECT count(*) FROM feed f
     WHERE NOT (s.is_whole AND $4) AND s.by_day AND {_UNCHANGED} AND {_STRETCH}
       AND f.day >= coalesce(s.wanted_lo, s.given_lo)
       AND (f.day <= coalesce(s.wanted_hi, s.given_hi) OR f.day = 'infinity'))
    UNION ALL
    (SELECT count(*) FROM ({_branches("{} AS is_put", "")}) AS f WHERE NOT s.by_day)
) AS f GROUP BY s.collection
"""

_DIGESTS = f"""
SELECT r.collection, sum(f.records)::bigint AS records, bit_xor(f.mark) AS mark
FROM jsonb_to_recordset($2::text::jsonb) AS r(collection smallint, by_day boolean, {_declared("wanted")})
CROSS JOIN LATERAL (
    (SELECT count(*) AS records, bit_xor(f.mark) AS mark FROM feed f
     WHERE r.by_day AND f.account_id = $1 AND f.collection = r.collection AND NOT f.is_deleted
       AND f.day >= r.wanted_lo AND (f.day <= r.wanted_hi OR f.day = 'infinity'))
    UNION ALL
    (SELECT count(*), bit_xor(f.mark) FROM feed f
     WHERE NOT r.by_day AND f.account_id = $1 AND f.collection = r.collection AND NOT f.is_deleted
       AND {_admits("r.wanted")})
) AS f
GROUP BY r.collection
HAVING sum(f.records) > 0
"""

_RULES = (
    f"jsonb_to_recordset($2::text::jsonb) AS r(collection smallint, by_day boolean, {_declared('wanted')})"
)
_HELD = f"""
f.account_id = $1 AND f.collection = r.collection AND NOT f.is_deleted AND f.revision + 0 <= $3
AND {_admits("r.wanted")}"""
_BUCKET = "get_byte(uuid_send(f.record_id), 15)"

_BUCKETS = f"""
SELECT {_BUCKET} AS bucket, count(*) AS records, bit_xor(f.mark) AS mark
FROM {_RULES} JOIN feed f ON {_HELD} GROUP BY 1
"""

_STRANGERS = f"""
SELECT held.id FROM unnest($5::uuid[]) AS held(id)
LEFT JOIN feed f ON f.account_id = $1 AND f.collection = $4 AND f.record_id = held.id
LEFT JOIN {_RULES} ON true
WHERE f.record_id IS NULL
   OR f.revision <= $3 AND (f.is_deleted OR r.collection IS NULL OR NOT {_admits("r.wanted")})
"""

_MISSING = f"""
SELECT {BODY}, upto_bytes FROM (
    SELECT record_id, {CARRIED}, bytes,
           sum(bytes) OVER (ORDER BY record_id ROWS UNBOUNDED PRECEDING) AS upto_bytes,
           row_number() OVER (ORDER BY record_id ROWS UNBOUNDED PRECEDING) AS nth
    FROM (SELECT f.*, {COST} AS bytes FROM (
        SELECT f.*, r.wanted_omit, true AS is_put FROM {_RULES} JOIN feed f ON {_HELD}
        WHERE {_BUCKET} = ANY($4::int[])
          AND NOT EXISTS (SELECT FROM unnest($5::uuid[], $6::bigint[]) AS held(id, revision)
                          WHERE held.id = f.record_id AND held.revision = f.body_revision)
        ORDER BY f.record_id
        LIMIT $7
    ) AS f) AS f
) AS page
WHERE upto_bytes - bytes <= $8 OR nth <= 2
ORDER BY record_id
"""
