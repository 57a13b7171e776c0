"""What goes with a deleted record, what stays without it, and what keeps it."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from app.sync.fields import OnDelete
from app.sync.refusals import StillReferenced
from app.sync.registry import collections
from tests.samples import sample
from tests.sync.conftest import Desk, Phone
from tests.sync.test_push import create, delete, verdicts

GONE_WITH_A_CLIENT = ("appointments", "tasks", "phone_calls", "emails", "text_messages")


def made(name: str, **links: Any) -> dict[str, Any]:
    return sample(name, **links, **({"lines": []} if name == "invoices" else {}))


async def client_with(desk: Desk, *children: str) -> tuple[UUID, dict[str, UUID]]:
    client, below = uuid4(), {name: uuid4() for name in children}
    await desk.put("clients", client, **sample("clients"))
    for name, record_id in below.items():
        await desk.put(name, record_id, **made(name, client_id=str(client)))
    return client, below


async def test_what_only_concerns_a_client_goes_with_the_client(
    desk: Desk, phone: Phone, other_phone: Phone
) -> None:
    client, below = await client_with(desk, *GONE_WITH_A_CLIENT)
    await phone.pull()
    await other_phone.pull()
    assert {(name, str(each)) for name, each in below.items()} < other_phone.records.keys()
    base = phone.records["clients", str(client)]["revision"]
    assert verdicts(await phone.push(delete("clients", client, base))) == ["applied"]
    [page] = await other_phone.pull()
    assert {name: changes["del"] for name, changes in page["changes"].items()} == {
        "clients": [str(client)],
        **{name: [str(each)] for name, each in below.items()},
    }
    assert not other_phone.records


async def test_the_server_s_own_deletion_takes_the_same_along(desk: Desk, phone: Phone) -> None:
    client, _ = await client_with(desk, *GONE_WITH_A_CLIENT)
    await phone.pull()
    await desk.delete("clients", client)
    await phone.pull()
    assert not phone.records


@pytest.mark.parametrize("name", ["sessions", "invoices", "payments"])
async def test_a_client_with_business_stays(desk: Desk, phone: Phone, name: str) -> None:
    client, below = await client_with(desk, "tasks", name)
    base = (await phone.pull())[-1]["revision"]
    [refused] = await phone.push(delete("clients", client, base))
    assert (refused["verdict"], refused["code"], list(refused["fields"])) == (
        "rejected",
        "still_referenced",
        [name],
    )
    with pytest.raises(StillReferenced) as error:
        await desk.delete("clients", client)
    assert list(error.value.fields or {}) == [name]
    await phone.pull()
    assert ("tasks", str(below["tasks"])) in phone.records


async def test_who_was_recommended_by_a_client_stays_without_the_link(desk: Desk, phone: Phone) -> None:
    client, _ = await client_with(desk)
    friend = uuid4()
    await desk.put("clients", friend, **sample("clients", referred_by_id=str(client)))
    assert verdicts(await phone.push(delete("clients", client, 2**53 - 1))) == ["applied"]
    await phone.pull()
    assert phone.records["clients", str(friend)]["referred_by_id"] is None


async def test_messages_of_a_deleted_session_keep_their_client(desk: Desk, phone: Phone) -> None:
    client, below = await client_with(desk, "sessions")
    session, kept, gone = below["sessions"], {}, {}
    for name in ("phone_calls", "emails", "text_messages"):
        kept[name] = uuid4()
        await desk.put(name, kept[name], **sample(name, client_id=str(client), session_id=str(session)))
    for name in ("appointments", "tasks"):
        gone[name] = uuid4()
        await desk.put(name, gone[name], **sample(name, client_id=str(client), session_id=str(session)))
    await phone.pull()
    assert verdicts(await phone.push(delete("sessions", session, 2**53 - 1))) == ["applied"]
    await phone.pull()
    for name, record_id in kept.items():
        record = phone.records[name, str(record_id)]
        assert (record["client_id"], record["session_id"]) == (str(client), None)
    assert not {(name, str(each)) for name, each in gone.items()} & phone.records.keys()


async def test_a_session_with_an_invoice_stays(desk: Desk, phone: Phone) -> None:
    client, below = await client_with(desk, "sessions")
    invoice = made("invoices", client_id=str(client), session_id=str(below["sessions"]))
    await desk.put("invoices", uuid4(), **invoice)
    [refused] = await phone.push(delete("sessions", below["sessions"], 2**53 - 1))
    assert (refused["code"], list(refused["fields"])) == ("still_referenced", ["invoices"])


async def test_a_deleted_task_leaves_its_parts_behind(desk: Desk, phone: Phone) -> None:
    task, part, call = uuid4(), uuid4(), uuid4()
    await desk.put("tasks", task, **sample("tasks"))
    await desk.put("tasks", part, **sample("tasks", parent_task_id=str(task)))
    await desk.put("phone_calls", call, **sample("phone_calls", task_id=str(task)))
    assert verdicts(await phone.push(delete("tasks", task, 2**53 - 1))) == ["applied"]
    await phone.pull()
    assert phone.records["tasks", str(part)]["parent_task_id"] is None
    assert phone.records["phone_calls", str(call)]["task_id"] is None


async def test_a_deleted_group_loses_its_members(desk: Desk, phone: Phone) -> None:
    group, other, client = uuid4(), uuid4(), uuid4()
    for each in (group, other):
        await desk.put("client_groups", each, **sample("client_groups"))
    await desk.put("clients", client, **sample("clients", group_ids=[str(group), str(other)]))
    await desk.delete("client_groups", group)
    await phone.pull()
    assert phone.records["clients", str(client)]["group_ids"] == [str(other)]


async def test_a_list_s_entry_in_use_stays(desk: Desk) -> None:
    status = uuid4()
    await desk.put("client_statuses", status, **sample("client_statuses"))
    await desk.put("clients", uuid4(), **sample("clients", status_id=str(status)))
    with pytest.raises(StillReferenced):
        await desk.delete("client_statuses", status)


async def test_a_deletion_in_a_group_that_falls_takes_nothing_along(desk: Desk, phone: Phone) -> None:
    client, below = await client_with(desk, *GONE_WITH_A_CLIENT)
    results = await phone.push(
        {**delete("clients", client, 2**53 - 1), "group": "screen"},
        {**create("clients", uuid4(), last_name=7), "group": "screen"},
    )
    assert verdicts(results) == ["blocked", "rejected"]
    await phone.pull()
    assert {(name, str(each)) for name, each in below.items()} < phone.records.keys()


async def test_what_was_made_for_a_client_in_the_same_push_goes_too(phone: Phone) -> None:
    client, task = uuid4(), uuid4()
    results = await phone.push(
        create("clients", client), create("tasks", task, client_id=str(client)), delete("clients", client)
    )
    assert verdicts(results) == ["applied", "applied", "applied"]
    await phone.pull()
    assert not phone.records


def test_nothing_that_costs_money_ever_goes_along() -> None:
    money = [each for each in collections() if each.name in ("invoices", "payments")]
    assert {spec.on_delete for each in money for spec in each.links} == {OnDelete.REFUSE}
