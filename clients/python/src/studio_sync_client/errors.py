"""What can go wrong. No error costs local data, but `DeviceWiped`, which comes after the wipe."""

from typing import Any

Json = dict[str, Any]
"""A JSON object of the wire."""


class StudioError(Exception):
    """Anything this client raises by itself."""


class NoAnswer(StudioError):
    """No answer of this server: no connection, one that was cut, or somebody else's page in between."""


class Problem(StudioError):
    """A refusal by the server. Decide by `code`; further members of the refusal are in `members`."""

    def __init__(self, status: int, members: Json, retry_after: float | None = None) -> None:
        super().__init__(f"{members.get('code')}: {members.get('title')}")
        self.status = status
        self.code = str(members.get("code"))
        self.members = members
        self.retry_after = retry_after


class SignedOut(StudioError):
    """Nobody is signed in, or the sign-in has ended: sign in again. Records and queue stay."""


class WrongOwner(StudioError):
    """The store belongs to another account or user: it is kept for its owner, open another one."""


class DeviceWiped(StudioError):
    """The device was deactivated by a signed order, and the store has been cleared."""


class SyncRunning(StudioError):
    """Somebody else, such as another process, is using the store to sync: there is one sync at a time."""


class RetryLater(StudioError):
    """The server took in a part of the queue and asks for the rest later."""


class NotHeld(StudioError):
    """The record is not in the store, or was deleted there."""


class AlreadyHeld(StudioError):
    """A new record has the id of one that is in the store."""


class TooMuchAtOnce(StudioError):
    """One save has more changes than the server takes in one push, where they must stand together."""


class StoreTooNew(StudioError):
    """The store was written by a later version of this package."""


class Drifted(StudioError):
    """What was just repaired is not what must be held: a defect, of this package or of the server."""
