"""What those who wait are told, and what looking after them costs, without a server."""

import asyncio
from collections.abc import AsyncIterator, Collection
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from starlette.requests import ClientDisconnect
from starlette.types import Message

from app.accounts.tokens import Claims
from app.core.db import Database
from app.core.errors import AppError
from app.core.keys import KeyRing, load_keys
from app.core.notifications import Notifier
from app.core.revisions import Clock
from app.core.settings import Settings
from app.http import streams
from app.http.streams import PatientResponse
from app.sync.live import stream
from app.sync.live import watchers as looking
from app.sync.live.stream import LiveResponse, Pace
from app.sync.live.watcher import End, Known, Position, Watcher
from app.sync.live.watchers import Watchers

EPOCH = uuid4()
A_WHILE = 30.0


def at(revision: int, scope_version: int = 0) -> Position:
    return Position(revision, scope_version, EPOCH)


def claims(account_id: UUID | None = None) -> Claims:
    return Claims(account_id or uuid4(), uuid4(), uuid4(), uuid4())


async def test_a_slow_reader_is_told_the_newest_alone() -> None:
    watcher = Watcher(claims())
    watcher.begin(Known(1, 0), at(1))
    for revision in range(2, 1000):
        watcher.tell(at(revision))
    assert await watcher.next(A_WHILE) == at(999)
    assert await watcher.next(0) is None


async def test_what_was_told_is_not_told_again() -> None:
    watcher = Watcher(claims())
    watcher.begin(Known(), at(7))
    assert await watcher.next(A_WHILE) == at(7)
    watcher.tell(at(7))
    assert await watcher.next(0) is None


async def test_what_is_heard_before_the_first_read_is_done_is_told() -> None:
    watcher = Watcher(claims())
    watcher.tell(at(8))
    watcher.begin(Known(7, 0), at(7))
    assert await watcher.next(A_WHILE) == at(8)


async def test_a_look_that_comes_late_takes_nobody_back() -> None:
    watcher = Watcher(claims())
    watcher.begin(Known(7, 3), at(7, 3))
    watcher.tell(at(6, 4))
    assert await watcher.next(A_WHILE) == at(7, 4)


async def test_another_epoch_is_told_whatever_its_revision() -> None:
    watcher = Watcher(claims())
    watcher.begin(Known(7, 0), at(7))
    restored = Position(3, 0, uuid4())
    watcher.tell(restored)
    assert await watcher.next(A_WHILE) == restored


async def test_an_end_goes_before_news() -> None:
    watcher = Watcher(claims())
    watcher.begin(Known(), at(7))
    watcher.end(End.RESTART)
    watcher.end(End.REPLACED)
    assert await watcher.next(A_WHILE) is End.RESTART


@pytest.fixture
def keys(tmp_path_factory: pytest.TempPathFactory) -> KeyRing:
    return load_keys(Settings(data_dir=tmp_path_factory.mktemp("keys")))


