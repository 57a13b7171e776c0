"""How requests are counted: so many at once and then as time goes by, by caller, each limit by itself."""

import pytest

from app.http.errors import RateLimited
from app.http.limits import Limit, RateLimits

BEGIN = 60_000.0


class Hand:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = BEGIN

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Hand:
    hand = Hand()
    monkeypatch.setattr("throttled.utils.now_mono_f", hand)
    return hand


def let_in(counted: RateLimits, most: int, caller: str = "phone") -> int:
    """Return how many of so many requests are not refused."""
    return sum(_is_let_in(counted, caller) for _ in range(most))


def _is_let_in(counted: RateLimits, caller: str) -> bool:
    try:
        counted.count_caller(caller)
    except RateLimited:
        return False
    return True


def wait_of(counted: RateLimits) -> int:
    """Return how long who is refused is told to wait."""
    with pytest.raises(RateLimited) as refused:
        counted.count_caller("phone")
    return int(refused.value.headers["Retry-After"])


def test_what_was_asked_is_forgotten_evenly_over_a_minute(clock: Hand) -> None:
    counted = RateLimits(per_address=1, per_caller=10)
    assert let_in(counted, 12) == 10
    clock.now += 31
    assert let_in(counted, 12) == 5
    clock.now += 120
    assert let_in(counted, 12) == 10


@pytest.mark.parametrize("second", [0.01, 12.51, 59.91])
def test_who_waits_as_long_as_told_is_let_in(clock: Hand, second: float) -> None:
    counted = RateLimits(per_address=1, per_caller=7)
    clock.now += second
    let_in(counted, 7)
    for _ in range(20):
        clock.now += wait_of(counted)
        assert let_in(counted, 7) > 0


@pytest.mark.parametrize("second", [0.01, 50.0, 89.9])
def test_to_ask_whether_there_is_room_takes_none_and_tells_when_there_is(clock: Hand, second: float) -> None:
    counted, wrong = RateLimits(per_address=1, per_caller=1), Limit("wrong", most=10, seconds=900)
    for _ in range(10):
        counted.require_room(wrong, "phone")
        counted.require_room(wrong, "phone")
        counted.count(wrong, "phone")
    clock.now += second
    with pytest.raises(RateLimited) as refused:
        counted.require_room(wrong, "phone")
    counted.require_room(wrong, "desk")
    clock.now += int(refused.value.headers["Retry-After"])
    counted.require_room(wrong, "phone")
    counted.count(wrong, "phone")


def test_nobody_is_counted_against_another_nor_against_another_limit(clock: Hand) -> None:
    del clock
    counted = RateLimits(per_address=1, per_caller=1)
    wrong = Limit("wrong", most=1, seconds=900)
    counted.count_caller("phone")
    counted.count_caller("desk")
    counted.count_address("phone")
    counted.count(wrong, "phone")
    with pytest.raises(RateLimited):
        counted.count_caller("phone")
    with pytest.raises(RateLimited):
        counted.count_address("phone")
    with pytest.raises(RateLimited):
        counted.count(wrong, "phone")
