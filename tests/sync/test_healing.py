"""Healing: a phone that has drifted gets what differs alone; one that lost its cursor keeps its copy."""

from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from pydantic import ValidationError

from app.core.errors import AppError
from app.core.revisions import read_clock
from app.sync.healing import verify
from app.sync.schemas import VerifyRequest
from tests.digests import digest_of
from tests.samples import sample
from tests.sync.conftest import SEALER, Desk, Phone


async def ask(phone: Phone, **asked: Any) -> dict[str, Any]:
    request = VerifyRequest.model_validate_json(orjson.dumps(asked))
    async with phone.database.reading(phone.who.account_id) as session:
        text = await verify(session, phone.who, await read_clock(session), SEALER, request)
    answer: dict[str, Any] = orjson.loads(text)
    return answer


def held(phone: Phone, collection: str) -> dict[str, int]:
    return {
        record_id: record["revision"] for (of, record_id), record in phone.records.items() if of == collection
    }


async def heal(phone: Phone, cursor: str | None) -> list[dict[str, Any]]:
    """Do what the manual says, and return what was repaired."""
    repairs: list[dict[str, Any]] = []
    told = await ask(phone, cursor=cursor)
    mine = {name for name, _ in phone.records}
    for name in sorted(mine | told["digests"].keys()):
        if told["digests"].get(name, digest_of({})) != digest_of(held(phone, name)):
            buckets = (await ask(phone, cursor=told["cursor"], collection=name))["buckets"]
            repairs += await heal_collection(phone, told["cursor"], name, buckets)
    phone.cursor = told["cursor"]
    return repairs


async def heal_collection(
    phone: Phone, cursor: str, name: str, buckets: dict[str, Any]
) -> list[dict[str, Any]]:
    mine: dict[str, dict[str, int]] = {bucket: {} for bucket in buckets}
    for record_id, revision in held(phone, name).items():
        mine.setdefault(record_id[-2:], {})[record_id] = revision
    differing = {
        bucket: revisions
        for bucket, revisions in mine.items()
        if buckets.get(bucket, digest_of({})) != digest_of(revisions)
    }
    repair = await ask(phone, cursor=cursor, collection=name, held=differing)
    phone.keep({**repair, "replace": False})
    return [repair["changes"]]


@pytest.fixture
async def clients(desk: Desk, phone: Phone) -> list[UUID]:
    """Return clients the phone holds."""
    ids = [uuid4() for _ in range(6)]
    for number, each in enumerate(ids):
        await desk.put("clients", each, **sample("clients", last_name=f"Doe {number}"))
    await phone.pull()
    return ids


async def test_what_is_as_it_should_be_is_not_sent(phone: Phone, clients: list[UUID]) -> None:
    told = await ask(phone, cursor=phone.cursor)
    assert told["digests"]["clients"] == digest_of(held(phone, "clients"))
    assert len(clients) == told["digests"]["clients"]["count"]
    assert await heal(phone, phone.cursor) == []


async def test_only_what_differs_is_repaired(phone: Phone, clients: list[UUID]) -> None:
    lost, stale, ghost = str(clients[0]), str(clients[1]), str(uuid4())
    before = dict(phone.records)
    del phone.records["clients", lost]
    phone.records["clients", stale] = {**before["clients", stale], "last_name": "Old", "revision": 1}
    phone.records["clients", ghost] = {**before["clients", stale], "id": ghost}
    [repair] = await heal(phone, phone.cursor)
    assert phone.records == before
    assert {each["id"] for each in repair["clients"]["put"]} == {lost, stale}
    assert repair["clients"]["evict"] == [ghost]
    assert await heal(phone, phone.cursor) == []


async def test_what_has_changed_since_is_left_to_the_pull(
    desk: Desk, phone: Phone, clients: list[UUID]
) -> None:
    await desk.put("clients", clients[0], last_name="New")
    await desk.delete("clients", clients[1])
    [repair] = await heal(phone, phone.cursor) or [{}]
    assert repair == {}
    await phone.pull()
    assert phone.records["clients", str(clients[0])]["last_name"] == "New"
    assert ("clients", str(clients[1])) not in phone.records


async def test_a_phone_without_a_cursor_keeps_its_copy(desk: Desk, phone: Phone, clients: list[UUID]) -> None:
    await desk.put("clients", clients[0], last_name="New")
    await desk.delete("clients", clients[1])
    [repair] = await heal(phone, None)
    assert [each["id"] for each in repair["clients"]["put"]] == [str(clients[0])]
    assert repair["clients"]["evict"] == [str(clients[1])]
    [page] = await phone.pull()
    assert (page["replace"], page["changes"]) == (False, {})
    assert held(phone, "clients").keys() == {str(each) for each in clients if each != clients[1]}


async def test_a_colleague_s_private_task_is_never_put(
    desk: Desk, phone: Phone, other_phone: Phone, clients: list[UUID]
) -> None:
    task, owner = uuid4(), str(phone.who.user_id)
    await desk.put("staff", UUID(owner), **sample("staff"))
    await desk.put(
        "tasks", task, **sample("tasks", is_private=True, assigned_user_id=owner, complete_date=None)
    )
    for each in (phone, other_phone):
        await each.pull()
    asked = {"collection": "tasks", "held": {str(task)[-2:]: {}}}
    mine = await ask(phone, cursor=phone.cursor, **asked)
    theirs = await ask(other_phone, cursor=other_phone.cursor, **asked)
    assert [each["id"] for each in mine["changes"]["tasks"]["put"]] == [str(task)]
    assert theirs["changes"].get("tasks", {"put": []})["put"] == []
    assert len(clients) == len(held(phone, "clients"))


async def test_a_cursor_on_its_way_is_told_to_pull_first(phone: Phone, clients: list[UUID]) -> None:
    phone.cursor = None
    page = await phone.page(max_rows=1)
    with pytest.raises(AppError) as refused:
        await ask(phone, cursor=page["cursor"])
    assert (refused.value.code, len(clients)) == ("not_consistent", 6)


def test_what_is_held_without_its_collection_is_pointed_out() -> None:
    with pytest.raises(ValidationError) as refused:
        VerifyRequest.model_validate({"held": {}})
    assert [(each["loc"], each["type"]) for each in refused.value.errors()] == [(("collection",), "missing")]


async def test_an_unknown_collection_is_refused(phone: Phone, clients: list[UUID]) -> None:
    with pytest.raises(AppError) as refused:
        await ask(phone, cursor=phone.cursor, collection="unicorns")
    assert (refused.value.code, len(clients)) == ("unknown_collection", 6)
