"""The appointments and tasks around the demo studio's sessions."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from app.demo.chapters import Chapter
from app.demo.histories import happened, history
from app.demo.kinds import SCHOOL, SENIOR
from app.sync.store import Write

_LENGTHS = {"consultation": 45, "ordering_appointment": 60, "pick-up": 15}


def appointments(chapter: Chapter) -> Iterator[Write]:
    """Yield the appointments around a session: before it, to order from it, to pick the order up."""
    visit, dice = chapter.visit, chapter.dice
    if visit.is_cancelled:
        return
    if dice.chance(chapter.person.kind.consultation):
        wish = max(visit.booked_on, visit.day - timedelta(days=12))
        yield _appointment(chapter, "consultation", wish)
    for order in chapter.orders:
        if dice.chance(0.6):
            yield _appointment(chapter, "ordering_appointment", order.day)
        yield _appointment(chapter, "pick-up", order.day + timedelta(days=24))
    if not visit.is_past and dice.chance(0.4):
        yield _appointment(chapter, "ordering_appointment", visit.day + timedelta(days=18))


def tasks(chapter: Chapter) -> Iterator[Write]:
    """Yield the tasks of a session."""
    visit = chapter.visit
    if visit.is_cancelled:
        return
    if visit.is_past:
        yield _task(chapter, "image_editing", "Edit images", (visit.day, visit.day + timedelta(days=6)))
    elif chapter.dice.chance(0.4):
        start = max(visit.booked_on, visit.day - timedelta(days=2))
        yield _task(chapter, "general", "Prepare the set", (start, visit.day))
    for order in chapter.orders:
        span = (order.day, order.day + timedelta(days=14))
        yield _task(chapter, "order_production", "Send order to the lab", span, order.invoice_id)
    if visit.is_past and chapter.person.kind in (SENIOR, SCHOOL):
        start = visit.day + timedelta(days=30)
        yield _task(chapter, "yearbook", "Send yearbook image", (start, start + timedelta(days=20)))


def _appointment(chapter: Chapter, key: str, wish: date) -> Write:
    scene, minutes = chapter.scene, _LENGTHS[key]
    latest = scene.last_day
    day, hour, someone = scene.diary.book(min(wish, latest), 1, chapter.dice.between(0, 1), latest)
    is_over = day < scene.today
    status = f"{key}_{'completed' if is_over else 'booked'}"
    fields: dict[str, Any] = {
        **chapter.links,
        "description": f"{key.replace('_', ' ').capitalize()}: {chapter.person.last_name}",
        "appointment_type_id": scene.listed("appointment_types", key),
        "status_id": scene.listed("appointment_statuses", status),
        "date": day.isoformat(),
        "start_time": f"{hour:02}:00:00",
        "end_time": f"{hour + minutes // 60:02}:{minutes % 60:02}:00",
        "user_ids": [scene.staff[someone].user_id],
        "booked_by_id": chapter.photographer.user_id,
        "is_confirmed": is_over,
        "status_notes": history(
            happened(min(chapter.visit.booked_on, day), "10:20", chapter.photographer, "Status: Booked"),
            *([happened(day, "17:45", scene.staff[someone], "Status: Completed")] if is_over else ()),
        ),
    }
    return Write("appointments", chapter.dice.record_id(), fields)


def _task(
    chapter: Chapter, key: str, subject: str, span: tuple[date, date], invoice_id: str | None = None
) -> Write:
    scene, dice, (start, due) = chapter.scene, chapter.dice, span
    is_done = due < scene.today and dice.chance(0.98)
    step = "done" if is_done else "open" if start >= scene.today else "in_progress"
    done = min(due, start + timedelta(days=dice.between(1, 10))) if is_done else None
    fields: dict[str, Any] = {
        **chapter.links,
        "task_number": next(scene.numbers.task),
        "subject": f"{subject}: {chapter.person.last_name}",
        "assigned_by_id": scene.staff[0].user_id,
        "assigned_user_id": chapter.photographer.user_id,
        "start_date": start.isoformat(),
        "due_date": due.isoformat(),
        "complete_date": done.isoformat() if done else None,
        "priority": dice.between(1, 5),
        "task_type_id": scene.listed("task_types", key),
        "status_id": scene.listed("task_statuses", f"{key}_{step}"),
        "is_urgent": not is_done and due <= scene.today,
        "invoice_id": invoice_id,
        "status_notes": history(
            happened(min(start, scene.today), "08:00", scene.staff[0], "Status: Open"),
            *([happened(done, "16:30", chapter.photographer, "Status: Done")] if done else ()),
        ),
    }
    return Write("tasks", dice.record_id(), fields)
