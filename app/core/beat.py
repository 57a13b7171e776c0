"""What is to be done again and again though nobody asks: by one process of all, for as long as it lives."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from time import perf_counter

import asyncpg

from app.core import metrics
from app.core.db import Database
from app.core.job_runs import Ended, JobOutcome, Runs
from app.core.keepalive import until_lost

log = logging.getLogger("studio.beat")

_ONE_LEADS = "SELECT pg_try_advisory_lock(hashtext('studio beat'))"
_BETWEEN_TRIES = 60.0
"""Seconds after which who does not lead tries again; nobody does for that long after a leader was killed."""
_PATIENCE = 10.0
_SOONEST = timedelta(minutes=15)
"""Within which a job is done first, and again when it could not be done: a deployment ends before that."""


class UnfinishedError(Exception):
    """Something was left for the next time; what it was has been logged."""

    def __init__(self, *words: object, taken_away: int = 0) -> None:
        """Say how many rows were taken away all the same."""
        super().__init__(*words)
        self.taken_away = taken_away


@dataclass(frozen=True, slots=True)
class Job:
    """What is done about `every` so often, under a name that figures and logs have.

    `work` must bear to be cut at any moment, and to be done by two processes at once: a leader that stood
    still for a while does not know that another has taken its place. It returns how many rows it has taken
    away, if that is what it does.
    """

    name: str
    every: timedelta
    work: Callable[[Database], Awaitable[int | None]]


class Beat:
    """Does jobs, each in its own time, while this process leads: it holds a lock in the database by that.

    The lock belongs to a connection, which must lead to PostgreSQL itself: a pooler that lends connections by
    transaction would lend it on. When the connection is lost, all that is under way is cut.
    """

    def __init__(
        self,
        connect: Callable[[], Awaitable["asyncpg.Connection[asyncpg.Record]"]],
        database: Database,
        jobs: Sequence[Job],
    ) -> None:
        """Say what opens the connection that holds the lock, and what is to be done."""
        self._connect = connect
        self._database = database
        self._jobs = jobs
        self._runs = Runs(database)

    async def run(self) -> None:
        """Lead whenever nobody else does, until cancelled."""
        while True:
            try:
                await self._lead_if_nobody_does()
            except Exception as error:  # noqa: BLE001 - whatever it is, somebody must lead
                log.warning("not leading: %s", type(error).__name__)
            await asyncio.sleep(_more_or_less(_BETWEEN_TRIES))

    async def _lead_if_nobody_does(self) -> None:
        connection = await self._connect()
        try:
            if await connection.fetchval(_ONE_LEADS, timeout=_PATIENCE):
                await self._lead(connection)
        finally:
            connection.terminate()

    async def _lead(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        """Do the jobs until the lock is lost with its connection, which raises."""
        await self._runs.begin({job.name: job.every for job in self._jobs})
        log.info("leading: %s", ", ".join(job.name for job in self._jobs))
        repeated = [asyncio.create_task(self._repeat(job)) for job in self._jobs]
        try:
            await until_lost(connection, partial(connection.execute, "SELECT 1", timeout=_PATIENCE))
        finally:
            for each in repeated:
                each.cancel()
            await asyncio.wait(repeated)
            metrics.forget_jobs()

    async def _repeat(self, job: Job) -> None:
        soon = min(job.every, _SOONEST).total_seconds()
        await asyncio.sleep(random.random() * soon)  # noqa: S311 - no secret
        while True:
            is_done = await self._do(job)
            await asyncio.sleep(_more_or_less(job.every.total_seconds() if is_done else soon))

    async def _do(self, job: Job) -> bool:
        """Do a job once and say whether nothing was left."""
        await self._runs.note_begun(job.name)
        began, outcome, taken_away = perf_counter(), JobOutcome.DONE, 0
        try:
            taken_away = await job.work(self._database) or 0
        except UnfinishedError as left:
            outcome, taken_away = JobOutcome.UNFINISHED, left.taken_away
        except Exception:
            outcome = JobOutcome.FAILED
            log.exception("%s failed", job.name)
        seconds = perf_counter() - began
        metrics.job_duration.record(seconds, {"job": job.name, "outcome": outcome.value})
        await self._runs.note_ended(job.name, Ended(outcome, seconds, taken_away))
        return outcome is JobOutcome.DONE


def _more_or_less(seconds: float) -> float:
    """Return about so many seconds: processes that began together do not go on together."""
    return random.uniform(0.9, 1.1) * seconds  # noqa: S311 - no secret