@pytest.fixture
async def watchers(database: Database, keys: KeyRing) -> AsyncIterator[Watchers]:
    made = Watchers(database, keys, most=1000, most_per_account=1000)
    yield made
    made.close()


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count the looks, each of which finds the account one further on; how many it is for."""
    counted: list[int] = []

    async def look(
        _: Database, __: KeyRing, ___: UUID, callers: Collection[Claims]
    ) -> dict[UUID, Clock | AppError]:
        counted.append(len(callers))
        found = Clock(len(counted), 0, EPOCH, 0, 1, datetime.now(UTC), (0, b""))
        return {each.sign_in_id: found for each in callers}

    monkeypatch.setattr(looking, "look_again", look)
    return counted


async def test_a_busy_account_is_looked_at_once_for_all_who_wait(
    watchers: Watchers, looks: list[int]
) -> None:
    account_id = uuid4()
    waiting = [watchers.enter(claims(account_id)) for _ in range(100)]
    for each in waiting:
        each.begin(Known(0, 0), at(0))
    for _ in range(1000):
        watchers.wake(account_id)
    assert [await each.next(A_WHILE) for each in waiting] == [at(1)] * 100
    assert looks == [100]


async def test_what_is_written_during_a_look_is_looked_at_again(watchers: Watchers, looks: list[int]) -> None:
    watcher = watchers.enter(claims())
    watcher.begin(Known(0, 0), at(0))
    for revision in (1, 2):
        watchers.wake(watcher.claims.account_id)
        assert await watcher.next(A_WHILE) == at(revision)
    assert looks == [1, 1]


async def test_nobody_is_looked_at_where_nobody_waits(watchers: Watchers, looks: list[int]) -> None:
    left, watcher = watchers.enter(claims()), watchers.enter(claims())
    watchers.leave(left)
    watchers.leave(left)
    for account_id in (uuid4(), left.claims.account_id, watcher.claims.account_id):
        watchers.wake(account_id)
    assert await watcher.next(A_WHILE) == at(1)
    assert looks == [1]


async def test_a_look_that_fails_is_tried_again(
    watchers: Watchers, looks: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "_AFTER_FAILURE", 0.0)
    good = vars(looking)["look_again"]

    async def fail_once(*_: Any) -> None:
        monkeypatch.setattr(looking, "look_again", good)
        raise ConnectionResetError

    monkeypatch.setattr(looking, "look_again", fail_once)
    watcher = watchers.enter(claims())
    watchers.wake_all()
    assert await watcher.next(A_WHILE) == at(1)
    assert looks == [1]


async def test_a_reader_who_takes_nothing_in_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "STALLED", 0.0)

    async def never(_: Message) -> None:
        await asyncio.Event().wait()

    with pytest.raises(ClientDisconnect):
        await PatientResponse([b"data"]).stream_response(never)


async def test_who_listens_and_takes_nothing_in_is_given_up(
    watchers: Watchers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "STALLED", 0.0)

    async def asked() -> Message:
        return await asyncio.Future[Message]()

    async def send(_: Message) -> None:
        await asyncio.Event().wait()

    response = LiveResponse(watchers, watchers.enter(claims()), Pace(A_WHILE, A_WHILE))
    with pytest.raises(ClientDisconnect):
        await response.go_on({}, asked, send)


async def test_who_listens_and_takes_in_slowly_is_told_the_newest_alone(watchers: Watchers) -> None:
    told: list[bytes] = []
    can_take, has_gone = asyncio.Event(), asyncio.Event()

    async def asked() -> Message:
        await has_gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        await can_take.wait()
        told.append(message.get("body", b""))
        if b"999" in told[-1]:
            has_gone.set()

    watcher = watchers.enter(claims())
    response = LiveResponse(watchers, watcher, Pace(A_WHILE, A_WHILE))
    listening = asyncio.create_task(response.go_on({}, asked, send))
    for revision in range(1, 1000):
        watcher.tell(at(revision))
        await asyncio.sleep(0)
    can_take.set()
    await listening
    assert [b"poke" in each for each in told] == [False, True]


async def test_what_a_stream_was_about_to_do_ends_with_its_reader() -> None:
    ended = False

    async def pieces() -> AsyncIterator[bytes]:
        nonlocal ended
        try:
            yield b"data"
        finally:
            ended = True

    async def hung_up(message: Message) -> None:
        if message["type"] == "http.response.body":
            raise ClientDisconnect

    response = PatientResponse(pieces())
    with pytest.raises(ClientDisconnect):
        await response.stream_response(hung_up)
    assert ended


async def test_accounts_are_told_together_and_again_until_it_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.core.notifications.pause", lambda _: 0.0)
    told: list[set[str]] = []

    async def publish(accounts: Collection[str]) -> None:
        told.append(set(accounts))
        if len(told) == 1:
            raise ConnectionResetError

    notifier, ids = Notifier(publish), [uuid4() for _ in range(3)]
    for each in [*ids, *ids]:
        notifier.tell(each)
    await notifier.finish()
    assert told == [{str(each) for each in ids}] * 2
