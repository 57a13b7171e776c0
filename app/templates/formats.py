"""Values as letters tell them: dates, times and amounts in the company's way, blank ones as nothing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_time
from markupsafe import Markup, escape

from app.core.money import written
from app.desk.hubs.fields import HubField
from app.sync.tables import Kind

LONGEST_VALUE = 2_000
"""Characters of a value in a letter; what is longer is cut."""

_LIKE_SPACES = str.maketrans("\u202f\u00a0", "  ")
_USUAL = Locale("en", "US")


class Width(StrEnum):
    """How fully a date or time is told."""

    SHORT = "short"
    MEDIUM = "medium"
    LONG = "long"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Formats:
    """How a company writes: language and region, its time zone, its currency."""

    locale: Locale = _USUAL
    time_zone: str = "UTC"
    currency: str = "USD"

    @property
    def zone(self) -> ZoneInfo:
        """Return the company's time zone."""
        return ZoneInfo(self.time_zone)

    def amount(self, minor: int) -> str:
        """Return an amount in minor units as money."""
        return _plain(written(minor, self.currency, self.locale))

    def day(self, found: date, width: Width | None = None) -> str:
        """Return a day; in medium width where none is said."""
        return _plain(format_date(found, (width or Width.MEDIUM).value, locale=self.locale))

    def moment(self, found: time, width: Width | None = None) -> str:
        """Return a local time; in short width where none is said."""
        return _plain(format_time(found, (width or Width.SHORT).value, locale=self.locale))

    def instant(self, found: datetime, width: Width | None = None) -> str:
        """Return an instant by the company's clocks."""
        if width:
            return _plain(format_datetime(found, width.value, tzinfo=self.zone, locale=self.locale))
        local = found.astimezone(self.zone)
        return f"{self.day(local.date())} {self.moment(local.time())}"


@dataclass(frozen=True, slots=True)
class Value:
    """What a field has in one letter; `[% if %]` asks whether it has anything, or any money at all."""

    found: Any
    kind: Kind
    formats: Formats
    is_amount: bool = False
    is_word: bool = False
    width: Width | None = None

    @classmethod
    def of(cls, field: HubField, found: Any, formats: Formats) -> "Value":
        """Return the value of a field of a record."""
        is_word = bool(field.choices)
        return cls(found, field.kind, formats, is_amount=field.is_amount, is_word=is_word)

    def in_width(self, width: Width) -> "Value":
        """Return the same as fully told as said, where it is a date or a time."""
        return replace(self, width=width)

    @property
    def is_blank(self) -> bool:
        """Say whether there is nothing to be read."""
        return not str(self).strip()

    def __bool__(self) -> bool:
        return bool(self.found) if self.is_amount else not self.is_blank

    def __str__(self) -> str:
        return "" if self.found is None else self._words()[:LONGEST_VALUE]

    def __html__(self) -> Markup:
        return escape(str(self)).replace("\n", Markup("<br>"))

    def _words(self) -> str:
        if self.is_amount:
            return self.formats.amount(self.found)
        if self.kind in _DATED:
            return _DATED[self.kind](self.formats, self.found, self.width)
        if self.kind is Kind.TEXTS:
            return ", ".join(_spoken(each) if self.is_word else str(each) for each in self.found)
        return _spoken(str(self.found)) if self.is_word else _shown(str(self.found))


@dataclass(frozen=True, slots=True)
class Block:
    """Several lines that stand in a letter as they are: one way as text, another as HTML."""

    text: str
    html: Markup

    @property
    def is_blank(self) -> bool:
        """Say whether there is nothing to be read."""
        return not self.text

    def __bool__(self) -> bool:
        return not self.is_blank

    def __str__(self) -> str:
        return self.text

    def __html__(self) -> Markup:
        return self.html


_DATED: Mapping[Kind, Callable[[Formats, Any, Width | None], str]] = {
    Kind.DATE: Formats.day,
    Kind.TIME: Formats.moment,
    Kind.INSTANT: Formats.instant,
}


def _plain(text: str) -> str:
    """Return a text without the spaces that mail programs and text messages do not all know."""
    return text.translate(_LIKE_SPACES)


def _spoken(choice: str) -> str:
    """Return the label of a choice."""
    words = choice.replace("_", " ")
    return words[:1].upper() + words[1:]


def _shown(text: str) -> str:
    """Return a text without characters that are not there to be read."""
    return "".join(each for each in text.replace("\r\n", "\n") if each in "\n\t" or each >= " ")
