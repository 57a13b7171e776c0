"""The pages at `/docs`: made when the first of them is asked for, and the same until the server ends."""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from app.http.compression import SMALLEST, Encoding, compressed, encoding_for, headers_for
from app.site.docs.book import Book
from app.site.docs.places import KINDS

BASE = "/docs"
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Cache-Control": "no-cache",
}  # fmt: skip
"""What each page of ours is sent under: our own script alone runs, and nothing is asked for elsewhere."""
_MISSING = (Path(__file__).parents[1] / "static" / "missing.html").read_bytes()


@dataclass(frozen=True, slots=True)
class Page:
    """What is sent under a name: its bytes and their tag, as they are and made smaller in each way."""

    forms: Mapping[Encoding | None, tuple[bytes, str]]

    @classmethod
    def of(cls, content: bytes) -> "Page":
        """Return a content in all its forms; what fits a packet has one."""
        forms: dict[Encoding | None, bytes] = {None: content}
        if len(content) >= SMALLEST:
            forms |= {each: compressed(content, each) for each in Encoding}
        return cls({each: (form, f'"{sha256(form).hexdigest()[:16]}"') for each, form in forms.items()})


def docs(text: Callable[[], bytes]) -> ASGIApp:
    """Return the pages; `text` returns the document as it is sent, and is called with the first request.

    It takes seconds to make: a thread does it, and the server goes on answering meanwhile.
    """
    desk = _Desk(text)

    async def answer(request: Request) -> Response:
        name = request.path_params["name"]
        page = await desk.page(name)
        return _missing(name, desk) if page is None else sent(request, page, KINDS.get(name, "text/html"))

    return Starlette(routes=[Route("/{name:path}", answer)])


class _Desk:
    """The book of a server, and what was asked for of it.

    One thread of its own makes all of it: whoever else waits for it waits in no thread that others need.
    """

    def __init__(self, text: Callable[[], bytes]) -> None:
        self._text = text
        self._book: Book | None = None
        self._kept: dict[str, Page] = {}
        self._maker = ThreadPoolExecutor(1, "docs")

    async def page(self, name: str) -> Page | None:
        """Return what is there under a name, made where it has to be."""
        if self._book is not None and not self.has(name):
            return None
        if name in self._kept:
            return self._kept[name]
        return await asyncio.get_running_loop().run_in_executor(self._maker, self._made, name)

    def has(self, name: str) -> bool:
        """Say whether there is a page of a name, once something was made."""
        return self._book is not None and name in self._book.files

    def _made(self, name: str) -> Page | None:
        self._book = self._book or Book.of(self._text())
        if name not in self._kept and (content := self._book.file(name)) is not None:
            self._kept[name] = Page.of(content)
        return self._kept.get(name)


def _missing(name: str, desk: _Desk) -> Response:
    """Say that there is no page of a name; to one that is called with a slash behind, it leads."""
    page = name.removesuffix("/")
    if page != name and desk.has(page):
        headers = {**HEADERS, "Location": f"../{page.rpartition('/')[2]}"}
        return Response(status_code=HTTPStatus.PERMANENT_REDIRECT, headers=headers)
    return Response(_MISSING, HTTPStatus.NOT_FOUND, headers=dict(HEADERS), media_type="text/html")


def sent(request: Request, page: Page, kind: str) -> Response:
    """Return what is asked for as its reader takes it, or that it is as whoever asks has it."""
    best = encoding_for(request.scope)
    encoding = best if best in page.forms else None
    content, tag = page.forms[encoding]
    headers = {**HEADERS, **headers_for(None), "ETag": tag}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(content, headers=headers | headers_for(encoding), media_type=kind)
