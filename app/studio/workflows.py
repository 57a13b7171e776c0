"""The status engine: which step a record starts at, when it is due, and what is noted of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import Field

from app.studio.business_days import business_days_after, days_after
from app.studio.rules.settings import company, read_settings, settings_of
from app.studio.status_notes import note, with_remark
from app.sync import registry
from app.sync.commands import Call, command
from app.sync.draft import Draft
from app.sync.fields import Day, Element, Id, Line, Values
from app.sync.reactions import WHOLE, Work, Written, on_write
from app.sync.refusals import InvalidFields

Steps = dict[str, Values]
"""Statuses by their ids, in the order of their list."""


@dataclass(frozen=True, slots=True)
class Workflow:
    """How the records of a collection go through a list of statuses.

    `by` is the field, of record and status alike, that names the type where each has a list of its own;
    `says` is the company's setting without which all share one, and `wanted` the one without which nothing
    starts by itself.
    """

    steps: str
    by: str | None = None
    says: str | None = None
    wanted: str | None = None
    in_plain_days: bool = False


_workflows: dict[str, Workflow] = {}


def workflow(of: str, **given: Any) -> None:
    """Declare that records of a collection go through the statuses of another."""
    _workflows[of] = Workflow(**given)


def steps_of(written: Written) -> list[tuple[str, str | None]]:
    """Return the list that a record may enter or move along."""
    found = _workflows[registry.numbered(written.key[0]).name]
    return [(found.steps, WHOLE)] if written.after and _may_move(written) else []


def follow_steps(written: Written, work: Work) -> None:
    """Let a record start at the first step, and say when a new one is due."""
    after = written.after
    found = _workflows[registry.numbered(written.key[0]).name]
    if after is None or not _may_move(written):
        return
    steps = _steps(found, work)
    own = _list_of(found, after, steps, work)
    is_open = written.is_new and after["status_id"] is None and _is_wanted(found, work)
    if is_open or (_is_of_another_type(found, written, work) and after["status_id"] not in own):
        after["status_id"] = _first_of(found, after, own, work)
    if after["status_id"] == (written.before or {}).get("status_id"):
        return
    step = steps.get(after["status_id"] or "")
    if after["status_id"] and step is None:
        return
    if step:
        _check_choice(found, after, step, work)
    if "status_due_date" in after and not written.changes("status_due_date"):
        after["status_due_date"] = _due(found, step, work)
    if "status_reason" in after and not (written.is_new or "status_reason" in written.sent):
        after["status_reason"] = _reason(after["status_reason"], step)
    if step and step.get("is_shown_online"):
        after["is_shown_online"] = True
    note(written, work, f"Status: {step['description']}" if step else "No status")


def finish(written: Written, work: Work) -> None:
    """Move a record to the last step of its list."""
    if written.after is not None:
        _go_to(written, _only(_own(written, work), "is_final"))


def start_again(written: Written, work: Work) -> None:
    """Move a record from the last step of its list to the first."""
    if written.after is not None:
        own = _own(written, work)
        step = own.get(written.after["status_id"] or "")
        if step and step["is_final"]:
            _go_to(written, first_of(own))


def first_of(steps: Steps) -> str | None:
    """Return the step a new record starts at, none where it is not clear which."""
    return _only(steps, "is_initial")


on_write("clients", "invoices", looks_at=steps_of, at_hand=company)(follow_steps)


class ChangeStatus(Element):
    """Move a record to another step of its workflow."""

    status_id: Id = Field(description="The new status.", examples=["0b0f2f0a-6f0e-4a55-9a59-5f6f3c1a2701"])
    status_due_date: Day | None = Field(
        None,
        description="When it is due; left out, it follows from the duration of the status.",
        examples=["2026-06-25"],
    )
    status_result: Line | None = Field(
        None, description="Why the workflow went as it did; of sessions.", examples=[None]
    )
    status_reason: Line | None = Field(
        None, description="Why a client has the status; of clients.", examples=[None]
    )
    note: Line | None = Field(
        None, description="A line for the status notes.", examples=["Asked for two days more"]
    )


class AdvanceStatus(Element):
    """Move a record to the next step of its workflow."""

    from_status_id: Id | None = Field(
        None,
        description="The step it stood at when it was to move; if it has moved since, nothing happens.",
        examples=["0b0f2f0a-6f0e-4a55-9a59-5f6f3c1a2701"],
    )


_ALL = ("clients", "sessions", "appointments", "tasks", "emails", "invoices")


@command("change_status", of=_ALL, takes=ChangeStatus)
def change_status(call: Call) -> Mapping[str, Any]:
    """Move a record to another status, with a due date, a result and a note where wanted."""
    wanted = call.sent.model_dump(mode="json", exclude_none=True)
    remark = wanted.pop("note", None)
    if unknown := wanted.keys() - call.fields.keys():
        raise InvalidFields(dict.fromkeys(sorted(unknown), "There is no such field."))
    if remark and "status_notes" not in call.fields:
        raise InvalidFields({"note": "These records have no status notes."})
    notes = {"status_notes": with_remark(call.fields, call.work, remark)} if remark else {}
    return {**wanted, **notes}


async def _read_list(call: Call) -> None:
    name = registry.numbered(call.key[0]).name
    await _read(call.work.draft, name)
    steps = _steps(_workflows[name], call.work)
    await call.work.draft.prepare([(call.key, {**call.fields, "status_id": _next(call, steps)})])


@command("advance_status", of=_ALL, takes=AdvanceStatus, prepares=_read_list)
def advance_status(call: Call) -> Mapping[str, Any]:
    """Move a record to the next status of its list; refused at the last."""
    expected = call.sent.from_status_id
    if expected and str(expected) != call.fields["status_id"]:
        return {}
    following = _next(call, _steps(_workflows[registry.numbered(call.key[0]).name], call.work))
    if following is None:
        raise InvalidFields({"status_id": "There is no further status."})
    return {"status_id": following}


def _next(call: Call, steps: Steps) -> str | None:
    found = _workflows[registry.numbered(call.key[0]).name]
    present = steps.get(call.fields["status_id"] or "")
    if present is None:
        return first_of(_list_of(found, call.fields, steps, call.work))
    same = [each for each, step in steps.items() if not found.by or step[found.by] == present[found.by]]
    behind = same[same.index(call.fields["status_id"]) + 1 :]
    return next((each for each in behind if not steps[each]["is_inactive"]), None)


async def _read(draft: Draft, collection: str) -> None:
    await draft.load_all(registry.number_of(_workflows[collection].steps))
    await read_settings(draft)


def _may_move(written: Written) -> bool:
    """Say whether a record enters a list, changes lists, or moves; `complete_date` moves tasks."""
    if written.is_new:
        return True
    found = _workflows[registry.numbered(written.key[0]).name]
    names = [name for name in ("status_id", found.by, "complete_date") if name in (written.after or {})]
    return written.changes(*(name for name in names if name))


def _steps(found: Workflow, work: Work) -> Steps:
    """Return all statuses of a collection's lists, in order."""

    def in_order() -> Steps:
        known = [(str(each), step) for each, step in work.known(found.steps)]
        return dict(sorted(known, key=lambda each: (each[1]["sort_order"], each[1]["description"], each[0])))

    return work.once(found.steps, found.steps, in_order)


