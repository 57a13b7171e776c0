"""`python -m benchmarks`: measure, print one table, and keep the figures as JSON."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
import uvloop
from rich.console import Console
from rich.table import Table

from app.main import settle_memory
from benchmarks.account_size import account_size
from benchmarks.beside import beside
from benchmarks.compression import compression
from benchmarks.fill import fill
from benchmarks.first_sync import first_sync
from benchmarks.ground import Ground, Size, ground
from benchmarks.idle_pull import idle_pull
from benchmarks.live import live
from benchmarks.load import load
from benchmarks.pushes import push
from benchmarks.samples import Result


class Measure(StrEnum):
    """What can be measured."""

    FIRST_SYNC = "first_sync"
    IDLE_PULL = "idle_pull"
    PUSH = "push"
    FILL = "fill"
    ACCOUNT_SIZE = "account_size"
    LIVE = "live"
    COMPRESSION = "compression"
    BESIDE_OTHERS = "beside_others"
    LOAD = "load"


_MEASURES: dict[Measure, Callable[[Ground], Awaitable[list[Result]]]] = {
    Measure.FIRST_SYNC: first_sync,
    Measure.IDLE_PULL: idle_pull,
    Measure.PUSH: push,
    Measure.FILL: fill,
    Measure.ACCOUNT_SIZE: account_size,
    Measure.LIVE: live,
    Measure.COMPRESSION: compression,
    Measure.BESIDE_OTHERS: beside,
    Measure.LOAD: load,
}
_WIDTH = 170
_FIGURES = {
    "MB/s": "megabytes_per_second",
    "CPU s": "cpu_seconds",
    "Peak MB": "peak_megabytes",
    "p50 ms": "milliseconds_p50",
    "p95 ms": "milliseconds_p95",
    "p99 ms": "milliseconds_p99",
    "KB each": "kilobytes_each",
    "Shed": "shed",
    "Errors": "errors",
    "Recovery s": "recovery_seconds",
}
"""By heading."""
_QUICK = Size(
    clients=20,
    rounds=1,
    requests=4,
    pushes=(1, 20),
    filled=200,
    copies=3,
    others=2,
    streams=100,
    payments=600,
    studios=2,
    rate=20,
    seconds=1,
)


def main(
    measures: Annotated[list[Measure] | None, typer.Argument(help="Which; all when none is named.")] = None,
    *,
    clients: Annotated[
        int, typer.Option(help="Clients of the studio; 2000 make about 40,000 records.")
    ] = Size().clients,
    rounds: Annotated[int, typer.Option(help="Runs of each way; their median counts.")] = Size().rounds,
    rate: Annotated[int, typer.Option(help="Requests a second of the usual load.")] = Size().rate,
    seconds: Annotated[float, typer.Option(help="How long each load lasts.")] = Size().seconds,
    quick: Annotated[bool, typer.Option("--quick", help="Only show that everything runs.")] = False,
    path: Annotated[Path | None, typer.Option("--json", help="Where to keep the figures.")] = None,
) -> None:
    """Measure, each thing beside its physical limit in the same run: mind the ratios, not the speeds."""
    size = _QUICK if quick else Size(clients, rounds, rate=rate, seconds=seconds)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:  # the loop the app is served on
        results = runner.run(_measured(measures or list(Measure), size))
    Console(width=max(Console().width, _WIDTH)).print(_table(results))
    if path:
        path.write_text(json.dumps([asdict(result) for result in results], indent=2) + "\n")


async def _measured(measures: list[Measure], size: Size) -> list[Result]:
    async with ground(size) as made:
        settle_memory()
        return [result for measure in measures for result in await _MEASURES[measure](made)]


def _table(results: list[Result]) -> Table:
    table = Table("Measure", "Way")
    for heading in ("Per second", "Of the limit", *_FIGURES):
        table.add_column(heading, justify="right")
    for each in results:
        figures = (getattr(each, name) for name in _FIGURES.values())
        told = ["" if figure is None else f"{figure:.2f}" for figure in figures]
        speed = f"{each.per_second:,.0f} {each.unit}"
        table.add_row(each.measure, each.way, speed, f"{each.ratio:.3f}", *told)
    return table


if __name__ == "__main__":
    typer.run(main)
