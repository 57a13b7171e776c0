"""The measurements run; what they find is nobody's test."""

import json
from pathlib import Path

from benchmarks.__main__ import Measure, main


def test_everything_can_be_measured(tmp_path: Path) -> None:
    kept = tmp_path / "figures.json"
    main(quick=True, path=kept)
    figures = json.loads(kept.read_text())
    assert {each["measure"].partition(":")[0].replace(" ", "_") for each in figures} == set(Measure)
    assert all(each["per_second"] > 0 and each["ratio"] > 0 for each in figures)
