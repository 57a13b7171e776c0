"""Prose in Markdown as HTML: names of operations, codes and schemas lead to where they are told."""

import re
from collections.abc import Mapping, MutableMapping, Sequence
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markupsafe import Markup

from app.site.docs.code import NAMES, colored
from app.site.docs.places import START, START_TEXT, Place, Places

_PLAIN = re.compile(r"[^`*_\[\]<>&\\\n!]*")
_SCHEMA = "#/components/schemas/"
_PAGE = re.compile(r"([a-z_/-]+)\.md(?:#(.*))?")


class Prose:
    """What turns Markdown into HTML, for pages at given places."""

    def __init__(self, places: Places) -> None:
        """Take the places that links lead to."""
        self._places = places
        self._reader = MarkdownIt("commonmark", {"html": False}).enable("table")
        for name, rule in (
            ("code_inline", self._code),
            ("fence", self._fence),
            ("link_open", self._link),
            ("heading_open", self._heading),
            ("table_open", lambda *_: '<div class="wide"><table>'),
            ("table_close", lambda *_: "</table></div>\n"),
        ):
            self._reader.add_render_rule(name, _rule(rule))

    def text(self, words: str, here: str) -> Markup:
        """Return paragraphs."""
        if _PLAIN.fullmatch(words):
            return Markup(f"<p>{escape(words, quote=False)}</p>")  # noqa: S704 - escaped here
        return Markup(self._reader.render(words, {"here": here}))  # noqa: S704 - HTML within it is escaped

    def line(self, words: str, here: str) -> Markup:
        """Return one line."""
        if _PLAIN.fullmatch(words):
            return Markup(escape(words, quote=False))  # noqa: S704 - escaped here
        return Markup(self._reader.renderInline(words, {"here": here}))  # noqa: S704 - the same

    def headings(self, words: str) -> list[tuple[str, str]]:
        """Return the headings within a text: their anchors, and their words."""
        tokens = self._reader.parse(words)
        told = [
            _told(tokens[place + 1])
            for place, each in enumerate(tokens)
            if each.type == "heading_open" and each.tag != "h1"
        ]
        return [(slug(each), each) for each in told]

    def _code(self, tokens: Sequence[Token], place: int, env: MutableMapping[str, Any]) -> str:
        words = tokens[place].content
        shown = f"<code>{escape(words, quote=False)}</code>"
        found = self._places.named(env["here"], words)
        return f'<a href="{found}">{shown}</a>' if found and not env.get("is_linked") else shown

    def _link(self, tokens: Sequence[Token], place: int, env: MutableMapping[str, Any]) -> str:
        target = str(tokens[place].attrGet("href"))
        return f'<a href="{escape(self._address(target, env["here"]))}">'

    def _address(self, target: str, here: str) -> str:
        if target.startswith(_SCHEMA):
            return self._places.of(here, self._places.schemas[target.removeprefix(_SCHEMA)])
        if found := _PAGE.fullmatch(target):
            page = START if found[1] == START_TEXT else found[1]
            return self._places.of(here, Place(page, found[2] or ""))
        return self._places.file(here, target)

    def _heading(self, tokens: Sequence[Token], place: int, _: MutableMapping[str, Any]) -> str:
        tag = tokens[place].tag
        return f'<{tag} id="{slug(_told(tokens[place + 1]))}">'

    def _fence(self, tokens: Sequence[Token], place: int, _: MutableMapping[str, Any]) -> str:
        """Return an example; the same in several languages is one thing, of which one is open."""
        language, name = named(tokens[place])
        shown = colored(tokens[place].content, language)
        if language not in NAMES:
            words = "answer" if language == "answer" else "plain"
            return f'<pre class="{words}"><code>{shown}</code></pre>\n'
        before, after = (
            named(tokens[each]) if 0 <= each < len(tokens) else ("", "") for each in (place - 1, place + 1)
        )
        is_first = before[0] not in NAMES or before[1] != name
        is_last = after[0] not in NAMES or after[1] != name
        opening = '<div class="example">' if is_first else ""
        closing = "</div>\n" if is_last else ""
        return f"{opening}{in_language(language, name, shown, is_open=is_first)}{closing}"


def in_language(language: str, name: str, shown: Markup, *, is_open: bool) -> str:
    """Return an example in one language; of those of a name a browser shows one at a time."""
    return (
        f'<details class="{language}" name="{name}"{" open" if is_open else ""}>'
        f"<summary>{NAMES[language]}</summary>"
        f"<pre><code>{shown}</code></pre></details>"
    )


def named(token: Token) -> tuple[str, str]:
    """Return the language and the name of an example; other tokens have neither."""
    if token.type != "fence":
        return "", ""
    language, _, rest = token.info.partition(" ")
    return language, rest.partition(" ")[0]


def slug(words: str) -> str:
    """Return the anchor of a heading."""
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")


def _told(inline: Token) -> str:
    return "".join(each.content for each in inline.children or ())


def _rule(rule: Any) -> Any:
    def render(
        _: RendererHTML,
        tokens: Sequence[Token],
        place: int,
        __: Mapping[str, Any],
        env: MutableMapping[str, Any],
    ) -> str:
        return str(rule(tokens, place, env))

    return render
