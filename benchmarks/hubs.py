"""Hubs of a studio with 100,000 sessions, each beside what PostgreSQL takes for bare SQL of the same."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from time import perf_counter
from typing import Any
from uuid import UUID

import httpx
import orjson
from asyncpg.connection import LoggedQuery
from rich.console import Console

from app.accounts.standing import Work as Asking
from app.cli.ground import account_of
from app.core.principal import Principal
from app.core.revisions import read_clock
from app.demo.seeding import seed
from app.demo.sign_in import SignIn
from app.desk.hubs import querying
from app.desk.hubs.hubs import HUBS
from app.desk.hubs.schemas import MOST, PageRequest
from benchmarks.ground import Ground
from benchmarks.samples import Result, Way, Work, compare
from benchmarks.wire import Lines

_ACCOUNT = "hubs"
_CLIENTS = 500
"""How many clients tell the stories of which the others are copies."""
_PATIENCE = 60.0
_WIDTH = 120
_NODES = ("Sort  (", "Sort (", "Incremental Sort", "Sort Method", "Execution")

# Copies of what the demo tells, no two alike in what is unique; their days are spread over years.
_NUMBERED = """
    SELECT t, row_number() OVER ()::int AS place, count(*) OVER ()::int AS many
    FROM {} t WHERE account_id = $1
"""
_COPIES = "generate_series(1, $2::int / many) AS copy, LATERAL (SELECT copy * many + place AS nth) AS counted"
_MANY_CLIENTS = f"""
INSERT INTO clients SELECT made.* FROM ({_NUMBERED.format("clients")}) AS told, {_COPIES},
    jsonb_populate_record(t, jsonb_build_object(
        'id', gen_random_uuid(), 'client_number', NULL, 'job_title', 'Copy ' || nth)) AS made
WHERE nth <= $2
"""
_MANY_SESSIONS = f"""
INSERT INTO sessions SELECT made.* FROM ({_NUMBERED.format("sessions")}) AS told, {_COPIES},
    (SELECT array_agg(id) AS ids FROM clients WHERE account_id = $1) AS known,
    jsonb_populate_record(t, jsonb_build_object(
        'id', gen_random_uuid(), 'session_number', 1000000 + nth,
        'client_id', ids[1 + nth::bigint * 7919 % cardinality(ids)],
        'web_expire_date', CASE WHEN nth % 10 > 0 THEN date '2026-01-01' + nth % 997 END,
        'custom', jsonb_build_object('text_1', 'Lab ' || nth % 4999))) AS made
WHERE nth <= $2
"""

_SHOWN = ["session_number", "date", "client.last_name", "web_expire_date"]
_COLUMNS = "s.id, s.session_number, s.date, c.last_name, s.web_expire_date"
_SOURCE = "sessions s LEFT JOIN clients c ON c.account_id = s.account_id AND c.id = s.client_id"
_BARE = f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE s.account_id = $1"
_FILTER = {
    "all": [
        {"field": "web_expire_date", "is": "between", "value": ["2026-06-01", "2026-06-30"]},
        {"field": "client.last_name", "is": "contains", "value": "er"},
    ]
}
_MEETS = "s.web_expire_date BETWEEN '2026-06-01' AND '2026-06-30' AND c.last_name ILIKE '%er%'"


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a hub, and the bare SQL of the same."""

    name: str
    asked: dict[str, Any]
    bare: str
    hub: str = "sessions"
    what: str = "query"
    values: tuple[Any, ...] = ()


@dataclass(slots=True)
class Studio:
    """The large studio, and a desk of it."""

    ground: Ground
    account_id: UUID
    lines: Lines
    times: int


def _by(name: str, sort: str, order: str, behind: str = "") -> Page:
    return Page(name, {"columns": _SHOWN, "sort": sort}, f"{_BARE} {behind} ORDER BY {order}, s.id LIMIT 101")


