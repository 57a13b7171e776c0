"""What is announced of safety notices."""

from dataclasses import dataclass

from app.core.events import Event


@dataclass(frozen=True, slots=True)
class SafetyNoticed(Event):
    """Something was noticed, anew or once more.

    Also of users and accounts there are not, so that these take no less time: it says nothing of whom it
    concerns, and whoever hears it does the same for all.
    """
