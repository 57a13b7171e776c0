"""Where a gallery is, and links that let its client choose a new password: once, for an hour."""

import secrets
from datetime import timedelta
from hashlib import sha256

from app.outbox.states import LIFETIMES, Purpose

LINK_FOR = timedelta(hours=1)
"""How long a link is good once its letter was sent, or was given up and may yet have arrived."""
MADE_FOR = LIFETIMES[Purpose.PORTAL] + LINK_FOR
"""How long one is good while nobody knows whether its letter was sent."""
_BYTES = 24


def new_link() -> tuple[str, bytes]:
    """Make the secret of a link, of 192 random bits, and its hash."""
    secret = secrets.token_urlsafe(_BYTES)
    return secret, hash_of(secret)


def hash_of(secret: str) -> bytes:
    """Return what is kept of a secret, and of the address of a gallery."""
    return sha256(secret.encode("utf-8", "surrogatepass")).digest()


def path_of(address: str) -> str:
    """Return where a gallery is found on this server; never made of what a request says of its host."""
    return f"/portal/{address}"
