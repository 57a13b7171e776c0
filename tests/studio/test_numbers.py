"""Running numbers: who gets one, when, and that nobody gets another's."""

from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from app.studio.rules import counters
from tests.samples import sample
from tests.studio.conftest import Settle
from tests.sync.conftest import Desk, Phone
from tests.sync.test_push import create, patch, verdicts


def number(phone: Phone, collection: str, record_id: UUID) -> Any:
    return phone.records[collection, str(record_id)][counters.NUMBERED[collection]]


async def test_sessions_and_tasks_are_numbered_in_the_order_they_are_made(phone: Phone) -> None:
    client, sessions, task = uuid4(), [uuid4(), uuid4()], uuid4()
    await phone.push(
        create("clients", client),
        *(create("sessions", each, client_id=str(client)) for each in sessions),
        create("tasks", task),
    )
    await phone.pull()
    assert [number(phone, "sessions", each) for each in sessions] == [1, 2]
    assert number(phone, "tasks", task) == 1


async def test_the_server_s_own_records_are_numbered_too(desk: Desk, phone: Phone) -> None:
    client, invoice = uuid4(), uuid4()
    await desk.put("clients", client, **sample("clients"))
    await desk.put("invoices", invoice, **sample("invoices", client_id=str(client), lines=[]))
    await phone.pull()
    assert number(phone, "invoices", invoice) == 1


async def test_an_imported_record_keeps_its_number_and_others_go_on_behind_it(
    desk: Desk, phone: Phone
) -> None:
    imported, task = uuid4(), uuid4()
    await desk.put("tasks", imported, **sample("tasks", task_number=4711))
    await phone.push(create("tasks", task))
    await phone.pull()
    assert [number(phone, "tasks", each) for each in (imported, task)] == [4711, 4712]


async def test_a_lowered_counter_passes_over_numbers_in_use(desk: Desk, phone: Phone) -> None:
    for taken in (3, 5):
        await desk.put("tasks", uuid4(), **sample("tasks", task_number=taken))
    async with desk.database.writing(desk.account_id) as session:
        await counters.put_back(session, "tasks", 2)
    tasks = [uuid4() for _ in range(3)]
    await phone.push(*(create("tasks", each) for each in tasks))
    await phone.pull()
    assert [number(phone, "tasks", each) for each in tasks] == [4, 6, 7]


async def test_a_prospect_becomes_a_client_with_the_first_session(phone: Phone, other_phone: Phone) -> None:
    client = uuid4()
    await phone.push(create("clients", client))
    await other_phone.pull()
    assert number(other_phone, "clients", client) is None
    await phone.push(create("sessions", uuid4(), client_id=str(client)))
    await other_phone.pull()
    first = number(other_phone, "clients", client)
    await phone.push(create("sessions", uuid4(), client_id=str(client)))
    await other_phone.pull()
    assert first == number(other_phone, "clients", client) == 1


@pytest.mark.parametrize("group", [None, "screen"])
async def test_a_client_booked_before_being_made_is_numbered(phone: Phone, group: str | None) -> None:
    client = uuid4()
    results = await phone.push(
        {**create("sessions", uuid4(), client_id=str(client)), "group": group},
        {**create("clients", client), "group": group},
    )
    assert verdicts(results) == ["applied", "applied"]
    await phone.pull()
    assert number(phone, "clients", client) == 1


async def test_a_client_is_numbered_when_made_where_the_company_says_so(phone: Phone, settle: Settle) -> None:
    await settle(client_number_moment="creation")
    client = uuid4()
    await phone.push(create("clients", client))
    await phone.pull()
    assert number(phone, "clients", client) == 1


