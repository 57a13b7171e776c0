"""What pages are shown with, a stylesheet or a script: read once, and kept by browsers until it changes."""

from hashlib import sha256
from http import HTTPStatus
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_FOR_GOOD = "public, max-age=31536000, immutable"


class Assets:
    """The files of a folder, found below an address by their names."""

    def __init__(self, folder: Path, below: str) -> None:
        """Read them."""
        self._below = below
        self._files = {each.name: each.read_bytes() for each in folder.iterdir() if each.suffix in _TYPES}
        self._marks = {name: sha256(content).hexdigest()[:12] for name, content in self._files.items()}

    def address_of(self, name: str) -> str:
        """Return where a file is found, which is elsewhere when it has changed."""
        return f"{self._below}/{name}?v={self._marks[name]}"

    async def serve(self, request: Request) -> Response:
        """Answer with a file."""
        name = request.path_params["name"]
        if name not in self._files:
            return Response(status_code=HTTPStatus.NOT_FOUND)
        is_current = request.query_params.get("v") == self._marks[name]
        headers = {"Cache-Control": _FOR_GOOD} if is_current else {}
        return Response(self._files[name], headers=headers, media_type=_TYPES[Path(name).suffix])
