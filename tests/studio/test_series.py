"""Appointments that recur: each occurrence by itself, and the whole series at once."""

from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from app.studio.series import days_by_rule, occurrence_id
from app.sync.store import Write
from tests.studio.conftest import Company, Fields, call, create, delete, patch


def rule(
    frequency: str, interval: int = 1, weekdays: tuple[str, ...] = (), until: str | None = None
) -> Fields:
    return {"frequency": frequency, "interval": interval, "weekdays": list(weekdays), "until": until}


@pytest.mark.parametrize(
    ("recurrence", "first", "days"),
    [
        (rule("daily", until="2024-03-01"), "2024-02-27", ["2024-02-28", "2024-02-29", "2024-03-01"]),
        (rule("monthly", until="2026-06-30"), "2026-01-31", ["2026-03-31", "2026-05-31"]),
        (rule("monthly", until="2024-04-30"), "2024-01-30", ["2024-03-30", "2024-04-30"]),
        (rule("yearly"), "2026-05-04", ["2027-05-04", "2028-05-04"]),
        (rule("yearly"), "2024-02-29", []),
        (
            rule("weekly", weekdays=("monday", "wednesday"), until="2026-05-13"),
            "2026-05-04",
            ["2026-05-06", "2026-05-11", "2026-05-13"],
        ),
        (
            rule("weekly", interval=2, weekdays=("sunday", "monday"), until="2026-05-24"),
            "2026-05-04",
            ["2026-05-10", "2026-05-18", "2026-05-24"],
        ),
        (
            rule("weekly", weekdays=("monday",), until="2026-05-18"),
            "2026-05-06",
            ["2026-05-11", "2026-05-18"],
        ),
        (rule("weekly", until="2026-11-09"), "2026-10-26", ["2026-11-02", "2026-11-09"]),
        (rule("daily", until="2026-05-01"), "2026-05-04", []),
    ],
)
def test_the_days_of_a_rule(recurrence: Fields, first: str, days: list[str]) -> None:
    found = days_by_rule(recurrence, date.fromisoformat(first))
    assert [each.isoformat() for each in found] == days


def test_a_series_ends_after_two_hundred_occurrences_or_two_years() -> None:
    daily = list(days_by_rule(rule("daily"), date(2026, 5, 4)))
    assert (len(daily), daily[-1]) == (199, date(2026, 11, 19))
    weekly = list(days_by_rule(rule("weekly", until="2999-12-31"), date(2026, 5, 4)))
    assert (len(weekly), weekly[-1]) == (104, date(2028, 5, 1))
    assert len(list(days_by_rule(rule("daily"), date(2999, 12, 30)))) == 1


def first_of(company: Company, until: str = "2026-05-25", **fields: Any) -> Fields:
    usual: Fields = {
        "description": "Staff meeting",
        "date": "2026-05-04",
        "start_time": "08:00:00",
        "end_time": "09:00:00",
        "user_ids": [company.user_id],
        "series_id": str(uuid4()),
        "recurrence": rule("weekly", until=until),
    }
    return create("appointments", **{**usual, **fields})


async def days(company: Company) -> list[str]:
    return sorted(each["date"] for each in await company.held("appointments"))


async def test_a_series_is_there_with_its_first_appointment(company: Company) -> None:
    first = first_of(company)
    await company.must_push(first)
    assert await days(company) == ["2026-05-04", "2026-05-11", "2026-05-18", "2026-05-25"]
    series_id = first["fields"]["series_id"]
    later = await company.pulled("appointments", occurrence_id(series_id, "2026-05-11"))
    assert (later["series_id"], later["start_time"], later["is_detached"]) == (series_id, "08:00:00", False)


async def test_the_server_s_own_series_is_made_too(company: Company) -> None:
    await company.has("appointments", **first_of(company)["fields"])
    assert len(await days(company)) == 4


async def test_an_appointment_can_become_a_series(company: Company) -> None:
    record_id = await company.has("appointments", description="Pick-up", date="2026-05-04")
    change = {"series_id": str(uuid4()), "recurrence": rule("weekly", until="2026-05-11")}
    await company.must_push(patch("appointments", record_id, **change))
    assert await days(company) == ["2026-05-04", "2026-05-11"]
    assert not (await company.pulled("appointments", record_id))["is_detached"]


