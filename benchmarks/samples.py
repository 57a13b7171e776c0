"""Timed runs: alternated so that all ways meet the same weather, told as medians and ratios."""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median, quantiles


@dataclass(frozen=True, slots=True)
class Work:
    """What one run got done; `cpu_seconds` and `peak_megabytes` are those of the server's processes.

    `seconds` is said by a run that had something to prepare; `waits` by one whose requests were due at a
    constant rate: the seconds from when each was due to when it was answered. What `failed` is not counted.
    """

    count: int
    bytes: int = 0
    seconds: float | None = None
    cpu_seconds: float | None = None
    peak_megabytes: float | None = None
    failed: int | None = None
    waits: Sequence[float] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """The median of one way to do a thing.

    `ratio` is its share of the speed of the measure's first way; where waits are told, how often its median
    goes into theirs.
    """

    measure: str
    way: str
    unit: str
    ratio: float
    per_second: float | None = None
    bytes_each: float | None = None
    cpu_seconds: float | None = None
    peak_megabytes: float | None = None
    milliseconds_p50: float | None = None
    milliseconds_p95: float | None = None
    milliseconds_p99: float | None = None
    shed: float | None = None
    failed: int | None = None
    recovery_seconds: float | None = None


Way = Callable[[], Awaitable[Work]]
Runs = list[tuple[float, Work]]
"""Seconds, and what was done in them."""


async def compare(
    measure: str, unit: str, ways: Mapping[str, Way], rounds: int, *, is_warm: bool = False
) -> list[Result]:
    """Run all ways once to warm up, then alternately; the first way is the limit the others are held to."""
    runs: dict[str, Runs] = {name: [] for name in ways}
    for number in range(is_warm, rounds + 1):
        for name, way in ways.items():
            began = time.perf_counter()
            work = await way()
            if number:
                runs[name].append((work.seconds or time.perf_counter() - began, work))
    limit = _speed(runs[next(iter(ways))])
    return [_result((measure, name, unit), runs[name], limit) for name in ways]


def _result(words: tuple[str, str, str], runs: Runs, limit: float) -> Result:
    works = [work for _, work in runs]
    waits = [each for work in works for each in work.waits]
    p50, p95, p99 = milliseconds(waits) if waits else (None, None, None)
    return Result(
        *words,
        ratio=_speed(runs) / limit,
        per_second=None if waits else _speed(runs),
        bytes_each=_median([work.bytes / work.count for work in works if work.bytes]),
        cpu_seconds=_median([work.cpu_seconds for work in works]),
        peak_megabytes=_median([work.peak_megabytes for work in works]),
        milliseconds_p50=p50,
        milliseconds_p95=p95,
        milliseconds_p99=p99,
        failed=None if works[0].failed is None else sum(work.failed or 0 for work in works),
    )


def milliseconds(waits: Sequence[float]) -> tuple[float, float, float]:
    """Return what half, 95 and 99 of a hundred waited at most."""
    if len(waits) < 2:
        [only] = waits
        return only * 1000, only * 1000, only * 1000
    percents = quantiles((each * 1000 for each in waits), n=100, method="inclusive")
    return percents[49], percents[94], percents[98]


def _speed(runs: Runs) -> float:
    waits = [each for _, work in runs for each in work.waits]
    return 1 / median(waits) if waits else median(work.count / seconds for seconds, work in runs)


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None
