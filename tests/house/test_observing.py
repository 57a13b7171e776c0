"""What an operator sees of a server at work: lines and figures, and in neither what somebody sent."""

import asyncio
import json
import logging
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client.parser import text_string_to_metric_families

from app.core import logs
from app.core.db import Database
from app.core.exposition import exposed
from app.core.keys import load_keys
from app.core.settings import Settings
from tests.accounts.studios import PASSWORD, Studio, bearer, new_studio
from tests.contract.conftest import asked, opened
from tests.samples import sample
from tests.serving import a_process

CARD = "4111111111111111"
WRONG = "not a long walk at all"
NOTE = "she prefers the blue dress"
CALLER = "4bf92f3577b34da6a3ce929d0e0e4736"
"""The trace a caller has begun."""

Lines = list[dict[str, Any]]


def free_ports(many: int) -> list[int]:
    """Find ports nobody listens on, one behind the other."""
    while True:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            first = int(probe.getsockname()[1])
        try:
            for port in range(first, first + many):
                socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        return list(range(first, first + many))


async def a_day(studio: Studio) -> list[str]:
    """Do all that somebody does in a day, the wrong way too, and return what must be told nowhere."""
    client, phone = studio.client, await studio.signed_in()
    headers = bearer(phone)
    await studio.login(password=WRONG)
    change = {"n": 1, "collection": "clients", "id": str(uuid4()), "op": "create"}
    change |= {"fields": sample("clients", notes=NOTE), "client_time": "2026-01-01T08:00:00Z"}
    refused = {**change, "n": 2, "id": str(uuid4()), "fields": sample("clients", notes=CARD)}
    sent = {"first": 1, "changes": [change, refused]}
    pushed = await client.post("/v1/sync/push", json=sent, headers=headers)
    codes = [each["code"] for each in pushed.json()["results"]]
    assert codes == [None, "card_number_refused"], pushed.text
    first = (await client.post("/v1/sync/pull", json={}, headers=headers)).json()
    await _synced(studio)
    again = await client.post("/v1/sync/pull", json={"cursor": first["cursor"]}, headers=headers)
    assert again.status_code == 200
    forged = first["cursor"][:-4] + "AAAA"
    await client.post("/v1/sync/pull", json={"cursor": forged}, headers=headers)
    await client.post("/v1/sync/pull", json={"note": NOTE}, headers=headers)
    await client.get(f"/v1/devices?access_token={phone['access_token']}")
    odd = {**headers, "User-Agent": CARD, "X-Forwarded-For": CARD}
    await client.get(f"/v1/clients/{CARD}?{CARD}={CARD}", headers=odd)
    refreshed = await client.post("/v1/auth/refresh", json={"refresh_token": phone["refresh_token"]})
    tokens = [
        answer[name] for answer in (phone, refreshed.json()) for name in ("access_token", "refresh_token")
    ]
    cursors = [first["cursor"], forged, again.json()["cursor"]]
    return [PASSWORD, WRONG, NOTE, CARD, *tokens, *cursors]


async def _synced(studio: Studio) -> None:
    """Wait until it is written down, behind the answer, that the phone has synced."""
    has_synced = False
    async with asyncio.timeout(60):
        while not has_synced:
            async with studio.database.reading(studio.account.account_id) as session:
                has_synced = await session.raw.fetchval("SELECT bool_or(last_sync IS NOT NULL) FROM devices")


