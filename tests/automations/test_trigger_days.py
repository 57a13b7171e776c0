"""By days a trigger fires once for each record, on the company's own day, and never for the past."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from random import Random
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest
from fastapi import FastAPI

from app.accounts.lifecycle import create_account
from app.accounts.models import Edition
from app.accounts.standing import acting
from app.accounts.users import NewUser
from app.automations.jobs import look_after
from app.automations.made import Made
from app.automations.reaching import Act
from app.automations.triggers import saving
from app.automations.triggers.days import base_on, due_at
from app.automations.triggers.kinds import SPECS, Kind
from app.automations.triggers.schemas import TriggerMakeRequest
from app.core import clock
from app.core.db import Database
from app.core.principal import Principal
from app.sync import records
from app.sync.store import Write, write
from tests.accounts.studios import PASSWORD
from tests.automations.triggering import MONDAY, Json, Scene, at, new_scene
from tests.facts import Property
from tests.samples import sample

LATER, EARLIER = "2900-01-01", "1900-01-01"
ANNUAL = {"birthday", "anniversary"}
TIMES = [time(0), time(0, 30), time(1, 30), time(2, 15), time(9), time(23, 45)]
LATE = timedelta(days=3)
Key = tuple[UUID, UUID, str]
Place = tuple[UUID, Kind, str]
"""A day of a record, by the kind of trigger that goes by it."""


@pytest.fixture(scope="module")
async def shared(database: Database, house: FastAPI, http: httpx.AsyncClient) -> AsyncIterator[Scene]:
    """Make a studio for all tests of this module."""
    async with new_scene(database, house, http) as made:
        yield made


@pytest.fixture
async def scene(shared: Scene) -> AsyncIterator[Scene]:
    """Return it with no trigger, on a Monday."""
    await shared.begins()
    yield shared
    clock.hold(None)


@pytest.mark.parametrize(
    ("zone", "day", "clock_time", "expected"),
    [
        ("America/New_York", "2027-03-14", "02:30", "2027-03-14T07:00:00+00:00"),
        ("America/New_York", "2027-11-07", "01:30", "2027-11-07T05:30:00+00:00"),
        ("Australia/Lord_Howe", "2027-10-03", "02:15", "2027-10-02T15:30:00+00:00"),
        ("America/Santiago", "2027-09-05", "00:30", "2027-09-05T04:00:00+00:00"),
        ("Pacific/Apia", "2011-12-30", "09:00", "2011-12-30T10:00:00+00:00"),
        ("Europe/London", "2027-07-01", "09:00", "2027-07-01T08:00:00+00:00"),
    ],
)
def test_a_time_no_clock_shows_is_behind_the_gap(zone: str, day: str, clock_time: str, expected: str) -> None:
    found = due_at(date.fromisoformat(day), time.fromisoformat(clock_time), zone)
    assert found == at(expected)


@pytest.mark.parametrize(
    ("born", "day", "comes_back"),
    [
        ("1996-02-29", "2027-02-28", True),
        ("1996-02-29", "2028-02-28", False),
        ("1996-02-29", "2028-02-29", True),
        ("1996-02-29", "2027-03-01", False),
        ("1984-06-21", "2027-06-21", True),
        ("2027-06-21", "2027-06-21", False),
    ],
)
def test_a_birthday_comes_back_each_year(born: str, day: str, *, comes_back: bool) -> None:
    for offset in (0, -7, 30):
        fires = date.fromisoformat(day) + timedelta(days=offset)
        found = base_on("birthday", date.fromisoformat(born), fires, offset)
        assert found == (date.fromisoformat(day) if comes_back else None)


async def _expiring(scene: Scene, **said: object) -> Json:
    usual = {"on_field": "web_expire_date", "offset_days": -7, "at_time": "09:00:00"}
    return await scene.trigger("session_date", **{**usual, **said})


async def test_what_is_pushed_late_goes_by_its_day(scene: Scene) -> None:
    await scene.holds(MONDAY - timedelta(days=3))
    await _expiring(scene)
    await scene.runs()
    await scene.holds(MONDAY)
    for day in ("2027-05-09", "2027-05-10", "2027-05-11"):
        await scene.session(web_expire_date=day, description=day)
    await scene.runs()
    assert [(each["title"], each["state"]) for each in await scene.queue() if each["state"] != "skipped"] == [
        ("2027-05-10", "processed")
    ]
    await scene.holds(at("2027-05-04T14:59:00+00:00"))
    await scene.runs()
    assert len([each for each in await scene.queue() if each["state"] == "processed"]) == 1
    await scene.holds(at("2027-05-04T15:00:00+00:00"))
    await scene.runs()
    assert [each["title"] for each in await scene.queue() if each["state"] == "processed"] == [
        "2027-05-10",
        "2027-05-11",
    ]


async def test_a_date_that_is_moved_is_another_and_the_old_one_is_none(scene: Scene) -> None:
    await _expiring(scene)
    first, second = (
        await scene.session(web_expire_date="2027-05-11"),
        await scene.session(web_expire_date="2027-05-11"),
    )
    await scene.holds(at("2027-05-04T08:00:00+00:00"))
    await scene.runs()
    await scene.writes("sessions", first, web_expire_date="2027-05-14")
    await scene.holds(at("2027-05-04T15:00:00+00:00"))
    await scene.runs()
    await scene.writes("sessions", second, web_expire_date="2027-05-14")
    for day in ("05", "06", "07", "08"):
        await scene.holds(at(f"2027-05-{day}T15:00:00+00:00"))
        await scene.runs()
    queue = [each for each in await scene.queue() if each["record_id"] in {first, second}]
    told = {(each["record_id"], each["state"], each["code"]) for each in queue}
    assert told == {
        (first, "skipped", "no_longer_so"),
        (first, "processed", None),
        (second, "processed", None),
    }
    assert len(queue) == 4


async def test_a_time_of_today_that_is_past_is_the_past(scene: Scene) -> None:
    booked = await scene.session(date="2027-05-03")
    morning = await scene.trigger("session_date", on_field="date", at_time="09:00:00")
    evening = await scene.trigger("session_date", on_field="date", at_time="18:00:00")
    await scene.runs()
    assert [(each["trigger_id"], each["record_id"]) for each in await scene.queue()] == [
        (evening["id"], booked)
    ]
    await scene.asks("POST", f"triggers/{evening['id']}/deactivate")
    await scene.asks("POST", f"triggers/{evening['id']}/activate")
    await scene.asks("POST", f"triggers/{morning['id']}/deactivate")
    await scene.asks("POST", f"triggers/{morning['id']}/activate")
    await scene.runs()
    assert await scene.states() == [("skipped", "inactive")]


async def test_what_came_while_it_was_switched_off_is_the_past(scene: Scene) -> None:
    made = await scene.trigger("session_date", on_field="status_due_date", at_time="09:00:00")
    await scene.asks("POST", f"triggers/{made['id']}/deactivate")
    await scene.session(status_due_date="2027-05-04")
    await scene.holds(MONDAY + timedelta(days=1))
    await scene.asks("POST", f"triggers/{made['id']}/activate")
    await scene.runs()
    assert await scene.queue() == []


async def test_a_reminder_of_what_is_past_is_over_also_by_hand(scene: Scene) -> None:
    made = await _expiring(scene, is_automatic=False, offset_days=-1)
    await scene.session(web_expire_date="2027-05-05")
    await scene.holds(at("2027-05-04T15:00:00+00:00"))
    await scene.runs()
    await scene.holds(at("2027-05-06T15:00:00+00:00"))
    told = await scene.asks("POST", "trigger-queue/process", {"trigger_id": made["id"]})
    assert [(each["state"], each["code"]) for each in told["results"]] == [("skipped", "over")]


async def test_another_zone_is_looked_through_at_once(scene: Scene) -> None:
    await scene.trigger("session_date", on_field="date", at_time="09:00:00")
    booked = await scene.session(date="2027-05-04")
    await scene.runs()
    assert await scene.queue() == []
    for zone in ("Pacific/Kiritimati", "America/Denver"):
        await scene.writes("companies", str(scene.account_id), time_zone=zone)
        assert (due := await scene.due()) is not None
        assert due <= clock.now()
        await scene.runs()
        [entry] = await scene.queue()
        assert (entry["record_id"], entry["due_at"]) == (booked, "2027-05-03T19:00:00Z")


@dataclass(frozen=True, slots=True)
class Watched:
    """A trigger as the model has it."""

    trigger_id: UUID
    kind: Kind
    on_field: str
    offset: int
    at_time: time


@dataclass
class Model:
    """What must come of triggers, worked out by walking through the days."""

    zone: str
    since: datetime
    triggers: list[Watched]
    seen_to: date
    values: dict[Place, date] = field(default_factory=dict)
    waits: dict[Key, datetime] = field(default_factory=dict)
    fresh: set[Key] = field(default_factory=set)
    ended: dict[Key, tuple[str, datetime]] = field(default_factory=dict)

    def today(self, now: datetime) -> date:
        return now.astimezone(ZoneInfo(self.zone)).date()

    def runs(self, now: datetime) -> None:
        """Go through the days nobody has seen, then through what is due."""
        today, day = self.today(now), max(self.seen_to, self.today(now) - timedelta(days=4))
        while day < today:
            day += timedelta(days=1)
            for trigger, record_id, value in self._held():
                self._fires(trigger, record_id, value, day, is_written=False)
        self.seen_to = max(self.seen_to, today)
        self._judge(now)

    def writes(self, now: datetime, record: Place, value: date) -> None:
        """Give a record a day; of what lies before today nothing is to come."""
        self.values[record] = value
        for trigger, its_id, _ in self._held():
            if (its_id, trigger.kind, trigger.on_field) == record:
                self._fires(trigger, its_id, value, self.today(now), is_written=True)

    def _held(self) -> Iterator[tuple[Watched, UUID, date]]:
        for trigger in self.triggers:
            for (record_id, *of), value in self.values.items():
                if of == [trigger.kind, trigger.on_field]:
                    yield trigger, record_id, value

    def _fires(self, trigger: Watched, record_id: UUID, value: date, day: date, *, is_written: bool) -> None:
        base, due = day - timedelta(days=trigger.offset), first_moment(day, trigger.at_time, self.zone)
        if not comes(trigger.on_field, value, base) or due < self.since:
            return
        key = trigger.trigger_id, record_id, f"{trigger.on_field}:{base}"
        if is_written and self.ended.get(key, ("", due))[0] == "no_longer_so":
            del self.ended[key]
        if key not in self.ended and key not in self.waits:
            self.waits[key] = due
            self.fresh.add(key)

    def _judge(self, now: datetime) -> None:
        """Look at what is new, and once more at what is due."""
        looked_at = [(key, due) for key, due in self.waits.items() if key in self.fresh or due <= now]
        self.fresh.clear()
        for key, due in looked_at:
            trigger = next(each for each in self.triggers if each.trigger_id == key[0])
            base = date.fromisoformat(key[2].rpartition(":")[2])
            why = None
            if not comes(trigger.on_field, self.values[key[1], trigger.kind, trigger.on_field], base):
                why = "no_longer_so"
            elif (trigger.offset < 0 and base < self.today(now)) or now > due + LATE:
                why = "over"
            if why or due <= now:
                del self.waits[key]
                self.ended[key] = why or "processed", now


def comes(name: str, value: date, day: date) -> bool:
    """Say whether a day is that of a record: each year, where it comes back."""
    if name not in ANNUAL:
        return value == day
    is_kept = value.month == 2 and value.day == 29 and (day + timedelta(days=1)).day == 1 and day.month == 2
    return value.year < day.year and ((value.month, value.day) == (day.month, day.day) or is_kept)


@lru_cache(maxsize=10_000)
def first_moment(day: date, clock_time: time, zone: str) -> datetime:
    """Return the first minute at which clocks show a time of a day, or a later one."""
    there, wanted = ZoneInfo(zone), datetime.combine(day, clock_time)
    moment = wanted.replace(tzinfo=UTC) - timedelta(hours=15)
    while moment.astimezone(there).replace(tzinfo=None) < wanted:
        moment += timedelta(minutes=1)
    return moment


ZONES = [
    ("America/New_York", "2027-02-20"),
    ("Europe/London", "2028-02-20"),
    ("Australia/Lord_Howe", "2027-03-20"),
    ("Pacific/Apia", "2011-12-10"),
    ("America/Santiago", "2027-08-25"),
]
"""Zones, each with a day somewhat before its clocks are changed; the second begins in a leap year."""


@pytest.mark.parametrize(
    ("zone", "first", "days", "many"),
    [
        ("Pacific/Apia", "2011-12-10", 30, 6),
        *(pytest.param(zone, first, 366, 8, marks=pytest.mark.proof) for zone, first in ZONES),
    ],
)
async def test_days_go_by_and_each_comes_once(
    database: Database, *, zone: str, first: str, days: int, many: int, record_property: Property
) -> None:
    dice = Random(f"{zone} {days}")  # noqa: S311 - a repeatable run
    begin = first_moment(date.fromisoformat(first), time(10, 30), zone)
    clock.hold(begin)
    try:
        life = await Life.begins(database, zone, many, dice)
        for before, after in pairwise(_moments(dice, begin, days)):
            assert after > before
            await life.goes_on(after)
        await life.holds()
        record_property("counted: days on which triggers were to fire", len(life.model.ended))
        assert sum(state == "processed" for state, _ in life.model.ended.values()) >= days / 10
    finally:
        clock.hold(None)


def _moments(dice: Random, begin: datetime, days: int) -> Iterator[datetime]:
    """Yield when somebody is at work: at random minutes, some times a day, or after up to three days."""
    moment, end = begin, begin + timedelta(days=days)
    while moment < end:
        yield moment
        gap = dice.choice([60, 300, 700, 1_440, 4_320])
        moment += timedelta(minutes=dice.randint(1, gap))


@dataclass
class Life:
    """An account whose triggers are at work, beside the model of what must come of them."""

    database: Database
    account_id: UUID
    dice: Random
    model: Model
    records: list[Place]

    @classmethod
    async def begins(cls, database: Database, zone: str, many: int, dice: Random) -> "Life":
        account = await create_account(
            database,
            account_name=f"z{uuid4().hex}",
            company_name="Studio of a zone",
            time_zone=zone,
            country="US",
            edition=Edition.PROFESSIONAL,
            licences=1,
            administrator=NewUser("JD", PASSWORD, "Jo", "Doe"),
        )
        names = [(kind, name) for kind in Kind for name in SPECS[kind].on_fields]
        annual = [each for each in names if each[1] in ANNUAL]
        chosen = [*annual, *dice.sample([each for each in names if each not in annual], many - len(annual))]
        model = Model(zone, clock.now(), [], clock.day_of(clock.now(), zone) - timedelta(days=1))
        life = cls(database, account.account_id, dice, model, [])
        for kind, name in chosen:
            await life.watches(kind, name)
        for kind, name in chosen:
            for ahead in (20, 22, None):
                await life.has(kind, name)
                if ahead:
                    # About then clocks are changed, and one zone leaves out a day.
                    await life.gives(life.records[-1], life.model.today(clock.now()) + timedelta(days=ahead))
        return life

    async def watches(self, kind: Kind, name: str) -> None:
        """Make a trigger."""
        offset, moment = self.dice.choice([0, 0, *range(-30, 31)]), self.dice.choice(TIMES)
        wanted = TriggerMakeRequest(
            name=name,
            kind=kind.value,
            on_field=name,
            offset_days=offset,
            at_time=moment,
            action=Act.CALL,
            made=Made(subject="Call"),
        )
        async with self.database.writing(self.account_id) as session:
            row = await saving.make(await acting(session, Principal.system(self.account_id)), wanted)
        self.model.triggers.append(Watched(row.trigger_id, kind, name, offset, moment))

    async def has(self, kind: Kind, name: str) -> None:
        """Have a record."""
        collection = SPECS[kind].about
        client, record = uuid4(), uuid4()
        nothing = {"birthday": None, "anniversary": None}
        phone = {"id": str(uuid4()), "label": "Mobile", "number": "(518) 555-0123", "is_sms_enabled": False}
        writes = [Write("clients", client, sample("clients", phones=[phone], **nothing))]
        if collection == "clients":
            record = client
        else:
            bounds = {"start_date": EARLIER, "due_date": LATER} if collection == "tasks" else {}
            invoice = {"invoice_type": "generic", "invoice_date": EARLIER}
            more = invoice if collection == "invoices" else bounds
            words = {"tasks": {"subject": "A task"}, "appointments": {"description": "Call", "date": EARLIER}}
            fields = {"client_id": str(client), **more, **words.get(collection, {})}
            writes.append(Write(collection, record, fields))
        async with self.database.writing(self.account_id) as session:
            await write(session, Principal.system(self.account_id), writes)
        self.records.append((record, kind, name))
        async with self.database.reading(self.account_id) as session:
            found = await records.find(session, collection, record)
        # A status that it starts with is due some day.
        if found and found[name]:
            self.model.writes(clock.now(), (record, kind, name), date.fromisoformat(found[name]))

    async def goes_on(self, now: datetime) -> None:
        """Be at work at a moment, perhaps twice at once; then perhaps a record is given another day."""
        clock.hold(now)
        twice = self.dice.random() < 0.1
        works = [look_after(self.database, self.account_id, None) for _ in range(1 + twice)]
        assert all(await asyncio.gather(*works))
        self.model.runs(now)
        if self.dice.random() < 0.6:
            fires = self.model.today(now) + timedelta(days=self.dice.randint(-2, 6))
            await self.gives(self.dice.choice(self.records), fires)

    async def gives(self, record: Place, fires: date) -> None:
        """Give a record a day by which its trigger fires on another."""
        record_id, kind, name = record
        value = self._day(kind, name, fires)
        change = Write(SPECS[kind].about, record_id, {name: value.isoformat()})
        async with self.database.writing(self.account_id) as session:
            await write(session, Principal.system(self.account_id), [change])
        self.model.writes(clock.now(), record, value)

    def _day(self, kind: Kind, name: str, fires: date) -> date:
        offset = next(it.offset for it in self.model.triggers if (it.kind, it.on_field) == (kind, name))
        near = fires - timedelta(days=offset)
        if name not in ANNUAL:
            return near
        if self.dice.random() < 0.2:
            return date(1996, 2, 29)
        year = self.dice.choice([1980, 1996, near.year - 1, near.year])
        return near.replace(year=year) if (near.month, near.day) != (2, 29) else date(1996, 2, 29)

    async def holds(self) -> None:
        """Compare what has become of all with what must have."""
        sql = "SELECT * FROM trigger_occurrences WHERE account_id = $1"
        async with self.database.reading(self.account_id) as session:
            rows = await session.raw.fetch(sql, self.account_id)
            made = await session.raw.fetchval(
                "SELECT count(*) FROM phone_calls WHERE account_id = $1", self.account_id
            )
        found = {
            (row["trigger_id"], row["record_id"], row["key"]): (row["code"] or row["state"], row["ended_at"])
            for row in rows
            if row["state"] not in {"raised", "waiting"}
        }
        assert self.model.ended == found
        assert made == sum(state == "processed" for state, _ in found.values())
