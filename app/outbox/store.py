"""The only SQL of letters; every statement names the account."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from app.core.columns import named
from app.core.db import Session, WriteSession
from app.notices.models import SafetyNotice
from app.outbox.models import LetterLane, PostedLetter
from app.outbox.states import LIFETIMES


def inserting(account: str, rows: str, made_at: str, condition: str = "true") -> str:
    """Return the statement that writes letters down on a condition, also as the end of a larger one.

    All that is given is SQL, and none of it anybody's words: the places of values, such as `$1`.
    """
    return f"""
INSERT INTO letters (account_id, letter_id, channel, collection, purpose, state, priority, is_bulk,
    bypasses_blocks, due_at, expires_at, tries, to_addresses, done_addresses, content, sealed, client_id,
    occurrence_id, communication_id, made_by, made_at)
SELECT {account}::uuid, r.letter_id, r.channel, r.collection, r.purpose, 'waiting', r.priority, r.is_bulk,
    r.bypasses_blocks, r.due_at, r.expires_at, 0, r.to_addresses, '{{}}', r.content, decode(r.sealed, 'hex'),
    r.client_id, r.occurrence_id, r.communication_id, r.made_by, {made_at}::timestamptz
FROM jsonb_to_recordset({rows}::text::jsonb) AS r(letter_id uuid, channel text, collection int, purpose text,
    priority smallint, is_bulk bool, bypasses_blocks bool, due_at timestamptz, expires_at timestamptz,
    to_addresses text[], content jsonb, sealed text, client_id uuid, occurrence_id uuid,
    communication_id uuid, made_by uuid)
WHERE {condition}
ON CONFLICT (account_id, letter_id) DO NOTHING
"""


_INSERT = inserting("$1", "$2", "$3")
_SECONDS = orjson.dumps({each.value: span.total_seconds() for each, span in LIFETIMES.items()}).decode()
# A row that is there is changed by nothing that depends on the session, as adding to an instant does, and by
# no parameter: Citus hands neither on.
_INSERT_AGAIN = f"""
INSERT INTO letters (account_id, letter_id, channel, collection, purpose, state, priority, is_bulk,
    bypasses_blocks, due_at, expires_at, tries, to_addresses, done_addresses, client_id, made_by, made_at)
SELECT $1::uuid, r.letter_id, r.channel, r.collection, r.purpose, 'waiting', r.priority, false,
    r.bypasses_blocks, $3::timestamptz, $4::timestamptz, 0, '{{}}', '{{}}', r.client_id, r.made_by,
    $3::timestamptz
FROM jsonb_to_recordset($2::text::jsonb) AS r(letter_id uuid, channel text, collection int, purpose text,
    priority smallint, bypasses_blocks bool, client_id uuid, made_by uuid)
ON CONFLICT (account_id, letter_id) DO UPDATE
SET state = 'waiting', due_at = excluded.due_at, tries = 0, claim = NULL,
    expires_at = (excluded.due_at AT TIME ZONE 'UTC'
        + make_interval(secs => ('{_SECONDS}'::jsonb ->> letters.purpose)::float8)) AT TIME ZONE 'UTC',
    bypasses_blocks = excluded.bypasses_blocks, last_code = NULL, last_said = NULL, ended_at = NULL
WHERE letters.state IN ('failed', 'blocked', 'cancelled')
"""
_REWORD = """
UPDATE letters l SET content = l.content || r.said
FROM jsonb_to_recordset($2::text::jsonb) AS r(letter_id uuid, said jsonb)
WHERE l.account_id = $1 AND l.letter_id = r.letter_id AND l.content IS NOT NULL
    AND l.state IN ('failed', 'blocked', 'cancelled')
"""
_WAIT_AGAIN = """
UPDATE letters
SET state = 'waiting', due_at = $3, expires_at = $4, tries = 0, claim = NULL, last_code = NULL,
    last_said = NULL, ended_at = NULL
