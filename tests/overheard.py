"""Every statement the product says to the database, in whichever test, is held to `statements`.

Each text is judged once a worker, at the end of the test in which it was first said. What a test itself says
is its own affair: whose statement it is, the nearest file of either tells. Not heard are servers in processes
of their own (tests/serving), migrations, and the connection a process listens on.
"""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import greenlet  # type: ignore[import-untyped] # it has no types
import pytest

from app.core import db
from tests.statements import judged

_ROOT = Path(__file__).resolve().parents[1]
_APP, _TESTS = f"{_ROOT / 'app'}/", (f"{_ROOT / 'tests'}/", f"{_ROOT / 'conftest.py'}")
_UUID = re.compile(r"'[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'")


@dataclass
class Overheard:
    """What was said: all texts, and those that are not judged yet, with what said them."""

    tables: frozenset[str]
    said: set[str] = field(default_factory=set)
    new: dict[str, str] = field(default_factory=dict)

    def hear(self, sql: str) -> None:
        """Take note of a text, unless it is known or a test's own."""
        if sql in self.said:
            return
        if place := _said_by(sys._getframe(2)):
            self.said.add(sql)
            self.new.setdefault(_UUID.sub("'00000000-0000-0000-0000-000000000000'", sql), place)

    def take(self) -> list[str]:
        """Return the faults of what was said since last asked."""
        heard, self.new = self.new, {}
        return [
            f"{place}: {fault}\n{sql}" for sql, place in heard.items() for fault in judged(sql, self.tables)
        ]


def _said_by(frame: FrameType | None) -> str | None:
    """Return the line of the product that says something, or None if a test is nearer.

    SQLAlchemy says it in a greenlet, which has another that waits for it.
    """
    waiting = greenlet.getcurrent().parent
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith(_APP):
            return f"{name.removeprefix(f'{_ROOT}/')}:{frame.f_lineno}"
        if name.startswith(_TESTS):
            return None
        frame = frame.f_back
        if frame is None and waiting is not None:
            frame, waiting = waiting.gr_frame, waiting.parent
    return None


@contextmanager
def listening_in(overheard: Overheard) -> Iterator[None]:
    """Hear what is said on connections of pools, for as long as it lasts."""
    opener = db._opener

    def opened(url: str, **chosen: Any) -> db.Connect:
        connect = opener(url, **chosen)

        async def connected() -> Any:
            connection = await connect()
            connection.__class__ = _Heard
            return connection

        return connected

    class _Heard(db._Connection):
        # Plain functions that return what is to be awaited: nothing is added to a trip but the look.
        def execute(self, query: str, *args: Any, **chosen: Any) -> Any:
            overheard.hear(query)
            return super().execute(query, *args, **chosen)

        def _get_statement(self, query: str, *args: Any, **chosen: Any) -> Any:
            overheard.hear(query)
            return super()._get_statement(query, *args, **chosen)  # type: ignore[misc] # the driver's own

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(db, "_opener", opened)
        yield
