"""Passwords: which are taken, how they are kept and compared. The only module that knows passlib."""

import asyncio
import logging
import unicodedata
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from app.accounts import guessable
from app.accounts.errors import PasswordBlocked
from app.http.errors import Unavailable

with warnings.catch_warnings():
    # passlib 1.7.4 is the last; these two are known and harmless on Python 3.11 and 3.12. A new one is news.
    warnings.filterwarnings("ignore", "'crypt' is deprecated and slated for removal", DeprecationWarning)
    warnings.filterwarnings("ignore", "Accessing argon2.__version__ is deprecated", DeprecationWarning)
    from passlib.context import CryptContext
    from passlib.hash import argon2

    # Chooses the backend, which looks at argon2.__version__, now and not at the first password.
    argon2.set_backend("argon2_cffi")

log = logging.getLogger("studio.accounts")

SHORTEST = 12
LONGEST = 256

_context = CryptContext(
    schemes=["argon2"],
    argon2__type="ID",
    argon2__memory_cost=19456,
    argon2__time_cost=2,
    argon2__parallelism=1,
)
_AT_ONCE = 2
_MOST = 50
_threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="passwords")
_waiting = 0

T = TypeVar("T")


async def hash_password(password: str) -> str:
    """Return a password as it is kept: argon2id with OWASP's parameters. Takes some tens of milliseconds."""
    return await _in_a_thread(lambda: str(_context.hash(_normal(password))))


async def verify(password: str, kept: str | None) -> bool:
    """Tell whether a password is the one kept; one that is kept nowhere takes as long to be wrong."""
    return await _in_a_thread(lambda: _matches(password, kept))


def needs_rehash(kept: str) -> bool:
    """Tell whether a hash that was just verified was made with weaker parameters than ours."""
    return bool(_context.needs_update(kept))


def require_acceptable(password: str, *context: str) -> None:
    """Refuse a new password that is too short, too long, common, or made of words known of the user."""
    normal = _readable(password)
    if len(normal) < SHORTEST:
        raise PasswordBlocked(reason="too_short")
    if len(normal) > LONGEST:
        raise PasswordBlocked(reason="too_long")
    if guessable.is_common(normal):
        raise PasswordBlocked(reason="common")
    if guessable.is_known(normal, context):
        raise PasswordBlocked(reason="context")


def require_other(password: str, current: str) -> None:
    """Refuse a new password that is the current one."""
    if _readable(password) == _normal(current):
        raise PasswordBlocked(reason="same")


async def _in_a_thread(work: Callable[[], T]) -> T:
    """Run work beside the event loop, two at a time; more than a short queue is turned away at once."""
    global _waiting  # noqa: PLW0603 - one queue per process, as there is one set of threads
    if _waiting >= _MOST:
        raise Unavailable("Too many people are signing in at this moment.")
    _waiting += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_threads, work)
    finally:
        _waiting -= 1


def _matches(password: str, kept: str | None) -> bool:
    """Compare; what is not kept, or cannot be read, takes as long to be wrong as anything else."""
    if kept is not None:
        try:
            return bool(_context.verify(_normal(password), kept))
        except Exception:
            log.exception("a password or the hash kept for it cannot be read")
    return bool(_context.dummy_verify())


def _normal(password: str) -> str:
    """Write a password in the one form all keyboards agree on (NFKC); this is the only place it is done."""
    return unicodedata.normalize("NFKC", password)


def _readable(password: str) -> str:
    normal = _normal(password)
    if "\0" in normal or any("\ud800" <= character <= "\udfff" for character in normal):
        raise PasswordBlocked(reason="characters")
    return normal
