"""Merging clients: one is left with all that belonged to either, on every phone and in every queue."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest

from app.core.revisions import read_clock
from app.sync.push import push
from app.sync.schemas import PushRequest
from app.sync.store import Write
from app.sync.tables import Kind
from app.sync.upkeep import verify
from tests.samples import named, sample
from tests.studio.conftest import Settle
from tests.sync.conftest import Desk, Phone, phone_of
from tests.sync.test_push import create, delete, patch, verdicts

EMPTY: dict[str, Any] = {
    spec.name: [] if spec.kind in (Kind.OBJECTS, Kind.IDS) else None
    for spec in named("clients").fields.values()
    if (spec.is_nullable or spec.kind in (Kind.OBJECTS, Kind.IDS)) and not spec.is_read_only
}


def merge(client: UUID, into: UUID) -> dict[str, Any]:
    fields = {"into": str(into)}
    return {"collection": "clients", "id": str(client), "op": "command", "command": "merge", "fields": fields}


async def known(desk: Desk, name: str, **fields: Any) -> UUID:
    client = uuid4()
    await desk.put("clients", client, **sample("clients", **{**EMPTY, "last_name": name, **fields}))
    return client


@pytest.fixture
async def double(desk: Desk) -> tuple[UUID, UUID]:
    """Return a client who goes and the same client, who stays."""
    return await known(desk, "Goes"), await known(desk, "Stays")


def the(phone: Phone, collection: str, record_id: UUID) -> dict[str, Any]:
    return phone.records[collection, str(record_id)]


async def test_all_that_belonged_to_one_belongs_to_the_other(
    desk: Desk, phone: Phone, other_phone: Phone, double: tuple[UUID, UUID]
) -> None:
    goes, stays = double
    names = ("sessions", "payments", "appointments", "tasks", "phone_calls", "emails", "text_messages")
    moved = {name: uuid4() for name in names}
    for name, record_id in moved.items():
        more = {"direction": "incoming"} if name == "text_messages" else {}
        await desk.put(name, record_id, **sample(name, client_id=str(goes), **more))
    invoice = uuid4()
    billed = {"client_id": str(stays), "bill_to_client_id": str(goes), "lines": []}
    await desk.put("invoices", invoice, **sample("invoices", **billed))
    await desk.put("invoices", invoice, is_posted=True)
    friend = await known(desk, "Friend", referred_by_id=str(goes))
    await other_phone.pull()
    assert verdicts(await phone.push(merge(goes, stays))) == ["applied"]
    [page] = await other_phone.pull()
    assert page["changes"]["clients"]["del"] == [str(goes)]
    assert page["changes"]["clients"]["merged"] == {str(goes): str(stays)}
    for name, record_id in moved.items():
        assert the(other_phone, name, record_id)["client_id"] == str(stays)
    assert the(other_phone, "invoices", invoice)["bill_to_client_id"] == str(stays)
    assert the(other_phone, "clients", friend)["referred_by_id"] == str(stays)


async def test_what_one_lacks_comes_from_the_other(desk: Desk, phone: Phone) -> None:
    groups = [uuid4() for _ in range(2)]
    for group in groups:
        await desk.put("client_groups", group, **sample("client_groups"))
    mobile, desk_phone, again = (
        {"id": str(uuid4()), "label": "Mobile", "number": number, "is_sms_enabled": False}
        for number in ("(518) 555-0123", "518 555 0199", "518-555-0123")
    )
    card = sample_card(is_default=True)
    goes = await known(
        desk,
        "Goes",
        first_name="Laura",
        email="laura@hartley.example",
        notes="Shy.",
        phones=[again, desk_phone],
        group_ids=[str(each) for each in groups],
        custom={"text_1": "Blue", "text_2": "Twins"},
        saved_cards=[card],
        balance=100,
        unapplied_deposits=5,
        client_number=7,
    )
    stays = await known(
        desk,
        "Stays",
        email="hartley@studio.example",
        notes="Punctual.",
        phones=[mobile],
        group_ids=[str(groups[0])],
        custom={"text_1": "Red"},
        saved_cards=[sample_card(is_default=True)],
        balance=20,
        referred_by_id=str(goes),
    )
    assert verdicts(await phone.push(merge(goes, stays))) == ["applied"]
    await phone.pull()
    record = the(phone, "clients", stays)
    assert (record["last_name"], record["first_name"]) == ("Stays", "Laura")
    assert record["email"] == "hartley@studio.example"
    assert record["notes"] == "Punctual.\n\nShy."
    assert [each["number"] for each in record["phones"]] == [mobile["number"], desk_phone["number"]]
    assert record["group_ids"] == [str(each) for each in groups]
    assert (record["custom"]["text_1"], record["custom"]["text_2"]) == ("Red", "Twins")
    assert [each["is_default"] for each in record["saved_cards"]] == [True, False]
    assert record["saved_cards"][1]["id"] == card["id"]
    assert (record["balance"], record["unapplied_deposits"]) == (120, 5)
    assert (record["client_number"], record["referred_by_id"]) == (7, None)


def sample_card(**fields: Any) -> dict[str, Any]:
    card = {"brand": "visa", "last_four": "4242", "expiry_month": 8, "expiry_year": 2028}
    return {"id": str(uuid4()), **card, **fields}


async def test_members_of_the_family_stay_participants(desk: Desk, phone: Phone) -> None:
    emma, same, ben = (
        {"id": str(uuid4()), "first_name": name, "birthday": "2014-03-09"} for name in ("Emma", "emma", "Ben")
    )
    goes = await known(desk, "Goes", family=[same, ben])
    stays = await known(desk, "Stays", family=[emma])
    session = uuid4()
    participants = [
        {"id": str(uuid4()), "name": each["first_name"], "family_member_id": each["id"]}
        for each in (same, ben)
    ]
    await desk.put("sessions", session, **sample("sessions", client_id=str(goes), participants=participants))
    await phone.push(merge(goes, stays))
    await phone.pull()
    assert [each["id"] for each in the(phone, "clients", stays)["family"]] == [emma["id"], ben["id"]]
    found = [each["family_member_id"] for each in the(phone, "sessions", session)["participants"]]
    assert found == [emma["id"], ben["id"]]


async def test_what_is_booked_offline_for_who_went_goes_to_who_stays(
    phone: Phone, other_phone: Phone, double: tuple[UUID, UUID]
) -> None:
    goes, stays = double
    await other_phone.pull()
    await phone.push(merge(goes, stays))
    session = uuid4()
    [verdict] = await other_phone.push(create("sessions", session, client_id=str(goes)))
    assert (verdict["verdict"], verdict["code"], list(verdict["fields"])) == (
        "merged",
        "reference_merged",
        ["client_id"],
    )
    assert (verdict["server"]["client_id"], verdict["inbox_id"]) == (str(stays), None)
    await other_phone.pull()
    assert the(other_phone, "sessions", session)["client_id"] == str(stays)
    assert the(other_phone, "clients", stays)["client_number"] is not None


async def test_what_was_refused_before_is_taken_with_who_stays(
    phone: Phone, double: tuple[UUID, UUID]
) -> None:
    goes, stays = double
    session = uuid4()
    [refused] = await phone.push(create("sessions", session, client_id=str(goes), description=7))
    await phone.push(merge(goes, stays))
    mine = {"resolution": "take_mine", "fields": {"description": "Portrait"}}
    entry = {"collection": "inbox", "id": refused["inbox_id"], "op": "command", "command": "resolve"}
    results = await phone.push({**entry, "fields": mine})
    await phone.pull()
    assert verdicts(results) == ["applied"]
    assert the(phone, "sessions", session)["client_id"] == str(stays)


def take(entry: str) -> dict[str, Any]:
    fields = {"resolution": "take_mine"}
    return {"collection": "inbox", "id": entry, "op": "command", "command": "resolve", "fields": fields}


async def test_what_was_typed_for_who_went_is_taken_for_who_stays(
    phone: Phone, other_phone: Phone, double: tuple[UUID, UUID]
) -> None:
    goes, stays = double
    await phone.push(merge(goes, stays))
    [late] = await other_phone.push(patch("clients", goes, job_title="Teacher", notes="Shy"))
    assert late["code"] == "record_merged"
    assert verdicts(await other_phone.push(take(late["inbox_id"]))) == ["applied"]
    await other_phone.pull()
    assert the(other_phone, "clients", stays)["job_title"] == "Teacher"
    assert other_phone.inbox[late["inbox_id"]]["resolution"] == "take_mine"


async def test_rules_hold_for_what_is_taken_for_who_stays(
    phone: Phone, other_phone: Phone, settle: Settle, double: tuple[UUID, UUID]
) -> None:
    goes, stays = double
    await phone.push(merge(goes, stays))
    [late] = await other_phone.push(patch("clients", goes, lead_source_other="A friend"))
    await settle(is_lead_source_limited=True)
    [refused] = await other_phone.push(take(late["inbox_id"]))
    assert (refused["verdict"], refused["code"]) == ("rejected", "not_on_list")


async def test_a_link_in_a_set_goes_to_who_stays_too(
    desk: Desk, phone: Phone, double: tuple[UUID, UUID]
) -> None:
    goes, stays = double
    friend = await known(desk, "Friend")
    await phone.push(merge(goes, stays))
    results = await phone.push(
        patch("clients", friend, 2**53 - 1, referred_by_id=str(goes)),
        patch("clients", friend, 2**53 - 1, referred_by_id=str(stays)),
    )
    assert verdicts(results) == ["merged", "noop"]


async def test_a_change_of_who_went_is_kept_for_a_person_with_who_stays(
    phone: Phone, other_phone: Phone, double: tuple[UUID, UUID]
) -> None:
    goes, stays = double
    await other_phone.pull()
    await phone.push(merge(goes, stays))
    base = other_phone.records["clients", str(goes)]["revision"]
    [lost, gone] = await other_phone.push(
        patch("clients", goes, base, email="typed@hartley.example"), delete("clients", goes, base)
    )
    assert (lost["verdict"], lost["code"]) == ("conflict", "record_merged")
    assert lost["fields"] == {"merged_into": str(stays)}
    assert gone["verdict"] == "noop"
    await other_phone.pull()
    entry = other_phone.inbox[lost["inbox_id"]]
    assert (entry["typed"], entry["reasons"]) == (
        {"email": "typed@hartley.example"},
        {"merged_into": str(stays)},
    )


async def test_merges_lead_to_the_last_who_stays(desk: Desk, phone: Phone, other_phone: Phone) -> None:
    first, second, third = [await known(desk, name) for name in ("First", "Second", "Third")]
    await other_phone.pull()
    await phone.push(merge(first, second))
    await phone.push(merge(second, third))
    [page] = await other_phone.pull()
    assert page["changes"]["clients"]["merged"] == {str(first): str(third), str(second): str(third)}
    session = uuid4()
    assert verdicts(await other_phone.push(create("sessions", session, client_id=str(first)))) == ["merged"]
    await other_phone.pull()
    assert the(other_phone, "sessions", session)["client_id"] == str(third)


async def test_several_merges_and_a_booking_in_one_push(desk: Desk, phone: Phone) -> None:
    first, second, third = [await known(desk, name) for name in ("First", "Second", "Third")]
    old, new = uuid4(), uuid4()
    await desk.put("sessions", old, **sample("sessions", client_id=str(first)))
    results = await phone.push(
        merge(first, second), merge(second, third), create("sessions", new, client_id=str(first))
    )
    assert verdicts(results) == ["applied", "applied", "merged"]
    await phone.pull()
    assert {the(phone, "sessions", each)["client_id"] for each in (old, new)} == {str(third)}


async def test_what_was_made_in_the_same_push_moves_too(phone: Phone) -> None:
    goes, stays, session = uuid4(), uuid4(), uuid4()
    results = await phone.push(
        create("clients", goes),
        create("clients", stays),
        create("sessions", session, client_id=str(goes)),
        merge(goes, stays),
    )
    assert verdicts(results) == ["applied"] * 4
    await phone.pull()
    assert the(phone, "sessions", session)["client_id"] == str(stays)


async def test_a_merge_that_makes_no_sense_is_refused(
    desk: Desk, phone: Phone, double: tuple[UUID, UUID]
) -> None:
    goes, stays = double
    deleted = await known(desk, "Deleted")
    await desk.delete("clients", deleted)
    results = await phone.push(
        merge(goes, goes),
        merge(goes, deleted),
        merge(goes, uuid4()),
        merge(deleted, stays),
        merge(uuid4(), stays),
        {**merge(goes, stays), "fields": {"into": 7}},
        merge(goes, stays),
    )
    assert [(each["verdict"], each["code"]) for each in results] == [
        ("rejected", "invalid_fields"),
        ("rejected", "unknown_reference"),
        ("rejected", "unknown_reference"),
        ("conflict", "record_deleted"),
        ("rejected", "unknown_record"),
        ("rejected", "invalid_fields"),
        ("applied", None),
    ]


async def test_who_is_one_already_is_not_merged_again(
    desk: Desk, phone: Phone, other_phone: Phone, double: tuple[UUID, UUID]
) -> None:
    """Two people find the same double, and may not agree which of the two stays."""
    goes, stays = double
    last = await known(desk, "Last")
    for each in (phone, other_phone):
        await each.pull()
    await phone.push(merge(goes, stays), merge(stays, last))
    results = await other_phone.push(merge(goes, stays), merge(stays, goes), merge(last, goes))
    assert [(each["verdict"], each["inbox_id"]) for each in results] == [("noop", None)] * 3
    await other_phone.pull()
    assert the(other_phone, "clients", last)["last_name"] == "Last"
    assert not other_phone.records.keys() & {("clients", str(goes)), ("clients", str(stays))}


async def test_notes_too_long_to_be_joined_keep_two_clients_apart(desk: Desk, phone: Phone) -> None:
    goes = await known(desk, "Goes", notes="a" * 15_000)
    stays = await known(desk, "Stays", notes="b" * 15_000)
    [refused] = await phone.push(merge(goes, stays))
    assert (refused["code"], list(refused["fields"])) == ("invalid_fields", ["notes"])
    await phone.pull()
    assert ("clients", str(goes)) in phone.records


async def test_a_merge_that_falls_with_its_group_has_not_been(
    phone: Phone, other_phone: Phone, double: tuple[UUID, UUID]
) -> None:
    goes, stays = double
    results = await phone.push(
        {**merge(goes, stays), "group": "screen"},
        {**create("tasks", uuid4(), subject=7), "group": "screen"},
        create("sessions", uuid4(), client_id=str(goes)),
    )
    assert verdicts(results) == ["blocked", "rejected", "applied"]
    await other_phone.pull()
    assert ("clients", str(goes)) in other_phone.records


async def test_only_phones_that_had_who_went_are_told(
    desk: Desk, phone: Phone, other_phone: Phone, double: tuple[UUID, UUID]
) -> None:
    goes, stays = double
    await phone.push(merge(goes, stays))
    pages = await other_phone.pull()
    assert str(goes) not in str(pages)
    await desk.put("clients", stays, job_title="Teacher")
    [page] = await other_phone.pull()
    assert page["changes"]["clients"]["merged"] == {}


async def test_thousands_move_at_once(desk: Desk, phone: Phone, double: tuple[UUID, UUID]) -> None:
    goes, stays = double
    email = sample("emails", client_id=str(goes))
    session = sample("sessions", client_id=str(goes))
    await desk.write(
        *(Write("sessions", uuid4(), session) for _ in range(1200)),
        *(Write("emails", uuid4(), email) for _ in range(1200)),
    )
    assert verdicts(await phone.push(merge(goes, stays))) == ["applied"]
    await phone.pull()
    below = [record for (name, _), record in phone.records.items() if name in ("sessions", "emails")]
    assert {record["client_id"] for record in below} == {str(stays)}
    assert len(below) == 2400


KINDS = ("sessions", "invoices", "payments", "appointments", "tasks", "phone_calls", "emails")


async def belonging(desk: Desk, client: UUID) -> None:
    """Let a client have one record of each kind, with all there is in them."""
    for name in KINDS:
        lines: dict[str, Any] = {"lines": []} if name == "invoices" else {}
        await desk.put(name, uuid4(), **sample(name, client_id=str(client), **lines))


async def test_what_moves_is_kept_as_if_it_had_been_written(
    desk: Desk, phone: Phone, held: Callable[[datetime | None], None]
) -> None:
    held(datetime(2026, 5, 1, 14, 15, 9, tzinfo=UTC))
    at_once, one_by_one = [[await known(desk, name) for name in ("Goes", "Stays")] for _ in range(2)]
    for goes, _ in (at_once, one_by_one):
        await belonging(desk, goes)
    held(datetime(2026, 5, 2, 14, 15, 9, 250_000, tzinfo=UTC))
    await phone.push(merge(*at_once))
    # What is deleted beside might be among what moves, so that all of it is read.
    await phone.push(merge(*one_by_one), delete("sessions", uuid4()))
    assert not await verify(desk.database, desk.who)
    await phone.pull()
    own = {"id", "revision", "client_id", "invoice_number", "session_number", "task_number"}
    moved = [
        {
            name: {key: value for key, value in record.items() if key not in own}
            for (name, _), record in phone.records.items()
            if record.get("client_id") == str(stays)
        }
        for _, stays in (at_once, one_by_one)
    ]
    assert set(moved[0]) == set(KINDS)
    assert moved[0] == moved[1]
    assert {fields["updated_at"] for fields in moved[0].values()} == {"2026-05-02T14:15:09.250000Z"}


async def test_what_is_deleted_beside_a_merge_is_not_moved(
    desk: Desk, phone: Phone, double: tuple[UUID, UUID]
) -> None:
    goes, stays = double
    call, task = uuid4(), uuid4()
    await desk.put("phone_calls", call, **sample("phone_calls", client_id=str(goes)))
    await desk.put("tasks", task, **sample("tasks", client_id=str(goes)))
    assert verdicts(await phone.push(delete("phone_calls", call), merge(goes, stays))) == ["applied"] * 2
    assert not await verify(desk.database, desk.who)
    await phone.pull()
    assert ("phone_calls", str(call)) not in phone.records
    assert the(phone, "tasks", task)["client_id"] == str(stays)


async def test_what_moved_is_known_to_have_changed(
    desk: Desk, phone: Phone, double: tuple[UUID, UUID]
) -> None:
    goes, stays = double
    call = uuid4()
    base = await desk.put("phone_calls", call, **sample("phone_calls", client_id=str(goes)))
    await phone.push(merge(goes, stays))
    late = {**patch("phone_calls", call, client_id=None), "base_revision": base}
    [mine] = await phone.push(late)
    assert mine["verdict"] == "applied", "a device never clashes with itself"
    [theirs] = await phone_of(desk).push(late)
    assert (theirs["verdict"], theirs["code"]) == ("noop", None)
    again = {**patch("phone_calls", call, client_id=str(stays)), "base_revision": base}
    [theirs] = await phone_of(desk).push(again)
    assert (theirs["verdict"], theirs["code"]) == ("conflict", "changed_meanwhile")


async def asked_by_a_merge(desk: Desk, many: int) -> list[str]:
    """Return the statements of a merge that moves so many records of some kinds."""
    goes, stays = await known(desk, "Goes"), await known(desk, "Stays")
    for name in ("tasks", "emails"):
        await desk.write(*(Write(name, uuid4(), sample(name, client_id=str(goes))) for _ in range(many)))
    seen: list[str] = []
    sent = orjson.dumps({"first": 1, "changes": [{"n": 1, **merge(goes, stays)}]})
    async with desk.database.writing(desk.account_id) as session:
        with session.raw.query_logger(lambda each: seen.append(each.query)):
            at = await read_clock(session)
            await push(session, phone_of(desk).who, at, PushRequest.model_validate_json(sent))
    return seen


async def test_a_merge_asks_no_more_the_more_there_is_to_move(desk: Desk) -> None:
    assert await asked_by_a_merge(desk, many=50) == await asked_by_a_merge(desk, many=1)


async def test_who_it_moved_to_cannot_be_deleted_in_the_same_push(
    desk: Desk, phone: Phone, double: tuple[UUID, UUID]
) -> None:
    goes, stays = double
    await desk.put("sessions", uuid4(), **sample("sessions", client_id=str(goes)))
    results = await phone.push(merge(goes, stays), delete("clients", stays))
    assert [each["code"] for each in results] == [None, "still_referenced"]


async def test_who_went_is_nobody_s_double(
    phone: Phone, desk: Desk, settle: Settle, double: tuple[UUID, UUID]
) -> None:
    await settle(duplicate_checks=["email"])
    goes, stays = double
    await desk.put("clients", goes, email="laura@hartley.example")
    await phone.push(merge(goes, stays))
    [result] = await phone.push(create("clients", uuid4(), email="laura@hartley.example"))
    assert [each["records"] for each in result["warnings"]] == [[str(stays)]]
