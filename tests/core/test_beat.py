"""What is done by itself: by one process at a time, again and again, and by another when that one ends."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import httpx
import pytest

from app.accounts.rounds import in_every_account
from app.core import beat
from app.core.beat import Beat, Job, UnfinishedError
from app.core.db import Database, listening
from app.core.errors import Overloaded
from app.core.job_runs import read_runs
from app.core.principal import Principal
from app.core.settings import Settings
from app.main import create_app
from tests.accounts.studios import Studio
from tests.contract.conftest import house, http, stranger, studio
from tests.serving import OPERATOR_KEY

__all__ = ["house", "http", "stranger", "studio"]
NEVER_LONGER = 30
AT_ONCE = timedelta(0)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let who does not lead try again at once."""
    monkeypatch.setattr(beat, "_BETWEEN_TRIES", 0.01)


@asynccontextmanager
async def beating(database: Database, url: str, *jobs: Job) -> AsyncIterator[asyncio.Task[None]]:
    """Let a process do jobs until it ends."""
    running = asyncio.create_task(Beat(listening(url), database, jobs).run())
    try:
        async with asyncio.timeout(NEVER_LONGER):
            yield running
    finally:
        running.cancel()
        await asyncio.wait({running})


def counting(done: asyncio.Queue[str], name: str, every: timedelta = AT_ONCE) -> Job:
    """Return a job that tells each time it is done."""

    async def work(_: Database) -> None:
        done.put_nowait(name)

    return Job(name, every, work)


async def until(done: asyncio.Queue[str], name: str) -> list[str]:
    """Wait until something has been done and return what was before."""
    before = []
    while (each := await done.get()) != name:
        before.append(each)
    return before


async def test_jobs_are_done_again_and_again_each_in_its_own_time(database: Database, owner_url: str) -> None:
    done: asyncio.Queue[str] = asyncio.Queue()
    jobs = counting(done, "often"), counting(done, "daily", timedelta(days=1))
    async with beating(database, owner_url, *jobs):
        for _ in range(3):
            assert await until(done, "often") == []


async def test_one_process_works_at_a_time_and_another_goes_on_when_it_ends(
    database: Database, owner_url: str
) -> None:
    done: asyncio.Queue[str] = asyncio.Queue()
    async with beating(database, owner_url, counting(done, "second")) as second:
        await until(done, "second")
        async with beating(database, owner_url, counting(done, "first")):
            for _ in range(20):
                assert await until(done, "second") == []
            second.cancel()
            await until(done, "first")


async def test_who_has_lost_the_lock_stops_in_the_midst_of_its_work(
    database: Database, owner_url: str
) -> None:
    told: asyncio.Queue[str] = asyncio.Queue()

    async def endless(_: Database) -> None:
        told.put_nowait("begun")
        try:
            await asyncio.Event().wait()
        finally:
            told.put_nowait("cut")

    owner = await asyncpg.connect(owner_url)
    try:
        async with beating(database, owner_url, Job("endless", AT_ONCE, endless)):
            assert await told.get() == "begun"
            await owner.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
                " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            )
            assert [await told.get() for _ in range(2)] == ["cut", "begun"]
    finally:
        await owner.close()


async def test_how_a_job_went_and_what_it_took_away_is_told_to_the_operator(
    database: Database, owner_url: str, http: httpx.AsyncClient
) -> None:
    done: asyncio.Queue[str] = asyncio.Queue()
    ends: Iterator[int | Exception] = iter([2, UnfinishedError(taken_away=3), LookupError()])

    async def work(_: Database) -> int:
        done.put_nowait("begun")
        for end in ends:
            if isinstance(end, Exception):
                raise end
            return end
        await asyncio.Event().wait()
        return 0

    async with beating(database, owner_url, Job("sweep", AT_ONCE, work), counting(done, "other")):
        for _ in range(4):
            await until(done, "begun")
    answer = await http.get("/v1/operator/jobs", headers={"X-Operator-Key": OPERATOR_KEY})
    sweep = next(each for each in answer.json()["jobs"] if each["name"] == "sweep")
    assert (sweep["outcome"], sweep["last_taken_away"], sweep["taken_away"]) == ("failed", 0, 5)
    assert sweep["last_began"] >= sweep["last_done"]
    assert sweep["is_late"] is False
    async with database.directory() as connection:
        late = "UPDATE job_runs SET last_done = now() - interval '1 day' WHERE name = 'sweep'"
        await connection.execute(late)
        assert [each.name for each in await read_runs(connection) if each.is_late] == ["sweep"]


async def test_what_fails_is_tried_again_and_hinders_nothing_else(
    database: Database, owner_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    done: asyncio.Queue[str] = asyncio.Queue()

    async def broken(_: Database) -> None:
        done.put_nowait("broken")
        raise LookupError

    jobs = Job("broken", AT_ONCE, broken), counting(done, "whole")
    async with beating(database, owner_url, *jobs):
        for name in ("broken", "whole", "broken", "whole"):
            await until(done, name)
    assert "broken failed" in caplog.messages


async def test_a_server_does_what_is_to_be_done(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: asyncio.Queue[str] = asyncio.Queue()
    monkeypatch.setattr("app.main.JOBS", [counting(done, "job")])
    app = create_app(Settings(database_url=database_url, data_dir=tmp_path, beat=True))
    async with app.router.lifespan_context(app), asyncio.timeout(NEVER_LONGER):
        await until(done, "job")


@pytest.mark.parametrize(("error", "is_defect"), [(LookupError("kept"), True), (Overloaded(), False)])
async def test_a_round_that_met_a_defect_tells_where_and_one_that_came_at_a_bad_time_does_not(
    database: Database, studio: Studio, caplog: pytest.LogCaptureFixture, *, error: Exception, is_defect: bool
) -> None:
    async def work(_: Database, who: Principal) -> None:
        if who.account_id == studio.account.account_id:
            raise error

    with pytest.raises(UnfinishedError):
        await in_every_account(work)(database)
    [record] = [each for each in caplog.records if str(studio.account.account_id) in each.getMessage()]
    assert type(error).__name__ in record.getMessage()
    assert bool(record.exc_info) is is_defect


@pytest.mark.parametrize("fails", [False, True])
async def test_a_round_goes_through_all_accounts_whatever_becomes_of_one(
    database: Database, studio: Studio, stranger: Studio, *, fails: bool
) -> None:
    first, second = sorted((studio, stranger), key=lambda each: each.account.account_name)
    seen: set[UUID] = set()

    async def work(_: Database, who: Principal) -> None:
        seen.add(who.account_id)
        if fails and who.account_id == first.account.account_id:
            raise LookupError

    if fails:
        with pytest.raises(UnfinishedError):
            await in_every_account(work)(database)
    else:
        await in_every_account(work)(database)
    assert seen >= {first.account.account_id, second.account.account_id}
