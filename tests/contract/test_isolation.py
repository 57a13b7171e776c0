"""To another account a record does not exist: not to see, not to change, not to refer to."""

from typing import Any
from uuid import uuid4

from app.sync.registry import Collection
from app.sync.store import Write
from app.sync.tables import Kind
from tests.accounts.studios import Studio
from tests.contract.phones import Phone, change
from tests.contract.records import by_server, every, fresh, parents_of, planted, whole


@every()
async def test_another_account_sees_nothing(
    collection: Collection, studio: Studio, foreign_phone: Phone
) -> None:
    copy = await foreign_phone.copy(collection.name)
    record_id = await planted(studio, collection.name)
    pages = await copy.pull()
    assert [page["changes"] for page in pages] == [{}]
    assert str(record_id) not in (await foreign_phone.copy(collection.name)).records


@every(is_writable=True)
async def test_another_account_can_neither_change_nor_delete(
    collection: Collection, studio: Studio, phone: Phone, foreign_phone: Phone
) -> None:
    record_id = await planted(studio, collection.name)
    copy = await phone.copy(collection.name)
    before = dict(copy.records)
    results = await foreign_phone.push(
        change("patch", collection.name, record_id, **fresh(collection)),
        change("delete", collection.name, record_id),
    )
    assert [(each["verdict"], each["code"]) for each in results] == [
        ("rejected", "unknown_record"),
        ("noop", None),
    ]
    assert [each["server"] for each in results] == [None, None]
    await copy.pull()
    assert copy.records == before


@every(is_writable=True)
async def test_another_account_cannot_refer_to_a_record(
    collection: Collection, studio: Studio, stranger: Studio, foreign_phone: Phone
) -> None:
    parents = await parents_of(stranger, collection)
    for spec in collection.links:
        theirs = str(await planted(studio, spec.link or ""))
        value: Any = [theirs] if spec.kind is Kind.IDS else theirs
        sent = fresh(collection, **{**parents, spec.name: value})
        [result] = await foreign_phone.push(change("create", collection.name, uuid4(), **sent))
        assert (result["code"], list(result["fields"])) == ("unknown_reference", [spec.name])


@every()
async def test_two_accounts_may_use_one_id(
    collection: Collection, studio: Studio, stranger: Studio, phone: Phone, foreign_phone: Phone
) -> None:
    record_id = await planted(studio, collection.name)
    copy = await phone.copy(collection.name)
    before = dict(copy.records)
    links = await parents_of(stranger, collection)
    if collection.is_writable:
        sent = fresh(collection, **links)
        await foreign_phone.must_push(change("create", collection.name, record_id, **sent))
    else:
        await by_server(stranger, Write(collection.name, record_id, whole(collection, **links)))
    assert str(record_id) in (await foreign_phone.copy(collection.name)).records
    await by_server(stranger, Write.delete(collection.name, record_id))
    await copy.pull()
    assert copy.records == before
