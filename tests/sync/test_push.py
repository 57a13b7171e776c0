"""What a push does, and the verdict each change gets."""

import asyncio
from dataclasses import replace
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest

from app.core.db import Database
from app.core.errors import AppError
from app.core.revisions import AccountClock
from app.sync import preference_store
from app.sync.push import _fingerprint
from app.sync.schemas import Change
from tests.samples import sample
from tests.sync.conftest import Desk, Phone


def create(collection: str, record_id: UUID, **fields: Any) -> dict[str, Any]:
    return {
        "collection": collection,
        "id": str(record_id),
        "op": "create",
        "fields": sample(collection, **fields),
    }


def patch(collection: str, record_id: UUID, base: int | None = None, **fields: Any) -> dict[str, Any]:
    change = {"collection": collection, "id": str(record_id), "op": "patch", "fields": fields}
    return {**change, "base_revision": base}


def delete(collection: str, record_id: UUID, base: int | None = None) -> dict[str, Any]:
    return {"collection": collection, "id": str(record_id), "op": "delete", "base_revision": base}


def verdicts(results: list[dict[str, Any]]) -> list[str]:
    return [each["verdict"] for each in results]


async def test_a_client_and_her_first_session_can_be_made_offline(phone: Phone, other_phone: Phone) -> None:
    client, session = uuid4(), uuid4()
    results = await phone.push(
        create("sessions", session, client_id=str(client)),
        create("clients", client, last_name="Hartley"),
    )
    assert verdicts(results) == ["applied", "applied"]
    await other_phone.pull()
    assert other_phone.records["sessions", str(session)]["client_id"] == str(client)
    assert other_phone.records["clients", str(client)]["last_name"] == "Hartley"


async def test_what_is_made_a_second_time_was_made_by_the_first(phone: Phone) -> None:
    """Parents go first, but nothing goes before what its own record was made by."""
    client, session = uuid4(), uuid4()
    results = await phone.push(
        {**create("clients", client, last_name="First"), "group": "screen"},
        {**create("sessions", session, client_id=str(client)), "group": "screen"},
        create("clients", client, last_name="Second"),
    )
    assert verdicts(results) == ["applied", "applied", "conflict"]
    await phone.pull()
    assert phone.records["clients", str(client)]["last_name"] == "First"


async def test_a_repeat_gets_the_same_answer_and_changes_nothing(phone: Phone) -> None:
    client = uuid4()
    first = await phone.push(create("clients", client), patch("clients", client, last_name="Once"))
    phone.next = 1
    again = await phone.push(create("clients", client), patch("clients", client, last_name="Once"))
    assert again == first
    [page] = await phone.pull()
    assert page["revision"] == first[0]["revision"]


async def test_a_copy_of_a_phone_hears_that_what_it_made_is_deleted(phone: Phone, other_phone: Phone) -> None:
    """It repeats the first half of what its twin has pushed, and is told that was taken in."""
    for each in (phone, other_phone):
        await each.pull()
    twin = replace(phone)
    client = uuid4()
    await phone.push(create("clients", client), delete("clients", client))
    assert verdicts(await twin.push(create("clients", client))) == ["applied"]
    assert [page["changes"]["clients"]["del"] for page in await twin.pull()] == [[str(client)]]
    assert [page["changes"] for page in await other_phone.pull()] == [{}]


async def test_what_is_gone_since_does_not_come_back_with_a_repeat(phone: Phone, other_phone: Phone) -> None:
    """Whoever asks again may have been told of its end already, and is not told of that once more."""
    client = uuid4()
    change = create("clients", client)
    [first] = await phone.push(change)
    await other_phone.pull()
    await other_phone.push(delete("clients", client, first["revision"]))
    await phone.pull()
    phone.next = 1
    [again] = await phone.push(change)
    assert again == {**first, "revision": None, "in_scope": False}


async def test_a_repeat_may_carry_new_changes_too(phone: Phone) -> None:
    client = uuid4()
    await phone.push(create("clients", client))
    phone.next = 1
    results = await phone.push(create("clients", client), patch("clients", client, last_name="More"))
    assert verdicts(results) == ["applied", "applied"]
    await phone.pull()
    assert phone.records["clients", str(client)]["last_name"] == "More"


async def test_a_gap_is_refused_with_the_number_expected(phone: Phone) -> None:
    await phone.push(create("clients", uuid4()))
    phone.next = 5
    with pytest.raises(AppError) as refused:
        await phone.push(create("clients", uuid4()))
    assert (refused.value.code, refused.value.extra) == ("stream_gap", {"expected": 2})


