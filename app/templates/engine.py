"""The language of templates: words, fields between `[[ ]]`, and `[% if %]`; nothing else can be said in it.

Jinja reads and fills them in, and could do far more. What it is given has been scanned here before: tags are
few, short and made of names, words in quotes, `|` and brackets alone. What it makes of that is looked over
once more, so that there is no loop, call, attribute or sum in anything that is ever run. What is left is
bounded by its own parts.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Any

from jinja2 import StrictUndefined, nodes
from jinja2.exceptions import TemplateSyntaxError
from jinja2.filters import do_title
from jinja2.sandbox import ImmutableSandboxedEnvironment

from app.templates.formats import Value, Width


class Part(StrEnum):
    """A text of a letter that fields are filled in."""

    SUBJECT = "subject"
    TEXT = "text"
    HTML = "html"


LONGEST = {Part.SUBJECT: 200, Part.TEXT: 20_000, Part.HTML: 200_000}
"""Characters of each part of a template."""
LONGEST_FILLED = {Part.SUBJECT: 200, Part.TEXT: 50_000, Part.HTML: 200_000}
"""Characters of each part of a letter, of which records of emails hold no more either."""
LONGEST_MESSAGE = 1_600
"""Characters of a text message; providers send no longer ones."""
MOST_FIELDS = 300
"""Fields between brackets in one part."""
MOST_TAGS = 100
"""Tags such as `[% if %]` in one part."""
MOST_DEEP = 8
"""Conditions within conditions, and brackets in a tag."""
LONGEST_TAG = 200
"""Characters of a tag, and of a field with what follows it."""
KEPT = 200
"""Parts that are kept ready."""


class Code(StrEnum):
    """What is wrong in a template."""

    UNKNOWN_FIELD = "unknown_field"
    WRONG_BASIS = "wrong_basis"
    NOT_ALLOWED = "not_allowed"
    UNFINISHED = "unfinished"
    TOO_MANY = "too_many"
    TOO_DEEP = "too_deep"
    TOO_LONG = "too_long"
    MISSING = "missing"
    NOT_EXPECTED = "not_expected"
    FIXED = "fixed"
    NOT_FOUND = "not_found"
    TOO_LARGE = "too_large"


class Faulty(Exception):
    """A source that is no template: what is wrong, and in which line."""

    def __init__(self, code: Code, line: int) -> None:
        super().__init__(code)
        self.code, self.line = code, line


class TooLong(Exception):
    """A letter would become longer than its part may be."""


_MARK = re.compile(r"\[\[|\[%")
_INSIDE = r"""(?:[\s|()]|[A-Za-z_][A-Za-z0-9_]*+|"[^"\\]*+"|'[^'\\]*+')*+"""
_TAGS = {
    "[[": re.compile(rf"\[\[-?({_INSIDE})-?\]\]"),
    "[%": re.compile(rf"\[%-?({_INSIDE})-?%\]"),
}
_ENDS = {"[[": "]]", "[%": "%]"}
_WORDS = {"if": 1, "elif": 0, "else": 0, "endif": -1}
"""What a tag may begin with, and how it goes deeper."""
_WIDTHS: Mapping[str, Width] = {each.value: each for each in Width}
_ALLOWED = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.If,
    nodes.Not,
    nodes.And,
    nodes.Or,
    nodes.Name,
    nodes.Const,
    nodes.Filter,
)


def _in_width(width: Width) -> Any:
    return lambda value: value.in_width(width) if isinstance(value, Value) else value


def _environment(*, is_html: bool) -> ImmutableSandboxedEnvironment:
    made = ImmutableSandboxedEnvironment(
        block_start_string="[%",
        block_end_string="%]",
        variable_start_string="[[",
        variable_end_string="]]",
        # Nobody can write a comment: no source has this character.
        comment_start_string="\0#",
        comment_end_string="#\0",
        keep_trailing_newline=True,
        undefined=StrictUndefined,
        autoescape=is_html,
        cache_size=0,
    )
    made.globals.clear()
    made.tests.clear()
    made.filters.clear()
    made.filters.update({name: _in_width(width) for name, width in _WIDTHS.items()})
    made.filters.update(
        upper=lambda value: str(value).upper(),
        lower=lambda value: str(value).lower(),
        title=lambda value: do_title(str(value)),
    )
    return made


_ENVIRONMENTS = {is_html: _environment(is_html=is_html) for is_html in (False, True)}
FILTERS = frozenset(_ENVIRONMENTS[False].filters)
"""What a field may be followed by behind `|`."""


