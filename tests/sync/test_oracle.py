"""Random stories: at every consistent point a phone holds what a brute-force filter of the truth gives."""

import os
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest

from app.core.revisions import read_clock
from app.studio.preferences import ClientsScope, EmailBodies, MobilePreferences, People, TasksScope
from app.sync import feed, registry, upkeep
from app.sync.circumstances import Circumstances
from app.sync.compile import compile_near, compile_scope
from app.sync.cursor import Cursor
from app.sync.fields import PREVIEW_LENGTH, Part
from app.sync.page import Page
from app.sync.reader import Room
from app.sync.rendering import EMPTY, whole
from app.sync.scope import Rule
from app.sync.store import Write
from app.sync.transition import advance
from tests.samples import named, sample
from tests.sync.conftest import SEALER, Desk

STORIES = int(os.environ.get("STORIES", "40"))
STEPS = 45
START = date(2026, 3, 1)
DAYS = {
    "special_events": "date",
    "sessions": "date",
    "invoices": "invoice_date",
    "payments": "date",
    "tasks": "complete_date",
    "emails": "date",
}
CHILDREN = ("sessions", "invoices", "payments", "tasks", "emails")
NAMES = ("special_events", "clients", *CHILDREN)
Record = dict[str, Any]
Truth = dict[tuple[str, str], Record]


@dataclass
class Settings:
    """What a device's scope is compiled from, chosen by the story."""

    today: date
    user: str
    is_administrator: bool
    preferences: MobilePreferences


@dataclass
class Holder:
    """A phone whose scope the story decides."""

    desk: Desk
    device_id: UUID
    settings: Settings
    states: dict[str, dict[tuple[str, int], Record]]
    sealed: str | None = None
    held: dict[tuple[str, str], Record] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    removals: int = 0
    noise: int = 0

    async def page(self, room: Room, *, is_lost: bool) -> bool:
        """Fetch a page, keep it unless it is lost, and say whether the phone is now consistent."""
        async with self.desk.database.reading(self.desk.account_id) as session:
            clock = await read_clock(session)
            truth = await read_truth(session)
            cursor = SEALER.open(self.sealed) if self.sealed else self._first(clock)
            scope, near = await compiled(session, self.settings)
            page = Page(room)
            await advance(
                session,
                cursor,
                scope,
                near=near,
                now=clock.revision,
                device_id=self.device_id,
                page=page,
            )
        self._judge(page, scope, truth)
        if is_lost:
            return False
        if self.sealed is None:
            self.held.clear()
        self._keep(page)
        self.sealed = SEALER.seal(cursor)
        assert len(self.sealed) < 1_000, "a cursor stays small"
        if cursor.transit is None:
            self.check(truth)
            return True
        return False

    def _first(self, clock: Any) -> Cursor:
        return Cursor(b"owner ", b"bound ", b"epoch ", 0, None, clock.revision, {})

    def _judge(self, page: Page, scope: dict[int, Rule], truth: Truth) -> None:
        """No page says what it must not, consistent or not."""
        wanted = {key for key, _ in expected(self.settings, truth)}
        for name, record_id in named_in(page.evictions):
            assert self._was_allowed(record_id), "an evict names what the user was never allowed to see"
            assert (name, record_id) not in wanted, "an evict of a record that belongs"
            assert (name, record_id) in truth, "an evict of a record that does not exist"
        for name, record_id in named_in(page.deletions):
            assert (name, record_id) not in truth, "a del of a record that exists"
            assert self._was_allowed(record_id), "a del names what the user was never allowed to see"
        for number, bodies in page.puts.items():
            assert number in scope
            for body in bodies:
                key = (registry.numbered(number).name, orjson.loads(body)["id"])
                assert key in wanted, "a put outside the scope of now"

    def _was_allowed(self, record_id: str) -> bool:
        """Say whether the user once was allowed to see it, or the rights of now would have allowed it."""
        past = self.states.get(record_id, {})
        now = any(may_see(self.settings, name, each) for (name, _), each in past.items())
        return now or record_id in self.seen

    def _keep(self, page: Page) -> None:
        for number, bodies in page.puts.items():
            for body in bodies:
                record = orjson.loads(body)
                self.held[registry.numbered(number).name, record["id"]] = record
        for removed in (page.deletions, page.evictions):
            for key in named_in(removed):
                self.removals += 1
                self.noise += self.held.pop(key, None) is None

    def check(self, truth: Truth) -> None:
        """Compare with a filter over everything there is, contents included; parents are there."""
        held = {key: without_empty(key[0], record) for key, record in self.held.items()}
        assert held == {key: without_empty(key[0], record) for key, record in expected(self.settings, truth)}
        for (name, _), record in self.held.items():
            for parent in parents_of(name, record):
                assert parent in self.held, "a child without its parent"


