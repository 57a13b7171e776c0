"""Taking turns among threads and processes: a lock the system lets go of even after kill -9."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from studio_sync_client.errors import SyncRunning


@contextmanager
def turn(path: Path, name: str, *, patience: float = 0) -> Iterator[None]:
    """Be the only one to do this with the store at `path`; refuses when another still is after `patience`.

    SQLite locks a file of its own beside the store, which it knows how to do on every system.
    """
    beside = path.with_name(f"{path.name}-{name}")
    with closing(sqlite3.connect(beside, timeout=patience, isolation_level=None)) as held:
        try:
            held.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
            raise SyncRunning(f"{name} of {path.name}") from error
        yield
