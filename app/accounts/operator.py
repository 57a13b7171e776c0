"""The operator of the installation: known by one key, of which the server has only the hash."""

import secrets
from hashlib import sha256
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import APIKeyHeader

from app.accounts.budgets import MOST_FAILURES, WINDOW
from app.accounts.errors import InvalidOperatorKey
from app.http.errors import NotFound
from app.http.limits import Limit
from app.http.networks import address_of, counted_as

GUESSES = Limit("operator", MOST_FAILURES, WINDOW.seconds)
"""Wrong keys an address may try, per process; one of IPv6 is what a household is given, here as elsewhere."""

_key = APIKeyHeader(
    name="X-Operator-Key",
    scheme_name="OperatorKey",
    auto_error=False,
    description="The operator's key; the server has its hash in `OPERATOR_KEY_HASH`.",
)


def new_key() -> str:
    """Return a key nobody guesses."""
    return secrets.token_urlsafe(32)


def hash_of(key: str) -> str:
    """Return what the server keeps of a key; it is random and long, so that a plain hash will do."""
    return sha256(key.encode()).hexdigest()


async def _operator(request: Request, key: Annotated[str | None, Depends(_key)]) -> None:
    """Let the operator in; where no key is set there is no operator, and nothing at these addresses."""
    kept: str | None = request.app.state.operator_key_hash
    if kept is None:
        raise NotFound
    if key is None:
        raise InvalidOperatorKey
    limits, address = request.app.state.limits, counted_as(address_of(request.scope))
    limits.require_room(GUESSES, address)
    if not secrets.compare_digest(hash_of(key), kept):
        limits.count(GUESSES, address)
        raise InvalidOperatorKey


AS_OPERATOR = Depends(_operator)
