"""The measurements run; what they find is nobody's test."""

import json
import re
from pathlib import Path

from benchmarks import counts
from benchmarks.__main__ import Measure, main


def test_everything_can_be_measured(tmp_path: Path) -> None:
    kept = tmp_path / "figures.json"
    main(quick=True, path=kept)
    figures = json.loads(kept.read_text())["results"]
    assert {each["measure"].partition(":")[0].replace(" ", "_") for each in figures} == set(Measure)
    assert all(each["ratio"] > 0 for each in figures)
    assert all(each["per_second"] or each["milliseconds_p50"] for each in figures)


def test_round_trips_and_bytes_are_counted(tmp_path: Path) -> None:
    kept = tmp_path / "counts.json"
    counts.main(clients=20, path=kept)
    first, sent, fetched, same, healed, anew = json.loads(kept.read_text())
    assert (sent["requests"], fetched["requests"], same["requests"]) == (1, 1, 1)
    assert healed["bytes_down"] < anew["bytes_down"]
    assert first["bytes_down"] > 0


def test_every_measure_the_pages_name_exists(repository: Path) -> None:
    pages = [repository / "Makefile", *(repository / "docs").rglob("*.md")]
    named = {name for page in pages for name in re.findall(r"python -m benchmarks (\w+)", page.read_text())}
    assert named
    assert named <= set(Measure)
