"""Our server beside what a studio's developers would pick instead, and beside the limit, all in one run.

Each holds the same payments, as JSON of the same fields. Ours has everything on: sign-in, device, scope,
tombstones, stored verdicts. The hand-written endpoint looks at a token and a user, and has no rules; Kinto is
set up as its documentation says; the route that passes text through looks at nobody: it is the ceiling.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import orjson
from jose import jwt
from sqlalchemy.engine import make_url

from benchmarks.first_sync import by_copy
from benchmarks.ground import Ground, send_everything
from benchmarks.paging import cursor_at_rest, http_pages, http_stream, taken
from benchmarks.peers import kinto
from benchmarks.peers.records import ACCOUNT, SECRET, USER, records
from benchmarks.pushes import PHONES, Phone, Studio, open_studio
from benchmarks.samples import Result, Way, Work, compare
from benchmarks.serving import Served, hand_written

_PAGE = 2_000
_PUSHED = 100
_PAYMENTS = 560
Record = dict[str, Any]

_FEED = """
INSERT INTO feed (account_id, collection, record_id, revision, body_revision, since, is_deleted, day, labels,
                  owners, private, filled, mark, field_revisions, sizes, body, preview)
SELECT $1, $2, id, 1, 1, 1, false, day, '{}', '{}', false, 0, 0, '{}', ARRAY[octet_length(body), 0, 0, 0, 0],
       body, ''
FROM unnest($3::uuid[], $4::date[], $5::bytea[]) AS made(id, day, body)
"""
_KINTO = """
INSERT INTO objects (id, parent_id, resource_name, last_modified, data, deleted)
SELECT data->>'id', $1, 'record', timestamp '2024-01-01' + n * interval '1 millisecond', data - 'id', false
FROM unnest($2::jsonb[]) WITH ORDINALITY AS made(data, n)
"""
_CLOCK = "SELECT revision FROM account_clock WHERE account_id = $1"
_LAST_ID = str(UUID(int=2**128 - 1))
_BODIES = "SELECT body FROM feed WHERE account_id = $1 AND NOT is_deleted ORDER BY collection, day, record_id"


@dataclass(frozen=True, slots=True)
class Peer:
    """A server that holds the payments, a client signed in to it, and a connection to its database."""

    served: Served
    client: httpx.AsyncClient
    direct: "asyncpg.Connection[asyncpg.Record]"


@dataclass(frozen=True, slots=True)
class Peers:
    """All of them; `studio` and its `phones` are our own."""

    studio: Studio
    ours: Peer
    phones: Sequence[Phone]
    by_hand: Peer
    kinto: Peer | None


async def beside(ground: Ground) -> list[Result]:
    """Measure a first sync, an idle pull and pushes of a hundred."""
    async with _peers(ground) as peers:
        return [
            *await compare(
                f"beside others: first sync of {ground.size.payments:,}",
                "records",
                _first_syncs(ground, peers),
                ground.size.rounds,
            ),
            *await compare(
                "beside others: idle pull", "requests", await _idle_pulls(ground, peers), ground.size.rounds
            ),
            *await compare(
                f"beside others: push of {_PUSHED}", "changes", _pushes(ground, peers), ground.size.rounds
            ),
        ]


@asynccontextmanager
async def _peers(ground: Ground) -> AsyncIterator[Peers]:
    made = list(records(ground.size.payments))
    async with AsyncExitStack() as stack:
        studio, phones = await open_studio(ground, stack, "beside")
        await _fill_ours(ground, studio.account_id, made)
        ours = Peer(ground.served, phones[0].client, ground.direct)
        by_hand = await _by_hand(stack, ground, made)
        other = await _kinto(stack, ground, made) if kinto.is_installed() else None
        yield Peers(studio, ours, phones, by_hand, other)


async def _fill_ours(ground: Ground, account_id: UUID, made: Sequence[Record]) -> None:
    """Write the feed as the store would have, and lift the window."""
    bodies = [orjson.dumps({"id": each["id"], "revision": 1, **each})[:-1] for each in made]
    days = [date.fromisoformat(each["date"]) for each in made]
    ids = [UUID(each["id"]) for each in made]
    await ground.direct.execute(_FEED, account_id, _PAYMENTS, ids, days, bodies)
    await send_everything(ground.database, account_id)
    await ground.direct.execute("VACUUM ANALYZE feed")


async def _by_hand(stack: AsyncExitStack, ground: Ground, made: Sequence[Record]) -> Peer:
    url, direct = await _database(stack, ground, "by_hand")
    served = stack.enter_context(hand_written(url))
    await direct.execute("INSERT INTO peer_user VALUES ($1, $2, true)", USER, ACCOUNT)
    await direct.copy_records_to_table(
        "peer_payment",
        columns=[*made[0], "account_id", "is_deleted", "updated_at"],
        records=[(*_typed(each), ACCOUNT, False, _instant(n)) for n, each in enumerate(made)],
    )
    texts = [(ACCOUNT, UUID(each["id"]), orjson.dumps(each).decode()) for each in made]
    await direct.copy_records_to_table("peer_text", records=texts)
    await direct.execute("VACUUM ANALYZE")
    headers = {"Authorization": f"Bearer {jwt.encode({'sub': str(USER)}, SECRET, algorithm='HS256')}"}
    return await _peer(stack, served, direct, headers=headers)


async def _kinto(stack: AsyncExitStack, ground: Ground, made: Sequence[Record]) -> Peer:
    url, direct = await _database(stack, ground, "kinto")
    served = stack.enter_context(kinto.kinto(url, ground.data_dir))
    peer = await _peer(stack, served, direct, auth=kinto.SIGN_IN)
    for path in ("/v1/buckets/studio", f"/v1{kinto.PARENT}"):
        (await peer.client.put(path)).raise_for_status()
    # The trigger that stamps what comes over HTTP would take minutes for what is written here.
    await direct.execute("ALTER TABLE objects DISABLE TRIGGER USER")
    await direct.execute(_KINTO, kinto.PARENT, [orjson.dumps(each).decode() for each in made])
    await direct.execute("ALTER TABLE objects ENABLE TRIGGER USER")
    await direct.execute("VACUUM ANALYZE")
    return peer


async def _database(
    stack: AsyncExitStack, ground: Ground, name: str
) -> tuple[str, "asyncpg.Connection[asyncpg.Record]"]:
    """Make a database of a peer's own on the same server."""
    await ground.direct.execute(f"CREATE DATABASE {name}")
    url = make_url(ground.database_url).set(database=name).render_as_string(hide_password=False)
    direct = await asyncpg.connect(url)
    stack.push_async_callback(direct.close)
    return url, direct


