"""The operations and their elements in strict order, which public clients tell in part."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from html import escape
from typing import Any

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring


def _form(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII)


_WORD = _form("[A-Za-z0-9]{1,40}")
_REFERENCE = _form("[A-Za-z0-9-]{1,20}")
_FORMS = {
    "mid": _form("[A-Za-z0-9]{1,20}"),
    "userID": _form(r"\S{1,40}"),
    "password": _form("[ -~]{1,80}"),
    "deviceID": _form("[A-Za-z0-9]{1,24}"),
    "cardDataSource": _form("INTERNET|MANUAL|PHONE|MAIL|SWIPE|EMV|EMV_CONTACTLESS|NFC|FALLBACK_SWIPE"),
    "transactionAmount": _form(r"(?!0+\.00)\d{1,7}\.\d{2}"),
    "currencyCode": _form("USD"),
    # Tokens only: a number has no business here.
    "cardNumber": _form(r"(?!\d+$)[A-Za-z0-9]{1,40}"),
    "expirationDate": _form(r"(0[1-9]|1[0-2])/20\d\d"),
    "externalReferenceID": _REFERENCE,
    "orderNumber": _REFERENCE,
    "transactionID": _form(r"\d{1,12}"),
    "date": _form(r"20\d\d-\d\d-\d\d"),
    "voidReason": _form(
        "POST_AUTH_USER_DECLINE|DEVICE_TIMEOUT|DEVICE_UNAVAILABLE|PARTIAL_REVERSAL|TORN_TRANSACTIONS"
        "|POST_AUTH_CHIP_DECLINE"
    ),
}
_KEYED = "deviceID transactionKey "
_PAYMENT = (
    _KEYED + "cardDataSource transactionAmount currencyCode cardNumber expirationDate? externalReferenceID"
    " orderNumber? developerID"
)
_ORDERS = {
    "GenerateKey": "mid userID password transactionKey?",
    "Sale": _PAYMENT,
    "Auth": _PAYMENT,
    "Capture": _KEYED + "transactionAmount transactionID developerID",
    "Void": _KEYED + "transactionAmount? transactionID|externalReferenceID developerID voidReason",
    "Return": _KEYED + "transactionAmount transactionID externalReferenceID developerID",
    "CardAuthentication": _KEYED + "cardDataSource cardNumber developerID",
    "TransactionInquiry": _KEYED + "externalReferenceID|transactionID developerID",
    "BatchClose": _KEYED + "developerID",
    "GetReportData": _KEYED + "developerID date",
}
"""Each operation's elements: `?` behind what may be missing, `|` between what stands for each other."""

Elements = tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that has kept to the order."""

    operation: str
    fields: Mapping[str, str]

    @property
    def amount(self) -> int:
        """Return the amount in cents, 0 where there is none."""
        return int(Decimal(self.fields.get("transactionAmount", "0")) * 100)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer; FAIL says no more than why."""

    operation: str
    code: str
    message: str
    is_pass: bool
    elements: Elements = ()

    def body(self) -> bytes:
        """Return its XML."""
        said = (
            ("status", "PASS" if self.is_pass else "FAIL"),
            ("responseCode", self.code),
            ("responseMessage", f"{self.message} (simulator: no card is charged)"),
            *(self.elements if self.is_pass else ()),
        )
        return f'<?xml version="1.0" encoding="UTF-8"?>{_told(f"{self.operation}Response", said)}'.encode()


class OutOfOrder(Exception):
    """The request is no XML, or not in the form its operation has; nothing of what it holds is repeated."""

    def __init__(self, operation: str, why: str) -> None:
        super().__init__(why)
        self.operation = operation


def money(cents: int) -> str:
    """Return an amount as it goes over the wire."""
    return f"{cents // 100}.{cents % 100:02}"


def read(body: bytes | None) -> Asked:
    """Return what a body asks for; one that is none was too long.

    Raises:
        OutOfOrder: it is not in the strict form.

    """
    if body is None:
        raise OutOfOrder("", "The request is too long")
    try:
        root = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        raise OutOfOrder("", "This is no XML") from None
    if root.tag not in _ORDERS:
        raise OutOfOrder("", "This operation is unknown")
    return Asked(root.tag, dict(_fields(root)))


def _fields(root: Any) -> list[tuple[str, str]]:
    operation = root.tag
    if root.attrib or (root.text or "").strip():
        raise OutOfOrder(operation, "Only elements are allowed")
    found, places = [], iter(_ORDERS[operation].split())
    for child in root:
        if child.attrib or len(child) or (child.tail or "").strip():
            raise OutOfOrder(operation, "Elements hold text and nothing else")
        for place in places:
            if child.tag in place.rstrip("?").split("|"):
                break
            if not place.endswith("?"):
                raise OutOfOrder(operation, f"{place} is expected before what is there")
        else:
            raise OutOfOrder(operation, "There is an element that is unknown or out of order")
        text = child.text or ""
        if not _FORMS.get(child.tag, _WORD).fullmatch(text):
            raise OutOfOrder(operation, f"{child.tag} is not in its form")
        found.append((child.tag, text))
    if missing := [place for place in places if not place.endswith("?")]:
        raise OutOfOrder(operation, f"{missing[0]} is missing")
    return found


def _told(name: str, content: Any) -> str:
    inner = (
        "".join(_told(*each) for each in content)
        if isinstance(content, tuple)
        else escape(str(content), quote=False)
    )
    return f"<{name}>{inner}</{name}>"
