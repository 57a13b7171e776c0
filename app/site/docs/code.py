"""Code with its words told apart by classes: no styles within, and no more marks than a reader needs."""

from collections.abc import Iterator
from functools import cache
from html import escape

from markupsafe import Markup
from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Keyword, Name, Number, String, _TokenType

NAMES = {"curl": "curl", "python": "Python", "typescript": "TypeScript"}
"""The languages of examples, in their order, and what they are called."""
_LEXERS = {"curl": "bash", "answer": "json", "": "text"}
_CLASSES: tuple[tuple[_TokenType, str], ...] = (
    (Comment, "c"),
    (Keyword, "k"),
    (Name.Tag, "t"),
    (Name.Builtin, "t"),
    (Name.Variable, "v"),
    (String.Interpol, ""),
    (String, "s"),
    (Number, "m"),
)


@cache
def colored(text: str, language: str) -> Markup:
    """Return code as HTML; neighbours of one class share a mark."""
    told: list[str] = []
    for kind, words in _joined(text, language):
        safe = escape(words, quote=False)
        told.append(f'<i class="{kind}">{safe}</i>' if kind else safe)
    return Markup("".join(told).rstrip("\n"))  # noqa: S704 - escaped above


def _joined(text: str, language: str) -> Iterator[tuple[str, str]]:
    held, words = "", ""
    for token, value in get_lexer_by_name(_LEXERS.get(language, language)).get_tokens(text):
        kind = held if value.isspace() else _class_of(token)
        if kind != held and words:
            yield held, words
            words = ""
        held, words = kind, words + value
    yield held, words


def _class_of(token: _TokenType) -> str:
    return next((name for kind, name in _CLASSES if token in kind), "")
