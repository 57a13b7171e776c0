"""How the lists are laid out: in groups, and the statuses of several types by their type."""

from collections.abc import Iterable, Sequence

from app.console.api import Record

FEATURE = "lists"
GROUPS: Sequence[tuple[str, Sequence[str]]] = (
    ("Clients", ("client_statuses", "client_groups", "lead_sources", "relationships", "phone_labels")),
    ("Sessions", ("session_types", "session_statuses", "locations", "organizations")),
    ("Calendar", ("appointment_types", "appointment_statuses", "resources", "special_events")),
    ("Work", ("task_types", "task_statuses", "departments", "studios")),
    (
        "Messages",
        ("email_types", "email_statuses", "phone_call_types", "phone_call_results", "phone_call_outcomes"),
    ),
    ("Sales", ("invoice_statuses", "invoice_classifications", "payment_methods")),
    ("Home page", ("company_shortcuts",)),
)
KINDS = {
    "session_statuses": "session_type_id",
    "appointment_statuses": "appointment_type_id",
    "task_statuses": "task_type_id",
    "email_statuses": "email_type_id",
}
"""The field by which the entries of a list are several lists, each in an order of its own."""
BY_DAY = ("special_events", "date")
NOT_ASKED = ("sort_order", "is_inactive", "custom")
"""Fields that are set in another way: by moving, by a button of their own, or at a desk."""


def grouped(collections: Iterable[Record]) -> list[tuple[str, list[Record]]]:
    """Return the lists in their groups; what is in none comes last."""
    lists = {each["name"]: each for each in collections if each["feature"] == FEATURE}
    found = [(label, [lists.pop(name) for name in names if name in lists]) for label, names in GROUPS]
    return [each for each in [*found, ("Other lists", list(lists.values()))] if each[1]]
