"""Workbooks of spreadsheet programs (XLSX): the first sheet that has anything, as it was shown last.

They are archives of XML: how much is in one is counted before any of it is read, entities are refused by
defusedxml, which openpyxl uses where it is installed, and formulas are never worked out.
"""

import io
import re
import warnings
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import chain
from typing import Any

from openpyxl import DEFUSEDXML, load_workbook
from openpyxl.cell.read_only import EMPTY_CELL, EmptyCell, ReadOnlyCell

from app.readers.refusals import TooLong, Unreadable
from app.readers.tables import MAX_COLUMNS, MAX_ROWS, MAX_UNPACKED, OLD, Line, Table, table_of

_MOST_PARTS = 2_000
_LOCKED = "EncryptedPackage".encode("utf-16-le")
"""What is in those that a password locks; others that begin with `OLD` are of Excel before 2007."""
_BEHIND = 1
_LAST_ROW = 1_048_576
"""Of a sheet, by the standard; the library makes up every row before the one a file names."""
_DIGITS = re.compile(r"(?:\[[^]]*\])?(0{2,15})")
"""The format of numbers that are shown with zeros in front, as ZIP codes are."""

if not DEFUSEDXML:
    raise RuntimeError("openpyxl does not see defusedxml: workbooks would be read without its care")


def read_xlsx(content: bytes, *, has_headings: bool = True) -> Table:
    """Read the first sheet that has anything; raises `Unreadable` and `TooLong`."""
    _measure(content)
    try:
        with warnings.catch_warnings():
            # That a workbook has no style, as those of Gnumeric, is nothing to tell anybody.
            warnings.simplefilter("ignore")
            book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        try:
            for sheet in book.worksheets:
                lines = _lines(sheet)
                first = next(lines, None)
                if first is not None:
                    return table_of(chain([first], lines), has_headings=has_headings)
        finally:
            book.close()
    except (TooLong, Unreadable, MemoryError):
        raise
    except Exception:  # noqa: BLE001 - a damaged file breaks the library wherever it is damaged
        raise Unreadable(reason="damaged") from None
    raise Unreadable(reason="empty")


def _measure(content: bytes) -> None:
    """Refuse what is no workbook or too much unpacked; no part is read beyond the size it says."""
    if content.startswith(OLD):
        raise Unreadable(reason="encrypted" if _LOCKED in content else "old_format")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        raise Unreadable(reason="not_this_format") from None
    if any(part.flag_bits & 1 for part in parts):
        raise Unreadable(reason="encrypted")
    if not any(part.filename.startswith("xl/") for part in parts):
        raise Unreadable(reason="not_this_format")
    if len(parts) > _MOST_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
        raise TooLong(limit="bytes_unpacked", most=MAX_UNPACKED)


def _lines(sheet: Any) -> Iterator[Line]:
    """Yield the rows that have anything, as far as a table may go and one row and column further."""
    # What a sheet says of its own size is often wrong, and need not be small.
    sheet.reset_dimensions()
    rows = sheet.iter_rows(max_col=MAX_COLUMNS + _BEHIND, max_row=_LAST_ROW + _BEHIND)
    found, blank = 0, None
    for number, row in enumerate(rows, 1):
        if found > MAX_ROWS + _BEHIND:
            return
        if number > _LAST_ROW:
            raise Unreadable(reason="damaged")
        # The rows that were made up are all the same one.
        if row is blank or all(each is EMPTY_CELL for each in row):
            blank = row
            continue
        cells = [_shown(each) for each in row]
        if any(cells):
            found += 1
            yield number, cells, None


def _shown(cell: ReadOnlyCell | EmptyCell) -> str:
    """Return a cell as a text; a whole number with the zeros its format has in front."""
    value = cell.value
    if isinstance(value, int) and (digits := _DIGITS.fullmatch(cell.number_format)):
        return str(value).zfill(len(digits[1]))
    return _text(value)


def _text(value: Any) -> str:  # noqa: PLR0911 - one for each kind of cell
    """Return a cell as a program would write it to CSV, days in the form of ISO 8601."""
    match value:
        case None:
            return ""
        case str():
            return value.strip()
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "seconds")
        case date() | time():
            return value.isoformat()
        case timedelta():
            return str(value)
        case float() if value.is_integer() and abs(value) < 10**15:
            return str(int(value))
    return str(value)
