"""Card numbers: found in whatever text somebody sends, so that none is ever kept or logged."""

import html
import re
from collections.abc import Iterator
from typing import Any

SHORTEST, LONGEST = 13, 19
"""Digits of a card number."""
_LEADING = b"\xd9\xdb\xdf\xe0\xe1\xea\xef\xf0"
"""The bytes digits of other scripts begin with in UTF-8; all that follow are above 0x7f, too."""
_ALIKE = bytes.maketrans(b"123456789" + _LEADING, b"0" * (9 + len(_LEADING)))
# Separators, line breaks as JSON escapes them, and all that is no ASCII, such as a space that does not break.
_SEPARATORS = b" -._/\\\\ntr" + bytes(each for each in range(0x80, 0x100) if each not in _LEADING)
_LONG_NUMBER = b"0" * SHORTEST
_TAG, _MARKS = re.compile(r"<[^<>]*>"), (re.compile(rb"<[^<>]*>"), re.compile(rb"&(?:#|[a-zA-Z]{2,8};)"))
_OTHER_DIGIT = re.compile(r"[^\D0-9]")
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]")
# Ids and prints that machines have made: of all their digits some are in a row, and sometimes add up.
_MADE = re.compile(
    r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
    r"|(?<![0-9a-fA-F])(?=[0-9]*[a-fA-F])[0-9a-fA-F]{24,}(?![0-9a-fA-F])"
)
_GROUPS = re.compile(r"[0-9]+(?:(?:[\s\-._/\\]|[^\w\x00-\x7f]){1,3}[0-9]+)*")
_DIGITS = re.compile(r"[0-9]+")
_SMALLEST = 4
"""Digits of a group that another follows: telephone numbers beside each other have groups of fewer."""
_MOST_GROUPS = LONGEST // _SMALLEST + 1
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
_DOUBLED = bytes.maketrans(b"0123456789", b"0246813579")
"""The sum of the digits of each digit's double."""
_ZERO = ord("0")


def may_hold(text: bytes) -> bool:
    """Say quickly whether a JSON text may hold a card number; most that may not do not.

    One with something escaped by its number may: that is a digit, or stands between two.
    """
    if _is_long(text) or (b"\\" in text and (b"\\u" in text or b"\\f" in text)):
        return True
    if not (b"<" in text or b"&" in text) or not any(each.search(text) for each in _MARKS):
        return False
    return b"&#" in text or _is_long(_MARKS[1].sub(b"", _MARKS[0].sub(b"", text)))


def _is_long(text: bytes) -> bool:
    return _LONG_NUMBER in text.translate(_ALIKE, _SEPARATORS)


def is_in(text: str) -> bool:
    """Say whether a text holds a card number, its digits in one piece or in groups, of whatever script.

    In HTML there may be tags and references between them.
    """
    if len(text) < SHORTEST:
        return False
    if not text.isascii():
        text = _OTHER_DIGIT.sub(lambda digit: str(int(digit[0])), _INVISIBLE.sub("", text))
    if _is_in(text):
        return True
    return ("<" in text or "&" in text) and _is_in(_without_marks(text))


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
    elif is_in(_text(value)):
        yield ".".join(path)


def _text(value: Any) -> str:
    """Return a value as it may be read; a fraction is none, such as those of places on a map."""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else ""
    return str(value) if isinstance(value, str | int) else ""


def _without_marks(text: str) -> str:
    return " ".join(html.unescape(_TAG.sub(" ", text)).split())


def _is_in(text: str) -> bool:
    return any(map(_is_card_number, _candidates(_MADE.sub("", text))))


def _candidates(text: str) -> Iterator[str]:
    """Yield what digits say together that stand in neighbouring groups, as long as a card number may be."""
    for found in _GROUPS.finditer(text):
        groups = _DIGITS.findall(found.group())
        if len(groups) == sum(map(len, groups)):
            yield from _of_length("".join(groups))
            continue
        for first, group in enumerate(groups):
            yield from _ends(group)
            number = ""
            for each in groups[first : first + _MOST_GROUPS]:
                number += each
                yield from _of_length(number)
                if len(each) < _SMALLEST or len(number) >= LONGEST:
                    break


def _of_length(number: str) -> Iterator[str]:
    if SHORTEST <= len(number) <= LONGEST:
        yield number


def _ends(group: str) -> Iterator[str]:
    """Yield how a group begins and ends that is longer than any number: one may stand before or behind."""
    if len(group) > LONGEST:
        for length in range(SHORTEST, LONGEST + 1):
            yield group[:length]
            yield group[-length:]


def _is_card_number(number: str) -> bool:
    return _ISSUED.fullmatch(number) is not None and _adds_up(number.encode())


def _adds_up(number: bytes) -> bool:
    """Check the last digit by Luhn's formula."""
    total = sum(number[::-2]) + sum(number[-2::-2].translate(_DOUBLED))
    return (total - _ZERO * len(number)) % 10 == 0
