"""The ledger tells what is whole from what is not, and from what nobody looked at."""

import pytest

from tests.faults.ledger import Found


def test_what_was_compared_and_is_there_is_whole() -> None:
    assert Found(compared=3).is_whole


@pytest.mark.parametrize(
    "found",
    [
        Found(),
        Found(lost=["one"], compared=3),
        Found(stale=["one"], compared=3),
        Found(halves=["one"], compared=3),
    ],
    ids=["nothing compared", "lost", "stale", "halves"],
)
def test_what_was_not_compared_or_is_not_as_acknowledged_is_not(found: Found) -> None:
    assert not found.is_whole
