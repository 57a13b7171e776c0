"""What a phone sends for any writable collection is what every phone gets."""

from uuid import uuid4

from app.sync.registry import Collection
from app.sync.tables import Kind
from tests.accounts.studios import Studio
from tests.contract.phones import Copy, Phone, Record, change
from tests.contract.records import (
    FILLED_IN,
    another_value,
    as_sent,
    contains,
    every,
    following,
    fresh,
    is_valid,
    parents_of,
    planted,
)

KEPT_BESIDE = {"id", "revision", "created_at", "created_by", "updated_at", "updated_by"}


@every(is_writable=True)
async def test_a_pushed_record_is_pulled_as_it_was_sent(
    collection: Collection, studio: Studio, phone: Phone, other_phone: Phone
) -> None:
    record_id, sent = uuid4(), fresh(collection, **await parents_of(studio, collection))
    copy = await other_phone.copy(collection.name)
    [verdict] = await phone.push(change("create", collection.name, record_id, **sent))
    assert (verdict["verdict"], verdict["in_scope"]) == ("applied", True)
    [page] = await copy.pull()
    assert list(copy.records)[-1] == str(record_id)
    pulled = copy.records[str(record_id)]
    assert contains(pulled, as_sent(collection, sent))
    assert set(pulled) == KEPT_BESIDE | set(collection.fields)
    assert pulled["revision"] == verdict["revision"] == page["revision"]
    assert pulled["created_by"] == pulled["updated_by"] == phone.user_id
    kept = _set_by_server(collection).items()
    filled = FILLED_IN.get(collection.name, frozenset())
    assert {name: pulled[name] for name, _ in kept if name not in filled} == {
        name: value for name, value in kept if name not in filled
    }


def _set_by_server(collection: Collection) -> Record:
    """Return the defaults of what a phone does not set; numbers no two records share are given at once."""
    return {
        spec.name: spec.info.get_default(call_default_factory=True)
        for spec in collection.fields.values()
        if spec.is_read_only and not spec.is_unique
    }


@every(is_writable=True)
async def test_the_phone_that_made_a_record_pulls_it_too(
    collection: Collection, studio: Studio, phone: Phone
) -> None:
    record_id, sent = uuid4(), fresh(collection, **await parents_of(studio, collection))
    copy = await phone.copy(collection.name)
    await phone.must_push(change("create", collection.name, record_id, **sent))
    await copy.pull()
    assert str(record_id) in copy.records


@every(is_writable=True)
async def test_a_patch_of_one_field_changes_just_that_field(
    collection: Collection, studio: Studio, phone: Phone, other_phone: Phone
) -> None:
    fields = [spec for spec in collection.fields.values() if not spec.is_read_only]
    sent = fresh(collection, **await parents_of(studio, collection))
    records = {spec.name: uuid4() for spec in fields}
    await phone.must_push(
        *(change("create", collection.name, each, **_distinct(collection, sent)) for each in records.values())
    )
    copy = await other_phone.copy(collection.name)
    before = dict(copy.records)
    wanted: Record = {}
    for spec in fields:
        if spec.link:
            linked = str(await planted(studio, spec.link))
            wanted[spec.name] = [linked] if spec.kind is Kind.IDS else linked
        else:
            new = fresh(collection) if spec.is_unique else {}
            wanted[spec.name] = new.get(spec.name) or another_value(collection, sent, spec)
    await phone.must_push(
        *(change("patch", collection.name, records[name], **{name: wanted[name]}) for name in wanted)
    )
    await copy.pull()
    for name, record_id in records.items():
        old, new = before[str(record_id)], copy.records[str(record_id)]
        changed = {key for key in new if new[key] != old[key]}
        changed -= set(_set_by_server(collection)) | (following(collection, name) - {name})
        assert changed == {name, "revision", "updated_at"}
        assert contains(new[name], wanted[name])


def _distinct(collection: Collection, sent: Record) -> Record:
    return {**fresh(collection), **{name: sent[name] for name in sent if name in _links(collection)}}


def _links(collection: Collection) -> set[str]:
    return {spec.name for spec in collection.links}


@every(is_writable=True)
async def test_every_optional_field_can_be_left_out(
    collection: Collection, studio: Studio, phone: Phone, other_phone: Phone
) -> None:
    links = await parents_of(studio, collection)
    copy: Copy = await other_phone.copy(collection.name)
    records = {}
    for spec in collection.fields.values():
        if not spec.info.is_required():
            records[spec.name] = uuid4(), _without(collection, fresh(collection, **links), spec.name)
    await phone.must_push(
        *(change("create", collection.name, each, **fields) for each, fields in records.values())
    )
    await copy.pull()
    for name, (record_id, _) in records.items():
        if collection.fields[name].is_unique or name in FILLED_IN.get(collection.name, frozenset()):
            continue
        default = collection.fields[name].info.get_default(call_default_factory=True)
        assert copy.records[str(record_id)][name] == default


def _without(collection: Collection, record: Record, name: str) -> Record:
    """Leave a field out, and with it whatever cannot be there without it."""
    less = {key: value for key, value in record.items() if key != name}
    for other in (None, *less):
        left = {key: value for key, value in less.items() if key != other}
        if is_valid(collection, left):
            return left
    required = {key: value for key, value in less.items() if collection.fields[key].info.is_required()}
    assert is_valid(collection, required), name
    return required


@every(is_writable=True)
async def test_every_link_can_name_a_record(
    collection: Collection, studio: Studio, phone: Phone, other_phone: Phone
) -> None:
    record_id, sent = uuid4(), fresh(collection)
    for spec in collection.links:
        related = {name: value for name, value in sent.items() if isinstance(value, str)}
        parent = str(await planted(studio, spec.link or "", **related))
        sent[spec.name] = [parent] if spec.kind is Kind.IDS else parent
    await phone.must_push(change("create", collection.name, record_id, **sent))
    copy = await other_phone.copy(collection.name)
    assert contains(copy.records[str(record_id)], sent)


@every(is_writable=True)
async def test_a_phone_may_send_back_what_the_server_set(
    collection: Collection, studio: Studio, phone: Phone
) -> None:
    record_id = await planted(studio, collection.name)
    copy = await phone.copy(collection.name)
    pulled = copy.records[str(record_id)]
    sent = {name: pulled[name] for name in collection.fields}
    results = await phone.push(change("patch", collection.name, record_id, **sent))
    assert [result["verdict"] for result in results] == ["noop"]
