"""A hub as a table: pages of records, each read when the one before has been taken."""

import csv
import io
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from app.desk.hubs.compiling import Place
from app.desk.hubs.fields import label_of
from app.desk.hubs.querying import Page, Query
from app.desk.hubs.schemas import Format
from app.desk.hubs.sheets import Workbook

_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
MEDIA_TYPES = {
    Format.CSV: "text/csv",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

Read = Callable[[Place], Awaitable[Page]]


async def table(kind: Format, query: Query, first: Page, read: Read) -> AsyncIterator[bytes]:
    """Yield the bytes of a table whose first page was read."""
    writer = _Csv(_titles(query)) if kind is Format.CSV else Workbook(_titles(query))
    zone = ZoneInfo(query.time_zone)
    page = first
    try:
        yield writer.add([[_local(cell, zone) for cell in row.cells] for row in page.rows])
        while page.end:
            page = await read(page.end)
            yield writer.add([[_local(cell, zone) for cell in row.cells] for row in page.rows])
        yield writer.finish()
    finally:
        writer.close()


class _Csv:
    """Lines of RFC 4180; no spreadsheet takes a text among them for a formula."""

    def __init__(self, titles: Sequence[str]) -> None:
        self._titles: Sequence[Sequence[Any]] = [titles]

    def add(self, rows: Sequence[Sequence[Any]]) -> bytes:
        told, self._titles = [*self._titles, *rows], []
        text = io.StringIO()
        csv.writer(text).writerows([[_cell(each) for each in row] for row in told])
        return text.getvalue().encode()

    def finish(self) -> bytes:
        return b""

    def close(self) -> None:
        pass


def _titles(query: Query) -> list[str]:
    return [label_of(each, query.labels) for each in query.columns]


def _local(cell: Any, zone: ZoneInfo) -> Any:
    """Return a cell as people read it: instants by the company's clocks, lists with commas between."""
    if isinstance(cell, datetime):
        return cell.astimezone(zone).replace(tzinfo=None, microsecond=0)
    if isinstance(cell, list):
        return ", ".join(str(each) for each in cell if not isinstance(each, dict)) or len(cell) or None
    return cell


def _cell(value: Any) -> Any:
    match value:
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.isoformat(" ")
        case None | int() | date() | time():
            return value
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULAS) else text
