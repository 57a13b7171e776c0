"""The phone calls and text messages between the demo studio and its clients."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from app.demo import words
from app.demo.chapters import Chapter
from app.demo.letters import UNREAD_FOR
from app.demo.scene import COMPANY
from app.sync.store import Write

_QUARTERS = ("00", "15", "30", "45")


def calls(chapter: Chapter) -> Iterator[Write]:
    """Yield the calls about a session: to confirm it, and to ask for an order after it."""
    visit = chapter.visit
    if visit.is_cancelled:
        return
    day = max(visit.booked_on, visit.day - timedelta(days=4))
    yield _call(chapter, "session_reminder", day, "Confirm the session")
    if visit.is_past and chapter.dice.chance(0.4):
        yield _call(chapter, "sales_call", visit.day + timedelta(days=30), "Ask about the order")


def texts(chapter: Chapter) -> Iterator[Write]:
    """Yield the text messages about a session, where the client's phone takes them."""
    scene, dice, visit, person = chapter.scene, chapter.dice, chapter.visit, chapter.person
    day = visit.day - timedelta(days=1)
    if not person.has_sms or visit.is_cancelled or day > scene.today:
        return
    common = {**chapter.links, "phone": person.phone, "date": day.isoformat()}
    reminder = {
        "user_id": chapter.photographer.user_id,
        "message": f"Hi {person.first_name}, see you tomorrow at {visit.hour % 12 or 12}:00! {COMPANY}",
        "delivery_state": "delivered",
        "sent_at": f"{day}T16:00:00Z",
    }
    yield Write("text_messages", dice.record_id(), {**common, **reminder})
    if dice.chance(0.6):
        answer = {
            "direction": "incoming",
            "message": dice.one_of(words.TEXT_REPLIES),
            "delivery_state": "received",
            "sent_at": f"{day}T16:{dice.between(1, 59):02}:00Z",
            "is_unread": day + UNREAD_FOR > scene.today,
        }
        yield Write("text_messages", dice.record_id(), {**common, **answer})


def _call(chapter: Chapter, key: str, day: date, subject: str) -> Write:
    dice, person = chapter.dice, chapter.person
    fields: dict[str, Any] = {
        **chapter.links,
        "phone_call_type_id": chapter.scene.listed("phone_call_types", key),
        "assigned_user_id": chapter.somebody().user_id,
        "date": day.isoformat(),
        "time": f"{dice.between(10, 17)}:{dice.one_of(_QUARTERS)}:00",
        "phone": person.phone,
        "subject": f"{subject}: {person.full_name}",
    }
    if day < chapter.scene.today:
        fields |= _result(chapter, key, day)
    return Write("phone_calls", dice.record_id(), fields)


def _result(chapter: Chapter, key: str, day: date) -> dict[str, Any]:
    """Return how a call went; one that nobody answered is pending, to be followed up, for a week."""
    scene, dice = chapter.scene, chapter.dice
    if day + timedelta(days=7) >= scene.today and dice.chance(0.25):
        again = (scene.today + timedelta(days=1)).isoformat()
        return {"result_id": scene.listed("phone_call_results", "no_answer"), "follow_up_date": again}
    reached = scene.listed("phone_call_results", dice.one_of(("reached", "reached", "left_voicemail")))
    done = {"result_id": reached, "complete_date": day.isoformat()}
    if key == "sales_call":
        outcome = dice.one_of(("booked", "not_now", "no"))
        done["outcome_id"] = scene.listed("phone_call_outcomes", outcome)
    return done
