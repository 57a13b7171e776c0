"""Task types: what tasks are about, each with its own workflow."""

from typing import Annotated

from app.studio.lists import ListEntry
from app.sync.fields import Id, Link, field
from app.sync.registry import collection


@collection("task_types", number=140, is_writable=False)
class TaskType(ListEntry):
    """A kind of task; each type has statuses of its own."""

    default_department_id: Annotated[Id | None, Link("departments")] = field(
        "The department the form of a new task begins with.", example=None, default=None
    )
