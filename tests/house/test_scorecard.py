"""The scorecard names tests that exist and figures that something counts, or says what is missing."""

from pathlib import Path

import pytest

from tests.scorecard import PROOFS, ROWS, Row, card

OF_HISTORIES = {"histories", "pushes", "pulls", "consistent points", "inbox entries", "verdicts: rejected"}
"""Counted by the histories under names of their own."""


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
    assert row.proof in {*PROOFS, ""}
    assert row.proof or row.missing
    for each in row.tests:
        file, _, name = each.partition("::")
        assert f"def {name or 'test_'}" in (repository / file).read_text(), each
    for name in {*row.least, *row.most, *row.others} - OF_HISTORIES:
        assert f'"counted: {name}"' in written or f'"worst: {name}"' in written, name


def test_a_row_that_nothing_measures_says_what_is_missing() -> None:
    [told] = [line for line in card({}).splitlines() if line.startswith("19 ")]
    assert told.split(maxsplit=2)[1:2] == ["not"]
    assert told.endswith("there is no mail yet")


def test_the_rows_are_numbered() -> None:
    assert [row.number for row in ROWS] == list(range(1, len(ROWS) + 1))
