"""Sessions on PostgreSQL: one account, one transaction, opened and committed at the edge."""

import asyncio
import os
import socket
import ssl
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Coroutine, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from time import perf_counter
from typing import Any, TypeVar, cast
from uuid import UUID

import asyncpg
from sqlalchemy import Connection, PoolProxiedConnection
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.util import greenlet_spawn
from sqlmodel.ext.asyncio.session import AsyncSession

from app.core import metrics
from app.core.admission import NOBODY, Admission, Bounds, Gone, Lane
from app.core.errors import AccountBusy
from app.core.notifications import CHANNEL, TELL, Notifier
from app.core.roles import APP_ROLE, FOLLOWED, SESSION_SETTINGS, Doorkeeper, settings_of

WAITING_PER_ACCOUNT = 64
"""Requests of one account that may wait for its turn in one process, and as many for a connection."""

HERE = "(SELECT set_config('app.account', $1::uuid::text, true)::uuid AS account_id OFFSET 0) AS here"
"""What a statement of its own selects from first to see the rows of account `$1`, until it ends.

What it reads stands in a lateral subquery that names `here.account_id` and ends in OFFSET 0: nothing of that
is begun before there is a row of this. Citus has no plan for such a statement: see `Database.is_distributed`.
"""

_WAITING = 512
_PATIENCE = 0.5
_PATIENCE_WHEN_FULL = 0.1
"""Seconds to wait for a connection; longer, and all that are answered at all would be answered late."""

_PATIENCE_OF_RUSH = 2.0
_PATIENCE_FOR_TURN = 5.0
_PATIENCE_FOR_TURN_WHEN_FULL = 0.25
_CONNECTING = 5.0
"""Seconds within which a connection stands or is given up: a host that is away says nothing at all."""
_ANSWERING = 70.0
"""Seconds within which the server answers or is given up; it ends its own statements before that."""

_DEAD_AFTER = {"TCP_KEEPIDLE": 10, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 20_000}
"""What the system is told, where it can be, so that a server that was lost without a word is soon missed."""

_LISTENING = {
    "application_name": "studio live",
    "synchronous_commit": "off",
    "idle_session_timeout": "0",
}

_LIBPQ_ONLY = ("channel_binding", "connect_timeout", "gssencmode")


class Session(AsyncSession):
    """One transaction in one account.

    Ordinary rooms use it as the SQLModel session it is; the engine speaks to `raw`, the asyncpg connection
    beneath, in the same transaction. Nobody below the edge commits. Whether the rows may lie on another node
    (`is_distributed`) concerns statements for which Citus has no plan: they are said there in another way.
    """

    account_id: UUID
    raw: "asyncpg.Connection[asyncpg.Record]"
    is_distributed: bool = False

    def __init__(self, connection: AsyncConnection, raw: Any, account_id: UUID) -> None:
        super().__init__(bind=connection, expire_on_commit=False)
        self.raw = raw
        self.account_id = account_id


class WriteSession(Session):
    """A transaction that has its turn: it holds the lock on the account's clock until it ends.

    `revision` is the one number all its writes are stamped with, none until something asks for it.
    `has_moved_scope` tells that what scopes are compiled from has changed in it, `audit_head` how far the
    audit trail has come, once that was asked for, and `is_listened_to` whether programs of others are to hear
    of what is written, once that is known. What `brings_history` writes is what has happened elsewhere
    or long ago, as an import does: nobody is to hear of it as of news.
    """

    revision: int | None = None
    brings_history: bool = False
    has_moved_scope: bool = False
    audit_head: tuple[int, bytes] | None = None
    is_listened_to: bool | None = None


Connect = Callable[[], Awaitable["asyncpg.Connection[asyncpg.Record]"]]
"""Opens a connection outside of the pool."""
S = TypeVar("S", bound=Session)


@dataclass(frozen=True, slots=True)
class _Way:
    """The lanes of one urgency: to an account's turn of writing, and to a connection."""

    turns: Lane
    connections: Lane


