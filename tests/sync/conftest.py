"""An account with a clock, and the ways records get into it."""

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest

import app.studio  # noqa: F401 - declares the collections
from app.core import clock
from app.core.db import Database
from app.core.principal import Channel, Principal
from app.core.revisions import AccountClock, read_clock
from app.sync.cursor import Sealer
from app.sync.pull import pull
from app.sync.push import push
from app.sync.schemas import PullRequest, PushRequest
from app.sync.store import Write, write
from tests.sync.oracle.account import lists
from tests.sync.oracle.engine import Engine
from tests.sync.oracle.machine import Histories
from tests.sync.world import World

SEALER = Sealer({"a": b"k" * 32}, "a")


@dataclass(frozen=True)
class Desk:
    """The server's own way into one account."""

    database: Database
    account_id: UUID

    @property
    def who(self) -> Principal:
        return Principal.system(self.account_id)

    async def write(self, *writes: Write) -> int:
        async with self.database.writing(self.account_id) as session:
            return await write(session, self.who, writes)

    async def put(self, collection: str, record_id: UUID, **fields: Any) -> int:
        return await self.write(Write(collection, record_id, fields))

    async def delete(self, collection: str, record_id: UUID) -> int:
        return await self.write(Write.delete(collection, record_id))


@dataclass
class Phone:
    """A device that keeps a local copy the way the manual says."""

    database: Database
    who: Principal
    cursor: str | None = None
    schema_version: int | None = None

    def __post_init__(self) -> None:
        self.records: dict[tuple[str, str], dict[str, Any]] = {}
        self.inbox: dict[str, dict[str, Any]] = {}
        self.next = 1

    async def page(self, **asked: Any) -> dict[str, Any]:
        """Ask for one page and do not keep it."""
        async with self.database.reading(self.who.account_id) as session:
            request = PullRequest(cursor=self.cursor, **asked)
            pulled = await pull(
                session,
                self.who,
                await read_clock(session),
                SEALER,
                request,
                schema_version=self.schema_version,
            )
        page: dict[str, Any] = orjson.loads(pulled.as_json())
        return page

    async def pull(self, **asked: Any) -> list[dict[str, Any]]:
        """Pull to a consistent point and keep what comes."""
        pages: list[dict[str, Any]] = []
        while not pages or pages[-1]["has_more"]:
            pages.append(await self.page(**asked))
            self.keep(pages[-1])
        assert pages[-1]["consistent"]
        return pages

    def keep(self, page: dict[str, Any]) -> None:
        if page["replace"]:
            self.records.clear()
            self.inbox.clear()
        for entry in page["changes"].pop("inbox", {"put": []})["put"]:
            self.inbox[entry["id"]] = entry
        for collection, changes in page["changes"].items():
            for record in changes["put"]:
                self.records[collection, record["id"]] = record
            for record_id in [*changes["del"], *changes["evict"]]:
                self.records.pop((collection, record_id), None)
        self.cursor = page["cursor"]

    async def send(self, request: PushRequest) -> dict[str, Any]:
        async with self.database.writing(self.who.account_id) as session:
            text = await push(
                session, self.who, await read_clock(session), request, schema_version=self.schema_version
            )
        answer: dict[str, Any] = orjson.loads(text)
        return answer

    async def push(self, *changes: dict[str, Any], **asked: Any) -> list[dict[str, Any]]:
        """Send changes under the next numbers of the stream and return their verdicts."""
        numbered = [{"n": n, **change} for n, change in enumerate(changes, self.next)]
        body = {"first": self.next, "changes": numbered, **asked}
        answer = await self.send(PushRequest.model_validate_json(orjson.dumps(body)))
        self.next = answer["last"] + 1
        results: list[dict[str, Any]] = answer["results"]
        return results


@pytest.fixture
async def held() -> AsyncIterator[Callable[[datetime | None], None]]:
    """Hold the clock at an instant until the test ends; async, to let go in the context that held."""
    yield clock.hold
    clock.hold(None)


@pytest.fixture
async def desk(database: Database) -> Desk:
    return await open_desk(database)


async def open_desk(database: Database) -> Desk:
    account_id = uuid4()
    async with database.writing(account_id) as session:
        session.add(AccountClock(account_id=account_id, epoch=uuid4()))
    return Desk(database, account_id)


def phone_of(desk: Desk) -> Phone:
    who = Principal(
        account_id=desk.account_id,
        account_name="test",
        time_zone="America/New_York",
        channel=Channel.MOBILE,
        user_id=uuid4(),
        device_id=uuid4(),
        binding_id=uuid4(),
    )
    return Phone(desk.database, who)


@pytest.fixture
def phone(desk: Desk) -> Phone:
    return phone_of(desk)


@pytest.fixture
async def world(owner_url: str) -> AsyncIterator[World]:
    world = World(owner_url)
    await world.become(1)
    yield world
    await world.end()


@pytest.fixture
def other_phone(desk: Desk) -> Phone:
    return phone_of(desk)


@pytest.fixture(scope="session")
def engine(database_url: str) -> Iterator[Engine]:
    """Call the server from histories, which are not async; they take turns in two accounts."""
    engine = Engine(database_url)
    engine.account_ids = [engine.open_account(lists()) for _ in range(2)]
    yield engine
    engine.close()


@pytest.fixture
def history(engine: Engine) -> Iterator[Histories]:
    """Let a test tell a history itself, rule by rule."""
    yield Histories(engine)
    clock.hold(None)
