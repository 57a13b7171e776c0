"""Task statuses: the workflow of each task type."""

from typing import Annotated

from app.studio.statuses import Status
from app.studio.workflows import workflow
from app.sync.fields import Id, Link, field
from app.sync.registry import collection


@collection("task_statuses", number=142, is_writable=False)
class TaskStatus(Status):
    """A step in the life of tasks of one type, such as open or done."""

    task_type_id: Annotated[Id, Link("task_types")] = field(
        "The type whose workflow it belongs to.", example="0b0f2f0a-6f0e-4a55-9a59-5f6f3c1a1401"
    )


workflow(of="tasks", steps="task_statuses", by="task_type_id")