async def test_a_day_is_told_without_a_word_of_what_was_sent(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    port, metrics_port = free_ports(2)
    settings = {"DATABASE_URL": database_url, "DATA_DIR": str(tmp_path), "PORT": str(port)}
    told = {"METRICS_PORT": str(metrics_port), "LOG_FORMAT": "json", "LOG_LEVEL": "DEBUG"}
    async with (
        a_process(1, **settings, **told) as (_, printed),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client,
    ):
        studio = await new_studio(database, client, load_keys(Settings(data_dir=tmp_path)))
        secrets = await a_day(studio)
        figures = await _figures(client, f"http://127.0.0.1:{metrics_port}/metrics")
    for secret in secrets:
        assert secret not in figures
        assert secret.encode() not in b"".join(printed)
    _check_lines([json.loads(line) for line in printed], studio)
    _check_figures(figures)


def _check_lines(lines: Lines, studio: Studio) -> None:
    requests = [line for line in lines if line["message"] == "request"]
    asked = [(line["method"], line["route"], line["status"]) for line in requests]
    assert asked == [
        ("POST", "/v1/auth/login", 200),
        ("POST", "/v1/auth/login", 401),
        ("POST", "/v1/sync/push", 200),
        ("POST", "/v1/sync/pull", 200),
        ("POST", "/v1/sync/pull", 200),
        ("POST", "/v1/sync/pull", 400),
        ("POST", "/v1/sync/pull", 422),
        ("GET", "/v1/devices", 400),
        ("GET", "/v1/{collection}/{record_id}", 422),
        ("POST", "/v1/auth/refresh", 200),
    ]
    push = requests[2]
    assert push["account"] == str(studio.account.account_id)
    assert push["user"] == str(studio.photographer.user_id)
    assert {"device", "request_id", "milliseconds", "time", "level", "logger"} <= push.keys()
    assert [line.get("code") for line in requests[5:8]] == [
        "cursor_malformed",
        "invalid_request",
        "bad_request",
    ]


async def _figures(client: httpx.AsyncClient, address: str) -> str:
    """Return what the process tells once it has noted what it notes behind its answers."""
    async with asyncio.timeout(60):
        while "studio_sync_lag_seconds_count" not in (figures := (await client.get(address)).text):
            pass
    return figures


def _check_figures(figures: str) -> None:
    samples = [each for family in text_string_to_metric_families(figures) for each in family.samples]
    found = {(each.name, *sorted(each.labels.items())): each.value for each in samples}
    assert found["studio_verdicts_total", ("code", ""), ("verdict", "applied")] == 1
    assert found["studio_refusals_total", ("code", "cursor_malformed"), ("reason", "")] == 1
    assert found["studio_refusals_total", ("code", "invalid_credentials"), ("reason", "")] == 1
    counted = {name: value for (name, *labels), value in found.items() if not labels}
    assert counted["studio_page_duration_seconds_count"] == 2
    assert counted["studio_sync_lag_seconds_count"] == 1
    assert counted["studio_sync_behind_count"] == 1
    assert counted["studio_push_queue_age_seconds_count"] == 1
    assert counted["studio_lock_wait_seconds_count"] > 0
    assert counted["process_resident_memory_bytes"] > 0
    routes = {each.labels["http_route"] for each in samples if "http_route" in each.labels}
    # Nothing is kept of a request that has a token in its address.
    assert routes == {
        "/v1/auth/login",
        "/v1/auth/refresh",
        "/v1/sync/push",
        "/v1/sync/pull",
        "/v1/{collection}/{record_id}",
    }
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-", figures), "an id is a label"


async def test_each_worker_tells_its_own_figures(database_url: str, tmp_path: Path) -> None:
    port, *metrics_ports = free_ports(3)
    settings = {"DATABASE_URL": database_url, "DATA_DIR": str(tmp_path), "PORT": str(port)}
    async with (
        a_process(2, **settings, METRICS_PORT=str(metrics_ports[0]), LOG_FORMAT="json") as (_, printed),
        httpx.AsyncClient(timeout=60) as client,
    ):
        for each in metrics_ports:
            told = await client.get(f"http://127.0.0.1:{each}/metrics")
            assert "process_cpu_seconds_total" in told.text
        assert (await client.get(f"http://127.0.0.1:{port}/metrics")).status_code == 404
    assert all(json.loads(line)["message"] for line in printed)


def test_figures_are_served_also_where_they_are_sent_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    provider = MeterProvider(metric_readers=[InMemoryMetricReader()])
    monkeypatch.setattr(metrics, "get_meter_provider", lambda: provider)
    asked_for, [port] = provider.get_meter("test").create_counter("asked_for"), free_ports(1)
    # Twice, as in a process that is told to start again.
    for _ in range(2):
        with exposed("127.0.0.1", port, 1):
            asked_for.add(1)
            assert "asked_for_total" in httpx.get(f"http://127.0.0.1:{port}/metrics").text


@pytest.fixture
def traces(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    """Keep the traces of houses that are opened in this test."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: provider)
    return exporter


async def test_a_trace_names_the_route_and_nothing_that_was_sent(
    database: Database, database_url: str, tmp_path: Path, traces: InMemorySpanExporter
) -> None:
    async with opened(database_url, tmp_path) as app, asked(app) as client:
        studio = await new_studio(database, client, app.state.keys)
        secrets = await a_day(studio)
        headers = await studio.administrator()
        token = headers["Authorization"].removeprefix("Bearer ")
        answers = [
            await client.get("/v1/clients", params={"last_name": NOTE}, headers=headers),
            await client.get("/v1/sync/pull.ndjson", params={"cursor": secrets[-1]}, headers=headers),
            await client.get(f"/v1/devices?access%5Ftoken={token}"),
            await client.get("/health/ready"),
        ]
    assert all(answer.status_code < 500 for answer in answers)
    spans = traces.get_finished_spans()
    names = [span.name for span in spans if span.kind is trace.SpanKind.SERVER]
    assert {"POST /v1/auth/login", "POST /v1/sync/push", "GET /v1/{collection}"} <= set(names)
    assert not [name for name in names if "health" in name]
    told = "".join(span.to_json() for span in spans)
    for secret in (*secrets, token, "blue"):
        assert secret not in told


class Kept(logging.Handler):
    """Keeps lines as machines read them."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: Lines = []
        self.setFormatter(logs.JsonLines())

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(json.loads(self.format(record)))


@pytest.fixture
def kept() -> Iterator[Lines]:
    """Keep what is logged of requests."""
    handler, log = Kept(), logging.getLogger("studio.http")
    log.addHandler(handler)
    yield handler.lines
    log.removeHandler(handler)


async def test_a_line_names_the_span_of_its_request(
    database_url: str,
    tmp_path: Path,
    traces: InMemorySpanExporter,
    kept: Lines,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with opened(database_url, tmp_path) as app, asked(app) as client:
        monkeypatch.delattr(app.state, "told_limits")
        for path in ("/v1/nowhere", "/v1/limits", "/health/live"):
            await client.get(path, headers={"traceparent": f"00-{CALLER}-00f067aa0ba902b7-01"})
    spans = [span.context for span in traces.get_finished_spans() if span.kind is trace.SpanKind.SERVER]
    not_found, defect = [trace.format_span_id(context.span_id) for context in spans]
    assert [(line["message"], line.get("trace_id"), line.get("span_id")) for line in kept] == [
        ("request", CALLER, not_found),
        ("defect", CALLER, defect),
        ("request", CALLER, defect),
        ("request", None, None),
    ]


def test_what_a_library_warns_of_is_a_line_as_any_other(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    house, library = logging.getLogger("studio"), logging.getLogger("a library of others")
    monkeypatch.setattr(house, "handlers", [])
    monkeypatch.setattr(logging, "lastResort", None)
    # As in a server, where nothing else has taken the root's place.
    monkeypatch.setattr(library, "parent", None)
    logs.start("INFO", "json")
    refused = ValueError(f"duplicate key\nDETAIL:  Key (note)=({NOTE}) already exists.")
    library.warning("lost", exc_info=refused)
    told = capsys.readouterr().err
    line = json.loads(told)
    assert (line["logger"], line["message"]) == ("a library of others", "lost")
    assert NOTE not in told


def _line(form: logging.Formatter, **members: Any) -> str:
    record = logging.makeLogRecord({"name": "studio.http", "levelname": "INFO", "msg": "request"})
    setattr(record, logs.TOLD, members)
    return form.format(record)


def test_a_line_for_people_stays_one_line() -> None:
    line = _line(logs.Lines(), path="/a\n2026 ERROR studio forged=1", status=404)
    assert "\n" not in line
    assert line.endswith(r'INFO studio.http request path="/a\n2026 ERROR studio forged=1" status=404')


@pytest.mark.parametrize("form", [logs.JsonLines(), logs.Lines()], ids=["json", "text"])
def test_a_card_number_is_left_out_of_a_line_and_nothing_else(form: logging.Formatter) -> None:
    line = _line(form, path=f"/v1/clients/{CARD}", address="4111 1111 1111 1111", status=422, user="Jo")
    assert "1111" not in line
    for told in ("studio.http", "422", "Jo", "left out"):
        assert told in line


@pytest.mark.parametrize("form", [logs.JsonLines(), logs.Lines()], ids=["json", "text"])
def test_what_the_database_repeats_of_a_row_is_left_out(form: logging.Formatter) -> None:
    record = logging.makeLogRecord({"name": "studio.http", "levelname": "ERROR", "msg": "defect"})
    refused = ValueError(f"duplicate key\nDETAIL:  Key (note)=({NOTE}) already exists.")
    record.exc_info = (ValueError, refused, None)
    line = form.format(record)
    assert "duplicate key" in line
    assert NOTE not in line
