"""What a schedule shows: bookings in their order, days as the business has them, who is booked twice."""

from collections.abc import Iterable
from typing import Any
from uuid import uuid4

import pytest

from app.accounts.standing import admit
from app.accounts.tokens import verify_access
from app.desk.calendar import schedule as reading
from app.desk.calendar.schedule import read_schedule
from app.desk.calendar.schemas import ScheduleQuery
from tests.accounts.studios import Studio
from tests.contract.desks import Desk
from tests.contract.phones import Record
from tests.desk.calendar.conftest import Booked, Settles, schedule
from tests.desk.conftest import Has
from tests.facts import Property

DAY = "2026-06-20"


def told(found: Record, *names: str) -> list[tuple[Any, ...]]:
    """Return some fields of each entry."""
    return [tuple(each[name] for name in names) for each in found["entries"]]


def ids(records: Iterable[Record]) -> list[str]:
    return [each["record_id"] for each in records]


async def test_a_day_shows_sessions_their_further_events_and_appointments_by_start(
    desk: Desk, studio: Studio, session: Booked, appointment: Booked
) -> None:
    pat = str(studio.photographer.user_id)
    event = {"id": str(uuid4()), "description": "Reception", "date": DAY, "start_time": "18:00:00"}
    booking = await session(
        description="Wedding", events=[{**event, "end_time": "22:00:00", "photographer_ids": [pat]}]
    )
    meeting = await appointment()
    whole = await appointment(description="Inventory", start_time=None, end_time=None)
    await appointment(description="The day before", date="2026-06-19")
    found = await schedule(desk, first=DAY, users=pat)
    assert told(found, "kind", "record_id", "description", "start_time", "end_time") == [
        ("appointment", whole["id"], "Inventory", None, None),
        ("session", booking["id"], "Wedding", "10:00:00", "11:00:00"),
        ("appointment", meeting["id"], "Ordering", "15:00:00", "16:00:00"),
        ("session_event", booking["id"], "Reception", "18:00:00", "22:00:00"),
    ]
    assert told(found, "user_ids") == [([pat],)] * 4
    assert [each["event_id"] for each in found["entries"]] == [None, None, None, event["id"]]
    assert found["entries"][1]["revision"] == booking["revision"]
    assert (found["from"], found["to"], found["time_zone"]) == (DAY, DAY, "America/Denver")
    assert found["users"] == [{"id": pat, "display_name": studio.photographer.display_name}]


async def test_hidden_events_and_what_has_no_date_are_not_shown(
    desk: Desk, studio: Studio, session: Booked
) -> None:
    pat = str(studio.photographer.user_id)
    event = {"id": str(uuid4()), "description": "Secret", "date": DAY, "photographer_ids": [pat]}
    await session(date=None, start_time=None, end_time=None, events=[{**event, "is_hidden": True}])
    assert (await schedule(desk, first=DAY, users=pat))["entries"] == []


async def test_people_and_resources_are_shown_for_what_takes_them_up(
    desk: Desk, studio: Studio, has: Has, session: Booked, appointment: Booked
) -> None:
    pat = str(studio.photographer.user_id)
    room, camera = await has("resources", description="Room"), await has("resources")
    shoot = await session(resource_ids=[room["id"]])
    meeting = await appointment(user_ids=[], resource_ids=[room["id"]], start_time="08:00:00")
    alone = await session(photographer_id=None, assistant_id=pat, start_time="09:00:00")
    assert ids((await schedule(desk, first=DAY, resources=room["id"]))["entries"]) == [
        meeting["id"],
        shoot["id"],
    ]
    assert ids((await schedule(desk, first=DAY, users=pat))["entries"]) == [alone["id"], shoot["id"]]
    both = await schedule(desk, first=DAY, users=[pat, pat], resources=[room["id"], camera["id"]])
    assert ids(both["entries"]) == [meeting["id"], alone["id"], shoot["id"]]
    assert [each["description"] for each in both["resources"]] == ["Room", camera["description"]]
    assert (await schedule(desk, first=DAY, resources=camera["id"]))["entries"] == []


