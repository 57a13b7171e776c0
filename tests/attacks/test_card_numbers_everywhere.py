"""Numbers of cards are sent by every way in, and then looked for wherever anything is kept or told."""

import asyncio
import json
import subprocess
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import parse_qsl
from uuid import uuid4

import asyncpg
import httpx
import orjson
import pytest

from app.accounts.operator import hash_of
from app.core.db import Database
from app.core.embedded import _binaries
from app.core.keys import load_keys
from app.core.migrations import migrate
from app.core.settings import Settings
from tests.accounts.studios import Studio, new_studio
from tests.attacks.conftest import gentle
from tests.attacks.planted import FORMS, Plants, found, is_begun_in
from tests.attacks.test_odd_requests import UNDECLARED, places, put
from tests.contract.desks import Desk, at_a_desk
from tests.contract.phones import Phone, change, signed_in
from tests.desk.imports.test_card_numbers_in_files import workbook
from tests.desk.imports.uploading import CSV, ICALENDAR, VCARD, XLSX, send
from tests.facts import Property
from tests.faults.serving import Cluster
from tests.house.requests import Route, routes
from tests.samples import sample, widen
from tests.serving import OPERATOR_KEY, a_process, free_port

_JUDGED = {"sync_pull", "sync_push", "sync_exchange", "sync_verify", "sync_estimate"}
"""Whose bodies are not refused as a whole."""
_LEAVING = {"auth_logout", "auth_password"}
"""What ends the sign-ins that go on sending and reading."""
_WAITING = {"/v1/sync/live", "/v1/sync/wait"}
_HEADERS = (
    *UNDECLARED,
    "User-Agent",
    "Referer",
    "Accept-Language",
    "X-Forwarded-For",
    "Forwarded",
    "Last-Event-ID",
)
_TEXTS = """
    SELECT c.oid::regclass::text AS name, count(*) AS columns
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'm') AND n.nspname NOT IN ('pg_catalog', 'pg_toast', 'information_schema')
    GROUP BY c.oid ORDER BY 1
"""


