"""How what is done by itself went, as operators look it up: written by the process that leads."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from time import monotonic

import asyncpg

from app.core import clock, metrics
from app.core.db import Database

log = logging.getLogger("studio.beat")

_AGAIN = 60.0
"""Seconds within which a job that goes on as before is not noted again: some are done every two."""


class JobOutcome(StrEnum):
    """What came of a job."""

    DONE = "done"
    UNFINISHED = "unfinished"
    """Something was left for the next time."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a job has ended, after so many seconds, and how many rows it took away."""

    outcome: JobOutcome
    seconds: float
    taken_away: int


@dataclass(frozen=True, slots=True)
class Run:
    """A job of the process that leads, or led last, and how it last went.

    `is_late` when it was not done for twice its time and half an hour.
    """

    name: str
    every_seconds: int
    last_began: datetime | None
    last_done: datetime | None
    outcome: JobOutcome | None
    seconds: float | None
    last_taken_away: int
    taken_away: int
    is_late: bool


class Runs:
    """What the process that leads notes of its jobs; what cannot be noted stops no job."""

    def __init__(self, database: Database) -> None:
        """Note in a database."""
        self._database = database
        self._noted: dict[str, tuple[float, JobOutcome | None]] = {}

    async def begin(self, jobs: Mapping[str, timedelta]) -> None:
        """Take on jobs by their names, each about every so often, and tell when they were last done."""
        self._noted.clear()
        times = [max(1, round(every.total_seconds())) for every in jobs.values()]
        async with self._database.directory() as connection:
            rows = await connection.fetch(_BEGIN, list(jobs), times)
        for row in rows:
            if row["last_done"] is not None:
                metrics.note_job_done(row["name"], row["last_done"].timestamp())

    async def note_begun(self, job: str) -> None:
        """Note that a job has begun."""
        if self._is_news(job):
            await self._note(_NOTE_BEGUN, job)

    async def note_ended(self, job: str, ended: Ended) -> None:
        """Note how it has ended."""
        if ended.taken_away:
            metrics.forgotten.add(ended.taken_away, {"job": job})
        if ended.outcome is JobOutcome.DONE:
            metrics.note_job_done(job, clock.now().timestamp())
        if ended.taken_away or self._is_news(job, ended.outcome):
            self._noted[job] = monotonic(), ended.outcome
            await self._note(_NOTE_ENDED, job, ended.outcome.value, ended.seconds, ended.taken_away)

    def _is_news(self, job: str, outcome: JobOutcome | None = None) -> bool:
        at, before = self._noted.get(job, (None, None))
        return at is None or monotonic() - at >= _AGAIN or outcome not in {None, before}

    async def _note(self, statement: str, *values: object) -> None:
        try:
            async with self._database.directory() as connection:
                await connection.execute(statement, *values)
        except Exception as error:  # noqa: BLE001 - the job is what matters
            log.warning("what became of a job was not noted: %s", type(error).__name__)


async def read_runs(connection: "asyncpg.Connection[asyncpg.Record]") -> list[Run]:
    """Return the jobs of the process that leads, or led last, by name; none where none ever has."""
    rows = await connection.fetch(_READ)
    return [
        Run(**{**dict(row), "outcome": JobOutcome(row["outcome"]) if row["outcome"] else None})
        for row in rows
    ]


_BEGIN = """
INSERT INTO job_runs (name, every_seconds, led_at, last_taken_away, taken_away)
SELECT name, every_seconds, now(), 0, 0 FROM unnest($1::text[], $2::int[]) AS taken_on(name, every_seconds)
ON CONFLICT (name) DO UPDATE SET every_seconds = excluded.every_seconds, led_at = excluded.led_at
RETURNING name, last_done
"""
_NOTE_BEGUN = "UPDATE job_runs SET last_began = now() WHERE name = $1"
_NOTE_ENDED = """
UPDATE job_runs SET outcome = $2::text, seconds = $3::float8,
    last_taken_away = $4::bigint, taken_away = taken_away + $4,
    last_began = now() - $3 * interval '1 second',
    last_done = CASE $2 WHEN 'done' THEN now() ELSE last_done END
WHERE name = $1
"""
_READ = """
SELECT name, every_seconds, last_began, last_done, outcome, seconds, last_taken_away, taken_away,
    coalesce(last_done, led_at) < now() - 2 * every_seconds * interval '1 second' - interval '30 minutes'
        AS is_late
FROM job_runs WHERE led_at = (SELECT max(led_at) FROM job_runs) ORDER BY name
"""
