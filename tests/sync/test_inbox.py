"""The inbox: nothing a user typed is gone, and a person decides what becomes of it."""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.samples import sample
from tests.sync.conftest import Desk, Phone
from tests.sync.test_push import create, delete, patch, verdicts


def resolve(entry: str, resolution: str, **fields: Any) -> dict[str, Any]:
    return {
        "collection": "inbox",
        "id": entry,
        "op": "command",
        "command": "resolve",
        "fields": {"resolution": resolution, **fields},
    }


@pytest.fixture
async def client(desk: Desk, phone: Phone, other_phone: Phone) -> UUID:
    """Return a client both phones hold, whose last name the desk has changed since."""
    record_id = uuid4()
    await desk.put("clients", record_id, **sample("clients", last_name="Doe", first_name="Ann"))
    await phone.pull()
    await other_phone.pull()
    await desk.put("clients", record_id, last_name="Miller")
    return record_id


async def clash(phone: Phone, client: UUID, **fields: Any) -> dict[str, Any]:
    base = phone.records["clients", str(client)]["revision"]
    [verdict] = await phone.push(patch("clients", client, base, **fields))
    return verdict


async def test_a_losing_value_is_kept_beside_the_one_that_stayed(phone: Phone, client: UUID) -> None:
    verdict = await clash(phone, client, last_name="Doe-Smith", first_name="Anna")
    assert (verdict["verdict"], list(verdict["fields"])) == ("merged", ["last_name"])
    await phone.pull()
    entry = phone.inbox[verdict["inbox_id"]]
    assert (entry["typed"], entry["kept"]) == ({"last_name": "Doe-Smith"}, {"last_name": "Miller"})
    assert (entry["collection"], entry["record_id"], entry["operation"]) == ("clients", str(client), "patch")
    assert (entry["code"], entry["resolution"]) == ("changed_meanwhile", None)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"op": "create", "fields": {"last_name": 7}}, "invalid_fields"),
        ({"op": "patch", "fields": {"last_name": "Nobody"}}, "unknown_record"),
        ({"op": "create", "collection": "unicorns", "fields": {"horn": 1}}, "unknown_collection"),
        ({"op": "create", "collection": "staff", "fields": {"initials": "X"}}, "read_only_collection"),
        ({"op": "command", "command": "dance", "fields": {"to": "swing"}}, "unknown_command"),
    ],
)
async def test_a_refusal_keeps_all_that_was_typed(phone: Phone, change: dict[str, Any], code: str) -> None:
    told = {"collection": "clients", "id": str(uuid4()), "client_time": "2026-06-13T17:04:05+02:00", **change}
    [verdict] = await phone.push(told)
    await phone.pull()
    entry = phone.inbox[verdict["inbox_id"]]
    assert (entry["verdict"], entry["code"], entry["typed"]) == ("rejected", code, change["fields"])
    assert (entry["collection"], entry["client_time"]) == (told["collection"], "2026-06-13T15:04:05Z")
    assert (entry["user_id"], entry["device_id"]) == (str(phone.who.user_id), str(phone.who.device_id))


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("2026-06-13T15:04:05", "2026-06-13T15:04:05Z"),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-12:00", None),
    ],
    ids=["no zone", "before the first year", "after the last year"],
)
async def test_a_device_s_odd_clock_holds_up_nothing_that_was_typed(
    phone: Phone, said: str, kept: str | None
) -> None:
    results = await phone.push(
        {**create("clients", uuid4()), "client_time": said},
        {**create("clients", uuid4(), last_name=7), "client_time": said},
    )
    assert verdicts(results) == ["applied", "rejected"]
    await phone.pull()
    assert phone.inbox[results[1]["inbox_id"]]["client_time"] == kept


async def test_what_was_blocked_is_kept_too(phone: Phone) -> None:
    made, refused = uuid4(), uuid4()
    results = await phone.push(
        {**create("clients", made, last_name="Hart"), "group": "screen"},
        {**create("clients", refused, last_name=7), "group": "screen"},
    )
    await phone.pull()
    assert verdicts(results) == ["blocked", "rejected"]
    assert phone.inbox[results[0]["inbox_id"]]["typed"]["last_name"] == "Hart"


async def test_what_was_taken_in_leaves_no_entry(phone: Phone) -> None:
    record_id = uuid4()
    results = await phone.push(
        create("clients", record_id), patch("clients", record_id), delete("clients", record_id)
    )
    await phone.pull()
    assert verdicts(results) == ["applied", "noop", "applied"]
    assert phone.inbox == {}
    assert {each["inbox_id"] for each in results} == {None}


async def test_an_entry_is_its_sender_s_and_an_administrator_s(
    desk: Desk, phone: Phone, other_phone: Phone, client: UUID
) -> None:
    verdict = await clash(phone, client, last_name="Doe-Smith")
    await other_phone.pull()
    assert other_phone.inbox == {}
    [refused] = await other_phone.push(resolve(verdict["inbox_id"], "take_mine"))
    assert (refused["verdict"], refused["code"]) == ("rejected", "unknown_record")
    boss = Phone(desk.database, replace(other_phone.who, is_administrator=True, device_id=uuid4()))
    await boss.pull()
    assert verdict["inbox_id"] in boss.inbox