WHERE account_id = $1 AND letter_id = $2
"""
_FORGET_RECORDS = """
DELETE FROM letters WHERE account_id = $1 AND letter_id = ANY($2::uuid[]) AND state <> 'sending'
"""
_FORGET_CLIENT = """
WITH gone AS (
    DELETE FROM letters
    WHERE account_id = $1 AND client_id = $2 AND collection IS NULL AND state <> 'sending'
        AND $3::uuid IS NULL
)
UPDATE letters SET client_id = $3 WHERE account_id = $1 AND client_id = $2
    AND ($3::uuid IS NOT NULL OR collection IS NOT NULL OR state = 'sending')
"""
_OPEN_LANES = """
INSERT INTO letter_lanes (account_id, channel, failures, sent_today)
SELECT $1, channel, 0, 0 FROM unnest($2::text[]) AS asked(channel)
ON CONFLICT (account_id, channel) DO NOTHING
"""
_CANCEL = """
UPDATE letters
SET state = 'cancelled', ended_at = $3, last_code = 'cancelled', last_said = NULL, sealed = NULL
WHERE account_id = $1 AND letter_id = ANY($2::uuid[]) AND state = 'waiting' AND doubted_at IS NULL
RETURNING letter_id, collection, channel, purpose, occurrence_id, client_id
"""


async def insert(session: WriteSession, rows: Sequence[Mapping[str, Any]], made_at: datetime) -> None:
    """Write down letters that wait, those that are not yet known, and open the lanes they go by."""
    await session.raw.execute(_INSERT, session.account_id, as_text(rows), made_at)
    await open_lanes(session, {row["channel"] for row in rows})


def as_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return letters as `inserting` takes them."""
    return orjson.dumps(rows, default=str).decode()


async def open_lanes(session: WriteSession, channels: Collection[str]) -> None:
    """Have lanes for some channels, where there are none yet."""
    await session.raw.execute(_OPEN_LANES, session.account_id, sorted(channels))


async def cancel(session: WriteSession, ids: Collection[UUID], at: datetime) -> list[asyncpg.Record]:
    """Cancel those of some letters that wait, and return them."""
    return list(await session.raw.fetch(_CANCEL, session.account_id, list(ids), at))


async def insert_again(
    session: WriteSession, rows: Sequence[Mapping[str, Any]], at: datetime, expires_at: datetime
) -> None:
    """Write down the letters of records; those that were and did not arrive wait once more.

    New ones are typed, and expire when it is said; the others when those of their purpose do.
    """
    await session.raw.execute(_INSERT_AGAIN, session.account_id, as_text(rows), at, expires_at)
    await open_lanes(session, {row["channel"] for row in rows})


async def reword(session: WriteSession, said: Sequence[tuple[UUID, Mapping[str, Any]]]) -> None:
    """Have letters that have words of their own, and did not arrive, say something else in some of them."""
    rows = [{"letter_id": letter_id, "said": words} for letter_id, words in said]
    await session.raw.execute(_REWORD, session.account_id, as_text(rows))


async def wait_again(session: WriteSession, letter_id: UUID, at: datetime, expires_at: datetime) -> None:
    """Have a letter wait once more."""
    await session.raw.execute(_WAIT_AGAIN, session.account_id, letter_id, at, expires_at)


async def forget_records(session: WriteSession, ids: Collection[UUID]) -> None:
    """Forget the letters of records that are gone, but for those that are being sent."""
    await session.raw.execute(_FORGET_RECORDS, session.account_id, list(ids))


async def move_client(session: WriteSession, client_id: UUID, into: UUID | None) -> None:
    """Have letters about a client be about another; where there is none, forget those without a record."""
    await session.raw.execute(_FORGET_CLIENT, session.account_id, client_id, into)


