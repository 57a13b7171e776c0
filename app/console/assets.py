"""The stylesheet, the script and the icon: read once, and kept by browsers until they change."""

from hashlib import sha256
from http import HTTPStatus
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

_FOLDER = Path(__file__).with_name("static")
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_FILES = {each.name: each.read_bytes() for each in sorted(_FOLDER.iterdir()) if each.suffix in _TYPES}
_MARKS = {name: sha256(content).hexdigest()[:12] for name, content in _FILES.items()}
_FOR_GOOD = "public, max-age=31536000, immutable"


def address_of(name: str) -> str:
    """Return where a file is found, which is elsewhere when it has changed."""
    return f"/console/static/{name}?v={_MARKS[name]}"


async def serve(request: Request) -> Response:
    """Answer with a file."""
    name = request.path_params["name"]
    if name not in _FILES:
        return Response(status_code=HTTPStatus.NOT_FOUND)
    is_current = request.query_params.get("v") == _MARKS[name]
    headers = {"Cache-Control": _FOR_GOOD} if is_current else {}
    return Response(_FILES[name], headers=headers, media_type=_TYPES[Path(name).suffix])
