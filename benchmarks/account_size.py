"""What a pull costs in an account of a million records among a hundred others, beside one of ten thousand.

Each way is told by what it carries: where the large account is as fast as the small one, its size is free.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from time import perf_counter
from uuid import uuid4

import orjson
from asyncpg.connection import LoggedQuery
from rich.console import Console

from app.core.db import Session
from app.core.principal import Principal
from app.core.revisions import read_clock
from app.studio.preferences import MobilePreferences
from app.sync.compile import compile_scope
from app.sync.cursor import Cursor, tag
from app.sync.feed import LATEST
from app.sync.pull import Pulled, pull
from app.sync.schemas import MAX_PAGE_BYTES, PullRequest
from app.sync.target import circumstances_of
from benchmarks.ground import Ground, phone_of, tally
from benchmarks.samples import Result, Way, Work, compare

_CHANGES = 10
_USUAL = MobilePreferences()
_WINDOWS = [key for key in MobilePreferences.model_fields if key.endswith("_past_days")]
# The same windows, 90 days shorter, or empty where they were shorter than that.
_NARROW = _USUAL.model_copy(update={key: max(0, getattr(_USUAL, key) - 90) for key in _WINDOWS})

_SAMPLE = """
CREATE TABLE sample AS
SELECT * FROM feed WHERE account_id = $1 AND NOT is_deleted ORDER BY md5(record_id::text) LIMIT $2
"""
# Each copy lies further in the past, so that a day of a large account is not a hundred days of work.
_BEFORE_ID = b'{"id":"'
_COPIES = f"""
INSERT INTO feed (account_id, collection, record_id, revision, body_revision, since, is_deleted, day, labels,
                  owners, private, {LATEST}, filled, mark, field_revisions, sizes, body, preview)
SELECT $1, collection, new_id, 1, 1, 1, false, day - n * $3::integer, labels, owners, private,
       {", ".join(f"{latest.strip()} - n * $3::integer" for latest in LATEST.split(","))},
       filled, mark, field_revisions, sizes,
       overlay(body PLACING convert_to(new_id::text, 'UTF8') FROM {len(_BEFORE_ID) + 1}), preview
FROM (SELECT *, gen_random_uuid() AS new_id FROM sample, generate_series(0, $2::integer - 1) AS n) AS copied
"""
_NUMBERS = """
INSERT INTO anchor_numbers (account_id, name, number)
SELECT $1, name, number FROM anchor_numbers WHERE account_id = $2
"""
_CLOCK = "INSERT INTO account_clock SELECT $1, 1, 0, gen_random_uuid(), 0"
_CHANGED = """
UPDATE feed SET revision = 2, body_revision = 2 WHERE account_id = $1 AND record_id IN (
    SELECT record_id FROM feed WHERE account_id = $1 AND collection = 400 ORDER BY record_id LIMIT $2)
"""


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the measure, and a phone of it."""

    label: str
    who: Principal


Begin = Callable[[Session, Principal], Awaitable[Cursor | None]]
"""Where a phone stands when it asks; none for one that has nothing."""


async def account_size(ground: Ground) -> list[Result]:
    """Measure pulls of a small and a large account, and print the plans of the large one's."""
    small, large = await _made(ground)
    narrow: dict[str, Begin] = {
        "no change": partial(_standing, revision=2),
        f"{_CHANGES} changes": partial(_standing, revision=1),
        "midnight": partial(_standing, revision=2, ago=1),
    }
    results = []
    for name, begin in narrow.items():
        ways: dict[str, Way] = {}
        for each in (small, large):
            carried = (await _pulls(ground, each, begin, 1)).count
            ways[f"{each.label}, carries {carried:,}"] = partial(_again, ground, each, begin)
        results += await compare(f"account size: {name}", "pulls", ways, ground.size.rounds)
        await _explain(ground, large, name, begin)
    wide: dict[str, Begin] = {
        "first sync": _nothing,
        "90 days wider": partial(_standing, revision=2, preferences=_NARROW),
    }
    ways = {name: partial(_pulls, ground, large, begin, 1) for name, begin in wide.items()}
    results += await compare(f"account size: {large.label}", "records", ways, ground.size.rounds)
    for name, begin in wide.items():
        await _explain(ground, large, name, begin)
    return results