async def test_a_record_nobody_may_see_is_not_shown_in_an_entry(
    desk: Desk, phone: Phone, other_phone: Phone
) -> None:
    task = uuid4()
    owner = str(phone.who.user_id)
    await desk.put("staff", UUID(owner), **sample("staff"))
    fields = sample("tasks", is_private=True, assigned_user_id=owner, subject="Secret")
    await desk.put("tasks", task, **fields)
    [verdict] = await other_phone.push(patch("tasks", task, subject="Peek"))
    await other_phone.pull()
    assert other_phone.inbox[verdict["inbox_id"]]["kept"] is None


async def test_mine_is_taken_after_all(phone: Phone, client: UUID) -> None:
    verdict = await clash(phone, client, last_name="Doe-Smith")
    [resolved] = await phone.push(resolve(verdict["inbox_id"], "take_mine"))
    await phone.pull()
    assert resolved["verdict"] == "applied"
    assert phone.records["clients", str(client)]["last_name"] == "Doe-Smith"
    entry = phone.inbox[verdict["inbox_id"]]
    assert (entry["resolution"], entry["resolved_by_id"]) == ("take_mine", str(phone.who.user_id))


@pytest.mark.parametrize("resolution", ["keep_theirs", "dismiss"])
async def test_theirs_stays(phone: Phone, client: UUID, resolution: str) -> None:
    verdict = await clash(phone, client, last_name="Doe-Smith")
    results = await phone.push(resolve(verdict["inbox_id"], resolution))
    await phone.pull()
    assert verdicts(results) == ["applied"]
    assert phone.records["clients", str(client)]["last_name"] == "Miller"
    assert phone.inbox[verdict["inbox_id"]]["resolution"] == resolution


async def test_what_was_wrong_can_be_put_right(phone: Phone) -> None:
    record_id = uuid4()
    [verdict] = await phone.push(create("clients", record_id, last_name="Hart", email="nowhere"))
    results = await phone.push(
        resolve(verdict["inbox_id"], "take_mine", fields={"email": "hart@example.com"})
    )
    await phone.pull()
    assert verdicts(results) == ["applied"]
    record = phone.records["clients", str(record_id)]
    assert (record["last_name"], record["email"]) == ("Hart", "hart@example.com")


async def test_what_is_still_wrong_is_refused_and_stays_open(phone: Phone) -> None:
    [verdict] = await phone.push(create("clients", uuid4(), email="nowhere"))
    [refused] = await phone.push(resolve(verdict["inbox_id"], "take_mine"))
    await phone.pull()
    assert (refused["verdict"], refused["code"]) == ("rejected", "invalid_fields")
    assert list(refused["fields"]) == ["email"]
    assert (refused["inbox_id"], phone.inbox[verdict["inbox_id"]]["resolution"]) == (None, None)


async def test_a_link_to_nowhere_is_refused_when_mine_is_taken(phone: Phone) -> None:
    [verdict] = await phone.push(create("sessions", uuid4(), client_id=str(uuid4())))
    [refused] = await phone.push(resolve(verdict["inbox_id"], "take_mine"))
    assert (refused["verdict"], refused["code"]) == ("rejected", "unknown_reference")


async def test_a_deletion_that_lost_can_be_taken_after_all(phone: Phone, client: UUID) -> None:
    base = phone.records["clients", str(client)]["revision"]
    [verdict] = await phone.push(delete("clients", client, base))
    assert (verdict["verdict"], verdict["code"]) == ("conflict", "changed_meanwhile")
    results = await phone.push(resolve(verdict["inbox_id"], "take_mine"))
    await phone.pull()
    assert verdicts(results) == ["applied"]
    assert ("clients", str(client)) not in phone.records


async def test_nobody_decides_twice(phone: Phone, client: UUID) -> None:
    verdict = await clash(phone, client, last_name="Doe-Smith")
    results = await phone.push(
        resolve(verdict["inbox_id"], "keep_theirs"), resolve(verdict["inbox_id"], "take_mine")
    )
    assert [(each["verdict"], each["code"]) for each in results] == [
        ("applied", None),
        ("conflict", "already_resolved"),
    ]


async def test_an_odd_resolution_is_refused(phone: Phone, client: UUID) -> None:
    verdict = await clash(phone, client, last_name="Doe-Smith")
    [refused] = await phone.push(resolve(verdict["inbox_id"], "burn", twice=True))
    assert (refused["verdict"], refused["code"]) == ("rejected", "invalid_fields")
    assert set(refused["fields"]) == {"resolution", "twice"}


