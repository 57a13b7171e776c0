"""Money: amounts in minor units, as people write them."""

from decimal import Decimal
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.numbers import format_currency

_USUAL = 2
# ISO 4217, list one: all that are in use and have other minor units than hundredths.
_OTHERS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_DIGITS = {code: digits for digits, codes in _OTHERS.items() for code in codes.split()}


def digits_of(currency: str) -> int:
    """Return how many digits behind the point a currency has, by ISO 4217."""
    return _DIGITS.get(currency, _USUAL)


def spoken(amount: int, currency: str) -> str:
    """Return an amount in minor units as a number, such as `50.00`."""
    digits = digits_of(currency)
    if not digits:
        return str(amount)
    whole, part = divmod(abs(amount), 10**digits)
    return f"{'-' if amount < 0 else ''}{whole}.{part:0{digits}}"


@lru_cache(maxsize=200)
def locale_of(name: str) -> Locale:
    """Return what is known of a language and region such as `en-GB`; that of the United States otherwise."""
    try:
        return Locale.parse(name.strip().replace("_", "-"), sep="-")
    except (ValueError, UnknownLocaleError, TypeError):
        return Locale("en", "US")


def written(amount: int, currency: str, locale: str | Locale) -> str:
    """Return an amount in minor units as people of a region write it, such as `$1,234.50` or `1.234,50 €`."""
    value = Decimal(amount).scaleb(-digits_of(currency))
    found = locale if isinstance(locale, Locale) else locale_of(locale)
    # Nothing is rounded away where a region is used to fewer digits than the currency has.
    return format_currency(value, currency, locale=found, decimal_quantization=False)
