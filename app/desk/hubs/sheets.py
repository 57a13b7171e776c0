"""A workbook (Office Open XML) written as it is sent: rows go out as they come, and none is kept."""

import re
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from io import RawIOBase
from threading import Lock
from typing import Any
from xml.sax.saxutils import escape

MOST_ROWS = 1_048_576
"""Rows of one sheet; what is beyond goes on the next."""
MOST_BYTES = 1_000_000_000
"""About how long a sheet is; what is beyond goes on the next.

A part of a ZIP file of more than 2 GiB must say so when it begins. How zipfile then writes one whose length
is not known yet is what spreadsheets take for damage: Microsoft Excel opens none of it.
"""
_LONGEST = 32_767
"""Characters of one cell, of UTF-16."""
# Most control characters may not be in XML.
_ILLEGIBLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_EPOCH = date(1899, 12, 30)
_EARLIEST = date(1900, 3, 1)
"""Before this day spreadsheets count days differently."""

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_RELATIONS = "application/vnd.openxmlformats-package.relationships+xml"
_FORMATS = (
    r"yyyy\-mm\-dd",
    r"yyyy\-mm\-dd\ hh:mm",
    "hh:mm",
    "#,##0",
    *(f"#,##0.{'0' * places}" for places in range(1, 5)),
)
# The first style is plain, those of the formats follow in their order, that of titles is the last.
_DATE, _INSTANT, _TIME, _AMOUNT, _TITLE = 1, 2, 3, 4, len(_FORMATS) + 1
_FIRST_FORMAT = 164
_FONT = '<sz val="11"/><name val="Calibri"/>'
_STYLES = "".join(
    (
        f'{_HEAD}<styleSheet xmlns="{_MAIN}"><numFmts count="{len(_FORMATS)}">',
        *(
            f'<numFmt numFmtId="{number}" formatCode="{code}"/>'
            for number, code in enumerate(_FORMATS, _FIRST_FORMAT)
        ),
        f'</numFmts><fonts count="2"><font>{_FONT}</font><font><b/>{_FONT}</font></fonts>',
        '<fills count="2"><fill><patternFill patternType="none"/></fill>',
        '<fill><patternFill patternType="gray125"/></fill></fills>',
        '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>',
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>',
        f'<cellXfs count="{_TITLE + 1}"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>',
        *(
            f'<xf numFmtId="{number}" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
            for number in range(_FIRST_FORMAT, _FIRST_FORMAT + len(_FORMATS))
        ),
        '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/></cellXfs></styleSheet>',
    )
)


class _Outlet(RawIOBase):
    """A file that only goes forward, and hands on what was written to it."""

    def __init__(self) -> None:
        super().__init__()
        self._held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        self._held += piece
        return len(piece)

    def taken(self) -> bytes:
        found = bytes(self._held)
        self._held.clear()
        return found


