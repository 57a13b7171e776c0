"""Deletions are remembered until every phone has heard of them, and for half a year at most."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import orjson
import pytest
from fastapi import FastAPI

from app.core.db import Database
from app.core.principal import Principal
from app.sync import retention
from app.sync.retention import Trimmed
from app.sync.store import Write
from tests.accounts.studios import Studio, bearer, new_studio
from tests.contract.records import by_server
from tests.samples import sample, widen
from tests.stories.copies import Phone

BEGINNING = datetime(2026, 1, 5, 9, tzinfo=UTC)
Record = dict[str, Any]


@pytest.fixture
async def studio(database: Database, house: FastAPI, http: httpx.AsyncClient) -> Studio:
    """Make a studio whose phones hold everything."""
    studio = await new_studio(database, http, house.state.keys)
    await studio.authorize(2)
    await widen(database, studio.account.account_id)
    return studio


@pytest.fixture
async def phones(studio: Studio) -> list[Phone]:
    """Sign in two phones."""
    made = [Phone(studio), Phone(studio)]
    for phone in made:
        await phone.sign_in()
    return made


async def trim(studio: Studio) -> Trimmed:
    """Do what an operator has done each day."""
    return await retention.trim(studio.database, Principal.system(studio.account.account_id))


async def write(studio: Studio, collection: str, **fields: Any) -> str:
    record_id = uuid4()
    await by_server(studio, Write(collection, record_id, sample(collection, **fields)))
    return str(record_id)


async def delete(studio: Studio, collection: str, record_id: str) -> None:
    await by_server(studio, Write.delete(collection, UUID(record_id)))


async def floor_of(studio: Studio) -> int:
    [row] = await studio.execute("SELECT floor FROM account_clock WHERE account_id = $1")
    return int(row["floor"])


def change(op: str, collection: str, record_id: str, **fields: Any) -> Record:
    return {"op": op, "collection": collection, "id": record_id, "fields": fields}


async def test_a_deletion_is_forgotten_once_every_phone_has_come_back_with_it(
    studio: Studio, phones: list[Phone]
) -> None:
    [one, other] = phones
    task = await write(studio, "tasks")
    for phone in phones:
        await phone.acknowledge()
    await delete(studio, "tasks", task)
    await one.acknowledge()
    assert (await trim(studio)).tombstones == 0, "the other one has not heard of it"
    await other.pull()
    assert (await trim(studio)).tombstones == 0, "an answer may be lost"
    await other.pull()
    assert (await trim(studio)).tombstones == 1
    for phone in phones:
        await phone.pull()
        assert ("tasks", task) not in phone.records
    assert not await trim(studio)


async def test_a_phone_that_lost_the_answer_is_still_told(studio: Studio, phones: list[Phone]) -> None:
    [one, other] = phones
    task = await write(studio, "tasks")
    for phone in phones:
        await phone.acknowledge()
    await delete(studio, "tasks", task)
    await one.acknowledge()
    assert (await other.page()).json()["changes"]["tasks"]["del"] == [task]
    await trim(studio)
    await other.pull()
    assert ("tasks", task) not in other.records


async def test_a_phone_restored_from_its_own_backup_is_told_to_compare(
    studio: Studio, phones: list[Phone]
) -> None:
    [one, other] = phones
    task = await write(studio, "tasks")
    for phone in phones:
        await phone.acknowledge()
    backup, records = other.cursor, dict(other.records)
    await delete(studio, "tasks", task)
    for phone in phones:
        await phone.acknowledge()
    assert (await trim(studio)).tombstones == 1
    other.cursor, other.records = backup, records
    refused = (await other.page()).json()
    assert (refused["code"], refused["reason"], refused["mode"]) == (
        "resync_required", "cursor_expired", "reconcile",
    )  # fmt: skip
    await other.reconcile()
    assert other.records == one.records


async def test_only_phones_that_may_come_back_are_waited_for(studio: Studio, phones: list[Phone]) -> None:
    [one, other] = phones
    task = await write(studio, "tasks")
    for phone in phones:
        await phone.acknowledge()
    await delete(studio, "tasks", task)
    await one.acknowledge()
    await studio.change_device(other.device_id, is_inactive=True, wipe=False)
    assert (await trim(studio)).tombstones == 0
    await studio.change_device(other.device_id, is_inactive=True, wipe=True)
    assert (await trim(studio)).tombstones == 1


async def test_a_phone_whose_position_is_not_known_is_waited_for(studio: Studio, phones: list[Phone]) -> None:
    task = await write(studio, "tasks")
    for phone in phones:
        await phone.acknowledge()
    await delete(studio, "tasks", task)
    await studio.execute("DELETE FROM acknowledged_positions WHERE account_id = $1")
    await phones[0].acknowledge()
    assert (await trim(studio)).tombstones == 0
    await phones[1].acknowledge()
    assert (await trim(studio)).tombstones == 1


async def test_of_two_cursors_of_a_phone_the_older_one_counts(studio: Studio, phones: list[Phone]) -> None:
    phone = phones[0]
    half = Phone(studio, phone.uid, phone.headers, collections=["tasks", "clients"])
    task = await write(studio, "tasks")
    for each in (phone, half):
        await each.acknowledge()
    await delete(studio, "tasks", task)
    await phone.acknowledge()
    assert (await trim(studio)).tombstones == 0
    await half.acknowledge()
    assert (await trim(studio)).tombstones == 1


async def test_who_asks_without_a_cursor_may_still_have_one(studio: Studio, phones: list[Phone]) -> None:
    phone = phones[0]
    task = await write(studio, "tasks")
    await phone.acknowledge()
    await delete(studio, "tasks", task)
    assert (await phone.ask("pull", cursor=None)).status_code == 200
    assert (await trim(studio)).tombstones == 0
    await phone.pull()
    assert ("tasks", task) not in phone.records


async def test_a_first_sync_that_is_cut_is_waited_for(studio: Studio, phones: list[Phone]) -> None:
    phone = phones[0]
    tasks = [await write(studio, "tasks") for _ in range(3)]
    first = (await phone.ask("pull", cursor=None, collections=["tasks"], max_rows=1)).json()
    [held] = [each["id"] for each in first["changes"]["tasks"]["put"]]
    for task in tasks:
        await delete(studio, "tasks", task)
    await trim(studio)
    page = (await phone.ask("pull", cursor=first["cursor"])).json()
    assert held in page["changes"]["tasks"]["del"]


async def test_a_stream_that_breaks_off_is_waited_for(studio: Studio, phones: list[Phone]) -> None:
    phone = phones[0]
    task = await write(studio, "tasks")
    path = "/v1/sync/pull.ndjson?collections=tasks"
    lines = (await studio.client.get(path, headers=phone.headers)).text.splitlines()
    cursor = orjson.loads(lines[-1])["page"]["cursor"]
    await delete(studio, "tasks", task)
    await trim(studio)
    page = (await phone.ask("pull", cursor=cursor)).json()
    assert page["changes"]["tasks"]["del"] == [task]


@pytest.mark.parametrize("path", ["pull", "verify", "", "pull.ndjson"])
async def test_a_cursor_from_an_undone_future_begins_another_epoch(
    studio: Studio, phones: list[Phone], path: str
) -> None:
    [ahead, behind] = phones
    await behind.pull()
    await write(studio, "tasks")
    await ahead.pull()
    await studio.execute("UPDATE account_clock SET revision = revision - 1 WHERE account_id = $1")
    asked = {"cursor": ahead.cursor}
    url = f"/v1/sync/{path}".rstrip("/")
    if path.endswith("ndjson"):
        answer = await studio.client.get(url, params=asked, headers=ahead.headers)
    else:
        body = asked if path else {"push": None, "pull": asked}
        answer = await studio.client.post(url, json=body, headers=ahead.headers)
    assert (answer.status_code, answer.json()["reason"]) == (410, "server_restored")
    refused = (await behind.page()).json()
    assert (refused["reason"], refused["mode"]) == ("server_restored", "replace")
    for phone in phones:
        phone.cursor = None
        await phone.pull()


async def test_a_desk_is_waited_for_until_it_signs_out(studio: Studio) -> None:
    answer = await studio.signed_in(device=None)
    desk = Phone(studio, headers=bearer(answer))
    task = await write(studio, "tasks")
    await desk.acknowledge()
    await delete(studio, "tasks", task)
    assert (await trim(studio)).tombstones == 0
    await studio.client.post("/v1/auth/logout", headers=desk.headers)
    assert (await trim(studio)).tombstones == 1


async def test_a_phone_that_stands_still_has_nothing_written(studio: Studio, phones: list[Phone]) -> None:
    phone = phones[0]
    await write(studio, "tasks")
    await phone.acknowledge()
    await studio.execute("DELETE FROM acknowledged_positions WHERE account_id = $1")
    await phone.pull()
    rows = await studio.execute("SELECT FROM acknowledged_positions WHERE account_id = $1")
    assert rows == []


async def test_what_a_collection_begins_another_finishes(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks = [await write(studio, "tasks") for _ in range(5)]
    for task in tasks:
        await delete(studio, "tasks", task)
    monkeypatch.setattr(retention, "BATCH", 2)
    real, batches = retention._batch, []

    async def cut(*given: Any) -> int:
        batches.append(await real(*given))
        if len(batches) == 2:
            raise ConnectionError
        return batches[-1]

    monkeypatch.setattr(retention, "_batch", cut)
    with pytest.raises(ConnectionError):
        await trim(studio)
    floor = await floor_of(studio)
    left = await trim(studio)
    assert (left.tombstones, floor) == (3, await floor_of(studio)), "the batch that was cut is undone"


async def test_half_a_year_in_the_desert(
    studio: Studio, phones: list[Phone], hold: Callable[[datetime], None]
) -> None:
    """A phone is off for 181 days: it compares, its work is taken in, and nothing deleted comes back."""
    [one, traveller] = phones
    hold(BEGINNING)
    kept, gone = await write(studio, "clients"), await write(studio, "tasks")
    for phone in phones:
        await phone.sign_in()
        await phone.acknowledge()
    made = str(uuid4())
    await traveller.push(change("create", "tasks", made, **sample("tasks")))
    hold(BEGINNING + timedelta(days=1))
    for task in (gone, made):
        await delete(studio, "tasks", task)
    for days in range(30, 180, 30):
        hold(BEGINNING + timedelta(days=days))
        await one.sign_in()
        await one.acknowledge()
        assert (await trim(studio)).tombstones == 0, f"the traveller may come back after {days} days"
    hold(BEGINNING + timedelta(days=181))
    await one.sign_in()
    assert (await trim(studio)).tombstones == 2

    await traveller.sign_in()
    refused = (await traveller.page()).json()
    assert (refused["reason"], refused["mode"]) == ("cursor_expired", "reconcile")
    nora = str(uuid4())
    results = await traveller.push(
        change("create", "clients", nora, **sample("clients", last_name="Quill")),
        change("patch", "tasks", gone, subject="Typed in the desert"),
    )
    assert [(each["verdict"], each["code"]) for each in results] == [
        ("applied", None),
        ("conflict", "record_deleted"),
    ]
    assert results[1]["inbox_id"], "what was typed is kept"
    traveller.stream, traveller.next = "fresh", 1
    [again] = await traveller.push(change("create", "tasks", made, **sample("tasks")))
    assert (again["verdict"], again["code"]) == ("conflict", "record_deleted")
    await traveller.reconcile()
    await traveller.pull()
    await one.pull()
    assert traveller.records == one.records
    assert {("clients", kept), ("clients", nora)} <= one.records.keys()
    assert not {("tasks", gone), ("tasks", made)} & one.records.keys()