async def test_a_repeat_makes_no_doubles(company: Company) -> None:
    first = first_of(company)
    await company.must_push(first)
    results = await company.push(first, {**first, "id": str(uuid4())})
    assert [each["verdict"] for each in results] == ["noop", "applied"]
    assert await days(company) == ["2026-05-04", "2026-05-04", "2026-05-11", "2026-05-18", "2026-05-25"]


async def test_occurrences_that_are_sent_along_are_not_made_again(company: Company) -> None:
    first = first_of(company)
    second = create("appointments", **{**first["fields"], "date": "2026-05-11"})
    await company.must_push(second, first)
    assert await days(company) == ["2026-05-04", "2026-05-11", "2026-05-18", "2026-05-25"]


async def test_whole_series_are_written_as_they_come(company: Company) -> None:
    fields = first_of(company)["fields"]
    each = [{**fields, "date": day} for day in ("2026-05-04", "2026-05-11", "2026-05-18", "2026-05-25")]
    await company.desk.write(*(Write("appointments", uuid4(), one) for one in each))
    assert len(await days(company)) == 4


async def test_a_group_that_is_refused_makes_no_series(company: Company) -> None:
    results = await company.push(
        {**first_of(company), "group": "screen"}, {**create("sessions", client_id=None), "group": "screen"}
    )
    assert [each["verdict"] for each in results] == ["blocked", "rejected"]
    assert await days(company) == []


async def test_every_day_of_a_series_is_looked_at_for_clashes(company: Company) -> None:
    other = await company.has(
        "appointments", description="Dentist", date="2026-05-18", user_ids=[company.user_id]
    )
    [verdict] = await company.must_push(first_of(company))
    assert [each["records"] for each in verdict["warnings"]] == [[other]]
    await company.settles(conflict_policy="never")
    [refused] = await company.push(first_of(company))
    assert refused["code"] == "schedule_conflict"


async def test_an_occurrence_is_in_the_way_of_what_is_sent_behind_it(company: Company) -> None:
    await company.settles(conflict_policy="never")
    dentist = create("appointments", description="Dentist", date="2026-05-18", user_ids=[company.user_id])
    first, second = await company.push(first_of(company), dentist)
    assert (first["verdict"], second["code"]) == ("applied", "schedule_conflict")


@pytest.mark.parametrize(
    ("fields", "is_detached"),
    [({"start_time": "08:30:00"}, True), ({"notes": "Cake"}, True), ({"is_cancelled": True}, False)],
)
async def test_an_occurrence_that_is_edited_is_detached(
    company: Company, fields: Fields, is_detached: bool
) -> None:
    first = first_of(company)
    await company.must_push(first)
    await company.must_push(patch("appointments", first["id"], **fields))
    assert (await company.pulled("appointments", first["id"]))["is_detached"] is is_detached


async def test_deleting_one_occurrence_removes_that_one(company: Company) -> None:
    first = first_of(company)
    gone = occurrence_id(first["fields"]["series_id"], "2026-05-11")
    await company.must_push(first)
    await company.must_push(delete("appointments", gone))
    assert await days(company) == ["2026-05-04", "2026-05-18", "2026-05-25"]


async def test_a_series_is_changed_from_a_day_on_but_for_what_was_edited(company: Company) -> None:
    first = first_of(company)
    edited = occurrence_id(first["fields"]["series_id"], "2026-05-18")
    await company.must_push(first)
    await company.must_push(patch("appointments", edited, description="With the lab"))
    wanted = {"start_time": "08:30:00", "description": "Meeting"}
    change = call("change_series", "appointments", first["id"], fields=wanted, **{"from": "2026-05-11"})
    await company.must_push(change)
    told = {
        each["date"]: (each["description"], each["start_time"], each["is_detached"])
        for each in await company.held("appointments")
    }
    assert told == {
        "2026-05-04": ("Staff meeting", "08:00:00", False),
        "2026-05-11": ("Meeting", "08:30:00", False),
        "2026-05-18": ("With the lab", "08:00:00", True),
        "2026-05-25": ("Meeting", "08:30:00", False),
    }
    [again] = await company.push(change)
    assert again["verdict"] == "noop"


