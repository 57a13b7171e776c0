"""The page at `/`, for who opens the address of a server: where on it there is something to see."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from app.site.docs.serving import Page, sent

_PAGE = Page.of((Path(__file__).parent / "static" / "front.html").read_bytes())


async def front(request: Request) -> Response:
    """Answer the page: the same for everybody, and nothing about the server."""
    return sent(request, _PAGE, "text/html")
