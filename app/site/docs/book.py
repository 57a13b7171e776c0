"""The pages: which there are, in which order, and each rendered when it is first asked for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from typing import Any

import orjson
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.http.problem_pages import ProblemPage, pages
from app.site.docs.contents import Contents
from app.site.docs.finding import Found, index
from app.site.docs.operations import Operations
from app.site.docs.places import (
    DOCUMENT,
    ERRORS,
    ICON,
    INDEX,
    KINDS,
    OPERATIONS,
    SCHEMAS,
    SCRIPT,
    SHEET,
    START,
    START_TEXT,
    page_of,
)
from app.site.docs.prose import Prose
from app.site.docs.shapes import Shapes

_HERE = Path(__file__).parent
CHAPTERS = (
    "sign-in",
    "keys",
    "records",
    "feed",
    "webhooks",
    "first-sync",
    "offline",
    "conflicts",
    "trimming",
    "galleries",
    "money",
    "limits-and-errors",
    "clients",
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A page as lists of pages have it."""

    name: str
    title: str


class Book:
    """The pages of a document."""

    def __init__(
        self,
        text: bytes,
        problems: Sequence[ProblemPage],
        *,
        ending: str = "",
    ) -> None:
        """Take the document as it is sent, and what is told of each code.

        `ending` is what the names of pages end with, where these are files.
        """
        self.text, self.made = text, (made := orjson.loads(text))
        self.problems = problems
        self._contents = Contents(made)
        self._places = self._contents.places((each.code for each in problems), ending)
        self._bodies = self._contents.bodies(self._places)
        self.texts = {
            name: (_HERE / "chapters" / f"{name}.md").read_text("utf-8") for name in (*CHAPTERS, START_TEXT)
        }
        self.prose = Prose(self._places)
        self._shapes = Shapes(made["components"]["schemas"], self._places, self.prose)
        self._operations = Operations(made, self._places, self.prose, self._shapes)
        self._kept: dict[str, bytes] = {}

    @classmethod
    def of(cls, text: bytes, *, ending: str = "") -> "Book":
        """Return the pages of a document, with all there is to tell of codes."""
        return cls(text, pages(), ending=ending)

    @cached_property
    def files(self) -> tuple[str, ...]:
        """Return the names of all files: the pages, and what belongs to them."""
        return (*map(self._places.called, self.names), *KINDS)

    def file(self, name: str) -> bytes | None:
        """Return a file, or nothing if there is none of the name."""
        if name in KINDS:
            return {DOCUMENT: self.text, INDEX: self.index}.get(name) or _own(name)
        found = next((each for each in self.names if self._places.called(each) == name), None)
        return None if found is None else self.page(found)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Return the names of all pages."""
        return (START, *CHAPTERS, OPERATIONS, *map(page_of, self._contents.tags), SCHEMAS, ERRORS)

    def page(self, name: str) -> bytes | None:
        """Return a page, or nothing if there is none of the name."""
        if name not in self._kept and name in self.names:
            self._kept[name] = self._rendered(name).encode()
        return self._kept.get(name)

    @cached_property
    def index(self) -> bytes:
        """Return what is found by the field in the head of each page."""
        return index(self._findable(), self._places)

    def _findable(self) -> Iterator[Found]:
        yield Found("page", START, "", _title(self.texts[START_TEXT]))
        for name in (START_TEXT, *CHAPTERS):
            page, title = START if name == START_TEXT else name, _title(self.texts[name])
            yield Found("chapter", page, "", title)
            for anchor, words in self.prose.headings(self.texts[name]):
                yield Found("chapter", page, anchor, words, title)
        for tag, told in self._contents.tags.items():
            yield Found("page", page_of(tag), "", _words(tag), told["description"])
            for verb, path, operation in self._contents.operations(tag):
                address, name = f"{verb} {path}", operation["operationId"]
                yield Found("operation", page_of(tag), name, address, operation["summary"])
        for each in self.problems:
            yield Found("error", ERRORS, each.code, each.code, each.title)
        for name, place in sorted(self._places.schemas.items(), key=lambda each: each[1].page):
            yield Found("schema", place.page, place.anchor, name)

    def _rendered(self, name: str) -> str:
        told: dict[str, Any]
        if name in self.texts or name == START:
            template, told = "chapter.html", self._chapter(name or START_TEXT, name)
        elif name == OPERATIONS:
            template, told = "operations.html", {"title": "All operations", "tags": self._listed()}
        elif name == SCHEMAS:
            template, told = "schemas.html", self._schemas()
        elif name == ERRORS:
            template, told = "errors.html", {"title": "Errors", "letters": self._letters()}
        else:
            template, told = "tag.html", self._tag(name)
        return _environment.get_template(template).render(
            **told,
            here=name,
            chapters=[Entry(each, _title(self.texts[each])) for each in CHAPTERS],
            groups=[
                (group["name"], [Entry(page_of(tag), _words(tag)) for tag in group["tags"]])
                for group in self.made["x-tagGroups"]
            ],
            neighbours=self._neighbours(name),
            link=lambda page, anchor="": self._places.link(name, page, anchor),
            file=lambda file: self._places.file(name, file),
            line=lambda words: self.prose.line(words, name),
            prose=lambda words: self.prose.text(words, name),
            marks=self._marks,
            is_prose=name == START or name in CHAPTERS,
            version=self.made["info"]["version"],
        )

    @cached_property
    def _marks(self) -> Mapping[str, str]:
        """Return what names our own files as they are now."""
        return {name: sha256(_own(name)).hexdigest()[:12] for name in (SHEET, SCRIPT)}

    def _letters(self) -> list[tuple[str, list[ProblemPage]]]:
        """Return what is told of codes, by the first letter of these."""
        told = sorted(self.problems, key=lambda each: each.code)
        return [(letter, list(each)) for letter, each in groupby(told, lambda each: each.code[0])]

    def _chapter(self, name: str, here: str) -> dict[str, Any]:
        text = self.texts[name]
        return {"title": _title(text), "words": self.prose.text(text, here)}

    def _neighbours(self, name: str) -> list[tuple[str, Entry]]:
        """Return the chapters before and after one."""
        order = [START, *CHAPTERS]
        if name not in order:
            return []
        place = order.index(name)
        found = (("Before", place - 1), ("Next", place + 1))
        return [
            (word, Entry(order[each], _title(self.texts[order[each] or START_TEXT])))
            for word, each in found
            if 0 <= each < len(order)
        ]

    def _tag(self, name: str) -> dict[str, Any]:
        tag = next(each for each in self._contents.tags if page_of(each) == name)
        shown: dict[str, str] = {}
        operations = [
            self._operations.told(verb, path, operation, name, shown=shown, own=self._bodies)
            for verb, path, operation in self._contents.operations(tag)
        ]
        return {
            "title": _words(tag),
            "description": self._contents.tags[tag]["description"],
            "operations": operations,
            "shapes": [self._shapes.shape(each, name) for each in self._at(name)],
            "events": [
                (
                    event,
                    self.prose.text(posted["description"], name),
                    self._shapes.type(posted["requestBody"]["content"]["application/json"]["schema"], name),
                )
                for event, posted in self._contents.events(tag)
            ],
        }

    def _at(self, page: str) -> list[str]:
        """Return the schemas that are told on a page, those apart that are told with their operation."""
        return [
            name
            for name, place in self._places.schemas.items()
            if place.page == page and self._bodies.get(name) is None
        ]

    def _schemas(self) -> dict[str, Any]:
        return {
            "title": "Schemas",
            "headers": [
                self._shapes.header(name, each, SCHEMAS)
                for name, each in self.made["components"]["headers"].items()
            ],
            "shapes": [self._shapes.shape(each, SCHEMAS) for each in self._at(SCHEMAS)],
            "all": [(name, self._places.of(SCHEMAS, place)) for name, place in self._places.schemas.items()],
        }

    def _listed(self) -> list[tuple[Entry, list[tuple[str, str, str, str]]]]:
        return [
            (
                Entry(page_of(tag), _words(tag)),
                [
                    (operation["operationId"], verb, path, operation["summary"])
                    for verb, path, operation in self._contents.operations(tag)
                ],
            )
            for tag in self._contents.tags
        ]


def _own(name: str) -> bytes:
    return (_HERE / "static" / name).read_bytes()


def _title(text: str) -> str:
    return text.partition("\n")[0].removeprefix("# ")


def _words(tag: str) -> str:
    """Return a tag as a heading."""
    return tag.replace("_", " ").capitalize().replace("Api ", "API ")


_environment = Environment(
    loader=FileSystemLoader(_HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.globals.update(start=START, operations_page=OPERATIONS, schemas_page=SCHEMAS, errors_page=ERRORS)
_environment.globals.update(sheet=SHEET, script=SCRIPT, index=INDEX, icon=ICON, document=DOCUMENT)
