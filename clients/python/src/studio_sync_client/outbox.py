"""The queue of unpushed edits: numbered and written down to the byte before anything is sent."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from studio_sync_client.errors import Json
from studio_sync_client.store import Store

DEFAULT_LIMITS = {"max_changes": 500, "max_push_bytes": 4_000_000}
_ENVELOPE_BYTES = 1_000


@dataclass(slots=True)
class Bound:
    """How much one push may carry; `units`, saves that stand together, is what halving lowers."""

    changes: int
    bytes: int
    units: int | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """The head of the queue: its stream and numbers, how many units it is, and the push that is sent."""

    stream: str
    numbers: tuple[int, ...]
    units: int
    text: str


def add(store: Store, change: Json) -> None:
    """Put a change at the end, under the next number."""
    kept = _stream(store)
    numbered = {"n": kept["next"], **change}
    sql = "INSERT INTO queue (n, unit, collection, id, change) VALUES (?, ?, ?, ?, ?)"
    store.write(sql, numbered["n"], change["group"], change["collection"], change["id"], _text(numbered))
    store.keep("stream", {**kept, "next": kept["next"] + 1})


def head(store: Store, bound: Bound) -> Batch | None:
    """Return what to push next, None when the queue is empty; there is always one unit at least."""
    texts: list[str] = []
    numbers: list[int] = []
    units = 0
    room = bound.bytes - _ENVELOPE_BYTES
    for unit in _units(store, bound.changes):
        room -= sum(len(text) + 1 for _, text in unit)
        is_full = room < 0 or len(texts) + len(unit) > bound.changes or units == bound.units
        if units and is_full:
            break
        units += 1
        numbers += [n for n, _ in unit]
        texts += [text for _, text in unit]
    if not texts:
        return None
    name = stream(store)
    return Batch(name, tuple(numbers), units, _request(name, numbers[0], texts))


def stream(store: Store) -> str:
    """Return the name our changes are numbered under."""
    return str(_stream(store)["name"])


def limits(store: Store) -> dict[str, int]:
    """Return the server's limits as its manifest told them, or those of its first version."""
    return {**DEFAULT_LIMITS, **(store.state("manifest") or {}).get("limits", {})}


def bound(store: Store) -> Bound:
    """Return how much the server takes at once."""
    most = limits(store)
    return Bound(most["max_changes"], most["max_push_bytes"])


def length(store: Store) -> int:
    """Return how many changes are not acknowledged."""
    [(count,)] = store.rows("SELECT count(*) FROM queue")
    return int(count)


def waiting(store: Store, sent: int, now: float) -> Json:
    """Return how many changes wait behind a number, and for how long the oldest of them has."""
    rows = store.rows("SELECT change FROM queue WHERE n > ? ORDER BY place LIMIT 1", sent)
    [(count,)] = store.rows("SELECT count(*) FROM queue WHERE n > ?", sent)
    made = [datetime.fromisoformat(json.loads(change)["client_time"]).timestamp() for (change,) in rows]
    return {
        "queued": int(count),
        "oldest_queued_seconds": max(0, int(now - made[0])) if made else None,
    }


def take(store: Store, n: int) -> Json | None:
    """Take a change out of the queue, None when it is there no more."""
    found = store.row("SELECT place, change FROM queue WHERE n = ?", n)
    if found is None:
        return None
    store.write("DELETE FROM queue WHERE place = ?", found[0])
    change: Json = json.loads(found[1])
    return change


def changes_of(store: Store, collection: str, record_id: str) -> list[Json]:
    """Return the unpushed changes of a record, in order."""
    sql = "SELECT change FROM queue WHERE collection = ? AND id = ? ORDER BY place"
    return [json.loads(change) for (change,) in store.rows(sql, collection, record_id)]


def edited(store: Store) -> set[tuple[str, str]]:
    """Return the records with unpushed changes, as collection and id."""
    return {(collection, each) for collection, each in store.rows("SELECT collection, id FROM queue")}


def note_sent(store: Store, batch: Batch) -> None:
    """Write down, before it is sent, what may have been taken in: it is sent again as it is, to the byte."""
    if store.row("SELECT 1 FROM queue WHERE NOT is_sent AND n <= ?", batch.numbers[-1]):
        store.write("UPDATE queue SET is_sent = 1 WHERE n <= ?", batch.numbers[-1])


def rewrite(store: Store, renamed: Callable[[Json], Json]) -> list[tuple[str, str]]:
    """Change the fields of what was never sent, and return the records these changes are about."""
    rewritten: list[tuple[str, str]] = []
    for place, text in store.rows("SELECT place, change FROM queue WHERE NOT is_sent ORDER BY place"):
        change = json.loads(text)
        fields = renamed(change.get("fields", {}))
        if fields != change.get("fields", {}):
            store.write(
                "UPDATE queue SET change = ? WHERE place = ?", _text({**change, "fields": fields}), place
            )
            rewritten.append((change["collection"], change["id"]))
    return rewritten


def renumber(store: Store, first: int) -> None:
    """Give what is not acknowledged new numbers of the same stream, and write it down."""
    with store.transaction():
        _renumber(store, {**_stream(store), "next": first})


def begin_stream(store: Store) -> None:
    """Take a stream nobody has used, and number what is not acknowledged from 1."""
    with store.transaction():
        _renumber(store, _new_stream())


def _units(store: Store, most: int) -> Iterator[list[tuple[int, str]]]:
    """Return number and text of the changes, each save by itself, as far as a push of so many can reach."""
    unit: list[tuple[int, str]] = []
    last = None
    sql = "SELECT n, unit, change FROM queue ORDER BY place LIMIT ?"
    for n, group, text in store.rows(sql, 2 * max(most, DEFAULT_LIMITS["max_changes"])):
        if unit and (group is None or group != last):
            yield unit
            unit = []
        unit.append((n, text))
        last = group
    if unit:
        yield unit


def _request(name: str, first: int, texts: Sequence[str]) -> str:
    words = json.dumps({"stream": name, "first": first, "atomicity": "group", "on_conflict": "merge"})
    return f'{words[:-1]}, "changes": [{",".join(texts)}]}}'


def _renumber(store: Store, kept: Json) -> None:
    rows = store.rows("SELECT place, change FROM queue ORDER BY place")
    numbers = range(kept["next"], kept["next"] + len(rows))
    numbered = [
        (n, _text({**json.loads(change), "n": n}), place)
        for n, (place, change) in zip(numbers, rows, strict=True)
    ]
    store.write_each("UPDATE queue SET n = ?, change = ?, is_sent = 0 WHERE place = ?", numbered)
    store.keep("stream", {**kept, "next": numbers.stop})


def _stream(store: Store) -> Json:
    """Return the name our changes are numbered under, and the next number."""
    kept: Json = store.state("stream") or _new_stream()
    return kept


def _new_stream() -> Json:
    """Return a stream no older copy can have used."""
    return {"name": uuid4().hex, "next": 1}


def _text(change: Json) -> str:
    # ASCII alone, so that characters are bytes, and half a surrogate pair can be stored and set aside.
    return json.dumps(change, separators=(",", ":"))
