"""What a phone should hold, told from the records and the preferences, apart from anchors, rules and SQL."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from math import inf
from typing import Any

import orjson

from app.sync.fields import PREVIEW_LENGTH, Part
from app.sync.rendering import EMPTY
from tests.samples import named

Record = dict[str, Any]
Key = tuple[str, str]
"""A record anywhere in an account: its collection, and its id."""
Truth = Mapping[Key, Record]
Preferences = Mapping[str, Any]
Days = dict[str, list[date | None]]
"""The days of all descendants of a record, by kind; none for one that is always at hand."""

DAYS = {
    "special_events": "date",
    "sessions": "date",
    "invoices": "invoice_date",
    "payments": "date",
    "tasks": "complete_date",
    "emails": "date",
}
BACK = {
    "special_events": "special_events_past_days",
    "sessions": "sessions_past_days",
    "invoices": "invoices_past_days",
    "payments": "payments_past_days",
    "tasks": "tasks_completed_days",
    "emails": "emails_past_days",
}
PARENTS = {
    "sessions": [("clients", "client_id")],
    "invoices": [("clients", "client_id"), ("clients", "bill_to_client_id")],
    "payments": [("clients", "client_id"), ("invoices", "invoice_id")],
    "tasks": [("clients", "client_id")],
    "emails": [("clients", "client_id")],
}
CHILDREN = tuple(PARENTS)
NAMES = ("special_events", "clients", *CHILDREN)


@dataclass(frozen=True, slots=True)
class View:
    """Whose phone it is, what day it is there, and which statuses of sessions are final."""

    today: date
    user: str
    departments: tuple[str, ...]
    is_administrator: bool
    finals: frozenset[str]

    @property
    def mine(self) -> set[str]:
        """Return the user and the user's departments."""
        return {self.user, *self.departments}


def in_force(company: Preferences, own: Preferences) -> Preferences:
    """Return the company's preferences narrowed by a device's own."""
    return {**company, **{key: _narrower(company, key, value) for key, value in own.items()}}


def _narrower(company: Preferences, key: str, own: Any) -> Any:
    theirs = company[key]
    if _ONLY_IF.get(key, company["clients_scope"]) != company["clients_scope"]:
        return own
    if key.endswith("_days"):
        return min(theirs, own, key=lambda days: inf if days is None else days)
    return _NARROWER.get(key, _both)(theirs, own)


def _both(theirs: Any, own: Any) -> Any:
    return theirs and own


_ONLY_IF = {"clients_activity_months": "activity", "clients_group_ids": "groups"}
_NARROWER: Mapping[str, Callable[[Any, Any], Any]] = {
    "clients_scope": lambda theirs, own: own if theirs == "all" else theirs,
    "clients_group_ids": lambda theirs, own: [each for each in theirs if each in own],
    "clients_exclude_status_ids": lambda theirs, own: [*theirs, *own],
    "clients_activity_months": lambda theirs, own: min(theirs, own, key=lambda months: months or inf),
    "sessions_exclude_final_status": lambda theirs, own: theirs or own,
    "schedule_users": lambda *two: max(two, key=["everyone", "departments", "own"].index),
    "tasks_scope": lambda *two: max(two, key=["all", "mine"].index),
    "email_bodies": lambda *two: max(two, key=["full", "preview", "headers"].index),
}


def belonging(
    view: View, wanted: Preferences, truth: Truth, below: Mapping[str, Days], *, near: int | None = None
) -> Iterator[Key]:
    """Yield what belongs on a phone, or what of it lies not further back than some days.

    No client is near for its own sake.
    """
    first = _ago(view.today, near)
    since = {name: max(first, _ago(view.today, wanted[BACK[name]])) for name in DAYS}
    for key, record in truth.items():
        name, record_id = key
        children = below.get(record_id, {})
        if may_see(view, name, record) and (
            _has_child_in_window(since, children)
            or (
                near is None and _client_belongs(view, wanted, record, children)
                if name == "clients"
                else _is_in_window(view, wanted, since[name], name, record)
            )
        ):
            yield key


def may_see(view: View, name: str, record: Record) -> bool:
    """Say whether the user has a right to a record."""
    if name != "tasks" or not record["is_private"] or view.is_administrator:
        return True
    return view.user in (record["assigned_by_id"], record["assigned_user_id"])


