"""Live: how soon a commit pokes, what a waiting stream costs, and what telling costs those who commit."""

import asyncio
import resource
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import cycle, islice
from statistics import median, quantiles
from time import perf_counter
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg

from app.accounts import sign_ins
from app.accounts.store import find_active_user
from app.core.notifications import CHANNEL, TELL, Notifier
from benchmarks.ground import Ground
from benchmarks.samples import Result, Work, compare
from benchmarks.studios import new_account

_PER_ACCOUNT = 200
_AT_ONCE = 50
_WRITERS = 16
_MOVE = "UPDATE account_clock SET revision = revision + 1 WHERE account_id = $1"


@dataclass
class Ear:
    """One open stream; it notes when it was poked."""

    account_id: UUID
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    poked: "asyncio.Queue[float]" = field(default_factory=asyncio.Queue)

    async def listen(self) -> None:
        """Note each poke until the stream is closed."""
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                event = await self.reader.readuntil(b"\n\n")
                if b"event: poke" in event:
                    self.poked.put_nowait(perf_counter())


async def live(ground: Ground) -> list[Result]:
    """Measure pokes with a tenth of the streams and with all of them, and commits with and without them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    tokens = await _tokens(ground)
    ears: list[Ear] = []
    listening: list[asyncio.Task[None]] = []
    try:
        results = [await _bare(ground)]
        results += [await _opened(ground, tokens, ears, listening, ground.size.streams // 10)]
        results += [await _poked(ground, ears, results[0])]
        results += [await _opened(ground, tokens, ears, listening, ground.size.streams)]
        results += [await _poked(ground, ears, results[0])]
    finally:
        for ear in ears:
            ear.writer.close()
        await asyncio.gather(*listening)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return results + await _commits(ground)


async def _tokens(ground: Ground) -> list[tuple[UUID, str]]:
    """Sign desks in, without their passwords: each stream is of a sign-in of its own."""
    accounts, found = max(2, ground.size.streams // _PER_ACCOUNT), []
    each = ground.size.streams // accounts
    for number in range(accounts):
        account = await new_account(ground, f"waiting-{number}")
        async with ground.database.writing(account.account_id) as session:
            user = await find_active_user(session, "jd")
            if user is None:
                raise LookupError("JD")
            found += [
                (
                    account.account_id,
                    (await sign_ins.begin(session, ground.keys, account, user, None)).access_token,
                )
                for _ in range(each)
            ]
    # Account by account, so that the first tenth is of all of them.
    return [found[first + n] for n in range(each) for first in range(0, len(found), each)]


async def _opened(
    ground: Ground,
    tokens: Sequence[tuple[UUID, str]],
    ears: list[Ear],
    listening: list[asyncio.Task[None]],
    many: int,
) -> Result:
    """Open streams until there are so many; the memory is the server's, with all of them."""
    new = tokens[len(ears) : many]
    ground.served.forget_peak()
    began, cpu, memory = perf_counter(), ground.served.cpu_seconds, ground.served.peak_megabytes
    for first in range(0, len(new), _AT_ONCE):
        opened = await asyncio.gather(*(_open(ground, *each) for each in new[first : first + _AT_ONCE]))
        listening += [asyncio.create_task(ear.listen()) for ear in opened]
        await asyncio.gather(*(ear.poked.get() for ear in opened))
        ears += opened
    seconds, peak = perf_counter() - began, ground.served.peak_megabytes
    return Result(
        "live",
        f"open until {many:,} streams",
        "streams",
        per_second=len(new) / seconds,
        ratio=1.0,
        cpu_seconds=ground.served.cpu_seconds - cpu,
        peak_megabytes=peak,
        kilobytes_each=(peak - memory) * 1024 / len(new),
    )


async def _open(ground: Ground, account_id: UUID, token: str) -> Ear:
    """Open a stream, as often as the server asks to come again: what is measured is what it holds."""
    address = urlsplit(ground.served.url)
    head = f"GET /v1/sync/live HTTP/1.1\r\nHost: studio\r\nAuthorization: Bearer {token}\r\n\r\n"
    while True:
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        writer.write(head.encode())
        status = await reader.readuntil(b"\r\n\r\n")
        if b" 200 " in status:
            return Ear(account_id, reader, writer)
        writer.close()
        await writer.wait_closed()
        if b" 503 " not in status:
            raise ConnectionError(status)
        await asyncio.sleep(1)


