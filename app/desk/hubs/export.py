"""A hub as a table: pages of records, each read when the one before has been taken."""

import csv
import io
import re
from asyncio import to_thread
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from app.desk.hubs.compiling import Place
from app.desk.hubs.fields import HubField, label_of
from app.desk.hubs.querying import Page, Query
from app.desk.hubs.schemas import Format
from app.desk.hubs.sheets import Workbook

# What a spreadsheet may take for a formula: at the begin of a text, though it drop quotes and blanks first,
# and behind a semicolon, by which many part cells whatever a file says. A smile is none.
_BEGINS = r"[=+\-@\uff1d\uff0b\uff0d\uff20]"
_FORMULA = re.compile(rf"""^(?=["'\s]*{_BEGINS}|[\t\r\n])|(?<=;)(?!-\))(?=["']*{_BEGINS})""")
MOST = 2_000
"""How many records are read at once: each time they may all have to be put in order."""
_WITH_MARK = "utf-8-sig"
"""A file in UTF-8 begins with a mark, or Microsoft Excel takes it for one in an older encoding of Windows."""
MEDIA_TYPES = {
    Format.CSV: "text/csv",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

Read = Callable[[Place], Awaitable[Page]]


async def table(kind: Format, query: Query, first: Page, read: Read) -> AsyncIterator[bytes]:
    """Yield the bytes of a table whose first page was read."""
    writer = _Csv(_titles(query)) if kind is Format.CSV else Workbook(_titles(query))
    page = first
    try:
        yield await to_thread(_written, writer, page, query)
        while page.end:
            page = await read(page.end)
            yield await to_thread(_written, writer, page, query)
        yield writer.finish()
    finally:
        writer.close()


def _written(writer: "_Csv | Workbook", page: Page, query: Query) -> bytes:
    """Return a page as the table has it; that is much work, and none for where all requests are answered."""
    return writer.add(_rows(page, query))


class _Csv:
    """Lines of RFC 4180; no spreadsheet takes a text among them for a formula."""

    def __init__(self, titles: Sequence[str]) -> None:
        self._titles: Sequence[Sequence[Any]] = [titles]
        self._encoding = _WITH_MARK

    def add(self, rows: Sequence[Sequence[Any]]) -> bytes:
        told, self._titles = [*self._titles, *rows], []
        encoding, self._encoding = self._encoding, "utf-8"
        text = io.StringIO()
        csv.writer(text).writerows([[_cell(each) for each in row] for row in told])
        return text.getvalue().encode(encoding)

    def finish(self) -> bytes:
        return b""

    def close(self) -> None:
        pass


def _titles(query: Query) -> list[str]:
    return [label_of(each, query.labels) for each in query.columns]


def _rows(page: Page, query: Query) -> list[list[Any]]:
    zone = ZoneInfo(query.time_zone)
    return [
        [_read(cell, each, query, zone) for cell, each in zip(row.cells, query.columns, strict=True)]
        for row in page.rows
    ]


def _read(cell: Any, of: HubField, query: Query, zone: ZoneInfo) -> Any:
    """Return a cell as people read it.

    Amounts are in the company's money, instants by its clocks; lists and parts have commas between, and of
    lists of such things there is only how many.
    """
    if of.is_amount and cell is not None:
        return Decimal(cell).scaleb(-query.places)
    match cell:
        case datetime():
            return cell.astimezone(zone).replace(tzinfo=None, microsecond=0)
        case list():
            return ", ".join(str(each) for each in cell if not isinstance(each, dict)) or len(cell) or None
        case dict():
            return ", ".join(each for each in cell.values() if each and isinstance(each, str))
    return cell


def _cell(value: Any) -> Any:
    match value:
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.isoformat(" ")
        case Decimal():
            return f"{value:f}"
        case None | int() | date() | time():
            return value
    return _FORMULA.sub("'", str(value))
