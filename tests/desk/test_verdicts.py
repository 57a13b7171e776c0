"""What a verdict tells a phone, a desk is told at once, and nothing of it lies in the inbox."""

from typing import Any
from uuid import uuid4

import pytest

from app.sync.store import Write
from tests.accounts.studios import Studio
from tests.contract.desks import Desk, told
from tests.contract.phones import change, signed_in
from tests.contract.records import by_server
from tests.desk.conftest import Has
from tests.samples import named, sample, widen

CLIENTS, SESSIONS, APPOINTMENTS, TASKS, EMAILS, TYPES, INBOX = (
    named(name) for name in ("clients", "sessions", "appointments", "tasks", "emails", "task_types", "inbox")
)
BUSY = {"date": "2026-06-20", "start_time": "10:00:00", "end_time": "11:00:00"}


async def settle(studio: Studio, **settings: Any) -> None:
    """Change the company's settings."""
    await by_server(studio, Write("companies", studio.account.account_id, settings))


async def test_a_warning_stands_beside_the_record(studio: Studio, has: Has, desk: Desk) -> None:
    await settle(studio, duplicate_checks=["email"])
    known = await has("clients")
    answer = await desk.create(CLIENTS, sample("clients"))
    assert answer.status_code == 201
    [warning] = answer.json()["warnings"]
    assert (warning["code"], warning["fields"], warning["records"]) == (
        "possible_duplicates",
        ["email"],
        [known["id"]],
    )
    assert (await desk.read(CLIENTS, told(answer)["id"])).json() == told(answer)


async def test_what_the_company_requires_is_asked_for_at_a_desk(studio: Studio, has: Has, desk: Desk) -> None:
    client = await has("clients")
    rule = {"id": str(uuid4()), "collection": "clients", "record_field": "email", "level": "required"}
    await settle(studio, validation_rules=[rule])
    refused = await desk.change(CLIENTS, client["id"], {"email": None})
    assert (refused.status_code, refused.json()["code"]) == (422, "field_required")
    assert list(refused.json()["reasons"]) == ["email"]
    assert (await desk.read(CLIENTS, client["id"])).json() == client


async def test_a_refusal_names_the_records_in_the_way(studio: Studio, has: Has, desk: Desk) -> None:
    await settle(studio, conflict_policy="never")
    client, user = await has("clients"), str(studio.photographer.user_id)
    booked = await has("sessions", client_id=client["id"], photographer_id=user, **BUSY)
    again = sample("sessions", client_id=client["id"], photographer_id=user, **BUSY)
    refused = await desk.create(SESSIONS, again)
    assert (refused.status_code, refused.json()["code"]) == (422, "schedule_conflict")
    assert refused.json()["warnings"][0]["records"] == [booked["id"]]


async def test_what_is_still_needed_is_not_deleted(has: Has, desk: Desk) -> None:
    client = await has("clients")
    await has("sessions", client_id=client["id"])
    refused = await desk.delete(CLIENTS, client["id"])
    assert (refused.status_code, refused.json()["code"]) == (409, "still_referenced")
    assert list(refused.json()["reasons"]) == ["sessions"]
    entry = await has("task_types")
    await has("tasks", task_type_id=entry["id"])
    assert (await desk.delete(TYPES, entry["id"])).json()["code"] == "still_referenced"


async def test_a_number_is_given_once(has: Has, desk: Desk) -> None:
    await has("clients", client_number=4711)
    refused = await desk.create(CLIENTS, sample("clients", client_number=4711))
    assert (refused.status_code, refused.json()["code"]) == (409, "not_unique")
    assert list(refused.json()["reasons"]) == ["client_number"]


@pytest.mark.parametrize("odd", [7, None, "qwerty", ["a"], {}])
async def test_an_id_that_is_none_is_refused(desk: Desk, odd: Any) -> None:
    refused = await desk.create(CLIENTS, {"id": odd, **sample("clients")})
    assert (refused.status_code, refused.json()["reasons"]) == (422, {"id": "This is not an id."})


async def test_an_id_of_zeros_is_refused(desk: Desk) -> None:
    refused = await desk.create(CLIENTS, {"id": "00000000-0000-0000-0000-000000000000", **sample("clients")})
    assert (refused.status_code, refused.json()["code"]) == (422, "nil_id")


