"""What TransIT's response codes mean, as far as anybody has told, and what each amounts to."""

import re
from dataclasses import dataclass
from enum import StrEnum

from app.cards.transit.operations import Known


class Meaning(StrEnum):
    """What a code amounts to."""

    APPROVED = "approved"
    PARTIAL = "partial"
    DECLINED = "declined"
    HARD = "declined for good"
    REFUSED = "refused as a request"
    KEY = "the key is refused"
    ABSENT = "there is no such transaction"
    NOT_REVERSIBLE = "not to be reversed"
    DUPLICATE = "to be looked up"
    ALIKE = "to be looked up, and declined when absent"
    ODD = "unknown"


@dataclass(frozen=True, slots=True)
class Code:
    """One code, what it amounts to, what it says, and how we know of it."""

    code: str
    meaning: Meaning
    says: str
    known: Known


CODES = (
    Code("A0000", Meaning.APPROVED, "approved", Known.SEEN),
    Code("A0002", Meaning.PARTIAL, "approved for less", Known.DOCUMENTED),
    Code("A0014", Meaning.APPROVED, "a return that became a void", Known.DOCUMENTED),
    Code("A3200", Meaning.APPROVED, "the batch was closed", Known.DOCUMENTED),
    Code("A3207", Meaning.PARTIAL, "some of the batch was closed", Known.DOCUMENTED),
    Code("D0001", Meaning.DUPLICATE, "approved earlier under the same reference", Known.DOCUMENTED),
    Code("D0003", Meaning.DECLINED, "declined earlier under the same reference", Known.DOCUMENTED),
    Code("D0004", Meaning.NOT_REVERSIBLE, "settled, declined or reversed already", Known.DOCUMENTED),
    Code("D0005", Meaning.NOT_REVERSIBLE, "a return is not allowed", Known.DOCUMENTED),
    Code("D0006", Meaning.ABSENT, "there is no such transaction", Known.ASSUMED),
    Code("D0008", Meaning.ALIKE, "the same card and amount within a minute", Known.DOCUMENTED),
    Code("D0009", Meaning.DUPLICATE, "reversed earlier under the same reference", Known.DOCUMENTED),
    Code("D2022", Meaning.DUPLICATE, "a duplicate", Known.SEEN),
    Code("D2041", Meaning.HARD, "the card was lost", Known.ASSUMED),
    Code("D2043", Meaning.HARD, "the card was stolen", Known.ASSUMED),
    Code("D2054", Meaning.HARD, "the card has expired", Known.ASSUMED),
    Code("E0001", Meaning.KEY, "the key is not of this device", Known.ASSUMED),
    Code("E0002", Meaning.KEY, "the key has expired", Known.ASSUMED),
    Code("E0010", Meaning.REFUSED, "the device is not active", Known.DOCUMENTED),
)
_BY_CODE = {each.code: each for each in CODES}
_DECLINE = re.compile(r"D2\d{3}")
_REFUSAL = re.compile(r"[EF]\d{4}")


def meaning_of(status: str, code: str) -> Meaning:
    """Return what a code amounts to together with the status that came with it.

    A client that took either for an approval has charged twice: where the two do not agree, or the code is of
    no kind that is known, nothing is known.
    """
    is_pass = status == "PASS"
    if not is_pass and status != "FAIL":
        return Meaning.ODD
    known = _BY_CODE.get(code)
    if known is None:
        found = Meaning.DECLINED if _DECLINE.fullmatch(code) else Meaning.ODD
        found = Meaning.REFUSED if _REFUSAL.fullmatch(code) else found
    else:
        found = known.meaning
    return found if is_pass == (found in {Meaning.APPROVED, Meaning.PARTIAL}) else Meaning.ODD
