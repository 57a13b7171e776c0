"""From the texts of cells to values: days and times in the forms people write, numbers, choices."""

import re
from calendar import monthrange
from collections.abc import Iterable
from datetime import date, time
from enum import StrEnum


class DateOrder(StrEnum):
    """In which order numbers apart by strokes are a date."""

    DAY_FIRST = "day_first"
    MONTH_FIRST = "month_first"


class Unclear(Exception):
    """A cell that cannot be taken for what its column is; the sentence says why, never what was in it."""


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ISO = re.compile(r"(\d{4})[-/.]?(\d{2})[-/.]?(\d{2})(?:[T ].*)?", re.DOTALL)
_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_NUMBERS = re.compile(r"(\d{1,2})\s*([/.-])\s*(\d{1,2})\s*[/.-]\s*(\d{4}|\d{2})(?: \d{1,2}:.*)?", re.DOTALL)
_DAY_MONTH = re.compile(r"(?:\w+,\s*)?(\d{1,2})(?:st|nd|rd|th)?[ .-]+([A-Za-z]{3,9})\.?,?[ -]+(\d{4})")
_MONTH_DAY = re.compile(r"(?:\w+,\s*)?([A-Za-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})")
_CLOCK = re.compile(
    r"(\d{1,2})(?:[:.](\d{2}))?(?:[:.](\d{2}))?(?:\.\d+)?\s*([ap])?\.?(?:m\.?)?", re.IGNORECASE
)
_NOTHING = re.compile(r"[0/.-]+")
"""How Outlook and some databases write a day there is none of: 0/0/00, 0000-00-00."""
_NO_WORDS = re.compile(r"[?/.\s-]*|n\W?a\W?|none|null|unknown|not (?:given|known)", re.IGNORECASE)
"""What people write where they know nothing."""
_SHORTENED = re.compile(r"[\d.,]+E\+\d+", re.IGNORECASE)
"""A long number as spreadsheets show it in a narrow column; what was behind its first digits is lost."""
_NO_DATE = "This is not a date."
_DATE_LENGTH = 40
_NO_DAY = "There is no such day."
_CENTURY = 100
_LEAP_YEAR = 2000
_LATEST_MONTH = 12
_NOON = 12
_YES = {"yes", "y", "true", "1", "x", "on"}
_NO = {"no", "n", "false", "0", "off"}


def says_nothing(text: str) -> bool:
    """Say whether a text only says that nothing is known, as `n/a` does."""
    return _NO_WORDS.fullmatch(text) is not None


def day_of(text: str, order: DateOrder | None, latest: date | None = None) -> date | None:
    """Return the day a text names, none for what means no day; raises `Unclear`.

    With strokes or hyphens `order` says which number is the day, unless only one can be; with dots it is
    the first. A year of two digits is the last that makes it a day not behind `latest`, where that is known.
    """
    if _NOTHING.fullmatch(text) or says_nothing(text):
        return None
    if len(text) > _DATE_LENGTH or not text.isascii():
        raise Unclear(_NO_DATE)
    year, month, day = _parts(text, order, latest)
    try:
        return date(year, month, day)
    except ValueError:
        raise Unclear(_NO_DAY) from None


def _parts(text: str, order: DateOrder | None, latest: date | None) -> tuple[int, int, int]:
    if found := _ISO.fullmatch(text) or _YEAR_FIRST.fullmatch(text):
        year, month, day = map(int, found.groups())
        return year, month, day
    if found := _NUMBERS.fullmatch(text):
        year, month, day = _ordered(found, order)
        return _whole_year(year, (month, day), latest) if len(found[4]) == len("99") else year, month, day
    if found := _DAY_MONTH.fullmatch(text):
        return int(found[3]), _month(found[2]), int(found[1])
    if found := _MONTH_DAY.fullmatch(text):
        return int(found[3]), _month(found[1]), int(found[2])
    raise Unclear(_NO_DATE)


