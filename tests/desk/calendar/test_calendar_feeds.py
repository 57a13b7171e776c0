"""A calendar program subscribes to a feed: what it reads, and as of when. Its library is not the writer's."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import vobject

from app.core import clock
from app.core.principal import Level
from app.desk.calendar import feeds
from tests.accounts.studios import Studio
from tests.contract.desks import Desk
from tests.contract.phones import Record
from tests.desk.calendar.conftest import Booked, May
from tests.desk.conftest import Has
from tests.samples import named

ZONE = ZoneInfo("America/Denver")
TODAY = clock.today(ZONE.key)


def day(days: int) -> str:
    """Return the day so many days from now."""
    return (TODAY + timedelta(days=days)).isoformat()


@contextmanager
def as_of(instant: datetime) -> Iterator[None]:
    """Have it be another time."""
    clock.hold(instant)
    try:
        yield
    finally:
        clock.hold(None)


@pytest.fixture
async def address(photographer: Desk) -> str:
    """Make a feed of the photographer's."""
    made = await photographer.ask("POST", "calendar-feeds", {"name": "Pat's calendar"})
    assert made.status_code == 201, made.text
    return str(made.json()["address"])


async def events(studio: Studio, address: str) -> dict[str, Any]:
    """Read a feed as a calendar program does, and return its events by what they are called."""
    answer = await studio.client.get(address)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    calendar = vobject.readOne(answer.text)
    assert calendar.version.value == "2.0"
    found = {each.summary.value: each for each in calendar.contents.get("vevent", [])}
    assert len(found) == len(calendar.contents.get("vevent", []))
    return found


async def test_a_calendar_library_reads_what_the_user_is_booked_for(
    studio: Studio, has: Has, session: Booked, appointment: Booked, address: str
) -> None:
    pat = str(studio.photographer.user_id)
    event = {"id": str(uuid4()), "description": "Reception", "date": day(2), "start_time": "18:00:00"}
    place = await has("locations", description="Boat house")
    await session(
        date=day(1),
        description="Portrait",
        is_on_hold=True,
        location_id=place["id"],
        events=[{**event, "end_time": "22:00:00", "photographer_ids": [pat]}],
    )
    await appointment(date=day(3), start_time=None, end_time=None, description="Inventory")
    await appointment(date=day(4), description="Pick-up", is_cancelled=True)
    await appointment(date=day(5), description="Somebody else's", user_ids=[])
    off = {"date": day(6), "end_date": day(8), "studio_id": None, "event_kind": "holiday"}
    await has("special_events", **off, description="Summer break")
    found = await events(studio, address)
    assert list(found) == [
        "Hartley, Laura: Portrait",
        "Hartley, Laura: Reception",
        "Inventory",
        "Pick-up",
        "Summer break",
    ]
    portrait, reception, inventory, pick_up, break_ = found.values()
    starts = portrait.dtstart.value
    assert starts == datetime.fromisoformat(f"{day(1)}T10:00:00").replace(tzinfo=ZONE)
    assert starts.utcoffset() == timedelta()
    assert portrait.dtend.value - starts == timedelta(hours=1)
    assert reception.dtend.value - reception.dtstart.value == timedelta(hours=4)
    assert "Boat house" in portrait.location.value
    assert [each.status.value for each in found.values()] == [
        "TENTATIVE",
        "TENTATIVE",
        "CONFIRMED",
        "CANCELLED",
        "CONFIRMED",
    ]
    assert (inventory.dtstart.value, inventory.dtend.value) == (
        date.fromisoformat(day(3)),
        date.fromisoformat(day(4)),
    )
    assert (break_.dtstart.value, break_.dtend.value) == (
        date.fromisoformat(day(6)),
        date.fromisoformat(day(9)),
    )
    assert (break_.transp.value, pick_up.transp.value) == ("TRANSPARENT", "TRANSPARENT")
    assert len({each.uid.value for each in found.values()}) == 5