_PAGES = (
    _by("by web_expire_date", "web_expire_date", "s.web_expire_date", "AND s.web_expire_date IS NOT NULL"),
    _by("by the client's last name", "client.last_name", "c.last_name", "AND c.last_name IS NOT NULL"),
    _by("by a custom text", "custom.text_1", "s.custom ->> 'text_1'"),
    _by("by when it was made", "created_at", "s.created_at"),
    Page(
        "filtered by date and name",
        {"columns": _SHOWN, "sort": "web_expire_date", "filter": _FILTER},
        f"{_BARE} AND {_MEETS} ORDER BY s.web_expire_date, s.id LIMIT 101",
    ),
    Page(
        "counted by state of the gallery",
        {"group": "gallery_state"},
        "SELECT gallery_state, count(*) FROM sessions WHERE account_id = $1 GROUP BY 1",
        what="counts",
    ),
    Page(
        "clients by last name",
        {"columns": ["last_name", "first_name", "email"], "sort": "last_name"},
        "SELECT id, last_name, first_name, email FROM clients WHERE account_id = $1 AND last_name IS NOT NULL"
        " ORDER BY last_name, id LIMIT 101",
        hub="clients",
    ),
)
_BY_DATE, *_, _BY_NAME = _PAGES


async def hubs(ground: Ground) -> list[Result]:
    """Measure pages, counts and tables of a large studio, and print the plans of the pages."""
    studio = await _made(ground)
    results = []
    for page in (*_PAGES, await _deep(studio, _BY_DATE), await _deep(studio, _BY_NAME)):
        ways: dict[str, Way] = {
            "bare SQL": partial(_bare, studio, page),
            "ours": partial(_ours, studio, page),
        }
        results += await compare(f"hubs: {page.name}", "pages", ways, ground.size.rounds)
        if page.what == "query":
            await _explain(studio, page)
    ways = {"COPY": partial(_copied, studio)}
    ways |= {kind: partial(_exported, studio, kind) for kind in ("csv", "xlsx")}
    results += await compare("hubs: exported", "records", ways, ground.size.rounds)
    for table in ("sessions", "clients"):
        await _unchecked(ground, f"DELETE FROM {table} WHERE account_id = $1", studio.account_id)
    await ground.direct.execute("VACUUM ANALYZE sessions, clients")
    return results


