"""A pull as one stream of lines brings what its pages bring, survives a cut, and comes compressed."""

import asyncio
import gc
import zlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID, uuid4

import httpx
import orjson
import pytest
from backports import zstd
from fastapi import FastAPI
from jsonschema import Draft202012Validator

from app.accounts.standing import Standing
from app.accounts.tokens import verify_access
from app.core.db import Database
from app.http.compression import Encoding, encoder
from app.http.errors import Unavailable
from app.sync import stream_router
from app.sync.exchange import Asking
from app.sync.pull import Pulled
from app.sync.schemas import PullRequest
from app.sync.streaming import Source, lines
from tests.accounts.studios import Studio, new_studio
from tests.contract.phones import Copy, Phone, change, signed_in
from tests.document import DOCUMENT
from tests.samples import sample, widen

Line = dict[str, Any]


@pytest.fixture(scope="module")
async def studio(database: Database, house: FastAPI, http: httpx.AsyncClient) -> Studio:
    """Make an account for these tests alone: a stream brings everything there is."""
    studio = await new_studio(database, http, house.state.keys)
    await widen(database, studio.account.account_id)
    return studio


@pytest.fixture(scope="module")
async def first_phone(studio: Studio) -> Phone:
    """Sign a phone in to it."""
    return await signed_in(studio)


