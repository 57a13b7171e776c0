"""The index that the field in the head of each page looks into: what there is, and where it is told."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

import orjson

from app.site.docs.places import START, Places


@dataclass(frozen=True, slots=True)
class Found:
    """Something with a name: what it is, where it is told, and what else is said of it in a line."""

    kind: str
    page: str
    anchor: str
    name: str
    words: str = ""


def index(found: Iterable[Found], places: Places) -> bytes:
    """Return the index as a script, which a page opened from a folder may load where it may fetch nothing.

    What is told on one page in a row stands under it once: `[kind, address, [[anchor, name, words], …]]`. A
    name that is its anchor is not said twice. Addresses are as seen from the first page.
    """
    told = [
        [kind, places.link(START, page), [_entry(each) for each in those]]
        for (kind, page), those in groupby(found, lambda each: (each.kind, each.page))
    ]
    return b"studioIndex = " + orjson.dumps(told) + b";\n"


def _entry(each: Found) -> list[str]:
    entry = [each.anchor, "" if each.name == each.anchor else each.name, each.words]
    return entry if each.words else entry[:2] if entry[1] else entry[:1]