def named_in(removed: dict[int, list[UUID]]) -> Iterator[tuple[str, str]]:
    for number, ids in removed.items():
        yield from ((registry.numbered(number).name, str(each)) for each in ids)


async def read_truth(session: Any) -> Truth:
    rows = await session.raw.fetch(
        "SELECT collection, record_id, core, parts FROM feed WHERE account_id = $1 AND NOT is_deleted",
        session.account_id,
    )
    return {
        (registry.numbered(row["collection"]).name, str(row["record_id"])): orjson.loads(
            whole(row["core"], row["parts"])
        )
        for row in rows
        if registry.numbered(row["collection"]).name in NAMES
    }


async def compiled(session: Any, settings: Settings) -> tuple[dict[int, Rule], dict[int, Rule]]:
    wanted = settings.preferences
    names = {settings.user, *registry.label_names(), *(str(each) for each in wanted.clients_group_ids)}
    numbers = await feed.known_numbers(session, names)
    me = numbers.get(settings.user, 0)
    given = Circumstances(
        today=settings.today,
        preferences=wanted,
        me=me,
        mine=(me,) if me else (),
        sees_private=settings.is_administrator,
        numbers=numbers,
        facts={"final_session_statuses": ()},
    )
    return compile_scope(given, list(NAMES)), compile_near(given, list(NAMES))


# The oracle: membership told from the records and the preferences, apart from anchors, rules and SQL.


def expected(settings: Settings, truth: Truth) -> Iterator[tuple[tuple[str, str], Record]]:
    latest = latest_days(truth)
    for (name, record_id), record in truth.items():
        if may_see(settings, name, record) and belongs(settings, name, record, latest.get(record_id, {})):
            yield (name, record_id), projected(settings.preferences, name, record)


def may_see(settings: Settings, name: str, record: Record) -> bool:
    if name != "tasks" or not record["is_private"] or settings.is_administrator:
        return True
    return settings.user in (record["assigned_by_id"], record["assigned_user_id"])


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


def since_of(settings: Settings, name: str) -> date | None:
    wanted = settings.preferences
    days = {
        "special_events": wanted.special_events_past_days,
        "sessions": wanted.sessions_past_days,
        "invoices": wanted.invoices_past_days,
        "payments": wanted.payments_past_days,
        "tasks": wanted.tasks_completed_days,
        "emails": wanted.emails_past_days,
    }[name]
    return None if days is None else settings.today - timedelta(days=days)


def latest_days(truth: Truth) -> dict[str, dict[str, list[date | None]]]:
    """Return all days of the descendants of each record, by kind."""
    found: dict[str, dict[str, list[date | None]]] = {}

    def tell(parent: str, name: str, day: date | None) -> None:
        found.setdefault(parent, {}).setdefault(name, []).append(day)

    for (name, _), record in truth.items():
        for parent_name, parent_id in parents_of(name, record):
            tell(parent_id, name, day_of(name, record))
            for above in parents_of(parent_name, truth[parent_name, parent_id]):
                tell(above[1], name, day_of(name, record))
    return found


def belongs(settings: Settings, name: str, record: Record, below: dict[str, list[date | None]]) -> bool:
    for kind, days in below.items():
        since = since_of(settings, kind)
        if any(day is None or since is None or day >= since for day in days):
            return True
    return (
        client_belongs(settings, record, below) if name == "clients" else is_in_window(settings, name, record)
    )


def client_belongs(settings: Settings, record: Record, below: dict[str, list[date | None]]) -> bool:
    wanted = settings.preferences
    if not wanted.include_prospects and record["client_number"] is None:
        return False
    if wanted.clients_scope is ClientsScope.GROUPS:
        return bool({str(each) for each in wanted.clients_group_ids} & set(record["group_ids"]))
    if wanted.clients_scope is ClientsScope.ACTIVITY and wanted.clients_activity_months:
        since = settings.today - timedelta(days=30 * wanted.clients_activity_months)
        days = [day for each in below.values() for day in each]
        made = date.fromisoformat(record["created_at"][:10])
        return made >= since or any(day is None or day >= since for day in days)
    return True


def is_in_window(settings: Settings, name: str, record: Record) -> bool:
    wanted, day, since = settings.preferences, day_of(name, record), since_of(settings, name)
    if name == "invoices" and record["invoice_type"] == "estimate" and not wanted.include_estimates:
        return False
    people = (record["photographer_id"], record["assistant_id"]) if name == "sessions" else ()
    if name == "sessions" and wanted.schedule_users is not People.EVERYONE and settings.user not in people:
        return False
    people = (record["assigned_by_id"], record["assigned_user_id"]) if name == "tasks" else ()
    if name == "tasks" and wanted.tasks_scope is TasksScope.MINE and settings.user not in people:
        return False
    if day is None:
        return True
    ahead = wanted.sessions_future_days if name == "sessions" else None
    if ahead is not None and day > settings.today + timedelta(days=ahead):
        return False
    return since is None or day >= since


