"""Status notes: the history the server writes on a record, a line for each thing that happened."""

from typing import Any

from app.sync.reactions import Work, Written

_MOST = 20_000


def note(written: Written, work: Work, happened: str) -> None:
    """Put a line above the others: the company's date and time, the initials of whoever did it, and what.

    A record that is brought with its history, as by an import, keeps that alone. The oldest lines give way
    when there is no more room.
    """
    after = written.after
    if after is None or "status_notes" not in after or (written.is_new and _is_brought(written)):
        return
    after["status_notes"] = _above(line(work, happened), after["status_notes"])


def line(work: Work, happened: str) -> str:
    """Return a line that says what has happened just now."""
    return f"{work.minute} {work.who.initials} {happened}"


def with_line(notes: str | None, minute: str, initials: str, happened: str) -> str:
    """Return a history with a line above the others: when (`2026-05-04 09:00`), by whom, and what."""
    return _above(f"{minute} {initials} {happened}", notes)


def with_remark(fields: dict[str, Any], work: Work, remark: str) -> str:
    """Return the history of a record with what somebody has to say."""
    return _above(line(work, remark), fields["status_notes"])


def _is_brought(written: Written) -> bool:
    return "status_notes" in written.sent and (written.after or {})["status_notes"] not in (None, "")


def _above(new: str, earlier: str | None) -> str:
    if not earlier:
        return new
    lines = [new, *earlier.splitlines()]
    while len(lines) > 1 and sum(len(each) + 1 for each in lines) > _MOST:
        lines.pop()
    return "\n".join(lines)
