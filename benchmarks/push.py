"""Pushes of one change and of many, by one phone and by many, of one account and of many, with all rules."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import count, cycle, islice
from uuid import UUID, uuid4

import asyncpg
import orjson

from app.core.revisions import read_clock
from app.sync.push import push as take_in
from app.sync.schemas import PushRequest
from benchmarks.ground import Ground, phone_of
from benchmarks.loops import Ask, at_once
from benchmarks.peers import kinto
from benchmarks.peers.records import records
from benchmarks.samples import Result, Way, compare
from benchmarks.standing import PHONES, Peer, Peers, typical
from benchmarks.studios import Made, Phone, Studio, client_fields, open_studio
from benchmarks.wire import NO_REPLY, Reply

_BESIDE = 100
_PAYMENTS = list(records(_BESIDE))


async def push(ground: Ground) -> list[Result]:
    """Measure changes per second, and print how many statements a push is made of.

    The limit is one client that inserts as many bare rows at once.
    """
    await ground.direct.execute("CREATE TABLE IF NOT EXISTS pushed (id uuid PRIMARY KEY, body bytea)")
    numbers = count(1)
    results = []
    peers = await typical(ground)
    for clients in (1, PHONES):
        results += await compare(
            f"push: {_BESIDE} changes, {clients} client{'s' * (clients > 1)}, beside others",
            "changes",
            _beside(ground, peers, numbers, clients),
            ground.size.rounds,
        )
    return results + await _by_size(ground, numbers)


async def _by_size(ground: Ground, numbers: "count[int]") -> list[Result]:
    """Measure ours by the changes in a push and by who pushes."""
    size, results = ground.size, []
    studio, phones = await open_studio(ground, f"pushing-{next(numbers)}", max(size.devices))
    crowd = [await open_studio(ground, f"pushing-{next(numbers)}", 1) for _ in range(size.accounts)]
    for many in size.pushes:
        ways: dict[str, Way] = {"bare rows": _bare(ground, many)}
        for devices in size.devices:
            pushes = [_push(phone, studio.clients, numbers, many) for phone in phones[:devices]]
            ways[f"{devices} device{'s' * (devices > 1)} of one account"] = _way(ground, pushes, many)
        pushes = [_push(phone, own.clients, numbers, many) for own, [phone] in crowd]
        ways[f"{size.accounts} accounts"] = _way(ground, pushes, many)
        ways["a day's work, 1 device"] = _way(ground, [_push(phones[0], studio.work, numbers, many)], many)
        results += await compare(
            f"push: {many} change{'s' * (many > 1)}", "changes", ways, ground.size.rounds
        )
    await _tell_statements(ground, studio, numbers)
    return results


def _push(phone: Phone, made: Made, numbers: "count[int]", many: int) -> Ask:
    return partial(phone.push, made, numbers, many)


def _way(ground: Ground, pushes: Sequence[Ask], many: int) -> Way:
    return partial(at_once, ground.served, pushes, many, ground.size.moment)


def _beside(ground: Ground, peers: Peers, numbers: "count[int]", clients: int) -> dict[str, Way]:
    def of(peer: Peer, pushes: Sequence[Ask]) -> Way:
        return partial(at_once, peer.served, pushes, _BESIDE, ground.size.moment)

    ours = [_push(phone, peers.studio.clients, numbers, _BESIDE) for phone in peers.phones[:clients]]
    other = peers.kinto
    return {
        "bare rows, 1 client": _bare(ground, _BESIDE),
        "ours": of(peers.ours, ours),
        "ours, stripped": of(peers.stripped, [partial(_push_stripped, peers.stripped, numbers)] * clients),
        "FastAPI + SQLModel": of(peers.by_hand, [partial(_push_by_hand, peers.by_hand)] * clients),
        **({"Kinto": of(other, [partial(_push_kinto, other)] * clients)} if other else {}),
    }


async def _push_stripped(peer: Peer, numbers: "count[int]") -> Reply:
    sent = [{"id": str(uuid4()), **client_fields(n)} for n in islice(numbers, _BESIDE)]
    return await peer.lines.post("/clients", orjson.dumps(sent))


async def _push_by_hand(peer: Peer) -> Reply:
    sent = [{**each, "id": str(uuid4())} for each in _PAYMENTS]
    return await peer.lines.post("/payments", orjson.dumps(sent))


async def _push_kinto(peer: Peer) -> Reply:
    requests = [
        {
            "path": f"{kinto.PARENT}/records/{uuid4()}",
            "body": {"data": {name: value for name, value in each.items() if name != "id"}},
        }
        for each in _PAYMENTS
    ]
    reply = await peer.lines.post(
        "/v1/batch", orjson.dumps({"defaults": {"method": "PUT"}, "requests": requests})
    )
    if not reply.is_accepted:
        return reply
    statuses = {each["status"] for each in orjson.loads(reply.body)["responses"]}
    return reply if statuses == {201} else NO_REPLY


def _bare(ground: Ground, many: int) -> Way:
    bodies = [orjson.dumps(each) for each in islice(cycle(_PAYMENTS), many)]

    async def insert() -> Reply:
        await ground.insert("pushed", [uuid4() for _ in range(many)], bodies)
        return Reply(200)

    return partial(at_once, None, [insert], many, ground.size.moment)


async def _tell_statements(ground: Ground, studio: Studio, numbers: "count[int]") -> None:
    """Print how many statements the engine sends for pushes of each size: round trips under the clock."""
    sizes = ground.size.pushes
    for name, made in (("clients", studio.clients), ("a day's work", studio.work)):
        counts = [await _statements(ground, studio, made, numbers, size) for size in sizes]
        told = ", ".join(f"{size}: {number}" for size, number in zip(sizes, counts, strict=True))
        print(f"Statements per push of {name}, by changes: {told}")


async def _statements(ground: Ground, studio: Studio, made: Made, numbers: "count[int]", size: int) -> int:
    who = replace(phone_of(studio.account_id), user_id=UUID(studio.user_id))
    changes = [{"n": n, **made(next(numbers))} for n in range(1, size + 1)]
    sent = PushRequest.model_validate_json(orjson.dumps({"first": 1, "changes": changes}))
    seen: list[asyncpg.connection.LoggedQuery] = []
    async with ground.database.writing(studio.account_id) as session:
        with session.raw.query_logger(seen.append):
            await take_in(session, who, await read_clock(session), sent)
    return len(seen)
