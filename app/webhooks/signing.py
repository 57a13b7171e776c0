"""Signatures by the Standard Webhooks specification, by which a receiver knows who posts and what was sent.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import secrets
from base64 import b64decode, b64encode
from collections.abc import Iterable
from hmac import digest
from uuid import UUID

PREFIX = "whsec_"
_BYTES = 32


def new_secret() -> str:
    """Return a new secret as it is told, once."""
    return PREFIX + b64encode(secrets.token_bytes(_BYTES)).decode()


def headers_of(event_id: UUID, at: int, body: bytes, keys: Iterable[str]) -> dict[str, str]:
    """Return what goes with a post at a second since 1970, signed by each of some secrets."""
    said = f"{event_id}.{at}.".encode() + body
    return {
        "webhook-id": str(event_id),
        "webhook-timestamp": str(at),
        "webhook-signature": " ".join(_signed(each, said) for each in keys),
    }


def _signed(secret: str, said: bytes) -> str:
    key = b64decode(secret.removeprefix(PREFIX))
    return "v1," + b64encode(digest(key, said, "sha256")).decode()
