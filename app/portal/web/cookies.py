"""What a client's browser keeps: a token for one gallery, of which the server has the hash alone."""

import secrets

from starlette.requests import Request
from starlette.responses import Response

from app.http.forms import may_be_plain
from app.portal.links import hash_of

_BYTES = 32
_MARK = 16


def new_token() -> tuple[str, bytes]:
    """Make what a browser brings, and its hash."""
    token = secrets.token_urlsafe(_BYTES)
    return token, hash_of(token)


def brought(request: Request, address: str) -> bytes | None:
    """Return the hash of the token a browser brings for a gallery."""
    token = request.cookies.get(_name(request, address))
    return hash_of(token) if token else None


def keep(response: Response, request: Request, address: str, token: str) -> None:
    """Give a browser a token to keep until it is closed."""
    _set(response, request, address, token)


def forget(response: Response, request: Request, address: str) -> None:
    """Have a browser forget its token."""
    _set(response, request, address, "", max_age=0)


def _set(response: Response, request: Request, address: str, value: str, max_age: int | None = None) -> None:
    """Set a cookie; it is lax, for links in letters lead to the gallery, and forms are guarded."""
    name = _name(request, address)
    response.set_cookie(
        name,
        value,
        max_age=max_age,
        path="/",
        secure=name.startswith("__Host-"),
        httponly=True,
        samesite="lax",
    )


def _name(request: Request, address: str) -> str:
    """Name the cookie by its gallery: who has several open is signed in to each by itself."""
    name = f"portal-{hash_of(address).hex()[:_MARK]}"
    return name if may_be_plain(request) else f"__Host-{name}"
