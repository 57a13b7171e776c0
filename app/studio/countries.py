"""What a country suggests for a new company: its currency, and how it writes dates and amounts."""

_EURO = frozenset(
    "AT BE BG CY DE EE ES FI FR GR HR IE IT LT LU LV MT NL PT SI SK".split()  # noqa: SIM905 - reads as a list
)
_CURRENCIES = {
    "US": "USD",
    "CA": "CAD",
    "GB": "GBP",
    "AU": "AUD",
    "NZ": "NZD",
    "CH": "CHF",
    "DK": "DKK",
    "NO": "NOK",
    "SE": "SEK",
    "MX": "MXN",
}


def currency_of(country: str) -> str:
    """Return the ISO code of a country's currency, US dollars where it is not known."""
    return "EUR" if country in _EURO else _CURRENCIES.get(country, "USD")


def locale_of(country: str) -> str:
    """Return English as it is written in a country."""
    return f"en-{country}"
