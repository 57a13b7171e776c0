"""The hubs there are: of which collection each is, what it shows at first, and by what it is searched."""

from dataclasses import dataclass
from functools import cached_property

from app.desk.hubs.fields import find
from app.sync import registry
from app.sync.registry import Collection
from app.sync.tables import Kind

SEARCHED = {Kind.TEXT, Kind.INTEGER, Kind.DATE}
"""What a word of a search may be compared with."""


@dataclass(frozen=True)
class Hub:
    """A list of a kind of record: columns and order where nobody chose others, and its keys."""

    name: str
    of: str
    columns: tuple[str, ...]
    sort: str
    keys: tuple[str, ...]

    @cached_property
    def collection(self) -> Collection:
        """Return whose records it lists."""
        return registry.numbered(registry.number_of(self.of))

    @property
    def has_status(self) -> bool:
        """Say whether its records go through a workflow."""
        return "status_id" in self.collection.fields


def _names(link: str) -> tuple[str, ...]:
    return tuple(f"{link}{name}" for name in ("last_name", "first_name", "company_name"))


HUBS = {
    each.name: each
    for each in (
        Hub(
            "clients",
            "clients",
            ("client_number", *_names(""), "status.description", "email", "address.city"),
            "last_name",
            ("client_number", *_names(""), "email", "status.description"),
        ),
        Hub(
            "sessions",
            "sessions",
            (
                "session_number",
                "date",
                "start_time",
                *_names("client."),
                "session_type.description",
                "status.description",
                "status_due_date",
            ),
            "-date",
            ("session_number", "date", "description", *_names("client.")),
        ),
        Hub(
            "appointments",
            "appointments",
            (
                "date",
                "start_time",
                "description",
                *_names("client."),
                "appointment_type.description",
                "status.description",
            ),
            "-date",
            ("date", "description", *_names("client.")),
        ),
        Hub(
            "invoices",
            "invoices",
            (
                "invoice_number",
                "invoice_date",
                "invoice_type",
                *_names("bill_to_client."),
                "status.description",
                "total",
                "balance_due",
            ),
            "-invoice_date",
            (
                "invoice_number",
                "web_order_number",
                "invoice_date",
                "payment_due_date",
                "session.date",
                "status.description",
                *_names("bill_to_client."),
            ),
        ),
        Hub(
            "calls",
            "phone_calls",
            ("date", "time", "subject", *_names("client."), "phone", "assigned_user.display_name"),
            "-date",
            ("date", "subject", "phone", *_names("client.")),
        ),
        Hub(
            "emails",
            "emails",
            ("date", "direction", "subject", *_names("client."), "delivery_state", "status.description"),
            "-date",
            ("date", "subject", "from_address", *_names("client.")),
        ),
        Hub(
            "texts",
            "text_messages",
            ("date", "direction", "message", *_names("client."), "phone", "delivery_state"),
            "-date",
            ("date", "message", "phone", *_names("client.")),
        ),
        Hub(
            "tasks",
            "tasks",
            (
                "task_number",
                "subject",
                "assigned_user.display_name",
                "due_date",
                "priority",
                "complete_date",
                "status.description",
            ),
            "due_date",
            ("task_number", "subject", "due_date", *_names("client.")),
        ),
    )
}


def check() -> None:
    """Refuse hubs that name what is not there: call once when all collections are declared."""
    for hub in HUBS.values():
        for path in (*hub.columns, *hub.keys, hub.sort.removeprefix("-")):
            found = find(hub.of, path)
            if found is None or (path in hub.keys and found.kind not in SEARCHED):
                raise TypeError(f"the hub {hub.name} cannot name {path}")