class Database:
    """The connections of one process, lent to accounts by turns.

    What is urgent goes first, and goes on when there is too much to do: signing in, refreshing, health. Some
    connections are kept for it, and some for all else, since anybody may try to sign in. A caller who waits
    may say when they are `gone`. Who gets no connection in time is told `Overloaded`, and whose account has
    too many waiting, or is written to for too long, `AccountBusy`. A connection that does not work as the
    app's role is lent to nobody (`WrongRole`).

    Where rows lie on several nodes (`is_distributed`), nobody is `asking`: a transaction takes as many trips
    as that would there, and finds the same.
    """

    def __init__(
        self,
        url: str,
        *,
        pool_size: int = 10,
        patience: float = _PATIENCE,
        is_pooled: bool = False,
        is_distributed: bool = False,
    ) -> None:
        """Prepare to connect, through a pooler or not, to one node or to many; the first session does."""
        self.engine = _engine(url, pool_size, is_pooled=is_pooled, is_distributed=is_distributed)
        self.is_distributed = is_distributed
        connections, turns = Admission(pool_size), Admission(sys.maxsize)
        of_rush, when_full = max(patience, _PATIENCE_OF_RUSH), min(patience, _PATIENCE_WHEN_FULL)
        most = most_of_either(pool_size)
        urgent = _lane(connections, "urgent connection", most, (of_rush, of_rush))
        usual = _lane(connections, "connection", most, (patience, when_full))
        self._rush = _Way(_turn(turns, "urgent turn", urgent), urgent)
        self._usual = _Way(_turn(turns, "turn", usual), usual)
        metrics.watch(self.engine.pool)
        self._notifier = Notifier(self._publish)

    async def close(self) -> None:
        """Tell what is still to be told, and close every connection."""
        await self._notifier.finish()
        await self.engine.dispose()

    @asynccontextmanager
    async def reading(
        self, account_id: UUID, *, is_urgent: bool = False, gone: Gone | None = None
    ) -> AsyncIterator[Session]:
        """Open one read-only snapshot of an account."""
        begin = f"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {_in(account_id)}"
        async with (
            self._way(is_urgent).connections.place(account_id, gone),
            self._transaction(Session, account_id, begin) as session,
        ):
            yield session

    @asynccontextmanager
    async def writing(
        self, account_id: UUID, *, is_urgent: bool = False, gone: Gone | None = None
    ) -> AsyncIterator[WriteSession]:
        """Open a transaction that writes to an account, when it is this one's turn.

        Waiters queue here, before they take a connection, so that one busy account cannot drain the pool.
        What is urgent passes them, and waits in the database for no more than the one that is at work.
        The lock is a statement of its own: one that both locked and read would read from before its wait.
        Behind the commit all processes are told that the account was written; behind a failure too, for what
        became of a commit whose answer was lost is not known.
        """
        way = self._way(is_urgent)
        lock = f"SELECT FROM account_clock WHERE account_id = '{account_id}' FOR UPDATE"
        begin = f"BEGIN; {_in(account_id)}"
        # A node is asked by what the coordinator was told before, not in the same breath.
        steps = [begin, lock] if self.is_distributed else [f"{begin}; {lock}"]
        async with way.turns.place(account_id, gone), way.connections.place(account_id, gone):
            try:
                async with self._transaction(WriteSession, account_id, *steps) as session:
                    yield session
            finally:
                self._notifier.tell(account_id)

    @asynccontextmanager
    async def beside(self, account_id: UUID) -> AsyncIterator[Session]:
        """Open a transaction for what nobody orders by and a crash may lose: it takes no turn."""
        begin = f"BEGIN; {_in(account_id)}; SET LOCAL synchronous_commit = off"
        async with (
            self._usual.connections.place(account_id),
            self._transaction(Session, account_id, begin) as session,
        ):
            yield session

    @asynccontextmanager
    async def asking(
        self, account_id: UUID, *, is_urgent: bool = False, gone: Gone | None = None
    ) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
        """Lend a connection for one statement, which says itself whose rows it sees, by `HERE`.

        That is one trip instead of the three of a transaction, and nothing of what stands around one.
        """
        async with self._way(is_urgent).connections.place(account_id, gone), self._lent() as raw:
            yield raw

    @asynccontextmanager
    async def directory(self) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
        """Lend a connection with no account set: it sees the directory of account names and nothing else.

        It is urgent: nobody signs in without it.
        """
        async with self._rush.connections.place(NOBODY), self._lent() as raw:
            yield raw

    @asynccontextmanager
    async def _lent(self) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
        """Lend a connection outside of a transaction; one on which anything failed is thrown away."""
        lent = await greenlet_spawn(self.engine.pool.connect)
        raw = _driver(lent)
        try:
            yield raw
        except BaseException:
            raw.terminate()
            await _to_its_end(greenlet_spawn(lent.invalidate))
            raise
        lent.close()

    async def _publish(self, accounts: Collection[str]) -> None:
        async with self.directory() as connection:
            await connection.execute(TELL, CHANNEL, accounts)

    def _way(self, is_urgent: bool) -> _Way:
        return self._rush if is_urgent else self._usual

    @asynccontextmanager
    async def _transaction(self, kind: type[S], account_id: UUID, *steps: str) -> AsyncIterator[S]:
        async with self.engine.connect() as connection:
            raw = _raw(connection)
            session = kind(connection, raw, account_id)
            session.is_distributed = self.is_distributed
            try:
                await _begin(raw, steps, is_measured=kind is WriteSession)
                yield session
                await _finish(session)
                await raw.execute("COMMIT")
            except BaseException:
                await _to_its_end(_abandon(session, connection))
                raise


