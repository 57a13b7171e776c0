"""The one thing that may clear a phone: an order signed by the server it signed in to, for this device."""

import json
from base64 import urlsafe_b64decode
from datetime import datetime
from typing import Any

from studio_sync_client.errors import Json
from studio_sync_client.es256 import verifies

_LEEWAY_SECONDS = 60


def is_true_order(order: Any, owner: Json, uid: str) -> bool:
    """Say whether a wipe order is to be obeyed by the phone `uid` that signed in as `owner`."""
    try:
        head, body, signature = str(order).split(".")
        header, claims = _parsed(head), _parsed(body)
        return (
            (header["alg"], header["typ"]) == ("ES256", "wipe+jwt")
            and _is_signed(f"{head}.{body}", signature, owner["wipe_key"])
            and _is_for_us(claims, owner, uid)
        )
    except (ValueError, KeyError, TypeError):
        # What cannot be read was not written by our server.
        return False


def _is_signed(text: str, signature: str, key: Json) -> bool:
    if (key["kty"], key["crv"]) != ("EC", "P-256"):
        return False
    x, y = (int.from_bytes(_decoded(key[name])) for name in ("x", "y"))
    return verifies(x, y, text.encode(), _decoded(signature))


def _is_for_us(claims: Json, owner: Json, uid: str) -> bool:
    """Leave an order of an earlier deactivation unheard: since then this phone was let in again."""
    signed_in = datetime.fromisoformat(owner["signed_in_at"]).timestamp()
    ours = ("studio", "studio-device", owner["account"]["id"], owner["device"]["id"], uid)
    named = tuple(claims[name] for name in ("iss", "aud", "acc", "sub", "uid"))
    return named == ours and bool(claims["iat"] >= signed_in - _LEEWAY_SECONDS)


def _parsed(part: str) -> Json:
    read = json.loads(_decoded(part))
    if not isinstance(read, dict):
        raise TypeError
    return read


def _decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