async def _peer(
    stack: AsyncExitStack, served: Served, direct: "asyncpg.Connection[asyncpg.Record]", **signed_in: Any
) -> Peer:
    client = httpx.AsyncClient(base_url=served.url, timeout=120, **signed_in)
    client.headers["Accept-Encoding"] = "identity"
    stack.push_async_callback(client.aclose)
    return Peer(served, client, direct)


def _typed(record: Record) -> list[Any]:
    return [
        UUID(value) if name.endswith("id") else date.fromisoformat(value) if name == "date" else value
        for name, value in record.items()
    ]


def _instant(n: int) -> datetime:
    return datetime(2024, 1, 1, tzinfo=UTC) + timedelta(milliseconds=n)


def _first_syncs(ground: Ground, peers: Peers) -> dict[str, Way]:
    rows = ground.size.payments
    by_hand, other = peers.by_hand, peers.kinto
    ways: dict[str, Way] = {
        "COPY through the index": partial(by_copy, ground, rows, _BODIES, peers.studio.account_id),
        "ours, pages": partial(_paged, peers.ours, rows, partial(http_pages, max_rows=_PAGE)),
        "ours, one stream": partial(_paged, peers.ours, rows, http_stream),
        "text passed through": partial(_paged, by_hand, rows, _text_pages),
        "FastAPI + SQLModel": partial(_paged, by_hand, rows, _pages_by_hand),
    }
    if other:
        ways["Kinto"] = partial(_paged, other, rows, _kinto_pages)
    return ways


Pages = Callable[[httpx.AsyncClient], AsyncIterator[bytes]]


async def _paged(peer: Peer, rows: int, pages: Pages) -> Work:
    return await taken(peer.served, rows, pages(peer.client))


async def _text_pages(client: httpx.AsyncClient) -> AsyncIterator[bytes]:
    after: str | None = str(UUID(int=0))
    while after:
        asked = {"after": after, "limit": str(_PAGE)}
        text = (await client.get("/text", params=asked)).raise_for_status().content
        after = text[9:45].decode() if text[9:10] != b'"' else None
        yield text


async def _pages_by_hand(client: httpx.AsyncClient) -> AsyncIterator[bytes]:
    asked = {"limit": str(_PAGE)}
    while True:
        text = (await client.get("/payments", params=asked)).raise_for_status().content
        yield text
        page = orjson.loads(text)
        if len(page) < _PAGE:
            return
        asked |= {"since": page[-1]["updated_at"], "after": page[-1]["id"]}


