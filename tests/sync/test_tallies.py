"""Tallies: whatever is written, they are what the feed comes to, counted here without their SQL."""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.sync import tallies, upkeep
from app.sync.anchors import ALWAYS, Anchors
from app.sync.feed import anchors_of
from app.sync.scope import Rule
from app.sync.store import Write
from app.sync.tallies import Counted
from tests.samples import named, sample
from tests.sync.conftest import Desk, Phone

Counting = tuple[int, int, date, tuple[int, ...]]
STORIES, STEPS = 6, 40
DAYS = {"sessions": "date", "payments": "date", "tasks": "complete_date", "emails": "date"}


class Studio:
    """Writes whatever tallies look at, told by one seed."""

    def __init__(self, desk: Desk, seed: int) -> None:
        self.desk = desk
        self.dice = random.Random(seed)  # noqa: S311 - a story is told the same way each time
        self.alive: dict[str, list[UUID]] = {name: [] for name in ("clients", *DAYS)}
        self.groups, self.users = ([self._id() for _ in range(3)] for _ in range(2))

    async def begin(self) -> None:
        groups = [Write("client_groups", each, sample("client_groups")) for each in self.groups]
        await self.desk.write(*groups, *(Write("staff", each, sample("staff")) for each in self.users))

    async def add(self) -> None:
        name = self.dice.choice(list(self.alive) if self.alive["clients"] else ["clients"])
        await self.bring(name, self._id())

    async def bring(self, name: str, record_id: UUID) -> None:
        await self.desk.put(name, record_id, **{**sample(name), **self._fields(name)})
        self.alive[name].append(record_id)

    async def change(self) -> None:
        name = self.dice.choice(list(self.alive))
        if self.alive[name]:
            await self.desk.put(name, self.dice.choice(self.alive[name]), **self._fields(name))

    async def remove(self) -> tuple[str, UUID] | None:
        name = self.dice.choice(list(DAYS))
        if not self.alive[name]:
            return None
        record_id = self.dice.choice(self.alive[name])
        self.alive[name].remove(record_id)
        await self.desk.delete(name, record_id)
        return name, record_id

    def _fields(self, name: str) -> dict[str, Any]:
        dice = self.dice
        if name == "clients":
            groups = [str(each) for each in dice.sample(self.groups, dice.randint(0, 2))]
            return {"group_ids": groups, "notes": "long " * dice.randint(0, 9)}
        day = str(date(2026, 3, 1) + timedelta(days=dice.randint(-60, 60)))
        made: dict[str, Any] = {DAYS[name]: day, "client_id": str(dice.choice(self.alive["clients"]))}
        if name == "tasks":
            made |= {"assigned_user_id": str(dice.choice(self.users)), "is_private": dice.random() < 0.4}
            made[DAYS[name]] = dice.choice([None, day])
        return made

    def _id(self) -> UUID:
        return UUID(int=self.dice.getrandbits(128), version=4)


async def counted_by_hand(desk: Desk) -> Counter[Counting]:
    async with desk.database.reading(desk.account_id) as session:
        rows = await session.raw.fetch(
            "SELECT * FROM feed WHERE account_id = $1 AND NOT is_deleted", desk.account_id
        )
    found: Counter[Counting] = Counter()
    for row in rows:
        for kind, day, numbers, amount in told(anchors_of(row), row["sizes"]):
            found[row["collection"], kind, day if day == ALWAYS else day.replace(day=1), numbers] += amount
    return Counter({key: amount for key, amount in found.items() if amount})


def told(anchors: Anchors, sizes: list[int]) -> Iterator[tuple[int, date, tuple[int, ...], int]]:
    day = anchors.day
    yield Counted.RECORDS, day, (), 1
    for place, size in enumerate(sizes, 1):
        yield Counted.BYTES, day, (place,), size
    if anchors.labels:
        yield Counted.LABELS, day, anchors.labels, 1
    if anchors.owners:
        yield Counted.OWNERS, day, anchors.owners, 1
    if anchors.private:
        yield Counted.PRIVATE, day, anchors.owners, 1
    below = [(latest, -slot) for slot, latest in enumerate(anchors.latest, 1) if latest]
    for latest, slot in below:
        yield Counted.LATEST, latest, (-slot,), 1
    if below:
        last, slot = max(below)
        yield Counted.LAST, last, (-slot,), 1
        if last > day:
            yield Counted.ACTIVITY, last, (-slot,), 1
            yield Counted.ACTIVITY, day, (0,), -1


