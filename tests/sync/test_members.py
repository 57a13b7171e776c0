"""Sets as add and remove: two devices change one list, and both are right."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.samples import sample
from tests.sync.conftest import Desk, Phone
from tests.sync.test_push import create, patch

EMMA = {"id": str(uuid4()), "name": "Emma", "family_member_id": None}
NOAH = {"id": str(uuid4()), "name": "Noah", "family_member_id": None}
GROUPS = [str(uuid4()) for _ in range(4)]


@pytest.fixture
async def session(desk: Desk, phone: Phone, other_phone: Phone) -> UUID:
    """Return a session both phones hold, with Emma to be photographed and a client in two groups."""
    for group in GROUPS:
        await desk.put("client_groups", UUID(group), **sample("client_groups"))
    client, record_id = uuid4(), uuid4()
    await desk.put("clients", client, **sample("clients", group_ids=GROUPS[:2]))
    await desk.put("sessions", record_id, **sample("sessions", client_id=str(client), participants=[EMMA]))
    await phone.pull()
    await other_phone.pull()
    return record_id


async def send(phone: Phone, collection: str, record_id: str, **fields: Any) -> dict[str, Any]:
    base = phone.records[collection, record_id]["revision"]
    [verdict] = await phone.push(patch(collection, UUID(record_id), base, **fields))
    return verdict


async def test_two_phones_add_to_one_set(phone: Phone, other_phone: Phone, session: UUID) -> None:
    client = phone.records["sessions", str(session)]["client_id"]
    first = await send(phone, "clients", client, group_ids={"add": [GROUPS[2]], "remove": [GROUPS[0]]})
    second = await send(other_phone, "clients", client, group_ids={"add": [GROUPS[3].upper(), GROUPS[1]]})
    await phone.pull()
    assert (first["verdict"], second["verdict"]) == ("applied", "applied")
    assert sorted(phone.records["clients", client]["group_ids"]) == sorted(GROUPS[1:])


async def test_two_phones_add_to_one_list(phone: Phone, other_phone: Phone, session: UUID) -> None:
    await send(phone, "sessions", str(session), participants={"add": [NOAH]})
    verdict = await send(other_phone, "sessions", str(session), participants={"remove": [EMMA["id"]]})
    await phone.pull()
    assert verdict["verdict"] == "applied"
    assert phone.records["sessions", str(session)]["participants"] == [NOAH]


async def test_an_element_both_changed_is_a_clash(phone: Phone, other_phone: Phone, session: UUID) -> None:
    await send(phone, "sessions", str(session), participants={"add": [{**EMMA, "name": "Emmy"}]})
    clash = {"add": [{**EMMA, "name": "Emilia"}]}
    verdict = await send(other_phone, "sessions", str(session), participants=clash)
    await other_phone.pull()
    assert (verdict["verdict"], list(verdict["fields"])) == ("conflict", ["participants"])
    assert other_phone.inbox[verdict["inbox_id"]]["typed"] == {"participants": clash}
    assert [each["name"] for each in other_phone.records["sessions", str(session)]["participants"]] == [
        "Emmy"
    ]


@pytest.mark.usefixtures("session")
async def test_a_new_record_may_begin_with_members_added(phone: Phone) -> None:
    record_id = uuid4()
    [verdict] = await phone.push(create("clients", record_id, group_ids={"add": GROUPS[:1]}))
    await phone.pull()
    assert verdict["verdict"] == "applied"
    assert phone.records["clients", str(record_id)]["group_ids"] == GROUPS[:1]


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"add": [str(uuid4())]}, "unknown_reference"),
        ({"add": ["nobody"]}, "invalid_fields"),
        ({"add": GROUPS[0]}, "invalid_fields"),
        ({"put": []}, "invalid_fields"),
        ({}, "invalid_fields"),
    ],
)
async def test_odd_members_are_refused(phone: Phone, session: UUID, members: Any, code: str) -> None:
    client = phone.records["sessions", str(session)]["client_id"]
    verdict = await send(phone, "clients", client, group_ids=members)
    assert (verdict["verdict"], verdict["code"]) == ("rejected", code)
    assert all(name.startswith("group_ids") for name in verdict["fields"])
