"""What is aimed at: figures of ours beside figures of others, or beside a number."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from benchmarks.samples import Result


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a run; measure and way are patterns as a shell has them."""

    measure: str
    way: str
    name: str = "per_second"

    def found(self, results: Sequence[Result]) -> float | None:
        """Return it, if it was measured."""
        for each in results:
            if fnmatchcase(each.measure, self.measure) and fnmatchcase(each.way, self.way):
                value = getattr(each, self.name)
                return None if value is None else float(value)
        return None


@dataclass(frozen=True, slots=True)
class Target:
    """A figure, as a multiple of another where one is named, that is to be at least or at most so much."""

    what: str
    of: Figure
    bound: float
    beside: Figure | None = None
    is_least: bool = True
    unit: str = "x"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a target; `measured` and `bound` are in the same unit, x for a ratio."""

    what: str
    unit: str
    bound: float
    is_least: bool
    measured: float
    is_reached: bool


_SYNC, _IDLE = "first sync: 100,000 records", "pull: idle, 16 connections, 1 worker"
_ONE, _EIGHT = (f"push: 100 changes, {clients}, beside others" for clients in ("1 client", "8 clients"))
_HUB = "hubs: by a custom text"
_THOUSAND, _TEN_THOUSAND = "*poke, 1,000 streams", "open until 10,000 streams"


def _beside(measure: str, what: str, other: str, bound: float) -> Target:
    return Target(what, Figure(measure, "ours"), bound, Figure(measure, other))


def _at_most(what: str, of: Figure, bound: float, unit: str, beside: Figure | None = None) -> Target:
    return Target(what, of, bound, beside, is_least=False, unit=unit)


def _flat(what: str, name: str) -> Target:
    """Aim at an account of a million that is asked nearly as fast as one of ten thousand."""
    small, large = (Figure(f"account size: {name}", f"{many} records*") for many in ("10,000", "1,000,000"))
    return _at_most(f"{what}, 1,000,000 records beside 10,000: time", small, 1.3, "x", large)


TARGETS: Sequence[Target] = (
    _beside(_SYNC, "First sync of 100,000 beside Kinto", "Kinto", 2.5),
    _beside(_SYNC, "First sync of 100,000 beside FastAPI + SQLModel", "FastAPI + SQLModel", 5),
    _beside(_SYNC, "First sync of 100,000 beside COPY through the index", "COPY through the index", 1 / 2),
    _beside(_SYNC, "First sync of 100,000 beside text passed through", "text passed through", 1 / 1.5),
    _at_most(
        "First sync of 100,000, zstd: bytes a record", Figure(_SYNC, "ours, zstd", "bytes_each"), 130, "bytes"
    ),
    _at_most(
        "First sync of 500,000 beside 10,000: peak memory",
        Figure("first sync: 500,000 records", "ours", "peak_megabytes"),
        1.3,
        "x",
        Figure("first sync: 10,000 records", "ours", "peak_megabytes"),
    ),
    _beside(_IDLE, "Idle pull beside text passed through", "text passed through", 0.7),
    _beside(_IDLE, "Idle pull beside FastAPI + SQLModel", "FastAPI + SQLModel", 2),
    _beside(_IDLE, "Idle pull beside Kinto", "Kinto", 5),
    _beside(_ONE, "Push of 100, 1 client, beside FastAPI + SQLModel", "FastAPI + SQLModel", 1),
    _beside(_EIGHT, "Push of 100, 8 clients, beside FastAPI + SQLModel", "FastAPI + SQLModel", 1),
    _beside(_ONE, "Push of 100, 1 client, beside Kinto", "Kinto", 40),
    _beside(_EIGHT, "Push of 100, 8 clients, beside Kinto", "Kinto", 40),
    _at_most("Push of 100, 1 client: failed", Figure(_ONE, "ours", "failed"), 0, ""),
    _at_most("Push of 100, 8 clients: failed", Figure(_EIGHT, "ours", "failed"), 0, ""),
    _at_most("Commit to poke, 1,000 streams: p50", Figure("live", _THOUSAND, "milliseconds_p50"), 3, "ms"),
    _at_most("Commit to poke, 1,000 streams: p99", Figure("live", _THOUSAND, "milliseconds_p99"), 20, "ms"),
    _at_most("Commit to poke, 1,000 streams: never poked", Figure("live", _THOUSAND, "failed"), 0, ""),
    _at_most("10,000 idle streams: bytes each", Figure("live", _TEN_THOUSAND, "bytes_each"), 40_000, "bytes"),
    _flat("Idle pull", "no change"),
    _flat("Pull of 10 changes", "10 changes"),
    _flat("Midnight", "midnight"),
    _at_most("Hub of 100,000, by a custom text: p95", Figure(_HUB, "ours", "milliseconds_p95"), 1000, "ms"),
    _at_most("200 requests/s: p99", Figure("load", "200/s", "milliseconds_p99"), 250, "ms"),
    _at_most("200 requests/s: failed", Figure("load", "200/s", "failed"), 0, ""),
    _at_most("200 requests/s: shed", Figure("load", "200/s", "shed"), 0, ""),
    _at_most("600 requests/s: p99 of the accepted", Figure("load", "600/s", "milliseconds_p99"), 1000, "ms"),
    _at_most(
        "600 requests/s: neither accepted nor told when to come", Figure("load", "600/s", "failed"), 0, ""
    ),
    _at_most(
        "200 requests/s again: as before after", Figure("load", "200/s again", "recovery_seconds"), 10, "s"
    ),
)


def outcomes(results: Sequence[Result]) -> Iterator[Outcome]:
    """Yield what became of each target whose figures were measured."""
    for each in TARGETS:
        measured = each.of.found(results)
        beside = each.beside.found(results) if each.beside else 1.0
        if measured is None or not beside:
            continue
        ratio = measured / beside
        is_reached = ratio >= each.bound if each.is_least else ratio <= each.bound
        yield Outcome(each.what, each.unit, each.bound, each.is_least, ratio, is_reached)
