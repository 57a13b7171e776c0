"""Live: how soon a commit pokes, what a waiting stream costs, and what telling costs those who commit."""

import asyncio
import resource
from bisect import bisect_left
from collections.abc import Awaitable, Callable, Collection, Sequence
from functools import partial
from itertools import cycle
from time import perf_counter
from typing import cast
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg

from app.accounts import sign_ins
from app.accounts.store import find_active_user
from app.core.notifications import CHANNEL, TELL, Notifier
from benchmarks.ground import Ground
from benchmarks.loops import arrive
from benchmarks.samples import Result, Work, compare, milliseconds
from benchmarks.studios import new_account
from benchmarks.wire import Reply

_PER_ACCOUNT = 200
_AT_ONCE = 50
_WRITERS = 16
_COMMITS = 10
"""A second, of all accounts together: each pokes as many as wait in its account."""
_QUIET = 0.5
_MOVE = "UPDATE account_clock SET revision = revision + 1 WHERE account_id = $1"


class Ear(asyncio.Protocol):
    """One open stream; it notes when it was poked, and costs this side of it as little as can be."""

    def __init__(self, account_id: UUID, head: bytes) -> None:
        """Say what opens it."""
        self.account_id = account_id
        self.pokes: list[float] = []
        self.answered: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self.poked = asyncio.Event()
        self._head, self._rest = head, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the stream."""
        self.transport = cast("asyncio.Transport", transport)
        self.transport.write(self._head)

    def data_received(self, data: bytes) -> None:
        """Note a poke, whose event comes in one piece or two."""
        now = perf_counter()
        self._rest += data
        if not self.answered.done():
            head, ended, rest = self._rest.partition(b"\r\n\r\n")
            if not ended:
                return
            self.answered.set_result(head)
            self._rest = rest
        *events, self._rest = self._rest.split(b"\n\n")
        if any(b"event: poke" in event for event in events):
            self.pokes.append(now)
            self.poked.set()

    def connection_lost(self, error: Exception | None) -> None:
        """Say so to who waits for an answer."""
        if not self.answered.done():
            self.answered.set_exception(error or EOFError())


async def live(ground: Ground) -> list[Result]:
    """Measure pokes with a tenth of the streams and with all of them, and commits with and without them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    tokens = await _tokens(ground)
    ears: list[Ear] = []
    try:
        results = [await _bare(ground)]
        results += [await _opened(ground, tokens, ears, ground.size.streams // 10)]
        results += [await _poked(ground, ears, results[0])]
        results += [await _opened(ground, tokens, ears, ground.size.streams)]
        results += [await _poked(ground, ears, results[0])]
    finally:
        for ear in ears:
            ear.transport.abort()
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
            people, came = (account, user, None), sign_ins.Came(None, frozenset(), 0, is_new_device=False)
            found += [
                (
                    account.account_id,
                    (await sign_ins.begin(session, ground.keys, people, came)).access_token,
                )
                for _ in range(each)
            ]
    # Account by account, so that the first tenth is of all of them.
    return [found[first + n] for n in range(each) for first in range(0, len(found), each)]


async def _opened(
    ground: Ground,
    tokens: Sequence[tuple[UUID, str]],
    ears: list[Ear],
    many: int,
) -> Result:
    """Open streams until there are so many; the memory is the server's, with all of them."""
    new = tokens[len(ears) : many]
    ground.served.forget_peak()
    began, cpu, memory = perf_counter(), ground.served.cpu_seconds, ground.served.peak_megabytes
    for first in range(0, len(new), _AT_ONCE):
        opened = await asyncio.gather(*(_open(ground, *each) for each in new[first : first + _AT_ONCE]))
        await asyncio.gather(*(ear.poked.wait() for ear in opened))
        ears += opened
    seconds, peak = perf_counter() - began, ground.served.peak_megabytes
    return Result(
        "live",
        f"open until {many:,} streams",
        "streams",
        ratio=1.0,
        per_second=len(new) / seconds,
        bytes_each=(peak - memory) * 2**20 / len(new),
        cpu_seconds=ground.served.cpu_seconds - cpu,
        peak_megabytes=peak,
    )


async def _open(ground: Ground, account_id: UUID, token: str) -> Ear:
    """Open a stream, as often as the server asks to come again: what is measured is what it holds."""
    address = urlsplit(ground.served.url)
    host, port = str(address.hostname), int(address.port or 80)
    head = f"GET /v1/sync/live HTTP/1.1\r\nHost: studio\r\nAuthorization: Bearer {token}\r\n\r\n"
    while True:
        _, ear = await asyncio.get_running_loop().create_connection(
            partial(Ear, account_id, head.encode()), host, port
        )
        status = await ear.answered
        if b" 200 " in status:
            return ear
        ear.transport.abort()
        if b" 503 " not in status:
            raise ConnectionError(status)
        await asyncio.sleep(1)


async def _poked(ground: Ground, ears: Sequence[Ear], limit: Result) -> Result:
    """Commit in one account after the other at a constant rate, and see how soon all who wait are poked.

    Each poke counts from before the commit to its arrival here; one poke may tell of two commits.
    """
    by_account: dict[UUID, list[Ear]] = {}
    for ear in ears:
        by_account.setdefault(ear.account_id, []).append(ear)
        ear.pokes.clear()
    in_turn, committed = cycle(by_account), []

    async def commit() -> Reply:
        account_id = next(in_turn)
        async with ground.database.writing(account_id) as session:
            await session.raw.execute(_MOVE, account_id)
            committed.append((account_id, perf_counter()))
        return Reply(200)

    await arrive(commit, _COMMITS, ground.size.watch * ground.size.rounds)
    await _until_quiet(ears)
    taken, lost = [], 0
    for account_id, at in committed:
        for ear in by_account[account_id]:
            place = bisect_left(ear.pokes, at)
            if place < len(ear.pokes):
                taken.append(ear.pokes[place] - at)
            else:
                lost += 1
    return _told(f"commit to poke, {len(ears):,} streams", taken, limit.milliseconds_p50, lost)


async def _until_quiet(ears: Sequence[Ear]) -> None:
    """Wait until no more pokes come."""
    heard = -1
    while heard != (now := sum(len(ear.pokes) for ear in ears)):
        heard = now
        await asyncio.sleep(_QUIET)


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


def _told(way: str, taken: Sequence[float], limit: float | None, lost: int = 0) -> Result:
    p50, p95, p99 = milliseconds(taken)
    return Result(
        "live",
        way,
        "pokes",
        ratio=(limit or p50) / p50,
        milliseconds_p50=p50,
        milliseconds_p95=p95,
        milliseconds_p99=p99,
        failed=lost,
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
