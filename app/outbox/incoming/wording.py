"""What the record of an email that came in says: its text, its HTML cleaned, what else was with it."""

from html import escape
from typing import Any

from app.core import card_numbers
from app.outbox.html import clean, text_of
from app.readers.mails import Attachment, Body, Mail

MAX_DOCUMENT = 200_000
_SUBJECT = 200
_NOTES = 10_000
_CUT = "This email is longer; all of it is in the mailbox."
_CARD_NUMBER = "This email holds the number of a card and is not kept here; it is in the mailbox."
_CARD_SUBJECT = "An email with the number of a card"
_UNITS = ((1_000_000, "MB"), (1_000, "KB"))


def worded(mail: Mail, *, is_whole: bool) -> dict[str, Any]:
    """Return what the record of an email says; of one with the number of a card, only that it came.

    Files stay in the mailbox, and their names stand at the end.
    """
    notes = _notes(mail, is_whole=is_whole and mail.is_whole)
    fields: dict[str, Any] = {
        "from_address": mail.sender,
        "to_addresses": mail.to,
        "cc_addresses": mail.cc,
        "subject": mail.subject[:_SUBJECT].strip(),
        "body": _text(mail.bodies, notes),
        "html": _html(mail.bodies, notes),
    }
    if card_numbers.place_in(fields) is not None:
        fields |= {"subject": _CARD_SUBJECT, "body": _CARD_NUMBER, "html": None}
    if card_numbers.place_in(fields) is not None:
        fields |= {"from_address": None, "to_addresses": [], "cc_addresses": []}
    return fields


def _text(bodies: list[Body], notes: list[str]) -> str:
    end = "\n\n".join(notes)[:_NOTES]
    said = (each.text if each.text is not None else text_of(each.html or "") for each in bodies)
    text = "\n\n".join(each for each in said if each.strip())
    room = MAX_DOCUMENT - _NOTES
    if len(text) > room:
        text, end = text[:room], "\n\n".join([_CUT, *notes])[:_NOTES]
    return "\n\n".join(each for each in (text, end) if each)


def _html(bodies: list[Body], notes: list[str]) -> str | None:
    """Return the HTML, if an email has any and it is not too long for a record."""
    if all(each.html is None for each in bodies):
        return None
    said = (clean(each.html) if each.html is not None else _paragraph(each.text or "") for each in bodies)
    html = "\n".join([*said, *map(_paragraph, notes)])
    return html if len(html) <= MAX_DOCUMENT else None


def _paragraph(text: str) -> str:
    return f"<p>{escape(text, quote=False)}</p>".replace("\n", "<br>")


def _notes(mail: Mail, *, is_whole: bool) -> list[str]:
    notes = [] if is_whole else [_CUT]
    if mail.attachments:
        notes.append("Attachments, in the mailbox: " + ", ".join(map(_named, mail.attachments)))
    return notes


def _named(attachment: Attachment) -> str:
    told = next((f"{attachment.size / one:.1f} {unit}" for one, unit in _UNITS if attachment.size >= one), "")
    return f"{attachment.name} ({told})" if told else attachment.name
