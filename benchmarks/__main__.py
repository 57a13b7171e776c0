"""`python -m benchmarks`: measure, print one table and what became of the targets, and keep the figures."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
import uvloop

from app.main import settle_memory
from benchmarks.account_size import account_size
from benchmarks.client_list import client_list
from benchmarks.compression import compression
from benchmarks.fill import fill
from benchmarks.first_sync import first_sync
from benchmarks.ground import Ground, Size, ground
from benchmarks.hubs import hubs
from benchmarks.imports import imports
from benchmarks.live import live
from benchmarks.load import load
from benchmarks.login import login
from benchmarks.pictures import pictures
from benchmarks.pull import pull
from benchmarks.push import push
from benchmarks.report import Report
from benchmarks.samples import Result
from benchmarks.studio_sync import studio_sync


class Measure(StrEnum):
    """What can be measured."""

    FIRST_SYNC = "first_sync"
    PULL = "pull"
    PUSH = "push"
    LOGIN = "login"
    LIVE = "live"
    ACCOUNT_SIZE = "account_size"
    LOAD = "load"
    STUDIO_SYNC = "studio_sync"
    FILL = "fill"
    COMPRESSION = "compression"
    CLIENT_LIST = "client_list"
    HUBS = "hubs"
    IMPORTS = "imports"
    PICTURES = "pictures"


_MEASURES: dict[Measure, Callable[[Ground], Awaitable[list[Result]]]] = {
    Measure.FIRST_SYNC: first_sync,
    Measure.PULL: pull,
    Measure.PUSH: push,
    Measure.LOGIN: login,
    Measure.LIVE: live,
    Measure.ACCOUNT_SIZE: account_size,
    Measure.LOAD: load,
    Measure.STUDIO_SYNC: studio_sync,
    Measure.FILL: fill,
    Measure.COMPRESSION: compression,
    Measure.CLIENT_LIST: client_list,
    Measure.HUBS: hubs,
    Measure.IMPORTS: imports,
    Measure.PICTURES: pictures,
}
_USUAL = Size()
QUICK = Size(
    rounds=1,
    clients=20,
    records=(400,),
    requests=4,
    moment=0.02,
    watch=0.1,
    connections=(2,),
    workers=(1,),
    pushes=(1, 20),
    devices=(1, 2),
    accounts=2,
    filled=200,
    imported=200,
    copies=3,
    others=2,
    streams=100,
    studios=2,
    listed=200,
    sessions=600,
    pictures=12,
    rate=20,
    seconds=1,
)


def main(
    measures: Annotated[list[Measure] | None, typer.Argument(help="Which; all when none is named.")] = None,
    *,
    records: Annotated[
        list[int] | None, typer.Option(help="Records of a first sync; may be said again for more sizes.")
    ] = None,
    workers: Annotated[
        list[int] | None, typer.Option(help="Processes that answer pulls; may be said again.")
    ] = None,
    clients: Annotated[
        int, typer.Option(help="Clients of the demo studio; 2000 make about 40,000 records.")
    ] = _USUAL.clients,
    rounds: Annotated[int, typer.Option(help="Runs of each way; their median counts.")] = _USUAL.rounds,
    pictures_sent: Annotated[
        int, typer.Option("--pictures", help="Pictures that are sent, made smaller and served.")
    ] = _USUAL.pictures,
    rate: Annotated[int, typer.Option(help="Requests a second of the usual load.")] = _USUAL.rate,
    seconds: Annotated[float, typer.Option(help="How long each load lasts.")] = _USUAL.seconds,
    quick: Annotated[bool, typer.Option("--quick", help="Only show that everything runs.")] = False,
    path: Annotated[
        Path | None, typer.Option("--json", help="Where to keep the figures, beside others it has.")
    ] = None,
) -> None:
    """Measure, each thing beside others and its limit in the same run: mind the ratios, not the speeds."""
    size = (
        QUICK
        if quick
        else Size(rounds=rounds, clients=clients, pictures=pictures_sent, rate=rate, seconds=seconds)
    )
    size = replace(size, records=tuple(records or size.records), workers=tuple(workers or size.workers))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:  # the loop the app is served on
        results = runner.run(
            _measured([each for each in Measure if each in (measures or Measure)], size, path)
        )
    Report.of(results).print()


async def _measured(measures: list[Measure], size: Size, path: Path | None) -> list[Result]:
    """Measure one after the other; what is to be kept is so at once, whatever becomes of the next."""
    results: list[Result] = []
    async with ground(size) as made:
        settle_memory()
        for measure in measures:
            results += await _MEASURES[measure](made)
            if path:
                Report.of(results).keep(path)
    return results


if __name__ == "__main__":
    typer.run(main)