async def _begin(
    raw: "asyncpg.Connection[asyncpg.Record]", steps: Iterable[str], *, is_measured: bool
) -> None:
    """Begin a transaction; who waited in vain for the account's clock waited too."""
    began = perf_counter()
    try:
        for each in steps:
            await raw.execute(each)
    finally:
        if is_measured:
            metrics.lock_wait.record(perf_counter() - began)


def most_of_either(pool_size: int) -> int:
    """Return how many of a pool's connections are lent for what is urgent, and as many for what is not.

    The rest are kept from either: pulls do not keep people from signing in, nor guesses phones from pulling.
    """
    return max(1, pool_size - max(1, pool_size // 5))


def share(places: int) -> int:
    """Return how many of so many places one account may have."""
    return max(1, places // 2)


def _lane(connections: Admission, name: str, most: int, patience: tuple[float, float]) -> Lane:
    return connections.lane(Bounds(name, most, share(most), _WAITING, WAITING_PER_ACCOUNT, *patience))


def _turn(turns: Admission, name: str, behind: Lane) -> Lane:
    patience = (_PATIENCE_FOR_TURN, _PATIENCE_FOR_TURN_WHEN_FULL)
    bounds = Bounds(name, sys.maxsize, 1, _WAITING, WAITING_PER_ACCOUNT, *patience, AccountBusy)
    return turns.lane(bounds, behind)


async def _to_its_end(doing: Coroutine[Any, Any, None]) -> None:
    """Wait until something is done, however often who waits is cancelled: an exception is raised anyway.

    A shield holds off one cancellation, and scopes of anyio cancel at each turn of the loop.
    """
    task = asyncio.ensure_future(doing)
    while not task.done():
        with suppress(asyncio.CancelledError):
            await asyncio.wait({task})


async def _finish(session: Session) -> None:
    """Write what the session still holds; one that was never used as SQLModel's has nothing to do."""
    if session.in_transaction():
        await session.flush()
        await session.close()


async def _abandon(session: Session, connection: AsyncConnection) -> None:
    """Roll back; a connection that cannot is thrown away, never handed to the next request."""
    try:
        await session.close()
        await session.raw.execute("ROLLBACK", timeout=5)
    except Exception:  # noqa: BLE001 - whatever happened, this connection is not trusted again
        # To part in friendship would be to wait for a server that may have gone.
        session.raw.terminate()
        await connection.invalidate()


def _raw(connection: AsyncConnection) -> "asyncpg.Connection[asyncpg.Record]":
    """Return the driver's connection, without the turn of a greenlet SQLAlchemy takes to look it up."""
    return _driver(cast("Connection", connection.sync_connection).connection)


def _driver(lent: PoolProxiedConnection) -> "asyncpg.Connection[asyncpg.Record]":
    return cast("asyncpg.Connection[asyncpg.Record]", lent.driver_connection)


def _in(account_id: UUID) -> str:
    """Say whose rows may be seen; SET LOCAL and not set_config(), which Citus does not hand on."""
    return f"SET LOCAL app.account = '{account_id}'"


def _engine(url: str, pool_size: int, *, is_pooled: bool, is_distributed: bool) -> AsyncEngine:
    """Transactions are begun by hand, in one trip with the account, so the driver is told to autocommit."""
    return create_async_engine(
        "postgresql+asyncpg://",
        async_creator=_opener(url, is_pooled=is_pooled, is_distributed=is_distributed),
        isolation_level="AUTOCOMMIT",
        pool_size=pool_size,
        max_overflow=0,
        hide_parameters=True,
        # Whoever begins a transaction ends it, or throws the connection away.
        pool_reset_on_return=None,
        # A place is waited for, not a connection: this is for one whose opening takes its time.
        pool_timeout=2,
    )


def _opener(url: str, *, is_pooled: bool, is_distributed: bool = False) -> Connect:
    """Return what opens a connection of the pool, and asks each who it is before anybody is lent it.

    A pooler takes no settings but those it follows; all others are those of the role, as `settle` left them.
    """
    settings = settings_of(is_distributed=is_distributed)
    if is_pooled:
        defaults = {name: SESSION_SETTINGS[name] for name in FOLLOWED}
        named = make_url(url)
        bare = named.difference_update_query(SESSION_SETTINGS.keys() - FOLLOWED)
        answering = None if "statement_timeout" in named.query else _ANSWERING
        connect = connector(bare.render_as_string(hide_password=False), defaults, answering=answering)
    else:
        connect = connector(url, settings, role=APP_ROLE)
    doorkeeper = Doorkeeper(session_settings(url, is_distributed=is_distributed), is_pooled=is_pooled)

    async def opened() -> "asyncpg.Connection[asyncpg.Record]":
        connection = await connect()
        try:
            await doorkeeper.ask(connection, _CONNECTING)
        except BaseException:
            connection.terminate()
            raise
        return connection

    return opened


def session_settings(url: str, *, is_distributed: bool = False) -> dict[str, str]:
    """Return the settings of every session of a PostgreSQL URL, which may name some of them otherwise."""
    named, settings = make_url(url).normalized_query, settings_of(is_distributed=is_distributed)
    return {name: named.get(name, (value,))[-1] for name, value in settings.items()}


def listening(url: str) -> Connect:
    """Return what opens the connection a process listens on; it stands for as long as the process does."""
    return connector(url, _LISTENING, role=APP_ROLE)


def connector(
    url: str, defaults: Mapping[str, str], *, answering: float | None = _ANSWERING, **fixed: str
) -> Connect:
    """Return what connects to a PostgreSQL URL of any spelling, with the parameters hosts put behind it.

    The driver reads them as libpq does; what it does not know goes to the server as a setting, and wins over
    the defaults. Parameters that only libpq knows are left out. `answering`: seconds, or for ever.
    """
    named = make_url(url).set(drivername="postgresql").difference_update_query(_LIBPQ_ONLY)
    if mode := named.query.get("ssl"):
        mode = "require" if mode == "true" else mode
        named = named.difference_update_query(["ssl"]).update_query_dict({"sslmode": mode})
    chosen = {name: value for name, value in defaults.items() if name not in named.query} | fixed
    address = named.render_as_string(hide_password=False)
    return lambda: asyncpg.connect(
        address,
        server_settings=chosen,
        connection_class=_Connection,
        timeout=_CONNECTING,
        # Who has the server take longer over a statement wants to wait for that.
        command_timeout=None if "statement_timeout" in named.query else answering,
        # The driver forgets a long statement by default, and the pull's take longer to plan than to run.
        max_cacheable_statement_size=0,
    )


class _Connection(asyncpg.Connection):
    """A connection that is missed when its server is lost, as in a failover: the driver would wait for it.

    `secured` is its TLS, if it has any.
    """

    def __init__(self, protocol: Any, transport: Any, *others: Any) -> None:
        super().__init__(protocol, transport, *others)
        self.secured: ssl.SSLObject | None = transport.get_extra_info("ssl_object")
        # By a socket of the system's own: the loop's has no options to set.
        with socket.socket(fileno=os.dup(transport.get_extra_info("socket").fileno())) as found:
            if found.family != socket.AF_UNIX:
                found.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
                for name in _DEAD_AFTER.keys() & vars(socket).keys():
                    found.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), _DEAD_AFTER[name])
