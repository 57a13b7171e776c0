"""Tells stories to adapters, and prints who passes: `python -m clients.scenarios --demo .data/demo.json`."""

import argparse
import json
import shlex
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from clients.scenarios.desk import Desk
from clients.scenarios.drivers import ADAPTERS, Adapter, Driver
from clients.scenarios.stories import Story, stories
from clients.scenarios.telling import Failed, Telling

Told = dict[str, dict[str, str | None]]
"""What came of each story, by its name and that of the adapter: null, or what was wrong."""


def tell(desk: Desk, adapters: Iterable[Adapter], chosen: Sequence[Story]) -> Told:
    """Tell stories to adapters, one after the other."""
    told: Told = {each.name: {} for each in chosen}
    for adapter in adapters:
        with Driver(adapter.command, adapter.environment) as driver:
            for story in chosen:
                begun = time.monotonic()
                try:
                    Telling(story, driver, desk).tell()
                    told[story.name][adapter.name] = None
                except Failed as failed:
                    told[story.name][adapter.name] = str(failed)
                outcome = told[story.name][adapter.name] or "ok"
                seconds = time.monotonic() - begun
                sys.stderr.write(f"{adapter.name:14}{story.name:34}{seconds:5.1f} s  {outcome}\n")
    return told


def table(told: Told) -> str:
    """Return what came of it all in Markdown."""
    adapters = list(dict.fromkeys(name for each in told.values() for name in each))
    rows = [
        ["story", *adapters],
        ["---", *("---" for _ in adapters)],
        *(
            [f"`{name}`", *("—" if each not in of else "✓" if of[each] is None else "✗" for each in adapters)]
            for name, of in told.items()
        ),
    ]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def main() -> None:
    """Read what is asked for, and do it."""
    parser = argparse.ArgumentParser(prog="python -m clients.scenarios", description=__doc__)
    parser.add_argument(
        "--demo", type=Path, default=Path(".data/demo.json"), help="how to sign in to a demo studio"
    )
    parser.add_argument(
        "--adapter", action="append", choices=sorted(ADAPTERS), help="one of ours; again for more"
    )
    parser.add_argument("--driver", help="the command of a driver that is none of ours")
    parser.add_argument("--story", action="append", help="one story; again for more")
    asked = parser.parse_args()
    adapters = [ADAPTERS[each] for each in asked.adapter or ()]
    if asked.driver:
        adapters.append(Adapter("driver", tuple(shlex.split(asked.driver))))
    chosen = [each for each in stories() if not asked.story or each.name in asked.story]
    desk = Desk.of(json.loads(asked.demo.read_text(encoding="utf-8")))
    try:
        told = tell(desk, adapters or list(ADAPTERS.values()), chosen)
    finally:
        desk.close()
    sys.stdout.write(table(told))
    sys.exit(any(each is not None for of in told.values() for each in of.values()))


if __name__ == "__main__":
    main()
