"""Timed runs: alternated so that all ways meet the same weather, told as medians and ratios."""

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Work:
    """What one run got done; `cpu_seconds` and `peak_megabytes` are the serving process's.

    `seconds` is said by a run that had something to prepare.
    """

    count: int
    bytes: int = 0
    seconds: float | None = None
    cpu_seconds: float | None = None
    peak_megabytes: float | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """The median of one way to do a thing; `ratio` is its share of the speed of the measure's first way."""

    measure: str
    way: str
    unit: str
    per_second: float
    ratio: float
    megabytes_per_second: float | None = None
    cpu_seconds: float | None = None
    peak_megabytes: float | None = None
    milliseconds_p50: float | None = None
    milliseconds_p95: float | None = None
    milliseconds_p99: float | None = None
    kilobytes_each: float | None = None
    shed: float | None = None
    errors: int | None = None
    recovery_seconds: float | None = None


Way = Callable[[], Awaitable[Work]]


async def compare(measure: str, unit: str, ways: Mapping[str, Way], rounds: int) -> list[Result]:
    """Run all ways once to warm up, then alternately; the first way is the limit the others are held to."""
    runs: dict[str, list[tuple[float, Work]]] = {name: [] for name in ways}
    for number in range(rounds + 1):
        for name, way in ways.items():
            began = time.perf_counter()
            work = await way()
            if number:
                runs[name].append((work.seconds or time.perf_counter() - began, work))
    fastest = _speed(runs[next(iter(ways))])
    return [_result((measure, name, unit), runs[name], fastest) for name in ways]


def _result(words: tuple[str, str, str], runs: list[tuple[float, Work]], fastest: float) -> Result:
    works = [work for _, work in runs]
    return Result(
        *words,
        per_second=_speed(runs),
        ratio=_speed(runs) / fastest,
        megabytes_per_second=median(work.bytes / seconds for seconds, work in runs) / 1e6 or None,
        cpu_seconds=_median([work.cpu_seconds for work in works]),
        peak_megabytes=_median([work.peak_megabytes for work in works]),
        kilobytes_each=median(work.bytes / work.count for work in works) / 1e3 or None,
    )


def _speed(runs: list[tuple[float, Work]]) -> float:
    return median(work.count / seconds for seconds, work in runs)


def _median(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None
