"""The records grow: each version of the app gets the shape it knows, and a newer one only what it lacks."""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest

from app.core.revisions import read_clock
from app.sync import growth, preference_store
from app.sync.pull import pull
from app.sync.schemas import PullRequest
from app.sync.store import Write
from app.sync.upkeep import rebuild, verify
from tests.sync.conftest import SEALER, Desk, Phone, phone_of
from tests.sync.world import ALBUMS, PRINTS, CutError, World, ago, album, check, puts


@pytest.fixture
def old(desk: Desk) -> Phone:
    return replace(phone_of(desk), schema_version=1)


@pytest.fixture
def new(desk: Desk) -> Phone:
    return replace(phone_of(desk), schema_version=2)


async def upgrade(desk: Desk) -> int | None:
    return await growth.upgrade(desk.database, desk.who)


async def text_of(phone: Phone) -> bytes:
    """Return what a first sync would bring, to the byte."""
    async with phone.database.reading(phone.who.account_id) as session:
        pulled = await pull(
            session,
            phone.who,
            await read_clock(session),
            SEALER,
            PullRequest(),
            schema_version=phone.schema_version,
        )
    text = pulled.as_json()
    return text[text.index(b'"changes"') :]


async def feed_of(desk: Desk, *columns: str) -> list[tuple[Any, ...]]:
    async with desk.database.reading(desk.account_id) as session:
        rows = await session.raw.fetch(
            f"SELECT collection, record_id, {', '.join(columns)} FROM feed WHERE account_id = $1"
            " ORDER BY collection, record_id",
            desk.account_id,
        )
        return [tuple(row) for row in rows]


def removals(pages: list[dict[str, Any]]) -> list[str]:
    return [
        gone
        for page in pages
        for changes in page["changes"].values()
        for gone in (*changes["del"], *changes["evict"])
    ]


async def deployed(desk: Desk, world: World) -> tuple[UUID, UUID]:
    """Write two albums with the first version of the app, then run the second and upgrade the account."""
    plain, filled = uuid4(), uuid4()
    await desk.write(Write(ALBUMS, plain, album()), Write(ALBUMS, filled, album(notes="Blurred.")))
    await world.become(2)
    await upgrade(desk)
    return plain, filled


async def test_an_older_app_keeps_the_shape_it_knows_to_the_byte(
    desk: Desk, world: World, old: Phone
) -> None:
    record_id = uuid4()
    await desk.put(ALBUMS, record_id, **album(notes="Blurred."))
    before = await text_of(old)
    assert b"cover" not in before
    await world.become(2)
    assert await text_of(old) == before
    await upgrade(desk)
    assert await text_of(old) == before
    await desk.put(ALBUMS, record_id, cover="A tree", memo="Sort it.", rating=4)
    await old.pull()
    (held,) = old.records.values()
    assert held.keys() == orjson.loads(b"{" + before)["changes"][ALBUMS]["put"][0].keys()


async def test_an_older_app_hears_nothing_of_a_deployment(desk: Desk, world: World, old: Phone) -> None:
    await desk.put(ALBUMS, uuid4(), **album())
    await old.pull()
    await world.become(2)
    before = await old.pull()
    await upgrade(desk)
    assert puts(before) == puts(await old.pull()) == []


async def test_an_updated_app_gets_what_it_newly_knows_and_nothing_else(
    desk: Desk, world: World, old: Phone
) -> None:
    plain, filled = await deployed(desk, world)
    outside, printed = uuid4(), uuid4()
    await desk.put(ALBUMS, filled, cover="A tree")
    await desk.put(ALBUMS, outside, **album(taken_on=ago(300)))
    await desk.put(PRINTS, printed, album_id=str(outside), ordered_on=ago(2))
    await old.pull()
    assert old.records.keys() == {(ALBUMS, str(plain)), (ALBUMS, str(filled))}
    await check(old)
    old.schema_version = 2
    pages = await old.pull()
    assert sorted(puts(pages)) == sorted(
        [(ALBUMS, str(filled)), (ALBUMS, str(outside)), (PRINTS, str(printed))]
    )
    assert removals(pages) == []
    assert not any(page["replace"] for page in pages)
    await check(old)
    assert puts(await old.pull()) == []


