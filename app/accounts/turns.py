"""Whose password is looked at next: of one account one at a time, and no more at once than there are threads.

A wrong one is counted before the next of its account is looked up, so that those that are sent at once
cannot pass the budget before they count.
"""

import hmac
from uuid import UUID

from app.accounts.passwords import AT_ONCE
from app.core.admission import Admission, Bounds, Place
from app.core.keys import KeyRing

_WAITING = 20
_WAITING_EACH = 10
_PATIENCE = 5.0

_lane = Admission(AT_ONCE).lane(
    Bounds("password", AT_ONCE, 1, _WAITING, _WAITING_EACH, patience=_PATIENCE, patience_when_full=_PATIENCE)
)


def turn_of(keys: KeyRing, name: str) -> Place:
    """Return the turn of an account, by its name in lower case and whether there is one, or of a sign-in."""
    made = hmac.digest(keys.derived("sign-in turns"), name.encode("utf-8", "surrogatepass"), "sha256")
    return _lane.place(UUID(bytes=made[:16]))
