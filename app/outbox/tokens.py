"""HTML as it is read here: tags one after another, and tags that open and close in order.

A parser of HTML makes something of everything, and of some things far too much: fonts in paragraphs that
never end come back in each one after, and what lies a hundred thousand deep is looked through anew for each
tag. Half a million characters held it up for minutes, or took all memory. What is put in order here first, in
one go and no deeper than `MOST_DEEP`, it reads in no time.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

MOST_DEEP = 100
"""How many tags may be open at once; those beyond are left out, and what is in them is not."""

_NAME = r"[a-zA-Z][^\s/>\"'<=]*+"
_VALUE = r"\"[^\"]*\"|'[^']*'|[^\s>\"'<][^\s><]*+"
_ATTRIBUTE = rf"[\s/]*+([^\s/>\"'<=]++)(?:\s*+=\s*+({_VALUE}|(?=>)))?"
_TAG = re.compile(rf"<(/?)({_NAME})((?:{re.sub(r'[(](?![?])', '(?:', _ATTRIBUTE)})*+)[\s/]*+>")
_ATTRIBUTES = re.compile(_ATTRIBUTE)
_SKIPPED = {
    *("script", "style", "title", "textarea", "select", "template", "svg", "math"),
    *("xmp", "iframe", "noembed", "noframes", "noscript", "plaintext"),
}
"""Tags that are left out with all that is in them."""
_ENDS = {name: re.compile(rf"</{name}[^>]*>", re.IGNORECASE) for name in _SKIPPED}
_VOID = {"br", "hr", "img", "wbr", "col"}
_SECTIONS = {"thead", "tbody", "tfoot"}
_OF_TABLES = {
    "caption": {"table"},
    "colgroup": {"table"},
    "col": {"table", "colgroup"},
    "thead": {"table"},
    "tbody": {"table"},
    "tfoot": {"table"},
    "tr": {"table", *_SECTIONS},
    "td": {"table", "tr", *_SECTIONS},
    "th": {"table", "tr", *_SECTIONS},
}
"""Parts of tables, each with that in which it may begin."""
_FRAME = {"table", "tr", "colgroup", *_SECTIONS}
"""What nothing may be in but parts of tables."""
_CELLS = {"td", "th", "caption"}
_WALLS = {"table", *_CELLS}
HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
BLOCKS = {
    *("address", "article", "aside", "blockquote", "center", "div", "dl", "dt", "dd", "figcaption", "figure"),
    *("footer", "header", "hgroup", "hr", "li", "nav", "ol", "p", "pre", "table", "ul", *HEADINGS),
}
_ONCE = {"li": {"ul", "ol"}, "dt": {"dl"}, "dd": {"dl"}, "a": set[str]()}
"""What ends where another of its kind begins, unless that is in one of these."""


@dataclass(frozen=True, slots=True)
class Text:
    """What stands between tags, as it was written."""

    said: str


@dataclass(frozen=True, slots=True)
class Start:
    """A tag that begins something: attributes are as they were written, without quotes."""

    name: str
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class End:
    """A tag that ends something."""

    name: str


def tokens(html: str) -> Iterator[Text | Start | End]:
    """Yield what is written, without comments, scripts and styles; what is no whole tag is text."""
    at = 0
    while (less := html.find("<", at)) >= 0:
        if less > at:
            yield Text(html[at:less])
        if html.startswith(("<!", "<?"), less):
            end = "-->" if html.startswith("<!--", less) else ">"
            found = html.find(end, less + 2)
            if found < 0:
                return
            at = found + len(end)
        elif tag := _TAG.match(html, less):
            name, at = tag[2].lower(), tag.end()
            if tag[1]:
                yield End(name)
            elif name in _SKIPPED:
                ended = _ENDS[name].search(html, at)
                if ended is None:
                    return
                at = ended.end()
            else:
                yield Start(name, _attributes(tag[3]))
        else:
            yield Text("&lt;")
            at = less + 1
    if at < len(html):
        yield Text(html[at:])


def _attributes(written: str) -> dict[str, str]:
    found = dict[str, str]()
    for name, value in _ATTRIBUTES.findall(written):
        found.setdefault(name.lower(), value[1:-1] if value[:1] in ("'", '"') else value)
    return found


def nested(html: str, names: frozenset[str]) -> str:
    """Return HTML with tags of these names alone, each closed in its order and none too deep."""
    order = _Order(names)
    for token in tokens(html):
        match token:
            case Text(said):
                order.written.append(said.replace("<", "&lt;"))
            case Start(name, attributes) if name in names:
                order.start(name, attributes)
            case End(name):
                order.end(name)
    order.close(0)
    return "".join(order.written)


@dataclass(slots=True)
class _Order:
    """What was written so far, and which tags are open, the innermost last."""

    names: frozenset[str]
    written: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """Open a tag where it may stand, closing what it ends."""
        if name in _OF_TABLES:
            if "table" not in self.open:
                return
            while self.open[-1] not in _OF_TABLES[name]:
                self.close(len(self.open) - 1)
            if name in ("td", "th") and self.open[-1] != "tr":
                self._write("tr", {})
        elif self.open and self.open[-1] in _FRAME:
            return
        else:
            self._end_what_is_over(name)
        self._write(name, attributes)

    def end(self, name: str) -> None:
        """Close the innermost tag of a name, with all that is open in it; out of a cell nothing closes."""
        walls = set[str]() if name == "table" else {"table"} if name in _OF_TABLES else _WALLS
        self._close_innermost({name}, walls)

    def close(self, depth: int) -> None:
        """Close all that is open beyond a depth."""
        self.written += [f"</{name}>" for name in reversed(self.open[depth:])]
        del self.open[depth:]

    def _end_what_is_over(self, name: str) -> None:
        if name in BLOCKS:
            self._close_innermost({"p"}, _WALLS)
        if name in _ONCE:
            self._close_innermost({"dt", "dd"} if name in ("dt", "dd") else {name}, _WALLS | _ONCE[name])
        if name in HEADINGS and self.open and self.open[-1] in HEADINGS:
            self.close(len(self.open) - 1)

    def _close_innermost(self, names: set[str], walls: set[str]) -> None:
        for depth in range(len(self.open) - 1, -1, -1):
            if self.open[depth] in names:
                return self.close(depth)
            if self.open[depth] in walls:
                return None
        return None

    def _write(self, name: str, attributes: Mapping[str, str]) -> None:
        if name not in _VOID:
            if len(self.open) >= MOST_DEEP:
                return
            self.open.append(name)
        told = "".join(
            f' {key}="{value.replace(chr(34), "&quot;").replace("<", "&lt;")}"'
            for key, value in attributes.items()
        )
        self.written.append(f"<{name}{told}>")
