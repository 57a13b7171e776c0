"""X-28 (P1): who posts events is killed at any step: none is lost, and a kill costs no more than a claim."""

import asyncio
import multiprocessing
import os
import signal
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from standardwebhooks import Webhook as Verifier

from app.cli.working import working
from app.core import clock
from app.core.db import Database
from app.core.ids import new_id
from app.core.keys import load_keys
from app.core.principal import Principal
from app.core.settings import Settings
from app.sync.store import Write, write
from app.webhooks import courier, store
from app.webhooks.courier import CLAIMED, Claimed, _Slice
from app.webhooks.signing import headers_of
from app.webhooks.states import WebhookState
from app.webhooks.store import Mark
from tests.accounts.studios import Studio, new_studio
from tests.facts import Property
from tests.faults.serving import Cluster, Server

pytestmark = pytest.mark.slow

_PROCESSES = multiprocessing.get_context("forkserver")
# Who comes after one that was killed shares what it would import, and is at work before the claim has ended.
_PROCESSES.set_forkserver_preload(["tests.faults.serving", __name__])
_SECONDS = 2
"""How long a post may take: a claim is over after three times that."""
_TICK = 0.1
_MODES = ("unanswered", "answered", "half")
_BATCH = 500
_LOOK = 0.2
_TAKEN = b"HTTP/1.1 204 No Content\r\n\r\n"
_LEFT = "SELECT count(*) FROM webhook_deliveries WHERE account_id = $1 AND state IN ('waiting', 'sending')"
_STANDS = """
    SELECT (SELECT count(*) FROM webhook_events WHERE account_id = $1) AS events,
        count(*) FILTER (WHERE state = 'delivered') AS delivered, array_agg(event_id) AS ids
    FROM webhook_deliveries WHERE account_id = $1
"""


