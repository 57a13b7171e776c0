"""Whose password is compared next: of one account one at a time, and of one who is known there.

A wrong one is counted before the next is compared, so that those that are sent at once cannot pass the budget
before they count. Who is known has a lane of their own: strangers keep nobody there waiting.
"""

from uuid import UUID

from app.accounts.budgets import Budget
from app.core.admission import Admission, Bounds, Lane, Place

AT_ONCE = 16
"""By each lane: more than there are threads, since the turn lasts until a wrong one is counted, which may
have to wait; few enough that both lanes together never fill the queue for the threads."""

_WAITING = 100
_WAITING_EACH = 10
_PATIENCE = 5.0


def _lane(name: str) -> Lane:
    patience = (_PATIENCE, _PATIENCE)
    return Admission(AT_ONCE).lane(Bounds(name, AT_ONCE, 1, _WAITING, _WAITING_EACH, *patience))


_known, _strangers = _lane("known password"), _lane("password")


def turn_of(budgets: tuple[Budget, ...], *, is_own: bool) -> Place:
    """Return the turn of what the last of the budgets counts: somebody who is known, or else an account."""
    return (_known if is_own else _strangers).place(UUID(budgets[-1].caller[:32]))
