"""Events of calendars (iCalendar): each an appointment, and each occurrence of one that repeats."""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain, islice
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr
from icalendar import Calendar

from app.readers.refusals import Unreadable
from app.readers.tables import Row, Table, gathered
from app.readers.texts import decoded

YEARS_BACK, YEARS_AHEAD = 1, 2
"""Within which occurrences of what repeats are taken; single events are taken whenever they are."""
MAX_OCCURRENCES = 200
_LOOKED_AT = 50_000
_COLUMNS = [
    *("description", "date", "start_time", "end_time", "location_other", "client_email", "is_cancelled"),
    *("notes", "uid", "series"),
]
_YEAR = timedelta(days=366)
_MIDNIGHT = time()
_LAST_SECOND = time(23, 59, 59)
_DAYS = {"DAILY": 1, "WEEKLY": 7}
_SELDOM = {"DAILY", "WEEKLY", "MONTHLY", "YEARLY"}
_UNREADABLE = "This event cannot be read."

Texts = dict[str, str]


def read_icalendar(content: bytes, zone: ZoneInfo, today: date) -> Table:
    """Read events as a table whose columns are known, in the local time of a zone.

    One that cannot be kept is an error by itself. Raises `Unreadable` and `TooLong`.
    """
    try:
        calendars = Calendar.from_ical(decoded(content), multiple=True)
    except (Unreadable, MemoryError):
        raise
    except Exception:  # noqa: BLE001 - a damaged file breaks the library wherever it is damaged
        raise Unreadable(reason="not_this_format") from None
    events = [event for each in calendars for event in each.walk("VEVENT")]
    if not events:
        raise Unreadable(reason="nothing_of_this_kind")
    # An occurrence that was changed comes as an event of its own, and takes the place of the usual one.
    changed = {_moved(event) for event in events if "RECURRENCE-ID" in event}
    found = (each for event in events for each in _appointments(event, zone, today, changed))
    rows = gathered(
        Row(number, [texts.get(name, "") for name in _COLUMNS], problem)
        for number, (texts, problem) in enumerate(found, 1)
    )
    if not rows:
        raise Unreadable(reason="nothing_of_this_kind")
    return Table([*_COLUMNS], rows, [*_COLUMNS])


def _moved(event: Any) -> tuple[str, date]:
    return _uid(event), _instant(event["RECURRENCE-ID"].dt)


def _instant(moment: date) -> date:
    """Return a moment as it is compared and named: programs tell one by its zone, or in UTC."""
    has_zone = isinstance(moment, datetime) and moment.tzinfo
    return moment.astimezone(UTC) if isinstance(moment, datetime) and has_zone else moment


def _appointments(
    event: Any, zone: ZoneInfo, today: date, changed: set[tuple[str, date]]
) -> Iterator[tuple[Texts, str | None]]:
    """Yield what becomes of one event: an appointment, or one for each occurrence or day."""
    told = _told(event)
    uid = _uid(event)
    try:
        start = event.decoded("DTSTART")
        length = _length(event, start)
        if "RRULE" in event or "RDATE" in event:
            for each in _occurrences(event, start, today):
                if (uid, _instant(each)) not in changed:
                    yield {**told, **_when(each, length, zone), **_known(uid, each), "series": uid}, None
        else:
            series = {"series": uid} if "RECURRENCE-ID" in event else {}
            first = event["RECURRENCE-ID"].dt if series else None
            yield {**told, **_when(start, length, zone), **_known(uid, first), **series}, None
    except _Unfit as unfit:
        yield told, str(unfit)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - a damaged event breaks the library wherever it is damaged
        yield told, _UNREADABLE


class _Unfit(Exception):
    """An event that is no appointment."""


def _told(event: Any) -> Texts:
    attendees = event.get("ATTENDEE", [])
    mails = [
        str(each).lower().removeprefix("mailto:")
        for each in (attendees if isinstance(attendees, list) else [attendees])
    ]
    return {
        "description": str(event.get("SUMMARY", ""))[:200] or "Appointment",
        "location_other": " ".join(str(event.get("LOCATION", "")).split())[:200],
        "notes": str(event.get("DESCRIPTION", "")).replace("\0", ""),
        "client_email": mails[0] if len(mails) == 1 else "",
        "is_cancelled": "yes" if str(event.get("STATUS", "")).upper() == "CANCELLED" else "",
    }


