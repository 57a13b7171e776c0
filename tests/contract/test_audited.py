"""Every change of a record is in the audit trail: who made it, on which phone, what it was and what it is."""

from uuid import UUID, uuid4

import orjson

from app.audit.chain import check
from app.audit.store import Kept, in_order
from app.core.principal import Principal
from app.sync.registry import Collection
from app.sync.retention import collect
from tests.accounts.studios import Studio
from tests.contract.phones import Phone, change
from tests.contract.records import every, fresh, parents_of


async def in_all(studio: Studio) -> list[Kept]:
    """Return the whole trail, the oldest first."""
    async with studio.database.reading(studio.account.account_id) as session:
        return await in_order(session, 0, 5_000)


async def entries(studio: Studio, record_id: UUID) -> list[Kept]:
    """Return what the trail has of a record, the oldest first."""
    return [each for each in await in_all(studio) if each.deed.record_id == str(record_id)]


@every(is_writable=True)
async def test_what_a_phone_does_to_a_record_is_in_the_trail(
    collection: Collection, studio: Studio, phone: Phone
) -> None:
    record_id, sent = uuid4(), fresh(collection, **await parents_of(studio, collection))
    await phone.must_push(change("create", collection.name, record_id, **sent))
    await phone.must_push(change("delete", collection.name, record_id))
    created, *_, deleted = await entries(studio, record_id)
    for entry, action in ((created, "created"), (deleted, "deleted")):
        assert (entry.deed.subject, entry.deed.action) == (collection.name, action)
        assert (entry.doer.channel, entry.doer.user_id) == ("mobile", studio.photographer.user_id)
        assert entry.doer.device_id is not None
    assert (created.deed.before, deleted.deed.after) == (None, None)
    assert (await check(studio.database, studio.account.account_id)).broken is None


async def test_a_change_tells_what_differs_and_nothing_else(studio: Studio, phone: Phone) -> None:
    record_id = uuid4()
    await phone.must_push(change("create", "clients", record_id, last_name="Kerr"))
    await phone.must_push(change("patch", "clients", record_id, last_name="Carr"))
    await phone.push(change("patch", "clients", record_id, last_name="Carr"))
    _, changed = await entries(studio, record_id)
    assert (changed.deed.before, changed.deed.after) == (b'{"last_name":"Kerr"}', b'{"last_name":"Carr"}')


async def test_what_was_refused_is_not_in_the_trail(studio: Studio, phone: Phone) -> None:
    await phone.push(
        change("create", "clients", good := uuid4(), last_name="Kerr"),
        change("create", "clients", bad := uuid4(), last_name=5),
    )
    assert [len(await entries(studio, each)) for each in (good, bad)] == [1, 0]
    assert (await check(studio.database, studio.account.account_id)).broken is None


async def test_what_the_database_refuses_is_not_in_the_trail(studio: Studio, phone: Phone) -> None:
    await phone.must_push(change("create", "clients", uuid4(), last_name="Kerr", client_number=17))
    good, bad, other = (uuid4() for _ in range(3))
    results = await phone.push(
        change("create", "clients", good, last_name="Carr", client_number=18),
        change("create", "clients", bad, last_name="Kern", client_number=17),
        change("create", "tasks", other, subject="Call"),
    )
    assert [each["code"] for each in results] == [None, "not_unique", None]
    assert [len(await entries(studio, each)) for each in (good, bad, other)] == [1, 0, 1]
    assert (await check(studio.database, studio.account.account_id)).broken is None


async def test_a_merge_tells_what_became_of_the_record_and_of_all_that_named_it(
    studio: Studio, phone: Phone
) -> None:
    goes, stays, call, friend = (uuid4() for _ in range(4))
    tasks = [uuid4() for _ in range(3)]
    await phone.must_push(
        change("create", "clients", goes, last_name="Kerr"),
        change("create", "clients", stays, last_name="Carr"),
        change("create", "clients", friend, last_name="Friend", referred_by_id=str(goes)),
        change("create", "phone_calls", call, client_id=str(goes), subject="Confirm", date="2027-03-01"),
        *(change("create", "tasks", each, client_id=str(goes), subject="Call") for each in tasks),
    )
    merging = {**change("command", "clients", goes, into=str(stays)), "command": "merge"}
    await phone.must_push(merging)
    merged = (await entries(studio, goes))[-1].deed
    assert (merged.action, merged.after) == ("merged", b'{"merged_into":"%b"}' % str(stays).encode())
    for moved, link in (
        (call, "client_id"),
        (friend, "referred_by_id"),
        *((task, "client_id") for task in tasks),
    ):
        _, changed = await entries(studio, moved)
        assert orjson.loads(changed.deed.before or b"") == {link: str(goes)}
        assert orjson.loads(changed.deed.after or b"") == {link: str(stays)}
        assert changed.doer.user_id == studio.photographer.user_id
    assert (await check(studio.database, studio.account.account_id)).broken is None


async def test_deletions_that_are_forgotten_are_told_with_how_many_there_were(
    studio: Studio, phone: Phone
) -> None:
    record_id, account_id = uuid4(), studio.account.account_id
    await phone.must_push(change("create", "tasks", record_id, subject="Call"))
    await collect(studio.database, Principal.system(account_id), {})
    before = await in_all(studio)
    await phone.must_push(change("delete", "tasks", record_id))
    for _ in range(2):
        await collect(studio.database, Principal.system(account_id), {})
    told = [each for each in (await in_all(studio))[len(before) :] if each.deed.action == "forgotten"]
    [(_, doer, deed)] = told
    assert (doer.initials, deed.subject) == ("SPSA", "deleted_records")
    assert orjson.loads(deed.after or b"")["records"] == 1
