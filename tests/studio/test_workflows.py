"""The status engine: where a record starts, when a step is due, what may be chosen and what is noted."""

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from tests.studio.conftest import Company, call, create, patch


async def test_a_new_session_starts_at_the_first_step_of_its_list(company: Company) -> None:
    booked, _ = await company.steps("session_statuses", "Booked", "Delivered", days=3)
    record_id = uuid4()
    await company.must_push(create("sessions", record_id, client_id=company.client_id, status_id=None))
    session = await company.pulled("sessions", record_id)
    assert (session["status_id"], session["status_due_date"]) == (booked, "2026-05-06")
    assert session["status_notes"] == "2026-05-01 10:15 JD Status: Booked"


async def test_what_the_server_writes_starts_there_too(company: Company) -> None:
    booked, _ = await company.steps("session_statuses", "Booked", "Delivered")
    record_id = await company.has("sessions", client_id=company.client_id)
    session = await company.pulled("sessions", record_id)
    assert (session["status_id"], session["status_due_date"]) == (booked, None)
    assert session["status_notes"] == "2026-05-01 14:15 SPSA Status: Booked"


async def test_a_list_with_two_first_steps_is_left_to_people(company: Company) -> None:
    await company.steps("session_statuses", "Booked")
    await company.steps("session_statuses", "Inquired")
    record_id = await company.has("sessions", client_id=company.client_id)
    session = await company.pulled("sessions", record_id)
    assert (session["status_id"], session["status_notes"]) == (None, None)


async def test_a_task_starts_in_the_list_of_its_type(company: Company) -> None:
    editing, other = [await company.has("task_types", description=word) for word in ("Editing", "Other")]
    first, _ = await company.steps("task_statuses", "Open", "Done", task_type_id=editing)
    await company.steps("task_statuses", "New", "Over", task_type_id=other)
    typed, untyped = uuid4(), uuid4()
    await company.must_push(
        create("tasks", typed, subject="Edit", task_type_id=editing),
        create("tasks", untyped, subject="Sweep"),
    )
    assert (await company.pulled("tasks", typed))["status_id"] == first
    assert (await company.pulled("tasks", untyped))["status_id"] is None


async def test_another_type_brings_its_own_first_step(company: Company) -> None:
    types = [await company.has("task_types", description=word) for word in ("Editing", "Other")]
    first, second = [
        (await company.steps("task_statuses", "Open", "Done", task_type_id=each))[0] for each in types
    ]
    task = await company.has("tasks", subject="Edit", task_type_id=types[0])
    assert (await company.pulled("tasks", task))["status_id"] == first
    await company.must_push(patch("tasks", task, task_type_id=types[1]))
    assert (await company.pulled("tasks", task))["status_id"] == second


async def test_a_status_of_another_type_is_refused_by_its_field(company: Company) -> None:
    types = [await company.has("appointment_types", description=word) for word in ("Pick-up", "Meeting")]
    await company.steps("appointment_statuses", "Booked", appointment_type_id=types[0])
    (other,) = await company.steps("appointment_statuses", "Held", appointment_type_id=types[1])
    made = create(
        "appointments", description="A", date="2026-06-01", appointment_type_id=types[0], status_id=other
    )
    [verdict] = await company.push(made)
    assert (verdict["verdict"], verdict["code"], list(verdict["fields"])) == (
        "rejected",
        "invalid_fields",
        ["status_id"],
    )


async def test_session_statuses_are_by_type_only_if_the_company_says_so(company: Company) -> None:
    wedding = await company.has("session_types", description="Wedding")
    (shared,) = await company.steps("session_statuses", "Booked")
    (own,) = await company.steps("session_statuses", "Vowed", session_type_id=wedding)
    before = await company.has("sessions", client_id=company.client_id, session_type_id=wedding)
    [verdict] = await company.push(patch("sessions", before, status_id=own))
    assert list(verdict["fields"]) == ["status_id"]
    await company.settles(has_session_statuses_by_type=True)
    after = await company.has("sessions", client_id=company.client_id, session_type_id=wedding)
    assert (await company.pulled("sessions", before))["status_id"] == shared
    assert (await company.pulled("sessions", after))["status_id"] == own


async def test_an_inactive_status_stays_and_cannot_be_chosen(company: Company) -> None:
    first, second = await company.steps("session_statuses", "Booked", "Proofed")
    kept, other = [
        await company.has("sessions", client_id=company.client_id, status_id=each) for each in (second, first)
    ]
    await company.changes("session_statuses", second, is_inactive=True)
    kept_verdict, refused = await company.push(
        patch("sessions", kept, description="Twins"), patch("sessions", other, status_id=second)
    )
    assert kept_verdict["verdict"] == "applied"
    assert (refused["verdict"], list(refused["fields"])) == ("rejected", ["status_id"])
    assert (await company.pulled("sessions", kept))["status_id"] == second


