"""One round trip: what a phone did goes up and what changed comes down, its own changes among it."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

import httpx

from tests.accounts.studios import Studio
from tests.contract.phones import Copy, Phone, change
from tests.samples import sample


async def exchange(phone: Phone, cursor: str | None, *changes: dict[str, Any]) -> httpx.Response:
    """Push under the next numbers of the stream and pull the clients."""
    numbered = [{"n": n, **each} for n, each in enumerate(changes, phone.next)]
    push = {"stream": phone.stream, "first": phone.next, "changes": numbered} if changes else None
    pull = {"cursor": cursor, "collections": None if cursor else ["clients"]}
    return await phone.client.post("/v1/sync", json={"push": push, "pull": pull}, headers=phone.headers)


async def settled(phone: Phone) -> Copy:
    return await phone.copy("clients")


async def test_the_pull_sees_the_push(phone: Phone) -> None:
    copy, client = await settled(phone), uuid4()
    answer = await exchange(phone, copy.cursor, change("create", "clients", client, **sample("clients")))
    told = answer.json()
    assert [each["verdict"] for each in told["push"]["results"]] == ["applied"]
    assert [each["id"] for each in told["pull"]["changes"]["clients"]["put"]] == [str(client)]
    assert told["pull"]["revision"] == told["push"]["revision"]
    assert told["pull"]["consistent"]


async def test_nothing_to_send_is_a_pull(phone: Phone) -> None:
    copy = await settled(phone)
    told = (await exchange(phone, copy.cursor)).json()
    assert told["push"] is None
    assert told["pull"]["changes"] == {}


async def test_a_repeat_brings_the_same_verdicts(phone: Phone) -> None:
    copy = await settled(phone)
    made = change("create", "clients", uuid4(), **sample("clients"))
    first = (await exchange(phone, copy.cursor, made)).json()
    again = (await exchange(phone, copy.cursor, made)).json()
    assert again["push"] == first["push"]


async def test_a_cursor_that_is_refused_refuses_the_push_too(phone: Phone) -> None:
    client = uuid4()
    copy = await settled(phone)
    made = change("create", "clients", client, **sample("clients"))
    refused = await exchange(phone, "a" + "x" * 80, made)
    assert (refused.status_code, refused.json()["code"]) == (400, "cursor_malformed")
    await copy.pull()
    assert str(client) not in copy.records


async def test_a_push_that_is_refused_brings_no_page(phone: Phone) -> None:
    copy = await settled(phone)
    phone.next = 7
    refused = await exchange(phone, copy.cursor, change("create", "clients", uuid4(), **sample("clients")))
    assert (refused.status_code, refused.json()["code"]) == (409, "stream_gap")


async def test_a_refusal_inside_the_push_does_not_hold_back_the_page(phone: Phone) -> None:
    copy = await settled(phone)
    told = (await exchange(phone, copy.cursor, change("patch", "clients", uuid4(), last_name="X"))).json()
    assert [each["code"] for each in told["push"]["results"]] == ["unknown_record"]
    assert told["pull"]["consistent"]


async def test_a_desk_is_refused_before_its_turn_comes(phone: Phone, studio: Studio) -> None:
    """While somebody else has the turn, whoever waits for it is told to come again."""
    desk = replace(phone, headers=await studio.administrator())
    async with studio.database.writing(studio.account.account_id):
        refused = await exchange(desk, None, change("create", "clients", uuid4(), **sample("clients")))
    assert (refused.status_code, refused.json()["code"]) == (403, "device_required")