async def test_an_entry_names_its_client_type_status_and_place(
    desk: Desk, studio: Studio, has: Has, session: Booked, settles: Settles
) -> None:
    kind = await has("session_types", description="Portrait", colour="#CC9933")
    place = await has("locations", description="Boat house")
    step = await has("session_statuses", description="Booked, at last", session_type_id=None)
    about = {"session_type_id": kind["id"], "location_id": place["id"], "status_id": step["id"]}
    await session(**about, is_on_hold=True)
    names = ("client_name", "type_name", "status_name", "location", "colour", "is_on_hold", "is_cancelled")
    entry = told(await schedule(desk, first=DAY, users=studio.photographer.user_id), *names)
    assert entry == [("Hartley, Laura", "Portrait", "Booked, at last", "Boat house", "#CC9933", True, False)]
    await settles(name_order="first_last")
    [[name, *_]] = told(await schedule(desk, first=DAY, users=studio.photographer.user_id), *names)
    assert name == "Laura Hartley"


async def test_days_have_hours_business_days_and_holidays(desk: Desk, has: Has, settles: Settles) -> None:
    hours = [
        {"id": str(uuid4()), "weekday": "friday", "opens": "13:00:00", "closes": "18:00:00"},
        {"id": str(uuid4()), "weekday": "friday", "opens": "09:00:00", "closes": "12:00:00"},
        {"id": str(uuid4()), "weekday": "saturday", "opens": "09:00:00", "closes": "09:00:00"},
    ]
    await settles(opening_hours=hours, work_week=["friday"])
    off = {"date": "2026-06-20", "end_date": "2026-06-25", "studio_id": None}
    await has("special_events", **off, description="Summer break", event_kind="holiday")
    await has("special_events", **{**off, "end_date": None}, description="Fair", event_kind="special_event")
    await has("special_events", **{**off, "date": "2026-06-10", "end_date": "2026-06-18"})
    found = await schedule(desk, first="2026-06-19", last="2026-06-21")
    assert [(each["date"], each["is_business_day"], each["holidays"]) for each in found["days"]] == [
        ("2026-06-19", True, []),
        ("2026-06-20", False, ["Summer break"]),
        ("2026-06-21", False, ["Summer break"]),
    ]
    assert [[(at["opens"], at["closes"]) for at in each["hours"]] for each in found["days"]] == [
        [("09:00:00", "12:00:00"), ("13:00:00", "18:00:00")],
        [],
        [],
    ]
    shown = {each["description"]: (each["is_holiday"], each["end_date"]) for each in found["special_events"]}
    assert shown == {"Summer break": (True, "2026-06-25"), "Fair": (False, "2026-06-20")}


async def test_conflicts_are_those_of_the_company_s_rule(
    desk: Desk, studio: Studio, session: Booked, appointment: Booked, settles: Settles
) -> None:
    pat = str(studio.photographer.user_id)
    shoot = await session()
    clash = await appointment(start_time="10:30:00", end_time="11:30:00")
    await appointment(start_time="11:30:00", end_time="12:00:00", description="As the other one ends")
    await appointment(start_time="10:00:00", end_time="11:00:00", is_cancelled=True)
    await appointment(start_time="10:00:00", end_time="11:00:00", user_ids=[])
    whose = {"first": DAY, "last": "2026-06-21", "users": pat}
    found = await schedule(desk, **whose)
    assert found["conflict_policy"] == "prompt"
    assert found["conflicts"] == [{"user_id": pat, "date": DAY, "record_ids": [shoot["id"], clash["id"]]}]
    assert len(found["entries"]) == 4
    await settles(conflict_policy="always")
    assert (await schedule(desk, **whose))["conflicts"] == []


async def test_one_studio_is_shown_with_what_is_of_none(
    desk: Desk, studio: Studio, has: Has, session: Booked
) -> None:
    here = await has("studios", studio_number=1, time_zone="America/New_York")
    there = await has("studios", studio_number=2, time_zone="Nowhere/At all")
    of = [await session(studio_id=each) for each in (here["id"], there["id"], None)]
    for number, each in enumerate((here, there), 1):
        name = f"Fair {number}"
        await has("special_events", date=DAY, end_date=None, studio_id=each["id"], description=name)
    found = await schedule(desk, first=DAY, users=studio.photographer.user_id, studio_id=here["id"])
    assert set(ids(found["entries"])) == {of[0]["id"], of[2]["id"]}
    assert [each["description"] for each in found["special_events"]] == ["Fair 1"]
    every = await schedule(desk, first=DAY, users=studio.photographer.user_id)
    zones = {each["record_id"]: (each["time_zone"], each["starts_at"]) for each in every["entries"]}
    assert zones == {
        of[0]["id"]: ("America/New_York", "2026-06-20T14:00:00Z"),
        of[1]["id"]: ("America/Denver", "2026-06-20T16:00:00Z"),
        of[2]["id"]: ("America/Denver", "2026-06-20T16:00:00Z"),
    }


