"""The schedule: bookings that move, people booked twice, and appointments that become sessions."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import asyncpg
import orjson
import pytest
from sqlalchemy.engine import make_url

from app.core.db import Session
from app.studio.schedule import CLASHING, ScheduleConflict
from tests.samples import named
from tests.studio.conftest import Company, Fields, call, create, delete, patch
from tests.sync.test_plans import indexes, plan

TEN = {"date": "2026-06-20", "start_time": "10:00:00", "end_time": "11:00:00"}
ELEVEN = {"date": "2026-06-20", "start_time": "11:00:00", "end_time": "12:00:00"}


def session(company: Company, **fields: Any) -> Fields:
    return create("sessions", client_id=company.client_id, photographer_id=company.user_id, **fields)


def meeting(company: Company, **fields: Any) -> Fields:
    return create("appointments", description="Meeting", user_ids=[company.user_id], **fields)


@pytest.mark.parametrize("moved", [{"date": "2026-06-27"}, {"start_time": "10:30:00"}])
async def test_a_session_that_moves_is_rescheduled_and_to_be_confirmed_anew(
    company: Company, moved: Fields
) -> None:
    record_id = await company.has("sessions", client_id=company.client_id, is_confirmed=True, **TEN)
    await company.must_push(patch("sessions", record_id, **moved))
    record = await company.pulled("sessions", record_id)
    assert (record["is_rescheduled"], record["is_confirmed"]) == (True, False)
    assert record["end_time"] == "11:00:00"
    now = f"{record['date']} {record['start_time'][:5]}"
    assert record["status_notes"].splitlines()[0] == (
        f"2026-05-01 10:15 JD Rescheduled from 2026-06-20 10:00 to {now}"
    )


async def test_what_the_server_moves_is_rescheduled_too(company: Company) -> None:
    record_id = await company.has("appointments", description="Pick-up", is_confirmed=True, **TEN)
    await company.changes("appointments", record_id, date="2026-06-21")
    record = await company.pulled("appointments", record_id)
    assert not record["is_confirmed"]
    assert "SPSA Rescheduled from 2026-06-20 10:00 to 2026-06-21 10:00" in record["status_notes"]


async def test_a_first_date_is_no_move(company: Company) -> None:
    record_id = await company.has("sessions", client_id=company.client_id)
    await company.must_push(
        patch("sessions", record_id, **TEN), patch("sessions", record_id, is_confirmed=True)
    )
    record = await company.pulled("sessions", record_id)
    assert (record["is_rescheduled"], record["is_confirmed"]) == (False, True)
    assert record["status_notes"] == "2026-05-01 10:15 JD Confirmed"


async def test_a_new_time_that_the_client_has_confirmed_is_confirmed(company: Company) -> None:
    record_id = await company.has("sessions", client_id=company.client_id, **TEN)
    await company.must_push(patch("sessions", record_id, date="2026-06-27", is_confirmed=True))
    assert (await company.pulled("sessions", record_id))["is_confirmed"]


@pytest.mark.parametrize(
    ("flag", "yes", "no"),
    [
        ("is_cancelled", "Cancelled", "No longer cancelled"),
        ("is_on_hold", "On hold", "No longer on hold"),
        ("is_confirmed", "Confirmed", "No longer confirmed"),
    ],
)
async def test_what_becomes_of_a_session_is_noted(company: Company, flag: str, yes: str, no: str) -> None:
    record_id = await company.has("sessions", client_id=company.client_id)
    await company.must_push(patch("sessions", record_id, **{flag: True}))
    await company.must_push(patch("sessions", record_id, **{flag: False}))
    assert (await company.pulled("sessions", record_id))["status_notes"].splitlines() == [
        f"2026-05-01 10:15 JD {no}",
        f"2026-05-01 10:15 JD {yes}",
    ]


async def test_a_person_booked_twice_is_warned_of_with_the_other_record(company: Company) -> None:
    first, second = session(company, **TEN), meeting(company, **TEN)
    [warned] = await company.must_push(first)
    assert warned["warnings"] == []
    [warned] = await company.must_push(second)
    [warning] = warned["warnings"]
    assert (warning["code"], warning["records"]) == ("schedule_conflict", [first["id"]])
    assert set(warning["fields"]) == {"date", "start_time", "end_time", "user_ids"}


async def test_changes_of_one_push_are_seen_by_each_other(company: Company) -> None:
    first, second = session(company, **TEN), meeting(company, **TEN)
    quiet, warned = await company.must_push(first, second)
    assert quiet["warnings"] == []
    assert [each["records"] for each in warned["warnings"]] == [[first["id"]]]


@pytest.mark.parametrize(
    ("fields", "clashes"),
    [
        (ELEVEN, False),
        ({**TEN, "start_time": "09:00:00", "end_time": "10:00:00"}, False),
        ({**TEN, "start_time": "09:00:00", "end_time": "10:01:00"}, True),
        ({**TEN, "start_time": "10:15:00", "end_time": "10:30:00"}, True),
        ({"date": "2026-06-20"}, True),
        ({"date": "2026-06-21"}, False),
        ({**TEN, "end_time": None}, True),
        ({**TEN, "start_time": "11:00:00", "end_time": None}, False),
        ({**TEN, "is_cancelled": True}, False),
        ({**TEN, "user_ids": []}, False),
    ],
)
async def test_two_bookings_clash_if_somebody_must_be_at_both(
    company: Company, fields: Fields, clashes: bool
) -> None:
    await company.must_push(session(company, **TEN))
    change = meeting(company, date="2026-06-20")
    change["fields"] |= fields
    [verdict] = await company.must_push(change)
    assert bool(verdict["warnings"]) is clashes


async def test_the_events_and_the_assistant_of_a_session_count(company: Company) -> None:
    event = {"id": str(uuid4()), "description": "Reception", "photographer_ids": [company.user_id], **ELEVEN}
    wedding = create("sessions", client_id=company.client_id, date="2026-06-19", events=[event])
    helped = create("sessions", client_id=company.client_id, assistant_id=company.user_id, **TEN)
    await company.must_push(wedding, helped)
    at_ten, at_eleven = await company.must_push(meeting(company, **TEN), meeting(company, **ELEVEN))
    assert [each["records"] for each in at_ten["warnings"]] == [[helped["id"]]]
    assert [each["records"] for each in at_eleven["warnings"]] == [[wedding["id"]]]
    own = create(
        "sessions", client_id=company.client_id, date="2026-06-18", events=[{**event, "id": str(uuid4())}]
    )
    [verdict] = await company.must_push(own)
    assert [each["fields"] for each in verdict["warnings"]] == [["events"]]


async def test_a_booking_that_may_not_move_is_booked_where_it_was(company: Company) -> None:
    """What is behind a refused change of the same record is judged by where the record still is."""
    await company.settles(conflict_policy="never")
    day, half_past = {"date": "2026-06-27"}, {"start_time": "10:30:00"}
    await company.must_push(session(company, **TEN), session(company, **ELEVEN | day))
    moving = session(company, **ELEVEN)
    results = await company.push(
        moving, patch("sessions", moving["id"], **day), patch("sessions", moving["id"], **half_past)
    )
    assert [each["code"] for each in results] == [None, "schedule_conflict", "schedule_conflict"]


async def test_never_is_refused_with_the_fields_and_the_record(company: Company) -> None:
    await company.settles(conflict_policy="never")
    first = session(company, **TEN)
    await company.must_push(first)
    [verdict] = await company.push(meeting(company, **TEN))
    assert (verdict["verdict"], verdict["code"]) == ("rejected", "schedule_conflict")
    assert set(verdict["fields"]) == {"date", "start_time", "end_time", "user_ids"}
    assert [each["records"] for each in verdict["warnings"]] == [[first["id"]]]
    with pytest.raises(ScheduleConflict):
        await company.has("appointments", description="Meeting", user_ids=[company.user_id], **TEN)


async def test_always_says_nothing(company: Company) -> None:
    await company.settles(conflict_policy="always")
    _, verdict = await company.must_push(session(company, **TEN), meeting(company, **TEN))
    assert verdict["warnings"] == []


async def test_a_record_moved_out_of_the_way_does_not_clash(company: Company) -> None:
    await company.settles(conflict_policy="never")
    first = session(company, **TEN)
    await company.must_push(first)
    await company.must_push(patch("sessions", first["id"], **ELEVEN), meeting(company, **TEN))


@pytest.mark.parametrize("way", ["cancel", "delete"])
async def test_a_time_that_is_given_up_is_free(company: Company, way: str) -> None:
    await company.settles(conflict_policy="never")
    first = session(company, **TEN)
    await company.must_push(first)
    given_up = {
        "cancel": patch("sessions", first["id"], is_cancelled=True),
        "delete": delete("sessions", first["id"]),
    }[way]
    await company.must_push(given_up, meeting(company, **TEN))


async def test_a_group_that_is_refused_takes_no_time(company: Company) -> None:
    await company.settles(conflict_policy="never")
    first = session(company, **TEN)
    results = await company.push(
        {**first, "group": "screen"},
        {**create("sessions", client_id=None), "group": "screen"},
        meeting(company, **TEN),
    )
    assert [each["verdict"] for each in results] == ["blocked", "rejected", "applied"]


async def test_what_does_not_touch_the_time_is_not_warned_of_again(company: Company) -> None:
    _, second = session(company, **TEN), meeting(company, **TEN)
    await company.must_push(_, second)
    [verdict] = await company.must_push(patch("appointments", second["id"], notes="Bring albums"))
    assert verdict["warnings"] == []


# As many bookings as an account of some size has, each on a day of its own, and none with further events.
BOOKED = """
INSERT INTO {name}
SELECT made.*
FROM (SELECT * FROM {name} WHERE account_id = $1 LIMIT 1) AS t, generate_series(1, 4000) AS n,
     jsonb_populate_record(t::{name}, jsonb_build_object(
         'id', gen_random_uuid(), 'date', t.date + n, 'session_number', NULL, 'events', '[]'::jsonb)) AS made
