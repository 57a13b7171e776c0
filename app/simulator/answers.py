"""What answers are made of: codes, their words, and what is told of a transaction."""

from datetime import datetime

from app.simulator.ledger import Row
from app.simulator.operations import Answer, Asked, Elements, money

_FIRST = 20_000_000
"""Transactions are numbered from here, in eight digits as public clients see them."""
_WORDS = {
    "A0000": "Success",
    "A0002": "Partially approved",
    "A0014": "Return requested, Void successful",
    "A3200": "Batch closed",
    "A3207": "Batch closed in part",
    "D0001": "Duplicate of an approved request",
    "D0003": "Duplicate of a declined request",
    "D0004": "Reversal not allowed",
    "D0005": "Return not allowed",
    "D0006": "No such transaction",
    "D0007": "Capture not allowed",
    "D0008": "Possible duplicate",
    "D0009": "Duplicate of a reversed request",
    "D2014": "Token unknown, used or expired",
    "D2022": "Duplicate transaction",
    "E0001": "Transaction key not known for this device",
    "E0002": "Transaction key expired",
    "E0003": "Merchant, user or password not known",
    "E0010": "Device is not active",
    "F9901": "Request not in its form",
}


class Refused(Exception):
    """The answer is FAIL with this code, and nothing is done."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def failed(asked: Asked, code: str) -> Answer:
    """Return FAIL, which tells no more than its code."""
    return Answer(asked.operation, code, _WORDS.get(code, "Declined"), is_pass=False)


def passed(asked: Asked, code: str, elements: Elements) -> Answer:
    """Return PASS with what an operation tells."""
    return Answer(asked.operation, code, _WORDS[code], is_pass=True, elements=elements)


def which(asked: Asked) -> tuple[str, str | int]:
    """Return how the transaction a request names is found, and by what."""
    if number := asked.fields.get("transactionID"):
        return "id = ?", int(number) - _FIRST
    return "reference = ?", asked.fields["externalReferenceID"]


def worth(paid: Row) -> int:
    """Return what of a transaction is, or would be, settled."""
    return int(paid["processed"] if paid["captured"] is None else paid["captured"])


def numbers(paid: Row, at: datetime) -> Elements:
    """Return what a transaction is known by."""
    return (
        ("authCode", f"S{paid['id'] % 100_000:05}"),
        ("hostReferenceNumber", f"{paid['id']:012}"),
        ("taskID", _FIRST + paid["id"]),
        ("transactionID", _FIRST + paid["id"]),
        ("transactionTimestamp", at.isoformat(timespec="seconds").partition("+")[0]),
    )


def card_of(paid: Row) -> Elements:
    """Return what is told of its card."""
    return (("cardType", paid["brand"]), ("maskedCardNumber", paid["last_four"]))


def details(paid: Row) -> tuple[str, Elements]:
    """Return a transaction as reports tell it."""
    return (
        "transactionDetails",
        (
            ("operation", paid["operation"]),
            ("status", "PASS" if paid["is_approved"] else "FAIL"),
            ("responseCode", paid["code"]),
            ("transactionID", _FIRST + paid["id"]),
            ("externalReferenceID", paid["reference"]),
            ("processedAmount", money(worth(paid))),
            ("isVoided", "true" if paid["voided_at"] else "false"),
            ("batchState", "OPEN" if paid["batch"] is None else "CLOSED"),
            ("authCode", f"S{paid['id'] % 100_000:05}"),
            *card_of(paid)[::-1],
        ),
    )
