"""Who is booked twice: found in one walk, and the same as by comparing all with all."""

from itertools import combinations
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from app.desk.calendar.conflicts import Taken, double_bookings
from app.studio.schedule import Slot

MOMENTS = [f"{hour:02}:00:00" for hour in range(6)]


@st.composite
def bookings(draw: st.DrawFn) -> Taken:
    start, end = sorted(draw(st.tuples(st.sampled_from(MOMENTS), st.sampled_from(MOMENTS))))
    if draw(st.integers(0, 9)) == 0:
        start, end = "00:00:00", "24:00:00"
    people = draw(st.sets(st.integers(1, 2), min_size=1))
    day = f"2026-06-0{draw(st.integers(1, 2))}"
    slot = Slot(day, start, end, frozenset(str(UUID(int=each)) for each in people))
    return Taken(UUID(int=draw(st.integers(1, 5))), slot)


def compared(taken: list[Taken]) -> set[tuple[str, str, UUID]]:
    """Return day, person and record of each clash, all compared with all."""
    return {
        (one.slot.day, person, each.record_id)
        for one, other in combinations(taken, 2)
        if one.record_id != other.record_id and one.slot.clashes(other.slot)
        for person in one.slot.people & other.slot.people
        for each in (one, other)
    }


@given(st.lists(bookings(), max_size=12))
def test_the_walk_finds_what_comparing_all_with_all_finds(taken: list[Taken]) -> None:
    found = {
        (each.day.isoformat(), str(each.user_id), record)
        for each in double_bookings(taken)
        for record in each.record_ids
    }
    assert found == compared(taken)


def test_a_record_does_not_clash_with_itself() -> None:
    slot = Slot("2026-06-01", "10:00:00", "12:00:00", frozenset({str(UUID(int=1))}))
    assert not list(double_bookings([Taken(UUID(int=7), slot), Taken(UUID(int=7), slot)]))