async def test_a_number_used_for_something_else_is_refused_and_nothing_is_lost(phone: Phone) -> None:
    await phone.push(create("clients", uuid4()))
    phone.next = 1
    other = create("clients", uuid4())
    with pytest.raises(AppError) as refused:
        await phone.push(other)
    assert refused.value.code == "stream_diverged"
    assert verdicts(await phone.push(other, stream="restored")) == ["applied"]


async def test_one_bad_change_does_not_touch_its_neighbours(phone: Phone) -> None:
    good, bad = uuid4(), uuid4()
    results = await phone.push(
        create("clients", good),
        create("clients", bad, last_name=7, hair="red"),
        {"collection": "unicorns", "id": str(bad), "op": "create"},
        create("client_groups", uuid4()),
        patch("clients", good, last_name="Kept"),
        {"collection": "clients", "id": str(good), "op": "command", "command": "dance"},
        patch("clients", uuid4(), last_name="Nobody"),
    )
    assert [(each["verdict"], each["code"]) for each in results] == [
        ("applied", None),
        ("rejected", "invalid_fields"),
        ("rejected", "unknown_collection"),
        ("rejected", "read_only_collection"),
        ("applied", None),
        ("rejected", "unknown_command"),
        ("rejected", "unknown_record"),
    ]
    assert set(results[1]["fields"]) == {"last_name", "hair"}
    await phone.pull()
    assert [record["last_name"] for record in phone.records.values()] == ["Kept"]


async def test_a_group_stands_or_falls_together(phone: Phone) -> None:
    kept, lost = uuid4(), uuid4()
    results = await phone.push(
        {**create("clients", lost), "group": "screen"},
        {**create("sessions", uuid4(), client_id=str(uuid4())), "group": "screen"},
        create("clients", kept),
    )
    assert verdicts(results) == ["blocked", "rejected", "applied"]
    assert (results[0]["blocked_by"], results[1]["code"]) == (2, "unknown_reference")
    await phone.pull()
    assert set(phone.records) == {("clients", str(kept))}


async def test_a_whole_push_can_stand_or_fall_together(phone: Phone) -> None:
    results = await phone.push(
        create("clients", uuid4()), patch("clients", uuid4(), last_name="X"), atomicity="all"
    )
    assert verdicts(results) == ["blocked", "rejected"]
    await phone.pull()
    assert phone.records == {}


async def test_a_child_of_a_refused_parent_is_blocked(phone: Phone) -> None:
    client = uuid4()
    results = await phone.push(
        create("clients", client, last_name=7),
        create("sessions", uuid4(), client_id=str(client)),
        patch("clients", client, last_name="Late"),
    )
    assert [(each["verdict"], each["blocked_by"]) for each in results] == [
        ("rejected", None),
        ("blocked", 1),
        ("blocked", 1),
    ]


async def test_in_one_save_too_only_the_refused_parent_is_at_fault(phone: Phone) -> None:
    client = uuid4()
    changes = [
        create("sessions", uuid4(), client_id=str(client)),
        create("clients", client, last_name=7),
        patch("clients", client, last_name="Late"),
    ]
    results = await phone.push(*({**each, "group": "screen"} for each in changes))
    assert [(each["verdict"], each["blocked_by"]) for each in results] == [
        ("blocked", 2),
        ("rejected", None),
        ("blocked", 2),
    ]


async def test_different_fields_changed_on_both_sides_are_merged(desk: Desk, phone: Phone) -> None:
    client = uuid4()
    base = await desk.put("clients", client, **sample("clients"))
    await desk.put("clients", client, first_name="Desk")
    [result] = await phone.push(patch("clients", client, base, last_name="Phone"))
    assert result["verdict"] == "applied"
    await phone.pull()
    record = phone.records["clients", str(client)]
    assert (record["first_name"], record["last_name"]) == ("Desk", "Phone")


async def test_the_server_keeps_a_field_both_changed_and_says_so(desk: Desk, phone: Phone) -> None:
    client = uuid4()
    base = await desk.put("clients", client, **sample("clients"))
    await desk.put("clients", client, first_name="Desk")
    [result] = await phone.push(patch("clients", client, base, first_name="Phone", last_name="Phone"))
    assert (result["verdict"], set(result["fields"])) == ("merged", {"first_name"})
    assert (result["server"]["first_name"], result["server"]["last_name"]) == ("Desk", "Phone")
    assert result["server"]["revision"] == result["revision"]


