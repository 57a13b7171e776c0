"""Values are told as the company writes them."""

from datetime import UTC, date, datetime, time
from typing import Any

import pytest

from app.core.money import locale_of
from app.sync.tables import Kind
from app.templates.formats import LONGEST_VALUE, Formats, Value, Width

_DAY, _TIME = date(2026, 8, 1), time(15, 30)
_AT = datetime(2026, 8, 1, 2, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("locale", "currency", "zone", "told"),
    [
        (
            "en-US",
            "USD",
            "America/New_York",
            ("Aug 1, 2026", "August 1, 2026", "3:30 PM", "Jul 31, 2026 10:05 PM", "-$1,234.50"),
        ),
        (
            "en-GB",
            "GBP",
            "Europe/London",
            ("1 Aug 2026", "1 August 2026", "15:30", "1 Aug 2026 03:05", "-£1,234.50"),
        ),
        (
            "de-DE",
            "EUR",
            "Europe/Berlin",
            ("01.08.2026", "1. August 2026", "15:30", "01.08.2026 04:05", "-1.234,50 €"),
        ),
        (
            "no such",
            "JPY",
            "Asia/Tokyo",
            ("Aug 1, 2026", "August 1, 2026", "3:30 PM", "Aug 1, 2026 11:05 AM", "-¥123,450"),
        ),
    ],
)
def test_days_times_and_amounts_are_told_by_the_locale(
    locale: str, currency: str, zone: str, told: tuple[str, ...]
) -> None:
    formats = Formats(locale_of(locale), zone, currency)

    def said(found: Any, kind: Kind, width: Width | None = None, *, is_amount: bool = False) -> str:
        return str(Value(found, kind, formats, is_amount=is_amount, width=width))

    assert (
        said(_DAY, Kind.DATE),
        said(_DAY, Kind.DATE, Width.LONG),
        said(_TIME, Kind.TIME),
        said(_AT, Kind.INSTANT),
        said(-123450, Kind.INTEGER, is_amount=True),
    ) == told


def test_other_values_are_plain_and_blank_ones_are_nothing() -> None:
    formats = Formats()
    assert str(Value("initial_order", Kind.CHOICE, formats, is_word=True)) == "Initial order"
    assert str(Value(["a", "b"], Kind.TEXTS, formats)) == "a, b"
    assert str(Value(5031, Kind.INTEGER, formats)) == "5031"
    assert str(Value("a\x07b\r\nc", Kind.TEXT, formats)) == "ab\nc"
    assert Value("<b>\nc", Kind.TEXT, formats).__html__() == "&lt;b&gt;<br>c"
    assert len(str(Value("x" * 9_000, Kind.TEXT, formats))) == LONGEST_VALUE
    assert not any(Value(it, Kind.TEXT, formats) for it in (None, "", "  "))
    assert not Value([], Kind.TEXTS, formats)
    nothing_owed = Value(0, Kind.INTEGER, formats, is_amount=True)
    assert (bool(nothing_owed), str(nothing_owed), bool(Value(0, Kind.INTEGER, formats))) == (
        False,
        "$0.00",
        True,
    )
