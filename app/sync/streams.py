"""The SQL of what phones have pushed: how far each stream has come, and the answers it was given."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from app.core.db import WriteSession


@dataclass(frozen=True, slots=True)
class Stream:
    """One local copy's numbered changes: `last` is the last number taken in, `writer` its short name."""

    device_id: UUID
    name: str
    writer: int
    last: int


async def find(session: WriteSession, device_id: UUID, name: str) -> Stream:
    """Return a stream, or what it will be when its first changes are taken in."""
    [row] = await session.raw.fetch(_FIND, session.account_id, device_id, name)
    return Stream(device_id, name, row["writer"], row["last"])


async def answers(
    session: WriteSession, stream: Stream, first: int, last: int
) -> dict[int, tuple[bytes, bytes]]:
    """Return the fingerprint and the answer of each change already taken in, by number."""
    rows = await session.raw.fetch(_ANSWERS, session.account_id, stream.device_id, stream.name, first, last)
    return {row["n"]: (row["fingerprint"], row["answer"]) for row in rows}


async def keep(session: WriteSession, stream: Stream, taken: Sequence[tuple[int, bytes, bytes]]) -> None:
    """Store the number, fingerprint and answer of changes in order, and how far the stream has come now."""
    numbers, fingerprints, texts = zip(*taken, strict=True)
    key = (session.account_id, stream.device_id, stream.name)
    await session.raw.execute(_KEEP, *key, stream.writer, numbers[-1], numbers, fingerprints, texts)


_FIND = """
SELECT coalesce(known.writer, (SELECT coalesce(max(writer), 0) + 1 FROM device_streams WHERE account_id = $1))
           AS writer,
       coalesce(known.last, 0) AS last
FROM (VALUES (1)) AS always(one)
LEFT JOIN device_streams AS known ON known.account_id = $1 AND known.device_id = $2 AND known.stream = $3
"""

_ANSWERS = """
SELECT n, fingerprint, answer FROM verdicts
WHERE account_id = $1 AND device_id = $2 AND stream = $3 AND n BETWEEN $4 AND $5
"""

_KEEP = """
WITH advanced AS (
    INSERT INTO device_streams (account_id, device_id, stream, writer, last) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (account_id, device_id, stream) DO UPDATE SET last = excluded.last
)
INSERT INTO verdicts (account_id, device_id, stream, n, fingerprint, answer)
SELECT $1, $2, $3, n, fingerprint, answer
FROM unnest($6::bigint[], $7::bytea[], $8::bytea[]) AS taken(n, fingerprint, answer)
"""