def _ordered(found: re.Match[str], order: DateOrder | None) -> tuple[int, int, int]:
    first, second, year = int(found[1]), int(found[3]), int(found[4])
    if found[2] == ".":
        return year, second, first
    possible = _possible(first, second)
    if not possible:
        raise Unclear(_NO_DAY)
    likely = possible.pop() if len(possible) == 1 else order
    if likely is None and first != second:
        raise Unclear("Say whether the day or the month comes first.")
    return (year, second, first) if likely is DateOrder.DAY_FIRST else (year, first, second)


def _possible(first: int, second: int) -> set[DateOrder]:
    """Return the orders in which two numbers are a day of some year."""
    orders = {DateOrder.DAY_FIRST: (second, first), DateOrder.MONTH_FIRST: (first, second)}
    return {
        order
        for order, (month, day) in orders.items()
        if 1 <= month <= _LATEST_MONTH and 1 <= day <= monthrange(_LEAP_YEAR, month)[1]
    }


def _whole_year(year: int, day: tuple[int, int], latest: date | None) -> int:
    if latest is None:
        raise Unclear("The year needs four digits.")
    this = latest.year - latest.year % _CENTURY + year
    return this - _CENTURY if (this, *day) > (latest.year, latest.month, latest.day) else this


def order_of(texts: Iterable[str]) -> DateOrder | None:
    """Return the order some dates are written in, none if they do not tell or tell both."""
    orders = set[DateOrder]()
    for text in texts:
        found = _NUMBERS.fullmatch(text[:_DATE_LENGTH])
        if found and found[2] != ".":
            possible = _possible(int(found[1]), int(found[3]))
            if len(possible) == 1:
                orders |= possible
    return orders.pop() if len(orders) == 1 else None


def _month(word: str) -> int:
    try:
        return _MONTHS.index(word[:3].lower()) + 1
    except ValueError:
        raise Unclear(_NO_DATE) from None


def time_of(text: str) -> time:
    """Return the time of day a text names, also behind a day; raises `Unclear`."""
    last = text.rsplit("T", maxsplit=1)[-1] if re.match(r"\d{4}-", text) else text
    last = last.split(" ", 1)[1] if re.match(r"\d+[-/.]\d+[-/.]\d+ ", last) else last
    found = _CLOCK.fullmatch(last.strip()[:_DATE_LENGTH])
    if found is None or not (found[2] or found[4]):
        raise Unclear("This is not a time of day.")
    hour, minute, second = int(found[1]), int(found[2] or 0), int(found[3] or 0)
    if found[4]:
        if not 1 <= hour <= _NOON:
            raise Unclear("This is not a time of day.")
        hour = hour % _NOON + (_NOON if found[4] in "pP" else 0)
    try:
        return time(hour, minute, second)
    except ValueError:
        raise Unclear("This is not a time of day.") from None


def whole_of(text: str) -> int:
    """Return the whole number a text is; raises `Unclear`."""
    unshortened(text)
    plain = text.removesuffix(".0")
    if not (plain.isascii() and plain.isdecimal() and len(plain) <= len("999999999999")):
        raise Unclear("This is not a whole number.")
    return int(plain)


def yes_or_no(text: str) -> bool:
    """Return whether a text says yes; raises `Unclear`."""
    word = text.casefold()
    if word not in _YES | _NO:
        raise Unclear("This is neither yes nor no.")
    return word in _YES


def unshortened(text: str) -> str:
    """Return a text as it is, unless it is a number of which a spreadsheet has lost digits: `Unclear`."""
    if _SHORTENED.fullmatch(text):
        raise Unclear("The spreadsheet has shortened this number: widen its column there, and save it again.")
    return text


def phone_of(text: str) -> str:
    """Return a telephone number as it was written, without what is not dialled; raises `Unclear`."""
    number = " ".join(unshortened(text).removeprefix("tel:").split())
    if sum(each.isdecimal() for each in number) < len("911"):
        raise Unclear("This is not a telephone number.")
    return number
