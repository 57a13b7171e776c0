"""Tasks: what a new one starts with, and what completing it does."""

from uuid import uuid4

import pytest

from tests.studio.conftest import Company, Fields, call, create, patch


@pytest.fixture
async def kind(company: Company) -> dict[str, str]:
    kind = await company.has("task_types", description="Editing")
    first, middle, last = await company.steps("task_statuses", "Open", "Doing", "Done", task_type_id=kind)
    return {"type": kind, "first": first, "middle": middle, "last": last}


async def test_a_new_task_is_the_writer_s_and_due_today(company: Company) -> None:
    record_id = uuid4()
    await company.must_push(create("tasks", record_id, subject="Order frames", assigned_by_id=None))
    task = await company.pulled("tasks", record_id)
    assert task["assigned_by_id"] == company.user_id
    assert (task["start_date"], task["due_date"]) == ("2026-05-01", "2026-05-01")


async def test_the_server_s_own_task_is_nobody_s(company: Company) -> None:
    task = await company.pulled("tasks", await company.has("tasks", subject="Order frames"))
    assert (task["assigned_by_id"], task["start_date"], task["due_date"]) == (
        None,
        "2026-05-01",
        "2026-05-01",
    )


@pytest.mark.parametrize(
    ("sent", "start", "due"),
    [
        ({"start_date": "2026-06-01"}, "2026-06-01", "2026-06-01"),
        ({"due_date": "2026-04-01"}, "2026-04-01", "2026-04-01"),
        ({"due_date": "2026-06-01"}, "2026-05-01", "2026-06-01"),
        ({"start_date": "2026-04-01"}, "2026-04-01", "2026-05-01"),
    ],
)
async def test_what_is_missing_fits_what_is_sent(
    company: Company, sent: Fields, start: str, due: str
) -> None:
    record_id = uuid4()
    await company.must_push(create("tasks", record_id, subject="Order frames", **sent))
    task = await company.pulled("tasks", record_id)
    assert (task["start_date"], task["due_date"]) == (start, due)


@pytest.mark.parametrize("way", ["command", "patch", "server"])
async def test_a_completed_task_is_at_its_last_step(company: Company, kind: dict[str, str], way: str) -> None:
    record_id = await company.has("tasks", subject="Edit", task_type_id=kind["type"])
    if way == "server":
        await company.changes("tasks", record_id, complete_date="2026-05-01")
    else:
        change = patch("tasks", record_id, complete_date="2026-05-01")
        await company.must_push(call("complete", "tasks", record_id) if way == "command" else change)
    task = await company.pulled("tasks", record_id)
    assert (task["complete_date"], task["status_id"]) == ("2026-05-01", kind["last"])
    assert task["status_notes"].splitlines()[0].endswith("Status: Done")


async def test_a_status_sent_with_the_date_is_kept(company: Company, kind: dict[str, str]) -> None:
    record_id = await company.has("tasks", subject="Edit", task_type_id=kind["type"])
    await company.must_push(patch("tasks", record_id, complete_date="2026-05-01", status_id=kind["middle"]))
    assert (await company.pulled("tasks", record_id))["status_id"] == kind["middle"]


async def test_a_task_is_completed_once_on_the_day_that_is_named(company: Company) -> None:
    record_id = await company.has("tasks", subject="Edit")
    results = await company.push(
        call("complete", "tasks", record_id, date="2026-04-30"), call("complete", "tasks", record_id)
    )
    assert [each["verdict"] for each in results] == ["applied", "noop"]
    assert (await company.pulled("tasks", record_id))["complete_date"] == "2026-04-30"


async def test_a_reopened_task_is_at_its_first_step(company: Company, kind: dict[str, str]) -> None:
    record_id = await company.has("tasks", subject="Edit", task_type_id=kind["type"])
    await company.must_push(call("complete", "tasks", record_id))
    results = await company.push(call("reopen", "tasks", record_id), call("reopen", "tasks", record_id))
    assert [each["verdict"] for each in results] == ["applied", "noop"]
    task = await company.pulled("tasks", record_id)
    assert (task["complete_date"], task["status_id"]) == (None, kind["first"])


async def test_a_task_is_made_and_completed_in_one_push(company: Company, kind: dict[str, str]) -> None:
    record_id = uuid4()
    await company.must_push(
        create("tasks", record_id, subject="Edit", task_type_id=kind["type"]),
        call("complete", "tasks", record_id),
    )
    assert (await company.pulled("tasks", record_id))["status_id"] == kind["last"]


async def test_a_call_is_completed(company: Company) -> None:
    result = await company.has("phone_call_results", description="Reached")
    record_id = await company.has("phone_calls", subject="Confirm Saturday", date="2026-05-01")
    complete = call("complete", "phone_calls", record_id, result_id=result)
    results = await company.push(complete, complete)
    assert [each["verdict"] for each in results] == ["applied", "noop"]
    record = await company.pulled("phone_calls", record_id)
    assert (record["complete_date"], record["result_id"]) == ("2026-05-01", result)