async def kept(desk: Desk) -> Counter[Counting]:
    async with desk.database.reading(desk.account_id) as session:
        rows = await session.raw.fetch("SELECT * FROM feed_tallies WHERE account_id = $1", desk.account_id)
    return Counter(
        {
            (row["collection"], row["kind"], row["month"], tuple(row["numbers"])): row["amount"]
            for row in rows
            if row["amount"]
        }
    )


@pytest.mark.parametrize("seed", range(STORIES))
async def test_after_any_writes_the_tallies_are_what_the_feed_comes_to(desk: Desk, seed: int) -> None:
    studio = Studio(desk, seed)
    await studio.begin()
    gone: list[tuple[str, UUID]] = []
    for _ in range(STEPS):
        removed = await studio.dice.choices([studio.add, studio.change, studio.remove], [5, 6, 3])[0]()
        gone += [removed] if removed else []
        if gone and studio.dice.random() < 0.3:
            await studio.bring(*gone.pop())
        assert await kept(desk) == await counted_by_hand(desk)


async def test_what_a_phone_pushes_is_tallied_and_what_is_refused_is_not(desk: Desk, phone: Phone) -> None:
    ids = [UUID(int=n) for n in range(1, 4)]
    fields = {"client_type": "consumer", "first_name": "Ada", "last_name": "Bright"}
    verdicts = await phone.push(
        *({"collection": "clients", "id": str(each), "op": "create", "fields": fields} for each in ids),
        {"collection": "clients", "id": str(UUID(int=9)), "op": "create", "fields": {"last_name": 7}},
        {"collection": "clients", "id": str(ids[0]), "op": "patch", "fields": {"notes": "tall " * 20}},
        {"collection": "clients", "id": str(ids[1]), "op": "delete", "fields": {}},
    )
    assert [each["verdict"] for each in verdicts].count("rejected") == 1
    assert await kept(desk) == await counted_by_hand(desk)
    assert await tallied(desk, "clients") == 2


async def tallied(desk: Desk, collection: str) -> int:
    number = named(collection).number
    async with desk.database.reading(desk.account_id) as session:
        found = await tallies.read(session, {number: Rule()})
    return sum(found[number].records.values()) if number in found else 0


async def test_labels_and_owners_are_read_where_a_rule_names_them(desk: Desk) -> None:
    mine, other = UUID(int=1), UUID(int=2)
    await desk.write(*(Write("staff", each, sample("staff")) for each in (mine, other)))
    for number, user in enumerate((mine, mine, other)):
        task = {"assigned_by_id": None, "assigned_user_id": str(user), "is_private": False}
        await desk.put("tasks", UUID(int=10 + number), **{**sample("tasks"), **task})
    async with desk.database.reading(desk.account_id) as session:
        rows = await session.raw.fetch(
            "SELECT name, number FROM anchor_numbers WHERE account_id = $1", desk.account_id
        )
        numbers = {row["name"]: row["number"] for row in rows}
        tasks = named("tasks").number
        owned = await tallies.read(session, {tasks: Rule(owners=(numbers[str(mine)],))})
        everybody = await tallies.read(session, {tasks: Rule()})
    [(owners, months)] = owned[tasks].by(Counted.OWNERS).items()
    assert numbers[str(mine)] in owners
    assert numbers[str(other)] not in owners
    assert sum(months.values()) == 2
    assert everybody[tasks].by(Counted.OWNERS) == {}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE feed_tallies SET amount = amount + 3 WHERE account_id = $1",
        "DELETE FROM feed_tallies WHERE account_id = $1",
        "UPDATE feed_tallies SET numbers = '{77}' WHERE account_id = $1 AND kind = 1",
        "DELETE FROM feed WHERE account_id = $1 AND record_id IN (SELECT id FROM clients LIMIT 2)",
        "DELETE FROM feed WHERE account_id = $1",
    ],
)
async def test_tallies_that_are_wrong_are_found_and_mended(desk: Desk, statement: str) -> None:
    studio = Studio(desk, 7)
    await studio.begin()
    for _ in range(12):
        await studio.add()
    async with desk.database.writing(desk.account_id) as session:
        await session.raw.execute(statement, desk.account_id)
    assert (await upkeep.verify(desk.database, desk.who)).tallies
    assert (await upkeep.rebuild(desk.database, desk.who)).tallies
    assert not await upkeep.verify(desk.database, desk.who)
    assert await kept(desk) == await counted_by_hand(desk)
