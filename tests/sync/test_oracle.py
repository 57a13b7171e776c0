"""Random stories: at every consistent point a phone holds what a brute-force filter of the truth gives."""

import os
import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest

from app.sync import registry, upkeep
from app.sync.cursor import Cursor
from app.sync.page import Page
from app.sync.reader import Room
from app.sync.rendering import whole
from app.sync.scope import Rule
from app.sync.store import Write
from app.sync.transition import advance
from tests.samples import named, sample
from tests.sync.conftest import SEALER, Desk, read_clock

STORIES = int(os.environ.get("STORIES", "25"))
STEPS = 40
TODAY = date(2026, 3, 1)
COLLECTIONS = ("special_events", "clients", "sessions")
Scope = dict[int, Rule]


@dataclass
class Holder:
    """A phone whose scope the story decides."""

    desk: Desk
    device_id: UUID
    scope: Scope
    sealed: str | None = None
    held: dict[tuple[int, UUID], bytes] = field(default_factory=dict)
    removals: int = 0
    noise: int = 0

    async def page(self, room: Room, *, is_lost: bool) -> bool:
        """Fetch a page, keep it unless it is lost, and say whether the phone is now consistent."""
        async with self.desk.database.reading(self.desk.account_id) as session:
            clock = await read_clock(session)
            cursor = SEALER.open(self.sealed) if self.sealed else self._first(clock)
            page = Page(room)
            await advance(
                session, cursor, self.scope, now=clock.revision, device_id=self.device_id, page=page
            )
        if is_lost:
            return False
        if self.sealed is None:
            self.held.clear()
        self._keep(page)
        self.sealed = SEALER.seal(cursor)
        return cursor.transit is None

    def _first(self, clock: Any) -> Cursor:
        return Cursor(self.desk.account_id, None, None, clock.epoch, None, clock.revision, {})

    def _keep(self, page: Page) -> None:
        for number, bodies in page.puts.items():
            for body in bodies:
                self.held[number, UUID(orjson.loads(body)["id"])] = body
        for removed in (page.deletions, page.evictions):
            for number, ids in removed.items():
                for record_id in ids:
                    self.removals += 1
                    self.noise += self.held.pop((number, record_id), None) is None


def choose_scope(dice: random.Random) -> Scope:
    scope: Scope = {}
    for name in COLLECTIONS:
        if dice.random() < 0.85:
            lo = TODAY + timedelta(days=dice.randint(-20, 0)) if dice.random() < 0.7 else date.min
            hi = TODAY + timedelta(days=dice.randint(0, 20)) if dice.random() < 0.5 else date.max
            scope[named(name).number] = Rule(lo, hi)
    return scope


class Story:
    """One account, its records and its phones, moved by one seed."""

    def __init__(self, desk: Desk, seed: int) -> None:
        self.desk = desk
        self.dice = random.Random(seed)  # noqa: S311 - a story is told the same way each time
        self.alive: dict[str, list[UUID]] = {name: [] for name in COLLECTIONS}
        self.phones = [Holder(desk, self._id(), choose_scope(self.dice)) for _ in range(2)]

    def _id(self) -> UUID:
        return UUID(int=self.dice.getrandbits(128), version=4)

    def _day(self) -> str:
        return str(TODAY + timedelta(days=self.dice.randint(-30, 30)))

    async def step(self) -> None:
        phone = self.dice.choice(self.phones)
        verb = self.dice.choices(
            [self.add, self.move, self.rename, self.remove, self.rescope, self.sync], [6, 5, 3, 3, 2, 6]
        )[0]
        await verb(phone)

    async def add(self, _: Holder) -> None:
        writes = []
        for _n in range(self.dice.randint(1, 4)):
            name = self.dice.choice(COLLECTIONS)
            if name == "sessions" and not self.alive["clients"]:
                name = "clients"
            record_id = self._id()
            fields = sample(name)
            if name != "clients":
                fields["date"] = self._day()
            if name == "special_events":
                fields["end_date"] = None
            if name == "sessions":
                fields["client_id"] = str(self.dice.choice(self.alive["clients"]))
                if self.dice.random() < 0.1:
                    fields |= {"date": None, "start_time": None, "end_time": None}
            self.alive[name].append(record_id)
            writes.append(Write(name, record_id, fields))
        await self.desk.write(*writes)

    async def move(self, _: Holder) -> None:
        name = self.dice.choice(("special_events", "sessions"))
        if self.alive[name]:
            await self.desk.put(name, self.dice.choice(self.alive[name]), date=self._day())

    async def rename(self, _: Holder) -> None:
        if self.alive["clients"]:
            await self.desk.put(
                "clients", self.dice.choice(self.alive["clients"]), last_name=str(self.dice.random())
            )

    async def remove(self, _: Holder) -> None:
        name = self.dice.choice(("special_events", "sessions"))
        if self.alive[name]:
            record_id = self.dice.choice(self.alive[name])
            self.alive[name].remove(record_id)
            await self.desk.delete(name, record_id)

    async def rescope(self, phone: Holder) -> None:
        phone.scope = choose_scope(self.dice)

    async def sync(self, phone: Holder) -> None:
        room = Room(self.dice.choice([1, 2, 3, 5, 1000]), self.dice.choice([1, 5_000, 10**7]))
        for _ in range(self.dice.randint(1, 5)):
            if await phone.page(room, is_lost=self.dice.random() < 0.2):
                await self.check(phone)
                return

    async def finish(self) -> None:
        for phone in self.phones:
            while not await phone.page(Room(3, 10**7), is_lost=False):
                pass
            await self.check(phone)

    async def check(self, phone: Holder) -> None:
        """Compare with a filter over everything there is, contents included."""
        async with self.desk.database.reading(self.desk.account_id) as session:
            rows = await session.raw.fetch(
                "SELECT collection, record_id, day, core, parts FROM feed"
                " WHERE account_id = $1 AND NOT is_deleted",
                self.desk.account_id,
            )
        truth = {
            (row["collection"], row["record_id"]): whole(row["core"], row["parts"])
            for row in rows
            if row["collection"] in phone.scope and _lies(row["day"], phone.scope[row["collection"]])
        }
        assert phone.held == truth


def _lies(day: date, rule: Rule) -> bool:
    """Written apart from the engine's own test of membership."""
    if day == date.max:
        return True
    return not (day < rule.lo or day > rule.hi)


@pytest.mark.parametrize("seed", range(STORIES))
async def test_a_phone_holds_what_it_should_at_every_consistent_point(desk: Desk, seed: int) -> None:
    story = Story(desk, seed)
    for _ in range(STEPS):
        await story.step()
    await story.finish()
    assert await upkeep.verify(desk.database, desk.who) == 0


async def test_the_end_is_the_same_however_the_way_is_cut(desk: Desk) -> None:
    story = Story(desk, 1)
    for _ in range(30):
        await story.add(story.phones[0])
    scope = {each.number: Rule() for each in registry.collections()}
    held = []
    for rows in (1, 2, 7, 5_000):
        phone = Holder(desk, story.phones[0].device_id, scope)
        while not await phone.page(Room(rows, 10**7), is_lost=False):
            pass
        held.append(phone.held)
        assert phone.removals == 0
    assert all(each == held[0] for each in held)
