"""What a studio's developers would pick instead, standing beside our server, each with the same payments.

Ours has everything on: sign-in, device, scope, tombstones, stored verdicts, limits. "Ours, stripped" is our
store behind no more than the hand-written endpoint has. That endpoint looks at a token and a user, and has no
rules. Kinto is set up as its documentation says. The route that passes text through looks at nobody: it is
the ceiling.
"""

from base64 import b64encode
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import orjson
from jose import jwt
from sqlalchemy.engine import make_url

from app.accounts.passwords import hash_password
from benchmarks.ground import Ground, send_everything, tally
from benchmarks.peers import kinto
from benchmarks.peers.records import ACCOUNT, SECRET, USER, records
from benchmarks.serving import Served, by_uvicorn
from benchmarks.studios import PASSWORD, Phone, Studio, open_studio
from benchmarks.wire import Lines

PHONES = 8
BODIES = "SELECT body FROM feed WHERE account_id = $1 AND NOT is_deleted ORDER BY collection, day, record_id"
OLDEST = datetime(2024, 1, 1, tzinfo=UTC)
"""When the first payment was written; each further one a millisecond later."""

_NUMBERS = count(1)
_PAYMENTS = 560
_AT_ONCE = 20_000
_FEED = """
INSERT INTO feed (account_id, collection, record_id, revision, body_revision, since, is_deleted, day, labels,
                  owners, private, filled, mark, field_revisions, sizes, body, preview)
SELECT $1, $2, id, 1, 1, 1, false, day, '{}', '{}', false, 0, 0, '{}', ARRAY[octet_length(body), 0, 0, 0, 0],
       body, ''
FROM unnest($3::uuid[], $4::date[], $5::bytea[]) AS made(id, day, body)
"""
_KINTO = """
INSERT INTO objects (id, parent_id, resource_name, last_modified, data, deleted)
SELECT data->>'id', $1, 'record', timestamp '2024-01-01' + ($2 + n - 1) * interval '1 millisecond',
       data - 'id', false
FROM unnest($3::jsonb[]) WITH ORDINALITY AS made(data, n)
"""

Record = dict[str, Any]


def _token(claims: Mapping[str, str]) -> str:
    return str(jwt.encode(dict(claims), SECRET, algorithm="HS256"))


BY_HAND = _token({"sub": str(USER)})
"""Signs in to the endpoint written by hand."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A server, and lines of somebody who has signed in."""

    served: Served
    lines: Lines


@dataclass(frozen=True, slots=True)
class Peers:
    """All of them, with the payments they hold; `studio` and its `phones` are our own."""

    made: Sequence[Record]
    studio: Studio
    phones: Sequence[Phone]
    ours: Peer
    stripped: Peer
    by_hand: Peer
    by_hand_url: str
    kinto: Peer | None


async def typical(ground: Ground) -> Peers:
    """Return the peers most measures share, made when first asked for; pushes make them hold more."""
    if ground.peers is None:
        ground.peers = await ground.stack.enter_async_context(standing(ground, ground.size.typical))
    return ground.peers


@asynccontextmanager
async def standing(ground: Ground, count: int) -> AsyncIterator[Peers]:
    """Serve so many payments in all these ways."""
    made, name = list(records(count)), f"beside{next(_NUMBERS)}"
    async with AsyncExitStack() as stack:
        studio, phones = await open_studio(ground, name, PHONES)
        await _fill_ours(ground, studio.account_id, made)
        by_hand, url = await _by_hand(stack, ground, f"by_hand_{name}", made)
        yield Peers(
            made=made,
            studio=studio,
            phones=phones,
            ours=Peer(ground.served, phones[0].lines),
            stripped=_stripped(stack, ground, studio),
            by_hand=by_hand,
            by_hand_url=url,
            kinto=await _kinto(stack, ground, f"kinto_{name}", made) if kinto.is_installed() else None,
        )


def instant(n: int) -> datetime:
    """Return when the payment of a number, from 0, was written."""
    return OLDEST + timedelta(milliseconds=n)


