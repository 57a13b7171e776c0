"""What TransIT answers, read with mistrust: what is not as it should be is no answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from app.cards.gateway import Amount, Card
from app.studio.saved_cards import CardBrand

_DETAILS = "transactionDetails"
_CENTS = Decimal(100)
_BRANDS = {
    "V": CardBrand.VISA,
    "VISA": CardBrand.VISA,
    "M": CardBrand.MASTERCARD,
    "MASTERCARD": CardBrand.MASTERCARD,
    "X": CardBrand.AMERICAN_EXPRESS,
    "AMERICAN EXPRESS": CardBrand.AMERICAN_EXPRESS,
    "AMEX": CardBrand.AMERICAN_EXPRESS,
    "R": CardBrand.DISCOVER,
    "DISCOVER": CardBrand.DISCOVER,
}
_LAST = 4
_MONTHS = range(1, 13)


class OddReply(Exception):
    """What came is not what the operation is answered with; it never says what came."""


@dataclass(frozen=True, slots=True, repr=False)
class Reply:
    """The elements of an answer, and those of each transaction it lists."""

    values: Mapping[str, str]
    details: tuple[Mapping[str, str], ...] = ()

    @property
    def status(self) -> str:
        """Return PASS or FAIL, or whatever it says."""
        return self.values.get("status", "")

    @property
    def code(self) -> str:
        """Return the response code."""
        return self.values.get("responseCode", "")


def read(operation: str, body: bytes) -> Reply:
    """Return the answer to an operation; raises `OddReply` for anything else."""
    try:
        root = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        raise OddReply("not XML") from None
    if root.tag.rpartition("}")[2] != f"{operation}Response":
        raise OddReply("the answer to something else")
    values: dict[str, str] = {}
    details: list[Mapping[str, str]] = []
    for element in root:
        name = element.tag.rpartition("}")[2]
        if name == _DETAILS:
            details.append({each.tag.rpartition("}")[2]: (each.text or "").strip() for each in element})
        elif name in values:
            raise OddReply("an element that stands twice")
        else:
            values[name] = (element.text or "").strip()
    return Reply(values, tuple(details))


def written(amount: Amount) -> str:
    """Return an amount as it is sent: with two digits behind the point."""
    return f"{amount.minor // 100}.{amount.minor % 100:02}"


def minor_of(text: str | None) -> int | None:
    """Return an amount in minor units; none where there is none, or it is not to be read."""
    try:
        cents = Decimal(text or "") * _CENTS
    except InvalidOperation:
        return None
    return int(cents) if cents.is_finite() and cents == cents.to_integral_value() else None


def card_of(values: Mapping[str, str]) -> Card | None:
    """Return what an answer shows of the card; none where it does not say whose it is."""
    name = values.get("cardType", "")
    if not name:
        return None
    last_four = values.get("maskedCardNumber", "")[-_LAST:]
    month, _, year = values.get("expirationDate", "").partition("/")
    is_dated = month.isdecimal() and year.isdecimal() and int(month) in _MONTHS
    return Card(
        brand=_BRANDS.get(name.upper(), CardBrand.OTHER),
        last_four=last_four if last_four.isdecimal() and len(last_four) == _LAST else None,
        expiry_month=int(month) if is_dated else None,
        expiry_year=int(year) % 100 + 2000 if is_dated else None,
    )