@pytest.mark.parametrize(
    ("days", "now", "due"),
    [
        (3, datetime(2026, 5, 1, 14, tzinfo=UTC), "2026-05-06"),
        (0, datetime(2026, 5, 2, 14, tzinfo=UTC), "2026-05-02"),
        (1, datetime(2026, 1, 30, 14, tzinfo=UTC), "2026-02-02"),
        (2, datetime(2024, 2, 28, 14, tzinfo=UTC), "2024-03-01"),
        (1, datetime(2026, 3, 8, 4, 30, tzinfo=UTC), "2026-03-09"),
        (1, datetime(2026, 11, 2, 4, 30, tzinfo=UTC), "2026-11-02"),
        (None, datetime(2026, 5, 1, 14, tzinfo=UTC), None),
    ],
)
async def test_a_step_is_due_after_business_days_where_the_company_is(
    company: Company,
    held: Callable[[datetime | None], None],
    days: int | None,
    now: datetime,
    due: str | None,
) -> None:
    _, chosen = await company.steps("session_statuses", "Booked", "Proofed", days=days)
    session = await company.has("sessions", client_id=company.client_id, status_due_date="2026-01-01")
    held(now)
    await company.must_push(patch("sessions", session, status_id=chosen))
    assert (await company.pulled("sessions", session))["status_due_date"] == due


async def test_a_client_s_step_is_due_after_plain_days(company: Company) -> None:
    chosen, *_ = await company.steps("client_statuses", "Prospect", "Client", days=3)
    await company.must_push(patch("clients", company.client_id, status_id=chosen))
    assert (await company.pulled("clients", company.client_id))["status_due_date"] == "2026-05-04"


async def test_the_work_week_is_the_company_s(company: Company) -> None:
    await company.settles(work_week=["saturday", "sunday"])
    _, chosen = await company.steps("session_statuses", "Booked", "Proofed", days=3)
    session = await company.has("sessions", client_id=company.client_id)
    await company.must_push(patch("sessions", session, status_id=chosen))
    assert (await company.pulled("sessions", session))["status_due_date"] == "2026-05-09"


async def test_a_due_date_sent_with_the_status_is_kept(company: Company) -> None:
    _, chosen = await company.steps("session_statuses", "Booked", "Proofed", days=3)
    session = await company.has("sessions", client_id=company.client_id)
    await company.must_push(patch("sessions", session, status_id=chosen, status_due_date="2026-07-01"))
    assert (await company.pulled("sessions", session))["status_due_date"] == "2026-07-01"


async def test_the_newest_note_is_the_first(company: Company) -> None:
    _, chosen = await company.steps("session_statuses", "Booked", "Proofed")
    session = await company.has("sessions", client_id=company.client_id)
    await company.must_push(patch("sessions", session, status_id=chosen))
    assert (await company.pulled("sessions", session))["status_notes"].splitlines() == [
        "2026-05-01 10:15 JD Status: Proofed",
        "2026-05-01 14:15 SPSA Status: Booked",
    ]


async def test_the_oldest_notes_give_way(company: Company) -> None:
    _, chosen = await company.steps("session_statuses", "Booked", "Proofed")
    brought = "\n".join(["x" * 99] * 199 + ["the first of all".ljust(90, "!")])
    session = await company.has("sessions", client_id=company.client_id, status_notes=brought)
    await company.must_push(patch("sessions", session, status_id=chosen))
    lines = (await company.pulled("sessions", session))["status_notes"].splitlines()
    assert lines[0] == "2026-05-01 10:15 JD Status: Proofed"
    assert not any(each.startswith("the first of all") for each in lines)
    assert sum(map(len, lines)) < 20_000


async def test_a_status_can_put_a_session_online(company: Company) -> None:
    _, online = await company.steps("session_statuses", "Booked", "Online")
    await company.changes("session_statuses", online, is_shown_online=True)
    session = await company.has("sessions", client_id=company.client_id)
    assert not (await company.pulled("sessions", session))["is_shown_online"]
    await company.must_push(patch("sessions", session, status_id=online))
    assert (await company.pulled("sessions", session))["is_shown_online"]


async def test_a_status_is_changed_by_command(company: Company) -> None:
    _, chosen = await company.steps("session_statuses", "Booked", "Proofed", days=1)
    session = await company.has("sessions", client_id=company.client_id)
    change = call(
        "change_status",
        "sessions",
        session,
        status_id=chosen,
        status_result="In a hurry",
        note="Called twice",
    )
    results = await company.push(change, call("change_status", "sessions", session, status_id=chosen))
    assert [each["verdict"] for each in results] == ["applied", "noop"]
    record = await company.pulled("sessions", session)
    assert (record["status_id"], record["status_due_date"], record["status_result"]) == (
        chosen,
        "2026-05-04",
        "In a hurry",
    )
    assert record["status_notes"].splitlines()[:2] == [
        "2026-05-01 10:15 JD Status: Proofed",
        "2026-05-01 10:15 JD Called twice",
    ]