_LATE = f"""
UPDATE letters SET state = 'failed', claim = NULL, ended_at = $2, sealed = NULL,
    doubted_at = CASE WHEN channel = 'text' AND state = 'sending' THEN coalesce(doubted_at, $2)
        ELSE doubted_at END,
    last_code = CASE WHEN channel = 'text' AND (state = 'sending' OR doubted_at IS NOT NULL) THEN 'doubtful'
        ELSE 'too_late' END
WHERE account_id = $1 AND letter_id = ANY(ARRAY(
    SELECT letter_id FROM letters
    WHERE account_id = $1 AND expires_at <= $2 AND (state = 'waiting' OR state = 'sending' AND due_at <= $2)
    LIMIT $3))
RETURNING {named(PostedLetter)}
"""
_CLAIM = f"""
WITH found AS (
    SELECT l.letter_id, l.state, l.due_at FROM letters l
    WHERE l.account_id = $1 AND l.channel = $2 AND l.state IN ('waiting', 'sending') AND l.due_at <= $4
        AND l.expires_at > $4
        AND NOT EXISTS (
            SELECT FROM letters o
            WHERE o.account_id = $1 AND o.channel = $2 AND o.state = 'sending' AND o.due_at > $4)
    ORDER BY l.priority, l.due_at, l.letter_id
    LIMIT 1
)
UPDATE letters SET state = 'sending', claim = $3, due_at = $5, tries = tries + 1,
    first_tried_at = coalesce(first_tried_at, $4),
    doubted_at = CASE WHEN $2 = 'text' AND found.state = 'sending' THEN coalesce(doubted_at, $4)
        ELSE doubted_at END,
    message_id = coalesce(message_id, '<' || letters.letter_id::text || '@' || $6::text || '>')
FROM found WHERE letters.account_id = $1 AND letters.letter_id = found.letter_id
RETURNING {named(PostedLetter, "letters")}, found.state AS was, found.due_at AS was_due
"""
_ADDRESSED = "UPDATE letters SET to_addresses = $3 WHERE account_id = $1 AND letter_id = $2"
_LANE = f"SELECT {named(LetterLane)} FROM letter_lanes WHERE account_id = $1 AND channel = $2"
_CLOSE = """
UPDATE letter_lanes
SET failures = failures + $3, closed_until = $4, closed_code = $5, closed_said = $6
WHERE account_id = $1 AND channel = $2
"""
_REOPEN = """
UPDATE letter_lanes SET failures = 0, closed_until = NULL, closed_code = NULL, closed_said = NULL
WHERE account_id = $1 AND channel = $2 AND (failures > 0 OR closed_until IS NOT NULL)
"""
_PASSED = """
UPDATE letter_lanes
SET failures = 0, closed_until = NULL, closed_code = NULL, closed_said = NULL, day = $4::date,
    next_at = (greatest(next_at, $3::timestamptz) AT TIME ZONE 'UTC' + $5::interval) AT TIME ZONE 'UTC',
    sent_today = CASE WHEN day = $4::date THEN sent_today + 1 ELSE 1 END
WHERE account_id = $1 AND channel = $2
"""
_COUNT = """
INSERT INTO letter_counts (account_id, channel, month, sent)
VALUES ($1, $2, date_trunc('month', $3::date)::date, 1)
ON CONFLICT (account_id, channel, month) DO UPDATE SET sent = letter_counts.sent + 1
"""
_SENT = """
UPDATE letters SET state = 'sent', claim = NULL, ended_at = $3, provider_ref = $4, done_addresses = $5,
    last_code = $6, last_said = $7, sealed = NULL, doubted_at = NULL
WHERE account_id = $1 AND letter_id = $2
    AND (state IN ('waiting', 'sending') OR state = 'failed' AND last_code IN ('too_late', 'doubtful'))
"""
_PARTLY = """
UPDATE letters
SET state = 'waiting', claim = NULL, due_at = $4, done_addresses = $5, last_code = $6, last_said = $7
WHERE account_id = $1 AND letter_id = $2 AND claim = $3
"""
_WAITS = """
UPDATE letters
SET state = 'waiting', claim = NULL, due_at = $4, tries = tries - $5, last_code = $6, last_said = $7
WHERE account_id = $1 AND letter_id = $2 AND claim = $3
"""
_IN_DOUBT = """
UPDATE letters SET doubted_at = CASE WHEN $4::bool THEN coalesce(doubted_at, $5::timestamptz) END
WHERE account_id = $1 AND letter_id = $2 AND claim = $3
"""
_ENDS = """
UPDATE letters SET state = $4, claim = NULL, ended_at = $5, last_code = $6, last_said = $7, sealed = NULL
WHERE account_id = $1 AND letter_id = $2 AND claim = $3
"""
_NEXT_DUE = """
SELECT min(greatest(l.due_at, n.closed_until, n.next_at))
FROM (
    SELECT channel,
        coalesce(min(due_at) FILTER (WHERE state = 'sending' AND due_at > $2), min(due_at)) AS due_at
    FROM letters WHERE account_id = $1 AND state IN ('waiting', 'sending') GROUP BY channel
) AS l
JOIN letter_lanes n ON n.account_id = $1 AND n.channel = l.channel
"""
_BLOCKED = """
SELECT address_key, reason FROM letter_blocks
WHERE account_id = $1 AND channel = $2 AND address_key = ANY($3::text[])
"""
_BLOCK = """
INSERT INTO letter_blocks (account_id, channel, address_key, reason, at, letter_id, by_id)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (account_id, channel, address_key) DO NOTHING
"""
_UNTOLD_NOTICES = f"""
SELECT DISTINCT ON (n.user_id, n.kind) {named(SafetyNotice, "n")},
    u.email, u.first_name, u.initials, b.display_name AS by_name
FROM safety_notices n
JOIN users u ON u.account_id = $1 AND u.user_id = n.user_id AND u.is_active AND u.email <> ''
LEFT JOIN users b ON b.account_id = $1 AND b.user_id = n.by_id
WHERE n.account_id = $1 AND n.at > $2 AND NOT EXISTS (
    SELECT FROM safety_notices told
    JOIN letters l ON l.account_id = $1 AND l.letter_id = told.notice_id
    WHERE told.account_id = $1 AND told.user_id = n.user_id AND told.kind = n.kind
        AND told.at > n.at - $3::interval)
ORDER BY n.user_id, n.kind, n.at
"""
_FILES = """
SELECT file_id, name, media_type, content FROM letter_files
WHERE account_id = $1 AND file_id = ANY($2::uuid[])
"""


