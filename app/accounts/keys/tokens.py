"""API keys as they are sent: which account and key one is of stands in it, under a tag of ours.

The tag lets a made-up key be refused, and a true one be counted, before the database is asked. What opens is
the random part alone, of which only the hash is kept.
"""

import re
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from hmac import compare_digest, digest
from uuid import UUID

from app.accounts.errors import InvalidToken
from app.accounts.tokens import Claims
from app.core.ids import NIL
from app.core.keys import KeyRing

PREFIX = "stk_"
"""How every key begins, for programs that look for secrets where none should be."""
HINT = 4
"""Letters at the end of a key by which people tell it from others."""

_ID, _SECRET, _TAG = 16, 32, 16
_FORM = re.compile(PREFIX + "([A-Za-z0-9_-]{107})")


def new_key(keys: KeyRing, account_id: UUID, key_id: UUID) -> tuple[str, bytes]:
    """Return a new key as it is told, once, and the hash of it that is kept."""
    secret = secrets.token_bytes(_SECRET)
    said = account_id.bytes + key_id.bytes + secret
    return PREFIX + _encoded(said + _tag(keys, said)), sha256(secret).digest()


def verify_key(keys: KeyRing, text: str) -> Claims:
    """Return what a key of ours says; refuses any other with 401 `invalid_token`. No database is asked."""
    found = _FORM.fullmatch(text)
    if found is None:
        raise InvalidToken
    said = urlsafe_b64decode(found[1] + "=")
    said, tag = said[:-_TAG], said[-_TAG:]
    # Of the last letter not all bits count: there is one form of a key.
    if not compare_digest(tag, _tag(keys, said)) or _encoded(said + tag) != found[1]:
        raise InvalidToken
    key_id = UUID(bytes=said[_ID : 2 * _ID])
    return Claims(
        account_id=UUID(bytes=said[:_ID]),
        user_id=NIL,
        sign_in_id=key_id,
        device_id=None,
        key_id=key_id,
        secret_hash=sha256(said[2 * _ID :]).digest(),
    )


def _tag(keys: KeyRing, said: bytes) -> bytes:
    return digest(keys.derived("api key"), said, "sha256")[:_TAG]


def _encoded(value: bytes) -> str:
    return urlsafe_b64encode(value).decode().rstrip("=")
