"""PgBouncer between the app and its database, in a run with `TEST_POOLER`, whatever it tests."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from app.core.db import Database
from app.core.settings import Settings

_SOCKET, _SERVER, _LOGIN = "TEST_POOLER_SOCKET", "TEST_POOLER_SERVER", "TEST_POOLER_LOGIN"
_PORT = "6432"
_STARTED_WITHIN = 30.0
# Some tests have a commit of theirs not wait for the disk, which is nothing sessions go by.
_CONFIGURATION = """\
[databases]
* = {server}
[pgbouncer]
listen_addr =
unix_socket_dir = {folder}
listen_port = {port}
auth_type = trust
auth_file = {folder}/users
pool_mode = transaction
max_prepared_statements = 500
default_pool_size = 20
max_client_conn = 2000
ignore_startup_parameters = synchronous_commit
logfile = {folder}/log
"""


class Pooler:
    """A PgBouncer of the run's own, by transaction, in front of a server that trusts whoever reaches it."""

    def __init__(self, program: str, server_url: str, login: str) -> None:
        """Start it, and tell all processes of the run."""
        server = make_url(server_url)
        asked = {name: values[-1] for name, values in server.normalized_query.items()}
        host, port = asked.get("host", server.host), asked.get("port", server.port or 5432)
        self._folder = Path(tempfile.mkdtemp(prefix="pooler-"))
        (self._folder / "users").write_text(f'"{login}" ""\n')
        (self._folder / "ini").write_text(
            _CONFIGURATION.format(server=f"host={host} port={port}", folder=self._folder, port=_PORT)
        )
        identity = _identity(str(host))
        for each in (self._folder, *self._folder.iterdir()):
            if identity:
                os.chown(each, identity["user"], identity["group"])
        self._process = subprocess.Popen(
            [program, "--quiet", self._folder / "ini"], stderr=subprocess.DEVNULL, **identity
        )
        try:
            self._wait()
        except BaseException:
            self.close()
            raise
        os.environ |= {_SOCKET: str(self._folder), _SERVER: server_url, _LOGIN: login}

    def close(self) -> None:
        """Stop it."""
        for name in (_SOCKET, _SERVER, _LOGIN):
            os.environ.pop(name, None)
        self._process.terminate()
        self._process.wait(timeout=30)
        shutil.rmtree(self._folder)

    def _wait(self) -> None:
        deadline = time.monotonic() + _STARTED_WITHIN
        while True:
            with socket.socket(socket.AF_UNIX) as probe:
                if probe.connect_ex(str(self._folder / f".s.PGSQL.{_PORT}")) == 0:
                    return
            if self._process.poll() is not None or time.monotonic() > deadline:
                log = self._folder / "log"
                pytest.exit(f"TEST_POOLER does not start:\n{log.read_text() if log.exists() else ''}")
            time.sleep(0.05)


def _identity(host: str) -> dict[str, Any]:
    """Return as whom it runs: never as root, which it refuses, but as who may reach the server's socket."""
    if os.getuid() != 0:
        return {}
    found = Path(host).stat() if host.startswith("/") else None
    user, group = (found.st_uid, found.st_gid) if found and found.st_uid else (65534, 65534)
    return {"user": user, "group": group, "extra_groups": []}


def login() -> str | None:
    """Return who signs in through the pooler, when the run has one."""
    return os.environ.get(_LOGIN)


def way_to(url: str) -> str:
    """Return the way to a database through the pooler of the run, or the URL itself when there is none."""
    if (who := login()) is None:
        return url
    through = make_url(url).set(username=who, password=None, host=None, port=None)
    through = through.difference_update_query(["host", "port"])
    return through.update_query_dict({"host": os.environ[_SOCKET], "port": _PORT}).render_as_string()


def settings_for(url: str | None) -> dict[str, str]:
    """Return what is to be set beside a URL: of one through the pooler that it is, and the way past it."""
    if url is None or login() is None or not _leads_through(url):
        return {}
    past = make_url(os.environ[_SERVER]).set(database=make_url(url).database)
    direct = past.render_as_string(hide_password=False)
    return {"database_pooler": "transaction", "listen_database_url": direct}


def _leads_through(url: str) -> bool:
    try:
        return make_url(url).query.get("host") == os.environ[_SOCKET]
    except (ArgumentError, ValueError):
        return False


def environment_for(settings: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a server with some settings, and with what goes with its database."""
    beside = settings_for(settings.get("DATABASE_URL"))
    return {name.upper(): value for name, value in beside.items()} | dict(settings)


@contextmanager
def known_everywhere() -> Iterator[None]:
    """Have whatever opens a database by a URL through the pooler know that it is one, without being told."""
    if login() is None:
        yield
        return
    set_up, open_ = Settings.__init__, Database.__init__

    def chosen(made: Settings, **given: Any) -> None:
        beside = settings_for(given.get("database_url") or os.environ.get("DATABASE_URL"))
        set_up(made, **given | {name: given.get(name) or value for name, value in beside.items()})

    def opened(made: Database, url: str, **given: Any) -> None:
        open_(made, url, **{"is_pooled": bool(settings_for(url)), **given})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Settings, "__init__", chosen)
        patch.setattr(Database, "__init__", opened)
        yield