def days_below(truth: Truth) -> dict[str, Days]:
    """Return the days of the descendants of every record that has any."""
    found: dict[str, Days] = {}
    for (name, _), record in truth.items():
        if name in PARENTS:
            day = day_of(name, record)
            for parent, parent_id in parents_of(name, record):
                found.setdefault(parent_id, {}).setdefault(name, []).append(day)
                for _, above_id in parents_of(parent, truth[parent, parent_id]):
                    found.setdefault(above_id, {}).setdefault(name, []).append(day)
    return found


def parents_of(name: str, record: Record) -> list[Key]:
    """Return the records without which a phone never holds one."""
    return [(parent, record[link]) for parent, link in PARENTS.get(name, ()) if record[link]]


def day_of(name: str, record: Record) -> date | None:
    """Return a record's day, none for one that is always at hand."""
    if name == "invoices" and record["balance_due"]:
        return None
    if name == "payments" and record["invoice_id"] is None and record["state"] == "approved":
        return None
    if name == "emails" and record["is_unread"]:
        return None
    text = record[DAYS[name]]
    return date.fromisoformat(text) if text else None


def projection(wanted: Preferences, name: str) -> tuple[bool, bool, str]:
    """Return what of a collection's records is wanted: notes, custom fields, and how much content."""
    bodies = {"emails": wanted["email_bodies"], "invoices": "full" if wanted["invoice_lines"] else "headers"}
    return wanted["include_notes"], wanted["include_custom_fields"], bodies.get(name, "full")


def projected(of: tuple[bool, bool, str], name: str, record: Record) -> bytes:
    """Return what a phone holds of a record, as told by `text_of`."""
    notes, custom, bodies = of
    parts = named(name).part_names
    content = set(parts.get(Part.CONTENT, ()))
    gone = set(() if notes else parts.get(Part.NOTES, ()))
    gone |= set(() if custom else parts.get(Part.CUSTOM, ()))
    gone |= content if bodies == "headers" else set()
    kept = {key: value for key, value in record.items() if key not in gone}
    if bodies == "preview":
        kept |= {key: kept[key][:PREVIEW_LENGTH] for key in content if kept[key]}
    return text_of(name, kept)


def text_of(name: str, record: Record) -> bytes:
    """Return a record as comparable text; an optional field that is empty may be there or not."""
    optional = {field for fields in named(name).part_names.values() for field in fields}
    told = {key: value for key, value in record.items() if key not in optional or value not in EMPTY}
    return orjson.dumps(told, option=orjson.OPT_SORT_KEYS)


def _ago(today: date, days: int | None) -> date:
    return date.min if days is None else today - timedelta(days=days)


def _has_child_in_window(since: Mapping[str, date], below: Days) -> bool:
    return any(day is None or day >= since[kind] for kind, days in below.items() for day in days)


def _client_belongs(view: View, wanted: Preferences, record: Record, below: Days) -> bool:
    if not wanted["include_prospects"] and record["client_number"] is None:
        return False
    if record["status_id"] in wanted["clients_exclude_status_ids"]:
        return False
    if wanted["clients_scope"] == "groups":
        return not set(wanted["clients_group_ids"]).isdisjoint(record["group_ids"])
    if wanted["clients_scope"] == "activity" and wanted["clients_activity_months"]:
        since = view.today - timedelta(days=30 * wanted["clients_activity_months"])
        made = date.fromisoformat(record["created_at"][:10])
        days = [day for each in below.values() for day in each]
        return made >= since or any(day is None or day >= since for day in days)
    return True


def _is_in_window(view: View, wanted: Preferences, since: date, name: str, record: Record) -> bool:
    day = day_of(name, record)
    if name == "invoices" and record["invoice_type"] == "estimate" and not wanted["include_estimates"]:
        return False
    if name == "sessions" and not _is_wanted_session(view, wanted, record):
        return False
    if name == "tasks" and wanted["tasks_scope"] == "mine":
        theirs = {record[f"assigned_{each}_id"] for each in ("by", "user", "department")}
        if view.mine.isdisjoint(theirs):
            return False
    if day is None:
        return True
    ahead = wanted["sessions_future_days"] if name == "sessions" else None
    return day >= since and (ahead is None or day <= view.today + timedelta(days=ahead))


def _is_wanted_session(view: View, wanted: Preferences, record: Record) -> bool:
    if wanted["sessions_exclude_final_status"] and record["status_id"] in view.finals:
        return False
    people = {record["photographer_id"], record["assistant_id"]}
    whose = {"departments": view.mine, "own": {view.user}}.get(wanted["schedule_users"])
    return whose is None or not whose.isdisjoint(people)
