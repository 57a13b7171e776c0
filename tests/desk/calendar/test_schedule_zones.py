"""Local times of bookings as instants, also on the days clocks are put forward and back."""

from datetime import date, time
from typing import Any

import pytest

from app.desk.calendar.zones import instants, known_zone
from tests.accounts.studios import Studio
from tests.contract.desks import Desk
from tests.desk.calendar.conftest import Booked, schedule

DENVER = "America/Denver"
FORWARD, BACK = date(2026, 3, 8), date(2026, 11, 1)


def told(day: date, start: str | None, end: str | None) -> list[str | None]:
    times = [None if each is None else time.fromisoformat(each) for each in (start, end)]
    found = instants(day, times[0], times[1], DENVER)
    return [None if each is None else each.strftime("%m-%d %H:%M") for each in found]


def test_a_time_the_clock_skips_is_told_as_by_the_clock_before() -> None:
    assert told(FORWARD, "01:30", "03:30") == ["03-08 08:30", "03-08 09:30"]
    assert told(FORWARD, "02:30", "04:00") == ["03-08 09:30", "03-08 10:00"]


def test_what_the_clock_would_have_end_before_it_starts_ends_as_it_starts() -> None:
    assert told(FORWARD, "02:45", "03:15") == ["03-08 09:45", "03-08 09:45"]


def test_a_time_the_clock_shows_twice_is_the_first() -> None:
    assert told(BACK, "01:30", "02:30") == ["11-01 07:30", "11-01 09:30"]


def test_a_late_hour_is_of_the_next_day_in_utc() -> None:
    assert told(date(2026, 12, 31), "23:30", "23:59") == ["01-01 06:30", "01-01 06:59"]


def test_without_a_start_there_is_no_instant() -> None:
    assert told(BACK, None, None) == [None, None]
    assert told(BACK, "12:00", None) == ["11-01 19:00", None]


@pytest.mark.parametrize("name", ["Nowhere/At all", "../../etc/passwd", "", "x" * 5_000, "America", None])
def test_a_zone_there_is_not_is_the_company_s(name: str | None) -> None:
    assert known_zone(name, DENVER) == DENVER
    assert known_zone("Europe/Berlin", DENVER) == "Europe/Berlin"


async def test_bookings_around_midnight_are_of_the_day_the_studio_has(
    desk: Desk, studio: Studio, appointment: Booked
) -> None:
    late = await appointment(date="2026-03-07", start_time="23:00:00", end_time="23:59:59")
    early = await appointment(date="2026-03-08", start_time="00:00:00", end_time="02:30:00")
    pat = studio.photographer.user_id
    days: dict[str, Any] = {
        day: (await schedule(desk, first=day, users=pat))["entries"] for day in ("2026-03-07", "2026-03-08")
    }
    assert [[each["record_id"] for each in found] for found in days.values()] == [[late["id"]], [early["id"]]]
    assert [each[0]["starts_at"] for each in days.values()] == [
        "2026-03-08T06:00:00Z",
        "2026-03-08T07:00:00Z",
    ]
    assert days["2026-03-08"][0]["ends_at"] == "2026-03-08T09:30:00Z"