async def test_a_plain_clash_is_a_conflict_with_the_server_s_copy(desk: Desk, phone: Phone) -> None:
    client = uuid4()
    base = await desk.put("clients", client, **sample("clients"))
    await desk.put("clients", client, first_name="Desk")
    [result] = await phone.push(patch("clients", client, base, first_name="Phone"))
    assert (result["verdict"], result["code"]) == ("conflict", "changed_meanwhile")
    assert result["server"]["first_name"] == "Desk"


async def test_the_same_value_on_both_sides_is_no_conflict(desk: Desk, phone: Phone) -> None:
    client = uuid4()
    base = await desk.put("clients", client, **sample("clients"))
    await desk.put("clients", client, first_name="Same")
    assert verdicts(await phone.push(patch("clients", client, base, first_name="Same"))) == ["noop"]


async def test_a_phone_never_clashes_with_itself(desk: Desk, phone: Phone) -> None:
    client = uuid4()
    base = await desk.put("clients", client, **sample("clients"))
    for name in ("One", "Two", "Three"):
        assert verdicts(await phone.push(patch("clients", client, base, first_name=name))) == ["applied"]


async def test_another_phone_is_another_writer(desk: Desk, phone: Phone, other_phone: Phone) -> None:
    client = uuid4()
    base = await desk.put("clients", client, **sample("clients"))
    await phone.push(patch("clients", client, base, first_name="Mine"))
    assert verdicts(await other_phone.push(patch("clients", client, base, first_name="Theirs"))) == [
        "conflict"
    ]


async def test_fail_refuses_what_merge_would_mix(desk: Desk, phone: Phone) -> None:
    client = uuid4()
    base = await desk.put("clients", client, **sample("clients"))
    await desk.put("clients", client, first_name="Desk")
    change = patch("clients", client, base, first_name="Phone", last_name="Phone")
    assert verdicts(await phone.push(change, on_conflict="fail")) == ["conflict"]
    await phone.pull()
    assert phone.records["clients", str(client)]["last_name"] == sample("clients")["last_name"]


async def test_server_keeps_the_whole_record_somebody_else_changed(desk: Desk, phone: Phone) -> None:
    client = uuid4()
    base = await desk.put("clients", client, **sample("clients"))
    await desk.put("clients", client, first_name="Desk")
    change = patch("clients", client, base, last_name="Phone")
    assert verdicts(await phone.push(change, on_conflict="server")) == ["conflict"]


async def test_a_deleted_record_stays_deleted(desk: Desk, phone: Phone) -> None:
    client = uuid4()
    base = await desk.put("clients", client, **sample("clients"))
    results = await phone.push(
        delete("clients", client, base),
        delete("clients", client, base),
        create("clients", client),
        patch("clients", client, base, last_name="Back"),
    )
    assert verdicts(results) == ["applied", "noop", "conflict", "conflict"]
    await phone.pull()
    assert phone.records == {}


async def test_an_edit_by_somebody_else_survives_a_late_deletion(desk: Desk, phone: Phone) -> None:
    client = uuid4()
    base = await desk.put("clients", client, **sample("clients"))
    await desk.put("clients", client, first_name="Desk")
    [result] = await phone.push(delete("clients", client, base))
    assert (result["verdict"], result["server"]["first_name"]) == ("conflict", "Desk")


async def test_a_parent_with_children_is_not_deleted_and_neighbours_are_applied(phone: Phone) -> None:
    client, other = uuid4(), uuid4()
    await phone.push(create("clients", client), create("sessions", uuid4(), client_id=str(client)))
    results = await phone.push(
        create("clients", other),
        delete("clients", client),
        patch("clients", other, last_name="Fine"),
    )
    assert verdicts(results) == ["applied", "rejected", "applied"]
    assert results[1]["code"] == "still_referenced"
    assert results[1]["server"]["id"] == str(client)
    await phone.pull()
    assert phone.records["clients", str(other)]["last_name"] == "Fine"


async def test_another_account_s_record_cannot_be_referred_to(phone: Phone, database: Database) -> None:
    foreign = Desk(database, uuid4())
    async with database.writing(foreign.account_id) as session:
        session.add(AccountClock(account_id=foreign.account_id, epoch=uuid4()))
    client = uuid4()
    await foreign.put("clients", client, **sample("clients"))
    results = await phone.push(
        create("sessions", uuid4(), client_id=str(client)),
        patch("clients", client, last_name="Mine now"),
        delete("clients", client),
    )
    assert [each["code"] for each in results] == ["unknown_reference", "unknown_record", None]
    assert results[2]["verdict"] == "noop"
    assert verdicts(await phone.push(create("clients", client))) == ["applied"]


