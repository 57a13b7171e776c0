"""Numbers of cards that are planted, each in a form of its own, and found again however they stand there."""

import html
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count, cycle
from typing import Any

BEGIN = "45398817"
"""How all of them begin, and nothing else does."""
_WHOLE = re.compile(BEGIN + "[0-9]{8}")
_HEX = re.compile(r"x((?:[0-9a-f]{2}){13,})")
_ESCAPE = re.compile(r"\\+u([0-9a-f]{4})", re.IGNORECASE)
_TAG = re.compile("<[^<>]*>")
_WIDE = {ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789"}


def apart(number: str, by: str) -> str:
    return by.join(number[place : place + 4] for place in range(0, len(number), 4))


FORMS: dict[str, Callable[[str], Any]] = {
    "in one piece": str,
    "spaced": lambda number: apart(number, " "),
    "dashed": lambda number: f"her card: {apart(number, '-')}, 08/28",
    "by spaces that do not break": lambda number: apart(number, "\u00a0"),
    "by dashes that do not break": lambda number: apart(number, "\u2011"),
    "wide": lambda number: number.translate(_WIDE),
    "HTML": lambda number: apart(number, "&nbsp;</b><b>"),
    "a number": int,
    "a fraction": float,
}


_BETWEEN = (" ", "-", "\u00a0", "\u2011", "&nbsp;</b><b>", "\\u00a0", "\\u2011")
_BEGUN = [each.join((BEGIN[:4], BEGIN[4:])).encode() for each in ("", *_BETWEEN)]
_BEGUN += [BEGIN.translate(_WIDE).encode(), BEGIN.encode().hex().encode()]


@dataclass
class Plants:
    """Numbers as they are needed, no two alike; `sent` says which were, and in which form."""

    sent: dict[str, str] = field(default_factory=dict)
    _places: Any = field(default_factory=count)
    _forms: Any = field(default_factory=lambda: cycle(FORMS))

    def next(self, form: str | None = None) -> Any:
        """Return another number, in the form that is next unless one is chosen."""
        chosen = form or next(self._forms)
        digits = f"{BEGIN}{next(self._places):07d}"
        doubled = (int(each) * (2 - place % 2) for place, each in enumerate(digits))
        number = digits + str(-sum(each - 9 * (each > 9) for each in doubled) % 10)
        self.sent[number] = chosen
        return FORMS[chosen](number)

    def text(self) -> str:
        """Return another number as it may stand in a line."""
        return str(self.next("in one piece"))


def found(told: str | bytes) -> set[str]:
    """Return the numbers that stand in a text, however they are written there."""
    text = told if isinstance(told, str) else told.decode("utf-8", "replace")
    text = _ESCAPE.sub(lambda each: chr(int(each[1], 16)), text)
    readings = [text, _TAG.sub("", html.unescape(text))]
    readings += [bytes.fromhex(each).decode("utf-8", "replace") for each in _HEX.findall(text)]
    plain = (re.sub("[^0-9A-Za-z]", "", unicodedata.normalize("NFKC", each)) for each in readings)
    return {number for each in plain for number in _WHOLE.findall(each)}


def is_begun_in(content: bytes) -> bool:
    """Say whether one of the numbers begins in some bytes, in any of the forms."""
    return any(each in content for each in _BEGUN)
