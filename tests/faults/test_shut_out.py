"""A phone that is shut out, or its studio, in the middle of a sync."""

import asyncio
from time import perf_counter
from typing import Any
from uuid import UUID

import httpx
import pytest
from jwt import PyJWK, decode

from tests.accounts.studios import Studio
from tests.facts import Property
from tests.faults.phones import Phone
from tests.faults.serving import Server
from tests.sync.live import Ear

LICENCES = "UPDATE accounts SET licences = $2 WHERE account_id = $1"
REVOKE = "UPDATE accounts SET subscription_state = $2 WHERE account_id = $1"


async def deactivate(studio: Studio, phone: Phone, desk: dict[str, str], *, is_inactive: bool) -> None:
    """Shut a phone's row out, or let it in again."""
    answer = await studio.change_device(phone.device_id, desk, is_inactive=is_inactive)
    answer.raise_for_status()


async def listen(server: Server, phone: Phone, begun: asyncio.Event) -> tuple[Any, float]:
    """Wait for pokes until refused; return the refusal and when it came."""
    async with (
        httpx.AsyncClient(base_url=server.url, timeout=30) as client,
        client.stream("GET", "/v1/sync/live", headers=phone.headers) as answer,
    ):
        ear = Ear(answer.raise_for_status())
        await ear.poke()
        begun.set()
        while (event := await ear.named()) is not None and event.name == "poke":
            pass
        assert event is not None
        return event.data, perf_counter()


def is_order(phone: Phone, told: Any) -> bool:
    """Say whether a refusal has the signed order to wipe this phone."""
    key = PyJWK(phone.signed_in["wipe_key"])
    order = decode(told["wipe_order"], key, algorithms=["ES256"], audience="studio-device")
    return told["code"] == "device_deactivated" and UUID(order["sub"]) == phone.device_id


@pytest.mark.parametrize("many", [3, pytest.param(500, marks=pytest.mark.proof)])
async def test_a_phone_shut_out_under_way_gets_nothing_any_more(
    server: Server, studio: Studio, many: int, record_property: Property
) -> None:
    """X-10 (P8): a push that is under way counts whole or not at all; stream and next page are refused."""
    desk, other = await studio.administrator(), Phone(studio.client, await studio.signed_in(), 0)
    slowest, pages = 0.0, 0
    for number in range(many):
        phone = Phone(studio.client, await studio.signed_in(device=studio.phone()), number)
        phone.stream = f"phone-{number}"
        begun = asyncio.Event()
        listening = asyncio.create_task(listen(server, phone, begun))
        await begun.wait()
        page = await ask(phone)
        phone.log = [{"n": n, **change} for n, change in enumerate(phone.family(), 1)]
        pushing = asyncio.create_task(phone.send(phone.log))
        for _ in range(number % 7):
            await asyncio.sleep(0)
        await deactivate(studio, phone, desk, is_inactive=True)
        committed = perf_counter()
        pushed, later = await pushing, await ask(phone, page.json()["cursor"])
        told, ended = await listening
        pages += later.is_success
        assert is_order(phone, later.json())
        assert is_order(phone, told)
        slowest = max(slowest, ended - committed)
        there = {change["id"] for change in phone.log} & (await other.first_sync()).keys()
        if pushed.status_code == 200:
            assert there == {change["id"] for change in phone.log}
        else:
            assert is_order(phone, pushed.json())
            assert not there
        wiped = {"wipe_order": later.json()["wipe_order"]}
        (await studio.client.post("/v1/devices/me/wiped", json=wiped)).raise_for_status()
        await deactivate(studio, phone, desk, is_inactive=False)
    record_property("worst: seconds until a stream ended that was shut out", round(slowest, 3))
    record_property("counted: phones shut out under way", many)
    record_property("counted: pages after a phone was shut out", pages)


async def ask(phone: Phone, cursor: str | None = None) -> httpx.Response:
    """Ask for one small page."""
    asked = {"cursor": cursor, "max_rows": 2}
    return await phone.client.post("/v1/sync/pull", json=asked, headers=phone.headers)


async def test_a_studio_that_lapses_between_two_pages_goes_on_where_it_was(
    studio: Studio, phones: list[Phone]
) -> None:
    """X-11 (P3, P5): pages and pushes are refused, nothing is wiped or lost, and renewed it goes on."""
    phone = phones[0]
    assert await phone.deliver(phone.write())
    whole = await phone.first_sync()
    page = (await ask(phone)).json()
    await studio.execute(REVOKE, "cancelled")
    changes = phone.write()
    for refused in (await ask(phone, page["cursor"]), await phone.send(changes)):
        assert (refused.status_code, refused.json()["code"]) == (403, "subscription_inactive")
        assert "wipe_order" not in refused.json()
    await studio.execute(REVOKE, "active")
    pages = [page]
    while pages[-1]["has_more"]:
        pages.append((await ask(phone, pages[-1]["cursor"])).json())
    puts = [record["id"] for each in pages for found in each["changes"].values() for record in found["put"]]
    assert len(puts) == len(set(puts))
    assert set(puts) >= whole.keys()
    assert await phone.deliver(changes)


@pytest.mark.proof
async def test_two_places_are_two_places(studio: Studio, record_property: Property) -> None:
    """X-11: fifty at once ask for the last place, two hundred times; one gets it each time."""
    desk, body = await studio.administrator(), {"user_id": str(studio.photographer.user_id)}
    given = (await studio.client.get("/v1/devices", headers=desk)).json()
    await studio.execute(
        "UPDATE accounts SET licences = $2 WHERE account_id = $1", 1 + len(given["devices"]) // 2
    )
    rounds, beyond = 200, 0
    for _ in range(rounds):
        while (answer := await studio.client.post("/v1/devices", json=body, headers=desk)).status_code == 201:
            last = answer.json()["id"]
        (await studio.client.delete(f"/v1/devices/{last}", headers=desk)).raise_for_status()
        answers = await asyncio.gather(
            *(studio.client.post("/v1/devices", json=body, headers=desk) for _ in range(50))
        )
        made = [answer.json()["id"] for answer in answers if answer.status_code == 201]
        beyond += max(0, len(made) - 1)
        assert made
        assert {answer.status_code for answer in answers} <= {201, 409}
        for each in made:
            (await studio.client.delete(f"/v1/devices/{each}", headers=desk)).raise_for_status()
    record_property("counted: races for the last place", rounds * 50)
    record_property("counted: devices beyond the licences", beyond)
    assert beyond == 0
