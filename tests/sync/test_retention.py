"""What is trimmed is not missed: ids stay used, numbers stay known, streams that have gone cost little."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from app.core.errors import AppError
from app.sync import retention, streams
from app.sync.upkeep import Found, rebuild, verify
from tests.samples import sample
from tests.sync.conftest import Desk, Phone
from tests.sync.test_push import create, delete, patch, verdicts

MAY = datetime(2026, 5, 4, 9, tzinfo=UTC)


async def forget(desk: Desk) -> tuple[int, int]:
    """Forget deletions and past states as when no copy is left to wait for."""
    return await retention.collect(desk.database, desk.who, {})


async def trim(desk: Desk) -> int:
    return await retention.trim_verdicts(desk.database, desk.who)


async def count(desk: Desk, table: str) -> int:
    async with desk.database.reading(desk.account_id) as session:
        sql = f"SELECT count(*) FROM {table} WHERE account_id = $1"
        return int(await session.raw.fetchval(sql, desk.account_id))


async def refused(phone: Phone, *changes: dict[str, Any]) -> str:
    with pytest.raises(AppError) as error:
        await phone.push(*changes)
    return error.value.code


async def test_what_is_forgotten_stays_deleted(desk: Desk, phone: Phone, other_phone: Phone) -> None:
    client, task = uuid4(), uuid4()
    await phone.push(create("clients", client), create("tasks", task, client_id=str(client)))
    await desk.delete("tasks", task)
    await desk.delete("clients", client)
    changes = (
        create("tasks", task),
        patch("tasks", task, subject="Late"),
        delete("tasks", task),
        create("tasks", uuid4(), client_id=str(client)),
    )
    before = await other_phone.push(*changes)
    assert (await forget(desk))[0] == 2
    other_phone.next = 1
    after = await other_phone.push(*changes, stream="fresh")
    told = ("verdict", "code", "fields", "revision", "in_scope", "server")
    assert [[each[name] for name in told] for each in after] == [
        [each[name] for name in told] for each in before
    ]
    assert [each["code"] for each in after] == ["record_deleted", "record_deleted", None, "unknown_reference"]
    assert await count(desk, "feed_past") == 0


async def test_a_merged_record_leads_to_the_one_that_stays_also_when_it_is_forgotten(
    desk: Desk, phone: Phone
) -> None:
    first, second, last = uuid4(), uuid4(), uuid4()
    await phone.push(*(create("clients", each, client_number=None) for each in (first, second, last)))
    for goes, stays in ((first, second), (second, last)):
        merge = {"op": "command", "command": "merge", "fields": {"into": str(stays)}}
        assert verdicts(await phone.push({"collection": "clients", "id": str(goes), **merge})) == ["applied"]
        await forget(desk)
    task = uuid4()
    results = await phone.push(
        patch("clients", first, last_name="Late"),
        create("tasks", task, client_id=str(first), complete_date=None),
    )
    assert [(each["verdict"], each["code"]) for each in results] == [
        ("conflict", "record_merged"),
        ("merged", "reference_merged"),
    ]
    assert results[0]["fields"] == {"merged_into": str(last)}
    assert results[1]["server"]["client_id"] == str(last)


async def test_what_is_hidden_is_hidden_also_when_it_is_forgotten(
    desk: Desk, phone: Phone, other_phone: Phone
) -> None:
    mine, task = phone.who.user_id, uuid4()
    assert mine is not None
    await desk.put("staff", mine, **sample("staff"))
    fields = {"assigned_by_id": str(mine), "is_private": True, "complete_date": None}
    await phone.push(create("tasks", task, **fields))
    await desk.delete("tasks", task)
    await forget(desk)
    [theirs] = await other_phone.push(patch("tasks", task, subject="Peek"))
    [own] = await phone.push(patch("tasks", task, subject="Late"))
    assert (theirs["code"], own["code"]) == ("unknown_record", "record_deleted")


async def test_verdicts_go_when_the_next_push_confirms_them(desk: Desk, phone: Phone) -> None:
    first, second = create("clients", uuid4()), create("clients", uuid4())
    await phone.push(first)
    assert (await trim(desk), await count(desk, "verdicts")) == (0, 1), "the answer may be lost"
    await phone.push(second)
    assert (await trim(desk), await count(desk, "verdicts")) == (1, 1)
    phone.next = 1
    again = await phone.push(first, second)
    assert verdicts(again) == ["duplicate", "applied"]
    assert len([key for key in (await pulled(phone)) if key[0] == "clients"]) == 2


async def pulled(phone: Phone) -> dict[tuple[str, str], dict[str, Any]]:
    await phone.pull()
    return phone.records


async def test_a_number_used_for_something_else_is_known_when_its_verdict_is_gone(
    desk: Desk, phone: Phone
) -> None:
    for _ in range(3):
        await phone.push(create("clients", uuid4()))
    assert await trim(desk) == 2
    phone.next = 2
    assert await refused(phone, create("clients", uuid4())) == "stream_diverged"


async def test_a_number_nobody_knows_any_more_parts_ways(
    desk: Desk, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "PRINTS", 2)
    made = [create("clients", uuid4()) for _ in range(6)]
    for each in made:
        await phone.push(each)
        await trim(desk)
    async with desk.database.reading(desk.account_id) as session:
        sql = "SELECT length(prints) FROM stream_prints WHERE account_id = $1"
        assert await session.raw.fetchval(sql, desk.account_id) == 2 * streams.PRINT
    phone.next = 4
    assert verdicts(await phone.push(*made[3:])) == ["duplicate", "duplicate", "applied"]
    phone.next = 3
    assert await refused(phone, *made[2:]) == "stream_diverged"
    phone.next = 1
    assert verdicts(await phone.push(*made, stream="fresh")) == ["noop"] * 6


async def test_a_stream_that_does_not_come_back_keeps_no_verdicts(
    desk: Desk, phone: Phone, held: Callable[[datetime | None], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    held(MAY)
    made = [create("clients", uuid4()) for _ in range(5)]
    await phone.push(*made)
    held(MAY + timedelta(days=180))
    assert await trim(desk) == 0
    held(MAY + timedelta(days=181))
    assert (await trim(desk), await count(desk, "verdicts")) == (5, 0)
    phone.next = 1
    assert verdicts(await phone.push(*made, create("clients", uuid4()))) == ["duplicate"] * 5 + ["applied"]


async def test_a_feed_that_has_forgotten_is_in_order(desk: Desk, phone: Phone) -> None:

    client = uuid4()
    await phone.push(create("clients", client))
    await desk.delete("clients", client)
    await forget(desk)
    assert await verify(desk.database, desk.who) == Found(0, 0)
    assert await rebuild(desk.database, desk.who) == Found(0, 0)
