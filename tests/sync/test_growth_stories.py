"""Random stories over two deployments: phones of every age are right at every consistent point."""

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from app.core.db import Database
from app.sync import comparing, growth, stamping
from app.sync import compile as compiling
from app.sync.rendering import filled_of
from app.sync.upkeep import verify
from tests.samples import named
from tests.sync.conftest import Desk, open_desk, phone_of
from tests.sync.world import ALBUMS, NEWEST, PRINTS, CutError, World, ago, album, check, puts

EVERY_DAY, STORIES = 4, 40
STEPS = 60


class Story:
    """An account over two deployments, its servers and phones of all ages, moved by one seed."""

    def __init__(self, desk: Desk, world: World, seed: int) -> None:
        self.desk, self.world = desk, world
        self.dice = random.Random(seed)  # noqa: S311 - a story is told the same way each time
        self.newest = 1
        self.is_rolling = False
        self.albums: list[UUID] = []
        self.prints: list[UUID] = []
        self.phones = [replace(phone_of(desk), schema_version=each) for each in (1, 1, 2, 3)]

    def _id(self) -> UUID:
        return UUID(int=self.dice.getrandbits(128), version=4)

    async def step(self) -> None:
        verbs = [
            self.write,
            self.push,
            self.remove,
            self.sync,
            self.deploy,
            self.roll,
            self.raise_,
            self.reinstall,
        ]
        await self.dice.choices(verbs, [8, 4, 2, 9, 2, 4, 3, 2])[0]()

    def fields(self) -> dict[str, Any]:
        dice = self.dice
        made: dict[str, Any] = {}
        if dice.random() < 0.5:
            made["title"] = str(dice.random())
        if dice.random() < 0.4:
            made["taken_on"] = dice.choice([None, ago(1), ago(5), ago(40), ago(90)])
        if dice.random() < 0.3:
            made["notes"] = dice.choice([None, "Blurred."])
        late = {
            "rating": dice.choice([0, 3]),
            "cover": dice.choice([None, "A tree"]),
            "memo": dice.choice([None, "Sort it."]),
            "tags": dice.choice([[], ["tree"]]),
            "mood": dice.choice(["calm", "gay"]),
        }
        known = [name for name in late if name in named(ALBUMS).fields]
        return made | {name: late[name] for name in known if dice.random() < 0.4}

    async def write(self) -> None:
        if self.world.version >= 2 and self.albums and self.dice.random() < 0.5:
            await self.write_print()
        elif self.albums and self.dice.random() < 0.6:
            await self.desk.put(ALBUMS, self.dice.choice(self.albums), **self.fields())
        else:
            self.albums.append(self._id())
            await self.desk.put(ALBUMS, self.albums[-1], **(album() | self.fields()))

    async def write_print(self) -> None:
        if not self.prints or self.dice.random() < 0.6:
            self.prints.append(self._id())
        record_id = self.dice.choice(self.prints)
        place = {"place": self.dice.choice([None, "Hall"])} if self.world.version >= 3 else {}
        parent, day = str(self.dice.choice(self.albums)), self.dice.choice([ago(1), ago(50)])
        await self.desk.put(PRINTS, record_id, album_id=parent, ordered_on=day, **place)

    async def push(self) -> None:
        if self.albums:
            phone = self.dice.choice(self.phones)
            record_id = str(self.dice.choice(self.albums))
            await phone.push({"collection": ALBUMS, "id": record_id, "op": "patch", "fields": self.fields()})

    async def remove(self) -> None:
        if self.prints and self.world.version >= 2:
            await self.desk.delete(PRINTS, self.prints.pop(self.dice.randrange(len(self.prints))))

    async def deploy(self) -> None:
        """Begin to run a newer version beside the older one, whose servers go on for a while."""
        if self.newest < NEWEST and not self.is_rolling:
            self.newest += 1
            self.is_rolling = True
            await self.world.become(self.newest)

    async def roll(self) -> None:
        """Let another of the servers answer, or end the last one of the older version."""
        if self.is_rolling:
            self.is_rolling = self.dice.random() < 0.8
            older = self.newest - self.dice.randint(0, 1)
            await self.world.become(older if self.is_rolling else self.newest)

    async def raise_(self) -> None:
        """Upgrade when no older server is left; now and then it is cut."""
        if self.is_rolling:
            return

        def cut(_done: int, _total: int) -> None:
            if self.dice.random() < 0.2:
                raise CutError

        try:
            await growth.upgrade(self.desk.database, self.desk.who, cut)
        except CutError:
            return
        assert not await verify(self.desk.database, self.desk.who)

    async def reinstall(self) -> None:
        """Another version of the app on one of the phones, mostly a newer one."""
        phone = self.dice.choice(self.phones)
        phone.schema_version = self.dice.choice([1, 2, 3, 3])

    async def sync(self) -> None:
        phone = self.dice.choice(self.phones)
        for _ in range(self.dice.randint(1, 5)):
            page = await phone.page(max_rows=self.dice.choice([1, 2, 3, 1000]))
            if self.dice.random() < 0.2:
                continue
            phone.keep(page)
            if page["consistent"]:
                await check(phone)
                return

    async def finish(self) -> None:
        await self.world.become(self.newest)
        self.is_rolling = False
        await growth.upgrade(self.desk.database, self.desk.who)
        for phone in self.phones:
            await phone.pull()
            await check(phone)
            assert puts(await phone.pull()) == []


