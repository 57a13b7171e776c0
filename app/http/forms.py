"""Forms of pages: how they are read, and how they are known to come from our own pages."""

import asyncio
import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as BadBase64
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from ipaddress import ip_address
from urllib.parse import parse_qs

from starlette.requests import Request

from app.core.keys import KeyRing
from app.http.body import SECONDS

TOKEN = "form_token"  # noqa: S105 - the name of a field
MAX_BYTES = 256_000
_MOST_FIELDS = 1_000
_NONCE = 16
_MEDIA_TYPE = "application/x-www-form-urlencoded"


class Foreign(Exception):
    """A form was sent by another site's page, or by one of ours from before the sign-in."""


class Unreadable(Exception):
    """What was sent is no form, or too large a one."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status.phrase)
        self.status = status


class Fields(Mapping[str, str]):
    """The fields of a form as they were sent; of a field that was sent several times, the last counts."""

    def __init__(self, sent: Mapping[str, list[str]]) -> None:
        self._sent = sent

    def __getitem__(self, name: str) -> str:
        return self._sent[name][-1]

    def __iter__(self) -> Iterator[str]:
        return iter(self._sent)

    def __len__(self) -> int:
        return len(self._sent)

    def all(self, name: str) -> list[str]:
        """Return everything that was ticked under a name."""
        return self._sent.get(name, [])


def token(keys: KeyRing, purpose: str, session_key: str) -> str:
    """Return what a form of a session has to bring along; no two are alike, so that none can be guessed."""
    nonce = secrets.token_bytes(_NONCE)
    return urlsafe_b64encode(nonce + _seal(keys, purpose, session_key, nonce)).decode()


def require_token(fields: Fields, keys: KeyRing, purpose: str, session_key: str) -> None:
    """Refuse a form that was not made for a session."""
    try:
        given = urlsafe_b64decode(fields.get(TOKEN, ""))
    except (BadBase64, ValueError):
        raise Foreign from None
    if not hmac.compare_digest(given[_NONCE:], _seal(keys, purpose, session_key, given[:_NONCE])):
        raise Foreign


def _seal(keys: KeyRing, purpose: str, session_key: str, nonce: bytes) -> bytes:
    return hmac.digest(keys.derived(purpose), nonce + session_key.encode(), "sha256")


def require_own(request: Request) -> None:
    """Refuse a form that another site's page has sent, and one of which nothing says that it has not."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is None and origin is None:
        raise Foreign
    if site not in (None, "same-origin"):
        raise Foreign
    if origin is not None and origin not in _origins(request):
        raise Foreign


def _origins(request: Request) -> list[str]:
    """Return where our pages are; a proxy that ends the encryption need not say that there was one."""
    schemes = ["https", "http"] if may_be_plain(request) else ["https"]
    return [f"{scheme}://{request.url.netloc}" for scheme in schemes]


def may_be_plain(request: Request) -> bool:
    """Say whether a browser may be answered without encryption: only one at this very machine."""
    return request.url.scheme == "http" and _is_here(request.url.hostname)


def _is_here(host: str | None) -> bool:
    try:
        return host == "localhost" or ip_address(host or "").is_loopback
    except ValueError:
        return False


async def read(request: Request) -> Fields:
    """Return the fields of a form that is sent, within limits of time and size."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _MEDIA_TYPE:
        raise Unreadable(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    body = bytearray()
    try:
        async with asyncio.timeout(SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MAX_BYTES:
                    raise Unreadable(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        sent = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
    except TimeoutError:
        raise Unreadable(HTTPStatus.REQUEST_TIMEOUT) from None
    except ValueError:
        raise Unreadable(HTTPStatus.UNPROCESSABLE_ENTITY) from None
    return Fields({name: [each.replace("\r\n", "\n") for each in values] for name, values in sent.items()})