async def end_late(session: WriteSession, now: datetime, most: int) -> list[asyncpg.Record]:
    """Give up so many letters whose time is over, and return them."""
    return list(await session.raw.fetch(_LATE, session.account_id, now, most))


async def claim(
    session: WriteSession, channel: str, *, token: UUID, now: datetime, until: datetime, domain: str
) -> asyncpg.Record | None:
    """Claim the letter that is next, and return it with the state it `was` in, and when it `was_due`.

    None while another is claimed.
    """
    return await session.raw.fetchrow(_CLAIM, session.account_id, channel, token, now, until, domain)


async def address(session: WriteSession, letter_id: UUID, to: Sequence[str]) -> None:
    """Write down to whom a letter goes."""
    await session.raw.execute(_ADDRESSED, session.account_id, letter_id, to)


async def lane(session: Session, channel: str) -> asyncpg.Record | None:
    """Return how the letters of a channel go."""
    return await session.raw.fetchrow(_LANE, session.account_id, channel)


async def close_lane(
    session: WriteSession,
    channel: str,
    *,
    failures: int,
    until: datetime,
    code: str,
    said: str | None = None,
) -> None:
    """Have no letter go by a channel until an instant."""
    await session.raw.execute(_CLOSE, session.account_id, channel, failures, until, code, said)


async def reopen_lane(session: WriteSession, channel: str) -> None:
    """Have letters go by a channel again at once."""
    await session.raw.execute(_REOPEN, session.account_id, channel)


async def pass_lane(
    session: WriteSession, channel: str, now: datetime, today: date, interval: timedelta
) -> None:
    """Count a letter that went, and say that the next may go after an interval."""
    await session.raw.execute(_PASSED, session.account_id, channel, now, today, interval)
    await session.raw.execute(_COUNT, session.account_id, channel, today)


