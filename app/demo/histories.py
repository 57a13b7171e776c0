"""The histories of the demo studio's records, as the server would have written them on the day."""

from datetime import date

from app.demo.scene import Colleague


def happened(day: date, time: str, somebody: Colleague, what: str) -> str:
    """Return the line of one thing that happened."""
    return f"{day} {time} {somebody.initials} {what}"


def history(*lines: str) -> str:
    """Return what happened, told in its order, as it is kept: the newest line first."""
    return "\n".join(reversed(lines))
