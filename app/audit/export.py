"""The audit trail as a table for spreadsheets."""

import csv
import io
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from app.audit.store import NAMES

AT_ONCE = 1_000
_COLUMNS = ("position", *NAMES, "actor", "hash", "former_hash")
_QUOTED = ("'", "=", "+", "-", "@", "\t", "\r")
"""What a cell is not begun with: formulas, and what keeps something from being one."""

Page = Sequence[Mapping[str, Any]]


async def lines(first: Page, read: Callable[[int], Awaitable[Page]]) -> AsyncIterator[str]:
    """Yield pages as lines of CSV, each read when the one before has been taken."""
    yield _written([_COLUMNS])
    page = first
    while page:
        yield _written([[_cell(row[name]) for name in _COLUMNS] for row in page])
        page = await read(page[-1]["position"]) if len(page) == AT_ONCE else []


def _written(rows: Sequence[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def _cell(value: Any) -> str:
    """Return a value as text that no spreadsheet takes for a formula, and anybody as what it was.

    That is what is hashed, behind one apostrophe if there is one.
    """
    if value is None:
        return ""
    text = value.isoformat(timespec="microseconds") if isinstance(value, datetime) else str(value)
    return f"'{text}" if text.startswith(_QUOTED) else text