async def test_what_a_record_does_not_have_is_refused_by_its_field(company: Company) -> None:
    kind = await company.has("email_types", description="Reminder")
    _, second = await company.steps("email_statuses", "Open", "Closed", email_type_id=kind)
    email = await company.has("emails", email_type_id=kind, date="2026-05-01", is_draft=True)
    refused, applied = await company.push(
        call("change_status", "emails", email, status_id=second, status_due_date="2026-05-05"),
        call("change_status", "emails", email, status_id=second),
    )
    assert (refused["code"], list(refused["fields"])) == ("invalid_fields", ["status_due_date"])
    assert applied["verdict"] == "applied"
    assert (await company.pulled("emails", email))["status_id"] == second


async def test_an_invoice_moves_along_by_command(company: Company) -> None:
    first, second = await company.steps("invoice_statuses", "Received", "Processed")
    invoice = await company.has("invoices", invoice_type="generic", invoice_date="2026-05-01")
    assert (await company.pulled("invoices", invoice))["status_id"] == first
    await company.must_push(call("advance_status", "invoices", invoice))
    assert (await company.pulled("invoices", invoice))["status_id"] == second


async def test_a_company_without_invoice_statuses_starts_none(company: Company) -> None:
    await company.settles(has_invoice_statuses=False)
    await company.steps("invoice_statuses", "Received", "Processed")
    invoice = await company.has("invoices", invoice_type="generic", invoice_date="2026-05-01")
    assert (await company.pulled("invoices", invoice))["status_id"] is None


async def test_advancing_goes_on_to_the_last_step_and_skips_what_is_inactive(company: Company) -> None:
    first, idle, last = await company.steps("session_statuses", "Booked", "Idle", "Delivered")
    await company.changes("session_statuses", idle, is_inactive=True)
    session = await company.has("sessions", client_id=company.client_id)
    advance = call("advance_status", "sessions", session)
    applied, refused = await company.push(advance, advance)
    assert (applied["verdict"], refused["code"]) == ("applied", "invalid_fields")
    assert (await company.pulled("sessions", session))["status_id"] == last
    assert first != last


async def test_two_phones_that_advance_one_step_advance_it_once(company: Company) -> None:
    first, second, _ = await company.steps("session_statuses", "Booked", "Proofed", "Delivered")
    session = await company.has("sessions", client_id=company.client_id)
    advance = call("advance_status", "sessions", session, from_status_id=first)
    results = await company.push(advance, advance)
    assert [each["verdict"] for each in results] == ["applied", "noop"]
    assert (await company.pulled("sessions", session))["status_id"] == second


async def test_a_record_can_be_made_and_advanced_in_one_push(company: Company) -> None:
    _, second = await company.steps("session_statuses", "Booked", "Proofed")
    record_id = uuid4()
    await company.must_push(
        create("sessions", record_id, client_id=company.client_id),
        call("advance_status", "sessions", record_id),
    )
    assert (await company.pulled("sessions", record_id))["status_id"] == second


async def test_a_group_that_is_refused_leaves_no_trace(company: Company) -> None:
    _, chosen = await company.steps("session_statuses", "Booked", "Proofed", days=3)
    session = await company.has("sessions", client_id=company.client_id)
    before = await company.pulled("sessions", session)
    results = await company.push(
        {**patch("sessions", session, status_id=chosen), "group": "screen"},
        {**patch("sessions", session, client_id=None), "group": "screen"},
    )
    assert [each["verdict"] for each in results] == ["blocked", "rejected"]
    assert await company.pulled("sessions", session) == before


async def test_a_reason_goes_with_the_status_it_belongs_to(company: Company) -> None:
    moved = [{"id": str(uuid4()), "description": "Moved away"}]
    [left] = await company.steps("client_statuses", "Left", reasons=moved)
    [gone] = await company.steps("client_statuses", "Gone", reasons=moved)
    [back] = await company.steps("client_statuses", "Client")
    await company.must_push(
        patch("clients", company.client_id, status_id=left, status_reason="Moved away"),
        patch("clients", company.client_id, status_id=gone),
    )
    assert (await company.pulled("clients", company.client_id))["status_reason"] == "Moved away"
    await company.must_push(patch("clients", company.client_id, status_id=back))
    assert (await company.pulled("clients", company.client_id))["status_reason"] is None