async def _poked(ground: Ground, ears: Sequence[Ear], limit: Result) -> Result:
    """Commit in one account after the other; each poke counts from the commit to its arrival here."""
    by_account: dict[UUID, list[Ear]] = {}
    for ear in ears:
        by_account.setdefault(ear.account_id, []).append(ear)
    taken: list[float] = []
    for account_id, waiting in islice(cycle(by_account.items()), 2 * ground.size.requests):
        async with ground.database.writing(account_id) as session:
            await session.raw.execute(_MOVE, account_id)
        committed = perf_counter()
        arrived = await asyncio.gather(*(ear.poked.get() for ear in waiting))
        taken += [each - committed for each in arrived]
    return _told(f"commit to poke, {len(ears):,} streams", taken, limit.milliseconds_p50)


async def _bare(ground: Ground) -> Result:
    """Notify and listen with nothing in between: no poke can be faster."""
    heard: asyncio.Queue[float] = asyncio.Queue()

    def hear(*_: object) -> None:
        heard.put_nowait(perf_counter())

    [notifying, listening] = await _connected(ground, 2)
    await listening.add_listener("bare", hear)
    taken = []
    for _ in range(2 * ground.size.requests):
        began = perf_counter()
        await notifying.execute("NOTIFY bare")
        taken.append(await heard.get() - began)
    await asyncio.gather(notifying.close(), listening.close())
    return _told("bare NOTIFY to LISTEN", taken, None)


def _told(way: str, taken: Sequence[float], limit: float | None) -> Result:
    middle = median(taken) * 1000
    return Result(
        "live",
        way,
        "pokes",
        per_second=1000 / middle,
        ratio=(limit or middle) / middle,
        milliseconds_p50=middle,
        milliseconds_p99=quantiles(taken, n=100)[98] * 1000,
    )


async def _commits(ground: Ground) -> list[Result]:
    """Measure commits of many accounts at once; the limit tells nobody, as if nobody ever waited."""
    await ground.direct.execute(
        "DROP TABLE IF EXISTS moved;"
        "CREATE TABLE moved (id integer PRIMARY KEY, n integer) WITH (fillfactor=20);"
        f"INSERT INTO moved SELECT id, 0 FROM generate_series(1, {_WRITERS}) AS id"
    )
    connections = await _connected(ground, _WRITERS + 1)
    listener = await asyncpg.connect(ground.database_url)
    await listener.add_listener(CHANNEL, lambda *_: None)

    async def publish(accounts: Collection[str]) -> None:
        await connections[-1].execute(TELL, CHANNEL, accounts)

    notifier = Notifier(publish)
    inside = f"SELECT pg_notify('{CHANNEL}', '{{id}}'); "
    ways = {
        "commits, nobody told": partial(_commit, ground, connections, "", None),
        "commits, told behind them": partial(_commit, ground, connections, "", notifier),
        "commits, NOTIFY inside": partial(_commit, ground, connections, inside, None),
    }
    try:
        return await compare("live", "commits", ways, ground.size.rounds)
    finally:
        await notifier.finish()
        await asyncio.gather(*(each.close() for each in (*connections, listener)))


async def _commit(
    ground: Ground,
    connections: Sequence["asyncpg.Connection[asyncpg.Record]"],
    inside: str,
    notifier: Notifier | None,
) -> Work:
    each = 5 * ground.size.requests

    async def write(number: int, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        for _ in range(each):
            await connection.execute(f"BEGIN; UPDATE moved SET n = n + 1 WHERE id = {number}")
            await connection.execute(inside.format(id=UUID(int=number)) + "COMMIT")
            if notifier is not None:
                notifier.tell(UUID(int=number))

    await asyncio.gather(*(write(n, connection) for n, connection in enumerate(connections[:_WRITERS], 1)))
    return Work(each * _WRITERS)


async def _connected(ground: Ground, many: int) -> list["asyncpg.Connection[asyncpg.Record]"]:
    connect: Callable[[], Awaitable[asyncpg.Connection[asyncpg.Record]]] = partial(
        asyncpg.connect, ground.database_url
    )
    return [await connect() for _ in range(many)]
