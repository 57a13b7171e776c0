"""What tests have counted and measured: summed up at the end of a run, and kept for the scorecard.

`record_property("counted: pages", 7)` is added to the others of the name, of `record_property("worst: seconds
until it answered", 0.4)` the largest counts.
"""

import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

Property = Callable[[str, object], None]
Facts = dict[str, float]
Report = pytest.TestReport | pytest.CollectReport
FOLDER = "FACTS"
"""The environment variable that names a folder to keep facts in, a file for each run of pytest."""


def gather(passed: Iterable[Report], failed: Iterable[Report]) -> Facts:
    """Return what tests have recorded, and of each file of tests how many have passed and failed."""
    facts: Facts = {}
    for outcome, reports in (("passed", passed), ("failed", failed)):
        for report in reports:
            for place in (report.nodeid.split("::")[0], report.nodeid.split("[")[0]):
                _add(facts, f"{outcome}: {place}", 1)
            for name, value in getattr(report, "user_properties", ()):
                kind, _, what = name.partition(": ")
                if kind == "counted":
                    _add(facts, what, float(str(value)))
                elif kind == "worst":
                    facts[what] = max(facts.get(what, 0.0), float(str(value)))
    return facts


def keep(facts: Facts) -> None:
    """Keep the facts of this run where they are asked for."""
    if folder := os.environ.get(FOLDER):
        Path(folder, f"{os.getpid()}.json").write_text(json.dumps(facts))


def kept(folder: Path) -> Facts:
    """Return the facts of all runs that were kept in a folder."""
    facts: Facts = {}
    for file in sorted(folder.glob("*.json")):
        for name, value in json.loads(file.read_text()).items():
            _add(facts, name, value)
    return facts


def told(facts: Facts) -> str:
    """Return the facts in a line, the largest first."""
    named = ((name, value) for name, value in facts.items() if not name.startswith(("passed: ", "failed: ")))
    return ", ".join(f"{value:,.10g} {name}" for name, value in sorted(named, key=lambda each: -each[1]))


def _add(facts: Facts, name: str, value: float) -> None:
    facts[name] = facts.get(name, 0.0) + value
