"""How names are compared: without case and accents, word by word, and in the order of a list."""

import re
from collections.abc import Iterable
from functools import lru_cache
from unicodedata import category, normalize

LONGEST = 40
"""How many characters of a word count."""
OTHERS = "{"
"""What stands before a place under no letter, in the order of bytes behind all of them."""
BEHIND = "\x1f"
"""What stands between the parts of a place: before every letter, so that `de` comes before `de vries`."""

_PIECE = re.compile(r"[^\W_]+")
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz")
# Letters that are no other letter with a mark.
_PLAIN = str.maketrans(
    {
        "æ": "ae",
        "œ": "oe",
        "ø": "o",
        "đ": "d",
        "ð": "d",
        "ł": "l",
        "þ": "th",
        "ħ": "h",
        "ŧ": "t",
        "\u0131": "i",
    }
)
_OF_NAME, _OF_OTHERS = 60, 30


def words_of(texts: Iterable[str | None]) -> list[str]:
    """Return the words of some texts, each once; what is joined by a sign stands apart and together.

    `O'Brien` is `o`, `brien` and `obrien`, so that it is found however it is typed.
    """
    found: set[str] = set()
    for text in texts:
        for pieces in _chunks(text):
            found.add("".join(pieces)[:LONGEST])
            if len(pieces) > 1:
                found.update(piece[:LONGEST] for piece in pieces)
    return sorted(found)


def sought(text: str) -> tuple[str, ...]:
    """Return the beginnings of words that somebody has typed, each once, the longest first.

    Signs between letters are left out, and so is what is but the beginning of another.
    """
    typed = sorted(
        {"".join(pieces)[:LONGEST] for pieces in _chunks(text)}, key=lambda each: (-len(each), each)
    )
    return tuple(
        each for nth, each in enumerate(typed) if not any(one.startswith(each) for one in typed[:nth])
    )


def place_of(name: str | None, *others: str | None) -> str:
    """Return where a name stands in a list that is ordered by bytes; those alike by what else is said."""
    first = _spoken(name)[:_OF_NAME]
    section = "" if first[:1] in _LETTERS else OTHERS
    return BEHIND.join([section + first, *(_spoken(each)[:_OF_OTHERS] for each in others)])


def _spoken(text: str | None) -> str:
    return " ".join("".join(pieces) for pieces in _chunks(text))


@lru_cache(maxsize=1024)
def _chunks(text: str | None) -> tuple[tuple[str, ...], ...]:
    """Return the letters and digits of each word, in pieces where there are signs between them.

    A name is asked for its words and for its place, and many people share their first.
    """
    found = []
    for chunk in _folded(text or "").split():
        if chunk.isalnum():
            found.append((chunk,))
        elif pieces := _PIECE.findall(chunk):
            found.append(tuple(pieces))
    return tuple(found)


def _folded(text: str) -> str:
    """Return a text without case, accents and other forms of the same letters."""
    if text.isascii():
        return text.lower()
    # By itself an acute would come apart into a space and a mark; people type it for an apostrophe.
    plain = normalize("NFKD", text.replace("\u00b4", "'"))
    folded = normalize("NFKD", plain.casefold()).translate(_PLAIN)
    return "".join(each for each in folded if category(each)[0] != "M")
