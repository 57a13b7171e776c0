"""HTML of letters, those that leave and those that come in: cleaned of all that acts, and told as text."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import unescape

import nh3

from app.outbox.tokens import BLOCKS, HEADINGS, End, Start, Text, nested, tokens

_ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title", "width", "height", "border", "hspace", "vspace"},
    "font": {"color", "face", "size"},
    "table": {"width", "height", "border", "cellpadding", "cellspacing", "summary"},
    "td": {"width", "height", "colspan", "rowspan", "nowrap"},
    "th": {"width", "height", "colspan", "rowspan", "nowrap", "scope"},
    "tr": {"height"},
    "col": {"span", "width"},
    "colgroup": {"span", "width"},
    "hr": {"width", "size", "color", "noshade"},
    "ol": {"start", "type"},
    "ul": {"type"},
    "*": {"style", "align", "valign", "bgcolor", "dir", "lang"},
}
_NAMES = frozenset((nh3.ALLOWED_TAGS | {"font", "tfoot"}) - {"area", "map", "details", "summary"})
_SIDES = ("", "-top", "-right", "-bottom", "-left")
_STYLES = {
    *(f"{edge}{side}" for edge in ("margin", "padding", "border") for side in _SIDES),
    *(f"border{side}-{what}" for side in _SIDES for what in ("color", "style", "width")),
    *("border-collapse", "border-radius", "border-spacing", "box-sizing", "caption-side", "vertical-align"),
    *("background", "background-color", "color", "opacity"),
    *("font", "font-family", "font-size", "font-style", "font-variant", "font-weight"),
    *("letter-spacing", "line-height", "word-break", "word-spacing", "white-space", "overflow-wrap"),
    *("text-align", "text-decoration", "text-indent", "text-transform", "direction"),
    *("width", "min-width", "max-width", "height", "min-height", "max-height", "table-layout"),
    *("display", "float", "clear", "list-style", "list-style-type", "list-style-position"),
}
_ACTS = re.compile(r"(?:url|image|image-set|src|attr)\s*\(|expression|javascript|[\\@]", re.IGNORECASE)
"""What a style reaches out by, or hides that in: a list of properties alone lets `color:expression(…)` by."""


def _kept(tag: str, name: str, value: str) -> str | None:
    del tag
    return None if name == "style" and _ACTS.search(value) else value


_CLEANER = nh3.Cleaner(
    tags=_NAMES,
    attributes=_ATTRIBUTES,
    attribute_filter=_kept,
    url_schemes={"http", "https", "mailto", "tel"},
    url_relative="deny",
    filter_style_properties=_STYLES,
    link_rel="noopener noreferrer",
)


def clean(html: str) -> str:
    """Return what of some HTML a letter may have: nothing that acts, and nothing that is loaded but images.

    It has no scripts, forms, frames or style sheets. Links lead to pages, mail addresses and telephones, by
    whole addresses. It is a piece of a page, without head and body, its tags in order. However the HTML was
    written, that takes time and memory by its length alone.
    """
    return _CLEANER.clean(nested(html, _NAMES))


def text_of(html: str) -> str:
    """Return HTML as plain text: blocks by lines, links as words with the address behind them."""
    telling = _Telling()
    for token in tokens(html):
        match token:
            case Text(said):
                telling.say(unescape(said))
            case Start(name, attributes):
                telling.start(name, attributes)
            case End(name):
                telling.end(name)
    return telling.told()


_APART = {"p", "blockquote", "dl", "hr", "ol", "pre", "table", "ul", *HEADINGS}
"""Blocks with an empty line before and behind them."""
_SPACES = re.compile(r"[ \t\r\n\f\xa0]+")
_LINE_ENDS = re.compile(r" +\n")
_LINKS = ("http:", "https:", "mailto:", "tel:")


@dataclass(slots=True)
class _Telling:
    """A text in the making: how it ends so far, how many line ends are due, and the link that is open."""

    parts: list[str] = field(default_factory=list)
    end_so_far: str = "\n"
    due: int = 0
    address: str | None = None
    words: list[str] = field(default_factory=list)

    def say(self, text: str) -> None:
        words = _SPACES.sub(" ", text)
        if self.due or self.end_so_far in " \n":
            words = words.lstrip(" ")
        if not words:
            return
        if self.due and self.parts:
            self.parts.append("\n" * self.due)
        self.due = 0
        self.parts.append(words)
        self.end_so_far = words[-1]
        if self.address is not None:
            self.words.append(words)

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "br":
            self.due = min(self.due + 1, 2)
        elif name == "img":
            self.say(unescape(attributes.get("alt", "")))
        elif name in ("td", "th"):
            self.say(" ")
        elif name == "a":
            self._end_link()
            self.address, self.words = unescape(attributes.get("href", "")).strip(), []
        else:
            self._block(name)
            if name == "li":
                self.say("- ")

    def end(self, name: str) -> None:
        if name == "a":
            self._end_link()
        self._block(name)

    def told(self) -> str:
        self._end_link()
        return _LINE_ENDS.sub("\n", "".join(self.parts)).strip(" \n")

    def _block(self, name: str) -> None:
        if name in BLOCKS or name == "tr":
            self.due = max(self.due, 2 if name in _APART else 1)

    def _end_link(self) -> None:
        address, words = self.address, "".join(self.words).strip()
        self.address = None
        if address and address.lower().startswith(_LINKS) and _bare(address) not in words:
            self.say(f" ({address})" if words else address)


def _bare(address: str) -> str:
    """Return what of an address is told where people write it out: not how it is reached."""
    return address.partition(":")[2].strip("/")
