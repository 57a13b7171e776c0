"""The report of an import as a table for spreadsheets."""

import csv
import io
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

AT_ONCE = 500
_OWN = ("row", "fate", "record_id", "duplicates_of", "same_as_row", "code", "reasons")
_QUOTED = ("'", "=", "+", "-", "@", "\t", "\r")
"""What a cell is not begun with: formulas, and what keeps something from being one."""


async def lines(
    columns: Sequence[str], pages: AsyncIterator[Sequence[Mapping[str, Any]]]
) -> AsyncIterator[str]:
    """Yield the report as lines of CSV: first what was found of a row, then what the file has."""
    yield _written([[*_OWN, *map(_cell, columns)]])
    async for page in pages:
        yield _written([_row(each) for each in page])


def _row(row: Mapping[str, Any]) -> list[str]:
    reasons = "; ".join(f"{name}: {told}" if name else told for name, told in row["reasons"].items())
    others = " ".join(map(str, row["duplicates_of"]))
    own = (row["row"], row["fate"], row["record_id"], others, row["same_as_row"], row["code"], reasons)
    return [*(_cell(each) for each in own), *map(_cell, row["cells"])]


def _cell(value: Any) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_QUOTED) else text


def _written(rows: Sequence[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()
