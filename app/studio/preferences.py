"""What a company can prefer its phones to hold, so that they sync faster; nothing is ever deleted by it."""

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field

from app.sync.fields import Id, Link
from app.sync.narrowing import Narrows
from app.sync.preferences import PreferenceSet, preference, preferences


class ClientsScope(StrEnum):
    """Which clients belong by themselves: all, those with something going on, or those of some groups."""

    ALL = "all"
    ACTIVITY = "activity"
    GROUPS = "groups"


class People(StrEnum):
    """Whose schedule: everyone's, that of the user's departments, or the user's own."""

    EVERYONE = "everyone"
    DEPARTMENTS = "departments"
    OWN = "own"


class TasksScope(StrEnum):
    """Whose tasks: all, or those of the user and the user's departments."""

    ALL = "all"
    MINE = "mine"


class EmailBodies(StrEnum):
    """How much of an email: all of it, its first 2,000 characters, or none of its text."""

    FULL = "full"
    PREVIEW = "preview"
    HEADERS = "headers"


MOST_IDS = 50
"""How many ids a list may have: they travel in every cursor."""


def _once_each(ids: list[Id]) -> list[Id]:
    return sorted(set(ids))


Days = Annotated[int, Field(ge=0, le=3650)]
"""A number of days before or after today; never negative, so that a window never ends before it begins."""
Months = Annotated[int, Field(ge=0, le=120)]
"""A number of months; 0 is no limit."""
Ids = Annotated[list[Id], Field(max_length=MOST_IDS), AfterValidator(_once_each)]
"""Ids without order, each once."""


@preferences
class MobilePreferences(PreferenceSet):
    """What the company's phones hold: days are those of its time zone, counted anew each day."""

    clients_scope: ClientsScope = preference(
        "Which clients go to phones; a client that something else on the phone belongs to always does.",
        example="all",
        default=ClientsScope.ALL,
        narrows=Narrows.FROM_ALL,
    )
    clients_activity_months: Months = preference(
        "For clients with activity: how many months of 30 days back it may lie; 0 for no limit.",
        example=24,
        default=24,
        narrows=Narrows.LESS,
        no_limit=0,
        only_if=("clients_scope", ClientsScope.ACTIVITY),
    )
    clients_group_ids: Annotated[Ids, Link("client_groups")] = preference(
        "For clients of groups: the groups whose members go to phones; with none no client does by itself.",
        example=["0b0f2f0a-6f0e-4a55-9a59-5f6f3c1a7001"],
        default=[],
        narrows=Narrows.BY_FEWER,
        only_if=("clients_scope", ClientsScope.GROUPS),
    )
    clients_exclude_status_ids: Annotated[Ids, Link("client_statuses")] = preference(
        "Clients at these statuses stay off phones.",
        example=["0b0f2f0a-6f0e-4a55-9a59-5f6f3c1a7002"],
        default=[],
        narrows=Narrows.BY_MORE,
    )
    include_prospects: bool = preference(
        "Send clients that have no client number yet.",
        example=True,
        default=True,
        narrows=Narrows.TO_FALSE,
    )
    sessions_past_days: Days | None = preference(
        "Sessions as many days back; null for no limit.", example=365, default=365, narrows=Narrows.LESS
    )
    sessions_future_days: Days | None = preference(
        "Sessions as many days ahead; null for no limit.", example=None, default=None, narrows=Narrows.LESS
    )
    sessions_exclude_final_status: bool = preference(
        "Leave out sessions at a final status.", example=False, default=False, narrows=Narrows.TO_TRUE
    )
    appointments_past_days: Days | None = preference(
        "Appointments as many days back; null for no limit.", example=90, default=90, narrows=Narrows.LESS
    )
    appointments_future_days: Days | None = preference(
        "Appointments as many days ahead; null for no limit.",
        example=None,
        default=None,
        narrows=Narrows.LESS,
    )
    schedule_users: People = preference(
        "Whose sessions and appointments go to a user's phone.",
        example="everyone",
        default=People.EVERYONE,
        narrows=Narrows.BY_ORDER,
    )
    special_events_past_days: Days | None = preference(
        "Holidays and special events as many days back; null for no limit.",
        example=30,
        default=30,
        narrows=Narrows.LESS,
    )
    tasks_completed_days: Days | None = preference(
        "Tasks completed as many days back; open ones always go; null for no limit.",
        example=30,
        default=30,
        narrows=Narrows.LESS,
    )
    tasks_scope: TasksScope = preference(
        "Whose tasks go to a user's phone.", example="all", default=TasksScope.ALL, narrows=Narrows.BY_ORDER
    )
    calls_past_days: Days | None = preference(
        "Calls completed as many days back; pending ones always go; null for no limit.",
        example=90,
        default=90,
        narrows=Narrows.LESS,
    )
    emails_past_days: Days | None = preference(
        "Emails as many days back; unread ones always go; null for no limit.",
        example=30,
        default=30,
        narrows=Narrows.LESS,
    )
    email_bodies: EmailBodies = preference(
        "How much of the text of emails.",
        example="full",
        default=EmailBodies.FULL,
        narrows=Narrows.BY_ORDER,
    )
    texts_past_days: Days | None = preference(
        "Text messages as many days back; unread ones always go; null for no limit.",
        example=90,
        default=90,
        narrows=Narrows.LESS,
    )
    invoices_past_days: Days | None = preference(
        "Paid invoices as many days back; those with a balance always go; null for no limit.",
        example=365,
        default=365,
        narrows=Narrows.LESS,
    )
    invoice_lines: bool = preference(
        "Send the line items of invoices.", example=True, default=True, narrows=Narrows.TO_FALSE
    )
    payments_past_days: Days | None = preference(
        "Payments as many days back; unapplied deposits always go; null for no limit.",
        example=365,
        default=365,
        narrows=Narrows.LESS,
    )
    include_estimates: bool = preference(
        "Send estimates too.", example=False, default=False, narrows=Narrows.TO_FALSE
    )
    include_notes: bool = preference(
        "Send notes: the fields whose part is `notes`, in every collection.",
        example=True,
        default=True,
        narrows=Narrows.TO_FALSE,
    )
    include_custom_fields: bool = preference(
        "Send the company's own fields: those whose part is `custom`.",
        example=True,
        default=True,
        narrows=Narrows.TO_FALSE,
    )
    include_client_images: bool = preference(
        "Send small pictures of clients: there are none to send yet, so it moves nothing.",
        example=False,
        default=False,
        narrows=Narrows.TO_FALSE,
    )
    finance_snapshot_enabled: bool = preference(
        "Send the finance snapshot to those who may view it.",
        example=True,
        default=True,
        narrows=Narrows.TO_FALSE,
    )
