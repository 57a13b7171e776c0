"""Amounts as the company's own country writes them: marks between digits, and where the currency stands."""

from app.core.money import digits_of, spoken
from app.studio.countries import currency_of

_THIN, _FIXED, _APOSTROPHE = "\u202f", "\u00a0", "\u2019"
_MARKS = {
    "de": (".", ","),
    "de-CH": (_APOSTROPHE, "."),
    "es": (".", ","),
    "es-MX": (",", "."),
    "fr": (_THIN, ","),
    "fr-CA": (_FIXED, ","),
    "it": (".", ","),
    "nl": (".", ","),
    "pt": (".", ","),
}
"""Between thousands, and before what is less than one, by locale or language; elsewhere as in English."""
_BEHIND = {"de", "es", "fr", "it"}
"""Where the currency stands behind the amount, but in places of `_BEFORE`."""
_BEFORE = {"de-AT", "de-CH", "es-MX"}
_APART = {"nl", "pt", "de-AT", "de-CH"}
"""Where a sign that stands before the amount stands apart from it."""
_SIGNS = {"EUR": "€", "GBP": "£", "JPY": "¥", "BRL": "R$"}
_DOLLARS = {"USD", "CAD", "AUD", "NZD", "MXN"}


def written(minor: int, currency: str, locale: str) -> str:
    """Return an amount in minor units as people read it, such as `$1,234.50` or `1.234,50 €`."""
    language, _, country = locale.partition("-")
    group, point = _MARKS.get(locale) or _MARKS.get(language, (",", "."))
    whole, _, part = spoken(abs(minor), currency).partition(".")
    amount = f"{int(whole):,}".replace(",", group) + (point + part if digits_of(currency) else "")
    sign = _sign(currency, country)
    if language in _BEHIND and locale not in _BEFORE:
        told = f"{amount}{_FIXED}{sign}"
    else:
        is_apart = sign == currency or bool({locale, language} & _APART)
        told = f"{sign}{_FIXED if is_apart else ''}{amount}"
    return f"-{told}" if minor < 0 else told


def _sign(currency: str, country: str) -> str:
    """Return a currency's sign; there are many dollars, and only one of them is meant without its name."""
    if currency in _DOLLARS:
        return "$" if currency == currency_of(country) else currency
    return _SIGNS.get(currency, currency)