async def test_a_reference_inside_an_element_must_exist_too(phone: Phone) -> None:
    client = uuid4()
    event = {**sample("sessions")["events"][0], "photographer_ids": [str(uuid4())]}
    results = await phone.push(
        create("clients", client), create("sessions", uuid4(), client_id=str(client), events=[event])
    )
    assert [each["code"] for each in results] == [None, "unknown_reference"]


async def test_a_record_from_a_device_cannot_set_what_the_server_sets(phone: Phone) -> None:
    results = await phone.push(create("clients", uuid4(), balance=7))
    assert [each["code"] for each in results] == ["read_only_field"]


async def test_pushes_of_one_account_at_once_all_count(phone: Phone, other_phone: Phone) -> None:
    ids = [uuid4() for _ in range(20)]

    async def send(each: Phone, mine: list[UUID]) -> None:
        for record_id in mine:
            await each.push(create("clients", record_id))

    await asyncio.gather(send(phone, ids[:10]), send(other_phone, ids[10:]))
    await phone.pull()
    assert {key[1] for key in phone.records} == {str(each) for each in ids}
    revisions = [record["revision"] for record in phone.records.values()]
    assert len(set(revisions)) == len(ids)


async def test_an_edit_on_the_newest_revision_is_no_clash(desk: Desk, phone: Phone) -> None:
    client = uuid4()
    await desk.put("clients", client, **sample("clients"))
    newest = await desk.put("clients", client, first_name="Desk")
    assert verdicts(await phone.push(patch("clients", client, newest, first_name="Phone"))) == ["applied"]


async def test_a_revision_from_an_undone_future_is_worth_nothing(desk: Desk, phone: Phone) -> None:
    client = uuid4()
    await desk.put("clients", client, **sample("clients"))
    await desk.put("clients", client, first_name="Desk")
    assert verdicts(await phone.push(patch("clients", client, 10**6, first_name="Phone"))) == ["conflict"]


async def test_a_group_names_the_change_that_was_to_blame(phone: Phone) -> None:
    client, held, other = uuid4(), uuid4(), uuid4()
    await phone.push(
        create("clients", client),
        create("sessions", held, client_id=str(client)),
        create("sessions", other, client_id=str(client)),
    )
    results = await phone.push(
        {**patch("sessions", other, description="Other"), "group": "screen"},
        {**delete("clients", client), "group": "screen"},
    )
    assert [(each["verdict"], each["code"]) for each in results] == [
        ("blocked", "depends_on_refused"),
        ("rejected", "still_referenced"),
    ]


async def test_a_parent_goes_with_the_last_of_its_children(phone: Phone) -> None:
    client, session = uuid4(), uuid4()
    await phone.push(create("clients", client), create("sessions", session, client_id=str(client)))
    results = await phone.push(delete("sessions", session), delete("clients", client))
    assert verdicts(results) == ["applied", "applied"]


async def test_what_was_just_moved_to_a_parent_goes_with_it_and_is_named_no_more(
    desk: Desk, phone: Phone
) -> None:
    ann, ben, task, follow_up = (uuid4() for _ in range(4))
    await desk.put("clients", ann, **sample("clients"))
    await desk.put("clients", ben, **sample("clients"))
    await desk.put("tasks", task, **sample("tasks", client_id=str(ann), complete_date=None))
    base = await desk.put("tasks", follow_up, **sample("tasks", parent_task_id=str(task), complete_date=None))
    await phone.pull()
    assert ("tasks", str(task)) in phone.records
    results = await phone.push(patch("tasks", task, base, client_id=str(ben)), delete("clients", ben, base))
    assert verdicts(results) == ["applied", "applied"]
    await phone.pull()
    assert ("tasks", str(task)) not in phone.records
    assert phone.records["tasks", str(follow_up)]["parent_task_id"] is None


async def test_a_parent_says_what_needs_it_beside_a_change_the_database_refuses(phone: Phone) -> None:
    client, session = uuid4(), uuid4()
    results = await phone.push(
        create("clients", client, client_number=7),
        create("clients", uuid4(), client_number=7),
        create("sessions", session, client_id=str(client)),
        delete("clients", client),
    )
    assert verdicts(results) == ["applied", "rejected", "applied", "rejected"]
    assert list(results[3]["fields"]) == ["sessions"]