async def test_a_phone_that_was_away_for_the_whole_deployment_gets_it_all(
    desk: Desk, world: World, new: Phone
) -> None:
    """Its app was newer than the server; its cursor is from before there was anything new."""
    filled = uuid4()
    await desk.put(ALBUMS, filled, **album())
    await new.pull()
    await world.become(2)
    phone = replace(phone_of(desk), schema_version=2)
    await phone.push({"collection": ALBUMS, "id": str(filled), "op": "patch", "fields": {"cover": "A tree"}})
    other = replace(phone_of(desk), schema_version=2)
    await other.pull()
    await check(other)
    assert all("cover" not in record for record in other.records.values())
    await upgrade(desk)
    for each in (new, other):
        assert puts(await each.pull()) == [(ALBUMS, str(filled))]
        await check(each)


async def test_a_part_that_is_not_wanted_stays_away_when_it_is_late_too(
    desk: Desk, world: World, new: Phone
) -> None:
    _, filled = await deployed(desk, world)
    await desk.put(ALBUMS, filled, memo="Sort it.", cover="A tree")
    await prefer(desk, include_notes=False)
    await new.pull()
    record = new.records[ALBUMS, str(filled)]
    assert record["cover"] == "A tree"
    assert not {"memo", "notes"} & record.keys()
    await prefer(desk, include_notes=True)
    assert puts(await new.pull()) == [(ALBUMS, str(filled))]
    await check(new)


async def test_an_app_that_went_back_ends_in_its_shape(desk: Desk, world: World, new: Phone) -> None:
    plain, filled = await deployed(desk, world)
    old_album, printed = uuid4(), uuid4()
    await desk.put(ALBUMS, filled, cover="A tree")
    await desk.put(ALBUMS, old_album, **album(taken_on=ago(300)))
    await desk.put(PRINTS, printed, album_id=str(old_album), ordered_on=ago(2))
    await new.pull()
    await check(new)
    new.schema_version = 1
    pages = await new.pull()
    assert puts(pages) == [(ALBUMS, str(filled))]
    assert sorted(removals(pages)) == sorted([str(old_album), str(printed)])
    assert new.records.keys() == {(ALBUMS, str(plain)), (ALBUMS, str(filled))}
    assert "cover" not in new.records[ALBUMS, str(filled)]
    await check(new)


async def test_an_upgrade_moves_no_revision_and_is_done_once(desk: Desk, world: World, old: Phone) -> None:
    for _ in range(3):
        await desk.put(ALBUMS, uuid4(), **album())
    await old.pull()
    numbers = await feed_of(desk, "revision", "body_revision", "since")
    await world.become(2)
    assert not await verify(desk.database, desk.who)
    assert await upgrade(desk) == 3
    assert await feed_of(desk, "revision", "body_revision", "since") == numbers
    assert await upgrade(desk) is None
    assert not await verify(desk.database, desk.who)
    async with desk.database.reading(desk.account_id) as session:
        assert (await read_clock(session)).feed_schema == 2


