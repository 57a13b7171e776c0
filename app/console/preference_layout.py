"""How the mobile preferences are laid out: in groups, each with its words and the steps it moves by."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

NO_LIMIT = "none"
Option = tuple[str, str]

_DAYS = (0, 7, 14, 30, 60, 90, 180, 365, 730, 1095, 1825, 3650)
_MONTHS = (1, 3, 6, 12, 18, 24, 36, 60, 120)
_WORDS = {0: "none", 7: "1 week", 14: "2 weeks", 365: "1 year", 730: "2 years", 1095: "3 years"}
_WORDS |= {1825: "5 years", 3650: "10 years"}
_EVERYTHING = "no limit"


@dataclass(frozen=True, slots=True)
class Knob:
    """One preference: what it is called, and how its value is read from a form and shown in one."""

    key: str
    label: str
    hint: str = ""

    kind = "knob"

    def shown(self, value: Any) -> str:
        """Return a value in words."""
        return str(value)

    def read(self, sent: Sequence[str]) -> Any:
        """Return the value a form has sent."""
        return sent[-1] if sent else None


class Switch(Knob):
    """Something that goes along or does not."""

    kind = "switch"

    def shown(self, value: Any) -> str:
        """Say whether it does."""
        return "yes" if value else "no"

    def read(self, sent: Sequence[str]) -> Any:
        """Return whether it was ticked."""
        return bool(sent)


@dataclass(frozen=True, slots=True)
class Choice(Knob):
    """One of a few."""

    choices: tuple[Option, ...] = ()

    kind = "choice"

    def options(self, _: Any) -> list[Option]:
        """Return what can be chosen."""
        return [*self.choices]

    def shown(self, value: Any) -> str:
        """Return what was chosen, in words."""
        return dict(self.choices).get(str(value), str(value))


class Steps(Knob):
    """A number that is moved by steps, and also may be one between them."""

    kind = "steps"

    def options(self, value: Any) -> list[Option]:
        """Return the steps, and the present value where it is none of them."""
        numbers = sorted({*self.numbers(), *([] if self.is_unlimited(value) else [value])})
        return [*((str(each), self.shown(each)) for each in numbers), (NO_LIMIT, _EVERYTHING)]

    def selected(self, value: Any) -> str:
        """Return the option that stands for a value."""
        return NO_LIMIT if self.is_unlimited(value) else str(value)

    def numbers(self) -> tuple[int, ...]:
        """Return the steps."""
        return _DAYS

    def is_unlimited(self, value: Any) -> bool:
        """Say whether a value means no limit."""
        return value is None

    def shown(self, value: Any) -> str:
        """Return a number of days in words."""
        return _EVERYTHING if value is None else _WORDS.get(value, f"{value} days")

    def read(self, sent: Sequence[str]) -> Any:
        """Return the number that was chosen, or none for no limit."""
        return None if not sent or sent[-1] == NO_LIMIT else int(sent[-1])


class Months(Steps):
    """A number of months, of which 0 is no limit."""

    def numbers(self) -> tuple[int, ...]:
        """Return the steps."""
        return _MONTHS

    def is_unlimited(self, value: Any) -> bool:
        """Say whether a value means no limit."""
        return bool(value == 0)

    def shown(self, value: Any) -> str:
        """Return a number of months in words."""
        return _EVERYTHING if value == 0 else f"{value} month{'s' if value > 1 else ''}"

    def read(self, sent: Sequence[str]) -> Any:
        """Return the number that was chosen."""
        return Steps.read(self, sent) or 0


@dataclass(frozen=True, slots=True)
class Several(Knob):
    """Any of a list the company keeps; `collection` is that list."""

    collection: str = ""

    kind = "several"

    def shown(self, value: Any) -> str:
        """Say how many were chosen."""
        return f"{len(value)} chosen"

    def read(self, sent: Sequence[str]) -> Any:
        """Return what was ticked, as the API tells it."""
        return sorted(set(sent))


@dataclass(frozen=True, slots=True)
class Group:
    """Preferences that belong together."""

    title: str
    knobs: tuple[Knob, ...]


GROUPS = (
    Group(
        "Clients",
        (
            Choice(
                "clients_scope",
                "Which clients",
                "A client that something else on the phone belongs to always goes along.",
                (
                    ("all", "All clients"),
                    ("activity", "Clients with something going on"),
                    ("groups", "Clients of some groups"),
                ),
            ),
            Months(
                "clients_activity_months", "Something going on within", "For clients with something going on."
            ),
            Several("clients_group_ids", "Groups", "For clients of some groups.", "client_groups"),
            Several("clients_exclude_status_ids", "Leave out clients at", "", "client_statuses"),
            Switch("include_prospects", "Prospects", "Clients that have no client number yet."),
        ),
    ),
    Group(
        "Schedule",
        (
            Choice(
                "schedule_users",
                "Whose schedule",
                "",
                (
                    ("everyone", "Everyone's"),
                    ("departments", "The user's departments'"),
                    ("own", "The user's own"),
                ),
            ),
            Steps("sessions_past_days", "Sessions back"),
            Steps("sessions_future_days", "Sessions ahead"),
            Switch(
                "sessions_exclude_final_status", "Leave out finished sessions", "Those at a final status."
            ),
            Steps("appointments_past_days", "Appointments back"),
            Steps("appointments_future_days", "Appointments ahead"),
            Steps("special_events_past_days", "Holidays and special events back"),
        ),
    ),
    Group(
        "Work and messages",
        (
            Choice("tasks_scope", "Whose tasks", "", (("all", "Everyone's"), ("mine", "The user's own"))),
            Steps("tasks_completed_days", "Completed tasks back", "Open ones always go along."),
            Steps("calls_past_days", "Completed calls back", "Pending ones always go along."),
            Steps("emails_past_days", "Emails back", "Unread ones always go along."),
            Choice(
                "email_bodies",
                "Text of emails",
                "",
                (("full", "All of it"), ("preview", "Its beginning"), ("headers", "None")),
            ),
            Steps("texts_past_days", "Text messages back", "Unread ones always go along."),
        ),
    ),
    Group(
        "Sales",
        (
            Steps("invoices_past_days", "Paid invoices back", "Those with a balance always go along."),
            Switch("invoice_lines", "Line items of invoices"),
            Switch("include_estimates", "Estimates"),
            Steps("payments_past_days", "Payments back", "Unapplied deposits always go along."),
        ),
    ),
    Group(
        "What comes along",
        (
            Switch("include_notes", "Notes"),
            Switch("include_custom_fields", "Your company's own fields"),
            Switch("include_client_images", "Small pictures of clients", "There are none to send yet."),
            Switch("finance_snapshot_enabled", "Finance snapshot", "For those who may view it."),
        ),
    ),
)
KNOBS = {knob.key: knob for group in GROUPS for knob in group.knobs}
