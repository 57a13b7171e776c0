"""What is going to end says so in each of its answers: since when, until when, and where to read on."""

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, date, datetime, time
from email.utils import format_datetime
from typing import Any
from urllib.parse import quote

MARK = "x-deprecated"
_DOCS = "/docs/api"


def deprecated(
    since: date, sunset: date, instead: str, *, collections: Collection[str] = ()
) -> dict[str, Any]:
    """Return the `openapi_extra` of a deprecated route; `instead` names the operation that replaces it.

    A route that many collections share may end for some `collections` alone.
    """
    if sunset <= since:
        raise ValueError("what is deprecated goes on for a while")
    told = {"since": since.isoformat(), "sunset": sunset.isoformat(), "instead": instead}
    return {MARK: {**told, "collections": sorted(collections)}}


def is_told_of(mark: Mapping[str, Any], collection: str | None) -> bool:
    """Say whether what ends of a route ends for a collection, too."""
    return not mark["collections"] or collection in mark["collections"]


def headers_of(route: Any, path: Mapping[str, Any]) -> Iterator[tuple[bytes, bytes]]:
    """Yield what a route tells with its answers: `Deprecation` (RFC 9745), `Sunset` (RFC 8594), a link.

    The document has a route that collections share once for each of them, by names of their own.
    """
    told = (getattr(route, "openapi_extra", None) or {}).get(MARK)
    collection = path.get("collection")
    if told is not None and is_told_of(told, collection):
        tag, operation = route.tags[0], route.operation_id
        if collection is not None:
            tag, operation = collection, f"{collection}_{path.get('command') or operation.partition('_')[2]}"
        place = f"{_DOCS}/{quote(tag, safe='')}#{quote(operation, safe='')}"
        yield b"deprecation", f"@{int(_midnight(told['since']).timestamp())}".encode()
        yield b"sunset", format_datetime(_midnight(told["sunset"]), usegmt=True).encode()
        yield b"link", f'<{place}>; rel="deprecation"; type="text/html"'.encode()


def _midnight(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), UTC)
