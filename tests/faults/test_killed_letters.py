"""X-16, X-19 (P1, P2): who sends letters is killed at any step: none is lost, one a kill comes twice."""

import asyncio
import multiprocessing
import os
import signal
import sys
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.accounts.lifecycle import create_account
from app.accounts.models import Account
from app.accounts.users import NewUser
from app.cli.working import working
from app.core.db import Database
from app.core.principal import Principal
from app.core.settings import Settings
from app.outbox import claiming, store, worker
from app.outbox.carriers import Carried
from app.outbox.claiming import Claimed
from app.outbox.marking import Tried, mark
from app.outbox.worker import Outbox
from app.sync.store import Write, write
from tests.accounts.studios import PASSWORD
from tests.facts import Property
from tests.faults.serving import Cluster
from tests.outbox.sinks import Sink, listening_sink

pytestmark = pytest.mark.slow

_PROCESSES = multiprocessing.get_context("forkserver")
# Who comes after one that was killed shares what it would import, and is at work before the claim has ended.
_PROCESSES.set_forkserver_preload(["tests.faults.serving", __name__])
_SECONDS = 2
"""How long sending may take on a machine that has other things to do: a claim is over a second later."""
_TICK = 0.1
_MODES = ("answered", "unanswered", "rcpt", "answered", "mail", "unanswered")
_BATCH = 500
_LOOK = 0.2
_LEFT = "SELECT count(*) FROM letters WHERE account_id = $1 AND state IN ('waiting', 'sending')"
_STANDS = """
    SELECT count(*) FILTER (WHERE l.state = 'sent' AND e.delivery_state = 'sent') AS sent, count(*) AS letters
    FROM letters l LEFT JOIN emails e ON e.account_id = l.account_id AND e.id = l.letter_id
    WHERE l.account_id = $1
"""


@dataclass
class Killer(Sink):
    """A server that kills whoever is sending to it, after so many letters and at some step."""

    plan: deque[tuple[int, str]] = field(default_factory=deque)
    pid: int = 0
    kills: int = 0
    dead: asyncio.Event = field(default_factory=asyncio.Event)

    def _is_up(self, mode: str) -> bool:
        return bool(self.plan) and len(self.letters) >= self.plan[0][0] and self.plan[0][1] == mode

    def _kill(self) -> None:
        self.plan.popleft()
        self.kills += 1
        os.kill(self.pid, signal.SIGKILL)
        self.dead.set()

    async def handle_MAIL(self, *given: Any) -> str:  # noqa: N802 - aiosmtpd's name
        if self._is_up("mail"):
            self._kill()
        return await super().handle_MAIL(*given)

    async def handle_RCPT(self, *given: Any) -> str:  # noqa: N802 - aiosmtpd's name
        if self._is_up("rcpt"):
            self._kill()
        return await super().handle_RCPT(*given)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        answer = await super().handle_DATA(server, session, envelope)
        if self._is_up("unanswered"):
            self._kill()
        if self._is_up("answered"):
            # It has the answer in hand, and no time to write it down.
            await server.push(answer)
            self._kill()
        return answer


def _begin(settings: Settings, mutate: Callable[[], None] | None) -> None:
    """Work as `python -m app work` does, but for looking more often, perhaps with a defect."""
    worker._TICK = _TICK
    if mutate:
        mutate()
    asyncio.run(working(settings, settings.database_url or ""))


@asynccontextmanager
async def _office(cluster: Cluster, accounts: int) -> AsyncIterator[tuple[Database, list[UUID]]]:
    database = Database(cluster.url)
    try:
        made = [await _account(database) for _ in range(accounts)]
        yield database, [each.account_id for each in made]
    finally:
        await database.close()


async def _account(database: Database) -> Account:
    return await create_account(
        database,
        account_name=f"k{uuid4().hex}",
        company_name="Harbor",
        time_zone="America/Denver",
        country="US",
        administrator=NewUser("JD", PASSWORD, "Jo", "Doe"),
    )


async def _write_emails(database: Database, account_id: UUID, many: int) -> None:
    who = Principal.system(account_id)
    for begin in range(0, many, _BATCH):
        writes = [
            Write(
                "emails",
                uuid4(),
                {
                    "date": "2026-05-04",
                    "subject": f"{account_id} {n}",
                    "body": "Dear Laura",
                    "to_addresses": ["laura@hartley.example"],
                },
            )
            for n in range(begin, min(begin + _BATCH, many))
        ]
        async with database.writing(account_id) as session:
            await write(session, who, writes)


