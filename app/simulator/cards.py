"""Published test numbers, and what each chooses; no other number is let in, and none is kept."""

from dataclasses import dataclass

from app.simulator.behaviours import APPROVED, Behaviour, chosen


@dataclass(frozen=True, slots=True)
class Card:
    """What is kept of a card: brand as the processor's letter, last four digits, expiry as MM/YYYY."""

    brand: str
    last_four: str
    expiry: str
    behaviour: str


_BRANDS = {
    "V": "Visa",
    "M": "Mastercard",
    "X": "American Express",
    "R": "Discover",
    "J": "JCB",
    "D": "Diners Club",
}
_PUBLISHED: dict[str, tuple[str, Behaviour]] = {
    "4111111111111111": ("V", APPROVED),
    "4012888888881881": ("V", APPROVED),
    "4242424242424242": ("V", APPROVED),
    "5555555555554444": ("M", APPROVED),
    "5105105105105100": ("M", APPROVED),
    "378282246310005": ("X", APPROVED),
    "371449635398431": ("X", APPROVED),
    "6011111111111117": ("R", APPROVED),
    "3530111333300000": ("J", APPROVED),
    "30569309025904": ("D", APPROVED),
    "4000000000000002": ("V", chosen("do_not_honor")),
    "4000000000009987": ("V", chosen("lost_card")),
    "4000000000009979": ("V", chosen("stolen_card")),
    "4000000000009995": ("V", chosen("insufficient_funds")),
    "4000000000000069": ("V", chosen("expired_card")),
    "4000000000006975": ("V", chosen("over_limit")),
    "4000000000000127": ("V", chosen("wrong_security_code")),
    "4000000000000119": ("V", chosen("issuer_unavailable")),
}


def published(number: str, expiry: str) -> Card | None:
    """Return what is kept of a published test number, typed with spaces or without; none for any other."""
    digits = number.replace(" ", "")
    if digits not in _PUBLISHED:
        return None
    brand, behaviour = _PUBLISHED[digits]
    return Card(brand, digits[-4:], expiry, behaviour.name)


def numbers_of(behaviour: Behaviour) -> list[str]:
    """Return the published test numbers that choose a behaviour."""
    return [number for number, (_, chooses) in _PUBLISHED.items() if chooses == behaviour]


def brand_name(brand: str) -> str:
    """Return the name of a brand's letter."""
    return _BRANDS[brand]
