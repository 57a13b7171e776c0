"""A live stream through HAProxy as deploy/ has it: each poke comes at once, over TLS, with a server away."""

import os
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from app.core.clock import now
from app.core.db import Database
from app.core.keys import load_keys
from app.core.settings import Settings
from tests.accounts.studios import bearer, new_studio
from tests.samples import sample
from tests.serving import free_port
from tests.sync.live import Served, serving

CONFIGURATION = Path(__file__).resolve().parents[2] / "deploy" / "haproxy.cfg"
HAPROXY = shutil.which("haproxy", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
pytestmark = pytest.mark.skipif(HAPROXY is None, reason="haproxy is not installed: no stream went through it")


def certified(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """Make a certificate of this machine with its key, and what trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "studio.test")])
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now() - timedelta(days=1))
        .not_valid_after(now() + timedelta(days=1))
        .add_extension(names, critical=False)
        .sign(key, SHA256())
    )
    public = made.public_bytes(Encoding.PEM)
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (path := folder / "studio.pem").write_bytes(public + secret)
    return path, ssl.create_default_context(cadata=public.decode())


@contextmanager
def proxied(folder: Path, server: Served) -> Iterator[httpx.AsyncClient]:
    """Have HAProxy stand before a server, and another that is away; it listens before it has begun."""
    certificate, trust = certified(folder)
    away = free_port()
    with socket.create_server(("127.0.0.1", 0)) as tls, socket.create_server(("127.0.0.1", 0)) as plain:
        text = CONFIGURATION.read_text(encoding="utf-8")
        for ours, theirs in (
            ("bind :443 ", f"bind fd@{tls.fileno()} "),
            ("bind :80\n", f"bind fd@{plain.fileno()}\n"),
            ("127.0.0.1:8001", f"127.0.0.1:{away}"),
            ("127.0.0.1:8002", f"127.0.0.1:{server.client.base_url.port}"),
            ("    user haproxy\n    group haproxy\n", ""),
        ):
            assert text.count(ours) == 1, ours
            text = text.replace(ours, theirs)
        (path := folder / "haproxy.cfg").write_text(text, encoding="utf-8")
        environment = {**os.environ, "STUDIO_CERTIFICATE": str(certificate)}
        with subprocess.Popen(
            [str(HAPROXY), "-db", "-f", str(path)],
            env=environment,
            pass_fds=(tls.fileno(), plain.fileno()),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as proxy:
            url = f"https://127.0.0.1:{tls.getsockname()[1]}"
            try:
                yield httpx.AsyncClient(base_url=url, timeout=30, verify=trust)
            finally:
                assert proxy.poll() is None, "it did not start, or did not last"
                proxy.terminate()


async def test_a_stream_is_handed_on_as_it_comes(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    settings = Settings(database_url=database_url, data_dir=tmp_path, pool_size=2)
    keys = load_keys(settings)
    async with serving(settings) as server:
        with proxied(tmp_path, server) as made:
            async with made as client:
                studio = await new_studio(database, client, keys)
                phone = await studio.signed_in()
                through = Served(client, server.watchers)
                async with through.listening(bearer(phone)) as ear:
                    before = await ear.poke()
                    for n in (1, 2):
                        change = {"n": n, "collection": "clients", "id": str(uuid4()), "op": "create"}
                        sent = {"first": n, "changes": [{**change, "fields": sample("clients")}]}
                        pushed = await client.post("/v1/sync/push", json=sent, headers=bearer(phone))
                        assert pushed.json()["results"][0]["verdict"] == "applied", pushed.text
                        assert before < (before := await ear.poke())