async def mark_sent(
    session: WriteSession,
    letter_id: UUID,
    *,
    now: datetime,
    ref: str | None,
    done: Sequence[str],
    code: str | None,
    said: str | None,
) -> bool:
    """Write down that a letter was accepted, whoever holds the claim; say whether nobody had."""
    answer = await session.raw.execute(_SENT, session.account_id, letter_id, now, ref, done, code, said)
    return bool(answer != "UPDATE 0")


async def mark_partly(
    session: WriteSession,
    letter_id: UUID,
    *,
    token: UUID,
    due_at: datetime,
    done: Sequence[str],
    code: str,
    said: str | None,
) -> bool:
    """Have a letter wait for those it did not reach; say whether the claim still stood."""
    answer = await session.raw.execute(
        _PARTLY, session.account_id, letter_id, token, due_at, done, code, said
    )
    return bool(answer != "UPDATE 0")


async def mark_waiting(
    session: WriteSession,
    letter_id: UUID,
    *,
    token: UUID,
    due_at: datetime,
    untried: int,
    code: str,
    said: str | None,
) -> bool:
    """Have a letter wait again, so many tries less; say whether the claim still stood."""
    answer = await session.raw.execute(
        _WAITS, session.account_id, letter_id, token, due_at, untried, code, said
    )
    return bool(answer != "UPDATE 0")


async def mark_doubt(
    session: WriteSession, letter_id: UUID, *, token: UUID, now: datetime, is_in_doubt: bool
) -> None:
    """Write down whether a letter may have been taken in, if the claim still stands."""
    await session.raw.execute(_IN_DOUBT, session.account_id, letter_id, token, is_in_doubt, now)


async def mark_ended(
    session: WriteSession,
    letter_id: UUID,
    *,
    token: UUID,
    state: str,
    now: datetime,
    code: str,
    said: str | None,
) -> bool:
    """End a letter that was not sent; say whether the claim still stood."""
    answer = await session.raw.execute(_ENDS, session.account_id, letter_id, token, state, now, code, said)
    return bool(answer != "UPDATE 0")


async def forget_one(session: WriteSession, letter_id: UUID) -> None:
    """Forget a letter whose record is gone."""
    sql = "DELETE FROM letters WHERE account_id = $1 AND letter_id = $2"
    await session.raw.execute(sql, session.account_id, letter_id)


async def next_due(session: Session, now: datetime) -> datetime | None:
    """Return when something is next to be done about the account's letters; none where none waits."""
    found: datetime | None = await session.raw.fetchval(_NEXT_DUE, session.account_id, now)
    return found


async def blocked(session: Session, channel: str, keys: Sequence[str]) -> dict[str, str]:
    """Return which of some addresses nothing goes to, and why."""
    rows = await session.raw.fetch(_BLOCKED, session.account_id, channel, keys)
    return {row["address_key"]: row["reason"] for row in rows}


async def block(
    session: WriteSession,
    channel: str,
    key: str,
    *,
    reason: str,
    at: datetime,
    letter_id: UUID | None = None,
    by_id: UUID | None = None,
) -> bool:
    """Have nothing go to an address any more; say whether anything did until now."""
    answer = await session.raw.execute(_BLOCK, session.account_id, channel, key, reason, at, letter_id, by_id)
    return bool(answer == "INSERT 0 1")


async def untold_notices(session: WriteSession, since: datetime, within: timedelta) -> list[asyncpg.Record]:
    """Return what was noticed since an instant, with whom it is to be told, one of a kind for each user.

    What was told of a kind within such a time before is not told again.
    """
    return list(await session.raw.fetch(_UNTOLD_NOTICES, session.account_id, since, within))


async def files(session: Session, ids: Collection[UUID]) -> dict[UUID, asyncpg.Record]:
    """Return some files, those there are, with what is in them."""
    rows = await session.raw.fetch(_FILES, session.account_id, list(ids))
    return {row["file_id"]: row for row in rows}
