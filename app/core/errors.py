"""Refusals: each is a class with a status, a stable code and a sentence a person can read."""

from collections.abc import Iterator, Mapping
from typing import ClassVar


class AppError(Exception):
    """A request that cannot be carried out, and why.

    Subclasses say `status` (the HTTP status), `code` (stable, for programs), `title` (one sentence) and,
    in their docstring, when it happens and what the caller should do.
    """

    status: ClassVar[int] = 400
    code: ClassVar[str] = "bad_request"
    title: ClassVar[str] = "The request cannot be carried out."

    def __init__(
        self, detail: str | None = None, *, headers: Mapping[str, str] | None = None, **extra: object
    ) -> None:
        """Keep an optional sentence about this case, response headers, and further members of the answer."""
        super().__init__(detail or self.title)
        self.detail = detail
        self.headers = dict(headers or {})
        self.extra = extra


def refusals(root: type[AppError] = AppError) -> Iterator[type[AppError]]:
    """Yield every kind of refusal that is defined anywhere in the house."""
    for kind in root.__subclasses__():
        yield kind
        yield from refusals(kind)


class CallerGone(Exception):
    """Whoever asked has hung up; nobody is left to be answered."""


class AccountBusy(AppError):
    """The account has more requests waiting than it may; nothing was done, ask again after `Retry-After`.

    Other accounts are served meanwhile.
    """

    status = 429
    code = "account_busy"
    title = "The account asks for more at once than it may."


class Overloaded(AppError):
    """More is asked of the server than it can do; nothing was done, ask again after `Retry-After`.

    Signing in and refreshing go on for longer than anything else.
    """

    status = 503
    code = "overloaded"
    title = "The server has too much to do at this moment."