def parents_of(name: str, record: Record) -> list[tuple[str, str]]:
    links = {"invoices": [("clients", "client_id"), ("clients", "bill_to_client_id")]}
    links["payments"] = [("clients", "client_id"), ("invoices", "invoice_id")]
    named_links = links.get(name, [("clients", "client_id")] if name in CHILDREN else [])
    return [(parent, record[link]) for parent, link in named_links if record[link]]


def without_empty(name: str, record: Record) -> Record:
    """Leave out parts that hold nothing: a part that is left out is not sent for being empty."""
    optional = {field for fields in named(name).part_names.values() for field in fields}
    return {key: value for key, value in record.items() if key not in optional or value not in EMPTY}


def projected(wanted: MobilePreferences, name: str, record: Record) -> Record:
    """Return a record without the parts that are not wanted."""
    parts = named(name).part_names
    content = set(parts.get(Part.CONTENT, ()))
    gone = set(() if wanted.include_notes else parts.get(Part.NOTES, ()))
    gone |= set(() if wanted.include_custom_fields else parts.get(Part.CUSTOM, ()))
    if (name == "emails" and wanted.email_bodies is EmailBodies.HEADERS) or (
        name == "invoices" and not wanted.invoice_lines
    ):
        gone |= content
    kept = {key: value for key, value in record.items() if key not in gone}
    if name == "emails" and wanted.email_bodies is EmailBodies.PREVIEW:
        kept |= {key: kept[key][:PREVIEW_LENGTH] for key in content if kept[key]}
    return kept


