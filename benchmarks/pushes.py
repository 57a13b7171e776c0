"""Pushes over HTTP of one change and of many, by one phone and by four at once."""

import asyncio
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import httpx
import orjson

from benchmarks.ground import Ground
from benchmarks.samples import Result, Way, Work, compare
from benchmarks.studios import studio

_SIZES = (1, 20, 500)
_PHONES = 4


@dataclass
class Phone:
    """A phone that makes clients, and knows its next number."""

    client: httpx.AsyncClient
    next: int = 1

    async def push(self, size: int) -> None:
        """Make some clients; each must be taken in."""
        changes = [_change(n) for n in range(self.next, self.next + size)]
        body = {"first": self.next, "changes": changes}
        answer = (await self.client.post("/v1/sync/push", json=body)).raise_for_status().json()
        if {each["verdict"] for each in answer["results"]} != {"applied"}:
            raise ValueError("a push that is measured must be applied")
        self.next += size


async def push(ground: Ground) -> list[Result]:
    """Measure changes per second; the limit is a transaction that inserts the same changes as bare rows."""
    await ground.direct.execute(
        "DROP TABLE IF EXISTS pushed; CREATE TABLE pushed (id uuid PRIMARY KEY, body bytea)"
    )
    phones = await _phones(ground)
    results: list[Result] = []
    for size in _SIZES:
        limit = f"bare rows, {size} at a time"
        ways: dict[str, Way] = {limit: partial(_bare, ground, size)}
        for many in (1, _PHONES):
            ways[f"{size} per push, {many} phone{'s' * (many > 1)}"] = partial(
                _push, ground, phones[:many], size
            )
        results += await compare("push", "changes", ways, ground.size.rounds)
    await asyncio.gather(*(phone.client.aclose() for phone in phones))
    return results


async def _phones(ground: Ground) -> list[Phone]:
    _, clients = await studio(ground, "pushing", _PHONES)
    return [Phone(client) for client in clients]


async def _push(ground: Ground, phones: list[Phone], size: int) -> Work:
    ground.served.forget_peak()
    began, times = ground.served.cpu_seconds, _times(ground, size)

    async def use(phone: Phone) -> None:
        for _ in range(times):
            await phone.push(size)

    await asyncio.gather(*(use(phone) for phone in phones))
    cpu_seconds = ground.served.cpu_seconds - began
    done, peak = size * times * len(phones), ground.served.peak_megabytes
    return Work(done, cpu_seconds=cpu_seconds, peak_megabytes=peak)


async def _bare(ground: Ground, size: int) -> Work:
    numbers = count(1)
    times = _times(ground, size)
    for _ in range(times):
        rows = [_bare_row(next(numbers)) for _ in range(size)]
        ids, bodies = [row[0] for row in rows], [row[1] for row in rows]
        await ground.direct.execute(
            "INSERT INTO pushed SELECT * FROM unnest($1::uuid[], $2::bytea[])", ids, bodies
        )
    return Work(size * times)


def _times(ground: Ground, size: int) -> int:
    """Send fewer of the large ones."""
    return max(1, ground.size.requests // (2 * size) or 2) if size > 1 else ground.size.requests // 2


def _bare_row(n: int) -> tuple[UUID, bytes]:
    change = _change(n)
    return UUID(change["id"]), orjson.dumps(change["fields"])


def _change(n: int) -> dict[str, Any]:
    fields = {"client_type": "consumer", "first_name": "Ada", "last_name": f"Client {n}"}
    return {"n": n, "collection": "clients", "id": str(uuid4()), "op": "create", "fields": fields}