@pytest.fixture
async def some(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Have a dozen clients, one of whom is deleted again, and pages of four."""
    monkeypatch.setattr(stream_router, "ROWS", 4)
    ids = [uuid4() for _ in range(12)]
    await phone.must_push(*(change("create", "clients", each, **sample("clients")) for each in ids))
    await phone.must_push(change("delete", "clients", ids[0]))
    return [str(each) for each in ids[1:]]


def source(house: FastAPI, phone: Phone, rows: int = 4) -> Source:
    """Return what a stream of a phone reads from."""
    claims = verify_access(house.state.keys, phone.headers["Authorization"].removeprefix("Bearer "))
    asked = PullRequest(max_rows=rows, collections=["clients"])
    state = house.state
    return Source(Asking(state.database, state.keys, claims, state.sealer, 1), asked)


async def streamed(phone: Phone, **asked: Any) -> list[Line]:
    """Return the lines of a whole stream."""
    answer = await phone.client.get("/v1/sync/pull.ndjson", params=asked, headers=phone.headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    return [orjson.loads(line) for line in answer.content.splitlines()]


async def begun(found: Source, encoding: Encoding | None = None) -> AsyncIterator[bytes]:
    """Begin a stream as the route does."""
    return lines(found, await found.read(None), encoder(encoding), "a request")


def after(copy: Copy, told: list[Line]) -> Copy:
    """Return a copy after the whole pages among some lines: what follows the last one was never stored."""
    changed = replace(copy, records=dict(copy.records), gone=list(copy.gone))
    waiting: list[Line] = []
    for line in told:
        if "page" not in line:
            waiting.append(line)
            continue
        if line["page"]["replace"]:
            changed.records = {}
        for each in waiting:
            if "put" in each:
                changed.records[each["record"]["id"]] = each["record"]
            else:
                changed.records.pop(each["id"], None)
                changed.gone += [each["id"]] if "del" in each else []
        changed.cursor, waiting = line["page"]["cursor"], []
    return changed


@pytest.mark.usefixtures("some")
async def test_a_stream_brings_what_the_pages_bring(phone: Phone) -> None:
    told = await streamed(phone)
    pages = [line["page"] for line in told if "page" in line]
    assert [page["replace"] for page in pages] == [True] + [False] * (len(pages) - 1)
    assert [page["consistent"] for page in pages] == [False] * (len(pages) - 1) + [True]
    assert len(pages) > 3
    copy = await phone.copy()
    held = after(replace(copy, records={}), told)
    assert held.records == copy.records
    assert await held.pull()
    assert held.records == copy.records


async def test_removals_come_as_lines_of_their_own(phone: Phone, some: list[str]) -> None:
    copy = await phone.copy("clients")
    loser, winner = some[:2]
    merging = {"into": winner}
    told = await phone.push(
        change("delete", "clients", UUID(some[2])),
        {"op": "command", "collection": "clients", "id": loser, "command": "merge", "fields": merging},
    )
    assert [each["verdict"] for each in told] == ["applied", "applied"], told
    found = await streamed(phone, cursor=copy.cursor)
    gone = {each["id"]: each["merged_into"] for each in found if each.get("del") == "clients"}
    assert gone == {some[2]: None, loser: winner}
    assert set(after(copy, found).records) == set(copy.records) - set(gone)


async def test_a_stream_that_was_cut_goes_on_behind_the_last_whole_page(
    house: FastAPI, phone: Phone, some: list[str]
) -> None:
    stream, pieces = await begun(source(house, phone)), b""
    while pieces.count(b'{"page"') < 2:
        pieces += await anext(stream)
    pieces += await anext(stream)
    await stream.aclose()  # type: ignore[attr-defined]
    copy = Copy(phone, ["clients"])
    half = after(copy, [orjson.loads(line) for line in pieces.splitlines()])
    assert not set(some) <= set(half.records)
    rest = await streamed(phone, cursor=half.cursor)
    await copy.pull()
    assert after(half, rest).records == copy.records


@pytest.mark.parametrize("encoding", Encoding)
async def test_what_was_sent_is_readable_as_soon_as_its_page_has_ended(
    house: FastAPI, phone: Phone, some: list[str], encoding: Encoding
) -> None:
    plain = b"".join([piece async for piece in await begun(source(house, phone))])
    opened = zstd.ZstdDecompressor() if encoding == Encoding.ZSTD else zlib.decompressobj(31)
    text, ends = b"", 0
    async for piece in await begun(source(house, phone), encoding):
        text += opened.decompress(piece)
        ends += text.endswith(b"}\n") and text.splitlines()[-1].startswith(b'{"page"')
    assert ends >= plain.count(b'{"page"')
    records = {line for line in text.splitlines() if line.startswith(b'{"put"')}
    assert records == {line for line in plain.splitlines() if line.startswith(b'{"put"')}
    assert len(records) >= len(some)


@pytest.mark.usefixtures("some")
@pytest.mark.parametrize(
    ("takes", "gets"),
    [
        ("gzip, deflate, br, zstd", "zstd"),
        ("zstd;q=0.5, gzip", "gzip"),
        ("GZIP ; q=0.3", "gzip"),
        ("br", None),
        ("identity", None),
        ("gzip;q=0, zstd;q=0", None),
        ("gzip;q=much", None),
        ("*", None),
    ],
)
async def test_answers_are_compressed_for_who_takes_that(phone: Phone, takes: str, gets: str | None) -> None:
    headers = {**phone.headers, "Accept-Encoding": takes}
    stream = await phone.client.get("/v1/sync/pull.ndjson", headers=headers)
    page = await phone.client.post("/v1/sync/pull", json={}, headers=headers)
    listed = await phone.client.get("/v1/clients", headers=headers)
    manifest = await phone.client.get("/v1/sync/manifest", headers=headers)
    for answer in (stream, page, listed, manifest):
        assert answer.headers.get("Content-Encoding") == gets
        assert answer.headers["Vary"] == "Accept-Encoding"
    content = zstd.decompress(page.content) if gets == "zstd" else page.content
    assert orjson.loads(content)["changes"]["clients"]["put"]


async def test_a_small_answer_is_left_as_it_is(phone: Phone) -> None:
    copy = await phone.copy("clients")
    headers = {**phone.headers, "Accept-Encoding": "zstd, gzip"}
    answer = await phone.client.post("/v1/sync/pull", json={"cursor": copy.cursor}, headers=headers)
    assert "Content-Encoding" not in answer.headers
    assert answer.json()["consistent"]


async def test_a_stream_that_may_not_begin_is_refused_like_a_pull(phone: Phone, foreign_phone: Phone) -> None:
    copy = await foreign_phone.copy("clients")
    for asked, code in ({"cursor": copy.cursor}, "cursor_foreign"), ({"collections": ["x"]}, None):
        answer = await phone.client.get("/v1/sync/pull.ndjson", params=asked, headers=phone.headers)
        assert answer.status_code in (400, 422)
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert code in (None, answer.json()["code"])


async def test_a_phone_deactivated_on_the_way_is_told_to_wipe_by_the_last_line(
    house: FastAPI, studio: Studio
) -> None:
    await studio.authorize()
    phone = await signed_in(studio)
    await phone.must_push(*(change("create", "clients", uuid4(), **sample("clients")) for _ in range(12)))
    stream = await begun(source(house, phone))
    pieces = await anext(stream)
    mine = verify_access(house.state.keys, phone.headers["Authorization"].removeprefix("Bearer ")).device_id
    answer = await studio.change_device(mine or "", is_inactive=True)
    assert answer.status_code == 200, answer.text
    pieces += b"".join([piece async for piece in stream])
    last = orjson.loads(pieces.splitlines()[-1])
    assert (last["refused"]["code"], last["refused"]["status"]) == ("device_deactivated", 403)
    assert last["refused"]["wipe_order"]
    assert last["refused"]["instance"] == "urn:uuid:a request"


@pytest.mark.usefixtures("some")
async def test_a_token_that_runs_out_on_the_way_ends_the_stream(house: FastAPI, phone: Phone) -> None:
    found = source(house, phone)
    first = await found.read(None)
    past = datetime(2020, 1, 1, tzinfo=UTC)
    claims = replace(found.asking.claims, expires_at=past)
    over = replace(found, asking=replace(found.asking, claims=claims))
    pieces = b"".join([piece async for piece in lines(over, first, encoder(None), "a request")])
    assert orjson.loads(pieces.splitlines()[-1])["refused"]["code"] == "token_expired"
    assert pieces.count(b'{"page"') == 1


class _Failing(Source):
    """Waits for the page behind the first, says so, and fails as soon as it is told to stop."""

    waits: ClassVar[asyncio.Event]

    async def read(self, cursor: str | None) -> tuple[Pulled, Standing]:
        if cursor is None:
            return await super().read(cursor)
        self.waits.set()
        try:
            await asyncio.Event().wait()
        finally:
            raise Unavailable


@pytest.mark.usefixtures("some")
async def test_nothing_is_complained_of_when_reading_ahead_fails_as_the_reader_goes(
    house: FastAPI, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    complaints: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    monkeypatch.setattr(loop, "call_exception_handler", complaints.append)
    found = source(house, phone)
    failing = _Failing(found.asking, found.asked)
    _Failing.waits = asyncio.Event()
    stream = await begun(failing)
    await anext(stream)
    await _Failing.waits.wait()
    await stream.aclose()  # type: ignore[attr-defined]
    del stream
    gc.collect()
    assert not complaints


@pytest.mark.usefixtures("some")
async def test_a_slow_reader_holds_no_connection(house: FastAPI, phone: Phone, database_url: str) -> None:
    small = Database(database_url, pool_size=1)
    found = source(house, phone)
    stream = await begun(replace(found, asking=replace(found.asking, database=small)))
    await anext(stream)
    # The next page is read ahead; then the reader takes nothing in for as long as it likes.
    async with asyncio.timeout(5), small.reading(found.asking.claims.account_id):
        pass
    await stream.aclose()  # type: ignore[attr-defined]
    await small.close()


@pytest.mark.usefixtures("some")
async def test_the_document_describes_each_line(phone: Phone) -> None:
    schema = {"$ref": "#/components/schemas/StreamLine", "components": DOCUMENT["components"]}
    shape = Draft202012Validator(schema)
    told = await streamed(phone)
    assert not [error for line in told for error in shape.iter_errors(line)]