async def test_a_client_is_numbered_with_the_first_invoice_that_is_no_estimate(
    desk: Desk, phone: Phone, settle: Settle
) -> None:
    await settle(client_number_moment="first_invoice")
    client, invoice = uuid4(), uuid4()
    await phone.push(create("clients", client), create("sessions", uuid4(), client_id=str(client)))
    estimate = sample("invoices", client_id=str(client), lines=[], invoice_type="estimate")
    await desk.put("invoices", invoice, **estimate)
    await phone.pull()
    assert number(phone, "clients", client) is None
    await desk.put("invoices", invoice, invoice_type="initial_order")
    await phone.pull()
    assert number(phone, "clients", client) == 1


async def test_a_client_is_numbered_with_a_status(desk: Desk, phone: Phone, settle: Settle) -> None:
    status, client = uuid4(), uuid4()
    await desk.put("client_statuses", status, **sample("client_statuses"))
    await settle(client_number_moment="status", client_number_status_id=str(status))
    await phone.push(create("clients", client), create("sessions", uuid4(), client_id=str(client)))
    await phone.pull()
    assert number(phone, "clients", client) is None
    await phone.push(patch("clients", client, 2**53 - 1, status_id=str(status)))
    await phone.pull()
    assert number(phone, "clients", client) == 1


async def test_nobody_is_numbered_where_the_company_never_does(phone: Phone, settle: Settle) -> None:
    await settle(client_number_moment="never")
    client = uuid4()
    await phone.push(create("clients", client), create("sessions", uuid4(), client_id=str(client)))
    await phone.pull()
    assert number(phone, "clients", client) is None


async def test_a_typed_number_stays_and_nobody_else_gets_it(phone: Phone) -> None:
    typed, other = uuid4(), uuid4()
    results = await phone.push(
        create("clients", other),
        create("sessions", uuid4(), client_id=str(other)),
        create("clients", typed, client_number=1),
        create("sessions", uuid4(), client_id=str(typed)),
        create("clients", uuid4(), client_number=1),
    )
    assert verdicts(results) == ["applied"] * 4 + ["rejected"]
    assert (results[-1]["code"], list(results[-1]["fields"])) == ("not_unique", ["client_number"])
    await phone.pull()
    assert [number(phone, "clients", each) for each in (typed, other)] == [1, 2]


async def test_a_number_is_refused_by_its_field_while_its_index_is_exchanged_for_another(
    phone: Phone, owner_url: str
) -> None:
    exchange = "ALTER INDEX {} RENAME TO {}"
    name, former = "uq_clients_client_number", "uq_clients_client_number__former"
    owner = await asyncpg.connect(owner_url)
    try:
        await owner.execute(exchange.format(name, former))
        results = await phone.push(*(create("clients", uuid4(), client_number=1) for _ in range(2)))
    finally:
        await owner.execute(exchange.format(former, name))
        await owner.close()
    assert (results[-1]["code"], list(results[-1]["fields"])) == ("not_unique", ["client_number"])


async def test_a_booking_that_falls_with_its_group_makes_no_client(desk: Desk, phone: Phone) -> None:
    client = uuid4()
    await desk.put("clients", client, **sample("clients"))
    results = await phone.push(
        {**create("sessions", uuid4(), client_id=str(client)), "group": "screen"},
        {**create("tasks", uuid4(), subject=7), "group": "screen"},
    )
    assert verdicts(results) == ["blocked", "rejected"]
    await phone.pull()
    assert number(phone, "clients", client) is None


async def test_the_number_of_a_deleted_record_is_not_given_again(phone: Phone) -> None:
    first, second = uuid4(), uuid4()
    await phone.push(create("tasks", first), {**patch("tasks", first), "op": "delete"})
    await phone.push(create("tasks", second))
    await phone.pull()
    assert number(phone, "tasks", second) == 2


async def test_accounts_count_by_themselves(desk: Desk, phone: Phone) -> None:
    await phone.push(create("tasks", uuid4()), create("tasks", uuid4()))
    async with desk.database.reading(uuid4()) as session:
        assert await session.raw.fetchval("SELECT count(*) FROM counters") == 0
