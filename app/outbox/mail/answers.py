"""What mail servers answer, and what that means for a letter; the enhanced code goes before the plain one."""

import re

from app.outbox.words import Words, printable

_ENHANCED = re.compile(r"^\s*([245]\.\d{1,3}\.\d{1,3})\b")
_MEANINGS = {
    "1.1": "no_such_address",
    "1.10": "no_such_address",
    "1.2": "no_such_address",
    "2.2": "mailbox_full",
    "2.3": "too_large",
    "3.4": "too_large",
    "6.7": "address_not_ascii",
}
TOO_MUCH = 552
"""The mailbox is full, when it was said of a recipient, and the letter too large, when of the letter."""
NOT_TAKEN = 550
BYE = 421


def meaning_for(code: int, said: str, *, of_recipient: bool = False) -> Words:
    """Return what a refusal means, for now or for good."""
    text = printable(said)
    found = _ENHANCED.match(said)
    if found:
        known = _MEANINGS.get(found[1].partition(".")[2])
        if known:
            return Words(known, text)
    if "spam" in said.lower():
        return Words("taken_for_spam", text)
    if code == TOO_MUCH:
        return Words("mailbox_full" if of_recipient else "too_large", text)
    if code == NOT_TAKEN and of_recipient and not found:
        return Words("no_such_address", text)
    return Words("server_busy" if code < 500 else "refused", text)  # noqa: PLR2004 - RFC 5321
