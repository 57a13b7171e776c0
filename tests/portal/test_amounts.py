"""Amounts are written as in the company's country."""

import pytest

from app.portal.web.shop.amounts import written


@pytest.mark.parametrize(
    ("minor", "currency", "locale", "told"),
    [
        (123450, "USD", "en-US", "$1,234.50"),
        (123450, "USD", "en-CA", "USD\u00a01,234.50"),
        (-5, "GBP", "en-GB", "-£0.05"),
        (123456789, "EUR", "de-DE", "1.234.567,89\u00a0€"),
        (123450, "CHF", "de-CH", "CHF\u00a01\u2019234.50"),
        (123450, "EUR", "nl-NL", "€\u00a01.234,50"),
        (123450, "CAD", "fr-CA", "1\u00a0234,50\u00a0$"),
        (1234, "JPY", "ja-JP", "¥1,234"),
    ],
)
def test_amounts_are_written_as_in_the_companys_country(
    minor: int, currency: str, locale: str, told: str
) -> None:
    assert written(minor, currency, locale) == told
