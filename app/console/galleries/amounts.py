"""Amounts and rates as people write them, and as the API has them."""

import re
from decimal import Decimal

from app.console.forms import Unfilled
from app.core.money import digits_of, spoken

_WRITTEN = re.compile(r"([0-9]{1,10})(?:[.,]([0-9]{1,3}))?")
_PER_CENT = 3
"""Digits of a percentage behind its point."""
_WRONG = "Please write an amount, such as 45.50."
_WRONG_RATE = "Please write a rate in percent, such as 8.875."


def shown(amount: int, currency: str) -> str:
    """Return an amount in minor units with its currency."""
    return f"{spoken(amount, currency)} {currency}"


def typed(amount: int, currency: str) -> str:
    """Return an amount in minor units as it stands in a field."""
    return spoken(amount, currency)


def read(name: str, text: str, currency: str) -> int:
    """Return what was typed as an amount in minor units, or raise `Unfilled` at its field.

    A comma is a point, and parts no thousands: what has more digits behind it than the currency is refused.
    """
    return _read(name, text, digits_of(currency), _WRONG)


def rate(thousandths: int) -> str:
    """Return thousandths of a percent as they stand in a field."""
    return f"{Decimal(thousandths).scaleb(-_PER_CENT).normalize():f}"


def read_rate(name: str, text: str) -> int:
    """Return what was typed as a rate in thousandths of a percent, or raise `Unfilled` at its field."""
    return _read(name, text.replace("%", ""), _PER_CENT, _WRONG_RATE)


def _read(name: str, text: str, digits: int, wrong: str) -> int:
    written = _WRITTEN.fullmatch(text.strip())
    part = (written and written[2]) or ""
    if written is None or len(part) > digits:
        raise Unfilled({name: wrong})
    return int(written[1] + part.ljust(digits, "0"))
