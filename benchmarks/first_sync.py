"""A first sync of so many payments, to its end, by us, by our peers, and by COPY of the same bytes."""

from collections.abc import AsyncIterator, Callable
from functools import partial
from urllib.parse import urlencode, urlsplit
from uuid import UUID

import orjson

from benchmarks.ground import Ground
from benchmarks.paging import by_copy, http_pages, http_stream, taken
from benchmarks.peers import kinto
from benchmarks.peers.records import BEGINNING
from benchmarks.samples import Result, Way, Work, compare
from benchmarks.standing import BODIES, Peer, Peers, standing, typical
from benchmarks.wire import Lines

PAGE = 2_000
_MANY = 200_000
"""Of so many records one run behind the warm-up says enough."""
_ONCE_EACH = b'"reference":'
"""In every payment, whoever sends it."""

Pages = Callable[[Lines], AsyncIterator[bytes]]


async def first_sync(ground: Ground) -> list[Result]:
    """Measure records per second; the limit is COPY through the index a pull goes through."""
    results = []
    for rows in ground.size.records:
        if rows == ground.size.typical:
            results += await _of(ground, await typical(ground))
        else:
            async with standing(ground, rows) as peers:
                results += await _of(ground, peers)
    return results


async def _of(ground: Ground, peers: Peers) -> list[Result]:
    rows = len(peers.made)
    await _check(peers, rows)
    rounds, ways = ground.size.rounds if rows < _MANY else 1, _ways(ground, peers, rows)
    return await compare(f"first sync: {rows:,} records", "records", ways, rounds, is_warm=True)


def _ways(ground: Ground, peers: Peers, rows: int) -> dict[str, Way]:
    def of(peer: Peer, pages: Pages) -> Way:
        return partial(_paged, peer, rows, pages)

    return {
        "COPY through the index": partial(by_copy, ground, rows, BODIES, peers.studio.account_id),
        "text passed through": of(peers.by_hand, text_pages),
        "ours": of(peers.ours, http_stream),
        "ours, gzip": of(peers.ours, partial(http_stream, encoding="gzip")),
        "ours, zstd": of(peers.ours, partial(http_stream, encoding="zstd")),
        "ours, in pages": of(peers.ours, partial(http_pages, max_rows=PAGE)),
        "ours, stripped": of(peers.stripped, _stripped_pages),
        "FastAPI + SQLModel": of(peers.by_hand, pages_by_hand),
        **({"Kinto": of(peers.kinto, _kinto_pages)} if peers.kinto else {}),
    }


async def _paged(peer: Peer, rows: int, pages: Pages) -> Work:
    return await taken(peer.served, rows, pages(peer.lines))


async def _check(peers: Peers, rows: int) -> None:
    """See that whoever is measured sends all there is; that warms them up, too."""
    told: list[tuple[Peer, Pages]] = [
        (peers.by_hand, text_pages),
        (peers.ours, http_stream),
        (peers.ours, partial(http_pages, max_rows=PAGE)),
        (peers.stripped, _stripped_pages),
        (peers.by_hand, pages_by_hand),
        *([(peers.kinto, _kinto_pages)] if peers.kinto else []),
    ]
    for peer, pages in told:
        sent = b"".join([piece async for piece in pages(peer.lines)])
        if sent.count(_ONCE_EACH) != rows:
            raise ValueError(f"{pages}: {sent.count(_ONCE_EACH)} of {rows} records")


async def text_pages(lines: Lines) -> AsyncIterator[bytes]:
    """Yield the pages of the route that passes text through."""
    after: str | None = str(UUID(int=0))
    while after:
        text = await lines.get(f"/text?after={after}&limit={PAGE}")
        after = text[9:45].decode() if text[9:10] != b'"' else None
        yield text


async def pages_by_hand(lines: Lines) -> AsyncIterator[bytes]:
    """Yield the pages of the route most teams would write; the last record says where to go on."""
    asked = {"limit": str(PAGE)}
    while True:
        text = await lines.get(f"/payments?{urlencode(asked)}")
        yield text
        if text.count(_ONCE_EACH) < PAGE:
            return
        last = orjson.loads(text[text.rindex(b"{") : -1])
        asked |= {"since": last["updated_at"], "after": last["id"]}


async def _stripped_pages(lines: Lines) -> AsyncIterator[bytes]:
    after = BEGINNING
    while after:
        text = await lines.get(f"/records?after={after}&limit={PAGE}")
        after = text[9 : text.index(b'"', 9)].decode()
        yield text


async def _kinto_pages(lines: Lines) -> AsyncIterator[bytes]:
    address: str | None = f"{kinto.RECORDS}?_limit={PAGE}"
    while address:
        parts = urlsplit(address)
        reply = await lines.send(lines.request("GET", f"{parts.path}?{parts.query}"))
        yield reply.body
        address = reply.header(b"next-page")
