"""What becomes of an exception that is not a refusal: each is translated into one, or is a defect."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import asyncpg
import sqlalchemy.exc
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Match

from app.core import card_numbers
from app.core.errors import AccountBusy, AppError
from app.http.errors import (
    BadRequest,
    InternalError,
    InvalidRequest,
    MethodNotAllowed,
    NotFound,
    TooLarge,
    Unavailable,
    UnsupportedMediaType,
)
from app.http.problems import refuse

log = logging.getLogger("studio.http")

_BY_STATUS: Mapping[int, type[AppError]] = {
    kind.status: kind for kind in (NotFound, MethodNotAllowed, TooLarge, UnsupportedMediaType)
}
MOST_FIELDS = 20
"""Places a refusal names; more help nobody."""
_LONGEST_PATH = 100
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
NO_ID = "This is not an id."
_REASONS = {
    "greater_than_equal": "This must be at least {ge}.",
    "less_than_equal": "This must be at most {le}.",
    "uuid_parsing": NO_ID,
    "string_pattern_mismatch": "This must match `{pattern}`.",
}
_TAG = 'This is not an `ETag`: it is sent as it was read, in its quotes, as "3".'
_TAGS = (("header", "If-Match"), ("header", "If-None-Match"))
_LATER = (AccountBusy.status, Unavailable.status)
_PASSING = ("08", "40", "53", "57", "55P03", "25P03", "25P04")
"""SQLSTATEs that pass by themselves: connection, deadlock, resources, operator, locks, timeouts."""

_PASSING_KINDS = (
    sqlalchemy.exc.TimeoutError,
    asyncpg.InterfaceError,
    # What the driver says when the server is killed between two statements.
    asyncpg.InternalClientError,
    # A migration changed what a prepared statement returns: driver, or pooler, has yet to prepare it anew.
    asyncpg.InvalidCachedStatementError,
    # A request touches no file: what the system refuses it is a connection.
    OSError,
)


def translate(error: Exception) -> AppError:
    """Return the refusal that an exception amounts to; what nothing is known about is a defect."""
    if isinstance(error, AppError):
        return error
    if isinstance(error, HTTPException):
        kind = _BY_STATUS.get(error.status_code, BadRequest if error.status_code < 500 else InternalError)  # noqa: PLR2004
        return kind(headers=error.headers)
    return Unavailable() if _is_passing(error) else InternalError()


@contextmanager
def what_passes_left() -> Iterator[None]:
    """Leave something undone behind an answer when there is too much to do, or the database goes away.

    The answer has been given: to raise would do no more than cut the connection under the next request.
    """
    try:
        yield
    except Exception as error:
        if translate(error).status not in _LATER:
            raise
        log.warning("left undone behind an answer: %s", type(error).__name__)


def shape_refusal(error: RequestValidationError) -> InvalidRequest:
    """Return path, code and bound of what is wrong in a request: never a value, and never more than 4 KB."""
    return InvalidRequest(fields=[_field(found) for found in error.errors()[:MOST_FIELDS]])


def place(*steps: object) -> str:
    """Return the path of something in a request; a name that is the number of a card is not repeated."""
    path = ".".join("left_out" if card_numbers.is_in(str(step)) else str(step) for step in steps)
    return ascii(path)[1:-1][:_LONGEST_PATH]


def _field(found: Mapping[str, Any]) -> dict[str, str]:
    told = {"path": place(*found["loc"]), "code": found["type"]}
    # A bound, or a pattern, is ours, and never what was sent.
    reason = _TAG if tuple(found["loc"]) in _TAGS else _REASONS.get(found["type"])
    return told | ({"reason": reason.format_map(found.get("ctx", {}))} if reason else {})


def _is_passing(error: Exception) -> bool:
    if isinstance(error, sqlalchemy.exc.DBAPIError) and error.orig is not None:
        if error.connection_invalidated:
            return True
        # Where no connection stands yet the driver's own failure is told as the cause of another.
        return isinstance(error.orig.__cause__, _PASSING_KINDS) or _is_passing_state(error.orig)
    if isinstance(error, _PASSING_KINDS):
        return True
    return _is_passing_state(error)


def _is_passing_state(error: BaseException) -> bool:
    return str(getattr(error, "sqlstate", None) or "").startswith(_PASSING)


async def on_refusal(request: Request, error: Exception) -> Response:
    """Answer a refusal, or what the framework refused."""
    refusal = translate(error)
    if isinstance(refusal, MethodNotAllowed):
        refusal.headers["Allow"] = ", ".join(_allowed(request))
    return await refuse(request, refusal)


def _allowed(request: Request) -> Iterator[str]:
    """Yield the methods an address answers to: the framework names those of one of its routes alone."""
    for method in _METHODS:
        scope = {**request.scope, "method": method}
        if any(route.matches(scope)[0] is Match.FULL for route in request.app.routes):
            yield method


async def on_wrong_shape(request: Request, error: Exception) -> Response:
    """Answer a request whose shape pydantic refused."""
    if not isinstance(error, RequestValidationError):
        raise TypeError
    return await refuse(request, shape_refusal(error))