@dataclass
class Killer:
    """A receiver that kills whoever is posting to it, after so many events and at some step."""

    secret: str = ""
    plan: deque[tuple[int, str]] = field(default_factory=deque)
    pid: int = 0
    port: int = 0
    kills: int = 0
    came: Counter[str] = field(default_factory=Counter)
    dead: asyncio.Event = field(default_factory=asyncio.Event)

    def _is_up(self, mode: str) -> bool:
        # The next one is killed when it is at work, and no sooner.
        if self.dead.is_set() or not self.plan:
            return False
        after, step = self.plan[0]
        return len(self.came) >= after and step == mode

    def _kill(self) -> None:
        self.plan.popleft()
        self.kills += 1
        os.kill(self.pid, signal.SIGKILL)
        self.dead.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take in what comes on one line."""
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while head := (await reader.readuntil(b"\r\n\r\n")).decode():
                pairs = (each.partition(": ") for each in head.strip().split("\r\n")[1:])
                headers = {name.lower(): value for name, _, value in pairs}
                if self._is_up("half"):
                    self._kill()
                body = await reader.readexactly(int(headers["content-length"]))
                Verifier(self.secret).verify(body, headers)
                self.came[headers["webhook-id"]] += 1
                if self._is_up("unanswered"):
                    self._kill()
                writer.write(_TAKEN)
                await writer.drain()
                if self._is_up("answered"):
                    # It has the answer in hand, and no time to write it down.
                    self._kill()
        writer.close()


@asynccontextmanager
async def _receiving(killer: Killer) -> AsyncIterator[None]:
    server = await asyncio.start_server(killer.serve, "127.0.0.1", 0)
    killer.port = server.sockets[0].getsockname()[1]
    try:
        yield
    finally:
        server.close()


def _begin(settings: Settings, mutate: Callable[[], None] | None) -> None:
    """Work as `python -m app work` does, but for looking more often, perhaps with a defect."""
    courier._TICK = _TICK
    if mutate:
        mutate()
    asyncio.run(working(settings, settings.database_url or ""))


@asynccontextmanager
async def _office(cluster: Cluster, killer: Killer) -> AsyncIterator[Studio]:
    """Make a studio with a webhook; the server that made it is at work no more."""
    server, database = Server(cluster, environment="development"), Database(cluster.url)
    await server.start()
    try:
        async with httpx.AsyncClient(base_url=server.url, timeout=30) as client:
            studio = await new_studio(database, client, load_keys(Settings(data_dir=cluster.data_dir)))
            await _hook(studio, killer)
            await server.stop()
            yield studio
    finally:
        server.kill()
        await database.close()


async def _hook(studio: Studio, killer: Killer) -> None:
    """Make a key, and a webhook of it that is told of clients."""
    desk = await studio.administrator()
    levels = {"clients": "view_only"}
    key = await studio.client.post("/v1/api-keys", json={"name": "Lab", "levels": levels}, headers=desk)
    sent = {"url": f"http://127.0.0.1:{killer.port}/", "types": ["clients.*"], "key_id": key.json()["id"]}
    made = await studio.client.post("/v1/webhooks", json=sent, headers=desk)
    assert made.status_code == 201, made.text
    killer.secret = made.json()["secret"]


async def _write_clients(database: Database, account_id: UUID, many: int) -> None:
    for begin in range(0, many, _BATCH):
        writes = [
            Write("clients", uuid4(), {"last_name": f"Lee {number}"})
            for number in range(begin, min(begin + _BATCH, many))
        ]
        async with database.writing(account_id) as session:
            await write(session, Principal.system(account_id), writes)


async def _story(
    cluster: Cluster,
    events: int,
    kills: int,
    *,
    mutate: Callable[[], None] | None = None,
    patience: float = 900,
) -> tuple[Killer, int]:
    """Tell so many events, killed so many times; return who was told, and how many were told once more."""
    plan = ((each * events // (kills + 1), _MODES[each % len(_MODES)]) for each in range(1, kills + 1))
    killer = Killer(plan=deque(plan))
    settings = Settings(
        database_url=cluster.url,
        data_dir=cluster.data_dir,
        environment="development",
        webhook_seconds=_SECONDS,
        log_level="ERROR",
    )
    running: list[Any] = []

    def start() -> None:
        process = _PROCESSES.Process(target=_begin, args=(settings, mutate), daemon=True)
        process.start()
        running.append(process)
        killer.pid = process.pid or 0

    async with _receiving(killer), _office(cluster, killer) as studio:
        account_id = studio.account.account_id
        await _write_clients(studio.database, account_id, events)
        try:
            await asyncio.to_thread(start)
            async with asyncio.timeout(patience):
                while await _left(studio.database, account_id):
                    with suppress(TimeoutError):
                        await asyncio.wait_for(killer.dead.wait(), _LOOK)
                        await asyncio.to_thread(start)
                        killer.dead.clear()
        finally:
            for each in running:
                each.kill()
                each.join()
        return killer, await _judged(killer, studio, events)


async def _left(database: Database, account_id: UUID) -> int:
    """Return how many events are still to be told."""
    async with database.reading(account_id) as session:
        return int(await session.raw.fetchval(_LEFT, account_id))


async def _judged(killer: Killer, studio: Studio, events: int) -> int:
    """Return how many posts were repeated, after all that must hold was seen to hold."""
    account_id = studio.account.account_id
    async with studio.database.reading(account_id) as session:
        row = await session.raw.fetchrow(_STANDS, account_id)
    assert row is not None
    assert (row["events"], row["delivered"]) == (events, events)
    assert killer.came.keys() == {str(each) for each in row["ids"]}, "none is lost"
    again = killer.came.total() - len(killer.came)
    assert again <= killer.kills * CLAIMED, "a kill has what was claimed posted twice, at most"
    return again


@pytest.mark.parametrize("events, kills", [(200, 3), pytest.param(10_000, 50, marks=pytest.mark.proof)])
async def test_no_event_is_lost_and_a_kill_repeats_what_was_claimed_at_most(
    cluster: Cluster, *, events: int, kills: int, record_property: Property
) -> None:
    killer, again = await _story(cluster, events, kills)
    assert killer.kills == kills
    record_property("counted: events told under kills", events)
    record_property("counted: kills of who told them", kills)
    record_property("counted: events told twice by that", again)


def _marks_before_it_posts() -> None:
    usual = _Slice._told

    async def marked_first(self: _Slice, lines: Any, claimed: Claimed) -> bool:
        now, done = clock.now(), WebhookState.DELIVERED
        marks = [Mark(each["event_id"], done, None, now, 200, None, None) for each in claimed.events]
        await self._beside(lambda session: store.mark(session, claimed.endpoint_id, claimed.token, marks))
        return await usual(self, lines, claimed)

    _Slice._told = marked_first  # type: ignore[method-assign]


def _names_it_anew() -> None:
    def named_anew(_: UUID, *given: Any) -> dict[str, str]:
        return headers_of(new_id(), *given)

    vars(courier)["headers_of"] = named_anew


def _claims_for_ever() -> None:
    usual = store.claim

    async def claimed(session: Any, endpoint_id: UUID, claim: store.Claim, most: int) -> Any:
        longer = replace(claim, until=claim.until + timedelta(hours=1))
        return await usual(session, endpoint_id, longer, most)

    store.claim = claimed


@pytest.mark.proof
@pytest.mark.parametrize("mutate", [_marks_before_it_posts, _names_it_anew, _claims_for_ever])
async def test_the_proof_sees_a_planted_bug(cluster: Cluster, mutate: Callable[[], None]) -> None:
    with pytest.raises((AssertionError, TimeoutError)):
        await _story(cluster, 100, 6, mutate=mutate, patience=45)