def _length(event: Any, start: date) -> timedelta:
    if "DTEND" in event:
        length: timedelta = event.decoded("DTEND") - start
        return length
    if "DURATION" in event:
        given: timedelta = event.decoded("DURATION")
        return given
    return timedelta() if isinstance(start, datetime) else timedelta(days=1)


def _occurrences(event: Any, start: date, today: date) -> Iterable[date]:
    """Return the starts of what repeats, within the years that are taken, and those that are told one by one.

    They are days or moments, as the event has them.
    """
    ruled = _ruled(event["RRULE"], start, today) if "RRULE" in event else [start]
    told = (each[0] if isinstance(each, tuple) else each for each in _dates(event, "RDATE"))
    excluded = {_instant(each) for each in _dates(event, "EXDATE")}
    found: dict[date, date] = {}
    for each in chain(ruled, told):
        if _instant(each) not in excluded:
            found.setdefault(_instant(each), each)
            if len(found) > MAX_OCCURRENCES:
                raise _Unfit(f"It repeats more than {MAX_OCCURRENCES} times.")
    return found.values()


def _ruled(rules: Any, start: date, today: date) -> Iterator[date]:
    if isinstance(rules, list) or not set(rules.get("FREQ", ())) <= _SELDOM:
        raise _Unfit("It repeats by a rule that is not taken.")
    zone = start.tzinfo if isinstance(start, datetime) else None
    first = start.replace(tzinfo=None) if isinstance(start, datetime) else datetime.combine(start, _MIDNIGHT)
    if until := rules.get("UNTIL"):
        last = until[0]
        if isinstance(last, datetime):
            last = (last.astimezone(zone) if last.tzinfo and zone else last).replace(tzinfo=None)
        else:
            last = datetime.combine(last, _LAST_SECOND)
        rules = type(rules)({**rules, "UNTIL": [last]})
    begin = datetime.combine(today - YEARS_BACK * _YEAR, _MIDNIGHT)
    end = datetime.combine(today + YEARS_AHEAD * _YEAR, _MIDNIGHT)
    rule = rrulestr(rules.to_ical().decode(), dtstart=_near(begin, first, rules), ignoretz=True)
    for each in islice(rule, _LOOKED_AT):
        if each > end:
            return
        if each >= begin:
            yield each.replace(tzinfo=zone) if isinstance(start, datetime) else each.date()


def _near(begin: datetime, first: datetime, rules: Any) -> datetime:
    """Return a start by which a rule tells the same from some moment on; what was before is not counted."""
    days = _DAYS.get(rules["FREQ"][0], 0) * int(rules.get("INTERVAL", [1])[0])
    if not days or "COUNT" in rules or first >= begin:
        return first
    interval = timedelta(days=days)
    return first + (begin - first) // interval * interval


def _dates(event: Any, name: str) -> list[Any]:
    told = event.get(name, [])
    lists = told if isinstance(told, list) else [told]
    return [each.dt for some in lists for each in some.dts]


def _uid(event: Any) -> str:
    """Return what an event is known by; of one that has no id, all that it tells."""
    told = event.get("UID") or hashlib.sha256(event.to_ical()).hexdigest()
    return str(told)


def _known(uid: str, occurrence: date | None) -> Texts:
    return {"uid": f"{uid} {_instant(occurrence)}" if occurrence else uid}


def _when(start: date, length: timedelta, zone: ZoneInfo) -> Texts:
    """Return the local day and times of an event; raises `_Unfit` for one of several days."""
    if not isinstance(start, datetime):
        if length > timedelta(days=1):
            raise _Unfit("It is of several days.")
        return {"date": start.isoformat()}
    begun = start.astimezone(zone) if start.tzinfo else start
    ended = begun + length
    if ended.date() != begun.date():
        raise _Unfit("It ends on another day.")
    return {
        "date": begun.date().isoformat(),
        "start_time": begun.time().isoformat(),
        "end_time": ended.time().isoformat(),
    }
