"""Signed tokens: how they are made and how they are believed. The only module that knows python-jose.

python-jose accepts much that it should not (a missing audience, a string for a time, unknown critical
headers) and lets some bad input escape as odd exceptions, so that nothing reaches it before this module has
looked at it.
"""

import base64
import json
import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from jose import jwk, jwt
from jose.backends.cryptography_backend import CryptographyECKey

from app.accounts.errors import InvalidToken, TokenExpired
from app.core import clock
from app.core.keys import KeyRing

ACCESS_LIFE = timedelta(minutes=15)

_ISSUER = "studio"
_SKEW = 60
_LONGEST = 4096
_MOST_REMEMBERED = 4096
_LONGEST_HEADER = 256
_SEGMENT = re.compile(r"[A-Za-z0-9_-]+")

if jwk.get_key("ES256") is not CryptographyECKey:  # pragma: no cover - a broken installation
    # python-ecdsa leaks its keys through timing (CVE-2024-23342).
    raise ImportError("python-jose must use its cryptography backend")


@dataclass(frozen=True, slots=True)
class _Kind:
    """What sets one kind of token apart: none is ever taken for another."""

    type: str
    audience: str
    claims: frozenset[str]


_ACCESS = _Kind("at+jwt", "studio-api", frozenset({"iss", "aud", "sub", "iat", "exp", "acc", "sid", "dev"}))
_WIPE = _Kind("wipe+jwt", "studio-device", frozenset({"iss", "aud", "sub", "iat", "acc", "uid", "nonce"}))


@dataclass(frozen=True, slots=True)
class Claims:
    """What an access token or an API key says: ids only, all else is read from the database on every request.

    `expires_at` is that of a token that was verified; one that is issued gets its own. Of a key `sign_in_id`
    is its `key_id`, and whose it is is not known before it is admitted: `user_id` is `NIL`. What opens is
    that `secret_hash` is the one that was kept.
    """

    account_id: UUID
    user_id: UUID
    sign_in_id: UUID
    device_id: UUID | None
    expires_at: datetime | None = field(default=None, compare=False)
    key_id: UUID | None = None
    secret_hash: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class _Access:
    """What was read of an access token that a key of ours signed, and which key."""

    key_id: str
    pem: str
    issued: int
    expires: int
    claims: Claims


_remembered: OrderedDict[str, _Access] = OrderedDict()


@dataclass(frozen=True, slots=True)
class WipeOrder:
    """The order to one phone to clear its copy, of one deactivation: its `nonce`."""

    account_id: UUID
    device_id: UUID
    device_uid: UUID | None
    nonce: UUID


def issue_access(keys: KeyRing, claims: Claims) -> str:
    """Make an access token of a quarter of an hour."""
    own = {
        "sub": str(claims.user_id),
        "exp": _seconds(clock.now() + ACCESS_LIFE),
        "acc": str(claims.account_id),
        "sid": str(claims.sign_in_id),
        "dev": str(claims.device_id) if claims.device_id else None,
    }
    return _issue(keys, _ACCESS, own)


def verify_access(keys: KeyRing, token: str) -> Claims:
    """Return what a good access token says; refuses with 401 `invalid_token` or `token_expired`.

    A phone sends one token for a quarter of an hour: what was signed once stays so, and is remembered for as
    long as the key is trusted. Its time is judged anew.
    """
    read = _remembered.get(token)
    if read is None or keys.verifying.get(read.key_id) != read.pem:
        read = _read_access(keys, token)
        _remember(token, read)
    now = _seconds(clock.now())
    if read.issued > now + _SKEW:
        raise InvalidToken
    if read.expires <= now:
        raise TokenExpired
    return read.claims


def _read_access(keys: KeyRing, token: str) -> "_Access":
    claims = _verified(keys, _ACCESS, token)
    try:
        issued, expires = _whole(claims["iat"]), _whole(claims["exp"])
        if expires - issued > ACCESS_LIFE.total_seconds():
            raise InvalidToken
        device = claims["dev"]
        found = Claims(
            account_id=_id(claims["acc"]),
            user_id=_id(claims["sub"]),
            sign_in_id=_id(claims["sid"]),
            device_id=None if device is None else _id(device),
            expires_at=datetime.fromtimestamp(expires, UTC),
        )
    except (KeyError, TypeError, ValueError):
        raise InvalidToken from None
    key_id = _key_id(token, _ACCESS)
    return _Access(key_id, keys.verifying[key_id], issued, expires, found)