"""


@pytest.fixture
async def booked(company: Company, owner_url: str) -> AsyncIterator[Session]:
    """Read an account of some size, known to the database: of a few rows any plan is as good."""
    await company.must_push(session(company, **TEN), meeting(company, **ELEVEN))
    account_id, names = company.desk.account_id, ("sessions", "appointments")
    plain = make_url(owner_url).set(drivername="postgresql").render_as_string(hide_password=False)
    owner = await asyncpg.connect(plain, server_settings={"app.account": str(account_id)})
    for name in names:
        await owner.execute(BOOKED.format(name=name), account_id)
        await owner.execute(f"VACUUM ANALYZE {name}")
    async with company.desk.database.reading(account_id) as reading:
        # An account sees its own rows alone, so the planner is not told how few have further events.
        await reading.raw.execute("SET LOCAL enable_seqscan = off")
        yield reading
    for name in names:
        await owner.execute(f"DELETE FROM {name} WHERE account_id = $1", account_id)
        await owner.execute(f"VACUUM ANALYZE {name}")
    await owner.close()


async def test_the_bookings_of_a_day_are_found_by_index(booked: Session, company: Company) -> None:
    wanted = [{"day": "2026-06-20", "starts": "10:00", "ends": "11:00", "people": [company.user_id]}]
    numbers = [named("sessions").number, named("appointments").number]
    arguments = booked.account_id, orjson.dumps(wanted).decode(), *numbers
    scans = await plan(booked, CLASHING, *arguments)
    assert {"ix_sessions_date", "ix_appointments_date", "ix_sessions_with_events"} == indexes(scans)


async def test_an_appointment_of_a_session_is_its_client_s(company: Company) -> None:
    other = await company.has("clients", last_name="Other")
    booked = await company.has("sessions", client_id=company.client_id)
    linked, wrong = uuid4(), uuid4()
    kept, refused = await company.push(
        create("appointments", linked, description="Ordering", date="2026-06-01", session_id=booked),
        create("appointments", wrong, description="A", date="2026-06-01", session_id=booked, client_id=other),
    )
    assert kept["verdict"] == "applied"
    assert (await company.pulled("appointments", linked))["client_id"] == company.client_id
    assert (refused["code"], list(refused["fields"])) == ("invalid_fields", ["session_id"])


async def test_an_appointment_becomes_a_session(company: Company) -> None:
    second = await company.has("staff", initials="PK", display_name="Pat Kerr")
    resource = await company.has("resources", description="Camera room", resource_kind="room")
    appointment = await company.has(
        "appointments",
        client_id=company.client_id,
        description="Consultation",
        user_ids=[company.user_id, second],
        resource_ids=[resource],
        location_other="Garden",
        notes="Bring albums",
        **TEN,
    )
    wanted = str(uuid4())
    convert = call("convert_to_session", "appointments", appointment, session_id=wanted, description="Family")
    [verdict] = await company.must_push(convert)
    assert verdict["warnings"] == []
    record = await company.pulled("sessions", wanted)
    assert {name: record[name] for name in ("client_id", "description", "location_other", "notes", *TEN)} == {
        "client_id": company.client_id,
        "description": "Family",
        "location_other": "Garden",
        "notes": "Bring albums",
        **TEN,
    }
    assert (record["photographer_id"], record["assistant_id"]) == (company.user_id, second)
    assert record["resource_ids"] == [resource]
    assert "JD Converted from an appointment: Consultation" in record["status_notes"]
    assert ("appointments", appointment) not in company.phone.records
    [again] = await company.push(convert)
    assert (again["verdict"], again["code"]) == ("conflict", "record_deleted")


async def test_an_appointment_made_offline_can_be_converted_in_the_same_push(company: Company) -> None:
    made, wanted = uuid4(), uuid4()
    await company.must_push(
        create("appointments", made, client_id=company.client_id, description="Consultation", **TEN),
        call("convert_to_session", "appointments", made, session_id=str(wanted)),
    )
    assert (await company.pulled("sessions", wanted))["description"] == "Consultation"
    assert await company.held("appointments") == []


async def test_without_a_client_there_is_no_session(company: Company) -> None:
    appointment = await company.has("appointments", description="Staff meeting", **TEN)
    [verdict] = await company.push(call("convert_to_session", "appointments", appointment))
    assert (verdict["code"], list(verdict["fields"])) == ("invalid_fields", ["client_id"])
    assert await company.pulled("appointments", appointment)


async def test_a_third_person_is_left_out_and_told_of(company: Company) -> None:
    others = [await company.has("staff", initials=each, display_name=each) for each in ("PK", "AB")]
    appointment = await company.has(
        "appointments",
        client_id=company.client_id,
        description="Consultation",
        user_ids=[company.user_id, *others],
        **TEN,
    )
    [verdict] = await company.must_push(call("convert_to_session", "appointments", appointment))
    assert [(each["code"], each["records"]) for each in verdict["warnings"]] == [
        ("users_left_out", [others[1]])
    ]
    [record] = await company.held("sessions")
    assert record["assistant_id"] == others[0]


async def test_an_id_that_is_taken_makes_no_session(company: Company) -> None:
    taken = await company.has("sessions", client_id=company.client_id)
    appointment = await company.has(
        "appointments", client_id=company.client_id, description="Consultation", **TEN
    )
    [verdict] = await company.push(call("convert_to_session", "appointments", appointment, session_id=taken))
    assert (verdict["verdict"], verdict["code"]) == ("conflict", "already_exists")
    assert await company.pulled("appointments", appointment)
