"""Answers get lost, clients hang up, the database restarts, a phone is shut out between two pages."""

import asyncio
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from random import Random
from uuid import UUID

import httpx
import orjson
import pytest
from jwt import PyJWK, decode

from tests.accounts.studios import Studio
from tests.faults.ledger import still_busy
from tests.faults.phones import Json, Phone
from tests.faults.serving import Cluster, Server

pytestmark = pytest.mark.slow

POOL_SIZE = 10


def raw_push(phone: Phone, changes: list[Json]) -> bytes:
    """Return a push as it goes over the wire."""
    body = orjson.dumps({"first": changes[0]["n"], "changes": changes, "atomicity": "all"})
    head = (
        "POST /v1/sync/push HTTP/1.1\r\nHost: studio.test\r\nContent-Type: application/json\r\n"
        f"Authorization: {phone.headers['Authorization']}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def hang_up(server: Server, sent: bytes, *, after_answer: bool = False) -> None:
    """Send bytes and cut the connection, at once or when an answer has come that nobody reads."""
    reader, writer = await server.connect()
    writer.write(sent)
    await writer.drain()
    if after_answer:
        await reader.readexactly(1)
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


async def test_a_lost_answer_is_given_again(server: Server, phones: list[Phone]) -> None:
    phone = phones[0]
    changes = [change for _ in range(3) for change in phone.family()]
    phone.log += [{"n": n, **change} for n, change in enumerate(changes, 1)]
    await hang_up(server, raw_push(phone, phone.log), after_answer=True)
    before = await phone.first_sync()
    assert {change["id"] for change in phone.log} <= before.keys()

    assert await phone.deliver(phone.log)
    assert {each["verdict"] for each in phone.verdicts.values()} == {"applied"}
    assert await phone.deliver(phone.log)
    assert await phone.first_sync() == before


async def test_two_copies_sent_at_once_get_one_answer(phones: list[Phone]) -> None:
    phone = phones[0]
    for _ in range(10):
        changes = phone.write()
        first, second = await asyncio.gather(phone.send(changes), phone.send(changes))
        assert first.json()["results"] == second.json()["results"]
        phone.note(first)


async def test_clients_that_hang_up_leave_no_transaction_and_no_half_batch(
    cluster: Cluster, server: Server, phones: list[Phone]
) -> None:
    phone = phones[0]
    random = Random(3)  # noqa: S311 - a repeatable run, no secret
    for _ in range(30):
        first = len(phone.log)
        phone.log += [{"n": n, **change} for n, change in enumerate(phone.family(), first + 1)]
        changes = phone.log[first:]
        sent = raw_push(phone, changes)
        await hang_up(server, sent[: random.choice((len(sent), len(sent), random.randrange(len(sent))))])
        assert await still_busy(cluster) == 0
        there = {change["id"] for change in changes} & (await phone.first_sync()).keys()
        assert len(there) in (0, len(changes))
        assert await phone.deliver(changes)
    assert {each["verdict"] for each in phone.verdicts.values()} == {"applied"}
    assert {change["id"] for change in phone.log} <= (await phone.first_sync()).keys()


@pytest.mark.parametrize("end", [Cluster.stop, Cluster.kill], ids=["stopped", "killed"])
async def test_a_database_that_restarts_costs_nothing_but_a_retry(
    end: Callable[[Cluster], None], cluster: Cluster, server: Server, phones: list[Phone]
) -> None:
    phone, pid = phones[0], server.pid
    await asyncio.gather(*(phone.first_sync() for _ in range(POOL_SIZE)))
    end(cluster)
    assert not await phone.deliver(phone.write())
    assert (await phone.client.get("/health/live")).status_code == 200
    assert (await phone.client.get("/health/ready")).status_code == 503

    await cluster.start()
    failed = 0
    while not await phone.deliver(phone.log):
        failed += 1
        assert failed <= POOL_SIZE, "the pool keeps dead connections"
    answers = await asyncio.gather(*(pull(phone) for _ in range(2 * POOL_SIZE)))
    assert {answer.status_code for answer in answers} <= {200, 503}
    assert all("Retry-After" in answer.headers for answer in answers if answer.status_code == 503)
    assert (await pull(phone)).status_code == 200
    assert server.pid == pid


async def test_a_phone_shut_out_between_two_pages_is_told_to_wipe(
    studio: Studio, phones: list[Phone]
) -> None:
    phone = phones[0]
    page = (await pull(phone)).json()
    assert page["has_more"]
    change = await studio.change_device(phone.device_id, is_inactive=True)
    assert change.status_code == 200
    answer = await pull(phone, page["cursor"])
    assert (answer.status_code, answer.json()["code"]) == (403, "device_deactivated")
    order = decode(
        answer.json()["wipe_order"],
        PyJWK(phone.signed_in["wipe_key"]),
        algorithms=["ES256"],
        audience="studio-device",
    )
    assert UUID(order["sub"]) == phone.device_id
    assert (await pull(phones[1])).status_code == 200


async def pull(phone: Phone, cursor: str | None = None) -> httpx.Response:
    """Ask for one small page."""
    asked = {"cursor": cursor, "max_rows": 10}
    return await phone.client.post("/v1/sync/pull", json=asked, headers=phone.headers)
