"""The schedule: moves of bookings, and people who are booked twice at one time."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import orjson

from app.studio.companies import ConflictPolicy
from app.studio.rules.settings import read_settings, settings_of
from app.studio.series import days_of, occurrence_id, read_series
from app.studio.status_notes import note
from app.sync import registry
from app.sync.draft import Draft
from app.sync.feed import Key
from app.sync.fields import Values
from app.sync.reactions import Notice, Work, Written
from app.sync.refusals import ChangeRefused

SESSIONS, APPOINTMENTS = "sessions", "appointments"
_DAY = ("00:00:00", "24:00:00")
_FLAGS = {
    "is_confirmed": ("Confirmed", "No longer confirmed"),
    "is_cancelled": ("Cancelled", "No longer cancelled"),
    "is_on_hold": ("On hold", "No longer on hold"),
    "is_rescheduled": ("Marked as rescheduled", "No longer marked as rescheduled"),
}
_BOOKED_TWICE = "Somebody is booked twice at this time."


class ScheduleConflict(ChangeRefused):
    """Somebody is booked at that time already, and the company does not allow it twice."""

    code = "schedule_conflict"
    message = _BOOKED_TWICE


@dataclass(frozen=True, slots=True)
class Slot:
    """A time on one day at which some people are booked, by ids; `fields` say where the record has it."""

    day: str
    start: str
    end: str
    people: frozenset[str]
    fields: tuple[str, ...] = field(compare=False, default=())

    def clashes(self, other: "Slot") -> bool:
        """Say whether somebody would have to be at both; one ends as the other starts."""
        is_at_once = self.start == other.start or (self.start < other.end and other.start < self.end)
        return self.day == other.day and is_at_once and not self.people.isdisjoint(other.people)


@dataclass(slots=True)
class Diary:
    """Which bookings of some days are to be looked at."""

    days: dict[str, dict[Key, None]] = field(default_factory=dict)

    def enter(self, key: Key, slots: Iterable[Slot]) -> None:
        """Note that a booking takes some slots."""
        for slot in slots:
            self.days.setdefault(slot.day, {})[key] = None


async def read_diary(draft: Draft, writes: Sequence[Written]) -> Diary:
    """Find the bookings that some others may clash with: stored ones, and all that are written beside."""
    appointments = registry.number_of(APPOINTMENTS)
    begun = await read_series(draft, [each for each in writes if each.key[0] == appointments])
    diary, wanted = Diary(), list[Slot]()
    for each in writes:
        is_series = each.key[0] == appointments and (each.after or {}).get("series_id") not in begun.refused
        days = days_of(each) if is_series else []
        wanted += _taken(each, days)
        diary.enter(each.key, slots_of(each.key[0], each.after))
        for day in days:
            occurrence = occurrence_id((each.after or {})["series_id"], day)
            diary.days.setdefault(day, {})[each.key[0], occurrence] = None
    if wanted:
        await read_settings(draft)
        numbers = registry.number_of(SESSIONS), registry.number_of(APPOINTMENTS)
        account_id = draft.session.account_id
        rows = await draft.session.raw.fetch(CLASHING, account_id, _asked(wanted), *numbers)
        for row in rows:
            diary.days.setdefault(row["day"].isoformat(), {})[row["number"], row["id"]] = None
        await draft.load((row["number"], row["id"]) for row in rows)
    return diary


def follow_move(written: Written, work: Work) -> None:
    """Mark a booking that moves, ask for its confirmation anew, and note what has become of it."""
    before, after = written.before, written.after
    if after is None:
        return
    if before and _is_moved(before, after):
        after["is_confirmed"] = after["is_confirmed"] and not before["is_confirmed"]
        if "is_rescheduled" in after:
            after["is_rescheduled"] = True
        note(written, work, f"Rescheduled from {_told(before)} to {_told(after)}")
        told = {"is_confirmed"} if after["is_confirmed"] else set()
        _note_flags(written, work, told | {"is_cancelled", "is_on_hold"})
    else:
        _note_flags(written, work, _FLAGS.keys())


def follow_conflicts(written: Written, work: Work) -> None:
    """Refuse, or tell, that somebody is booked twice, as the company wishes."""
    diary: Diary = work.answer or Diary()
    diary.enter(written.key, slots_of(written.key[0], written.after))
    policy = settings_of(work)["conflict_policy"]
    is_appointment = written.key[0] == registry.number_of(APPOINTMENTS)
    taken = _taken(written, days_of(written) if is_appointment else [])
    if not taken or policy == ConflictPolicy.ALWAYS:
        return
    clashes = {key: slot for slot in taken for key in _clashing(diary, written.key, slot, work)}
    if not clashes:
        return
    fields = dict.fromkeys(name for slot in clashes.values() for name in slot.fields)
    records = tuple(record_id for _, record_id in clashes)
    if policy == ConflictPolicy.NEVER:
        reasons = dict.fromkeys(fields, _BOOKED_TWICE)
        notice = Notice(ScheduleConflict.code, _BOOKED_TWICE, tuple(fields), records)
        raise ScheduleConflict(reasons, notices=[notice])
    work.warn(ScheduleConflict.code, _BOOKED_TWICE, fields, records)


def slots_of(number: int, fields: Values | None) -> set[Slot]:
    """Return the times a booking takes of people; none of one that is cancelled or has no date."""
    if not fields or fields["is_cancelled"]:
        return set()
    if number == registry.number_of(APPOINTMENTS):
        found = [_slot(fields, fields["user_ids"], _given(fields, "user_ids"))]
    else:
        people = [fields["photographer_id"], fields["assistant_id"]]
        found = [_slot(fields, people, _given(fields, "photographer_id", "assistant_id"))]
        found += [
            _slot(each, [*each["photographer_ids"], *each["assistant_ids"]], ["events"])
            for each in fields["events"]
        ]
    return {slot for slot in found if slot}


def _given(fields: Values, *people: str) -> list[str]:
    return [name for name in ("date", "start_time", "end_time", *people) if fields[name]]


def _slot(fields: Values, people: Iterable[str | None], names: Iterable[str]) -> Slot | None:
    """Return when a booking is: the whole day without a start, a moment without an end."""
    named = frozenset(each for each in people if each)
    if not fields["date"] or not named:
        return None
    start = fields["start_time"] or _DAY[0]
    end = (fields["end_time"] or start) if fields["start_time"] else _DAY[1]
    return Slot(fields["date"], start, end, named, tuple(names))


def _taken(written: Written, days: Iterable[str]) -> set[Slot]:
    """Return the slots that a write newly takes, those of the further days of its series among them."""
    number = written.key[0]
    after = slots_of(number, written.after)
    for day in days:
        after |= slots_of(number, {**(written.after or {}), "date": day})
    return after - slots_of(number, written.before)


def _clashing(diary: Diary, mine: Key, slot: Slot, work: Work) -> Iterator[Key]:
    for key in diary.days.get(slot.day, ()):
        state = work.draft.peek(key)
        others = slots_of(key[0], state.values) if state and key != mine else ()
        if any(slot.clashes(other) for other in others):
            yield key


def _is_moved(before: Values, after: Values) -> bool:
    return any(before[name] and before[name] != after[name] for name in ("date", "start_time"))


def _told(fields: Values) -> str:
    if not fields["date"]:
        return "no date"
    return f"{fields['date']} {fields['start_time'][:5]}" if fields["start_time"] else str(fields["date"])


def _note_flags(written: Written, work: Work, names: Collection[str]) -> None:
    before, after = written.before or {}, written.after or {}
    for name, (yes, no) in _FLAGS.items():
        is_so = bool(after.get(name))
        if name in names and is_so is not bool(before.get(name)):
            note(written, work, yes if is_so else no)


def _asked(slots: Iterable[Slot]) -> str:
    return orjson.dumps(
        [
            {"day": slot.day, "starts": slot.start, "ends": slot.end, "people": sorted(slot.people)}
            for slot in slots
        ]
    ).decode()


CLASHING = """
WITH wanted AS (
    SELECT * FROM jsonb_to_recordset($2::text::jsonb) AS w(day date, starts time, ends time, people uuid[])
), stored AS (
    SELECT w.*, $3::int AS number, t.id, t.start_time, t.end_time FROM wanted w
    CROSS JOIN LATERAL (SELECT * FROM sessions WHERE account_id = $1 AND date = w.day OFFSET 0) AS t
    WHERE NOT t.is_cancelled AND (t.photographer_id = ANY (w.people) OR t.assistant_id = ANY (w.people))
    UNION ALL
    SELECT w.*, $4::int, t.id, t.start_time, t.end_time FROM wanted w
    CROSS JOIN LATERAL (SELECT * FROM appointments WHERE account_id = $1 AND date = w.day OFFSET 0) AS t
    WHERE NOT t.is_cancelled AND t.user_ids && w.people
    UNION ALL
    SELECT w.*, $3::int, t.id, e.start_time, e.end_time
    FROM sessions t, jsonb_to_recordset(t.events)
        AS e(date date, start_time time, end_time time, photographer_ids uuid[], assistant_ids uuid[]),
        wanted w
    WHERE t.account_id = $1 AND t.events <> '[]' AND NOT t.is_cancelled AND e.date = w.day
        AND (e.photographer_ids && w.people OR e.assistant_ids && w.people)
)
SELECT DISTINCT number, id, day FROM stored
WHERE coalesce(start_time, '00:00') = starts
    OR (coalesce(start_time, '00:00') < ends
        AND starts < CASE WHEN start_time IS NULL THEN '24:00' ELSE coalesce(end_time, start_time) END)
"""
"""Bookings of the same people at the same times: by day, and among all sessions with further events.

Day by day by its index: joined at once, a plan that expects many days reads all bookings there are.
"""