async def test_a_repeat_of_a_refused_push_makes_no_second_entry(phone: Phone) -> None:
    change = create("clients", uuid4(), last_name=7)
    first = await phone.push(change)
    phone.next = 1
    again = await phone.push(change)
    await phone.pull()
    assert again == first
    assert list(phone.inbox) == [first[0]["inbox_id"]]


async def test_what_moves_after_it_was_shown_is_not_overwritten(
    desk: Desk, phone: Phone, client: UUID
) -> None:
    verdict = await clash(phone, client, last_name="Doe-Smith")
    await phone.pull()
    shown = phone.records["clients", str(client)]
    assert shown["last_name"] == "Miller"
    await desk.put("clients", client, last_name="Moore", first_name="Anna")
    take = resolve(verdict["inbox_id"], "take_mine", record_revision=shown["revision"])
    [refused] = await phone.push(take)
    assert (refused["verdict"], refused["code"]) == ("conflict", "record_changed")
    assert list(refused["fields"]) == ["first_name", "last_name"]
    await phone.pull()
    now = phone.records["clients", str(client)]
    assert (now["last_name"], phone.inbox[verdict["inbox_id"]]["resolution"]) == ("Moore", None)
    take["fields"]["record_revision"] = now["revision"]
    assert verdicts(await phone.push(take)) == ["applied"]
    await phone.pull()
    assert phone.records["clients", str(client)]["last_name"] == "Doe-Smith"


async def test_to_keep_what_was_shown_is_not_to_keep_anything_else(
    desk: Desk, phone: Phone, client: UUID
) -> None:
    verdict = await clash(phone, client, last_name="Doe-Smith")
    await phone.pull()
    shown = phone.records["clients", str(client)]["revision"]
    await desk.put("clients", client, last_name="Moore")
    [refused] = await phone.push(resolve(verdict["inbox_id"], "keep_theirs", record_revision=shown))
    assert refused["code"] == "record_changed"


async def test_what_a_phone_has_changed_itself_is_as_it_showed_it(phone: Phone, client: UUID) -> None:
    verdict = await clash(phone, client, last_name="Doe-Smith")
    await phone.pull()
    shown = phone.records["clients", str(client)]["revision"]
    results = await phone.push(
        patch("clients", client, shown, first_name="Anna"),
        resolve(verdict["inbox_id"], "take_mine", record_revision=shown),
    )
    assert verdicts(results) == ["applied", "applied"]


async def test_a_record_that_was_not_there_when_it_was_shown_is_not_written_over(
    desk: Desk, phone: Phone
) -> None:
    client = uuid4()
    [verdict] = await phone.push(create("clients", client, last_name="Hart", email="nowhere"))
    await desk.put("clients", client, **sample("clients", last_name="Quill"))
    right = {"fields": {"email": "hart@example.com"}, "record_revision": 0}
    [refused] = await phone.push(resolve(verdict["inbox_id"], "take_mine", **right))
    await phone.pull()
    assert (refused["verdict"], refused["code"]) == ("conflict", "record_changed")
    assert phone.records["clients", str(client)]["last_name"] == "Quill"


async def test_a_record_that_is_gone_since_it_was_shown_is_not_as_it_was(
    desk: Desk, phone: Phone, client: UUID
) -> None:
    verdict = await clash(phone, client, last_name="Doe-Smith")
    await phone.pull()
    shown = phone.records["clients", str(client)]["revision"]
    await desk.delete("clients", client)
    [refused] = await phone.push(resolve(verdict["inbox_id"], "take_mine", record_revision=shown))
    assert refused["code"] == "record_changed"


async def test_each_field_is_taken_kept_or_put_right_by_itself(
    desk: Desk, phone: Phone, client: UUID
) -> None:
    base = phone.records["clients", str(client)]["revision"]
    await desk.put("clients", client, first_name="Beth", job_title="Baker")
    typed = {"last_name": "Doe-Smith", "first_name": "Anna", "job_title": "Bakr"}
    [verdict] = await phone.push(patch("clients", client, base, **typed))
    assert verdict["verdict"] == "conflict"
    decided = resolve(verdict["inbox_id"], "take_mine", fields={"job_title": "Cook"}, keep=["first_name"])
    assert verdicts(await phone.push(decided)) == ["applied"]
    await phone.pull()
    record = phone.records["clients", str(client)]
    assert [record[name] for name in typed] == ["Doe-Smith", "Beth", "Cook"]


@pytest.mark.parametrize(
    "sent",
    [{"keep": ["email"]}, {"keep": ["last_name"], "fields": {"last_name": "Dee"}}],
    ids=["not typed", "put right too"],
)
async def test_only_what_was_typed_and_is_not_put_right_is_kept(
    phone: Phone, client: UUID, sent: dict[str, Any]
) -> None:
    verdict = await clash(phone, client, last_name="Doe-Smith")
    [refused] = await phone.push(resolve(verdict["inbox_id"], "take_mine", **sent))
    assert (refused["code"], list(refused["fields"])) == ("invalid_fields", ["keep"])
