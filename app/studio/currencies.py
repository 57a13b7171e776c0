"""Currencies: how many decimal places their amounts are written with."""

_USUAL = 2
# ISO 4217, list one: all that are in use and have other minor units than hundredths.
_OTHERS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_PLACES = {code: places for places, codes in _OTHERS.items() for code in codes.split()}


def places_of(currency: str) -> int:
    """Return how many digits of an amount in minor units of a currency stand behind its decimal point."""
    return _PLACES.get(currency, _USUAL)
