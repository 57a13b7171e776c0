"""One request and its answer, and how long to wait before asking again."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httpx

from studio_sync_client.errors import Json, NoAnswer, Problem

_PASSING = frozenset(
    {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        HTTPStatus.SERVICE_UNAVAILABLE,
    }
)


@dataclass(frozen=True, slots=True)
class Pace:
    """How often one request is made again, and what is waited in between: 1, 2, 4, 8… seconds and some more.

    `longest` is the most one wait may take; a server that asks for more is obeyed by giving up for now.
    """

    attempts: int = 5
    longest: float = 300
    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    random: Callable[[], float] = random.random

    def wait(self, attempt: int, error: NoAnswer | Problem) -> None:
        """Wait before the next attempt, or raise the error when it is time to give up."""
        asked = error.retry_after if isinstance(error, Problem) else None
        least = min(2.0**attempt, self.longest) if asked is None else asked
        if attempt + 1 >= self.attempts or least > self.longest:
            raise error
        self.sleep(least + self.random() * max(1.0, least / 2))


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked; `content` is JSON text, sent to the byte."""

    method: str
    path: str
    content: str | None = None
    token: str | None = None


class Wire:
    """The way to one server."""

    def __init__(self, http: httpx.Client, pace: Pace) -> None:
        self.pace = pace
        self._http = http

    def ask(self, request: Request) -> Json:
        """Ask, and ask again for as long as the reason not to answer may pass.

        Only for what may be asked twice. Raises `NoAnswer` and `Problem`.
        """
        attempt = 0
        while True:
            try:
                return self.ask_once(request)
            except NoAnswer as error:
                self.pace.wait(attempt, error)
            except Problem as error:
                if error.status not in _PASSING:
                    raise
                self.pace.wait(attempt, error)
            attempt += 1

    def ask_once(self, request: Request) -> Json:
        """Ask once. Raises `NoAnswer` and `Problem`."""
        headers = {"Accept": "application/json"}
        if request.content is not None:
            headers["Content-Type"] = "application/json"
        if request.token is not None:
            headers["Authorization"] = f"Bearer {request.token}"
        try:
            answer = self._http.request(
                request.method, request.path, content=request.content, headers=headers
            )
        except httpx.TransportError as error:
            raise NoAnswer(str(error)) from error
        return read(answer)


def read(answer: httpx.Response) -> Json:
    """Return what was answered. Raises `Problem`, and `NoAnswer` for what is not of this server."""
    if answer.status_code == HTTPStatus.NO_CONTENT:
        return {}
    kind = answer.headers.get("Content-Type", "").partition(";")[0]
    if answer.is_success and kind == "application/json":
        return _object(answer)
    if answer.is_error and kind == "application/problem+json":
        raise Problem(answer.status_code, _object(answer), _retry_after(answer))
    # A hotel's network, or a proxy.
    raise NoAnswer(f"{answer.status_code} {kind}")


def _object(answer: httpx.Response) -> Json:
    try:
        read: Any = answer.json()
    except ValueError as error:
        raise NoAnswer("the answer is not JSON") from error
    if not isinstance(read, dict):
        raise NoAnswer("the answer is not an object")
    return read


def _retry_after(answer: httpx.Response) -> float | None:
    told = answer.headers.get("Retry-After", "")
    return float(told) if told.isdecimal() else None