class Story:
    """One account, its records and its phones, moved by one seed."""

    def __init__(self, desk: Desk, seed: int) -> None:
        self.desk = desk
        self.dice = random.Random(seed)  # noqa: S311 - a story is told the same way each time
        self.today = START
        self.alive: dict[str, list[UUID]] = {name: [] for name in NAMES}
        self.groups = [self._id() for _ in range(3)]
        self.users = [self._id() for _ in range(3)]
        self.numbers = iter(range(1, 10_000))
        self.phones: list[Holder] = []
        self.states: dict[str, dict[tuple[str, int], Record]] = {}

    async def begin(self) -> None:
        groups = [Write("client_groups", each, sample("client_groups")) for each in self.groups]
        staff = [Write("staff", each, sample("staff")) for each in self.users]
        await self.desk.write(*groups, *staff)
        self.phones = [Holder(self.desk, self._id(), self.choose(), self.states) for _ in range(2)]

    def choose(self) -> Settings:
        dice = self.dice
        days: Callable[[], int | None] = lambda: dice.choice([None, 0, 3, 10, 20])  # noqa: E731
        return Settings(
            today=self.today,
            user=str(dice.choice(self.users)),
            is_administrator=dice.random() < 0.4,
            preferences=MobilePreferences(
                clients_scope=dice.choice(list(ClientsScope)),
                clients_activity_months=dice.choice([0, 1]),
                clients_group_ids=dice.sample(self.groups, dice.randint(0, 2)),
                include_prospects=dice.random() < 0.7,
                sessions_past_days=days(),
                sessions_future_days=days(),
                schedule_users=dice.choice([People.EVERYONE, People.EVERYONE, People.OWN]),
                special_events_past_days=days(),
                tasks_completed_days=days(),
                tasks_scope=dice.choice(list(TasksScope)),
                emails_past_days=days(),
                email_bodies=dice.choice(list(EmailBodies)),
                invoices_past_days=days(),
                payments_past_days=days(),
                include_estimates=dice.random() < 0.5,
                invoice_lines=dice.random() < 0.5,
                include_notes=dice.random() < 0.5,
                include_custom_fields=dice.random() < 0.7,
            ),
        )

    def _id(self) -> UUID:
        return UUID(int=self.dice.getrandbits(128), version=4)

    def _day(self) -> str:
        return str(self.today + timedelta(days=self.dice.randint(-30, 25)))

    def _maybe(self, ids: list[UUID]) -> str | None:
        return str(self.dice.choice(ids)) if ids and self.dice.random() < 0.8 else None

    async def step(self) -> None:
        verbs = [self.add, self.change, self.remove, self.rescope, self.let_days_pass, self.sync]
        await self.dice.choices(verbs, [6, 8, 3, 2, 1, 7])[0]()
        async with self.desk.database.reading(self.desk.account_id) as session:
            truth = await read_truth(session)
        for (name, record_id), record in truth.items():
            self.states.setdefault(record_id, {})[name, record["revision"]] = record
        for phone in self.phones:
            phone.seen |= {key[1] for key, each in truth.items() if may_see(phone.settings, key[0], each)}

    async def add(self) -> None:
        writes = []
        for _ in range(self.dice.randint(1, 4)):
            name = self.dice.choice(NAMES)
            if name == "sessions" and not self.alive["clients"]:
                name = "clients"
            record_id = self._id()
            writes.append(Write(name, record_id, {**sample(name), **self.fields(name)}))
            self.alive[name].append(record_id)
        await self.desk.write(*writes)

    def fields(self, name: str) -> Record:
        """Choose what trimming looks at."""
        dice = self.dice
        made: Record = {}
        if name in CHILDREN:
            made["client_id"] = self._maybe(self.alive["clients"])
        if name in DAYS:
            made[DAYS[name]] = self._day()
        if name == "special_events":
            made["end_date"] = None
        if name == "clients":
            made["group_ids"] = [str(each) for each in dice.sample(self.groups, dice.randint(0, 2))]
            made["client_number"] = next(self.numbers) if dice.random() < 0.6 else None
        if name == "sessions":
            made["client_id"] = str(dice.choice(self.alive["clients"]))
            made["photographer_id"] = self._maybe(self.users)
        if name == "tasks":
            made["assigned_by_id"], made["assigned_user_id"] = (
                self._maybe(self.users),
                self._maybe(self.users),
            )
            made["is_private"] = dice.random() < 0.4
            made["complete_date"] = self._day() if dice.random() < 0.7 else None
        if name == "emails":
            made["is_unread"] = dice.random() < 0.2
            made["body"] = "long " * dice.choice([0, 10, 1000])
        if name == "invoices":
            made |= self._invoice()
        if name == "payments":
            made["invoice_id"] = self._maybe(self.alive["invoices"])
            made["state"] = dice.choice(["approved", "voided"])
        return made

    def _invoice(self) -> Record:
        kind = self.dice.choice(["initial_order", "estimate"])
        owed = 0 if kind == "estimate" else 9180
        paid = self.dice.choice([0, owed])
        return {
            "invoice_type": kind,
            "bill_to_client_id": self._maybe(self.alive["clients"]),
            "subtotal": 8500,
            "tax": 680,
            "total": 9180,
            "paid": paid,
            "balance_due": owed - paid,
        }

    async def change(self) -> None:
        name = self.dice.choice(NAMES)
        if self.alive[name]:
            fields = self.fields(name)
            if name == "clients":
                fields["last_name"] = str(self.dice.random())
            if self.dice.random() < 0.4:
                fields = {key: fields[key] for key in list(fields)[:1] if name != "invoices"} or fields
            await self.desk.put(name, self.dice.choice(self.alive[name]), **fields)

    async def remove(self) -> None:
        name = self.dice.choice(("special_events", "sessions", "payments", "tasks", "emails"))
        if self.alive[name]:
            record_id = self.dice.choice(self.alive[name])
            self.alive[name].remove(record_id)
            await self.desk.delete(name, record_id)

    async def rescope(self) -> None:
        phone = self.dice.choice(self.phones)
        user, chosen = phone.settings.user, self.choose()
        phone.settings = chosen
        phone.settings.user = user

    async def let_days_pass(self) -> None:
        self.today += timedelta(days=self.dice.choice([1, 1, 2, 9]))
        for phone in self.phones:
            phone.settings.today = self.today

    async def sync(self) -> None:
        phone = self.dice.choice(self.phones)
        room = Room(self.dice.choice([1, 2, 3, 5, 1000]), self.dice.choice([1, 5_000, 10**7]))
        for _ in range(self.dice.randint(1, 6)):
            if await phone.page(room, is_lost=self.dice.random() < 0.2):
                return

    async def finish(self) -> None:
        for phone in self.phones:
            while not await phone.page(Room(3, 10**7), is_lost=False):
                pass


@pytest.mark.parametrize("seed", range(STORIES))
async def test_a_phone_holds_what_it_should_at_every_consistent_point(desk: Desk, seed: int) -> None:
    story = Story(desk, seed)
    await story.begin()
    for _ in range(STEPS):
        await story.step()
    await story.finish()
    assert await upkeep.verify(desk.database, desk.who) == 0


async def test_the_end_is_the_same_however_the_way_is_cut(desk: Desk) -> None:
    story = Story(desk, 1)
    await story.begin()
    for _ in range(30):
        await story.add()
    settings = Settings(START, str(story.users[0]), is_administrator=True, preferences=MobilePreferences())
    held = []
    for rows in (1, 2, 7, 5_000):
        phone = Holder(desk, story.phones[0].device_id, settings, story.states)
        while not await phone.page(Room(rows, 10**7), is_lost=False):
            pass
        held.append(phone.held)
        assert phone.removals == 0
    assert all(each == held[0] for each in held)
