"""Money: amounts in minor units, as people write them."""

_WITHOUT_MINOR = frozenset(
    [
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ]
)
_IN_THOUSANDTHS = frozenset(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"])


def digits_of(currency: str) -> int:
    """Return how many digits behind the point a currency has, by ISO 4217."""
    if currency in _WITHOUT_MINOR:
        return 0
    return 3 if currency in _IN_THOUSANDTHS else 2


def spoken(amount: int, currency: str) -> str:
    """Return an amount in minor units as people write it, such as `50.00`."""
    digits = digits_of(currency)
    if not digits:
        return str(amount)
    whole, part = divmod(abs(amount), 10**digits)
    return f"{'-' if amount < 0 else ''}{whole}.{part:0{digits}}"
