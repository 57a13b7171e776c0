"""The figures of a run: kept as JSON, told as tables, on the terminal and in `docs/performance.md`.

`python -m benchmarks.report` writes the tables of the figures kept into the page.
"""

import json
import os
import platform
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.samples import Result
from benchmarks.serving import ROOT
from benchmarks.targets import Outcome, outcomes

FIGURES, PAGE = ROOT / "docs" / "performance.json", ROOT / "docs" / "performance.md"
_BEGIN, _END = "<!-- figures: python -m benchmarks.report -->", "<!-- end of figures -->"
_WIDTH = 210
_COLUMNS = {
    "per second": ("per_second", ",.0f"),
    "of the limit": ("ratio", ".3f"),
    "bytes each": ("bytes_each", ",.0f"),
    "CPU s": ("cpu_seconds", ".2f"),
    "peak MB": ("peak_megabytes", ",.0f"),
    "p50 ms": ("milliseconds_p50", ".2f"),
    "p95 ms": ("milliseconds_p95", ".2f"),
    "p99 ms": ("milliseconds_p99", ".2f"),
    "shed": ("shed", ".1%"),
    "failed": ("failed", ",.0f"),
    "as before after s": ("recovery_seconds", ".2f"),
}
"""By heading: the figure, and how it is written."""


@dataclass(frozen=True, slots=True)
class Report:
    """All that was measured; `machine` says on what."""

    machine: dict[str, str]
    results: Sequence[Result]

    @classmethod
    def kept(cls, path: Path) -> "Report":
        """Return what a file holds."""
        found = json.loads(path.read_text())
        return cls(found["machine"], [Result(**each) for each in found["results"]])

    @classmethod
    def of(cls, results: Sequence[Result]) -> "Report":
        """Return what was measured here."""
        machine = {
            "processors": str(os.cpu_count()),
            "system": f"{platform.system()} {platform.machine()}",
            "python": platform.python_version(),
        }
        return cls(machine, results)

    def keep(self, path: Path) -> None:
        """Write all to a file, where measures that were not taken again stay as they were."""
        taken = _by_measure(Report.kept(path).results if path.exists() else ()) | _by_measure(self.results)
        results = [result for each in taken.values() for result in each]
        kept = {
            "machine": self.machine,
            "targets": [asdict(each) for each in outcomes(results)],
            "results": [asdict(each) for each in results],
        }
        path.write_text(json.dumps(kept, indent=1) + "\n")

    def print(self) -> None:
        """Print the tables on the terminal."""
        console = Console(width=max(Console().width, _WIDTH))
        console.print(_table(["measure", "way", *_COLUMNS], [[r.measure, *_row(r)] for r in self.results]))
        if targets := [_told(each) for each in outcomes(self.results)]:
            console.print(_table(["target", "", "measured", "to be", "is"], targets))

    def as_page(self) -> str:
        """Return the tables as they stand in the page, a measure with only the columns it fills."""
        told = [
            *_markdown(
                ["target", "measured", "to be", "is"], [_told(each) for each in outcomes(self.results)]
            )
        ]
        for measure, results in _by_measure(self.results).items():
            told += ["", f"### {measure[0].upper()}{measure[1:]}", ""]
            rows = [_row(each) for each in results]
            filled = [place for place in range(len(rows[0])) if any(row[place] for row in rows)]
            headings = ["way", *_COLUMNS]
            told += _markdown([headings[n] for n in filled], [[row[n] for n in filled] for row in rows])
        on = ", ".join(f"{name} {value}" for name, value in self.machine.items())
        return "\n".join([f"On {on}; server, database and client share it.", "", *told])


def _by_measure(results: Sequence[Result]) -> dict[str, list[Result]]:
    taken: dict[str, list[Result]] = {}
    for each in results:
        taken.setdefault(each.measure, []).append(each)
    return taken


def main() -> None:
    """Write the figures kept into the page."""
    PAGE.write_text(page_with(PAGE.read_text(), Report.kept(FIGURES)))


def page_with(page: str, report: Report) -> str:
    """Return the page with the figures of a report in place of those it has."""
    found = re.compile(f"{re.escape(_BEGIN)}\n.*{re.escape(_END)}", re.DOTALL)
    return found.sub(lambda _: f"{_BEGIN}\n\n{report.as_page()}\n\n{_END}", page)


def _row(result: Result) -> list[str]:
    figures = [(getattr(result, name), form) for name, form in _COLUMNS.values()]
    return [result.way, *("" if value is None else format(value, form) for value, form in figures)]


def _told(outcome: Outcome) -> list[str]:
    measured, bound = (
        f"{_short(value)} {outcome.unit}".strip() for value in (outcome.measured, outcome.bound)
    )
    bound = f"{'at least' if outcome.is_least else 'at most'} {bound}"
    return [outcome.what, measured, bound, "reached" if outcome.is_reached else "below"]


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.2f}"


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    table = Table(*headings[:2])
    for heading in headings[2:]:
        table.add_column(heading, justify="right")
    for row in rows:
        table.add_row(*row)
    return table


def _markdown(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(headings)} |"
    yield f"|{' --- |' * 1}{' ---: |' * (len(headings) - 1)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


if __name__ == "__main__":
    typer.run(main)