def _own(written: Written, work: Work) -> Steps:
    found = _workflows[registry.numbered(written.key[0]).name]
    return _list_of(found, written.after or {}, _steps(found, work), work)


def _first_of(found: Workflow, fields: Values, own: Steps, work: Work) -> str | None:
    """Return the step a record starts at; the same for all of one type."""
    kind = fields[found.by] if found.by and _is_by_type(found, work) else None
    return work.once((found.steps, kind), found.steps, lambda: first_of(own))


def _list_of(found: Workflow, fields: Values, steps: Steps, work: Work) -> Steps:
    """Return the statuses a record may choose from; none for one that should have a type and has not."""
    if found.by is None:
        return steps
    is_by_type = _is_by_type(found, work)
    kind = fields[found.by] if is_by_type else None
    if is_by_type and kind is None:
        return {}
    return {each: step for each, step in steps.items() if step[found.by] == kind}


def _check_choice(found: Workflow, fields: Values, step: Values, work: Work) -> None:
    if step["is_inactive"]:
        raise InvalidFields({"status_id": "This status is no longer offered."})
    if found.by is None:
        return
    is_by_type = _is_by_type(found, work)
    kind = fields[found.by] if is_by_type else None
    if step[found.by] != kind and (kind or not is_by_type):
        raise InvalidFields({"status_id": "This status belongs to another type."})


def _is_by_type(found: Workflow, work: Work) -> bool:
    return found.says is None or bool(settings_of(work)[found.says])


def _is_of_another_type(found: Workflow, written: Written, work: Work) -> bool:
    if found.by is None or not _is_by_type(found, work):
        return False
    is_left = written.changes(found.by) and not written.changes("status_id")
    return is_left and (written.after or {})[found.by] is not None


def _is_wanted(found: Workflow, work: Work) -> bool:
    return found.wanted is None or bool(settings_of(work)[found.wanted])


def _reason(reason: str | None, step: Values | None) -> str | None:
    """Return the reason a record had for its former status, if the new one has it too."""
    known = [each["description"] for each in step["reasons"]] if step else []
    return reason if reason in known else None


def _due(found: Workflow, step: Values | None, work: Work) -> str | None:
    days = step["duration_days"] if step else None
    if days is None:
        return None
    due: date = (
        days_after(work.today, days)
        if found.in_plain_days
        else business_days_after(work.today, days, settings_of(work)["work_week"])
    )
    return due.isoformat()


def _only(steps: Steps, mark: str) -> str | None:
    marked = [each for each, step in steps.items() if step[mark] and not step["is_inactive"]]
    return marked[0] if len(marked) == 1 else None


def _go_to(written: Written, status_id: str | None) -> None:
    if status_id and written.after is not None and not written.changes("status_id"):
        written.after["status_id"] = status_id
