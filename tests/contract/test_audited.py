"""Every change of a record is in the audit trail: who made it, on which phone, what it was and what it is."""

from uuid import UUID, uuid4

import orjson

from app.audit.chain import check
from app.audit.store import Kept, in_order
from app.core.principal import Principal
from app.sync.registry import Collection
from app.sync.retention import collect
from app.sync.store import Write, write
from tests.accounts.studios import Studio
from tests.contract.desks import at_a_desk
from tests.contract.phones import Phone, change
from tests.contract.records import every, fresh, parents_of, written
from tests.samples import named, sample


async def in_all(studio: Studio) -> list[Kept]:
    """Return the whole trail, the oldest first."""
    async with studio.database.reading(studio.account.account_id) as session:
        return await in_order(session, 0, 5_000)


async def entries(studio: Studio, record_id: UUID) -> list[Kept]:
    """Return what the trail has of a record, the oldest first."""
    return [each for each in await in_all(studio) if each.deed.record_id == str(record_id)]


async def serve(studio: Studio, *writes: Write) -> None:
    """Write records as the server does."""
    async with studio.database.writing(studio.account.account_id) as session:
        await write(session, Principal.system(studio.account.account_id), writes)


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


@every(is_kept_by_server=True, is_set_at_desk=False)
async def test_what_the_server_makes_is_in_the_trail_unless_it_tells_of_something_else(
    collection: Collection, studio: Studio
) -> None:
    made = written(collection.name)
    await serve(studio, *made)
    found = [each.deed.action for each in await entries(studio, made[-1].record_id)]
    assert found == ([] if collection.name in {"staff", "inbox", "finance_snapshots"} else ["created"])


async def test_who_changes_the_settings_of_the_company_is_in_the_trail(studio: Studio) -> None:
    company, desk = studio.account.account_id, await at_a_desk(studio)
    for minutes in (20, 25):
        answer = await desk.change(named("companies"), company, {"slot_minutes": minutes})
        assert answer.status_code == 200, answer.text
    changed = [each for each in await entries(studio, company) if each.deed.subject == "companies"][-1]
    assert (changed.doer.initials, changed.doer.channel) == ("JD", "desk")
    assert changed.deed[3:] == ("changed", b'{"slot_minutes":20}', b'{"slot_minutes":25}')


async def test_what_the_company_has_from_its_account_is_told_of_the_account_alone(studio: Studio) -> None:
    company = studio.account.account_id
    began = await in_all(studio)
    for zone in ("America/Boise", studio.account.time_zone):
        await serve(studio, Write("companies", company, {"time_zone": zone}))
    assert await in_all(studio) == began
    [created] = [
        each.deed
        for each in await entries(studio, company)
        if (each.deed.subject, each.deed.action) == ("companies", "created")
    ]
    told = orjson.loads(created.after or b"")
    assert "first_weekday" in told
    assert not {"company_name", "time_zone", "edition", "country"} & told.keys()


async def test_who_changes_the_status_of_an_invoice_is_in_the_trail(studio: Studio, phone: Phone) -> None:
    status, invoice = uuid4(), uuid4()
    await serve(
        studio,
        Write("invoice_statuses", status, sample("invoice_statuses")),
        Write("invoices", invoice, sample("invoices", lines=[])),
    )
    moving = {**change("command", "invoices", invoice, status_id=str(status)), "command": "change_status"}
    await phone.must_push(moving)
    *_, changed = await entries(studio, invoice)
    assert (changed.doer.channel, changed.doer.user_id) == ("mobile", studio.photographer.user_id)
    assert orjson.loads(changed.deed.after or b"")["status_id"] == str(status)


async def test_a_merge_tells_of_invoices_and_payments_that_moved(studio: Studio, phone: Phone) -> None:
    goes, stays, invoice, payment = (uuid4() for _ in range(4))
    await phone.must_push(
        change("create", "clients", goes, last_name="Kerr"),
        change("create", "clients", stays, last_name="Carr"),
    )
    await serve(
        studio,
        Write("invoices", invoice, sample("invoices", bill_to_client_id=str(goes), lines=[])),
        Write("payments", payment, sample("payments", client_id=str(goes))),
    )
    await phone.must_push({**change("command", "clients", goes, into=str(stays)), "command": "merge"})
    for moved, link in ((invoice, "bill_to_client_id"), (payment, "client_id")):
        _, changed = await entries(studio, moved)
        assert orjson.loads(changed.deed.before or b"") == {link: str(goes)}
        assert orjson.loads(changed.deed.after or b"") == {link: str(stays)}
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
