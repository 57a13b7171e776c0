"""Where pages are, and what of the document is found on which; links lead from page to page."""

from collections.abc import Mapping
from dataclasses import dataclass, field

START = ""
ERRORS = "errors"
SCHEMAS = "schemas"
OPERATIONS = "operations"
START_TEXT = "start"
SHEET = "docs.css"
SCRIPT = "docs.js"
INDEX = "index.js"
ICON = "icon.svg"
DOCUMENT = "openapi.json"
KINDS: Mapping[str, str] = {
    SHEET: "text/css",
    SCRIPT: "text/javascript",
    INDEX: "text/javascript",
    ICON: "image/svg+xml",
    DOCUMENT: "application/json",
}
"""Files that are no pages, and what they are sent as."""
_BELOW = "api/"


def page_of(tag: str) -> str:
    """Return the name of the page of a tag."""
    return _BELOW + tag


@dataclass(frozen=True, slots=True)
class Place:
    """A page by its name, and where on it."""

    page: str
    anchor: str = ""


@dataclass(slots=True)
class Places:
    """The places of operations, schemas and codes by their names; `ending` is what files are called by.

    Pages are served without one and kept as files with `.html`. All links are relative, so that pages may lie
    in any folder.
    """

    ending: str = ""
    operations: dict[str, Place] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    schemas: dict[str, Place] = field(default_factory=dict)
    codes: set[str] = field(default_factory=set)

    def link(self, here: str, page: str, anchor: str = "") -> str:
        """Return the address of a page as it is reached from another."""
        if page == here and anchor:
            return f"#{anchor}"
        up = "../" * here.count("/")
        return (up + self.called(page) or "./") + (f"#{anchor}" if anchor else "")

    def called(self, page: str) -> str:
        """Return what a page is called, as a file if it is one."""
        return (page or "index") + self.ending if self.ending else page

    def file(self, here: str, name: str) -> str:
        """Return the address of a file that is no page."""
        return "../" * here.count("/") + name

    def of(self, here: str, place: Place) -> str:
        """Return the address of a place as it is reached from a page."""
        return self.link(here, place.page, place.anchor)

    def named(self, here: str, words: str) -> str | None:
        """Return where that is told which words name: an operation, its address, a code or a schema."""
        if words in self.codes:
            return self.link(here, ERRORS, words)
        found = self.operations.get(words) or self.operations.get(self.addresses.get(words, ""))
        found = found or self.schemas.get(words)
        return self.of(here, found) if found else None
