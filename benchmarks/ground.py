"""What all measurements stand on: a PostgreSQL in a temporary directory, a server, a demo studio if asked."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import asyncpg
import httpx

import app.studio  # noqa: F401 - declares the collections
from app.cli.ground import account_of
from app.core.db import Database
from app.core.embedded import Embedded
from app.core.keys import KeyRing, load_keys
from app.core.migrations import migrate
from app.core.principal import Channel, Principal
from app.core.settings import Settings
from app.demo.seeding import ACCOUNT, seed
from app.demo.sign_in import SignIn
from app.studio.preferences import MobilePreferences
from app.sync import preference_store, registry, tallies
from app.sync.cursor import Sealer
from app.sync.preference_store import Change
from benchmarks.serving import Served, the_app
from benchmarks.wire import Lines

if TYPE_CHECKING:
    from benchmarks.standing import Peers


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured."""

    rounds: int = 3
    clients: int = 2_000
    records: tuple[int, ...] = (10_000, 100_000, 500_000)
    requests: int = 80
    moment: float = 1
    """Seconds in each round for which all ask as often as they are answered."""
    watch: float = 3
    """Seconds in each round for which what is due at a constant rate is asked."""
    connections: tuple[int, ...] = (16, 64)
    workers: tuple[int, ...] = (1, 2)
    pushes: tuple[int, ...] = (1, 20, 100, 500)
    devices: tuple[int, ...] = (1, 4, 16)
    accounts: int = 16
    filled: int = 10_000
    imported: int = 50_000
    copies: int = 100
    others: int = 100
    streams: int = 10_000
    studios: int = 50
    listed: int = 100_000
    sessions: int = 100_000
    pictures: int = 10_000
    rate: int = 200
    seconds: float = 30

    @property
    def typical(self) -> int:
        """Return of how many records an account is of which nothing else is said."""
        return min(self.records, key=lambda records: abs(records - 100_000))


@dataclass(frozen=True, slots=True)
class Demo:
    """The demo studio."""

    account_id: UUID
    sign_in: SignIn

    @property
    def phone(self) -> Principal:
        """Return a phone as the engine knows one."""
        return phone_of(self.account_id)


@dataclass(slots=True)
class Ground:
    """A served database; `direct` is a superuser's connection, which no row-level security slows."""

    size: Size
    database: Database
    direct: "asyncpg.Connection[asyncpg.Record]"
    served: Served
    sealer: Sealer
    database_url: str
    data_dir: Path
    keys: KeyRing
    stack: AsyncExitStack
    peers: "Peers | None" = field(default=None, init=False)
    _demo: Demo | None = field(default=None, init=False)

    async def demo(self) -> Demo:
        """Return the demo studio, made when it is first asked for; every window of it is lifted."""
        if self._demo is None:
            sign_in = await seed(self.database, clients=self.size.clients)
            account_id = await account_of(self.database, ACCOUNT)
            if account_id is None:
                raise LookupError(ACCOUNT)
            await send_everything(self.database, account_id)
            await self.direct.execute("VACUUM ANALYZE")
            self._demo = Demo(account_id, sign_in)
        return self._demo

    async def insert(self, table: str, ids: Sequence[UUID], bodies: Sequence[bytes]) -> None:
        """Insert bare rows, all at once: no way to write can be faster."""
        await self.direct.execute(
            f"INSERT INTO {table} SELECT * FROM unnest($1::uuid[], $2::bytea[])", ids, bodies
        )

    async def demo_phone(self) -> Lines:
        """Sign in a phone of the demo studio's first user."""
        sign_in = (await self.demo()).sign_in
        user = sign_in.users[0]
        return await self.phone(sign_in.account, user.initials, user.password)

    async def phone(self, account: str, initials: str, password: str) -> Lines:
        """Sign in a new phone, and return lines that send its token for as long as the ground is there."""
        lines = await _signed_in(self.served.url, account, initials, password)
        self.stack.callback(lines.close)
        return lines


def phone_of(account_id: UUID) -> Principal:
    """Return a phone as the engine knows one."""
    return Principal(
        account_id=account_id,
        account_name=ACCOUNT,
        time_zone="America/New_York",
        channel=Channel.MOBILE,
        user_id=uuid4(),
        device_id=uuid4(),
        binding_id=uuid4(),
    )


async def send_everything(database: Database, account_id: UUID) -> None:
    """Lift every window: what is measured is the whole studio."""
    lifted = {key: None for key in MobilePreferences.model_fields if key.endswith("_days")}
    change = Change(None, {}, {**lifted, "include_estimates": True}, is_resync=False)
    async with database.writing(account_id) as session:
        await preference_store.keep(session, Principal.system(account_id), change)


async def tally(database: Database, account_id: UUID) -> None:
    """Count what was written into a feed by hand, as whoever writes records does."""
    async with database.writing(account_id) as session:
        for collection in registry.collections():
            if lacking := await tallies.differing(session, collection.number):
                await tallies.mend(session, lacking)


@asynccontextmanager
async def ground(size: Size) -> AsyncIterator[Ground]:
    """Make all that, and leave nothing behind."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        data_dir = Path(folder)
        with Embedded.start(data_dir, temporary=True) as server:
            migrate(server.url)
            database, direct = Database(server.url), await asyncpg.connect(server.url)
            keys = load_keys(Settings(data_dir=data_dir))
            sealer = Sealer({"a": keys.derived("cursor")}, "a")
            async with AsyncExitStack() as stack:
                stack.push_async_callback(database.close)
                stack.push_async_callback(direct.close)
                served = stack.enter_context(the_app(server.url, data_dir))
                yield Ground(size, database, direct, served, sealer, server.url, data_dir, keys, stack)


async def _signed_in(url: str, account: str, initials: str, password: str) -> Lines:
    phone = {"uid": str(uuid4()), "name": "Measured", "model": "None", "platform": "none"}
    words: dict[str, Any] = {"account": account, "initials": initials, "password": password}
    device = {**phone, "app_version": "1.0.0", "schema_version": registry.schema_version()}
    async with httpx.AsyncClient(base_url=url, timeout=120) as nobody:
        answer = await nobody.post("/v1/auth/login", json={**words, "device": device})
    return Lines(url, answer.raise_for_status().json()["access_token"])
