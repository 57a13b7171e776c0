"""How a phone stands, as a person would say it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.console import words
from app.console.api import Record
from app.core import clock

LATE = timedelta(days=7)
"""How long after its last sync, or its sign-in where it never has, a phone is behind."""


class State(StrEnum):
    """Where a phone is between its authorization and its end."""

    WAITING = "waiting"
    FRESH = "fresh"
    ACTIVE = "active"
    BEHIND = "behind"
    INACTIVE = "inactive"
    KEPT = "kept"
    CLEARING = "clearing"
    CLEARED = "cleared"


_LABELS = {
    State.WAITING: "Waiting for sign-in",
    State.FRESH: "Signed in, not synced yet",
    State.ACTIVE: "Active",
    State.BEHIND: "Behind",
    State.INACTIVE: "Deactivated",
    State.KEPT: "Deactivated, data kept",
    State.CLEARING: "Deactivated, to be cleared",
    State.CLEARED: "Deactivated, cleared",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """A phone of the list, and how it stands."""

    device: Record
    state: State

    @property
    def label(self) -> str:
        """Say it in a word or two."""
        return _LABELS[self.state]

    @property
    def is_waiting(self) -> bool:
        """Say whether a phone has yet to sign in."""
        return self.state is State.WAITING

    @property
    def is_removable(self) -> bool:
        """Say whether the row may go from the list: nobody's copy depends on it."""
        return self.state in {State.WAITING, State.INACTIVE, State.CLEARED}

    @property
    def is_clearable(self) -> bool:
        """Say whether the row takes a place, or a phone has a copy that nobody has told it to clear."""
        return not self.device["is_inactive"] or self.state is State.KEPT

    @property
    def queue(self) -> str:
        """Say how much it has not sent yet, as far as it has told."""
        return words.of_queue(self.device["queued"])


def standing_of(device: Record) -> Standing:
    """Return how a phone stands."""
    return Standing(device, _inactive(device) if device["is_inactive"] else _active(device))


def _inactive(device: Record) -> State:
    if device["wiped_at"]:
        return State.CLEARED
    if not device["bound_at"]:
        return State.INACTIVE
    return State.CLEARING if device["wipe_ordered_at"] else State.KEPT


def _active(device: Record) -> State:
    if not device["is_bound"]:
        return State.WAITING
    heard = device["last_sync"] or device["bound_at"]
    if clock.now() - datetime.fromisoformat(heard) > LATE:
        return State.BEHIND
    return State.ACTIVE if device["last_sync"] else State.FRESH
