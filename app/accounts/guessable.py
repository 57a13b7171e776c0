"""Words that passwords are guessed by: the common ones, and those known of whoever is to use it."""

import re
import unicodedata
from collections.abc import Collection, Iterable
from functools import cache
from pathlib import Path

_SIGNS = "".join(filter(lambda each: not each.isalpha(), map(chr, range(0x20, 0x7F))))
"""Spaces, digits and signs of ASCII: what people put around a word to make it longer."""
_PADDING = re.compile(f"[{re.escape(_SIGNS)}]+")
_LOOKS_LIKE = [str.maketrans("@4031!5$7", f"aaoe{one}isst") for one in "il"]
"""What people write in the place of a letter; a one may be an i or an l."""


def is_common(password: str) -> bool:
    """Tell whether a password is a common word, once or repeated, or no word at all.

    Digits and signs around it, or in the place of letters, accents and the order of letters do not count.
    """
    return not _letters(_folded(password)) or any(_repeats(each, _common()) for each in _readings(password))


def is_known(password: str, values: Iterable[str]) -> bool:
    """Tell whether a password is made of the words of some values alone, and of a common one beside them.

    The words count in any order, joined and repeated, and read like those of `is_common`.
    """
    known = {word for value in values for word in _words(value)}
    return any(_is_made_of(each, known) for each in _readings(password))


def _readings(password: str) -> set[str]:
    """Return the letters of a password as they may be meant, forwards and backwards."""
    folded = _folded(password)
    inner = (folded.strip(_SIGNS), folded.rstrip(_SIGNS))
    meant = {folded, *(each.translate(table) for each in inner for table in _LOOKS_LIKE)}
    found = {_letters(each) for each in meant} - {""}
    return found | {each[::-1] for each in found}


def _folded(text: str) -> str:
    """Return a text without case and accents."""
    apart = unicodedata.normalize("NFKD", text).casefold()
    return "".join(each for each in apart if not unicodedata.combining(each))


def _letters(folded: str) -> str:
    return _PADDING.sub("", folded)


def _words(value: str) -> set[str]:
    """Return the words of a value, each by itself and all of them joined."""
    folded = _folded(value)
    return {_letters(folded), *_PADDING.split(folded)} - {""}


def _repeats(letters: str, words: Collection[str]) -> bool:
    """Tell whether letters are one of some words, once or several times."""
    lengths = (size for size in range(1, len(letters) + 1) if len(letters) % size == 0)
    return any(
        letters[:size] in words and letters == letters[:size] * (len(letters) // size) for size in lengths
    )


def _is_made_of(letters: str, known: Collection[str]) -> bool:
    """Tell whether letters are known words one behind the other, with at most one common word among them."""
    places = {(0, False)}
    for at in range(len(letters)):
        for is_spent in (False, True):
            if (at, is_spent) in places:
                places |= {(at + len(each), is_spent) for each in known if letters.startswith(each, at)}
        if (at, False) in places:
            ends = range(at + 1, min(len(letters), at + _longest()) + 1)
            places |= {(end, True) for end in ends if letters[at:end] in _common()}
    return not places.isdisjoint({(len(letters), False), (len(letters), True)})


@cache
def _common() -> frozenset[str]:
    lines = Path(__file__).with_name("common_passwords.txt").read_text("utf-8").splitlines()
    return frozenset(_folded(word) for line in lines if not line.startswith("#") for word in line.split())


@cache
def _longest() -> int:
    return max(map(len, _common()))
