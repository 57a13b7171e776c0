"""The emails between the demo studio and its clients."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from app.demo import words
from app.demo.chapters import Chapter
from app.demo.scene import COMPANY, EMAIL, PHONE
from app.demo.sessions import ONLINE_AFTER
from app.sync.store import Write

UNREAD_FOR = timedelta(days=3)
_STATES = ("sent", "delivered", "delivered", "opened", "opened", "clicked")


@dataclass(frozen=True, slots=True)
class Letter:
    """An email to a client: its type, its day, and what it says."""

    email_type: str
    day: date
    subject: str
    lines: Sequence[str]
    invoice_id: str | None = None


def emails(chapter: Chapter) -> Iterator[Write]:
    """Yield the emails about a session, as far as they have been written by today."""
    for letter in _letters(chapter):
        if letter.day <= chapter.scene.today:
            yield _sent(chapter, letter)
            if letter.email_type == "gallery" and chapter.dice.chance(0.4):
                yield _answer(chapter, letter)


def _letters(chapter: Chapter) -> Iterator[Letter]:
    visit, title = chapter.visit, chapter.person.kind.title
    when = f"{visit.day:%A, %B} {visit.day.day} at {visit.hour % 12 or 12}:00"
    opening = f"Your {title.lower()} is booked for {when}."
    yield Letter("confirmation", visit.booked_on, f"{title} on {when}", (opening, *words.CONFIRMATION_LINES))
    if visit.is_cancelled:
        return
    reminded = visit.day - timedelta(days=3)
    yield Letter("reminder", reminded, f"See you on {visit.day:%A}", words.REMINDER_LINES)
    online = visit.day + timedelta(days=ONLINE_AFTER)
    yield Letter("gallery", online, "Your images are online", words.GALLERY_LINES)
    for order in chapter.orders:
        yield Letter("order", order.day, "Thank you for your order", words.ORDER_LINES, order.invoice_id)


def _sent(chapter: Chapter, letter: Letter) -> Write:
    dice, writer = chapter.dice, chapter.somebody()
    greeting = f"Dear {chapter.person.first_name},"
    closing = f"Kind regards,\n{writer.name}\n{COMPANY}\n{PHONE}"
    is_bounced = dice.chance(0.005)
    fields = {
        "user_id": writer.user_id,
        "from_address": EMAIL,
        "to_addresses": [chapter.person.email],
        "delivery_state": "bounced" if is_bounced else dice.one_of(_STATES),
        "delivery_error": "Mailbox full" if is_bounced else None,
        "body": "\n\n".join((greeting, *letter.lines, closing)),
    }
    return _email(chapter, letter, letter.day, fields)


def _answer(chapter: Chapter, letter: Letter) -> Write:
    day = min(letter.day + timedelta(days=chapter.dice.between(0, 4)), chapter.scene.today)
    person = chapter.person
    fields = {
        "direction": "incoming",
        "from_address": person.email,
        "to_addresses": [EMAIL],
        "subject": f"Re: {letter.subject}",
        "delivery_state": "received",
        "is_unread": day + UNREAD_FOR > chapter.scene.today,
        "body": f"Hello,\n\n{chapter.dice.one_of(words.REPLIES)}\n\n{person.full_name}",
    }
    return _email(chapter, letter, day, fields)


def _email(chapter: Chapter, letter: Letter, day: date, fields: dict[str, Any]) -> Write:
    """Return an email; all are sent in the afternoon of UTC, which is the studio's own day."""
    dice, listed = chapter.dice, chapter.scene.listed
    step = "open" if fields.get("is_unread") else "closed"
    common = {
        **chapter.links,
        "invoice_id": letter.invoice_id,
        "email_type_id": listed("email_types", letter.email_type),
        "status_id": listed("email_statuses", f"{letter.email_type}_{step}"),
        "date": day.isoformat(),
        "subject": letter.subject,
        "sent_at": f"{day}T{dice.between(14, 20)}:{dice.between(0, 59):02}:00Z",
    }
    return Write("emails", dice.record_id(), {**common, **fields})