def check(source: str, part: Part = Part.TEXT) -> dict[str, int]:
    """Return the names in a part of a template, each with the line it is first in; raise `Faulty`."""
    if len(source) > LONGEST[part]:
        raise Faulty(Code.TOO_LONG, 1)
    _scan(source)
    try:
        tree = _ENVIRONMENTS[part is Part.HTML].parse(source)
    except TemplateSyntaxError as error:
        raise Faulty(Code.NOT_ALLOWED, error.lineno) from None
    except (RecursionError, MemoryError, SyntaxError):
        raise Faulty(Code.TOO_DEEP, 1) from None
    found = dict[str, int]()
    for node in _all(tree):
        if not _is_allowed(node):
            raise Faulty(Code.NOT_ALLOWED, node.lineno)
        if isinstance(node, nodes.Name):
            found.setdefault(node.name, node.lineno)
    return found


def shortest(source: str) -> int:
    """Return how many characters a plain text that was checked has at least, whatever its fields have."""
    return sum(_shortest(node) for node in _ENVIRONMENTS[False].parse(source).body)


def _shortest(node: nodes.Node) -> int:
    if isinstance(node, nodes.TemplateData):
        return len(node.data)
    if isinstance(node, nodes.Output):
        return sum(map(_shortest, node.nodes))
    if isinstance(node, nodes.If):
        ways = [node.body, *(each.body for each in node.elif_), node.else_]
        return min(sum(map(_shortest, way)) for way in ways)
    return 0


def fill(source: str, part: Part, values: Mapping[str, Any], longest: int | None = None) -> str:
    """Return a part that was checked with its fields filled in; raises `TooLong` as soon as it is."""
    most = LONGEST_FILLED[part] if longest is None else longest
    written, length = list[str](), 0
    for piece in _compiled(source, part is Part.HTML).generate(values):
        length += len(piece)
        if length > most:
            raise TooLong
        written.append(piece)
    return "".join(written)


@lru_cache(maxsize=KEPT)
def _compiled(source: str, is_html: bool) -> Any:
    return _ENVIRONMENTS[is_html].from_string(source)


def _all(tree: nodes.Node) -> Iterator[nodes.Node]:
    """Yield a node and all below it, without going deeper for each."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += reversed(list(node.iter_child_nodes()))


def _is_allowed(node: nodes.Node) -> bool:
    if isinstance(node, nodes.Name):
        return node.ctx == "load"
    if isinstance(node, nodes.Const):
        return isinstance(node.value, str)
    if isinstance(node, nodes.Filter):
        has_more = node.args or node.kwargs or node.dyn_args or node.dyn_kwargs
        return node.name in FILTERS and node.node is not None and not has_more
    return isinstance(node, _ALLOWED)


@dataclass(slots=True)
class _Count:
    """How many tags there were of each kind, and how deep conditions lie at a place."""

    tags: dict[str, int] = field(default_factory=lambda: {"[[": 0, "[%": 0})
    deep: int = 0


def _scan(source: str) -> None:
    """Go through a source tag by tag, before anything else does that makes more of it than it is long."""
    count, at = _Count(), 0
    most = {"[[": MOST_FIELDS, "[%": MOST_TAGS}
    if "\0" in source:
        raise Faulty(Code.NOT_ALLOWED, _line(source, source.index("\0")))
    while mark := _MARK.search(source, at):
        kind = mark[0]
        count.tags[kind] += 1
        if count.tags[kind] > most[kind]:
            raise Faulty(Code.TOO_MANY, _line(source, mark.start()))
        tag = _TAGS[kind].match(source, mark.start(), mark.start() + LONGEST_TAG)
        fault = _fault_of(tag[1], kind, count) if tag else _missed(source, mark.start(), kind)
        if fault or tag is None:
            raise Faulty(fault or Code.NOT_ALLOWED, _line(source, mark.start()))
        at = tag.end()
    if count.deep:
        raise Faulty(Code.UNFINISHED, _line(source, len(source)))


def _fault_of(inside: str, kind: str, count: _Count) -> Code | None:
    """Return what is wrong with a tag by itself, and go as deep as it does."""
    if inside.count("(") > MOST_DEEP:
        return Code.TOO_DEEP
    if kind == "[[":
        return None if inside.strip() else Code.UNFINISHED
    word = re.split(r"[^a-z]", inside.strip(), maxsplit=1)[0]
    if word not in _WORDS:
        return Code.NOT_ALLOWED
    if count.deep == 0 and word != "if":
        return Code.UNFINISHED
    count.deep += _WORDS[word]
    return Code.TOO_DEEP if count.deep > MOST_DEEP else None


def _missed(source: str, start: int, kind: str) -> Code:
    """Return why no tag was found where one begins: it is too long, never ends, or says what it may not."""
    end = source.find(_ENDS[kind], start)
    if end < 0 or _MARK.search(source, start + 2, end):
        return Code.UNFINISHED
    return Code.TOO_LONG if end + 2 - start > LONGEST_TAG else Code.NOT_ALLOWED


def _line(source: str, place: int) -> int:
    return source.count("\n", 0, place) + 1
