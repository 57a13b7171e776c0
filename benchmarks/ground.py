"""What every measurement stands on: a PostgreSQL in a temporary directory, a demo studio, a server."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
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
from app.sync import preference_store, registry
from app.sync.cursor import Sealer
from app.sync.preference_store import Change
from benchmarks.serving import Served, the_app


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured."""

    clients: int = 2_000
    rounds: int = 5
    requests: int = 80
    pushes: tuple[int, ...] = (1, 20, 100, 500)
    filled: int = 10_000
    copies: int = 100
    others: int = 100
    streams: int = 10_000
    payments: int = 100_000
    studios: int = 50
    rate: int = 200
    seconds: float = 60


@dataclass(frozen=True, slots=True)
class Ground:
    """A served demo studio; `direct` is a superuser's connection, which no row-level security slows."""

    size: Size
    database: Database
    direct: "asyncpg.Connection[asyncpg.Record]"
    served: Served
    sealer: Sealer
    sign_in: SignIn
    account_id: UUID
    database_url: str
    data_dir: Path
    keys: KeyRing

    @property
    def phone(self) -> Principal:
        """Return a phone as the engine knows one."""
        return Principal(
            account_id=self.account_id,
            account_name=ACCOUNT,
            time_zone="America/New_York",
            channel=Channel.MOBILE,
            user_id=uuid4(),
            device_id=uuid4(),
            binding_id=uuid4(),
        )

    async def insert(self, table: str, ids: Sequence[UUID], bodies: Sequence[bytes]) -> None:
        """Insert bare rows, all at once: no way to write can be faster."""
        await self.direct.execute(
            f"INSERT INTO {table} SELECT * FROM unnest($1::uuid[], $2::bytea[])", ids, bodies
        )

    async def demo_phone(self) -> httpx.AsyncClient:
        """Sign in a phone of the demo studio's first user."""
        user = self.sign_in.users[0]
        return await signed_in(self.served.url, self.sign_in.account, user.initials, user.password)


async def send_everything(database: Database, account_id: UUID) -> None:
    """Lift every window: what is measured is the whole studio."""
    lifted = {key: None for key in MobilePreferences.model_fields if key.endswith("_days")}
    change = Change(None, {}, {**lifted, "include_estimates": True}, is_resync=False)
    async with database.writing(account_id) as session:
        await preference_store.keep(session, Principal.system(account_id), change)


@asynccontextmanager
async def ground(size: Size) -> AsyncIterator[Ground]:
    """Make all that, and leave nothing behind."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        data_dir = Path(folder)
        with Embedded.start(data_dir, temporary=True) as server:
            migrate(server.url)
            database, direct = Database(server.url), await asyncpg.connect(server.url)
            try:
                sign_in = await seed(database, clients=size.clients)
                await direct.execute("VACUUM ANALYZE")
                account_id = await account_of(database, ACCOUNT)
                if account_id is None:
                    raise LookupError(ACCOUNT)
                await send_everything(database, account_id)
                keys = load_keys(Settings(data_dir=data_dir))
                sealer = Sealer({"a": keys.derived("cursor")}, "a")
                with the_app(server.url, data_dir) as served:
                    people = (sealer, sign_in, account_id)
                    yield Ground(size, database, direct, served, *people, server.url, data_dir, keys)
            finally:
                await direct.close()
                await database.close()


async def signed_in(url: str, account: str, initials: str, password: str) -> httpx.AsyncClient:
    """Sign in a new phone, and return a client that sends its token."""
    phone = {"uid": str(uuid4()), "name": "Measured", "model": "None", "platform": "none"}
    words: dict[str, Any] = {"account": account, "initials": initials, "password": password}
    device = {**phone, "app_version": "1.0.0", "schema_version": registry.schema_version()}
    async with httpx.AsyncClient(base_url=url, timeout=120) as nobody:
        answer = await nobody.post("/v1/auth/login", json={**words, "device": device})
    token = answer.raise_for_status().json()["access_token"]
    headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": "identity"}
    return httpx.AsyncClient(base_url=url, timeout=120, headers=headers)