async def test_whoever_says_nothing_is_told_their_own_day(photographer: Desk, studio: Studio) -> None:
    found = await schedule(photographer)
    assert [each["id"] for each in found["users"]] == [str(studio.photographer.user_id)]
    assert found["from"] == found["to"]
    assert len(found["days"]) == 1


BAD: dict[str, tuple[str, str]] = {
    "no date": ("from=yesterday", "invalid_request"),
    "no day of any year": ("from=2026-02-30", "invalid_request"),
    "before all calendars": ("from=0001-01-01", "invalid_request"),
    "at the end of time": ("from=9999-12-31&to=9999-12-31", "invalid_request"),
    "seconds": ("from=86400", "invalid_request"),
    "with a time": ("from=2026-06-20T00:00:00", "invalid_request"),
    "an endless date": ("from=infinity", "invalid_request"),
    "a misspelt filter": ("user_id=6f1f2a54-7e0c-4c39-9b1e-0d9a53f2a7c1", "invalid_request"),
    "backwards": ("from=2026-06-20&to=2026-06-19", "range_reversed"),
    "63 days": ("from=2026-01-01&to=2026-03-04", "range_too_long"),
    "a millennium": ("from=1900-01-01&to=2999-12-31", "range_too_long"),
    "no id": ("users=me", "invalid_request"),
    "unknown user": (f"users={uuid4()}", "unknown_user"),
    "unknown resource": (f"resources={uuid4()}", "unknown_resource"),
    "unknown studio": (f"studio_id={uuid4()}", "unknown_studio"),
    "51 users": ("&".join(f"users={uuid4()}" for _ in range(51)), "invalid_request"),
    "51 together": (
        "&".join(f"users={uuid4()}&resources={uuid4()}" for _ in range(26)),
        "too_many_calendars",
    ),
}


async def test_what_makes_no_sense_is_refused(desk: Desk) -> None:
    for kind, (asked, code) in BAD.items():
        answer = await desk.ask("GET", f"schedule?{asked}")
        assert (answer.status_code, answer.json()["code"]) == (422, code), kind


async def test_two_months_may_be_asked_for_at_once(desk: Desk) -> None:
    days = (await schedule(desk, first="2026-07-01", last="2026-08-31"))["days"]
    limits = (await desk.ask("GET", "limits")).json()["schedule"]
    assert len(days) == limits["max_days"] == 62


async def test_more_than_an_answer_holds_is_refused_and_never_cut(
    desk: Desk, studio: Studio, appointment: Booked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MOST_ENTRIES", 2)
    for hour in ("08", "09"):
        await appointment(start_time=f"{hour}:00:00", end_time=f"{hour}:30:00")
    pat = studio.photographer.user_id
    assert len((await schedule(desk, first=DAY, users=pat))["entries"]) == 2
    await appointment()
    answer = await desk.ask("GET", f"schedule?from={DAY}&users={pat}")
    assert (answer.status_code, answer.json()["code"]) == (422, "schedule_too_large")
    assert answer.json()["max_entries"] == 2


async def asked_for(studio: Studio, desk: Desk) -> list[str]:
    """Return the statements of a schedule, once it is known who asks."""
    seen: list[str] = []
    claims = verify_access(studio.keys, desk.headers["Authorization"].removeprefix("Bearer "))
    async with studio.database.reading(studio.account.account_id) as session:
        work = await admit(session, studio.keys, claims)
        asked = ScheduleQuery(users=[studio.photographer.user_id])
        with session.raw.query_logger(lambda each: seen.append(each.query)):
            await read_schedule(session, work, asked)
    return seen


async def test_a_schedule_costs_the_same_few_statements_however_full_it_is(
    studio: Studio, desk: Desk, appointment: Booked, record_property: Property
) -> None:
    few = await asked_for(studio, desk)
    today = (await schedule(desk))["from"]
    for hour in range(8, 20):
        await appointment(date=today, start_time=f"{hour:02}:00:00", end_time=f"{hour:02}:30:00")
    many = await asked_for(studio, desk)
    assert len(many) == len(few) == 3
    record_property("worst: statements of a schedule", len(many))