async def _fill_ours(ground: Ground, account_id: UUID, made: Sequence[Record]) -> None:
    """Write the feed as the store would have, and lift the window."""
    for some in _batched(made):
        bodies = [orjson.dumps({"id": each["id"], "revision": 1, **each})[:-1] for each in some]
        days = [date.fromisoformat(each["date"]) for each in some]
        ids = [UUID(each["id"]) for each in some]
        await ground.direct.execute(_FEED, account_id, _PAYMENTS, ids, days, bodies)
    await tally(ground.database, account_id)
    await send_everything(ground.database, account_id)
    await ground.direct.execute("VACUUM ANALYZE feed")


def _stripped(stack: AsyncExitStack, ground: Ground, studio: Studio) -> Peer:
    served = stack.enter_context(by_uvicorn("stripped", ground.database_url))
    return _peer(stack, served, _token({"sub": studio.user_id, "account": str(studio.account_id)}))


async def _by_hand(
    stack: AsyncExitStack, ground: Ground, name: str, made: Sequence[Record]
) -> tuple[Peer, str]:
    url, direct = await _database(stack, ground, name)
    served = stack.enter_context(by_uvicorn("hand_written", url))
    hashed = await hash_password(PASSWORD)
    await direct.execute("INSERT INTO peer_user VALUES ($1, $2, true, 'pat', $3)", USER, ACCOUNT, hashed)
    await direct.copy_records_to_table(
        "peer_payment",
        columns=[*made[0], "account_id", "is_deleted", "updated_at"],
        records=[(*_typed(each), ACCOUNT, False, instant(n)) for n, each in enumerate(made)],
    )
    texts = [(ACCOUNT, UUID(each["id"]), orjson.dumps(each).decode()) for each in made]
    await direct.copy_records_to_table("peer_text", records=texts)
    await direct.execute("VACUUM ANALYZE")
    return _peer(stack, served, BY_HAND), url


async def _kinto(stack: AsyncExitStack, ground: Ground, name: str, made: Sequence[Record]) -> Peer:
    url, direct = await _database(stack, ground, name)
    served = stack.enter_context(kinto.kinto(url, ground.data_dir))
    async with httpx.AsyncClient(base_url=served.url, auth=kinto.SIGN_IN, timeout=120) as client:
        for path in ("/v1/buckets/studio", f"/v1{kinto.PARENT}"):
            (await client.put(path)).raise_for_status()
    # The trigger that stamps what comes over HTTP would take minutes for what is written here.
    await direct.execute("ALTER TABLE objects DISABLE TRIGGER USER")
    for number, some in enumerate(_batched(made)):
        texts = [orjson.dumps(each).decode() for each in some]
        await direct.execute(_KINTO, kinto.PARENT, number * _AT_ONCE, texts)
    await direct.execute("ALTER TABLE objects ENABLE TRIGGER USER")
    await direct.execute("VACUUM ANALYZE")
    words = b64encode(":".join(kinto.SIGN_IN).encode()).decode()
    return _peer(stack, served, words, "Basic")


async def _database(
    stack: AsyncExitStack, ground: Ground, name: str
) -> tuple[str, "asyncpg.Connection[asyncpg.Record]"]:
    """Make a database of a peer's own on the same server, for as long as the peer stands."""
    await ground.direct.execute(f"CREATE DATABASE {name}")
    stack.push_async_callback(ground.direct.execute, f"DROP DATABASE {name} WITH (FORCE)")
    url = make_url(ground.database_url).set(database=name).render_as_string(hide_password=False)
    direct = await asyncpg.connect(url)
    stack.push_async_callback(direct.close)
    return url, direct


def _peer(stack: AsyncExitStack, served: Served, token: str, scheme: str = "Bearer") -> Peer:
    lines = Lines(served.url, token, scheme)
    stack.callback(lines.close)
    return Peer(served, lines)


def _batched(made: Sequence[Record]) -> list[Sequence[Record]]:
    return [made[first : first + _AT_ONCE] for first in range(0, len(made), _AT_ONCE)]


def _typed(record: Record) -> list[Any]:
    return [
        UUID(value) if name.endswith("id") else date.fromisoformat(value) if name == "date" else value
        for name, value in record.items()
    ]
