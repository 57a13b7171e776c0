"""The SQL of what phones have pushed: how far each stream has come, and the answers it was given."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from uuid import UUID

from app.core import clock
from app.core.arrays import array
from app.core.db import Session, WriteSession

PRINT = 16
"""Bytes of a fingerprint."""
PRINTS = 10_000
"""How many fingerprints of a stream outlive their verdicts: years of one phone's work."""


@dataclass(frozen=True, slots=True)
class Stream:
    """One local copy's numbered changes: `last` is the last number taken in, `writer` its short name.

    Verdicts below `trimmed` are kept no more.
    """

    device_id: UUID
    name: str
    writer: int
    last: int
    trimmed: int = 1


@dataclass(frozen=True, slots=True)
class Waiting:
    """A stream with verdicts nobody asks for any more: those below `upto`, from `trimmed` on."""

    device_id: UUID
    name: str
    trimmed: int
    upto: int


async def find(session: WriteSession, device_id: UUID, name: str) -> Stream:
    """Return a stream, or what it will be when its first changes are taken in."""
    [row] = await session.raw.fetch(_FIND, session.account_id, device_id, name)
    return Stream(device_id, name, row["writer"], row["last"], row["trimmed"])


async def answers(
    session: WriteSession, stream: Stream, first: int, last: int
) -> dict[int, tuple[bytes, bytes | None]]:
    """Return what is still known of changes already taken in, by number: the fingerprint and the answer.

    No answer where only the fingerprint is left.
    """
    key = (session.account_id, stream.device_id, stream.name)
    known: dict[int, tuple[bytes, bytes | None]] = {}
    if first < stream.trimmed:
        prints = await session.raw.fetchval(_PRINTS, *key)
        known |= {
            n: (each, None) for n, each in _numbered(prints or b"", stream.trimmed) if first <= n <= last
        }
    rows = await session.raw.fetch(_ANSWERS, *key, first, last)
    return known | {row["n"]: (row["fingerprint"], row["answer"]) for row in rows}


async def keep(
    session: WriteSession, stream: Stream, taken: Sequence[tuple[int, bytes, bytes]], *, confirmed: int
) -> None:
    """Store the number, fingerprint and answer of changes in order, and how far the stream has come now.

    Whoever sends `confirmed` as the first number has the verdicts of those before it.
    """
    numbers, fingerprints, texts = zip(*taken, strict=True)
    key = (session.account_id, stream.device_id, stream.name)
    reached = (stream.writer, numbers[-1], confirmed, clock.now())
    await session.raw.execute(_KEEP, *key, *reached, array("bigint", numbers), fingerprints, texts)


async def waiting(session: Session, idle_since: datetime) -> list[Waiting]:
    """Return the streams whose verdicts were confirmed, or that nobody has written to since an instant."""
    rows = await session.raw.fetch(_WAITING, session.account_id, idle_since)
    return [Waiting(row["device_id"], row["stream"], row["trimmed"], row["upto"]) for row in rows]


async def trim(session: WriteSession, stream: Waiting, most: int) -> int:
    """Delete the oldest verdicts of a stream that wait for it, keep their fingerprints, and count them.

    Streams are written in the account's turn, and so is this.
    """
    upto = min(stream.upto, stream.trimmed + most)
    key = (session.account_id, stream.device_id, stream.name)
    await session.raw.execute(_trim(PRINT * PRINTS), *key, stream.trimmed, upto)
    return upto - stream.trimmed


def _numbered(prints: bytes, trimmed: int) -> Iterator[tuple[int, bytes]]:
    """Yield the fingerprints that are kept, the last of which is that of the number before `trimmed`."""
    first = trimmed - len(prints) // PRINT
    for place in range(0, len(prints), PRINT):
        yield first + place // PRINT, prints[place : place + PRINT]


_FIND = """
SELECT coalesce(known.writer, (SELECT coalesce(max(writer), 0) + 1 FROM device_streams WHERE account_id = $1))
           AS writer,
       coalesce(known.last, 0) AS last,
       coalesce(known.trimmed, 1) AS trimmed
FROM (VALUES (1)) AS always(one)
LEFT JOIN device_streams AS known ON known.account_id = $1 AND known.device_id = $2 AND known.stream = $3
"""

_OF_STREAM = "account_id = $1 AND device_id = $2 AND stream = $3"

_PRINTS = f"SELECT prints FROM stream_prints WHERE {_OF_STREAM}"

_ANSWERS = f"SELECT n, fingerprint, answer FROM verdicts WHERE {_OF_STREAM} AND n BETWEEN $4 AND $5"

_KEEP = """
WITH advanced AS (
    INSERT INTO device_streams AS known (account_id, device_id, stream, writer, last, confirmed, seen_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (account_id, device_id, stream) DO UPDATE
    SET last = excluded.last, confirmed = greatest(known.confirmed, excluded.confirmed),
        seen_at = excluded.seen_at
), kept AS (
    INSERT INTO verdicts (account_id, device_id, stream, n, fingerprint, answer)
    SELECT clock.account_id, $2, $3, n, fingerprint, answer
    FROM account_clock AS clock
    CROSS JOIN unnest($8::text::bigint[], $9::bytea[], $10::bytea[]) AS taken(n, fingerprint, answer)
    WHERE clock.account_id = $1
)
SELECT
"""

_WAITING = """
SELECT device_id, stream, trimmed, upto
FROM device_streams
CROSS JOIN LATERAL (SELECT CASE WHEN seen_at < $2 THEN last + 1 ELSE confirmed END AS upto) AS found
WHERE account_id = $1 AND trimmed < upto
"""


@cache
def _trim(most: int) -> str:
    """Return what trims a stream and keeps so many bytes of its last fingerprints: none as a parameter.

    Citus has no plan for one in the part that changes a row that is there.
    """

    def last(prints: str) -> str:
        return f"substring({prints} FROM greatest(length({prints}) - {most} + 1, 1))"

    return f"""
WITH gone AS (
    DELETE FROM verdicts WHERE {_OF_STREAM} AND n >= $4 AND n < $5 RETURNING n, fingerprint
), moved AS (
    UPDATE device_streams SET trimmed = $5 WHERE {_OF_STREAM}
)
INSERT INTO stream_prints AS known (account_id, device_id, stream, prints)
SELECT $1, $2, $3, {last("string_agg(fingerprint, ''::bytea ORDER BY n)")} FROM gone HAVING count(*) > 0
ON CONFLICT (account_id, device_id, stream) DO UPDATE SET prints = {last("known.prints || excluded.prints")}
"""
