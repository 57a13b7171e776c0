"""Bad days: what is told of a full disk, a wrong clock and a certificate that is over, and how one stops."""

import asyncio
import logging
import shutil
import signal
import ssl
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import httpx
import orjson
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from app.core import clock
from app.core.conditions import LITTLE_ROOM
from app.core.db import listening
from app.core.exposition import exposed
from app.core.logs import TOLD
from app.core.watch import Watch
from tests.house.conftest import Typed
from tests.house.test_database_away import LONG, Line, opened
from tests.serving import TRUST, free_port

AN_HOUR = timedelta(hours=1)


class Authority:
    """Who vouches for the database, by certificates that are good for so long."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "authority")])
        self.root = folder / "root.pem"
        made = self._begun(self._name, self._key, timedelta(days=400))
        made = made.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        self.root.write_bytes(made.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM))

    def vouch(self, left: timedelta) -> ssl.SSLContext:
        """Return how a server of 127.0.0.1 speaks whose certificate is good for so long yet."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = self._begun(x509.Name([]), key, left)
        here = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
        made = made.add_extension(here, critical=True)
        both = self._folder / "server.pem"
        both.write_bytes(
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            + made.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(both)
        return context

    def _begun(
        self, name: x509.Name, key: ec.EllipticCurvePrivateKey, left: timedelta
    ) -> x509.CertificateBuilder:
        now = clock.now()
        made = x509.CertificateBuilder().subject_name(name).issuer_name(self._name)
        made = made.public_key(key.public_key()).serial_number(x509.random_serial_number())
        made = made.not_valid_before(now - timedelta(days=30)).not_valid_after(now + left)
        authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        subject = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        return made.add_extension(authority, critical=False).add_extension(subject, critical=False)


class SecuredLine(Line):
    """A way to the database that is secured by whatever certificate there is at the moment."""

    def __init__(self, url: str, context: ssl.SSLContext) -> None:
        super().__init__(url)
        self.context = context

    def cut(self) -> None:
        """Hang up on everybody, as a server does that is started again."""
        for each in self._passing:
            each.cancel()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(8)
        writer.write(b"S")
        try:
            await writer.start_tls(self.context)
        except (ssl.SSLError, ConnectionError):
            writer.close()
        else:
            await super()._connect(reader, writer)


def told(caplog: pytest.LogCaptureFixture) -> list[tuple[str, dict[str, object]]]:
    """Return what was told since it was last asked, each line with its members."""
    lines = [
        (each.getMessage(), getattr(each, TOLD, {})) for each in caplog.records if each.name == "studio.watch"
    ]
    caplog.clear()
    return lines


async def test_a_disk_and_a_clock_are_told_of_once_when_they_turn(
    owner_url: str,
    tmp_path: Path,
    hold: Callable[[datetime | None], None],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.INFO, "studio.watch")
    room = {"free": LITTLE_ROOM}
    monkeypatch.setattr(
        shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(2 * LITTLE_ROOM, LITTLE_ROOM, room["free"])
    )
    watch = Watch(listening(owner_url), tmp_path)
    await watch.look()
    assert told(caplog) == []
    room["free"] = LITTLE_ROOM - 1
    hold(clock.now() + AN_HOUR)
    await watch.look()
    await watch.look()
    port = free_port()
    with exposed("127.0.0.1", port, 1):
        figures = await asyncio.to_thread(httpx.get, f"http://127.0.0.1:{port}/metrics", verify=TRUST)
    assert "studio_disk_free_bytes 9.99999999e+08" in figures.text
    assert "studio_clock_offset_seconds -3" in figures.text
    (disk, left), (off, by) = told(caplog)
    assert (disk, left) == ("disk_low", {"free_bytes": LITTLE_ROOM - 1})
    assert (off, round(float(str(by["database_ahead_seconds"])) / 60)) == ("clock_off", -60)
    room["free"] = LITTLE_ROOM
    hold(None)
    await watch.look()
    assert [line for line, _ in told(caplog)] == ["disk_enough", "clock_right"]


async def test_a_certificate_that_is_over_is_told_of_and_its_successor_found_without_hands(
    typed: Typed, own_database: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "studio.watch")
    authority = Authority(tmp_path)
    line = SecuredLine(own_database, authority.vouch(timedelta(days=90)))
    async with line.open() as way, asyncio.timeout(LONG):
        url = f"{way}?sslmode=verify-full&sslrootcert={authority.root}"
        async with opened(url, tmp_path) as (_, client):
            watch = Watch(listening(url), tmp_path)
            await watch.look()
            assert (await client.get("/health/ready")).status_code == 200
            line.context = authority.vouch(timedelta(days=-1))
            line.cut()
            for _ in range(3):
                refused = await client.get("/health/ready")
                assert (refused.status_code, refused.json()["reason"]) == (503, "database")
            await watch.look()
            [(word, members)] = told(caplog)
            why = "its certificate is refused: certificate has expired"
            assert (word, members) == ("database_away", {"why": why})
            assert (await client.get("/health/live")).status_code == 200
            code, printed = await typed("doctor", "--quick", DATABASE_URL=url)
            assert (code, "certificate has expired" in printed) == (1, True)
            line.context = authority.vouch(timedelta(days=10, hours=1))
            assert (await client.get("/health/ready")).status_code == 200
            await watch.look()
            assert told(caplog) == [("certificate_ending", {"days": 10}), ("database_back", {})]
            code, printed = await typed("doctor", "--quick", "--json", DATABASE_URL=url)
            found = [orjson.loads(each) for each in printed.splitlines()]
            [sentence] = [each["sentence"] for each in found if each.get("check") == "certificates"]
            assert sentence == "The certificate of the database ends in 10 days."


@pytest.fixture
def served() -> Iterator[None]:
    """Be told to stop by a signal, as a server is."""
    usual = signal.signal(signal.SIGTERM, lambda *_: None)
    yield
    signal.signal(signal.SIGTERM, usual)


@pytest.mark.usefixtures("served")
async def test_a_process_that_was_told_to_stop_is_not_ready_any_more(owner_url: str, tmp_path: Path) -> None:
    async with opened(owner_url, tmp_path) as (_, client):
        assert (await client.get("/health/ready")).status_code == 200
        signal.raise_signal(signal.SIGTERM)
        async with asyncio.timeout(LONG):
            while (stopping := await client.get("/health/ready")).status_code == 200:
                pass
        assert (stopping.status_code, stopping.json()["reason"]) == (503, "stopping")
        assert (await client.get("/health/live")).status_code == 200
