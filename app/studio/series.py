"""Series: appointments that recur, each occurrence an appointment of its own."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any, Literal
from uuid import UUID, uuid5

from dateutil.relativedelta import relativedelta
from dateutil.rrule import DAILY, MONTHLY, WEEKLY, YEARLY, rrule
from pydantic import Field

from app.core.principal import Level
from app.studio.weekdays import Weekday
from app.sync import registry
from app.sync.commands import Call, command
from app.sync.draft import Draft
from app.sync.feed import Key
from app.sync.fields import Day, Element
from app.sync.reactions import Work, Written
from app.sync.refusals import ChangeRefused, InvalidFields
from app.sync.schemas import Change, Operation

APPOINTMENTS = "appointments"
MOST_OCCURRENCES = 200
MOST_TOGETHER = 1_000
MOST_YEARS = 2
_LAST = date(2999, 12, 31)
_FREQUENCIES: dict[str, Literal[0, 1, 2, 3]] = {
    "daily": DAILY,
    "weekly": WEEKLY,
    "monthly": MONTHLY,
    "yearly": YEARLY,
}
_WEEKDAYS = list(Weekday)
_OF_ONE = frozenset({"status_id", "status_due_date", "is_confirmed", "is_cancelled", "is_detached"})
"""What is said of one occurrence alone; whoever sets anything else detaches it."""
_SHARED = frozenset(
    {
        "description",
        "appointment_type_id",
        "appointment_type_other",
        "start_time",
        "end_time",
        "studio_id",
        "user_ids",
        "resource_ids",
        "location_id",
        "location_other",
        "colour",
        "booked_by_id",
        "client_id",
        "session_id",
        "notes",
        "custom",
    }
)
"""What can be changed of a whole series; its days are those of its rule."""


class TooManyOccurrences(ChangeRefused):
    """The series of one push together would make more than 1,000 appointments; send this one in another."""

    code = "too_many_occurrences"
    message = "Too many appointments would be made at once; send this series by itself."


@dataclass(frozen=True, slots=True)
class Begun:
    """The days that series which begin are still without, by series, and those there is no room for."""

    missing: Mapping[str, Sequence[str]]
    refused: frozenset[str]


NOTHING = Begun({}, frozenset())


def occurrence_id(series_id: str, day: str) -> UUID:
    """Return the id of an occurrence the server makes."""
    return uuid5(UUID(series_id), day)


def days_by_rule(recurrence: Mapping[str, Any], first: date) -> Iterator[date]:
    """Yield the days of a series after its first, as RFC 5545 has it; weeks begin on Monday.

    A day that a month or year does not have is left out. There are at most 200 occurrences, the first among
    them, within two years.
    """
    end = min(first, _LAST - relativedelta(years=MOST_YEARS)) + relativedelta(years=MOST_YEARS)
    until = date.fromisoformat(recurrence["until"]) if recurrence["until"] else end
    found = rrule(
        _FREQUENCIES[recurrence["frequency"]],
        dtstart=datetime.combine(first, time()),
        interval=recurrence["interval"],
        byweekday=[_WEEKDAYS.index(each) for each in recurrence["weekdays"]] or None,
        until=datetime.combine(min(until, end), time()),
    )
    later = (each.date() for each in found if each.date() > first)
    yield from islice(later, MOST_OCCURRENCES - 1)


def days_of(written: Written) -> list[str]:
    """Return the further days of a series that a write begins, none of any other."""
    after = written.after
    if after is None or not _begins(written):
        return []
    return [each.isoformat() for each in days_by_rule(after["recurrence"], date.fromisoformat(after["date"]))]


def _begins(written: Written) -> bool:
    before, after = written.before, written.after
    has_begun = before is not None and before["series_id"] is not None
    return bool(after and after["recurrence"] and not after["is_detached"] and not has_begun)


async def read_series(draft: Draft, writes: Sequence[Written]) -> Begun:
    """Return the days the series that begin are still without, and read what may stand at them.

    A series that is stored already is left as it is, and the days that are written beside are seen to. Once
    there are more than may be made together, the series that come later have to wait.
    """
    begun: dict[str, Written] = {}
    writes = [each for each in writes if not each.is_instead]
    for each in writes:
        if each.after and _begins(each):
            begun.setdefault(each.after["series_id"], each)
    if not begun:
        return NOTHING
    sql = "SELECT DISTINCT series_id FROM appointments WHERE account_id = $1 AND series_id = ANY ($2::uuid[])"
    rows = await draft.session.raw.fetch(sql, draft.session.account_id, [*begun])
    stored = {str(row["series_id"]) for row in rows}
    beside = {(each.after["series_id"], each.after["date"]) for each in writes if each.after}
    missing: dict[str, list[str]] = {}
    refused: set[str] = set()
    room = MOST_TOGETHER
    for series_id, each in begun.items():
        if series_id not in stored and not refused:
            missing[series_id] = [day for day in days_of(each) if (series_id, day) not in beside]
            room -= len(missing[series_id])
        if series_id not in stored and room < 0:
            refused.add(series_id)
            missing.pop(series_id, None)
    number = registry.number_of(APPOINTMENTS)
    await draft.load((number, occurrence_id(each, day)) for each, days in missing.items() for day in days)
    return Begun(missing, frozenset(refused))


def refuse_too_many(written: Written, work: Work) -> None:
    """Refuse what begins a series there is no room for."""
    begun: Begun = work.answer or NOTHING
    if _begins(written) and (written.after or {})["series_id"] in begun.refused:
        raise TooManyOccurrences({"recurrence": TooManyOccurrences.message})


def follow_series(written: Written, work: Work) -> None:
    """Make the occurrences of a series that begins; one that is edited by itself no longer follows it."""
    after = written.after
    if after is None:
        return
    if written.before and written.before["series_id"] and _is_edited(written):
        after["is_detached"] = True
    if _begins(written):
        begun: Begun = work.answer or NOTHING
        for day in begun.missing.get(after["series_id"], ()):
            key = written.key[0], occurrence_id(after["series_id"], day)
            if work.draft.get(key) is None:
                work.draft.put(key, {**after, "date": day})


def _is_edited(written: Written) -> bool:
    is_said = "is_detached" in written.sent and written.changes("is_detached")
    return not is_said and any(written.changes(name) for name in written.sent - _OF_ONE)


class ChangeSeries(Element):
    """Change all occurrences of a series from a day on, but for those edited by themselves."""

    fields: dict[str, Any] = Field(
        description="What is set; the days of a series follow from its rule and cannot be changed.",
        examples=[{"start_time": "09:00:00", "end_time": "10:00:00"}],
    )
    from_date: Day | None = Field(
        None,
        alias="from",
        description="From which day on; left out, from the day of this occurrence.",
        examples=["2026-07-06"],
    )


class EndSeries(Element):
    """End a series."""

    from_date: Day = Field(
        alias="from",
        description="The first day without an occurrence; those edited by themselves stay.",
        examples=["2026-10-05"],
    )


async def _read_later(call: Call) -> list[Key]:
    """Read the occurrences of a series, and return those that follow it from a day on."""
    draft, series_id = call.work.draft, call.fields["series_id"]
    if series_id:
        sql = "SELECT id FROM appointments WHERE account_id = $1 AND series_id = $2"
        rows = await draft.session.raw.fetch(sql, draft.session.account_id, UUID(series_id))
        await draft.load((call.key[0], row["id"]) for row in rows)
    return list(_later(call))


async def _read_to_change(call: Call) -> None:
    _check_shared(call)
    later = await _read_later(call)
    await call.judge.load([_change(call, n, key) for n, key in enumerate(later, start=1)])


async def _read_to_end(call: Call) -> None:
    later = await _read_later(call)
    await call.work.draft.load_referring(later)
    await call.work.draft.prepare([(key, None) for key in later])


@command("change_series", of=(APPOINTMENTS,), takes=ChangeSeries, prepares=_read_to_change)
def change_series(call: Call) -> Mapping[str, Any]:
    """Change the occurrences of a series from a day on, but for those edited by themselves."""
    _check_shared(call)
    for key in list(_later(call)):
        call.judge.take(_change(call, 1, key))
        # Changed with all the others it still is one of them.
        if call.work.draft.fields(key)["is_detached"]:
            call.work.draft.amend(key, {"is_detached": False})
    return {}


@command(
    "end_series",
    of=(APPOINTMENTS,),
    takes=EndSeries,
    prepares=_read_to_end,
    level=Level.ADD_MODIFY_DELETE,
)
def end_series(call: Call) -> Mapping[str, Any]:
    """Delete the occurrences of a series from a day on, but for those edited by themselves."""
    draft = call.work.draft
    last = (call.sent.from_date - timedelta(days=1)).isoformat()
    for key in list(_later(call)):
        draft.remove(key)
    for record_id, fields in list(call.work.known(APPOINTMENTS)):
        rule = fields["recurrence"] if fields["series_id"] == call.fields["series_id"] else None
        if rule and (rule["until"] is None or rule["until"] > last):
            draft.amend((call.key[0], record_id), {"recurrence": {**rule, "until": last}})
    return {}


def _later(call: Call) -> Iterator[Key]:
    """Yield the occurrences that follow their series, from the day that was named on."""
    if not call.fields["series_id"]:
        raise InvalidFields({"series_id": "This appointment does not recur."})
    since = call.sent.from_date.isoformat() if call.sent.from_date else call.fields["date"]
    for record_id, fields in call.work.known(APPOINTMENTS):
        is_of_it = fields["series_id"] == call.fields["series_id"] and not fields["is_detached"]
        if is_of_it and fields["date"] >= since:
            yield call.key[0], record_id


def _check_shared(call: Call) -> None:
    if wrong := call.sent.fields.keys() - _SHARED:
        raise InvalidFields(dict.fromkeys(sorted(wrong), "This cannot be changed of a whole series."))


def _change(call: Call, n: int, key: Key) -> Change:
    return Change(n=n, collection=APPOINTMENTS, id=key[1], op=Operation.PATCH, fields=call.sent.fields)