async def test_text_comes_through_as_it_was_written(
    studio: Studio, appointment: Booked, address: str
) -> None:
    texts = [
        'Tea; cake, \\n or \\, both: "yes"',
        "BEGIN:VEVENT END:VCALENDAR",
        "Ωραία 📷 " + "sehr lang " * 18 + "ß",
    ]
    for text in texts:
        await appointment(date=day(1), description=text)
    assert set(await events(studio, address)) == set(texts)


async def test_a_feed_reaches_from_thirty_days_back_to_a_year_ahead(
    studio: Studio, appointment: Booked, address: str
) -> None:
    for days in (-31, -30, 365, 366):
        await appointment(date=day(days), description=str(days))
    assert set(await events(studio, address)) == {"-30", "365"}


async def test_of_more_than_a_feed_holds_it_has_the_earliest(
    studio: Studio, appointment: Booked, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "MOST_ENTRIES", 2)
    for days in (3, 1, 2):
        await appointment(date=day(days), description=str(days))
    assert set(await events(studio, address)) == {"1", "2"}


async def test_an_event_keeps_its_id_when_it_moves_and_its_sequence_grows(
    studio: Studio, desk: Desk, appointment: Booked, address: str
) -> None:
    meeting = await appointment(date=day(1), description="Ordering")
    before = (await events(studio, address))["Ordering"]
    moved = {"date": day(2), "description": "Moved"}
    changed = await desk.change(named("appointments"), meeting["id"], moved)
    assert changed.status_code == 200
    [after] = (await events(studio, address)).values()
    assert after.uid.value == before.uid.value
    assert int(after.sequence.value) > int(before.sequence.value)
    assert after.contents["last-modified"][0].value >= before.contents["last-modified"][0].value
    assert (await desk.delete(named("appointments"), meeting["id"])).status_code == 204
    assert not await events(studio, address)


async def test_nothing_is_sent_again_until_something_has_changed(
    studio: Studio, appointment: Booked, address: str
) -> None:
    first = await studio.client.get(address)
    known = {"If-None-Match": f'W/"another", {first.headers["etag"]}'}
    again = await studio.client.get(address, headers=known)
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    await appointment(date=day(1))
    anew = await studio.client.get(address, headers=known)
    assert anew.status_code == 200
    assert anew.headers["etag"] != first.headers["etag"]
    # Days go by without anything being written.
    with as_of(datetime.now(UTC) + timedelta(days=1)):
        later = await studio.client.get(address, headers={"If-None-Match": anew.headers["etag"]})
    assert later.status_code == 200


async def test_hours_the_clock_skips_or_shows_twice_are_read_by_any_library(
    studio: Studio, appointment: Booked, address: str
) -> None:
    await appointment(date="2027-03-14", start_time="02:45:00", end_time="03:15:00", description="Skipped")
    await appointment(date="2027-11-07", start_time="01:30:00", end_time="02:30:00", description="Twice")
    with as_of(datetime(2027, 3, 1, tzinfo=UTC)):
        found = await events(studio, address)
    skipped, twice = found["Skipped"], found["Twice"]
    assert skipped.dtstart.value == datetime(2027, 3, 14, 9, 45, tzinfo=UTC)
    assert "dtend" not in skipped.contents
    assert (twice.dtstart.value, twice.dtend.value) == (
        datetime(2027, 11, 7, 7, 30, tzinfo=UTC),
        datetime(2027, 11, 7, 9, 30, tzinfo=UTC),
    )


async def test_a_feed_tells_what_its_user_may_view_now(
    studio: Studio, session: Booked, appointment: Booked, may: May, address: str
) -> None:
    shoot: Record = await session(date=day(1), description="Portrait")
    await appointment(date=day(1), description="Ordering", client_id=shoot["client_id"])
    assert set(await events(studio, address)) == {"Hartley, Laura: Portrait", "Hartley, Laura: Ordering"}
    before = (await studio.client.get(address)).headers["etag"]
    await may(clients=Level.NO_ACCESS, sessions=Level.NO_ACCESS)
    assert set(await events(studio, address)) == {"Ordering"}
    assert (await studio.client.get(address, headers={"If-None-Match": before})).status_code == 200
    await may(schedule=Level.NO_ACCESS)
    assert len(await events(studio, address)) == 2, "one's own schedule is nobody else's"