async def _made(ground: Ground) -> Studio:
    """Fill a studio of its own with copies of what some clients told."""
    size = ground.size
    sign_in = await seed(ground.database, clients=min(_CLIENTS, size.clients), account=_ACCOUNT)
    account_id = await account_of(ground.database, _ACCOUNT)
    if account_id is None:
        raise LookupError(_ACCOUNT)
    await _unchecked(ground, _MANY_CLIENTS, account_id, size.sessions // 2)
    await _unchecked(ground, _MANY_SESSIONS, account_id, size.sessions)
    await ground.direct.execute("VACUUM ANALYZE sessions, clients")
    return Studio(ground, UUID(str(account_id)), await _desk(ground, sign_in), max(2, size.requests // 8))


async def _unchecked(ground: Ground, sql: str, *values: Any) -> None:
    """Execute what breaks no link, without asking about each."""
    await ground.direct.execute("SET session_replication_role = replica")
    await ground.direct.execute(sql, *values)
    await ground.direct.execute("RESET session_replication_role")


async def _desk(ground: Ground, sign_in: SignIn) -> Lines:
    user = sign_in.users[0]
    words = {"account": sign_in.account, "initials": user.initials, "password": user.password}
    async with httpx.AsyncClient(base_url=ground.served.url, timeout=_PATIENCE) as nobody:
        answer = await nobody.post("/v1/auth/login", json=words)
    lines = Lines(ground.served.url, answer.raise_for_status().json()["access_token"])
    ground.stack.callback(lines.close)
    return lines


async def _deep(studio: Studio, first: Page) -> Page:
    """Return the page far down the list of another, to which only its pages lead."""
    rows, page, by = list[dict[str, Any]](), None, first.asked["sort"]
    while len(rows) < studio.ground.size.sessions * 0.4:
        asked = {**first.asked, "limit": MOST, "page": page}
        answer = orjson.loads(await _asked(studio, f"hubs/{first.hub}/query", asked))
        rows, page = rows + answer["rows"], answer["next_page"]
    value, last = rows[-1][by], UUID(rows[-1]["id"])
    order = first.bare.partition("ORDER BY ")[2].partition(" LIMIT")[0]
    behind = first.bare.replace("ORDER BY", f"AND ({order}) > ($2, $3) ORDER BY")
    at = (date.fromisoformat(value) if by == "web_expire_date" else value, last)
    return replace(
        first, name=f"{first.name}, far down", asked={**first.asked, "page": page}, bare=behind, values=at
    )


async def _bare(studio: Studio, page: Page) -> Work:
    async def once() -> int:
        return len(await studio.ground.direct.fetch(page.bare, studio.account_id, *page.values))

    return await _timed(studio.times, once)


async def _ours(studio: Studio, page: Page) -> Work:
    async def once() -> int:
        return len(await _asked(studio, f"hubs/{page.hub}/{page.what}", page.asked))

    return await _timed(studio.times, once)


async def _timed(times: int, once: Callable[[], Awaitable[int]]) -> Work:
    waits = []
    for _ in range(times):
        began = perf_counter()
        await once()
        waits.append(perf_counter() - began)
    return Work(times, waits=waits)


async def _asked(studio: Studio, path: str, asked: dict[str, Any]) -> bytes:
    reply = await studio.lines.post(f"/v1/{path}", orjson.dumps(asked))
    if not reply.is_accepted:
        raise ConnectionError(reply)
    return reply.body


async def _copied(studio: Studio) -> Work:
    size = 0

    async def take(data: bytes) -> None:
        nonlocal size
        size += len(data)

    asked = f"{_BARE} ORDER BY s.web_expire_date, s.id"
    await studio.ground.direct.copy_from_query(asked, studio.account_id, output=take, format="csv")
    return Work(studio.ground.size.sessions, size)


async def _exported(studio: Studio, kind: str) -> Work:
    asked = orjson.dumps({"columns": _SHOWN, "sort": "web_expire_date", "format": kind})
    served, size = studio.ground.served, 0
    served.forget_peak()
    began = served.cpu_seconds
    async for piece in _streamed(studio, asked):
        size += len(piece)
    worked = served.cpu_seconds - began
    return Work(studio.ground.size.sessions, size, cpu_seconds=worked, peak_megabytes=served.peak_megabytes)


def _streamed(studio: Studio, asked: bytes) -> AsyncIterator[bytes]:
    return studio.lines.stream(studio.lines.request("POST", "/v1/hubs/sessions/export", asked))


async def _explain(studio: Studio, page: Page) -> None:
    """Print by what the records of a page are found and put in order."""
    seen: list[LoggedQuery] = []
    async with studio.ground.database.reading(studio.account_id) as session:
        who = Principal.system(studio.account_id)
        work = Asking(who, await read_clock(session), None, None, None, session)
        asked = PageRequest.model_validate(page.asked, strict=False)
        query = await querying.prepare(work, HUBS[page.hub], asked)
        after = querying.opened(asked.page, query) if asked.page else None
        with session.raw.query_logger(seen.append):
            await querying.read_page(session, query, asked.limit, after, _PATIENCE)
            await asyncio.sleep(0)  # it is told of a statement when the loop comes round
        for each in (found for found in seen if "SELECT b.id" in found.query):
            plan = await session.raw.fetch(
                f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) {each.query}", *each.args
            )
            told = [row[0].strip(" ->")[:_WIDTH] for row in plan]
            ways = [line for line in told if " on " in line or line.startswith(_NODES)]
            Console(width=160).print(f"EXPLAIN {page.name}:", *ways, sep="\n  ", highlight=False)
