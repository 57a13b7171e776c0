"""The pages at `/docs`: made when the first of them is asked for, and the same until the server ends."""

import asyncio
from collections.abc import Callable, Mapping
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from threading import Lock

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from app.site.docs.book import Book
from app.site.docs.places import DOCUMENT, SHEET

BASE = "/docs"
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Cache-Control": "no-cache",
}  # fmt: skip
"""What each page of ours is sent under: nothing runs, and nothing is asked for elsewhere."""
_MISSING = (Path(__file__).parents[1] / "static" / "missing.html").read_bytes()


def docs(text: Callable[[], bytes]) -> ASGIApp:
    """Return the pages; `text` returns the document as it is sent, and is called with the first request.

    It takes seconds to make: a thread does it, and the server goes on answering meanwhile.
    """
    desk = _Desk(text)

    def told(kind: str, *, of: str | None = None) -> Callable[[Request], object]:
        async def answer(request: Request) -> Response:
            name = of or request.path_params["name"]
            found = desk.at_hand(name)
            content, tag = found if found is not None else await asyncio.to_thread(desk.made, name)
            if content is None:
                return _missing(name, desk)
            return sent(request, content, tag, kind)

        return answer

    page = told("text/html")
    document, sheet = told("application/json", of=DOCUMENT), told("text/css", of=SHEET)
    return Starlette(
        routes=[Route(f"/{DOCUMENT}", document), Route(f"/{SHEET}", sheet), Route("/{name:path}", page)]
    )


class _Desk:
    """The book of a server, and what was asked for of it, each with its tag."""

    def __init__(self, text: Callable[[], bytes]) -> None:
        self._text = text
        self._book: Book | None = None
        self._kept: dict[str, tuple[bytes, str]] = {}
        self._one_at_a_time = Lock()

    def at_hand(self, name: str) -> tuple[bytes | None, str] | None:
        """Return what is there under a name, and its tag, if nothing has to be made for that."""
        if self._book is not None and name not in self._book.files:
            return None, ""
        return self._kept.get(name)

    def has(self, name: str) -> bool:
        """Say whether there is a page of a name, once something was made."""
        return self._book is not None and name in self._book.files

    def made(self, name: str) -> tuple[bytes | None, str]:
        """Return the same, made where it has to be."""
        with self._one_at_a_time:
            self._book = self._book or Book.of(self._text())
            content = self._book.file(name)
            if content is None:
                return None, ""
            return self._kept.setdefault(name, (content, f'"{sha256(content).hexdigest()[:16]}"'))


def _missing(name: str, desk: _Desk) -> Response:
    """Say that there is no page of a name; to one that is called with a slash behind, it leads."""
    page = name.removesuffix("/")
    if page != name and desk.has(page):
        headers = {**HEADERS, "Location": f"../{page.rpartition('/')[2]}"}
        return Response(status_code=HTTPStatus.PERMANENT_REDIRECT, headers=headers)
    return Response(_MISSING, HTTPStatus.NOT_FOUND, headers=dict(HEADERS), media_type="text/html")


def sent(request: Request, content: bytes, tag: str, kind: str) -> Response:
    """Return what is asked for, or that it is as whoever asks has it."""
    headers = {**HEADERS, "ETag": tag}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(content, headers=headers, media_type=kind)
