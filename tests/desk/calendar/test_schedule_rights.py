"""A schedule tells nobody more than they may view, and nobody of another account anything."""

from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from app.core.db import Database
from app.core.principal import Level
from tests.accounts.studios import Studio, new_studio
from tests.contract.desks import Desk, at_a_desk
from tests.desk.calendar.conftest import Booked, May, schedule
from tests.desk.conftest import Has
from tests.samples import named

DAY = "2026-06-20"
NONE, VIEW = Level.NO_ACCESS, Level.VIEW_ONLY


@pytest.fixture
async def stranger(database: Database, house: FastAPI, http: httpx.AsyncClient) -> Studio:
    """Make another account."""
    return await new_studio(database, http, house.state.keys)


async def test_without_the_right_to_others_schedules_one_s_own_is_left(
    photographer: Desk, studio: Studio, has: Has, session: Booked, may: May
) -> None:
    room = await has("resources")
    administrator = (await photographer.ask("GET", "staff")).json()["records"]
    [other] = [each["id"] for each in administrator if each["id"] != str(studio.photographer.user_id)]
    own = await session()
    await session(photographer_id=other, start_time="13:00:00", end_time="14:00:00")
    await may(schedule=NONE)
    assert [each["record_id"] for each in (await schedule(photographer, first=DAY))["entries"]] == [own["id"]]
    both = f"users={studio.photographer.user_id}&users={other}"
    for asked in (f"users={other}", both, f"resources={room['id']}", f"users={uuid4()}"):
        answer = await photographer.ask("GET", f"schedule?from={DAY}&{asked}")
        assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")
        assert (answer.json()["feature"], answer.json()["level"]) == ("schedule", "view_only")
    await may(schedule=VIEW)
    assert len((await schedule(photographer, first=DAY, users=other))["entries"]) == 1


async def test_what_may_not_be_viewed_is_not_on_the_schedule(
    photographer: Desk, studio: Studio, session: Booked, appointment: Booked, may: May
) -> None:
    pat = str(studio.photographer.user_id)
    event = {"id": str(uuid4()), "description": "Reception", "date": DAY, "photographer_ids": [pat]}
    shoot = await session(events=[event], start_time="15:00:00", end_time="16:00:00")
    meeting = await appointment(client_id=shoot["client_id"])
    [conflict] = (await schedule(photographer, first=DAY))["conflicts"]
    assert set(conflict["record_ids"]) == {shoot["id"], meeting["id"]}
    await may(sessions=NONE, clients=NONE)
    found = await schedule(photographer, first=DAY)
    assert [(each["record_id"], each["client_name"]) for each in found["entries"]] == [(meeting["id"], None)]
    assert found["conflicts"] == []
    await may(appointments=NONE)
    found = await schedule(photographer, first=DAY)
    assert {each["record_id"] for each in found["entries"]} == {shoot["id"]}
    assert {each["client_name"] for each in found["entries"]} == {"Hartley, Laura"}
    await may(sessions=NONE, appointments=NONE)
    assert (await schedule(photographer, first=DAY))["entries"] == []


async def test_another_account_s_people_are_unknown_and_its_bookings_untold(
    studio: Studio, has: Has, session: Booked, stranger: Studio
) -> None:
    room = await has("resources")
    await session(resource_ids=[room["id"]])
    other = await at_a_desk(stranger)
    for asked, code in (
        (f"users={studio.photographer.user_id}", "unknown_user"),
        (f"resources={room['id']}", "unknown_resource"),
    ):
        answer = await other.ask("GET", f"schedule?from={DAY}&{asked}")
        assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert (await schedule(other, first=DAY))["entries"] == []


async def test_a_phone_reads_the_schedule_too(studio: Studio, session: Booked) -> None:
    shoot = await session()
    words = await studio.signed_in(initials="PK", device=studio.phone())
    phone = Desk(studio.client, {"Authorization": f"Bearer {words['access_token']}"})
    assert [each["record_id"] for each in (await schedule(phone, first=DAY))["entries"]] == [shoot["id"]]


def test_no_booking_is_ever_private() -> None:
    """Where one were, the schedule would have to ask whose it is, and it does not."""
    assert not any(named(name).stamp.private for name in ("sessions", "appointments", "special_events"))
