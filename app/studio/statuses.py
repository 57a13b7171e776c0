"""What the statuses of every kind of record have in common: an ordered workflow."""

from app.studio.lists import ListEntry
from app.sync.fields import Count, field


class Status(ListEntry):
    """A step of a workflow; each list has one initial and one final step, ordered by `sort_order`."""

    is_initial: bool = field(
        "The step a new record starts at; one in each list.", example=False, default=False
    )
    is_final: bool = field("The step that ends the workflow; one in each list.", example=False, default=False)
    duration_days: Count | None = field(
        "Days until the step is due: business days, but plain days for clients; none when it is never due.",
        example=3,
        default=None,
    )
