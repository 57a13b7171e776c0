"""An answer may be lost on its way: a push sent again is answered again and changes nothing."""

from uuid import uuid4

from app.sync.registry import Collection
from tests.accounts.studios import Studio
from tests.contract.phones import Phone, change
from tests.contract.records import SECRET, every, fresh, parents_of


@every(is_writable=True)
async def test_a_repeated_push_is_answered_byte_for_byte_and_changes_nothing(
    collection: Collection, studio: Studio, phone: Phone, other_phone: Phone
) -> None:
    record_id, links = uuid4(), await parents_of(studio, collection)
    changes = [
        change("create", collection.name, record_id, **fresh(collection, **links)),
        change("patch", collection.name, record_id, hair=SECRET),
    ]
    first = await phone.send(*changes)
    copy = await other_phone.copy(collection.name)
    before = dict(copy.records)
    phone.next = 1
    again = await phone.send(*changes)
    assert again.content == first.content
    [page] = await copy.pull()
    assert page["changes"] == {}
    assert page["revision"] == first.json()["revision"]
    assert copy.records == before


@every(is_writable=True)
async def test_a_repeat_about_a_record_that_is_gone_says_that_it_is_there_no_more(
    collection: Collection, studio: Studio, phone: Phone
) -> None:
    record_id, links = uuid4(), await parents_of(studio, collection)
    changes = [
        change("create", collection.name, record_id, **fresh(collection, **links)),
        change("delete", collection.name, record_id),
    ]
    first = await phone.push(*changes)
    phone.next = 1
    again = await phone.push(*changes)
    assert again == [{**each, "revision": None, "in_scope": False} for each in first]


@every(is_writable=True)
async def test_the_same_record_made_twice_is_made_once(
    collection: Collection, studio: Studio, phone: Phone, other_phone: Phone
) -> None:
    record_id, sent = uuid4(), fresh(collection, **await parents_of(studio, collection))
    create = change("create", collection.name, record_id, **sent)
    await phone.must_push(create)
    copy = await other_phone.copy(collection.name)
    [result] = await phone.push(create)
    assert result["verdict"] == "noop"
    assert [page["changes"] for page in await copy.pull()] == [{}]