async def test_an_upgrade_that_was_cut_goes_on_where_it_was(
    desk: Desk, world: World, old: Phone, new: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(growth, "PAGE", 2)
    for _ in range(5):
        await desk.put(ALBUMS, uuid4(), **album())
    await world.become(2)

    def cut(done: int, _: int) -> None:
        if done >= 4:
            raise CutError

    with pytest.raises(CutError):
        await growth.upgrade(desk.database, desk.who, cut)
    for phone in (old, new):
        await phone.pull()
        await check(phone)
        assert all("cover" not in record for record in phone.records.values())
    assert await upgrade(desk) == 1
    for phone in (old, new):
        await phone.pull()
        await check(phone)


async def test_what_an_older_version_of_the_app_wrote_meanwhile_is_upgraded_too(
    desk: Desk, world: World, old: Phone, new: Phone
) -> None:
    record_id, outside = uuid4(), uuid4()
    await desk.put(ALBUMS, record_id, **album())
    await desk.put(ALBUMS, outside, **album(taken_on=ago(300)))
    await world.become(2)
    await desk.put(ALBUMS, record_id, cover="A tree", rating=5)
    await desk.put(PRINTS, uuid4(), album_id=str(outside), ordered_on=ago(1))
    await world.become(1)
    await desk.put(ALBUMS, record_id, title="Summer")
    await world.become(2)
    await new.push({"collection": ALBUMS, "id": str(record_id), "op": "patch", "fields": {"notes": "Old."}})
    await upgrade(desk)
    assert not await verify(desk.database, desk.who)
    for phone in (old, new):
        await phone.pull()
        await check(phone)
    record = new.records[ALBUMS, str(record_id)]
    assert (record["title"], record["cover"], record["rating"], record["notes"]) == (
        "Summer",
        "A tree",
        5,
        "Old.",
    )


async def test_a_straggler_of_the_older_version_is_found_and_mended(
    desk: Desk, world: World, new: Phone
) -> None:
    _, filled = await deployed(desk, world)
    await desk.put(ALBUMS, filled, cover="A tree")
    await new.pull()
    await world.become(1)
    await desk.put(ALBUMS, filled, title="Summer")
    await world.become(2)
    await new.pull()
    assert (await verify(desk.database, desk.who)).records == 1
    assert (await rebuild(desk.database, desk.who)).records == 1
    assert puts(await new.pull()) == [(ALBUMS, str(filled))]
    await check(new)


async def test_an_older_app_fills_in_defaults_and_empties_nothing(
    desk: Desk, world: World, old: Phone, new: Phone
) -> None:
    _, filled = await deployed(desk, world)
    await desk.put(ALBUMS, filled, cover="A tree", rating=5)
    made = uuid4()
    results = await old.push(
        {"collection": ALBUMS, "id": str(made), "op": "create", "fields": album(title="Made")},
        {"collection": ALBUMS, "id": str(filled), "op": "patch", "fields": {"title": "Summer"}},
    )
    assert {result["verdict"] for result in results} == {"applied"}
    await new.pull()
    assert new.records[ALBUMS, str(made)]["rating"] == 0
    assert new.records[ALBUMS, str(filled)]["cover"] == "A tree"
    assert new.records[ALBUMS, str(filled)]["rating"] == 5
    await check(new)


async def test_a_copy_in_a_verdict_has_the_shape_of_the_app(
    desk: Desk, world: World, old: Phone, new: Phone
) -> None:
    _, filled = await deployed(desk, world)
    await desk.put(ALBUMS, filled, title="Summer", cover="A tree")
    for phone, knows in ((old, False), (new, True)):
        change = {"collection": ALBUMS, "id": str(filled), "op": "patch", "fields": {"title": "Mine"}}
        (result,) = await phone.push({**change, "base_revision": 1}, on_conflict="merge")
        assert result["verdict"] == "conflict"
        await phone.pull()
        assert ("cover" in result["server"]) is knows
        assert result["server"] == phone.records[ALBUMS, str(filled)]


async def test_a_push_may_name_what_the_app_does_not_say_it_knows(
    desk: Desk, world: World, old: Phone, new: Phone
) -> None:
    plain, _ = await deployed(desk, world)
    (result,) = await old.push(
        {"collection": ALBUMS, "id": str(plain), "op": "patch", "fields": {"cover": "A tree"}}
    )
    assert result["verdict"] == "applied"
    await new.pull()
    assert new.records[ALBUMS, str(plain)]["cover"] == "A tree"


async def test_a_child_kind_that_came_later_leaves_an_older_app_its_parents(
    desk: Desk, world: World, old: Phone, new: Phone
) -> None:
    await deployed(desk, world)
    outside, printed = uuid4(), uuid4()
    await desk.put(ALBUMS, outside, **album(taken_on=ago(300)))
    await old.pull()
    await desk.put(PRINTS, printed, album_id=str(outside), ordered_on=ago(2))
    assert puts(await old.pull()) == []
    await new.pull()
    assert (ALBUMS, str(outside)) in new.records
    await desk.delete(PRINTS, printed)
    assert removals(await old.pull()) == []
    assert sorted(removals(await new.pull())) == sorted([str(printed), str(outside)])


async def test_a_parent_that_forgot_its_children_is_found_and_mended(
    desk: Desk, world: World, new: Phone
) -> None:
    """As an older version of the app leaves it, which stamps parents without a kind it does not know."""
    await deployed(desk, world)
    outside = uuid4()
    await desk.put(ALBUMS, outside, **album(taken_on=ago(300)))
    await desk.put(PRINTS, uuid4(), album_id=str(outside), ordered_on=ago(2))
    async with desk.database.writing(desk.account_id) as session:
        forget = "UPDATE feed SET latest_8 = NULL WHERE account_id = $1 AND record_id = $2"
        await session.raw.execute(forget, desk.account_id, outside)
    assert (await verify(desk.database, desk.who)).records == 1
    assert (await rebuild(desk.database, desk.who)).records == 1
    assert not await verify(desk.database, desk.who)
    await new.pull()
    await check(new)


async def prefer(desk: Desk, **wanted: Any) -> None:
    async with desk.database.writing(desk.account_id) as session:
        change = preference_store.Change(None, {}, wanted, is_resync=False)
        await preference_store.keep(session, desk.who, change)
