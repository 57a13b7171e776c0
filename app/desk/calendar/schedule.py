"""Reading a schedule: bookings, days and conflicts of some users and resources, as far as one may see."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, time, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from app.accounts.errors import UnknownStudio, UnknownUser
from app.accounts.features import Feature, allows, declare, require
from app.accounts.standing import Standing
from app.core.db import Session
from app.core.principal import Level, Principal
from app.desk.calendar import store
from app.desk.calendar.conflicts import Taken, double_bookings
from app.desk.calendar.errors import (
    RangeReversed,
    RangeTooLong,
    ScheduleTooLarge,
    TooManyCalendars,
    UnknownResource,
)
from app.desk.calendar.schemas import (
    MOST_CALENDARS,
    MOST_DAYS,
    Conflict,
    DayAnswer,
    Entry,
    EntryKind,
    Hours,
    ScheduleAnswer,
    ScheduleQuery,
    ScheduleResource,
    ScheduleUser,
    SpecialEventAnswer,
)
from app.desk.calendar.store import Ground, Sight, Wanted
from app.desk.calendar.zones import instants, known_zone
from app.studio.companies import ConflictPolicy, NameOrder
from app.studio.schedule import Slot
from app.studio.weekdays import WORK_WEEK, Weekday

MOST_ENTRIES = 5_000
SCHEDULES = declare(
    Feature(
        "schedule",
        "Others' schedules",
        "The schedules of colleagues and of resources; everybody sees their own.",
    )
)
_KINDS = {1: EntryKind.SESSION, 2: EntryKind.SESSION_EVENT, 3: EntryKind.APPOINTMENT}
_WEEKDAYS = list(Weekday)
_WHOLE_DAY = ("00:00:00", "24:00:00")


async def read_schedule(session: Session, stands: Standing, asked: ScheduleQuery) -> ScheduleAnswer:
    """Return the schedule of some users and resources on some days, today and their own unless they say.

    Refuses too much at once, users, resources and a studio there are not, and others' schedules to whoever
    has no right to them. What the caller may not view is left out: sessions, appointments, clients' names.
    """
    who = stands.who
    today = stands.clock.day_in(who.time_zone)
    first = asked.first or today
    last = asked.last or first
    users, resources = _calendars(who, asked)
    _require_days(first, last)
    ground = await store.read_ground(session, users, resources, asked.studio_id)
    _require_known(ground, users, resources, asked.studio_id)
    wanted = Wanted(
        first=first,
        last=last,
        users=users,
        resources=resources,
        studio=asked.studio_id,
        sight=sight_of(who),
    )
    rows = await store.bookings(session, wanted, MOST_ENTRIES + 1)
    if len(rows) > MOST_ENTRIES:
        raise ScheduleTooLarge(max_entries=MOST_ENTRIES)
    special = await store.special_events(session, first, last, asked.studio_id)
    policy = ConflictPolicy(ground.company.get("conflict_policy", ConflictPolicy.PROMPT))
    return ScheduleAnswer(
        first=first,
        last=last,
        time_zone=who.time_zone,
        users=[ScheduleUser(id=each, display_name=ground.users[each]) for each in users],
        resources=[ScheduleResource(id=each, **ground.resources[each]) for each in resources],
        days=list(_days(first, last, ground.company, special)),
        entries=[_entry(row, ground, who.time_zone) for row in rows],
        special_events=[SpecialEventAnswer.model_validate(dict(row)) for row in special],
        conflict_policy=policy,
        conflicts=[] if policy is ConflictPolicy.ALWAYS else _conflicts(rows),
    )


def sight_of(who: Principal) -> Sight:
    """Return whether somebody may view sessions, appointments and clients, by the features of these names.

    No booking is ever private, so that whoever may view a kind of them may view each.
    """
    return Sight(
        sessions=allows(who, "sessions", Level.VIEW_ONLY),
        appointments=allows(who, "appointments", Level.VIEW_ONLY),
        clients=allows(who, "clients", Level.VIEW_ONLY),
    )


def _calendars(who: Principal, asked: ScheduleQuery) -> tuple[list[UUID], list[UUID]]:
    """Return whose schedules are wanted, each once, if they may be seen."""
    users, resources = list(dict.fromkeys(asked.users)), list(dict.fromkeys(asked.resources))
    if not users and not resources and who.user_id:
        users = [who.user_id]
    if len(users) + len(resources) > MOST_CALENDARS:
        raise TooManyCalendars(max_calendars=MOST_CALENDARS)
    if resources or set(users) - {who.user_id}:
        require(who, SCHEDULES, Level.VIEW_ONLY)
    return users, resources


def _require_days(first: date, last: date) -> None:
    if last < first:
        raise RangeReversed
    if (last - first).days >= MOST_DAYS:
        raise RangeTooLong(max_days=MOST_DAYS)


def _require_known(ground: Ground, users: list[UUID], resources: list[UUID], studio: UUID | None) -> None:
    if unknown := [str(each) for each in users if each not in ground.users]:
        raise UnknownUser(user_ids=unknown)
    if unknown := [str(each) for each in resources if each not in ground.resources]:
        raise UnknownResource(resource_ids=unknown)
    if studio is not None and not ground.has_studio:
        raise UnknownStudio


def zone_of(row: asyncpg.Record, zones: Mapping[UUID, str], otherwise: str) -> str:
    """Return the zone a booking is in: its studio's, or the company's."""
    return known_zone(zones.get(row["studio_id"]), otherwise)


def client_name(row: asyncpg.Record, order: str | None) -> str | None:
    """Return what a booking's client is called, in the company's order; none where that may not be seen."""
    names = [row["first_name"], row["last_name"]]
    is_last_first = order != NameOrder.FIRST_LAST
    person = (", " if is_last_first else " ").join(filter(None, names[::-1] if is_last_first else names))
    found: str | None = person or row["company_name"] or row["organization"]
    return found


def _entry(row: asyncpg.Record, ground: Ground, otherwise: str) -> Entry:
    zone = zone_of(row, ground.zones, otherwise)
    starts_at, ends_at = instants(row["date"], row["start_time"], row["end_time"], zone)
    return Entry(
        kind=_KINDS[row["kind"]],
        record_id=row["record_id"],
        event_id=row["event_id"],
        revision=row["revision"],
        description=row["description"],
        type_name=row["type_name"],
        date=row["date"],
        start_time=row["start_time"],
        end_time=row["end_time"],
        time_zone=zone,
        starts_at=starts_at,
        ends_at=ends_at,
        studio_id=row["studio_id"],
        user_ids=list(dict.fromkeys(row["user_ids"])),
        resource_ids=list(dict.fromkeys(row["resource_ids"])),
        location=row["location"],
        client_id=row["client_id"],
        client_name=client_name(row, ground.company.get("name_order")),
        status_id=row["status_id"],
        status_name=row["status_name"],
        is_confirmed=row["is_confirmed"],
        is_cancelled=row["is_cancelled"],
        is_on_hold=row["is_on_hold"],
        colour=row["colour"],
    )


def _days(
    first: date, last: date, company: Mapping[str, Any], special: Iterable[asyncpg.Record]
) -> Iterator[DayAnswer]:
    """Yield the days of a range; hours that end as they begin are those of a closed day."""
    holidays = [each for each in special if each["is_holiday"]]
    work_week = company.get("work_week") or WORK_WEEK
    for day in (first + timedelta(days=n) for n in range((last - first).days + 1)):
        weekday = _WEEKDAYS[day.weekday()]
        hours = [
            Hours(opens=time.fromisoformat(each["opens"]), closes=time.fromisoformat(each["closes"]))
            for each in company.get("opening_hours") or ()
            if each["weekday"] == weekday and each["opens"] != each["closes"]
        ]
        yield DayAnswer(
            date=day,
            is_business_day=weekday in work_week,
            hours=sorted(hours, key=lambda each: each.opens),
            holidays=[each["description"] for each in holidays if each["date"] <= day <= each["end_date"]],
        )


def _conflicts(rows: Iterable[asyncpg.Record]) -> list[Conflict]:
    taken = (Taken(row["record_id"], slot) for row in rows if (slot := _slot(row)))
    return [
        Conflict(user_id=each.user_id, date=each.day, record_ids=each.record_ids)
        for each in double_bookings(taken)
    ]


def _slot(row: asyncpg.Record) -> Slot | None:
    """Return the time a booking takes of people: the whole day without a start, a moment without an end."""
    people = frozenset(str(each) for each in row["user_ids"])
    if row["is_cancelled"] or not people:
        return None
    start, end = row["start_time"], row["end_time"]
    if start is None:
        return Slot(row["date"].isoformat(), *_WHOLE_DAY, people)
    times = start.isoformat(), (end or start).isoformat()
    return Slot(row["date"].isoformat(), *times, people)
