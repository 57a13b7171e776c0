"""What answers of TransIT amount to: what they surely say, and nothing more."""

from collections.abc import Mapping, Sequence

from app.cards.gateway import (
    Approved,
    Declined,
    Found,
    Look,
    Outcome,
    Partial,
    Receipt,
    Token,
    Unavailable,
    Unknown,
    Why,
)
from app.cards.transit.codes import Meaning, meaning_of
from app.cards.transit.replies import Reply, card_of, minor_of

SALE_LINE = "Sale"
"""What a line of a lookup or a report is called that is a sale."""
MONEY_LINES = frozenset({SALE_LINE, "Return"})
"""What a line is called that moves money under a reference of its own."""
_VOID = "Void"
_TRUE = "true"
_SETTLED = frozenset({"CLOSED", "SETTLED"})
_BOOKED = frozenset({Meaning.APPROVED, Meaning.PARTIAL})
_NOT_SOLD = frozenset({Meaning.DECLINED, Meaning.HARD, Meaning.REFUSED, Meaning.KEY})
WHY = {
    Meaning.DECLINED: Why.ISSUER,
    Meaning.HARD: Why.ISSUER,
    Meaning.REFUSED: Why.REQUEST,
    Meaning.KEY: Why.REQUEST,
    Meaning.ABSENT: Why.ABSENT,
    Meaning.NOT_REVERSIBLE: Why.NOT_REVERSIBLE,
}


def booked(values: Mapping[str, str], asked: int | None) -> Outcome:
    """Return what an answer says has been booked; a lookup does not say how much was asked."""
    code = values.get("responseCode", "")
    meaning = meaning_of(values.get("status", ""), code)
    if meaning in _NOT_SOLD:
        return declined(code, meaning)
    transaction_id, processed = values.get("transactionID"), minor_of(values.get("processedAmount"))
    if meaning not in _BOOKED or not transaction_id or not processed:
        return Unknown(f"answered by {code[:8]}")
    receipt = Receipt(
        transaction_id=transaction_id,
        authorization_code=values.get("authCode") or None,
        card=card_of(values),
        token=Token(values["token"]) if values.get("token") else None,
    )
    if asked is None or (meaning is Meaning.APPROVED and processed == asked):
        return Approved(receipt)
    # Said to be approved for another amount: which of the two it is, only a lookup tells.
    return Partial(processed, receipt) if meaning is Meaning.PARTIAL else Unknown("another amount")


def taken_back(reply: Reply) -> Outcome:
    """Return what an answer to a void or a return says."""
    meaning = meaning_of(reply.status, reply.code)
    if meaning in WHY:
        return declined(reply.code, meaning)
    if meaning is not Meaning.APPROVED:
        return Unknown(f"answered by {reply.code[:8]}")
    return Approved(Receipt(reply.values.get("transactionID", ""), reply.values.get("authCode") or None))


def declined(code: str, meaning: Meaning) -> Declined:
    """Return a refusal by its code."""
    return Declined(code, meaning is Meaning.HARD, WHY[meaning])


def found(mine: Sequence[Mapping[str, str]], details: Sequence[Mapping[str, str]]) -> Look:
    """Return what a lookup tells of a sale: the one that was booked, where others were not."""
    outcomes = [(each, booked(each, None)) for each in mine]
    standing = [(each, one) for each, one in outcomes if isinstance(one, Approved)]
    if len(standing) > 1:
        return Unavailable("answered with several sales")
    sale, outcome = standing[0] if standing else outcomes[-1]
    if not isinstance(outcome, Approved | Declined):
        return Unavailable("answered with what cannot be read")
    is_voided = sale.get("isVoided", "").lower() == _TRUE or any(
        each.get("operation") == _VOID
        and each.get("status") == "PASS"
        and each.get("transactionID") == sale.get("transactionID")
        for each in details
    )
    minor = minor_of(sale.get("processedAmount")) or 0
    return Found(outcome, minor, is_voided, sale.get("batchState", "").upper() in _SETTLED)
