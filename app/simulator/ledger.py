"""The simulator's books: an SQLite file whose every commit is on disk before anything is answered."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from app.core import clock

Row = dict[str, Any]
_SCHEMA = Path(__file__).with_name("ledger.sql")
_IN_RECORDS = ("transactions", "requests", "batches", "booked")


@dataclass(slots=True)
class Knobs:
    """What can be turned while it runs; each in seconds but `batch_leaves`, a number of transactions."""

    clock_offset: float = 0.0
    lookup_lag: float = 0.0
    duplicate_window: float = 60.0
    key_seconds: float = 86_400.0
    token_seconds: float = 900.0
    pace: float = 1.0
    batch_leaves: float = 0.0


class Ledger:
    """One open ledger; a second process may read the file meanwhile."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, timeout=30)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute("PRAGMA foreign_keys = ON")
        self._connection.executescript(_SCHEMA.read_text())
        known = {row["name"]: row["value"] for row in self.rows("SELECT name, value FROM knobs")}
        self.knobs = Knobs(**known)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Write all or nothing; it is on disk when this ends."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def now(self) -> datetime:
        """Return the simulator's time: the machine's, moved by `clock_offset`."""
        return clock.now() + timedelta(seconds=self.knobs.clock_offset)

    def turn(self, turned: dict[str, float]) -> None:
        """Turn knobs, and keep them turned."""
        for name, value in turned.items():
            setattr(self.knobs, name, float(value))
        with self.writing():
            for name in turned:
                self.execute("INSERT OR REPLACE INTO knobs VALUES (?, ?)", name, getattr(self.knobs, name))

    def rows(self, sql: str, *values: Any) -> list[Row]:
        """Return what a query finds."""
        return [dict(row) for row in self._connection.execute(sql, values)]

    def row(self, sql: str, *values: Any) -> Row | None:
        """Return the first row a query finds."""
        found = self._connection.execute(sql, values).fetchone()
        return None if found is None else dict(found)

    def execute(self, sql: str, *values: Any) -> int:
        """Carry out a statement, and return the id of the row it has written."""
        return self._connection.execute(sql, values).lastrowid or 0

    def insert(self, table: str, **values: Any) -> int:
        """Write a row, and return its id."""
        places = ", ".join("?" * len(values))
        return self.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({places})", *values.values())

    def records(self, reference: str | None = None) -> dict[str, list[Row]]:
        """Return all that is in the books, or what is under one reference."""
        where, values = ("WHERE reference = ?", (reference,)) if reference is not None else ("", ())
        return {
            table: self.rows(f"SELECT * FROM {table} {where}", *values)
            for table in _IN_RECORDS
            if reference is None or table != "batches"
        }


def stamp(instant: datetime) -> str:
    """Return an instant as it stands in the ledger."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds")


def knob_names() -> set[str]:
    """Return the names of all that can be turned."""
    return {each.name for each in fields(Knobs)}