def _remember(token: str, read: "_Access") -> None:
    _remembered[token] = read
    if len(_remembered) > _MOST_REMEMBERED:
        _remembered.popitem(last=False)


def issue_wipe(keys: KeyRing, order: WipeOrder) -> str:
    """Make a wipe order. It has no end: a phone that was off for a year still has to obey it."""
    own = {
        "sub": str(order.device_id),
        "acc": str(order.account_id),
        "uid": str(order.device_uid) if order.device_uid else None,
        "nonce": str(order.nonce),
    }
    return _issue(keys, _WIPE, own)


def verify_wipe(keys: KeyRing, token: str) -> WipeOrder:
    """Return what a wipe order of ours says, however old; refuses with 401 `invalid_token`."""
    claims = _verified(keys, _WIPE, token)
    try:
        return WipeOrder(
            account_id=_id(claims["acc"]),
            device_id=_id(claims["sub"]),
            device_uid=None if claims["uid"] is None else _id(claims["uid"]),
            nonce=_id(claims["nonce"]),
        )
    except (KeyError, TypeError, ValueError):
        raise InvalidToken from None


def _issue(keys: KeyRing, kind: _Kind, own: Mapping[str, Any]) -> str:
    claims = {"iss": _ISSUER, "aud": kind.audience, "iat": _seconds(clock.now()), **own}
    headers = {"typ": kind.type, "kid": keys.signing_id}
    return str(jwt.encode(claims, _signing(keys.signing_key), algorithm="ES256", headers=headers))


def _verified(keys: KeyRing, kind: _Kind, token: str) -> dict[str, Any]:
    """Return the claims of a token of one kind that one of our keys signed; any failure is one refusal."""
    try:
        pem = keys.verifying[_key_id(token, kind)]
        _strict_object(token.split(".")[1])
        claims = jwt.decode(
            token,
            _verifying(pem),
            algorithms=["ES256"],
            audience=kind.audience,
            issuer=_ISSUER,
            # Times are judged here, by our own clock: python-jose takes strings and the future.
            options={
                **{f"require_{claim}": True for claim in ("aud", "iss", "sub", "iat")},
                **{f"verify_{claim}": False for claim in ("exp", "iat", "nbf")},
            },
        )
        is_ours = claims.keys() == kind.claims and claims["aud"] == kind.audience
        is_past = _whole(claims["iat"]) <= _seconds(clock.now()) + _SKEW
    except Exception:  # noqa: BLE001 - whatever a hostile token causes, the answer is that it is not valid
        raise InvalidToken from None
    if not is_ours or not is_past:
        raise InvalidToken
    return dict(claims)


def _key_id(token: str, kind: _Kind) -> str:
    """Return which key a token claims, when its form is exactly ours; nothing of it is believed yet."""
    segments = token.split(".") if len(token) <= _LONGEST else []
    if [_is_exact(segment) for segment in segments] != [True] * 3:
        raise InvalidToken
    if len(segments[0]) > _LONGEST_HEADER:
        raise InvalidToken
    header = _strict_object(segments[0])
    if header.keys() != {"alg", "typ", "kid"} or header["alg"] != "ES256" or header["typ"] != kind.type:
        raise InvalidToken
    return str(header["kid"])


def _is_exact(segment: str) -> bool:
    """Say whether a segment is base64url in its one form: of the last letter not all bits count."""
    return bool(_SEGMENT.fullmatch(segment)) and _encoded(_decoded(segment)) == segment


def _decoded(segment: str) -> bytes:
    return base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))


def _encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def _strict_object(segment: str) -> dict[str, Any]:
    """Parse a segment as a JSON object in which no name comes twice."""
    parsed = json.loads(_decoded(segment), object_pairs_hook=_without_duplicates)
    if not isinstance(parsed, dict):
        raise InvalidToken
    return parsed


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise InvalidToken
    return members


@lru_cache(maxsize=16)
def _verifying(pem: str) -> Any:
    return jwk.construct(pem, "ES256")


@lru_cache(maxsize=1)
def _signing(pem: str) -> Any:
    return jwk.construct(pem, "ES256")


def _seconds(instant: datetime) -> int:
    return int(instant.timestamp())


def _whole(value: object) -> int:
    if type(value) is not int or not 0 <= value < 2**40:
        raise InvalidToken
    return value


def _id(value: object) -> UUID:
    if not isinstance(value, str):
        raise InvalidToken
    return UUID(value)
