"""The one table of all the simulator does, each with how it is known."""

from dataclasses import dataclass
from enum import StrEnum


class Source(StrEnum):
    """How it is known that the processor does so; nothing was tried on the processor itself."""

    DOCUMENTED = "documented"
    """A public page tells it."""
    SEEN = "seen in a public client"
    """Published code that talks to the processor counts on it."""
    ASSUMED = "assumed"
    """Nobody has told it, or not of this processor."""


class Fate(StrEnum):
    """What becomes of the answer to a request."""

    SENT = "sent"
    HUNG = "hung"
    RESET = "reset"
    DRIPPED = "dripped"
    HTML = "html"
    TRUNCATED = "truncated"
    GARBLED = "garbled"
    TWICE = "twice"


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One thing the simulator does.

    `code` is what a payment is decided to be, and `says` what the answer claims instead. What `refuses`
    answers FAIL and does nothing. With `is_late` the fate befalls the answer, and what was asked is done;
    otherwise it befalls the request, and nothing is. One that is not `chosen` follows from rules.
    """

    name: str
    source: Source
    told: str
    code: str = "A0000"
    refuses: bool = False
    says: str | None = None
    fate: Fate = Fate.SENT
    is_late: bool = True
    found_after: int | None = None
    chosen: bool = True
    amount: int | None = None
    """In cents: a sale or an authorization of exactly this is answered so."""


def _by_rule(name: str, source: Source, told: str) -> Behaviour:
    return Behaviour(name, source, told, chosen=False)


_KNOWN, _SEEN, _GUESS = Source.DOCUMENTED, Source.SEEN, Source.ASSUMED
_TRIGGERS = 9_000_00

_APPROVALS = (
    Behaviour("approved", _SEEN, "PASS with A0000; the sale is in the open batch."),
    Behaviour("partial", _KNOWN, "PASS with A0002: half of the amount is approved.", "A0002", amount=1),
)
_DECLINES = tuple(
    Behaviour(
        name, _GUESS, f"FAIL with D20{host}: {why}, {host} at TSYS' hosts.", f"D20{host}", amount=int(host)
    )
    for name, host, why in (
        ("do_not_honor", "05", "the issuer gives no reason"),
        ("lost_card", "41", "the card is reported lost"),
        ("stolen_card", "43", "the card is reported stolen"),
        ("insufficient_funds", "51", "there is not enough money"),
        ("expired_card", "54", "the card has expired, which is also told by its date"),
        ("over_limit", "61", "the card's limit is exceeded"),
        ("wrong_security_code", "82", "the security code is wrong"),
        ("issuer_unavailable", "91", "the issuer does not answer"),
    )
)
_FAULTS = (
    Behaviour(
        "hang_before_booking",
        _GUESS,
        "No answer, and nothing is booked, until it is released or the caller goes.",
        fate=Fate.HUNG,
        is_late=False,
        amount=10,
    ),
    Behaviour(
        "book_then_hang",
        _GUESS,
        "It is booked, and the answer does not come until it is released or the caller goes.",
        fate=Fate.HUNG,
        amount=11,
    ),
    Behaviour(
        "reset_before_booking",
        _GUESS,
        "The connection is reset before anything is booked.",
        fate=Fate.RESET,
        is_late=False,
        amount=12,
    ),
    Behaviour(
        "book_then_reset",
        _GUESS,
        "It is booked, and the connection is reset in the middle of the answer.",
        fate=Fate.RESET,
        amount=13,
    ),
    Behaviour(
        "drip", _GUESS, "It is booked, and the answer comes one byte a second.", fate=Fate.DRIPPED, amount=14
    ),
    Behaviour(
        "html_error",
        _GUESS,
        "HTTP 500 with a page of HTML, and nothing is booked.",
        fate=Fate.HTML,
        is_late=False,
        amount=15,
    ),
    Behaviour(
        "book_then_html_error",
        _GUESS,
        "It is booked, and answered by HTTP 500 with a page of HTML.",
        fate=Fate.HTML,
        amount=16,
    ),
    Behaviour(
        "truncated",
        _GUESS,
        "It is booked, and the XML of the answer ends in its middle.",
        fate=Fate.TRUNCATED,
        amount=17,
    ),
    Behaviour(
        "garbage",
        _GUESS,
        "It is booked, and answered with bytes that mean nothing.",
        fate=Fate.GARBLED,
        amount=18,
    ),
    Behaviour(
        "answered_twice", _GUESS, "It is booked, and the same answer comes twice.", fate=Fate.TWICE, amount=19
    ),
    Behaviour(
        "odd_pass",
        _GUESS,
        "It is booked, and answered by PASS with a code nobody knows.",
        says="Z9999",
        amount=20,
    ),
    Behaviour(
        "odd_fail",
        _GUESS,
        "Nothing is booked, and the answer is FAIL with A0000, which one public client takes for approved.",
        refuses=True,
        amount=21,
    ),
    Behaviour(
        "host_duplicate",
        _SEEN,
        "FAIL with D2022; when it comes is assumed: by itself for a `possible_duplicate` on another device.",
        "D2022",
        refuses=True,
        amount=22,
    ),
    Behaviour(
        "late_lookup",
        _GUESS,
        "It is booked, and lookups find it after ten minutes only.",
        found_after=600,
        amount=23,
    ),
    Behaviour(
        "expired_key",
        _GUESS,
        "FAIL with E0002, as when the transaction key has expired.",
        "E0002",
        refuses=True,
    ),
)
_RULES = (
    _by_rule("strict_order", _SEEN, "Elements out of order, unknown, missing or repeated: FAIL with F9901."),
    _by_rule(
        "amount_format",
        _GUESS,
        "Amounts are decimals with two digits behind the point, or FAIL with F9901: public clients differ.",
    ),
    _by_rule(
        "own_device", _GUESS, "A key opens the devices of its own merchant alone: else FAIL with E0001."
    ),
    _by_rule("inactive_device", _KNOWN, "A device that is not active: FAIL with E0010."),
    _by_rule("wrong_password", _GUESS, "GenerateKey with other words than the merchant's: FAIL with E0003."),
    _by_rule("key_expires", _GUESS, "A key is good for a day; behind that FAIL with E0002."),
    _by_rule("key_exchanged", _GUESS, "GenerateKey with a key gives another, and ends that one."),
    _by_rule(
        "manifest",
        _SEEN,
        "The hosted field takes manifests as both SDKs make them, by their HMAC and their day.",
    ),
    _by_rule(
        "temporary_token", _GUESS, "A token of the hosted field is good once, and for a quarter of an hour."
    ),
    _by_rule(
        "lasting_token",
        _GUESS,
        "CardAuthentication, Sale and Auth give a token that lasts, for this merchant.",
    ),
    _by_rule("duplicate_of_approved", _KNOWN, "FAIL with D0001: a request of this reference was approved."),
    _by_rule("duplicate_of_declined", _KNOWN, "FAIL with D0003: a request of this reference was declined."),
    _by_rule("duplicate_of_reversed", _KNOWN, "FAIL with D0009: a request of this reference was reversed."),
    _by_rule(
        "possible_duplicate",
        _KNOWN,
        "FAIL with D0008: the same card, amount, service and device within a minute.",
    ),
    _by_rule("lookup", _GUESS, "TransactionInquiry tells all there is of a transaction or a reference."),
    _by_rule(
        "lookup_lag",
        _GUESS,
        "What is booked is found by lookups when `lookup_lag` has passed, 0 to 600 seconds.",
    ),
    _by_rule("void_by_reference", _SEEN, "A void may name the reference instead of the transaction."),
    _by_rule("nothing_to_void", _GUESS, "A void of what there is not: FAIL with D0006, and nothing follows."),
    _by_rule(
        "void_not_allowed", _KNOWN, "A void of what is settled, declined or voided already: FAIL with D0004."
    ),
    _by_rule("return_becomes_void", _KNOWN, "A return of all before settlement voids it: PASS with A0014."),
    _by_rule(
        "return_not_allowed",
        _KNOWN,
        "A return of more than there is, or of a part before settlement: FAIL with D0005.",
    ),
    _by_rule(
        "capture_not_allowed", _GUESS, "A capture of more than was authorized, or again: FAIL with D0007."
    ),
    _by_rule("batch_closed", _KNOWN, "PASS with A3200: all of the open batch is settled."),
    _by_rule(
        "batch_partly_closed",
        _KNOWN,
        "PASS with A3207: as much is settled as `batch_leaves` does not hold back.",
    ),
    _by_rule("settled_day", _GUESS, "GetReportData tells what was settled on a day of UTC."),
)
BEHAVIOURS = {each.name: each for each in (*_APPROVALS, *_DECLINES, *_FAULTS, *_RULES)}
APPROVED = BEHAVIOURS["approved"]
_BY_AMOUNT = {_TRIGGERS + each.amount: each for each in BEHAVIOURS.values() if each.amount is not None}


def trigger(behaviour: Behaviour) -> int | None:
    """Return the amount, in cents, that chooses a behaviour, if one does."""
    return None if behaviour.amount is None else _TRIGGERS + behaviour.amount


def of_amount(amount: int) -> Behaviour:
    """Return what an amount in cents chooses: 9,000.01 to 9,000.99 choose, all others are approved."""
    return _BY_AMOUNT.get(amount, APPROVED)


def chosen(name: str) -> Behaviour:
    """Return a behaviour that can be asked for.

    Raises:
        KeyError: there is none of the name, or it follows from rules.

    """
    found = BEHAVIOURS[name]
    if not found.chosen:
        raise KeyError(name)
    return found
