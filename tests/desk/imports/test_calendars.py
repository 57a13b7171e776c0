"""Events of calendars that are moved, repeat, or were brought in before."""

from datetime import date

from tests.contract.desks import Desk
from tests.desk.imports.test_bad_files import calendar
from tests.desk.imports.uploading import ICALENDAR, checked, fates, rows, run, sent
from tests.samples import named

APPOINTMENTS = named("appointments")
WEEKLY = """DTSTART;TZID=America/Denver:20261102T080000
DTEND;TZID=America/Denver:20261102T090000
RRULE:FREQ=WEEKLY;COUNT=3
SUMMARY:Weekly"""
MOVED = """RECURRENCE-ID{at}
DTSTART;TZID=America/Denver:20261109T120000
DTEND;TZID=America/Denver:20261109T130000
SUMMARY:Moved"""
IN_ITS_ZONE, IN_UTC = ";TZID=America/Denver:20261109T080000", ":20261109T150000Z"


def series(at: str) -> str:
    """Return a series of three of which one has been moved, named by when it would have been."""
    return calendar(WEEKLY, MOVED.format(at=at)).replace("UID:1", "UID:0")


async def test_a_moved_event_is_the_same_however_its_moment_is_written(desk: Desk) -> None:
    for at, duplicates, fate in ((IN_UTC, "skip", "created"), (IN_ITS_ZONE, "create", "skipped")):
        made = await sent(desk, series(at), ICALENDAR, "appointments")
        await checked(desk, made)
        assert fates(await run(desk, made, duplicates)) == {fate: 3}
    found = sorted((each["date"], each["start_time"]) for each in await desk.all(APPOINTMENTS))
    assert found == [("2026-11-02", "08:00:00"), ("2026-11-09", "12:00:00"), ("2026-11-16", "08:00:00")]


async def test_an_appointment_is_its_importers_unless_the_file_says_whose(desk: Desk) -> None:
    text = "Date,Start,End,Subject,User\n" + "".join(
        f"2026-12-0{day},9:00 AM,10:00 AM,{day},{whose}\n"
        for day, whose in enumerate(("", "pk", "Pat Kerr; JD", "Nobody"), 1)
    )
    made = await sent(desk, text, kind="appointments")
    assert fates(await checked(desk, made)) == {"create": 3, "error": 1}
    await run(desk, made)
    assert [each["reasons"] for each in await rows(desk, made, "failed")] == [
        {"users": "Nobody of this name or these initials works here."}
    ]
    staff = {each["initials"]: each["id"] for each in await desk.all(named("staff"))}
    jo, pat = staff["JD"], staff["PK"]
    assert {each["description"]: each["user_ids"] for each in await desk.all(APPOINTMENTS)} == {
        "1": [jo],
        "2": [pat],
        "3": [pat, jo],
    }


async def test_each_day_of_what_repeats_is_an_appointment(desk: Desk) -> None:
    text = calendar(
        "SUMMARY:One by one\nDTSTART:20261102T080000\nRDATE:20261105T080000,20261107T080000",
        "SUMMARY:To the last\nDTSTART:20261102T080000\nRRULE:FREQ=DAILY;UNTIL=20261104",
        "SUMMARY:Very old\nDTSTART:17000104T080000\nRRULE:FREQ=DAILY;INTERVAL=10",
    )
    made = await sent(desk, text, ICALENDAR, "appointments")
    await checked(desk, made)
    await run(desk, made)
    days: dict[str, list[str]] = {}
    for each in await desk.all(APPOINTMENTS):
        days.setdefault(each["description"], []).append(each["date"])
    old = days.pop("Very old")
    assert {name: sorted(each) for name, each in days.items()} == {
        "One by one": ["2026-11-02", "2026-11-05", "2026-11-07"],
        "To the last": ["2026-11-02", "2026-11-03", "2026-11-04"],
    }
    assert {(date.fromisoformat(each) - date(1700, 1, 4)).days % 10 for each in old} == {0}
    assert len(old) > 100
