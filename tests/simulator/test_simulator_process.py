"""The simulator as a process: what is booked survives its death, no number is kept, none in production."""

import asyncio
import json
import os
import signal
import sqlite3
import ssl
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from typer.testing import CliRunner

from app.cli import cli
from app.simulator.behaviours import BEHAVIOURS
from app.simulator.merchants import DEMO
from app.simulator.process import Started, started
from app.simulator.server import Options, Simulator
from tests.simulator.talking import HARBOR, VISA, Studio, new_reference


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return tmp_path / "books" / "ledger.sqlite"


async def test_what_was_booked_survives_a_kill_and_is_read_from_the_file(ledger: Path) -> None:
    reference = new_reference()
    with started(Options(ledger), "development") as first:
        async with Studio(first.url, first.control_url, DEMO) as studio:
            await studio.control("/advance", seconds=3600)
            token = (await studio.pay("1.00"))["token"]
            await studio.control("/behave", behaviour="book_then_hang")
            async with studio.line(await studio.paying("12.34", token, reference)):
                await studio.control("/waiting?at_least=1")
                os.kill(first.pid, signal.SIGKILL)
            key = studio.key
    with sqlite3.connect(f"file:{ledger}?mode=ro", uri=True) as books:
        assert books.execute("SELECT net FROM booked WHERE reference = ?", (reference,)).fetchall() == [
            (1234,)
        ]
    books.close()
    told = CliRunner().invoke(cli, ["simulator", "ledger", "--ledger", str(ledger), "--reference", reference])
    assert [line.split("\t")[-1] for line in told.stdout.splitlines()] == ["12.34"]
    with started(Options(ledger), "development") as second:
        async with Studio(second.url, second.control_url, DEMO) as studio:
            assert (await studio.control("/"))["knobs"]["clock_offset"] == 3600
            studio.key = key
            assert (await studio.pay("12.34", token, reference)).code == "D0001"
            assert await studio.booked(reference) == 1234
    told = CliRunner().invoke(cli, ["simulator", "ledger", "--ledger", str(ledger), "--json"])
    assert [each["net"] for each in json.loads(told.stdout)["booked"]] == [100, 1234]


def test_no_card_number_is_kept_or_told(ledger: Path, capfd: pytest.CaptureFixture[str]) -> None:
    other = "4532015112830366"

    async def talk(running: Started) -> list[str]:
        async with Studio(running.url, running.control_url, DEMO) as studio:
            await studio.pay("1.00", await studio.token(VISA))
            told = [str(await studio.field(other)), str(await studio.field(VISA, manifest="x"))]
            sent = [
                await studio.post(await studio.paying(token=each)) for each in (VISA.replace(" ", ""), other)
            ]
            return [*told, *(each.text for each in sent), str(await studio.control("/ledger"))]

    with started(Options(ledger), "development") as running:
        told = asyncio.run(talk(running))
        written = b"".join(each.read_bytes() for each in ledger.parent.iterdir())
    told += capfd.readouterr()
    for number in (VISA.replace(" ", ""), other):
        assert number.encode() not in written
        assert not [each for each in told if number in each or number[:12] in each]


async def test_it_speaks_tls_with_a_certificate_it_is_given(tmp_path: Path) -> None:
    certificate, key = _certificate(tmp_path)
    options = Options(tmp_path / "ledger.sqlite", certificate=certificate, key=key)
    trusting = ssl.create_default_context(cafile=str(certificate))
    async with Simulator(options) as running, httpx.AsyncClient(verify=trusting) as http:
        assert running.url.startswith("https://")
        answer = await http.post(f"{running.url}/servlets/TransNox_API_Server", content=b"<x/>")
        assert (answer.status_code, "F9901" in answer.text) == (200, True)
        field = f"{running.url}/transit-tsep-web/jsView/88990000101?00ff"
        page = await http.get(field, headers={"Accept": "text/html"})
        assert "No card is charged" in page.text
        assert "tsepHandler" in (await http.get(field)).text
        asked = await http.options(f"{running.url}/transit-tsep-web/tokens")
        assert asked.headers["access-control-allow-origin"] == "*"
        assert (await http.get(f"{running.url}/transit-tsep-web/page.js")).status_code == 200
        assert (await http.get(f"{running.url}/ledger")).status_code == 404


@pytest.mark.parametrize("environment", ["production", "Production", None])
def test_it_does_not_start_in_production(
    ledger: Path, environment: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ENVIRONMENT", raising=False)
    if environment is not None:
        monkeypatch.setenv("ENVIRONMENT", environment)
    told = CliRunner().invoke(cli, ["simulator", "serve", "--ledger", str(ledger)])
    assert (told.exit_code, "production" in told.stdout) == (1, True)
    with pytest.raises(RuntimeError), started(Options(ledger)):
        pass
    assert not ledger.exists()


async def test_the_merchants_of_a_file_get_keys_and_no_others(tmp_path: Path) -> None:
    file = tmp_path / "merchants.json"
    file.write_text(json.dumps([asdict(HARBOR)]))
    async with Simulator(Options(tmp_path / "ledger.sqlite", merchants=file)) as running:
        async with Studio(running.url, running.control_url, HARBOR) as studio:
            assert studio.key
        demo = Studio(running.url, running.control_url, DEMO)
        assert (await demo.new_key()).code == "E0003"
        await demo.__aexit__()


def test_a_file_that_lists_no_merchants_is_told(tmp_path: Path) -> None:
    file = tmp_path / "merchants.json"
    file.write_text('{"mid": "1"}')
    words = ["simulator", "serve", "--ledger", str(tmp_path / "ledger.sqlite"), "--merchants", str(file)]
    told = CliRunner().invoke(cli, words, env={"ENVIRONMENT": "development"})
    assert (told.exit_code, told.stdout) == (1, "This is no list of merchants.\n")


async def test_only_this_machine_controls_it_and_what_makes_no_sense_is_told(studio: Studio) -> None:
    strange = await studio._control.get("/", headers={"Host": "rebound.example:80"})
    assert strange.status_code == 403
    for path, said in (
        ("/behave", {"behaviour": "strict_order"}),
        ("/behave", {"behaviour": "drip", "times": 0}),
        ("/behave", {"behaviour": "drip", "when": "now"}),
        ("/knobs", {"lookup_lag": 601}),
        ("/knobs", {"speed": 1}),
        ("/knobs", {"pace": "slow"}),
        ("/advance", {"seconds": "soon"}),
    ):
        assert (await studio._control.post(path, json=said)).status_code == 422, (path, said)
    await studio.control("/behave", behaviour="over_limit", times=None, device=HARBOR.mid)
    assert len((await studio.control("/"))["rules"]) == 1
    await studio.control("/forget", all=True)
    assert (await studio.control("/"))["rules"] == []


def test_the_behaviours_are_printed_with_how_each_is_known() -> None:
    told = CliRunner().invoke(cli, ["simulator", "behaviours"])
    rows = [line.split("\t") for line in told.stdout.splitlines()]
    assert [row[:2] for row in rows] == [[name, str(each.source)] for name, each in BEHAVIOURS.items()]


def _certificate(folder: Path) -> tuple[Path, Path]:
    """Write a certificate of this machine's own, and its key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "simulator")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, SHA256())
    )
    files = folder / "certificate.pem", folder / "key.pem"
    files[0].write_bytes(made.public_bytes(Encoding.PEM))
    files[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return files
