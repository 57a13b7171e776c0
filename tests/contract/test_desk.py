"""A desk reads and writes the records of any collection that phones sync, by the same rules."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from app.sync.registry import Collection
from app.sync.store import Write
from app.sync.tables import Kind
from tests.accounts.studios import Studio
from tests.contract.desks import Desk, as_documented, at_a_desk, told
from tests.contract.phones import Phone, Record, change
from tests.contract.records import (
    NUMBER,
    SECRET,
    WRONG,
    another_value,
    as_sent,
    by_server,
    contains,
    every,
    following,
    fresh,
    is_unique,
    parents_of,
    planted,
)


@pytest.fixture(scope="session")
async def desk(studio: Studio) -> Desk:
    """Sign an administrator in at a desk."""
    return await at_a_desk(studio)


@pytest.fixture(scope="session")
async def strange_desk(stranger: Studio) -> Desk:
    """Sign an administrator of the other account in at a desk."""
    return await at_a_desk(stranger)


@every()
async def test_a_record_is_read_as_it_is_pulled(
    collection: Collection, studio: Studio, desk: Desk, phone: Phone
) -> None:
    record_id = await planted(studio, collection.name)
    pulled = (await phone.copy(collection.name)).records
    answer = await desk.read(collection, record_id)
    assert (answer.status_code, answer.json()) == (200, pulled[str(record_id)])
    assert answer.headers["etag"] == f'"{answer.json()["revision"]}"'
    again = await desk.read(collection, record_id, if_none_match=answer.headers["etag"])
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", answer.headers["etag"])
    assert as_documented(collection, "read", answer)
    assert as_documented(collection, "list", await desk.ask("GET", f"{collection.name}?limit=5"))
    listed = await desk.all(collection)
    assert {each["id"]: each for each in listed} == pulled
    assert len(listed) == len(pulled)


@every(is_kept_by_server=False)
async def test_a_record_is_created_as_it_was_sent(
    collection: Collection, studio: Studio, desk: Desk, phone: Phone
) -> None:
    copy = await phone.copy(collection.name)
    sent = fresh(collection, **await parents_of(studio, collection))
    answer = await desk.create(collection, sent)
    assert answer.status_code == 201, answer.text
    assert as_documented(collection, "create", answer)
    made = told(answer)
    assert contains(made, as_sent(collection, sent))
    assert answer.headers["location"] == f"/v1/{collection.name}/{made['id']}"
    assert answer.headers["etag"] == f'"{made["revision"]}"'
    await copy.pull()
    assert copy.records[made["id"]] == made == (await desk.read(collection, made["id"])).json()


@every(is_kept_by_server=False)
async def test_a_record_is_created_once_under_an_id(
    collection: Collection, studio: Studio, desk: Desk
) -> None:
    record_id = str(uuid4())
    sent = {"id": record_id, **fresh(collection, **await parents_of(studio, collection))}
    first, again = await desk.create(collection, sent), await desk.create(collection, sent)
    assert [(each.status_code, told(each)) for each in (first, again)] == [
        (201, told(first)),
        (200, told(first)),
    ]
    assert told(first)["id"] == record_id
    other = _another(collection, sent)
    refused = (await desk.create(collection, sent | other)).json()
    assert (refused["status"], refused["code"], set(refused["reasons"])) == (
        409,
        "already_exists",
        set(other),
    )


def _another(collection: Collection, sent: Record) -> Record:
    """Return one field with another value."""
    fields = {name: value for name, value in sent.items() if name != "id"}
    for spec in collection.fields.values():
        if not (spec.is_read_only or spec.link or is_unique(spec)):
            try:
                return {spec.name: another_value(collection, fields, spec)}
            except AssertionError:
                continue
    raise AssertionError(f"{collection.name} has nothing to change")


@every(is_kept_by_server=False)
async def test_the_copy_that_is_shown_is_changed_and_no_other(
    collection: Collection, studio: Studio, desk: Desk, phone: Phone
) -> None:
    made = await desk.create(collection, fresh(collection, **await parents_of(studio, collection)))
    record, etag = told(made), made.headers["etag"]
    copy = await phone.copy(collection.name)
    wanted = _another(collection, {name: record[name] for name in collection.fields})
    changed = await desk.change(collection, record["id"], wanted, etag)
    assert changed.status_code == 200, changed.text
    assert as_documented(collection, "change", changed)
    differing = {name for name, value in told(changed).items() if value != record[name]}
    [name] = wanted
    assert {name, "revision"} <= differing <= {name, "revision", "updated_at", *following(collection, name)}
    assert changed.headers["etag"] == f'"{told(changed)["revision"]}"' != etag
    await copy.pull()
    assert copy.records[record["id"]] == told(changed)
    before = {name: record[name] for name in wanted}
    for refused in (
        await desk.change(collection, record["id"], before, etag),
        await desk.delete(collection, record["id"], etag),
        await desk.change(collection, record["id"], before, f"W/{changed.headers['etag']}"),
    ):
        assert (refused.status_code, refused.json()["code"]) == (412, "changed_meanwhile")
        assert refused.json()["revision"] == told(changed)["revision"]
        assert refused.headers["etag"] == changed.headers["etag"]
    for unsaid in (
        await desk.change(collection, record["id"], before, None),
        await desk.delete(collection, record["id"], None),
    ):
        assert (unsaid.status_code, unsaid.json()["code"]) == (428, "precondition_required")
    assert (await desk.read(collection, record["id"])).json() == told(changed)
    same = await desk.change(collection, record["id"], wanted)
    assert (same.status_code, told(same)) == (200, told(changed))
    assert (await copy.pull())[-1]["changes"] == {}


@every(is_kept_by_server=False)
async def test_a_deleted_record_is_gone_for_good(
    collection: Collection, studio: Studio, desk: Desk, phone: Phone
) -> None:
    sent = fresh(collection, **await parents_of(studio, collection))
    made = await desk.create(collection, sent)
    record_id = told(made)["id"]
    copy = await phone.copy(collection.name)
    deleted = await desk.delete(collection, record_id, made.headers["etag"])
    assert (deleted.status_code, deleted.content) == (204, b"")
    await copy.pull()
    assert copy.gone == [record_id]
    assert record_id not in [each["id"] for each in await desk.all(collection)]
    for refused in (
        await desk.read(collection, record_id),
        await desk.change(collection, record_id, {}),
        await desk.delete(collection, record_id),
        await desk.create(collection, {"id": record_id, **sent}),
    ):
        assert (refused.status_code, refused.json()["code"]) == (410, "record_deleted")


@every()
async def test_another_account_s_record_is_as_one_that_never_was(
    collection: Collection, studio: Studio, desk: Desk, strange_desk: Desk
) -> None:
    record_id = await planted(studio, collection.name)
    before = (await desk.read(collection, record_id)).json()
    told_of = []
    for each in (record_id, uuid4()):
        answers = [await strange_desk.read(collection, each)]
        if not collection.is_kept_by_server:
            answers += [
                await strange_desk.change(collection, each, {}),
                await strange_desk.delete(collection, each),
            ]
        told_of.append([{**answer.json(), "instance": ""} for answer in answers])
        assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {
            (404, "unknown_record")
        }
    assert told_of[0] == told_of[1]
    assert str(record_id) not in str(await strange_desk.all(collection))
    for spec in collection.links:
        assert await strange_desk.all(collection, naming={spec.name: str(record_id)}) == []
    assert (await desk.read(collection, record_id)).json() == before


@every(is_kept_by_server=False)
async def test_a_repeat_under_a_key_is_answered_as_the_request_was(
    collection: Collection, studio: Studio, desk: Desk
) -> None:
    key, sent = uuid4().hex, fresh(collection, **await parents_of(studio, collection))
    first = await desk.create(collection, sent, idempotency_key=key)
    again = await desk.create(collection, sent, idempotency_key=key)
    assert first.status_code == 201, first.text
    assert _as_answered(again) == _as_answered(first)
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    other = await desk.create(collection, {}, idempotency_key=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


def _as_answered(answer: Any) -> Any:
    own = {"x-request-id", "idempotent-replayed"}
    return answer.status_code, answer.content, {k: v for k, v in answer.headers.items() if k not in own}


@every(is_kept_by_server=False)
async def test_what_cannot_be_kept_is_refused_in_the_words_of_a_verdict(
    collection: Collection, studio: Studio, desk: Desk, phone: Phone
) -> None:
    sent = fresh(collection, **await parents_of(studio, collection))
    record_id = await planted(studio, collection.name)
    wrong: list[Record] = [{"hair": SECRET}, {"created_at": "2026-05-04T09:30:00Z"}]
    wrong += [{spec.name: WRONG[spec.kind][0]} for spec in collection.fields.values()]
    wrong += [
        {spec.name: [str(uuid4())] if spec.kind is Kind.IDS else str(uuid4())}
        for spec in collection.links
        if not spec.is_read_only
    ]
    refusals = []
    for fields in wrong:
        created = await desk.create(collection, {**sent, **fields})
        changed = await desk.change(collection, record_id, fields)
        refusals.append(changed.json())
        for answer in (created, changed):
            assert answer.status_code == 422, (fields, answer.text)
            assert {path.partition(".")[0] for path in answer.json()["reasons"]} == set(fields)
            assert SECRET not in answer.text
            assert str(NUMBER) not in answer.text
    if collection.is_writable:
        results = await phone.push(
            *(change("patch", collection.name, record_id, **fields) for fields in wrong)
        )
        assert [(each["code"], each["title"], each["reasons"]) for each in refusals] == [
            (each["code"], each["message"], each["fields"]) for each in results
        ]


@every()
async def test_a_list_is_read_page_by_page_and_by_what_it_names(
    collection: Collection, studio: Studio, desk: Desk
) -> None:
    for _ in range(3):
        await planted(studio, collection.name)
    whole = await desk.all(collection)
    # All tests of a worker write to one account: pages of two would be hundreds.
    assert await desk.all(collection, limit=max(2, len(whole) // 4)) == whole
    for spec in collection.links:
        for named in {str(each) for record in whole[:5] for each in _ids(record[spec.name])}:
            expected = [record for record in whole if named in _ids(record[spec.name])]
            limit = max(2, len(expected) // 4)
            assert await desk.all(collection, limit=limit, naming={spec.name: named}) == expected


def _ids(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value] if value else []


@every(is_kept_by_server=True)
async def test_what_the_server_keeps_is_not_written_at_a_desk(
    collection: Collection, studio: Studio, desk: Desk
) -> None:
    record_id = await planted(studio, collection.name)
    before = (await desk.read(collection, record_id)).json()
    for refused in (
        await desk.create(collection, fresh(collection)),
        *([] if collection.is_set_at_desk else [await desk.change(collection, record_id, fresh(collection))]),
        await desk.delete(collection, record_id),
    ):
        assert (refused.status_code, refused.json()["code"]) == (405, "method_not_allowed")
    assert (await desk.read(collection, record_id)).json() == before


@every()
async def test_a_phone_reads_and_does_not_write_past_its_stream(
    collection: Collection, studio: Studio, phone: Phone
) -> None:
    record_id = await planted(studio, collection.name)
    reader = Desk(phone.client, phone.headers)
    before = await reader.read(collection, record_id)
    assert before.status_code == 200
    if not collection.is_kept_by_server:
        for refused in (
            await reader.create(collection, fresh(collection)),
            await reader.change(collection, record_id, {}),
            await reader.delete(collection, record_id),
        ):
            assert (refused.status_code, refused.json()["code"]) == (403, "desk_required")
    assert (await reader.read(collection, record_id)).content == before.content


@every()
async def test_tombstones_are_never_listed(collection: Collection, studio: Studio, desk: Desk) -> None:
    record_id: UUID = await planted(studio, collection.name)
    await by_server(studio, Write.delete(collection.name, record_id))
    assert str(record_id) not in [each["id"] for each in await desk.all(collection)]
    refused = await desk.read(collection, record_id)
    assert (refused.status_code, refused.json()["code"]) == (410, "record_deleted")
