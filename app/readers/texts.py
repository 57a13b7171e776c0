"""Text as other programs write it: which encoding, and tables whose cells some sign keeps apart."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from itertools import islice

from charset_normalizer import from_bytes

from app.readers.refusals import Unreadable
from app.readers.tables import MAX_ROW_CHARACTERS, OLD, Line, Table, table_of

_SIGNS = ",;\t|"
_ARCHIVE = b"PK\x03\x04"
_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_USUAL = ["cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "mac_roman", "utf_16_le", "utf_16_be"]
"""What programs write that neither mark their files nor write UTF-8."""
_LOOKED_AT = 64_000
_LINES = 20
_HELD = re.compile(r"'[=+\-@\t\r']")
"""The apostrophe with which tables for spreadsheets, ours among them, keep a cell from being a formula."""
_MOST_BROKEN = 100
"""How many rows may be broken: each is looked for to the end of the longest cell there may be."""

csv.field_size_limit(2 * MAX_ROW_CHARACTERS)


def decoded(content: bytes) -> str:
    """Return the text of a file: by its mark, as UTF-8 if it is, else as the likeliest of a few encodings."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _decoded(content, encoding)
    if b"\0" not in content:
        try:
            return content.decode()
        except UnicodeDecodeError:
            pass
    return _decoded(content, _likeliest(content))


def _decoded(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        raise Unreadable(reason="unknown_encoding") from None


def _likeliest(content: bytes) -> str:
    """Return an encoding; of a few words in a Western one no statistics can tell which, and most are that."""
    if b"\0" in content:
        found = from_bytes(content[:_LOOKED_AT], cp_isolation=["utf_16_le", "utf_16_be"]).best()
        if found is None:
            raise Unreadable(reason="unknown_encoding")
        return found.encoding
    lines = [line for line in content.splitlines() if not line.isascii()]
    found = from_bytes(b"\n".join(lines)[:_LOOKED_AT], cp_isolation=_USUAL).best()
    if found is None:
        raise Unreadable(reason="unknown_encoding")
    try:
        content.decode("cp1252")
    except UnicodeDecodeError:
        return found.encoding
    return found.encoding if found.encoding.startswith(("cp1251", "cp1253")) else "cp1252"


def read_csv(content: bytes, *, has_headings: bool = True) -> Table:
    """Read a table, under the names of its columns if it has them; raises `Unreadable` and `TooLong`."""
    if content.startswith((OLD, _ARCHIVE)):
        raise Unreadable(reason="old_format" if content.startswith(OLD) else "not_this_format")
    text = io.StringIO(decoded(content).replace("\0", ""), newline="")
    lines = list(islice(text, _LINES))
    told = lines[0].strip().lower() if lines else ""
    # Excel writes and reads a first line that says what keeps cells apart.
    is_told = told.startswith("sep=") and len(told) == len("sep=") + 1
    sign = told[-1] if is_told and told[-1] in _SIGNS else _sign(lines)
    text.seek(len(lines[0]) if is_told else 0)
    return table_of(_rows(text, sign, row=1 if is_told else 0), has_headings=has_headings)


def _sign(lines: Sequence[str]) -> str:
    """Return what keeps cells apart: what parts the first lines into most cells, each into as many."""
    first = [line[:MAX_ROW_CHARACTERS] for line in lines]
    widths = {sign: _widths(first, sign) for sign in _SIGNS}
    return max(_SIGNS, key=lambda sign: (_common(widths[sign]), widths[sign][:1]))


def _widths(lines: Sequence[str], sign: str) -> list[int]:
    try:
        return [len(each) for each in csv.reader(lines, delimiter=sign) if each]
    except csv.Error:
        return []


def _common(widths: Sequence[int]) -> int:
    """Return into how many cells all lines are parted at least, but for a last one that may be cut."""
    whole = widths[:-1] if len(widths) > 1 else widths
    return min(whole, default=0)


def _rows(text: io.StringIO, sign: str, row: int) -> Iterator[Line]:
    """Yield the rows from where a text stands, behind so many; each by the number of its first line.

    What cannot be read costs one line: a quote that is not closed would take in all lines behind it.
    """
    broken = 0
    while True:
        before, begun = row, text.tell()
        reader = csv.reader(text, delimiter=sign, strict=True)
        try:
            for cells in reader:
                yield row + 1, [each[1:] if _HELD.match(each) else each for each in cells], None
                row, begun = before + reader.line_num, text.tell()
        except csv.Error:
            broken += 1
            if broken > _MOST_BROKEN:
                raise Unreadable(reason="damaged", row=row + 1) from None
            text.seek(begun)
            cells = next(csv.reader([text.readline()[:MAX_ROW_CHARACTERS]], delimiter=sign), [])
            yield row + 1, cells, "This row cannot be read: a quotation mark stands where none may."
            row += 1
        else:
            return
