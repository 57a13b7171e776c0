"""What is going to end says so in each of its answers: since when, until when, and where to read on."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from email.utils import format_datetime
from typing import Any

MARK = "x-deprecated"
_DOCS = "/docs/api"


def deprecated(since: date, sunset: date, instead: str) -> dict[str, Any]:
    """Return the `openapi_extra` of a deprecated route; `instead` names the operation that replaces it."""
    if sunset <= since:
        raise ValueError("what is deprecated goes on for a while")
    return {MARK: {"since": since.isoformat(), "sunset": sunset.isoformat(), "instead": instead}}


def headers_of(route: Any) -> Iterator[tuple[bytes, bytes]]:
    """Yield what a route tells with its answers: `Deprecation` (RFC 9745), `Sunset` (RFC 8594), a link."""
    told = (getattr(route, "openapi_extra", None) or {}).get(MARK)
    if told is not None:
        place = f"{_DOCS}/{route.tags[0]}#{route.operation_id}"
        yield b"deprecation", f"@{int(_midnight(told['since']).timestamp())}".encode()
        yield b"sunset", format_datetime(_midnight(told["sunset"]), usegmt=True).encode()
        yield b"link", f'<{place}>; rel="deprecation"; type="text/html"'.encode()


def _midnight(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), UTC)