async def test_a_colleague_s_private_task_does_not_exist(
    desk: Desk, phone: Phone, other_phone: Phone
) -> None:
    mine = phone.who.user_id
    assert mine is not None
    await desk.put("staff", mine, **sample("staff"))
    task = uuid4()
    fields = {"assigned_by_id": str(mine), "is_private": True, "complete_date": None}
    assert verdicts(await phone.push(create("tasks", task, **fields))) == ["applied"]
    results = await other_phone.push(
        patch("tasks", task, subject="Peek"), patch("tasks", task, priority=99), delete("tasks", task)
    )
    assert [(each["verdict"], each["code"]) for each in results] == [
        ("rejected", "unknown_record"),
        ("rejected", "unknown_record"),
        ("noop", None),
    ]
    nobody_s = uuid4()
    of_nothing = await other_phone.push(
        patch("tasks", nobody_s, subject="Peek"),
        patch("tasks", nobody_s, priority=99),
        delete("tasks", nobody_s),
    )
    for told, otherwise in zip(results, of_nothing, strict=True):
        assert {**told, "n": 0, "inbox_id": 0} == {**otherwise, "n": 0, "inbox_id": 0}


@pytest.mark.parametrize("typed", ["Ada", "A" * 300], ids=["what is there already", "what is refused"])
async def test_what_a_verdict_has_a_phone_drop_comes_again_once_it_belongs(
    desk: Desk, phone: Phone, typed: str
) -> None:
    client = uuid4()
    await desk.put("clients", client, **sample("clients", first_name="Ada", client_number=None))
    await phone.pull()
    await prefer(desk, phone, include_prospects=False)
    [verdict] = await phone.push(patch("clients", client, first_name=typed))
    assert verdict["verdict"] in ("noop", "rejected")
    assert not verdict["in_scope"]
    del phone.records["clients", str(client)]
    await prefer(desk, phone, include_prospects=True)
    await phone.pull()
    assert phone.records["clients", str(client)]["first_name"] == "Ada"


async def prefer(desk: Desk, phone: Phone, **values: Any) -> None:
    async with desk.database.writing(desk.account_id) as session:
        change = preference_store.Change(None, {}, values, is_resync=False)
        await preference_store.keep(session, phone.who, change)


async def test_the_server_s_copy_comes_once_per_record(phone: Phone) -> None:
    client = uuid4()
    await phone.push(create("clients", client))
    results = await phone.push(*(patch("clients", client, last_name=7) for _ in range(3)))
    assert [each["server"] is None for each in results] == [True, True, False]


async def test_the_print_of_a_change_does_not_know_the_schema() -> None:
    change = Change.model_validate_json(
        orjson.dumps(
            {"n": 1, **create("clients", UUID(int=7), last_name="Doe"), "fields": {"last_name": "Doe"}}
        )
    )
    assert _fingerprint(change).hex() == "0c9a7527a5d9c4304a780e32561146c6"


@pytest.mark.parametrize(
    "sent",
    [
        {"op": "create", "fields": sample("clients")},
        {
            "op": "patch",
            "base_revision": 0,
            "fields": {"balance": 12.5, "last_name": None, "b": {"é": [True]}},
        },
        {"op": "delete", "fields": None, "group": "", "client_time": "2026-06-13T17:04:05.120+02:00"},
        {"op": "command", "command": "merge", "fields": {}, "client_time": "2026-06-13T15:04:05Z"},
        {"op": "create", "client_time": "2026-06-13T15:04:05"},
    ],
)
async def test_the_print_of_a_change_is_that_of_what_was_said_of_it(sent: dict[str, Any]) -> None:
    """Those of former versions are stored, and were made of this."""
    about = {"n": 7, "collection": "clients", "id": str(UUID(int=7))}
    change = Change.model_validate_json(orjson.dumps({**about, **sent}))
    said = change.model_dump(mode="json", exclude_defaults=True)
    printed = sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).digest()
    assert _fingerprint(change) == printed[: len(_fingerprint(change))]


async def test_writers_of_two_servers_never_share_a_revision(desk: Desk, database_url: str) -> None:
    second = Database(database_url)
    elsewhere = Desk(second, desk.account_id)
    writes = [each.put("clients", uuid4(), **sample("clients")) for each in (desk, elsewhere) * 8]
    revisions = await asyncio.gather(*writes)
    await second.close()
    assert sorted(revisions) == list(range(1, 17))