async def _made(ground: Ground) -> tuple[Account, Account]:
    """Fill a small account, a large one, and a hundred others of the small one's size."""
    size, direct, demo = ground.size, ground.direct, await ground.demo()
    await direct.execute("DROP TABLE IF EXISTS sample")
    await direct.execute(_SAMPLE.replace("$1", f"'{demo.account_id}'").replace("$2", str(size.filled)))
    filled = await direct.fetchval("SELECT count(*) FROM sample")
    made = []
    for number, copies in enumerate((1, size.copies, *[1] * size.others)):
        account_id = uuid4()
        await direct.execute(_CLOCK, account_id)
        await direct.execute(_COPIES, account_id, copies, 3650 // size.copies)
        await direct.execute(_NUMBERS, account_id, demo.account_id)
        if number < 2:
            await direct.execute(_CHANGED, account_id, _CHANGES)
            await direct.execute("UPDATE account_clock SET revision = 2 WHERE account_id = $1", account_id)
            await tally(ground.database, account_id)
            made.append(Account(f"{filled * copies:,} records", phone_of(account_id)))
    await direct.execute("DROP TABLE sample")
    await direct.execute("VACUUM ANALYZE")
    return made[0], made[1]


async def _again(ground: Ground, account: Account, begin: Begin) -> Work:
    """Ask again and again, and count how often."""
    work = await _pulls(ground, account, begin, ground.size.requests)
    return replace(work, count=ground.size.requests)


async def _pulls(ground: Ground, account: Account, begin: Begin, times: int) -> Work:
    """Ask to a consistent point, so many times; what the pages carry is counted outside of the time."""
    carried, taken, seconds = 0, 0, 0.0
    for _ in range(times):
        async with ground.database.reading(account.who.account_id) as session:
            cursor = await begin(session, account.who)
        asked, has_more = ground.sealer.seal(cursor) if cursor else None, True
        while has_more:
            began = perf_counter()
            async with ground.database.reading(account.who.account_id) as session:
                pulled = await _page(ground, session, account.who, asked)
                text = pulled.as_json()
            seconds += perf_counter() - began
            asked, has_more = pulled.cursor, not pulled.is_consistent
            carried += _carried(text)
            taken += len(text)
    return Work(carried, taken, seconds)


async def _page(ground: Ground, session: Session, who: Principal, cursor: str | None) -> Pulled:
    asked = PullRequest(cursor=cursor, max_rows=2_000, max_bytes=MAX_PAGE_BYTES)
    return await pull(session, who, await read_clock(session), ground.sealer, asked)


def _carried(text: bytes) -> int:
    changes = orjson.loads(text)["changes"].values()
    return sum(len(records) for each in changes for records in each.values())


async def _nothing(session: Session, who: Principal) -> None:
    del session, who


async def _standing(
    session: Session, who: Principal, *, revision: int, ago: int = 0, preferences: MobilePreferences = _USUAL
) -> Cursor:
    """Return the cursor of a phone that was consistent at a revision, days ago, under some preferences."""
    at = await read_clock(session)
    day = at.day_in(who.time_zone) - timedelta(days=ago)
    given = await circumstances_of(session, who, preferences, day, at.feed_schema)
    owner, binding, epoch = tag(who.account_id, who.user_id), tag(who.binding_id), tag(at.epoch)
    return Cursor(owner, binding, epoch, 0, None, revision, compile_scope(given))


async def _explain(ground: Ground, account: Account, name: str, begin: Begin) -> None:
    """Print the scans of each statement one pull makes of the feed; there must be none of a whole table."""
    seen: list[LoggedQuery] = []
    async with ground.database.reading(account.who.account_id) as session:
        cursor = await begin(session, account.who)
        with session.raw.query_logger(seen.append):
            await _page(ground, session, account.who, ground.sealer.seal(cursor) if cursor else None)
        for each in seen:
            if "FROM feed" in each.query:
                plan = await session.raw.fetch(f"EXPLAIN (ANALYZE, COSTS OFF) {each.query}", *each.args)
                _print(name, [row[0] for row in plan])


def _print(name: str, plan: list[str]) -> None:
    scans = [line.strip(" ->") for line in plan if " on feed" in line and "never executed" not in line]
    if any(line.startswith("Seq Scan") for line in scans):
        raise AssertionError(f"{name}: a scan of the whole table")
    Console(width=160).print(f"EXPLAIN {name}: {plan[-1].strip()}", *scans, sep="\n  ", highlight=False)
