"""The page at `/`, for who opens the address of a server: where on it there is something to see."""

from hashlib import sha256
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from app.site.docs.serving import sent

_PAGE = (Path(__file__).parent / "static" / "front.html").read_bytes()
_TAG = f'"{sha256(_PAGE).hexdigest()[:16]}"'


async def front(request: Request) -> Response:
    """Answer the page: the same for everybody, and nothing about the server."""
    return sent(request, _PAGE, _TAG, "text/html")