async def test_a_merged_client_says_who_stays(has: Has, desk: Desk) -> None:
    stays, goes = await has("clients"), await has("clients")
    merged = await desk.ask("POST", f"clients/{goes['id']}/merge", {"into": stays["id"]})
    assert (merged.status_code, told(merged)["id"]) == (200, stays["id"])
    assert merged.headers["content-location"] == f"/v1/clients/{stays['id']}"
    assert told(merged) == (await desk.read(CLIENTS, stays["id"])).json()
    for refused in (
        await desk.read(CLIENTS, goes["id"]),
        await desk.change(CLIENTS, goes["id"], {"last_name": "Doe"}),
        await desk.delete(CLIENTS, goes["id"]),
    ):
        assert (refused.status_code, refused.json()["code"]) == (410, "record_merged")
        assert refused.json()["merged_into"] == stays["id"]
    named_after = await desk.create(TASKS, sample("tasks", client_id=goes["id"]))
    assert (named_after.status_code, told(named_after)["client_id"]) == (201, stays["id"])
    assert [(each["code"], each["fields"]) for each in named_after.json()["warnings"]] == [
        ("reference_merged", ["client_id"])
    ]


async def test_a_command_is_answered_with_the_record_as_it_is_then(has: Has, desk: Desk) -> None:
    task = await has("tasks", complete_date=None)
    done = await desk.ask("POST", f"tasks/{task['id']}/complete", {"date": "2026-06-13"})
    assert (done.status_code, told(done)["complete_date"]) == (200, "2026-06-13")
    assert done.headers["etag"] == f'"{told(done)["revision"]}"'
    stale = {"if_match": f'"{task["revision"]}"'}
    refused = await desk.ask("POST", f"tasks/{task['id']}/reopen", {}, **stale)
    assert (refused.status_code, refused.json()["code"]) == (412, "changed_meanwhile")
    again = await desk.ask("POST", f"tasks/{task['id']}/reopen", {}, if_match=done.headers["etag"])
    assert told(again)["complete_date"] is None


async def test_what_is_sent_along_with_a_command_is_checked(has: Has, desk: Desk) -> None:
    task = await has("tasks")
    refused = await desk.ask("POST", f"tasks/{task['id']}/complete", {"date": "soon"})
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_fields")
    assert refused.json()["reasons"] == {"date": "This is not a date."}
    for nothing in ("tasks/{}/merge", "tasks/{}/explode", "lead_sources/{}/complete"):
        answer = await desk.ask("POST", nothing.format(task["id"]), {})
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_a_command_that_leaves_no_record_answers_with_nothing(has: Has, desk: Desk) -> None:
    client = await has("clients")
    booked = await has("appointments", client_id=client["id"], series_id=None, recurrence=None, **BUSY)
    answer = await desk.ask("POST", f"appointments/{booked['id']}/convert_to_session", {})
    assert (answer.status_code, answer.content) == (204, b"")
    [session] = await desk.all(SESSIONS)
    assert (session["client_id"], session["date"]) == (client["id"], "2026-06-20")


async def test_lists_are_changed_by_their_members(has: Has, desk: Desk) -> None:
    first, second = (await has("client_groups"))["id"], (await has("client_groups"))["id"]
    client = await has("clients", group_ids=[first])
    answer = await desk.change(CLIENTS, client["id"], {"group_ids": {"add": [second], "remove": [first]}})
    assert told(answer)["group_ids"] == [second]


async def test_what_a_desk_is_refused_is_not_in_the_inbox(has: Has, desk: Desk) -> None:
    client = await has("clients")
    for refused in (
        await desk.create(CLIENTS, {"hair": "red"}),
        await desk.change(CLIENTS, client["id"], {"hair": "red"}),
        await desk.change(CLIENTS, client["id"], {"last_name": "Doe"}, '"1"'),
    ):
        assert refused.status_code in (412, 422)
    assert await desk.all(INBOX) == []


async def test_a_phone_that_was_away_meets_a_desk_s_change_as_anybody_s(
    studio: Studio, has: Has, desk: Desk
) -> None:
    await widen(studio.database, studio.account.account_id)
    client = await has("clients")
    phone = await signed_in(studio)
    base = {"base_revision": client["revision"]}
    changed = await desk.change(CLIENTS, client["id"], {"last_name": "Desk"}, f'"{client["revision"]}"')
    mine = change("patch", "clients", client["id"], last_name="Phone", first_name="Phone")
    [verdict] = await phone.push({**mine, **base})
    assert (verdict["verdict"], verdict["server"]["last_name"]) == ("merged", "Desk")
    stale = await desk.change(CLIENTS, client["id"], {"first_name": "Desk"}, changed.headers["etag"])
    assert (stale.status_code, stale.json()["revision"]) == (412, verdict["revision"])
