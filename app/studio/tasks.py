"""Tasks: work to be done, by a person or a department."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field, model_validator

from app.studio.custom_fields import TaskCustom
from app.studio.numbering import Number
from app.studio.preferences import TasksScope
from app.studio.rules.settings import company
from app.studio.trimming import preferences_of, rule
from app.studio.workflows import finish, follow_steps, start_again, steps_of
from app.sync import registry
from app.sync.anchors import Stamp
from app.sync.circumstances import Circumstances
from app.sync.commands import Call, command
from app.sync.draft import Draft
from app.sync.fields import (
    Day,
    Element,
    Id,
    Link,
    Name,
    OnDelete,
    Paragraphs,
    Part,
    field,
)
from app.sync.reactions import Work, Written, on_write
from app.sync.registry import Record, collection
from app.sync.scope import Rule


def _belonging(given: Circumstances) -> Rule:
    wanted = preferences_of(given)
    mine = given.mine if wanted.tasks_scope is TasksScope.MINE else None
    return rule(given, lo=given.ago(wanted.tasks_completed_days), owners=mine)


@collection(
    "tasks",
    number=700,
    stamp=Stamp(
        day="complete_date",
        site="studio_id",
        owners=("assigned_by_id", "assigned_user_id", "assigned_department_id"),
        private="is_private",
        slot=5,
    ),
    rule=_belonging,
)
class Task(Record):
    """A piece of work; it is complete once it has a complete date."""

    task_number: Number | None = field(
        "Given by the server; none until it has been.",
        example=318,
        default=None,
        is_read_only=True,
        is_unique=True,
    )
    subject: Name = field("What lists show.", example="Order frames")
    description: Paragraphs | None = field(
        "The work in full.", example="Two 16x20 in walnut, by Friday.", default=None, part=Part.NOTES
    )
    assigned_by_id: Annotated[Id | None, Link("staff")] = field("Who gave it.", example=None, default=None)
    assigned_department_id: Annotated[Id | None, Link("departments")] = field(
        "The department that is to do it.", example=None, default=None
    )
    assigned_user_id: Annotated[Id | None, Link("staff")] = field(
        "The person who is to do it.", example=None, default=None
    )
    start_date: Day | None = field("When to begin; usually today.", example="2026-05-04", default=None)
    due_date: Day | None = field("When it is to be done.", example="2026-05-08", default=None)
    complete_date: Day | None = field(
        "When it was done; none while it is open.", example="2026-05-07", default=None
    )
    priority: Annotated[int, Field(ge=1, le=10)] | None = field(
        "From 1, most important, to 10.", example=3, default=None
    )
    task_type_id: Annotated[Id | None, Link("task_types")] = field(
        "The kind of task.", example=None, default=None
    )
    status_id: Annotated[Id | None, Link("task_statuses")] = field(
        "Where it stands, among the statuses of its type.", example=None, default=None
    )
    status_due_date: Day | None = field("When that step is due.", example="2026-05-06", default=None)
    is_private: bool = field(
        "Only whoever gave it and whoever is to do it may see it.", example=False, default=False
    )
    is_urgent: bool = field("Marked in lists.", example=False, default=False)
    studio_id: Annotated[Id | None, Link("studios")] = field(
        "The studio it belongs to; none when there is only one.", example=None, default=None
    )
    client_id: Annotated[Id | None, Link("clients", is_parent=True, on_delete=OnDelete.CASCADE)] = field(
        "The client it concerns; none for general work.", example=None, default=None
    )
    session_id: Annotated[Id | None, Link("sessions", on_delete=OnDelete.CASCADE)] = field(
        "The session it concerns.", example=None, default=None
    )
    invoice_id: Annotated[Id | None, Link("invoices", on_delete=OnDelete.CLEAR)] = field(
        "The invoice it concerns.", example=None, default=None
    )
    parent_task_id: Annotated[Id | None, Link("tasks", on_delete=OnDelete.CLEAR)] = field(
        "The task it is part of.", example=None, default=None
    )
    status_notes: Paragraphs | None = field(
        "The history the server writes: date, time, initials, what happened.",
        example="2026-05-04 08:00 JD Status: Open",
        default=None,
        part=Part.NOTES,
        is_read_only=True,
    )
    custom: TaskCustom | None = field(
        "The company's own fields.", example={"text_1": "Lab B"}, default=None, part=Part.CUSTOM
    )

    @model_validator(mode="after")
    def _due_after_its_start(self) -> "Task":
        if self.start_date and self.due_date and self.due_date < self.start_date:
            raise ValueError("It is due before it starts.")
        return self


async def _read_writer(draft: Draft, writes: Sequence[Written]) -> None:
    user_id = draft.work.who.user_id
    if user_id and any(each.is_new for each in writes):
        await draft.load([(registry.number_of("staff"), user_id)])


@on_write("tasks", asks=_read_writer)
def begin(written: Written, work: Work) -> None:
    """Let a new task be given by whoever writes it, and begin and be due today."""
    after = written.after
    if after is None or not written.is_new:
        return
    user_id = work.who.user_id
    if after["assigned_by_id"] is None and user_id and work.find("staff", user_id):
        after["assigned_by_id"] = str(user_id)
    today = work.today.isoformat()
    start, due = after["start_date"], after["due_date"]
    after["start_date"] = start or min(today, due or today)
    after["due_date"] = due or max(today, start or today)


@on_write("tasks")
def end(written: Written, work: Work) -> None:
    """Move a task that is completed to the last step of its type, and one that is reopened to the first."""
    after = written.after
    if after is None or not written.changes("complete_date"):
        return
    if after["complete_date"] is None:
        start_again(written, work)
    elif not (written.before or {}).get("complete_date"):
        finish(written, work)


on_write("tasks", looks_at=steps_of, at_hand=company)(follow_steps)


class CompleteTask(Element):
    """Say that a task is done."""

    date: Day | None = Field(None, description="When; left out, today.", examples=["2026-05-07"])


@command("complete", of=("tasks",), takes=CompleteTask)
def complete(call: Call) -> Mapping[str, Any]:
    """Complete a task today or on another day; one that is complete already keeps its day."""
    sent = call.sent.model_dump(mode="json", exclude_none=True)
    done = call.fields["complete_date"] or call.work.today.isoformat()
    return {"complete_date": sent.pop("date", done), **sent}


class ReopenTask(Element):
    """Open a task again; nothing is sent along."""


@command("reopen", of=("tasks",), takes=ReopenTask)
def reopen(call: Call) -> Mapping[str, Any]:  # noqa: ARG001 - it is the same for all
    """Open a task again."""
    return {"complete_date": None}
