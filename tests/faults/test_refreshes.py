"""The answer to a refresh is lost, on real sockets, and the app asks again, perhaps twice at once."""

import asyncio

import httpx
import orjson
import pytest

from tests.accounts.studios import Studio, bearer
from tests.facts import Property
from tests.faults.serving import Server
from tests.faults.test_answers import hang_up


@pytest.mark.parametrize("many", [10, pytest.param(1_000, marks=pytest.mark.proof)])
async def test_a_lost_refresh_signs_nobody_out(
    server: Server, studio: Studio, many: int, record_property: Property
) -> None:
    """X-21 (E1, E3, E5): who asks again gets the same successor, also from a server that was killed."""
    phone, kept = await studio.signed_in(device=studio.phone()), 0
    for number in range(1, many + 1):
        sent = {"refresh_token": phone["refresh_token"]}
        await hang_up(server, raw(sent), after_answer=number % 3 > 0)
        if number % 100 == 0 or number == many:
            server.kill()
            await server.start()
        first, second = await asyncio.gather(refresh(studio, sent), refresh(studio, sent))
        assert (first.status_code, second.status_code) == (200, 200), (first.text, second.text)
        assert first.json()["refresh_token"] == second.json()["refresh_token"]
        phone, kept = first.json(), kept + 1
    pull = await studio.client.post("/v1/sync/pull", json={}, headers=bearer(phone))
    assert pull.status_code == 200
    record_property("counted: answers to refreshes lost", many)
    record_property("counted: sign-outs by lost answers", many - kept)


async def refresh(studio: Studio, sent: dict[str, str]) -> httpx.Response:
    """Refresh; a connection that died with a server is made anew."""
    try:
        return await studio.client.post("/v1/auth/refresh", json=sent)
    except httpx.TransportError:
        return await studio.client.post("/v1/auth/refresh", json=sent)


def raw(sent: dict[str, str]) -> bytes:
    """Return a refresh as it goes over the wire."""
    body = orjson.dumps(sent)
    head = (
        "POST /v1/auth/refresh HTTP/1.1\r\nHost: studio.test\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
