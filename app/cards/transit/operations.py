"""What TransIT is asked: each operation with its elements in their one order, and how we know of it.

The table of `docs/cards.md` has the same rows, and a test holds the two together.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from xml.sax.saxutils import escape


class Known(StrEnum):
    """How we know of something: nothing here was tried against the processor itself."""

    DOCUMENTED = "documented"
    SEEN = "seen in public clients"
    ASSUMED = "assumed"


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation and its elements in order; those of `may_lack` are sent only where there is something."""

    name: str
    elements: tuple[str, ...]
    known: Known
    may_lack: frozenset[str] = frozenset()

    def xml(self, values: Mapping[str, str]) -> bytes:
        """Return the request, its elements in order whatever the order of the values.

        Raises `ValueError` where one is missing, or has no place in it.
        """
        missing = [name for name in self.elements if name not in values and name not in self.may_lack]
        if missing or (unknown := values.keys() - set(self.elements)):
            raise ValueError(f"{self.name}: {', '.join(missing or sorted(unknown))}")
        inner = "".join(
            f"<{name}>{escape(values[name])}</{name}>" for name in self.elements if name in values
        )
        return f"<{self.name}>{inner}</{self.name}>".encode()


GENERATE_KEY = Operation(
    "GenerateKey", ("mid", "userID", "password", "transactionKey"), Known.SEEN, frozenset({"transactionKey"})
)
SALE = Operation(
    "Sale",
    (
        "deviceID",
        "transactionKey",
        "cardDataSource",
        "transactionAmount",
        "currencyCode",
        "cardNumber",
        "expirationDate",
        "externalReferenceID",
        "orderNumber",
        "developerID",
    ),
    Known.SEEN,
    frozenset({"expirationDate", "orderNumber"}),
)
VOID = Operation(
    "Void",
    (
        "deviceID",
        "transactionKey",
        "transactionAmount",
        "transactionID",
        "externalReferenceID",
        "developerID",
        "voidReason",
    ),
    Known.SEEN,
    frozenset({"transactionAmount", "transactionID", "externalReferenceID"}),
)
RETURN = Operation(
    "Return",
    (
        "deviceID",
        "transactionKey",
        "transactionAmount",
        "transactionID",
        "externalReferenceID",
        "developerID",
    ),
    Known.SEEN,
)
CARD_AUTHENTICATION = Operation(
    "CardAuthentication",
    ("deviceID", "transactionKey", "cardDataSource", "cardNumber", "developerID"),
    Known.SEEN,
)
TRANSACTION_INQUIRY = Operation(
    "TransactionInquiry",
    ("deviceID", "transactionKey", "externalReferenceID", "developerID"),
    Known.ASSUMED,
)
BATCH_CLOSE = Operation("BatchClose", ("deviceID", "transactionKey", "developerID"), Known.SEEN)
REPORT = Operation("GetReportData", ("deviceID", "transactionKey", "developerID", "date"), Known.ASSUMED)

OPERATIONS = (
    GENERATE_KEY,
    SALE,
    VOID,
    RETURN,
    CARD_AUTHENTICATION,
    TRANSACTION_INQUIRY,
    BATCH_CLOSE,
    REPORT,
)
