"""Who has signed in, kept by their browser alone: one sealed cookie, and no state on the server."""

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as BadBase64
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from app.console.api import Api, Record
from app.core import clock
from app.core.keys import KeyRing
from app.http.forms import may_be_plain

_NONCE = 12
_PURPOSE = "console"
_SAFE_NAME, _PLAIN_NAME = "__Host-console", "console"
_EARLY = timedelta(seconds=60)
_COOKIE = "console_cookie"


@dataclass(frozen=True, slots=True)
class Session:
    """A sign-in of the console: its tokens, and the names each page shows.

    `key` is what forms are bound to; it stays the same when the tokens are renewed.
    """

    key: str
    access_token: str
    refresh_token: str
    expires_at: float
    user_id: str
    user_name: str
    account_id: str
    company_name: str
    time_zone: str

    @classmethod
    def of(cls, signed_in: Record) -> "Session":
        """Return the session that begins with an answer to signing in."""
        return cls(key=secrets.token_urlsafe(16), **_told(signed_in))

    def is_ending(self) -> bool:
        """Say whether the access token ends before a page could be made with it."""
        return clock.now().timestamp() + _EARLY.total_seconds() >= self.expires_at

    async def renewed(self, api: Api) -> "Session":
        """Return the session with the next tokens.

        Two pages at once may show the same refresh token: within a minute both get the same successor.
        """
        return replace(
            self, **_told(await api.post("/v1/auth/refresh", {"refresh_token": self.refresh_token}))
        )


def _told(signed_in: Record) -> dict[str, Any]:
    user, account = signed_in["user"], signed_in["account"]
    return {
        "access_token": signed_in["access_token"],
        "refresh_token": signed_in["refresh_token"],
        "expires_at": clock.now().timestamp() + signed_in["expires_in"],
        "user_id": user["id"],
        "user_name": user["display_name"],
        "account_id": account["id"],
        "company_name": account["company_name"],
        "time_zone": account["time_zone"],
    }


def opened(request: Request, keys: KeyRing) -> Session | None:
    """Return the session a request comes with; none when there is none, or none of ours."""
    name = _name(request)
    try:
        sealed = urlsafe_b64decode(request.cookies.get(name, ""))
        text = AESGCM(keys.derived(_PURPOSE)).decrypt(sealed[:_NONCE], sealed[_NONCE:], name.encode())
        return Session(**orjson.loads(text))
    except (BadBase64, ValueError, InvalidTag, TypeError):
        return None


def keep(response: Response, request: Request, keys: KeyRing, session: Session) -> None:
    """Give a browser a session to keep until it is closed."""
    name, nonce = _name(request), secrets.token_bytes(_NONCE)
    sealed = AESGCM(keys.derived(_PURPOSE)).encrypt(nonce, orjson.dumps(asdict(session)), name.encode())
    _set(response, request, urlsafe_b64encode(nonce + sealed).decode())


def keep_whatever_comes(request: Request, keys: KeyRing, session: Session) -> None:
    """Have a browser keep a session whatever it is answered: the one it came with is spent."""
    carrier = Response()
    keep(carrier, request, keys, session)
    setattr(request.state, _COOKIE, carrier.headers["set-cookie"])


def hand_on(headers: MutableHeaders, scope: Scope) -> None:
    """Put the session a browser has to keep into its answer, unless that says something else of it."""
    cookie = scope.get("state", {}).get(_COOKIE)
    if cookie is not None:
        headers.setdefault("set-cookie", cookie)


def forget(response: Response, request: Request) -> None:
    """Have a browser forget its session."""
    _set(response, request, "", max_age=0)


def _set(response: Response, request: Request, value: str, max_age: int | None = None) -> None:
    name = _name(request)
    response.set_cookie(
        name,
        value,
        max_age=max_age,
        path="/",
        secure=name == _SAFE_NAME,
        httponly=True,
        samesite="strict",
    )


def _name(request: Request) -> str:
    return _PLAIN_NAME if may_be_plain(request) else _SAFE_NAME
