"""A deleted record of any collection stays deleted, and only those who had it hear of it."""

from uuid import uuid4

from app.sync.registry import Collection
from app.sync.store import Write
from tests.accounts.studios import Studio
from tests.contract.phones import Phone, change
from tests.contract.records import by_server, every, fresh, parents_of, planted


@every(is_writable=True)
async def test_a_deleted_record_stays_deleted(
    collection: Collection, studio: Studio, phone: Phone, other_phone: Phone
) -> None:
    record_id, sent = uuid4(), fresh(collection, **await parents_of(studio, collection))
    await phone.must_push(change("create", collection.name, record_id, **sent))
    copy = await other_phone.copy(collection.name)
    results = await phone.push(
        change("delete", collection.name, record_id),
        change("delete", collection.name, record_id),
        change("create", collection.name, record_id, **sent),
        change("patch", collection.name, record_id, **sent),
    )
    assert [(each["verdict"], each["code"]) for each in results] == [
        ("applied", None),
        ("noop", None),
        ("conflict", "record_deleted"),
        ("conflict", "record_deleted"),
    ]
    await copy.pull()
    assert copy.gone == [str(record_id)]
    assert str(record_id) not in copy.records
    assert str(record_id) not in (await other_phone.copy(collection.name)).records


@every()
async def test_a_tombstone_reaches_who_had_the_record_and_nobody_who_began_later(
    collection: Collection, studio: Studio, phone: Phone, foreign_phone: Phone
) -> None:
    begun_before = await phone.copy(collection.name)
    foreign = await foreign_phone.copy(collection.name)
    record_id = await planted(studio, collection.name)
    had_it = await phone.copy(collection.name)
    assert str(record_id) in had_it.records
    await by_server(studio, Write.delete(collection.name, record_id))
    begun_after = await phone.copy(collection.name)
    for copy in (begun_before, had_it, foreign):
        await copy.pull()
    assert had_it.gone == [str(record_id)]
    assert begun_after.gone == foreign.gone == []
    assert begun_before.records == had_it.records == begun_after.records


@every()
async def test_a_tombstone_comes_once(collection: Collection, studio: Studio, phone: Phone) -> None:
    record_id = await planted(studio, collection.name)
    copy = await phone.copy(collection.name)
    await by_server(studio, Write.delete(collection.name, record_id))
    await copy.pull()
    [page] = await copy.pull()
    assert page["changes"] == {}
