"""The measurements run; what they find is nobody's test."""

import json
import re
from html import escape
from pathlib import Path

import pytest

from benchmarks import counts
from benchmarks.__main__ import Measure, main
from benchmarks.report import FIGURES, Report, page_with
from benchmarks.samples import Result
from benchmarks.targets import TARGETS, outcomes


@pytest.mark.proof
def test_everything_can_be_measured(tmp_path: Path) -> None:
    kept = tmp_path / "figures.json"
    main(quick=True, path=kept)
    figures = json.loads(kept.read_text())["results"]
    assert {each["measure"].partition(":")[0].replace(" ", "_") for each in figures} == set(Measure)
    assert all(each["ratio"] > 0 for each in figures)
    assert all(each["per_second"] or each["milliseconds_p50"] for each in figures)


@pytest.mark.proof
def test_round_trips_and_bytes_are_counted(tmp_path: Path) -> None:
    kept = tmp_path / "counts.json"
    counts.main(clients=20, path=kept)
    first, sent, fetched, same, healed, anew = json.loads(kept.read_text())
    assert (sent["requests"], fetched["requests"], same["requests"]) == (1, 1, 1)
    assert healed["bytes_down"] < anew["bytes_down"]
    assert first["bytes_down"] > 0


def test_the_page_and_its_picture_tell_the_figures_kept(repository: Path) -> None:
    page, kept = (repository / "docs" / "performance.md").read_text(), Report.kept(FIGURES)
    assert page_with(page, kept) == page
    picture = (repository / "docs" / "performance.svg").read_text()
    assert all(escape(each.what) in picture for each in outcomes(kept.results) if each.bound)


def test_what_was_measured_again_replaces_itself_and_leaves_the_rest(tmp_path: Path) -> None:
    kept = tmp_path / "figures.json"
    Report.of([_result("push", 1.0), _result("pull", 1.0)]).keep(kept)
    Report.of([_result("push", 2.0)]).keep(kept)
    found = [(each.measure, each.ratio) for each in Report.kept(kept).results]
    assert found == [("push", 2.0), ("pull", 1.0)]


def test_a_target_is_reached_or_below() -> None:
    [least] = [each for each in TARGETS if each.what == "Idle pull beside Kinto"]
    for speed, is_reached in ((6.0, True), (4.0, False)):
        [outcome] = outcomes(
            [
                Result(least.of.measure, "ours", "requests", 1.0, per_second=speed),
                Result(least.of.measure, "Kinto", "requests", 1.0, per_second=1.0),
            ]
        )
        assert (outcome.measured, outcome.is_reached) == (speed, is_reached)


def _result(measure: str, ratio: float) -> Result:
    return Result(measure, "ours", "requests", ratio)


def test_every_measure_the_pages_name_exists(repository: Path) -> None:
    pages = [repository / "Makefile", *(repository / "docs").rglob("*.md")]
    named = {name for page in pages for name in re.findall(r"python -m benchmarks (\w+)", page.read_text())}
    assert named
    assert named <= set(Measure)