@dataclass
class Intruder:
    """Somebody who sends numbers of cards, and keeps what they were told."""

    studio: Studio
    desk: Desk
    phone: Phone
    plants: Plants = field(default_factory=Plants)

    def hear(self, answer: httpx.Response) -> httpx.Response:
        """Hold an answer to saying none of the numbers."""
        told = f"{answer.headers} {answer.text}"
        assert answer.status_code < 500, (answer.request.url, told[:300])
        assert not found(told), (answer.request.method, answer.request.url, told[:300])
        return answer

    async def bodies(self) -> None:
        """Put one into every place of every body."""
        for route in routes():
            for way in [] if route.body is None else places(route.body):
                sent = put(route.body, way, self.plants.next())
                content = json.dumps(sent).encode() if len(way) % 2 else orjson.dumps(sent)
                answer = self.hear(await route.ask(self.studio.client, self.desk.headers, content))
                is_refused = answer.json().get("code") == "card_number_refused"
                assert is_refused or route.operation["operationId"] in _JUDGED, (route.path, answer.text)

    async def pushes(self) -> None:
        """Push some, of which each is refused by itself, and another that is taken."""
        client = uuid4()
        await self.phone.must_push(change("create", "clients", client, **sample("clients")))
        for form in FORMS:
            changes = [
                change("patch", "clients", client, **{name: self.plants.next(form)})
                for name in ("notes", "hair")
            ]
            changes.append({**change("patch", "clients", client), "group": self.plants.text()})
            changes.append({**change("command", "clients", client), "command": self.plants.text()})
            changes.append({**change("patch", "clients", client), "collection": self.plants.text()})
            changes.append(change("patch", "clients", client, **{self.plants.text(): 1}))
            changes.append(
                change("create", "clients", uuid4(), last_name="Doe", notes=self.plants.next(form))
            )
            *refused, taken = await self.phone.push(
                *changes, change("patch", "clients", client, first_name=form)
            )
            assert {each["code"] for each in refused} == {"card_number_refused"}
            assert taken["verdict"] == "applied"
            assert not found(json.dumps(refused))

    async def files(self) -> None:
        """Import some."""
        for form in FORMS:
            text = str(self.plants.next(form))
            # A heading has no quotes that would keep semicolons from parting columns.
            heading = self.plants.next("spaced" if form == "HTML" else form)
            cards = f"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ada\r\nNOTE:{self.plants.next(form)}\r\nEND:VCARD\r\n"
            told = f"UID:1\r\nDTSTART:20260504T090000\r\nSUMMARY:{self.plants.next(form)}"
            event = f"BEGIN:VEVENT\r\n{told}\r\nEND:VEVENT\r\n"
            for content, type_, kind in (
                (f'first name,remarks\nAda,\nBen,"{text}"\n', CSV, "clients"),
                (f"first name,{heading}\nAda,x\n", CSV, "clients"),
                (f'first name\n"{self.plants.next(form)}"\n'.encode("utf-16"), CSV, "clients"),
                (workbook(["first name", "remarks"], ["Ada", self.plants.next(form)]), XLSX, "clients"),
                (cards, VCARD, "clients"),
                (
                    f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{event}END:VCALENDAR\r\n",
                    ICALENDAR,
                    "appointments",
                ),
            ):
                answer = self.hear(await send(self.desk, content, type_, kind))
                assert answer.json()["code"] == "card_number_refused", (form, type_, answer.text)

    async def heads(self) -> None:
        """Put them into every address, query and header, known or not."""
        for route in routes():
            if route.operation["operationId"] in _LEAVING:
                continue
            named = route.operation.get("parameters", [])
            paths = {each["name"]: self.plants.text() for each in named if each["in"] == "path"}
            query = {each["name"]: self.plants.text() for each in named if each["in"] == "query"}
            headers = {each["name"]: self.plants.text() for each in named if each["in"] == "header"}
            for given, asked, sent in (
                (paths, {}, {}),
                ({}, {**query, self.plants.text(): self.plants.text()}, {}),
                ({}, {}, headers),
                ({}, {}, {name: self.plants.text() for name in _HEADERS}),
            ):
                if given or asked or sent:
                    await self._ask(route, given, asked, sent)

    async def _ask(
        self, route: Route, given: dict[str, str], asked: dict[str, str], sent: dict[str, str]
    ) -> None:
        # A stream that is let in goes on: it is enough to see how it begins.
        url, content = route.address(given), orjson.dumps(route.body) if route.body is not None else None
        kind = {"Content-Type": "application/json"} if content else {}
        headers = {**kind, **route.preconditions, **self.desk.headers, **sent}
        query = {**dict(parse_qsl(gentle(route).decode())), **asked} or None
        async with self.studio.client.stream(
            route.verb, url, headers=headers, params=query, content=content
        ) as answer:
            if not answer.headers.get("content-type", "").startswith("text/event-stream"):
                await answer.aread()
                self.hear(answer)

    async def forms(self) -> None:
        """Fill them into the forms of the console, which shows who typed them what they typed."""
        client = self.studio.client
        for path in ("/console/sign-in", "/console", "/console/devices"):
            assert (await client.get(path, params={"q": self.plants.text()})).status_code < 500
            told = {name: self.plants.text() for name in ("account", "initials", "password", "to")}
            own = {"Origin": str(client.base_url).rstrip("/"), "Sec-Fetch-Site": "same-origin"}
            assert (await client.post(path, data=told, headers=own)).status_code < 500


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """Make a PostgreSQL whose files nobody else writes."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        made = Cluster(Path(folder))
        migrate(made.url)
        yield made
        made.close()


async def rows_of(url: str) -> tuple[set[str], int, int]:
    """Return the numbers in all rows of all tables, and how many columns and rows these are."""
    connection = await asyncpg.connect(url)
    numbers, columns, rows = set[str](), 0, 0
    try:
        for table in await connection.fetch(_TEXTS):
            columns += table["columns"]
            for row in await connection.fetch(f"SELECT t::text FROM {table['name']} t"):
                rows += 1
                numbers |= found(row[0])
    finally:
        await connection.close()
    return numbers, columns, rows


def dumped(url: str) -> bytes:
    """Return what a backup has."""
    return subprocess.run(
        [_binaries() / "pg_dump", f"--dbname={url}"], check=True, capture_output=True
    ).stdout


async def everything_told(phone: Phone, desk: Desk) -> AsyncIterator[str]:
    """Yield whatever can be read: the whole feed, and each list and report of the document."""
    yield (await phone.post("pull", {"max_rows": 10_000})).text
    async with phone.client.stream("GET", "/v1/sync/pull.ndjson", headers=phone.headers) as feed:
        yield (await feed.aread()).decode()
    assert (await desk.ask("GET", "audit")).status_code == 200
    for route in routes():
        if route.verb == "get" and "{" not in route.path and route.path not in _WAITING:
            answer = await route.ask(desk.client, desk.headers)
            yield answer.text


@pytest.fixture
async def database(cluster: Cluster) -> AsyncIterator[Database]:
    made = Database(cluster.url)
    yield made
    await made.close()


@pytest.mark.proof
async def test_a_card_number_that_is_sent_is_nowhere(
    cluster: Cluster, database: Database, tmp_path: Path, record_property: Property
) -> None:
    settings = {"DATABASE_URL": cluster.url, "DATA_DIR": str(tmp_path), "PORT": str(free_port())}
    settings |= {"LOG_FORMAT": "json", "LOG_LEVEL": "DEBUG", "OPERATOR_KEY_HASH": hash_of(OPERATOR_KEY)}
    base_url = f"http://127.0.0.1:{settings['PORT']}"
    async with (
        a_process(1, **settings) as (process, printed),
        _reading_on(process, printed),
        httpx.AsyncClient(base_url=base_url, timeout=60) as client,
    ):
        studio = await new_studio(database, client, load_keys(Settings(data_dir=tmp_path)))
        await widen(database, studio.account.account_id)
        intruder = Intruder(studio, await at_a_desk(studio), await signed_in(studio))
        reader = await at_a_desk(studio)
        for ways in (intruder.pushes, intruder.files, intruder.bodies, intruder.heads, intruder.forms):
            await ways()
        told = [each async for each in everything_told(intruder.phone, reader)]
    numbers, columns, rows = await rows_of(cluster.url)
    dump = dumped(cluster.url)
    await _execute(cluster.url, "CHECKPOINT")
    held = [each for each in files(cluster.data_dir) if is_begun_in(each)]
    numbers |= found(dump) | found(b"\n".join(printed)) | found("\n".join(told))
    assert (numbers, held) == (set(), [])
    assert sum(map(len, told)) > 100_000
    for name, many in (
        ("counted: card numbers sent by every way in", len(intruder.plants.sent)),
        ("counted: of them found anywhere", len(numbers)),
        ("counted: columns of tables they were looked for in", columns),
        ("counted: rows of tables they were looked for in", rows),
        ("counted: lines of the log they were looked for in", len(printed)),
        ("counted: bytes of a dump they were looked for in", len(dump)),
        ("counted: bytes of answers they were looked for in", sum(map(len, told))),
        ("counted: files of the database they were looked for in", sum(1 for _ in files(cluster.data_dir))),
    ):
        record_property(name, many)
    await _plant_and_find(cluster, studio)


@asynccontextmanager
async def _reading_on(process: Process, lines: list[bytes]) -> AsyncIterator[None]:
    """Take what a server logs as it comes: once nobody does, it soon waits to be read."""

    async def read() -> None:
        while process.stderr and (line := await process.stderr.readline()):
            lines.append(line)

    reading = asyncio.create_task(read())
    try:
        yield
    finally:
        reading.cancel()
        await asyncio.wait({reading})


def files(folder: Path) -> Iterator[bytes]:
    """Yield what the files of the database have, its log and that of its transactions among them."""
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):
            if path.is_file():
                yield path.read_bytes()


async def _plant_and_find(cluster: Cluster, studio: Studio) -> None:
    """Put one into a text, an object and some bytes, which all of the scans find."""
    plants, places_of = (
        Plants(),
        ("clients SET notes = $2", "clients SET custom = jsonb_build_object('text_1', $2::text)"),
    )
    for form in ("spaced", "HTML", "wide"):
        for place in places_of:
            await studio.execute(f"UPDATE {place} WHERE account_id = $1", plants.next(form))
            number = next(reversed(plants.sent))
            assert number in (await rows_of(cluster.url))[0], (form, place)
            assert number in found(dumped(cluster.url)), (form, place)
    await studio.execute(
        "UPDATE verdicts SET answer = $2 WHERE account_id = $1", plants.next("dashed").encode()
    )
    assert next(reversed(plants.sent)) in (await rows_of(cluster.url))[0]
    await _execute(cluster.url, "CHECKPOINT")
    assert any(map(is_begun_in, files(cluster.data_dir)))


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def test_the_scan_finds_a_number_in_every_form() -> None:
    plants = Plants()
    for form in FORMS:
        planted = plants.next(form)
        for told in (orjson.dumps([planted]), json.dumps([planted]).encode()):
            assert found(told) == {next(reversed(plants.sent))}, (form, told)
            assert is_begun_in(told) or form == "wide", (form, told)
