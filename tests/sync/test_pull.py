"""What a pull brings."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.core import clock
from app.core.errors import AppError
from app.sync import cursor, upkeep
from app.sync.feed import begin_epoch
from app.sync.rendering import mark_of
from tests.samples import sample
from tests.sync.conftest import Desk, Phone


async def test_a_first_sync_brings_everything_and_replaces(desk: Desk, phone: Phone) -> None:
    ids = [uuid4() for _ in range(5)]
    for each in ids:
        await desk.put("clients", each, **sample("clients"))
    pages = await phone.pull(max_rows=2)
    assert [page["replace"] for page in pages] == [True, False, False]
    assert {key[1] for key in phone.records} == {str(each) for each in ids}
    assert pages[0]["progress"]["clients"] == {"done": 2, "total": 5}


async def test_a_pull_after_no_change_is_empty(desk: Desk, phone: Phone) -> None:
    await desk.put("clients", uuid4(), **sample("clients"))
    await phone.pull()
    [page] = await phone.pull()
    assert page["changes"] == {}
    assert not page["replace"]


async def test_an_edit_brings_that_record_only(desk: Desk, phone: Phone) -> None:
    first, second = uuid4(), uuid4()
    await desk.put("clients", first, **sample("clients"))
    await desk.put("clients", second, **sample("clients"))
    await phone.pull()
    revision = await desk.put("clients", second, last_name="Newlywed")
    [page] = await phone.pull()
    [record] = page["changes"]["clients"]["put"]
    assert (record["id"], record["last_name"], record["revision"]) == (str(second), "Newlywed", revision)


async def test_a_deletion_arrives_as_such(desk: Desk, phone: Phone) -> None:
    client = uuid4()
    await desk.put("clients", client, **sample("clients"))
    await phone.pull()
    await desk.delete("clients", client)
    [page] = await phone.pull()
    assert page["changes"] == {"clients": {"put": [], "del": [str(client)], "evict": [], "merged": {}}}
    assert phone.records == {}


async def test_a_first_sync_says_nothing_of_what_was_deleted(desk: Desk, phone: Phone) -> None:
    client = uuid4()
    await desk.put("clients", client, **sample("clients"))
    await desk.delete("clients", client)
    [page] = await phone.pull()
    assert page["changes"] == {}


async def test_a_page_ends_before_its_bytes_run_out_but_has_at_least_one_record(
    desk: Desk, phone: Phone
) -> None:
    for _ in range(3):
        await desk.put("clients", uuid4(), **sample("clients", notes="long " * 500))
    pages = await phone.pull(max_bytes=1_000)
    assert [len(page["changes"]["clients"]["put"]) for page in pages] == [1, 1, 1]
    assert len(phone.records) == 3


async def test_what_is_near_comes_first_and_the_rest_from_the_latest_day_back(
    desk: Desk, phone: Phone, held: Callable[[datetime | None], None]
) -> None:
    today = clock.today(phone.who.time_zone)
    sessions = {uuid4(): (today + timedelta(days=away), uuid4()) for away in (-20, 3, -2, -80, -50)}
    held(clock.now() - timedelta(days=100))
    for session, (day, client) in sessions.items():
        await desk.put("clients", client, **sample("clients", group_ids=[]))
        await desk.put("sessions", session, **sample("sessions", client_id=str(client), date=str(day)))
    held(None)
    pages = [page async for page in one_by_one(phone)]
    order = [(page["usable"], record["date"]) for page in pages for record in puts(page, "sessions")]
    near = [(False, str(today + timedelta(days=3))), (True, str(today - timedelta(days=2)))]
    rest = [(True, str(today - timedelta(days=days))) for days in (20, 50, 80)]
    assert order == near + rest
    before = [record["id"] for page in pages if not page["usable"] for record in puts(page, "clients")]
    assert len(before) == 2, "clients of other days wait until the phone can be used"


def puts(page: dict[str, Any], collection: str) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = page["changes"].get(collection, {}).get("put", [])
    return records


async def one_by_one(phone: Phone) -> AsyncIterator[dict[str, Any]]:
    has_more = True
    while has_more:
        page = await phone.page(max_rows=1)
        phone.keep(page)
        has_more = page["has_more"]
        yield page


async def test_changes_made_during_a_first_sync_come_too(desk: Desk, phone: Phone) -> None:
    ids = [uuid4() for _ in range(6)]
    for each in ids:
        await desk.put("clients", each, **sample("clients"))
    phone.keep(await phone.page(max_rows=2))
    await desk.put("clients", min(ids), last_name="Early")
    await desk.put("clients", max(ids), last_name="Late")
    await desk.delete("clients", sorted(ids)[1])
    await phone.pull(max_rows=2)
    assert {key[1] for key in phone.records} == {str(each) for each in ids if each != sorted(ids)[1]}
    assert phone.records["clients", str(min(ids))]["last_name"] == "Early"
    assert phone.records["clients", str(max(ids))]["last_name"] == "Late"


async def test_a_page_asked_for_twice_does_no_harm(desk: Desk, phone: Phone) -> None:
    for _ in range(4):
        await desk.put("clients", uuid4(), **sample("clients"))
    lost = await phone.page(max_rows=3)
    again = await phone.page(max_rows=3)
    assert lost["changes"] == again["changes"]
    phone.keep(again)
    await phone.pull()
    assert len(phone.records) == 4


@pytest.mark.parametrize("days", [-3, 3])
async def test_a_server_whose_own_clock_is_wrong_compiles_for_the_same_day(
    desk: Desk, phone: Phone, monkeypatch: pytest.MonkeyPatch, days: int
) -> None:
    await desk.put("clients", uuid4(), **sample("clients"))
    [right] = await phone.pull()
    wrong = clock.now() + timedelta(days=days)
    monkeypatch.setattr(clock, "now", lambda: wrong)
    [page] = await phone.pull()
    assert (page["scope"]["day"], page["changes"]) == (right["scope"]["day"], {})


async def test_a_page_names_the_day_it_was_worked_out_for(
    desk: Desk, phone: Phone, held: Callable[[datetime], None]
) -> None:
    event = uuid4()
    await desk.put("special_events", event, **sample("special_events", date="2026-06-01", end_date=None))
    held(datetime(2026, 7, 2, 3, 59, 59, tzinfo=UTC))
    [page] = await phone.pull()
    assert (page["scope"]["day"], list(phone.records)) == ("2026-07-01", [("special_events", str(event))])
    held(datetime(2026, 7, 2, 4, 0, 0, tzinfo=UTC))
    [page] = await phone.pull()
    assert (page["scope"]["day"], list(phone.records)) == ("2026-07-02", [])


async def test_a_set_of_collections_stays_with_its_cursor(desk: Desk, phone: Phone) -> None:
    await desk.put("clients", uuid4(), **sample("clients"))
    await desk.put("client_groups", uuid4(), **sample("client_groups"))
    await phone.pull(collections=["client_groups"])
    assert {key[0] for key in phone.records} == {"client_groups"}
    with pytest.raises(AppError) as refused:
        await phone.pull(collections=["clients"])
    assert refused.value.code == "cursor_collections"


async def test_what_a_cursor_is_not_for_is_left_to_another(phone: Phone) -> None:
    await phone.pull(collections=["client_groups"])
    record_id = uuid4()
    await phone.push(
        {"collection": "clients", "id": str(record_id), "op": "create", "fields": sample("clients")}
    )
    [page] = await phone.pull()
    assert page["changes"] == {}


async def test_collections_that_do_not_exist_are_named(phone: Phone) -> None:
    with pytest.raises(AppError) as refused:
        await phone.pull(collections=["nope", "clients", "neither"])
    assert (refused.value.code, refused.value.extra) == (
        "unknown_collection",
        {"unknown": ["neither", "nope"]},
    )


async def test_without_a_set_a_cursor_goes_on_with_its_own(desk: Desk, phone: Phone) -> None:
    await phone.pull(collections=["client_groups"])
    await desk.put("clients", uuid4(), **sample("clients"))
    await desk.put("client_groups", uuid4(), **sample("client_groups"))
    await phone.pull()
    assert {key[0] for key in phone.records} == {"client_groups"}


async def test_a_cursor_of_somebody_else_is_refused(phone: Phone, other_phone: Phone) -> None:
    await phone.pull()
    other_phone.cursor = phone.cursor
    with pytest.raises(AppError) as refused:
        await other_phone.pull()
    assert refused.value.code == "cursor_foreign"


@pytest.mark.parametrize("bent", ["", "a", "zzzz", "a" + "A" * 400, "é", "a====", "b{}", "="])
async def test_a_bent_cursor_is_refused(phone: Phone, bent: str) -> None:
    await phone.pull()
    assert phone.cursor is not None
    flipped = "x" if phone.cursor[20] == "y" else "y"
    for text in (bent, phone.cursor[:-2] + bent, phone.cursor[:20] + flipped + phone.cursor[21:]):
        phone.cursor = text
        with pytest.raises(AppError) as refused:
            await phone.pull()
        assert refused.value.code == "cursor_malformed"


async def test_a_restored_server_asks_for_a_new_start(desk: Desk, phone: Phone) -> None:
    await desk.put("clients", uuid4(), **sample("clients"))
    await phone.pull()
    async with desk.database.writing(desk.account_id) as session:
        await session.raw.execute(
            "UPDATE account_clock SET revision = 0 WHERE account_id = $1", desk.account_id
        )
    with pytest.raises(AppError) as refused:
        await phone.pull()
    assert refused.value.extra == {"reason": "server_restored", "mode": "replace"}


async def _refused(phone: Phone) -> AppError:
    with pytest.raises(AppError) as refused:
        await phone.pull()
    return refused.value


async def test_a_cursor_older_than_the_tombstones_starts_again(desk: Desk, phone: Phone) -> None:
    await phone.pull()
    async with desk.database.writing(desk.account_id) as session:
        await session.raw.execute("UPDATE account_clock SET floor = 1 WHERE account_id = $1", desk.account_id)
    assert (await _refused(phone)).extra == {"reason": "cursor_expired", "mode": "reconcile"}


async def test_a_cursor_of_another_epoch_starts_again(desk: Desk, phone: Phone) -> None:
    await phone.pull()
    async with desk.database.writing(desk.account_id) as session:
        await begin_epoch(session)
    assert (await _refused(phone)).extra == {"reason": "server_restored", "mode": "replace"}


async def test_a_cursor_of_another_binding_starts_again(phone: Phone) -> None:
    await phone.pull()
    phone.who = replace(phone.who, binding_id=uuid4())
    assert (await _refused(phone)).extra == {"reason": "device_rebound", "mode": "replace"}


async def test_a_cursor_of_another_version_starts_again(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    await phone.pull()
    monkeypatch.setattr(cursor, "VERSION", cursor.VERSION + 1)
    assert (await _refused(phone)).extra == {"reason": "cursor_expired", "mode": "replace"}


async def test_a_digest_says_what_the_phone_must_hold(desk: Desk, phone: Phone) -> None:
    for _ in range(3):
        await desk.put("clients", uuid4(), **sample("clients"))
    pages = await phone.pull(digests=True, max_rows=2)
    assert pages[0]["digests"] is None
    mark = 0
    for record in phone.records.values():
        mark ^= mark_of(UUID(record["id"]), record["revision"])
    assert pages[-1]["digests"]["clients"] == {"count": 3, "mark": f"{mark & 2**64 - 1:016x}"}


async def test_a_rebuilt_feed_still_knows_who_changed_what(desk: Desk, phone: Phone) -> None:
    client = uuid4()
    base = await desk.put("clients", client, **sample("clients"))
    await desk.put("clients", client, last_name="Desk")
    async with desk.database.writing(desk.account_id) as session:
        await session.raw.execute(
            "UPDATE clients SET notes = 'by hand' WHERE account_id = $1", desk.account_id
        )
    assert (await upkeep.rebuild(desk.database, desk.who)).records == 1
    change = {"collection": "clients", "id": str(client), "op": "patch", "base_revision": base}
    [result] = await phone.push({**change, "fields": {"last_name": "Phone"}})
    assert result["verdict"] == "conflict"
