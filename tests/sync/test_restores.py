"""A restored backup goes on behind every revision ever given, so that what phones hold can be compared."""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.core.errors import AppError
from app.core.revisions import Clock, read_clock
from app.sync import feed, restores
from tests.samples import sample
from tests.sync.conftest import Desk, Phone
from tests.sync.test_healing import heal
from tests.sync.test_push import create, patch, prefer, verdicts


async def clock_of(desk: Desk) -> Clock:
    async with desk.database.reading(desk.account_id) as session:
        return await read_clock(session)


async def refusal_of(phone: Phone) -> dict[str, Any]:
    with pytest.raises(AppError) as refused:
        await phone.page()
    assert refused.value.code == "resync_required"
    return refused.value.extra


async def restore(desk: Desk, *, was_served: bool = False) -> int:
    return await restores.announce(desk.database, desk.who, was_served=was_served)


@pytest.fixture
async def client(desk: Desk, phone: Phone) -> UUID:
    """Return a client the phone holds."""
    record_id = uuid4()
    await desk.put("clients", record_id, **sample("clients"))
    await phone.pull()
    return record_id


async def test_no_revision_is_given_a_second_time(desk: Desk, phone: Phone, client: UUID) -> None:
    before = await clock_of(desk)
    assert await restore(desk) == before.revision
    first = await clock_of(desk)
    again = await desk.put("clients", client, last_name="Again")
    assert before.revision < first.revision < again < 2**53
    assert before.scope_revision < first.scope_revision < 2**53
    # The same backup once more: nothing in it tells of the first time.
    async with desk.database.writing(desk.account_id) as session:
        sql = "UPDATE account_clock SET revision = $2, epoch = $3 WHERE account_id = $1"
        await session.raw.execute(sql, desk.account_id, before.revision, before.epoch)
    await restore(desk)
    assert (await clock_of(desk)).revision > again
    assert phone.cursor


async def test_what_a_phone_holds_is_compared(desk: Desk, phone: Phone, client: UUID) -> None:
    before = dict(phone.records)
    restored_from = await restore(desk)
    assert await refusal_of(phone) == {
        "reason": "server_restored", "mode": "reconcile", "restored_from": restored_from,
    }  # fmt: skip
    stranger = str(uuid4())
    phone.records["clients", stranger] = {**before["clients", str(client)], "id": stranger, "revision": 9}
    [repair] = await heal(phone, None)
    assert repair["clients"]["put"] == []
    assert repair["clients"]["evict"] == [stranger]
    assert phone.records == before
    [page] = await phone.pull()
    assert page["changes"] == {}


@pytest.mark.usefixtures("client")
async def test_only_the_epoch_that_was_restored_can_be_compared(desk: Desk, phone: Phone) -> None:
    await restore(desk)
    await restore(desk)
    assert await refusal_of(phone) == {"reason": "server_restored", "mode": "replace"}


@pytest.mark.usefixtures("client")
async def test_where_somebody_was_served_meanwhile_phones_start_again(desk: Desk, phone: Phone) -> None:
    await restore(desk, was_served=True)
    assert await refusal_of(phone) == {"reason": "server_restored", "mode": "replace"}


@pytest.mark.usefixtures("client")
@pytest.mark.parametrize("moment", ["at rest", "on its way"])
async def test_a_copy_that_goes_without_a_part_it_should_have_is_not_compared(
    desk: Desk, phone: Phone, moment: str
) -> None:
    await desk.put("clients", uuid4(), **sample("clients"))
    await phone.pull()
    await prefer(desk, phone, include_notes=False)
    page = await phone.page(max_rows=1000 if moment == "at rest" else 1)
    assert page["consistent"] == (moment == "at rest")
    phone.keep(page)
    await prefer(desk, phone, include_notes=True)
    await restore(desk)
    assert (await refusal_of(phone))["mode"] == "replace"


async def test_what_was_typed_in_the_undone_future_is_judged_by_what_was_seen(
    desk: Desk, phone: Phone, client: UUID
) -> None:
    seen = (await clock_of(desk)).revision + 50
    await restore(desk)
    assert verdicts(await phone.push(patch("clients", client, seen, last_name="Typed"))) == ["applied"]
    await desk.put("clients", client, last_name="Desk")
    phone.next = 1
    [verdict] = await phone.push(patch("clients", client, seen, last_name="Typed"), stream="other")
    assert verdict["verdict"] == "conflict"


async def test_a_stream_the_backup_knows_less_of_goes_on_from_what_it_knows(desk: Desk, phone: Phone) -> None:
    made = [create("clients", uuid4()) for _ in range(4)]
    await phone.push(*made[:2])
    await restore(desk)
    phone.next = 7
    with pytest.raises(AppError) as refused:
        await phone.push(*made[2:])
    assert (refused.value.code, refused.value.extra) == ("stream_gap", {"expected": 3})
    phone.next = 3
    assert verdicts(await phone.push(*made[2:])) == ["applied", "applied"]


@pytest.mark.usefixtures("client")
async def test_a_restore_is_noticed_once(desk: Desk, phone: Phone) -> None:
    ahead = (await clock_of(desk)).revision + 1
    await restores.notice(desk.database, desk.account_id, ahead)
    first = await clock_of(desk)
    await restores.notice(desk.database, desk.account_id, ahead)
    assert replace(await clock_of(desk), now=first.now) == first
    assert await refusal_of(phone) == {"reason": "server_restored", "mode": "replace"}


@pytest.mark.usefixtures("client")
async def test_a_feed_that_was_lost_is_not_compared(desk: Desk, phone: Phone) -> None:
    await restore(desk)
    async with desk.database.writing(desk.account_id) as session:
        await feed.begin_epoch(session)
    assert (await refusal_of(phone))["mode"] == "replace"