async def test_a_series_is_changed_from_the_occurrence_on_that_is_named(company: Company) -> None:
    first = first_of(company)
    await company.must_push(first)
    third = occurrence_id(first["fields"]["series_id"], "2026-05-18")
    await company.must_push(call("change_series", "appointments", third, fields={"colour": "#123456"}))
    coloured = [each["date"] for each in await company.held("appointments") if each["colour"]]
    assert sorted(coloured) == ["2026-05-18", "2026-05-25"]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"date": "2026-05-05"}, "invalid_fields"),
        ({"series_id": str(uuid4())}, "invalid_fields"),
        ({"start_time": "soon"}, "invalid_fields"),
        ({"client_id": str(uuid4())}, "unknown_reference"),
    ],
)
async def test_what_a_series_cannot_have_is_refused_and_changes_none(
    company: Company, fields: Fields, code: str
) -> None:
    first = first_of(company)
    await company.must_push(first)
    before = await company.held("appointments")
    [verdict] = await company.push(call("change_series", "appointments", first["id"], fields=fields))
    assert (verdict["verdict"], verdict["code"], list(verdict["fields"])) == ("rejected", code, list(fields))
    assert await company.held("appointments") == before


async def test_a_series_made_offline_is_changed_in_the_same_push(company: Company) -> None:
    first = first_of(company)
    await company.must_push(
        first, call("change_series", "appointments", first["id"], fields={"start_time": "08:30:00"})
    )
    assert {each["start_time"] for each in await company.held("appointments")} == {"08:30:00"}


async def test_a_series_ends(company: Company) -> None:
    first = first_of(company)
    edited = occurrence_id(first["fields"]["series_id"], "2026-05-25")
    await company.must_push(first)
    await company.must_push(patch("appointments", edited, notes="Farewell"))
    change = call("end_series", "appointments", first["id"], **{"from": "2026-05-12"})
    await company.must_push(change)
    assert await days(company) == ["2026-05-04", "2026-05-11", "2026-05-25"]
    assert (await company.pulled("appointments", first["id"]))["recurrence"]["until"] == "2026-05-11"
    [again] = await company.push(change)
    assert again["verdict"] == "noop"


async def test_a_series_ends_with_the_occurrence_that_ends_it(company: Company) -> None:
    first = first_of(company)
    await company.must_push(first)
    third = occurrence_id(first["fields"]["series_id"], "2026-05-18")
    await company.must_push(call("end_series", "appointments", third, **{"from": "2026-05-18"}))
    assert await days(company) == ["2026-05-04", "2026-05-11"]


async def test_a_single_appointment_has_no_series_to_change(company: Company) -> None:
    record_id = await company.has("appointments", description="Pick-up", date="2026-05-04")
    [verdict] = await company.push(
        call("change_series", "appointments", record_id, fields={"colour": "#123456"})
    )
    assert (verdict["code"], list(verdict["fields"])) == ("invalid_fields", ["series_id"])


async def test_a_push_makes_no_more_than_a_thousand_occurrences(company: Company) -> None:
    heads = [first_of(company, recurrence=rule("daily")) for _ in range(20)]
    alone = create("appointments", date="2026-05-04", description="Fitting")
    results = await company.push(*heads, alone)
    assert [each["verdict"] for each in results] == ["applied"] * 5 + ["rejected"] * 15 + ["applied"]
    assert {each["code"] for each in results[5:20]} == {"too_many_occurrences"}
    assert {tuple(each["fields"]) for each in results[5:20]} == {("recurrence",)}
    begun = [each["fields"]["series_id"] for each in heads[:5]]
    stored = [each["series_id"] for each in await company.held("appointments")]
    assert {each: stored.count(each) for each in begun} == dict.fromkeys(begun, 200)
    assert len(stored) == 5 * 200 + 1
    await company.must_push({**heads[5], "id": str(uuid4())})


async def test_what_belongs_to_a_series_that_is_there_already_makes_nothing(company: Company) -> None:
    daily = rule("daily")
    heads = [first_of(company, recurrence=daily) for _ in range(5)]
    await company.must_push(*heads)
    more = [
        first_of(company, recurrence=daily, series_id=each["fields"]["series_id"], date="2026-04-30")
        for each in heads
    ]
    await company.must_push(*more, first_of(company, recurrence=daily))
