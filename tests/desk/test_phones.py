"""What an administrator is told of phones, and what becomes of one that is shut out with its copy."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from app.accounts import store
from app.core.clock import now
from app.core.db import Database
from tests.accounts.studios import Studio, bearer
from tests.desk.pulling import Json, pull, push

Read = Callable[[], Awaitable[Json]]


@pytest.fixture
async def phone(studio: Studio) -> Json:
    return await studio.signed_in()


@pytest.fixture
def read(studio: Studio, phone: Json) -> Read:
    """Return how an administrator reads the phone's row."""

    async def read() -> Json:
        headers = await studio.administrator()
        answer = await studio.client.get(f"/v1/devices/{phone['device']['id']}", headers=headers)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    return read


async def test_a_completed_sync_is_shown(studio: Studio, phone: Json, read: Read) -> None:
    await pull(studio, phone)
    told = await read()
    assert told["last_sync"]
    assert (told["queued"], told["oldest_queued_at"]) == (None, None)
    listed = (await studio.client.get("/v1/devices", headers=await studio.administrator())).json()
    assert listed["devices"] == [told]


async def test_what_a_phone_says_it_still_holds_is_shown(studio: Studio, phone: Json, read: Read) -> None:
    began = now()
    page = await pull(studio, phone, queued=3, oldest_queued_seconds=3600)
    held = await read()
    assert held["queued"] == 3
    made = datetime.fromisoformat(held["oldest_queued_at"])
    assert began - timedelta(hours=1) <= made <= now() - timedelta(hours=1)
    await pull(studio, phone, page["cursor"])
    assert (await read())["queued"] == 3
    body = {"pull": {"cursor": page["cursor"], "queued": 0, "oldest_queued_seconds": 5}}
    answer = await studio.client.post("/v1/sync", json=body, headers=bearer(phone))
    assert answer.status_code == 200, answer.text
    sent = await read()
    assert (sent["queued"], sent["oldest_queued_at"]) == (0, None)
    assert sent["version"] == held["version"]


@pytest.mark.parametrize("wrong", [{"queued": -1}, {"queued": 2**31}, {"oldest_queued_seconds": 2**40}])
async def test_what_nobody_can_hold_is_refused(studio: Studio, phone: Json, wrong: Json) -> None:
    answer = await studio.client.post("/v1/sync/pull", json=wrong, headers=bearer(phone))
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


async def test_a_phone_at_rest_is_noted_by_one_statement_whatever_it_says(
    studio: Studio, phone: Json, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    rest = await pull(studio, phone, (await pull(studio, phone))["cursor"])
    written: list[Any] = []
    stamped = store.stamp_last_sync

    async def stamp(*noted: Any) -> None:
        written.append(noted[-1])
        await stamped(*noted)

    def reading(*_: Any, **__: Any) -> None:
        raise AssertionError("a transaction was begun")

    monkeypatch.setattr(store, "stamp_last_sync", stamp)
    with monkeypatch.context() as looked_at:
        looked_at.setattr(Database, "reading", reading)
        for held in (4, 4, 5):
            await pull(studio, phone, rest["cursor"], queued=held)
    assert [each.changes for each in written if each] == [4, 5]
    assert (await read())["queued"] == 5


async def test_a_phone_that_kept_its_copy_goes_on_with_it(studio: Studio, phone: Json) -> None:
    device, page = phone["device"]["id"], await pull(studio, phone)
    assert (await push(studio, phone, {"op": "delete"})).json()["last"] == 1
    shut_out = await studio.change_device(device, is_inactive=True, wipe=False)
    assert shut_out.status_code == 200, shut_out.text
    for answer in (
        await studio.client.post("/v1/sync/pull", json={"cursor": page["cursor"]}, headers=bearer(phone)),
        await studio.client.post("/v1/sync", json={}, headers=bearer(phone)),
        await push(studio, phone, {"op": "delete"}, first=2),
        await studio.client.get("/v1/sync/live", headers=bearer(phone)),
        await studio.client.get("/v1/sync/pull.ndjson", headers=bearer(phone)),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "device_inactive")
    await studio.change_device(device, is_inactive=False)
    assert not (await pull(studio, phone, page["cursor"]))["replace"]
    answer = await push(studio, phone, {"id": str(uuid4()), "op": "delete"}, first=2)
    assert (answer.status_code, answer.json()["last"]) == (200, 2)