async def _kinto_pages(client: httpx.AsyncClient) -> AsyncIterator[bytes]:
    address: str | None = f"{kinto.RECORDS}?_limit={_PAGE}"
    while address:
        answer = (await client.get(address)).raise_for_status()
        yield answer.content
        address = answer.headers.get("Next-Page")


async def _idle_pulls(ground: Ground, peers: Peers) -> dict[str, Way]:
    ours, by_hand, other = peers.ours, peers.by_hand, peers.kinto
    cursor = await cursor_at_rest(ours.client)
    at_rest = str(datetime.now(UTC))
    clock = partial(ground.direct.fetchval, _CLOCK, peers.studio.account_id)
    ways: dict[str, Way] = {
        "SELECT of the clock": partial(_again, ground, None, clock),
        "ours": partial(
            _again, ground, ours, partial(ours.client.post, "/v1/sync/pull", json={"cursor": cursor})
        ),
        "text passed through": partial(
            _again, ground, by_hand, partial(by_hand.client.get, "/text", params={"after": _LAST_ID})
        ),
        "FastAPI + SQLModel": partial(
            _again, ground, by_hand, partial(by_hand.client.get, "/payments", params={"since": at_rest})
        ),
    }
    if other:
        latest = (await other.client.head(kinto.RECORDS)).headers["ETag"].strip('"')
        ask = partial(other.client.get, f"{kinto.RECORDS}?_since={latest}")
        ways["Kinto"] = partial(_again, ground, other, ask)
    return ways


async def _again(ground: Ground, peer: Peer | None, ask: Callable[[], Awaitable[Any]]) -> Work:
    began = peer.served.cpu_seconds if peer else 0.0
    for _ in range(ground.size.requests):
        answer = await ask()
        if isinstance(answer, httpx.Response):
            answer.raise_for_status()
    return Work(ground.size.requests, cpu_seconds=peer.served.cpu_seconds - began if peer else None)


def _pushes(ground: Ground, peers: Peers) -> dict[str, Way]:
    by_hand, other = peers.by_hand, peers.kinto
    numbers, made = count(1), peers.studio.clients
    ways: dict[str, Way] = {"bare rows, 1 client": partial(_bare, ground)}
    for many in (1, PHONES):
        told = f"{many} client{'s' * (many > 1)}"
        ours: list[Push] = [partial(each.push, made, numbers, _PUSHED) for each in peers.phones[:many]]
        ways[f"ours, {told}"] = partial(_together, ground, peers.ours, ours)
        by_hands: list[Push] = [partial(_push_by_hand, by_hand.client)] * many
        ways[f"FastAPI + SQLModel, {told}"] = partial(_together, ground, by_hand, by_hands)
    if other:
        ways["Kinto, 1 client"] = partial(_together, ground, other, [partial(_push_kinto, other.client)])
    return ways


Push = Callable[[], Awaitable[None]]


async def _together(ground: Ground, peer: Peer, pushes: Sequence[Push]) -> Work:
    began, times = peer.served.cpu_seconds, max(1, ground.size.requests // (4 * len(pushes)))

    async def again(push: Push) -> None:
        for _ in range(times):
            await push()

    await asyncio.gather(*map(again, pushes))
    return Work(_PUSHED * times * len(pushes), cpu_seconds=peer.served.cpu_seconds - began)


async def _push_by_hand(client: httpx.AsyncClient) -> None:
    sent = [{**each, "id": str(uuid4())} for each in records(_PUSHED)]
    (await client.post("/payments", json=sent)).raise_for_status()


async def _push_kinto(client: httpx.AsyncClient) -> None:
    requests: list[Record] = []
    for each in records(_PUSHED):
        del each["id"]
        requests.append({"path": f"{kinto.PARENT}/records/{uuid4()}", "body": {"data": each}})
    sent = {"defaults": {"method": "PUT"}, "requests": requests}
    answer = (await client.post("/v1/batch", json=sent)).raise_for_status().json()
    if {each["status"] for each in answer["responses"]} != {201}:
        raise ValueError("a push that is measured must be taken in")


async def _bare(ground: Ground) -> Work:
    times = max(1, ground.size.requests // 4)
    await ground.direct.execute("CREATE TABLE IF NOT EXISTS bare (id uuid PRIMARY KEY, body bytea)")
    for _ in range(times):
        ids, bodies = [uuid4() for _ in range(_PUSHED)], [orjson.dumps(each) for each in records(_PUSHED)]
        await ground.insert("bare", ids, bodies)
    return Work(_PUSHED * times)
