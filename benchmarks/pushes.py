"""Pushes over HTTP of one change and of many, by one phone and by eight at once, with all rules."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import orjson

from app.core.principal import Principal
from app.core.revisions import read_clock
from app.sync.push import push as take_in
from app.sync.schemas import PushRequest
from app.sync.store import Write, write
from benchmarks.ground import Ground
from benchmarks.samples import Result, Way, Work, compare
from benchmarks.studios import new_studio

PHONES = 8
_DAY = 28
_PHOTOGRAPHER = "SELECT user_id FROM users WHERE account_id = $1 AND initials = 'PK'"
Fields = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Studio:
    """The account that is pushed to: a client and a member of staff whom changes name."""

    account_id: UUID
    client_id: str
    user_id: str

    def clients(self, n: int) -> Fields:
        """Return a change that makes a client."""
        return _create("clients", client_type="consumer", first_name="Ada", last_name=f"Client {n}")

    def work(self, n: int) -> Fields:
        """Return a change as a day's work has them: a client, a booking, a task, a call."""
        about: Fields = {"client_id": self.client_id}
        when: Fields = {"date": f"20{30 + n // 336 % 60}-{n // 28 % 12 + 1:02}-{n % _DAY + 1:02}"}
        hour = n // 20_160 % 24
        when |= {"start_time": f"{hour:02}:00:00", "end_time": f"{hour:02}:45:00"}
        makers: Sequence[Callable[[], Fields]] = (
            partial(self.clients, n),
            partial(
                _create, "sessions", **about, **when, description="Portrait", photographer_id=self.user_id
            ),
            partial(
                _create, "appointments", **about, **when, description="Ordering", user_ids=[self.user_id]
            ),
            partial(_create, "tasks", **about, subject="Order frames"),
            partial(_create, "phone_calls", **about, subject="Confirm", date=when["date"]),
        )
        return makers[n % len(makers)]()


Made = Callable[[int], Fields]


@dataclass
class Phone:
    """A phone that makes records, and knows its next number."""

    client: httpx.AsyncClient
    next: int = 1

    async def push(self, made: Made, numbers: "count[int]", size: int) -> None:
        """Make some records; each must be taken in."""
        changes = [{"n": n, **made(next(numbers))} for n in range(self.next, self.next + size)]
        body = {"first": self.next, "changes": changes}
        answer = (await self.client.post("/v1/sync/push", json=body)).raise_for_status().json()
        if {each["verdict"] for each in answer["results"]} != {"applied"}:
            raise ValueError("a push that is measured must be applied")
        self.next += size


async def push(ground: Ground) -> list[Result]:
    """Measure changes per second, and print how many statements a push is made of.

    The limit is a transaction that inserts the same changes as bare rows.
    """
    await ground.direct.execute(
        "DROP TABLE IF EXISTS pushed; CREATE TABLE pushed (id uuid PRIMARY KEY, body bytea)"
    )
    numbers = count(1)
    async with AsyncExitStack() as stack:
        studio, phones = await open_studio(ground, stack, "pushing")
        results: list[Result] = []
        for size in ground.size.pushes:
            ways: dict[str, Way] = {
                f"bare rows, {size} at a time": partial(_bare, ground, studio, size),
                f"{size} clients per push, 1 phone": partial(
                    _push, ground, phones[:1], studio.clients, numbers, size
                ),
                f"{size} clients per push, {PHONES} phones": partial(
                    _push, ground, phones, studio.clients, numbers, size
                ),
                f"{size} records of a day's work, 1 phone": partial(
                    _push, ground, phones[:1], studio.work, numbers, size
                ),
            }
            results += await compare("push", "changes", ways, ground.size.rounds)
        await _tell_statements(ground, studio, numbers)
    return results


async def open_studio(ground: Ground, stack: AsyncExitStack, name: str) -> tuple[Studio, list[Phone]]:
    """Return a studio with a client and a member of staff, and phones that have signed in."""
    account_id, clients = await new_studio(ground, name, PHONES)
    phones = [Phone(await stack.enter_async_context(client)) for client in clients]
    async with ground.database.writing(account_id) as session:
        user_id = await session.raw.fetchval(_PHOTOGRAPHER, account_id)
        client_id = uuid4()
        await write(
            session, Principal.system(account_id), [Write("clients", client_id, {"last_name": "Hartley"})]
        )
    return Studio(account_id, str(client_id), str(user_id)), phones


async def _push(ground: Ground, phones: list[Phone], made: Made, numbers: "count[int]", size: int) -> Work:
    ground.served.forget_peak()
    began, times = ground.served.cpu_seconds, _times(ground, size)

    async def use(phone: Phone) -> None:
        for _ in range(times):
            await phone.push(made, numbers, size)

    await asyncio.gather(*(use(phone) for phone in phones))
    cpu_seconds = ground.served.cpu_seconds - began
    done, peak = size * times * len(phones), ground.served.peak_megabytes
    return Work(done, cpu_seconds=cpu_seconds, peak_megabytes=peak)


async def _bare(ground: Ground, studio: Studio, size: int) -> Work:
    numbers = count(1)
    times = _times(ground, size)
    for _ in range(times):
        rows = [_bare_row(studio, next(numbers)) for _ in range(size)]
        ids, bodies = [row[0] for row in rows], [row[1] for row in rows]
        await ground.insert("pushed", ids, bodies)
    return Work(size * times)


def _times(ground: Ground, size: int) -> int:
    """Send fewer of the large ones."""
    return max(1, ground.size.requests // (2 * size) or 2) if size > 1 else ground.size.requests // 2


def _bare_row(studio: Studio, n: int) -> tuple[UUID, bytes]:
    change = studio.clients(n)
    return UUID(change["id"]), orjson.dumps(change["fields"])


async def _tell_statements(ground: Ground, studio: Studio, numbers: "count[int]") -> None:
    """Print how many statements the engine sends for pushes of each size: round trips under the clock."""
    sizes = ground.size.pushes
    for name, made in (("clients", studio.clients), ("a day's work", studio.work)):
        counts = [await _statements(ground, studio, made, numbers, size) for size in sizes]
        told = ", ".join(f"{size}: {number}" for size, number in zip(sizes, counts, strict=True))
        print(f"Statements per push of {name}, by changes: {told}")


async def _statements(ground: Ground, studio: Studio, made: Made, numbers: "count[int]", size: int) -> int:
    who = replace(ground.phone, account_id=studio.account_id, user_id=UUID(studio.user_id))
    changes = [{"n": n, **made(next(numbers))} for n in range(1, size + 1)]
    sent = PushRequest.model_validate_json(orjson.dumps({"first": 1, "changes": changes}))
    seen: list[asyncpg.connection.LoggedQuery] = []
    async with ground.database.writing(studio.account_id) as session:
        with session.raw.query_logger(seen.append):
            await take_in(session, who, await read_clock(session), sent)
    return len(seen)


def _create(collection: str, **fields: Any) -> Fields:
    return {"collection": collection, "id": str(uuid4()), "op": "create", "fields": fields}
