"""The stylesheet and the scripts of the client's pages."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from app.http.assets import Assets

_assets = Assets(Path(__file__).with_name("static"), "/portal/static")
address_of = _assets.address_of


async def serve(request: Request) -> Response:
    """Answer with a file, also to the frame a card is typed in, which has an origin of its own."""
    response = await _assets.serve(request)
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