async def _story(
    cluster: Cluster,
    letters: int,
    kills: int,
    *,
    accounts: int = 1,
    workers: int = 1,
    mutate: Callable[[], None] | None = None,
    patience: float = 900,
) -> tuple[Killer, list[UUID]]:
    """Send so many letters of each account, killed so many times, and return what has arrived."""
    killer = Killer(
        plan=deque(
            (each * letters * accounts // (kills + 1), _MODES[each % len(_MODES)])
            for each in range(1, kills + 1)
        )
    )
    async with _office(cluster, accounts) as (database, ids), listening_sink(killer):
        for each in ids:
            await _write_emails(database, each, letters)
        settings = Settings(
            database_url=cluster.url,
            data_dir=cluster.data_dir,
            environment="development",
            mail_relay_url=f"smtp://127.0.0.1:{killer.port}",
            mail_relay_from="hello@harbor.example",
            letter_seconds=_SECONDS,
            log_level="ERROR",
        )
        running: list[Any] = []

        def start() -> None:
            process = _PROCESSES.Process(target=_begin, args=(settings, mutate), daemon=True)
            process.start()
            running.append(process)
            killer.pid = process.pid or 0

        try:
            for _ in range(workers):
                await asyncio.to_thread(start)
            async with asyncio.timeout(patience):
                while await _left(database, ids):
                    with suppress(TimeoutError):
                        await asyncio.wait_for(killer.dead.wait(), _LOOK)
                        killer.dead.clear()
                        await asyncio.to_thread(start)
            await _stand_as_sent(database, ids, letters)
        finally:
            for each in running:
                each.kill()
                each.join()
    return killer, ids


async def _left(database: Database, ids: Sequence[UUID]) -> int:
    """Return how many letters are still to be sent."""
    left = 0
    for each in ids:
        async with database.reading(each) as session:
            left += await session.raw.fetchval(_LEFT, each)
    return left


async def _stand_as_sent(database: Database, ids: Sequence[UUID], letters: int) -> None:
    """See that all letters of each account are sent, and their records say so."""
    for each in ids:
        async with database.reading(each) as session:
            [row] = await session.raw.fetch(_STANDS, each)
        assert tuple(row) == (letters, letters)


def _judge(killer: Killer, ids: Sequence[UUID], letters: int) -> int:
    """Return how many letters came once more than once, after all that must hold was seen to hold."""
    arrived: dict[str, list[str]] = {}
    for each in killer.letters:
        arrived.setdefault(str(each.message["Subject"]), []).append(str(each.message["Message-ID"]))
    assert arrived.keys() == {f"{account} {n}" for account in ids for n in range(letters)}, "none is lost"
    assert all(len(set(each)) == 1 for each in arrived.values()), "copies have one name"
    again = sum(len(each) - 1 for each in arrived.values())
    assert again <= killer.kills * len(ids), "a kill has one letter of an account sent twice, at most"
    return again


@pytest.mark.parametrize(
    "letters, kills, accounts, workers",
    [
        (40, 3, 1, 1),
        pytest.param(10_000, 100, 1, 1, marks=pytest.mark.proof),
        pytest.param(500, 20, 4, 2, marks=pytest.mark.proof),
    ],
)
async def test_no_letter_is_lost_and_a_kill_doubles_one_at_most(
    cluster: Cluster, *, letters: int, kills: int, accounts: int, workers: int, record_property: Property
) -> None:
    killer, ids = await _story(
        cluster, letters, kills, accounts=accounts, workers=workers, patience=300 + letters
    )
    again = _judge(killer, ids, letters)
    assert killer.kills == kills
    record_property("counted: letters sent under kills", letters * accounts)
    record_property("counted: kills of who sent them", kills)
    record_property("counted: letters sent twice by that", again)


@pytest.mark.proof
async def test_four_senders_without_kills_send_each_once(cluster: Cluster) -> None:
    killer, ids = await _story(cluster, 2_500, 0, accounts=4, workers=4)
    assert _judge(killer, ids, 2_500) == 0


def _marks_before_it_sends() -> None:
    usual = Outbox._tried

    async def marked_first(self: Outbox, claimed: Claimed) -> Tried:
        parcel = claimed.parcel
        told = Tried(claimed.row, claimed.token, parcel.recipients, {}, claimed.opened, Carried())
        async with self.database.writing(parcel.account_id) as session:
            await mark(session, told)
        return await usual(self, claimed)

    Outbox._tried = marked_first  # type: ignore[method-assign]


def _names_it_anew() -> None:
    was = "coalesce(message_id, '<' || letters.letter_id::text || '@' || $6::text || '>')"
    assert was in store._CLAIM
    store._CLAIM = store._CLAIM.replace(was, "'<' || gen_random_uuid() || '@' || $6::text || '>'")


def _claims_for_ever() -> None:
    claiming._HALF_AGAIN = 1e6


@pytest.mark.proof
@pytest.mark.parametrize("mutate", [_marks_before_it_sends, _names_it_anew, _claims_for_ever])
async def test_the_proof_sees_a_planted_bug(cluster: Cluster, mutate: Callable[[], None]) -> None:
    with pytest.raises((AssertionError, TimeoutError)):
        _judge(*await _story(cluster, 30, 6, mutate=mutate, patience=45), 30)


async def test_a_process_that_only_works_sends_and_stops_when_told(cluster: Cluster) -> None:
    sink = Sink()
    async with _office(cluster, 1) as (database, [account_id]), listening_sink(sink):
        await _write_emails(database, account_id, 3)
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "app",
            "work",
            env={
                **os.environ,
                "DATABASE_URL": cluster.url,
                "DATA_DIR": str(cluster.data_dir),
                "ENVIRONMENT": "development",
                "MAIL_RELAY_URL": f"smtp://127.0.0.1:{sink.port}",
                "MAIL_RELAY_FROM": "hello@harbor.example",
            },
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        async with asyncio.timeout(120):
            while await _left(database, [account_id]):
                assert process.returncode is None
                with suppress(TimeoutError):
                    await asyncio.wait_for(process.wait(), _LOOK)
            await _stand_as_sent(database, [account_id], 3)
        process.terminate()
        assert await process.wait() == 0
    assert len(sink.letters) == 3
