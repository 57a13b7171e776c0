"""Card numbers: found in whatever text somebody sends, so that none is ever kept or logged."""

import re
from collections.abc import Iterator
from typing import Any

SHORTEST, LONGEST = 13, 19
"""Digits of a card number."""
_ALIKE = bytes.maketrans(b"123456789", b"000000000")
# Separators, line breaks as JSON escapes them, and all that is no ASCII, such as a space that does not break.
_SEPARATORS = b" -._/\\\\ntr" + bytes(range(0x80, 0x100))
_LONG_NUMBER = b"0" * SHORTEST
# Ids and prints that machines have made: of all their digits some are in a row, and sometimes add up.
_MADE = re.compile(
    r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|\b(?=[0-9]*[a-fA-F])[0-9a-fA-F]{24,}\b"
)
_GROUPS = re.compile(r"[0-9]+(?:[\s\-._/\u2010-\u2015]{1,3}[0-9]+)*")
_DIGITS = re.compile(r"[0-9]+")
_ISSUED = re.compile(
    r"""
    4(?:\d{12}|\d{15}|\d{18})                                                  # Visa
    | (?:5[1-5]\d{2}|222[1-9]|22[3-9]\d|2[3-6]\d{2}|27[01]\d|2720)\d{12}       # Mastercard
    | 3[47]\d{13}                                                              # American Express
    | (?:6011|64[4-9]\d|65\d{2})\d{12,15}                                      # Discover
    | 3(?:0[0-5]|[689]\d)\d{11,16}                                             # Diners Club
    | 35(?:2[89]|[3-8]\d)\d{12,15}                                             # JCB
    | 62\d{14,17}                                                              # UnionPay
    | (?:5018|5020|5038|5893|6304|6759|676[1-3])\d{9,15}                        # Maestro
    """,
    re.VERBOSE,
)


def may_hold(text: bytes) -> bool:
    """Say quickly whether a JSON text may hold a card number; most that may not do not."""
    return _LONG_NUMBER in text.translate(_ALIKE, _SEPARATORS)


def is_in(text: str) -> bool:
    """Say whether a text holds a card number, its digits in one piece or in groups."""
    if len(text) < SHORTEST:
        return False
    return any(map(_is_card_number, _candidates(_MADE.sub("", text))))


def place_in(value: Any) -> str | None:
    """Return where a JSON value holds a card number, such as `lines.0.description`; None if it does not.

    Also the name of a member may be one: then it is said where the object is.
    """
    return next(_places(value, ()), None)


def _places(value: Any, path: tuple[str, ...]) -> Iterator[str]:
    if isinstance(value, dict):
        if any(is_in(name) for name in value):
            yield ".".join(path)
        for name, each in value.items():
            yield from _places(each, (*path, name))
    elif isinstance(value, list):
        for place, each in enumerate(value):
            yield from _places(each, (*path, str(place)))
    elif isinstance(value, str | int) and is_in(str(value)):
        yield ".".join(path)


def _candidates(text: str) -> Iterator[str]:
    """Yield what digits say together that stand in neighbouring groups, as long as a card number may be."""
    for found in _GROUPS.finditer(text):
        groups = _DIGITS.findall(found.group())
        for first in range(len(groups)):
            number = ""
            for group in groups[first:]:
                number += group
                if len(number) > LONGEST:
                    break
                if len(number) >= SHORTEST:
                    yield number


def _is_card_number(number: str) -> bool:
    return _ISSUED.fullmatch(number) is not None and _adds_up(number)


def _adds_up(number: str) -> bool:
    """Check the last digit by Luhn's formula."""
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 * (value > 9)  # noqa: PLR2004 - the sum of two digits
    return total % 10 == 0
