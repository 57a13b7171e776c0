"""Tasks: work to be done, by a person or a department."""

from typing import Annotated

from pydantic import Field, model_validator

from app.studio.custom_fields import TaskCustom
from app.studio.numbering import Number
from app.studio.preferences import TasksScope
from app.studio.trimming import preferences_of, rule
from app.sync.anchors import Stamp
from app.sync.circumstances import Circumstances
from app.sync.fields import (
    Day,
    Id,
    Link,
    Name,
    OnDelete,
    Paragraphs,
    Part,
    field,
)
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
