"""The scorecard names tests that exist and figures that something counts, or says what is missing."""

import json
from pathlib import Path

import pytest

from benchmarks.targets import TARGETS
from tests.scorecard import MEASURED, PROOFS, ROWS, Row, card, measured

OF_HISTORIES = {"histories", "pushes", "pulls", "consistent points", "inbox entries", "verdicts: rejected"}
"""Counted by the histories under names of their own."""
KEPT = {"processors": 2, **{each.what: each.bound for each in TARGETS}}
"""Measured by benchmarks, with what they are to reach."""


@pytest.fixture(scope="module")
def written(repository: Path) -> str:
    """Return all tests."""
    folders = (repository / "tests", repository / "clients" / "python" / "tests")
    text = "".join(file.read_text() for folder in folders for file in folder.rglob("*.py"))
    for victim in ("server", "database"):
        text += text[text.index('f"counted: kills') :][:1_000].replace("{victim.name}", victim)
    return text.replace('f"counted', '"counted')


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row.number))
def test_a_row_can_be_reached(row: Row, repository: Path, written: str) -> None:
    assert row.proof in {*PROOFS, MEASURED, ""}
    assert row.proof or row.missing
    for each in row.tests:
        file, _, name = each.partition("::")
        assert f"def {name or 'test_'}" in (repository / file).read_text(), each
    for name in {*row.least, *row.most, *row.others} - OF_HISTORIES - KEPT.keys():
        assert f'"counted: {name}"' in written or f'"worst: {name}"' in written, name


def test_a_row_that_nothing_measures_says_what_is_missing() -> None:
    [told] = [line for line in card({}).splitlines() if line.startswith("34 ")]
    assert told.split(maxsplit=2)[1:2] == ["not"]
    assert told.endswith("there is one maker")


def test_the_rows_are_numbered() -> None:
    assert [row.number for row in ROWS] == list(range(1, len(ROWS) + 1))


@pytest.mark.parametrize(
    "row", [each for each in ROWS if each.proof == MEASURED], ids=lambda row: str(row.number)
)
def test_a_row_that_was_measured_wants_what_the_benchmark_does(row: Row) -> None:
    assert row.most.items() <= KEPT.items()


def test_a_row_may_stand_on_a_figure_that_is_kept(tmp_path: Path) -> None:
    kept = {
        "machine": {"processors": "2"},
        "targets": [
            {"what": "200 requests/s: p99", "measured": 251.0},
            {"what": "200 requests/s: failed", "measured": 0},
            {"what": "200 requests/s: shed", "measured": 0.0},
        ],
    }
    file = tmp_path / "figures.json"
    file.write_text(json.dumps(kept))
    told = card({MEASURED: measured(file)}).splitlines()
    [load], [overload] = ([line for line in told if line.startswith(number)] for number in ("57 ", "58 "))
    assert load.split(maxsplit=2)[1] == "below"
    assert "251 200 requests/s: p99" in load
    assert overload.split(maxsplit=3)[1:3] == ["not", "yet"]
