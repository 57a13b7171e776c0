"""What any file is read as: named columns, and rows of texts."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from statistics import median

from app.readers.refusals import TooLong, Unreadable

MAX_BYTES = 20_000_000
MAX_ROWS = 50_000
MAX_COLUMNS = 200
MAX_CELLS = 1_500_000
MAX_CHARACTERS = 50_000_000
"""Of all rows together: one text of a workbook may stand in many cells, one of a calendar on many days."""
MAX_ROW_CHARACTERS = 50_000
"""A row with more is an error by itself; the rest of the file is read."""
MAX_UNPACKED = 150_000_000
"""Bytes of all parts of a workbook together."""
_LONGEST_NAME = 100
_TOP = 20
"""Among how many first rows the one with the headings is looked for."""

OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How files of Excel before 2007 begin."""

Line = tuple[int, Sequence[str], str | None]
"""A row of a file as it is read: its number, its texts, and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its place in the file, counted as people do, its texts, and what is wrong with it.

    A text is "" where there is none.
    """

    number: int
    cells: list[str]
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A whole file; `fields` says of columns what they are, where the format itself does."""

    columns: list[str]
    rows: list[Row] = field(default_factory=list)
    fields: list[str | None] | None = None


def table_of(lines: Iterable[Line], *, has_headings: bool = True) -> Table:
    """Make a table of numbered lines, under a row with the names of the columns unless there is none.

    Blank lines are left out, and titles above the headings. Raises `Unreadable` and `TooLong`.
    """
    found = _present(lines)
    top = list(islice(found, _TOP))
    if not top:
        raise Unreadable(reason="empty")
    if has_headings:
        place = _headings(top)
        names, top = _trimmed(top[place][1]), top[place + 1 :]
    else:
        names = [""] * max(len(_trimmed(cells)) for _, cells, _ in top)
    found = chain(top, found)
    width = len(names)
    if width > MAX_COLUMNS:
        raise TooLong(limit="columns", most=MAX_COLUMNS)
    rows = gathered(_row(*each, width) for each in found)
    if not rows:
        raise Unreadable(reason="empty")
    return Table(_names(names), rows)


def gathered(found: Iterable[Row]) -> list[Row]:
    """Return rows as they can be kept; raises `TooLong` where there are more than one import may have."""
    rows: list[Row] = []
    characters = 0
    for each in found:
        if len(rows) == MAX_ROWS:
            raise TooLong(limit="rows", most=MAX_ROWS)
        if len(rows) * len(each.cells) > MAX_CELLS:
            raise TooLong(limit="cells", most=MAX_CELLS)
        rows.append(_fitting(each))
        characters += sum(map(len, rows[-1].cells))
        if characters > MAX_CHARACTERS:
            raise TooLong(limit="characters", most=MAX_CHARACTERS)
    return rows


def _headings(top: Sequence[Line]) -> int:
    """Return which row has the headings: the first that fills at least half the cells rows usually do."""
    filled = [sum(bool(each.strip()) for each in cells) for _, cells, _ in top]
    usual = median(filled)
    return next(place for place, many in enumerate(filled) if many >= usual / 2)


def _row(number: int, cells: Sequence[str], problem: str | None, width: int) -> Row:
    kept = [*cells[:width]]
    kept += [""] * (width - len(kept))
    if problem is None and any(cells[width:]):
        problem = "This row has more cells than there are columns."
    return Row(number, kept, problem)


def _fitting(row: Row) -> Row:
    """Return a row as it can be kept: one that is too long is cut, and an error by itself."""
    cells = [_clean(each) for each in row.cells]
    if sum(map(len, cells)) <= MAX_ROW_CHARACTERS:
        return Row(row.number, cells, row.problem)
    problem = f"This row has more than {MAX_ROW_CHARACTERS:,} characters."
    return Row(row.number, [each[:_LONGEST_NAME] for each in cells], problem)


def _clean(text: str) -> str:
    """Return a text as it can be kept: the database has no NUL, and JSON no half of a pair."""
    text = text.replace("\0", "").strip()
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _present(lines: Iterable[Line]) -> Iterator[Line]:
    return (
        (number, cells, problem) for number, cells, problem in lines if problem or any(map(str.strip, cells))
    )


def _trimmed(cells: Sequence[str]) -> list[str]:
    names = [_clean(each) for each in cells]
    while names and not names[-1]:
        names.pop()
    return names


def _names(names: Sequence[str]) -> list[str]:
    return [
        " ".join(name.split())[:_LONGEST_NAME] or f"Column {place}" for place, name in enumerate(names, 1)
    ]
