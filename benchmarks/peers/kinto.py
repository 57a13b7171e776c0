"""Kinto, an open server for offline-first apps, on the same PostgreSQL, from an environment of its own."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.serving import ROOT, Served, free_port, served

COMMAND = ROOT / ".venv-kinto" / "bin" / "kinto"
"""Where `make bench` installs it."""
PARENT = "/buckets/studio/collections/payments"
RECORDS = f"/v1{PARENT}/records"
SIGN_IN = ("studio", "measured")
BATCH = 100

_SETTINGS = """
[app:main]
use = egg:kinto
kinto.userid_hmac_secret = {secret}
kinto.storage_backend = kinto.core.storage.postgresql
kinto.storage_url = {url}
kinto.permission_backend = kinto.core.permission.postgresql
kinto.permission_url = {url}
kinto.cache_backend = kinto.core.cache.memory
kinto.bucket_create_principals = system.Authenticated
kinto.batch_max_requests = {batch}
multiauth.policies = basicauth
multiauth.policy.basicauth.use = kinto.core.authentication.BasicAuthAuthenticationPolicy
[server:main]
use = egg:waitress#main
host = 127.0.0.1
port = {port}
threads = 4
"""


def is_installed() -> bool:
    """Say whether it can be measured here."""
    return COMMAND.exists()


@contextmanager
def kinto(database_url: str, folder: Path) -> Iterator[Served]:
    """Serve it as its documentation says, on a database of its own."""
    port, settings = free_port(), folder / "kinto.ini"
    url = database_url.replace("%", "%%")
    settings.write_text(_SETTINGS.format(secret="0" * 64, url=url, port=port, batch=BATCH))
    migrating, starting = ([str(COMMAND), verb, "--ini", str(settings)] for verb in ("migrate", "start"))
    subprocess.run(migrating, check=True, capture_output=True, cwd=folder)  # noqa: S603 - our own words
    with served([*starting, "--port", str(port)], {}, port, "/v1/", is_quiet=True) as running:
        yield running
