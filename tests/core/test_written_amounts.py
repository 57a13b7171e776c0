"""Amounts are written as people of a region write them."""

import pytest

from app.core.money import written


@pytest.mark.parametrize(
    ("minor", "currency", "locale", "told"),
    [
        (123450, "USD", "en-US", "$1,234.50"),
        (123450, "USD", "en-CA", "US$1,234.50"),
        (-5, "GBP", "en-GB", "-£0.05"),
        (123456789, "EUR", "de-DE", "1.234.567,89\u00a0€"),
        (123450, "CHF", "de-CH", "CHF\u00a01\u2019234.50"),
        (123450, "EUR", "nl-NL", "€\u00a01.234,50"),
        (123450, "CAD", "fr-CA", "1\u00a0234,50\u00a0$"),
        (1234, "JPY", "ja-JP", "\uffe51,234"),
    ],
)
def test_amounts_are_written_as_in_the_companys_country(
    minor: int, currency: str, locale: str, told: str
) -> None:
    assert written(minor, currency, locale) == told
