"""A pull that brings nothing, which is most of them, and one of ten changes, by us and by our peers."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import count
from urllib.parse import urlencode
from uuid import UUID

import orjson

from benchmarks.ground import Ground
from benchmarks.loops import Ask, asking, at_a_rate, at_once
from benchmarks.paging import cursor_at_rest, cursor_of
from benchmarks.peers import kinto
from benchmarks.samples import Result, Way, compare
from benchmarks.serving import by_uvicorn, the_app
from benchmarks.standing import Peer, Peers, instant, typical
from benchmarks.wire import Lines, Reply

TEXT, OURS, STRIPPED, BY_HAND, KINTO = (
    "text passed through",
    "ours",
    "ours, stripped",
    "FastAPI + SQLModel",
    "Kinto",
)
_USUAL = 50
"""Requests a second of one client."""
_CHANGES = 10
_CLOCK = "SELECT revision FROM account_clock WHERE account_id = $1"
_BODIES = "SELECT body FROM feed WHERE account_id = $1 AND revision > $2"
_LAST_ID = UUID(int=2**128 - 1)
_LAST_COLLECTION = 2**15 - 1


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of each way, for the same answer; `revision` is where our account stood."""

    name: str
    changes: int
    revision: int
    requests: Mapping[str, bytes]


async def pull(ground: Ground) -> list[Result]:
    """Measure how long one client waits, and how many requests are answered on many connections.

    The limit of the first is what a pull reads, asked of PostgreSQL; of the second, text passed through.
    """
    size = ground.size
    results = []
    peers = await typical(ground)
    account_id = peers.studio.account_id
    for asked in await _asked(ground, peers):
        await _check(_servers(peers), asked)
        waits: dict[str, Ask] = {
            "SELECT of the same": partial(_select, ground, account_id, asked.revision),
            **_asks(_servers(peers), asked),
        }
        results += await compare(
            f"pull: {asked.name}, one client at {_USUAL}/s",
            "requests",
            {name: partial(at_a_rate, ask, _USUAL, size.watch) for name, ask in waits.items()},
            size.rounds,
        )
        for workers in size.workers:
            with _workers(ground, peers, workers) as servers:
                for connections in size.connections:
                    many = f"{_many(connections, 'connection')}, {_many(workers, 'worker')}"
                    ways = _at_once(servers, asked, connections, size.moment)
                    results += await compare(f"pull: {asked.name}, {many}", "requests", ways, size.rounds)
    return results


def _many(number: int, thing: str) -> str:
    return f"{number} {thing}{'s' * (number > 1)}"


def _asks(servers: Mapping[str, Peer], asked: Asked) -> dict[str, Ask]:
    return {name: asking(peer.lines, asked.requests[name]) for name, peer in servers.items()}


def _at_once(servers: Mapping[str, Peer], asked: Asked, connections: int, seconds: float) -> dict[str, Way]:
    return {
        name: partial(at_once, servers[name].served, [ask] * connections, 1, seconds)
        for name, ask in _asks(servers, asked).items()
    }


def _servers(peers: Peers) -> dict[str, Peer]:
    servers = {TEXT: peers.by_hand, OURS: peers.ours, STRIPPED: peers.stripped, BY_HAND: peers.by_hand}
    return servers | ({KINTO: peers.kinto} if peers.kinto else {})


@contextmanager
def _workers(ground: Ground, peers: Peers, workers: int) -> Iterator[dict[str, Peer]]:
    """Serve with so many processes, where that is only a setting."""
    if workers == 1:
        yield _servers(peers)
        return
    with (
        the_app(ground.database_url, ground.data_dir, workers) as ours,
        by_uvicorn("hand_written", peers.by_hand_url, workers) as by_hand,
    ):
        lines_of_ours, lines_by_hand = Lines(ours.url), Lines(by_hand.url)
        by_hand_peer = Peer(by_hand, lines_by_hand)
        yield {TEXT: by_hand_peer, OURS: Peer(ours, lines_of_ours), BY_HAND: by_hand_peer}
        lines_of_ours.close()
        lines_by_hand.close()


async def _asked(ground: Ground, peers: Peers) -> Sequence[Asked]:
    """Bring a phone to rest, and have another make some changes.

    It comes with the older of its cursors first: those before the one it came with last may be forgotten.
    """
    lines, made = peers.ours.lines, peers.made
    stood, cursor = await _revision(ground, peers), await cursor_at_rest(lines)
    await peers.phones[-1].push(peers.studio.clients, count(1), _CHANGES)
    page = await lines.post("/v1/sync/pull", orjson.dumps({"cursor": cursor}))
    latest, rests = await _revision(ground, peers), cursor_of(page.body)
    places = sorted(each["id"] for each in made)
    before = len(made) - _CHANGES - 1
    return (
        Asked(
            f"{_CHANGES} changes",
            _CHANGES,
            stood,
            _requests(peers, stood, cursor, places[before], instant(before)),
        ),
        Asked("idle", 0, latest, _requests(peers, latest, rests, str(_LAST_ID), instant(len(made)))),
    )


def _requests(peers: Peers, revision: int, cursor: str, after: str, since: datetime) -> dict[str, bytes]:
    """Return what asks each for all behind a place, which each names in its own way."""
    place = f"{revision}.{_LAST_COLLECTION}.{_LAST_ID}"
    paths = {
        TEXT: f"/text?{urlencode({'after': after})}",
        STRIPPED: f"/records?{urlencode({'after': place})}",
        BY_HAND: f"/payments?{urlencode({'since': str(since), 'after': str(_LAST_ID)})}",
        KINTO: f"{kinto.RECORDS}?_since={round(since.timestamp() * 1000)}",
    }
    ours = peers.ours.lines.request("POST", "/v1/sync/pull", orjson.dumps({"cursor": cursor}))
    return {
        OURS: ours,
        **{
            name: peer.lines.request("GET", paths[name])
            for name, peer in _servers(peers).items()
            if name != OURS
        },
    }


async def _check(servers: Mapping[str, Peer], asked: Asked) -> None:
    """See that whoever is measured brings as much."""
    for name, peer in servers.items():
        reply = await peer.lines.send(asked.requests[name])
        found = reply.body.count(b'"client_type":') + reply.body.count(b'"reference":')
        if not reply.is_accepted or found != asked.changes:
            raise ValueError(f"{name}: {found} of {asked.changes} records, {reply}")


async def _revision(ground: Ground, peers: Peers) -> int:
    return int(await ground.direct.fetchval(_CLOCK, peers.studio.account_id))


async def _select(ground: Ground, account_id: UUID, revision: int) -> Reply:
    """Ask PostgreSQL for the clock and, where that has moved, for the records."""
    if await ground.direct.fetchval(_CLOCK, account_id) > revision:
        await ground.direct.fetch(_BODIES, account_id, revision)
    return Reply(200)
