"""How often sync has refused something, by account, day and reason: kept beside what was asked."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from app.accounts.errors import ClientTooOld
from app.core import arrays, clock
from app.core.db import Database, Session, WriteSession
from app.core.errors import AppError
from app.http.failures import what_passes_left
from app.sync import errors
from app.sync.groups import Decision

KEPT_DAYS = 30

_COUNTED = (
    errors.CursorMalformed,
    errors.CursorForeign,
    errors.CursorCollections,
    errors.ResyncRequired,
    errors.UnknownCollections,
    errors.NotConsistent,
    errors.StreamGap,
    errors.StreamDiverged,
    errors.TooManyChanges,
    ClientTooOld,
)


@dataclass(frozen=True, slots=True)
class Refused:
    """How often something was refused: a change with a verdict, or, without one, a whole request."""

    verdict: str
    code: str
    reason: str
    amount: int
    last_day: date


async def count_request(database: Database, account_id: UUID, refused: AppError) -> None:
    """Count a request that sync refuses, if it is refused for what sync knows.

    To be called when nothing of the database is held any more. It takes no turn among the account's writers:
    a crash may lose it, and where there is too much to do, it is left out.
    """
    if not isinstance(refused, _COUNTED):
        return
    reason = str(refused.extra.get("reason", ""))
    with what_passes_left():
        async with database.beside(account_id) as session:
            await _add(session, {("", refused.code, reason): 1})


async def count_verdicts(session: WriteSession, lost: Sequence[Decision]) -> None:
    """Count the changes of a push of which something was not kept; a push that lost nothing costs nothing."""
    if lost:
        await _add(session, Counter((each.outcome.value, each.code or "", "") for each in lost))


async def since(session: Session, first: date) -> list[Refused]:
    """Return what was refused from a day on, the most frequent first."""
    rows = await session.raw.fetch(_SINCE, session.account_id, first)
    return [Refused(**row) for row in rows]


async def forget(session: Session, most: int) -> int:
    """Forget so much of what was counted too long ago, and return how much that was."""
    too_old = clock.now().date() - timedelta(days=KEPT_DAYS + 1)
    return int(await session.raw.fetchval(_FORGET, session.account_id, too_old, most))


async def _add(session: Session, amounts: Mapping[tuple[str, str, str], int]) -> None:
    # In one order: two that wait for each other would both be lost.
    rows = [(*key, many) for key, many in sorted(amounts.items())]
    await session.raw.execute(_ADD, session.account_id, clock.now(), *arrays.columns(_TYPES, rows))


_TYPES = ("text", "text", "text", "integer")

_ADD = f"""
INSERT INTO refusal_counts AS known (account_id, day, verdict, code, reason, amount)
SELECT account_id, ($2::timestamptz AT TIME ZONE time_zone)::date, verdict, code, reason, amount
FROM accounts CROSS JOIN unnest({arrays.parameters(_TYPES, 3)}) AS refused(verdict, code, reason, amount)
WHERE account_id = $1
ON CONFLICT (account_id, day, verdict, code, reason) DO UPDATE SET amount = known.amount + excluded.amount
"""

_SINCE = """
SELECT verdict, code, reason, sum(amount)::bigint AS amount, max(day) AS last_day FROM refusal_counts
WHERE account_id = $1 AND day >= $2
GROUP BY verdict, code, reason
ORDER BY amount DESC, verdict, code, reason
"""

_FORGET = """
WITH chosen AS MATERIALIZED (
    SELECT day, verdict, code, reason FROM refusal_counts WHERE account_id = $1 AND day < $2 LIMIT $3
), gone AS (
    DELETE FROM refusal_counts known USING chosen
    WHERE known.account_id = $1 AND (known.day, known.verdict, known.code, known.reason)
        = (chosen.day, chosen.verdict, chosen.code, chosen.reason)
    RETURNING 1
)
SELECT count(*) FROM gone
"""