async def tell(story: Story) -> None:
    """Tell a story to its end."""
    for _ in range(STEPS):
        await story.step()
    await story.finish()


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growth, "PAGE", 3)


@pytest.mark.parametrize(
    "seed",
    [
        *range(EVERY_DAY),
        *(pytest.param(seed, marks=pytest.mark.proof) for seed in range(EVERY_DAY, STORIES)),
    ],
)
async def test_phones_of_every_age_are_right_whatever_is_deployed_when(
    desk: Desk, world: World, seed: int
) -> None:
    await tell(Story(desk, world, seed))
    assert not await verify(desk.database, desk.who)


def new_parts_for_old_apps(patch: pytest.MonkeyPatch) -> None:
    real = compiling._late
    patch.setattr(compiling, "_late", lambda each, rule, _: real(each, rule, NEWEST))


def new_collections_for_old_apps(patch: pytest.MonkeyPatch) -> None:
    real = compiling._rule
    patch.setattr(compiling, "_rule", lambda each, given: real(each, replace(given, schema_version=NEWEST)))


def what_is_filled_forgotten(patch: pytest.MonkeyPatch) -> None:
    for module in (stamping, comparing):
        patch.setattr(module, "filled_of", lambda each, values: filled_of(each, values) & 15)


def raised_with_nothing_rendered(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(growth, "_grown", lambda _: [])


def upgraded_up_to_the_first_page(patch: pytest.MonkeyPatch) -> None:
    real = growth._upgrade_page

    async def only_the_first(*given: Any) -> tuple[int, int, UUID | None]:
        done, looked, _ = await real(*given)
        return done, looked, None

    patch.setattr(growth, "_upgrade_page", only_the_first)


def late_parts_taken_for_left_out(patch: pytest.MonkeyPatch) -> None:
    """As if a part were given unless something says otherwise: no cursor from before says so."""
    real = compiling._late

    def other_way_round(each: Any, rule: Any, version: int) -> int:
        return real(each, replace(rule, omit=0), NEWEST) & ~real(each, rule, version)

    patch.setattr(compiling, "_late", other_way_round)


Plant = Callable[[pytest.MonkeyPatch], None]
BUGS: list[Plant] = [
    new_parts_for_old_apps,
    new_collections_for_old_apps,
    what_is_filled_forgotten,
    raised_with_nothing_rendered,
    upgraded_up_to_the_first_page,
    late_parts_taken_for_left_out,
]


@pytest.mark.parametrize("plant", BUGS, ids=lambda plant: plant.__name__)
async def test_one_of_some_stories_sees(
    database: Database, world: World, plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    for seed in range(20):
        try:
            await tell(Story(await open_desk(database), world, seed))
        except AssertionError:
            return
        await world.become(1)
    pytest.fail("no story saw it")
