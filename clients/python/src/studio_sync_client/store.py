"""The SQLite file of one account and user: records and their digests, unpushed edits, refusals, the state."""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any

from studio_sync_client.errors import StoreTooNew
from studio_sync_client.marks import mark

VERSION = 2
_BUSY_SECONDS = 30

Connect = Callable[[Path], sqlite3.Connection]

_TABLES = (
    """
    CREATE TABLE IF NOT EXISTS state (key TEXT PRIMARY KEY, value TEXT NOT NULL)
    """,
    # `body` is the server's copy; `mine` what the user sees while there are unpushed edits, JSON null when
    # deleted; a record that `is_leaving` is dropped once its edits have been judged. A body that `is_ours` is
    # what was taken in as sent: until a page brings it, the server has more to say than that.
    """
    CREATE TABLE IF NOT EXISTS records (
        collection TEXT NOT NULL,
        id TEXT NOT NULL,
        revision INTEGER,
        body TEXT,
        mine TEXT,
        is_leaving INTEGER NOT NULL DEFAULT 0,
        is_ours INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (collection, id)
    )
    """,
    # `change` is what is sent, to the byte; one that `is_sent` may have been taken in.
    """
    CREATE TABLE IF NOT EXISTS queue (
        place INTEGER PRIMARY KEY AUTOINCREMENT,
        n INTEGER NOT NULL,
        unit TEXT,
        collection TEXT NOT NULL,
        id TEXT NOT NULL,
        change TEXT NOT NULL,
        is_sent INTEGER NOT NULL DEFAULT 0
    )
    """,
    "CREATE INDEX IF NOT EXISTS queue_of_record ON queue (collection, id)",
    """
    CREATE TABLE IF NOT EXISTS refusals (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        change TEXT NOT NULL,
        answer TEXT NOT NULL
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS merged (
        collection TEXT NOT NULL, id TEXT NOT NULL, stays TEXT NOT NULL, PRIMARY KEY (collection, id)
    )
    """,
)
_COUNTED = "({row}.body IS NOT NULL AND NOT {row}.is_leaving AND NOT {row}.is_ours)"
# The digests are kept by the database itself, so that no statement can forget them. SQLite has no exclusive
# or: what is in either and not in both.
_COUNT = """
    INSERT INTO digests (collection, count, mark)
    SELECT {row}.collection, {by}, mark({row}.id, {row}.revision) WHERE {counted}
    ON CONFLICT (collection) DO UPDATE SET
        count = count + excluded.count, mark = (mark | excluded.mark) & ~(mark & excluded.mark);
"""
_TAKE_IN = _COUNT.format(row="NEW", by=1, counted=_COUNTED.format(row="NEW"))
_TAKE_OUT = _COUNT.format(row="OLD", by=-1, counted=_COUNTED.format(row="OLD"))
_DIGESTS = (
    """
    CREATE TABLE IF NOT EXISTS digests (
        collection TEXT PRIMARY KEY, count INTEGER NOT NULL, mark INTEGER NOT NULL
    )
    """,
    f"CREATE TRIGGER IF NOT EXISTS record_came AFTER INSERT ON records BEGIN {_TAKE_IN} END",
    f"CREATE TRIGGER IF NOT EXISTS record_left AFTER DELETE ON records BEGIN {_TAKE_OUT} END",
    f"""
    CREATE TRIGGER IF NOT EXISTS record_changed AFTER UPDATE OF revision, body, is_leaving, is_ours ON records
    BEGIN {_TAKE_OUT} {_TAKE_IN} END
    """,
)
_CLEARED = ("records", "queue", "refusals", "merged", "digests")


def connect(path: Path) -> sqlite3.Connection:
    """Open a database file; hand in another of this shape for an encrypted one."""
    return sqlite3.connect(path, timeout=_BUSY_SECONDS, check_same_thread=False)


class Store:
    """One SQLite file. Threads and processes may share it; every change is a transaction of its own."""

    def __init__(self, path: Path, connect: Connect = connect) -> None:
        self.path = path
        self._lock = RLock()
        self._is_writing = False
        self._connection = connect(path)
        self._connection.isolation_level = None
        self._connection.create_function("mark", 2, mark, deterministic=True)
        self._connection.execute("PRAGMA journal_mode = WAL")
        # A refresh token and a change must be on disk before they are used, also when the power fails.
        self._connection.execute("PRAGMA synchronous = FULL")
        self._create()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Do all that follows together or not at all; inside another transaction it joins that."""
        with self._lock:
            if self._is_writing:
                yield
                return
            self._connection.execute("BEGIN IMMEDIATE")
            self._is_writing = True
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.rollback()
                raise
            finally:
                self._is_writing = False

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Read."""
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    def row(self, sql: str, *values: Any) -> tuple[Any, ...] | None:
        """Read the first row, if any."""
        return next(iter(self.rows(sql, *values)), None)

    def write(self, sql: str, *values: Any) -> None:
        """Change rows, as a part of the transaction that is open or as one of its own."""
        with self.transaction():
            self._connection.execute(sql, values)

    def insert(self, sql: str, *values: Any) -> int:
        """Add a row and return its number."""
        with self.transaction():
            return int(self._connection.execute(sql, values).lastrowid or 0)

    def write_each(self, sql: str, rows: Iterable[tuple[Any, ...]]) -> None:
        """Do the same to many rows."""
        with self.transaction():
            self._connection.executemany(sql, rows)

    def state(self, key: str) -> Any:
        """Return a part of the state, None when it was never kept."""
        found = self.row("SELECT value FROM state WHERE key = ?", key)
        return json.loads(found[0]) if found else None

    def keep(self, key: str, value: Any) -> None:
        """Keep a part of the state; None forgets it."""
        if value is None:
            self.write("DELETE FROM state WHERE key = ?", key)
        else:
            self.write("INSERT OR REPLACE INTO state VALUES (?, ?)", key, json.dumps(value))

    def clear(self, *, but: tuple[str, ...]) -> None:
        """Drop everything but some parts of the state, all of it together."""
        with self.transaction():
            for table in _CLEARED:
                self.write(f"DELETE FROM {table}")
            marks = ", ".join("?" * len(but))
            self.write(f"DELETE FROM state WHERE key NOT IN ({marks})", *but)

    def shred(self) -> None:
        """Leave nothing of what was cleared in the file or beside it."""
        with self._lock:
            self._connection.execute("VACUUM")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _create(self) -> None:
        with self.transaction():
            [(version,)] = self.rows("PRAGMA user_version")
            if version > VERSION:
                raise StoreTooNew
            if version == 1:
                self.write("ALTER TABLE queue ADD COLUMN is_sent INTEGER NOT NULL DEFAULT 1")
                self.write("ALTER TABLE records ADD COLUMN is_ours INTEGER NOT NULL DEFAULT 0")
                self.write("UPDATE records SET is_leaving = 2 WHERE NOT is_leaving")
            for statement in (*_TABLES, *_DIGESTS):
                self.write(statement)
            if version == 1:
                # Now they are counted.
                self.write("UPDATE records SET is_leaving = 0 WHERE is_leaving = 2")
            self.write(f"PRAGMA user_version = {VERSION}")