class Workbook:
    """Rows of cells under titles; each call returns what is ready to be sent.

    Threads take turns: whoever closes it waits for what is being written.
    """

    def __init__(self, titles: Sequence[str]) -> None:
        self._turn = Lock()
        self._outlet = _Outlet()
        self._zip = zipfile.ZipFile(self._outlet, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
        self._titles = titles
        self._sheets = 0
        self._begin()

    def add(self, rows: Sequence[Sequence[Any]]) -> bytes:
        """Write rows: numbers, days, times and truth as such, all else as text, which is never a formula.

        Decimal numbers are amounts, shown with as many places as they have.
        """
        with self._turn:
            for row in rows:
                if self._rows == MOST_ROWS or self._bytes > MOST_BYTES:
                    self._end()
                    self._begin()
                self._write(row)
            return self._outlet.taken()

    def finish(self) -> bytes:
        """Write the end."""
        self._end()
        names = range(1, self._sheets + 1)
        for name, text in _parts(names):
            self._zip.writestr(name, text)
        self._zip.close()
        return self._outlet.taken()

    def close(self) -> None:
        """Let go of what was not finished."""
        with self._turn:
            self._sheet.close()
            self._zip.close()

    def _begin(self) -> None:
        self._sheets, self._rows, self._bytes = self._sheets + 1, 0, 0
        path = f"xl/worksheets/sheet{self._sheets}.xml"
        self._sheet = self._zip.open(path, "w")
        self._sheet.write(f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetData>'.encode())
        self._write(self._titles, _TITLE)

    def _write(self, row: Sequence[Any], style: int = 0) -> None:
        self._rows += 1
        told = f"<row>{''.join(_cell(each, style) for each in row)}</row>".encode()
        self._bytes += self._sheet.write(told)

    def _end(self) -> None:
        self._sheet.write(b"</sheetData></worksheet>")
        self._sheet.close()


def _cell(value: Any, style: int) -> str:
    """Return a cell; a workbook has no time zones, so instants must come as local ones."""
    if value is None or value == "":
        return "<c/>"
    if isinstance(value, bool):
        return f'<c t="b"><v>{int(value)}</v></c>'
    if (number := _number(value)) is not None:
        return f'<c s="{number[0]}"><v>{number[1]}</v></c>'
    told = value.isoformat(" ") if isinstance(value, datetime) else str(value)
    text = escape(_ILLEGIBLE.sub("\N{REPLACEMENT CHARACTER}", _fitting(told)), {"\r": "&#13;"})
    return f'<c s="{style}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def _number(value: Any) -> tuple[int, str] | None:
    """Return style and number of what spreadsheets keep as numbers: days, and parts of a day, too."""
    match value:
        case int():
            return 0, str(value)
        case Decimal():
            return _AMOUNT - int(value.as_tuple().exponent), f"{value:f}"
        case time():
            return _TIME, f"{_part(value):.9f}"
        case datetime() if value.date() >= _EARLIEST:
            return _INSTANT, f"{_days(value.date()) + _part(value.time()):.9f}"
        case date() if not isinstance(value, datetime) and value >= _EARLIEST:
            return _DATE, str(_days(value))
    return None


def _fitting(text: str) -> str:
    """Return a text, or as much of one as a cell holds, with an ellipsis behind it."""
    units = text.encode("utf-16-le") if len(text) > _LONGEST // 2 else b""
    if len(units) <= 2 * _LONGEST:
        return text
    return units[: 2 * (_LONGEST - 1)].decode("utf-16-le", "ignore") + "\N{HORIZONTAL ELLIPSIS}"


def _days(day: date) -> int:
    return (day - _EPOCH).days


def _part(moment: time) -> float:
    seconds = moment.hour * 3600 + moment.minute * 60 + moment.second
    return seconds / 86_400


def _parts(sheets: Sequence[int]) -> Iterator[tuple[str, str]]:
    """Yield what a workbook is of beside its sheets."""
    parts = [(f"/xl/worksheets/sheet{each}.xml", f"{_TYPE}.worksheet+xml") for each in sheets]
    parts += [("/xl/workbook.xml", f"{_TYPE}.sheet.main+xml"), ("/xl/styles.xml", f"{_TYPE}.styles+xml")]
    overrides = "".join(f'<Override PartName="{name}" ContentType="{kind}"/>' for name, kind in parts)
    usual = f'<Default Extension="rels" ContentType="{_RELATIONS}"/>'
    types = f'<Types xmlns="{_PACKAGE}/content-types">{usual}{overrides}</Types>'
    yield "[Content_Types].xml", _HEAD + types
    yield "_rels/.rels", _relations([("rId1", "officeDocument", "xl/workbook.xml")])
    told = "".join(f'<sheet name="Records {each}" sheetId="{each}" r:id="rId{each}"/>' for each in sheets)
    yield (
        "xl/workbook.xml",
        f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{told}</sheets></workbook>',
    )
    yield "xl/styles.xml", _STYLES
    related = [(f"rId{each}", "worksheet", f"worksheets/sheet{each}.xml") for each in sheets]
    styles = (f"rId{len(sheets) + 1}", "styles", "styles.xml")
    yield "xl/_rels/workbook.xml.rels", _relations([*related, styles])


def _relations(told: Sequence[tuple[str, str, str]]) -> str:
    each = "".join(
        f'<Relationship Id="{name}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for name, kind, target in told
    )
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{each}</Relationships>'
