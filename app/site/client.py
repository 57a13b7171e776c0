"""The web client, an app of files alone, at `/app`; all it knows of a studio it asks of the public API."""

from base64 import b64encode
from collections.abc import Iterator, Mapping
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path, PurePosixPath

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

BASE = "/app"
CLIENTS = Path(__file__).resolve().parents[2] / "clients"
_TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}
_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}  # fmt: skip
_INDEX = "index.html"
_OF_ITSELF = {"worker.js"}
"""What a browser keeps by itself, beside the files the service worker keeps."""


def web_client(clients: Path = CLIENTS) -> ASGIApp:
    """Return the web client, its files read once; an installation without them has nothing here.

    `version.json` names the files of the shell with the hash of each, as `integrity` has it, and the version
    of them together: another one as soon as one of them is.
    """
    files = dict(_files(clients))
    if _INDEX not in files:
        return Starlette()
    digests = {name: sha256(content).digest() for name, content in files.items()}
    marks = {name: digest.hex() for name, digest in digests.items()}
    told = "".join(f"{name} {mark}\n" for name, mark in sorted(marks.items()))
    kept = {name: f"sha256-{b64encode(digests[name]).decode()}" for name in sorted({*files} - _OF_ITSELF)}
    shell = {"version": sha256(told.encode()).hexdigest()[:12], "index": _INDEX, "files": kept}

    async def version(_: Request) -> Response:
        return JSONResponse(shell, headers=dict(_HEADERS))

    async def serve(request: Request) -> Response:
        name = request.path_params["name"] or _INDEX
        if name not in files:
            return Response(status_code=HTTPStatus.NOT_FOUND, headers=dict(_HEADERS))
        tag = f'"{marks[name][:16]}"'
        headers = {**_HEADERS, "ETag": tag, "Cache-Control": "no-cache"}
        if name in _OF_ITSELF:
            headers["Service-Worker-Allowed"] = f"{BASE}/"
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
        return Response(files[name], headers=headers, media_type=_TYPES[PurePosixPath(name).suffix])

    return Starlette(routes=[Route("/version.json", version), Route("/{name:path}", serve)])


def _files(clients: Path) -> Iterator[tuple[str, bytes]]:
    for folder, below in ((clients / "web", ""), (clients / "javascript" / "src", "client/")):
        for each in sorted(folder.rglob("*")):
            if each.suffix in _TYPES:
                yield below + each.relative_to(folder).as_posix(), each.read_bytes()
