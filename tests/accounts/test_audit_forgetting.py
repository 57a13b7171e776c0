"""The oldest of the trail is forgotten by who owns the tables, and what is left is still checked."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from app.audit import forgetting
from app.audit.chain import Checked, check
from app.audit.store import BEGINNING, Head
from app.audit.trail import Action, keep_of_itself
from app.core.clock import now
from app.core.principal import Principal
from app.core.roles import APP_ROLE
from tests.accounts.studios import Studio, as_owner
from tests.accounts.trails import forgotten, trail

Hold = Callable[[datetime], None]
CUT = "DELETE FROM audit_entries WHERE account_id = $1 AND position <= $2"


async def standing(studio: Studio, noted: Head = BEGINNING) -> Checked:
    return await check(studio.database, studio.account.account_id, noted)


@pytest.fixture
async def guest_url(owner_url: str) -> AsyncIterator[str]:
    """Have somebody who may become the app and does not own its tables; the URL is theirs."""
    name = f"guest_{uuid4().hex}"
    connection = await asyncpg.connect(owner_url)
    await connection.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'guest'; GRANT {APP_ROLE} TO {name}")
    url = make_url(owner_url).set(username=name, password="guest")
    yield url.render_as_string(hide_password=False)
    await connection.execute(f"DROP ROLE {name}")
    await connection.close()


async def test_what_is_older_goes_and_the_rest_holds_from_there_on(
    studio: Studio, owner_url: str, hold: Hold
) -> None:
    first = (await standing(studio)).head
    hold(now() + timedelta(days=100))
    await studio.signed_in(device=None)
    assert await forgotten(owner_url, studio, days=50) == first.position
    found = await standing(studio)
    assert (found.began, found.broken) == (first, None)
    entries = await trail(studio)
    assert entries[-1]["position"] == first.position + 1
    assert entries[-1]["former_hash"] == first.hash.hex()
    [told] = [entry for entry in entries if entry["action"] == "forgotten"]
    assert (told["subject"], told["actor"], told["after"]["entries"]) == ("audit", "system", first.position)
    assert (told["after"]["position"], told["after"]["hash"]) == (first.position, first.hash.hex())


async def test_forgetting_again_goes_on_from_there(studio: Studio, owner_url: str, hold: Hold) -> None:
    for _ in range(3):
        hold(now() + timedelta(days=100))
        await studio.signed_in(device=None)
        assert await forgotten(owner_url, studio, days=50) > 0
        assert await forgotten(owner_url, studio, days=50) == 0
        assert (await standing(studio)).broken is None
    assert len(await trail(studio, action="forgotten")) == 1


async def test_much_goes_in_parts_and_each_of_them_holds(
    studio: Studio, owner_url: str, hold: Hold, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forgetting, "AT_ONCE", 2)
    count = (await standing(studio)).head.position
    hold(now() + timedelta(days=100))
    assert await forgotten(owner_url, studio, days=50) == count
    told = await trail(studio, action="forgotten")
    assert len(told) == -(-count // 2)
    assert sum(each["after"]["entries"] for each in told) == count
    assert (await standing(studio)).began.position == count


async def test_nothing_goes_that_is_younger_or_behind_what_is(
    studio: Studio, owner_url: str, hold: Hold
) -> None:
    count, began = (await standing(studio)).head.position, now()
    hold(began + timedelta(days=80))
    await studio.signed_in(device=None)
    hold(began)
    await studio.signed_in(device=None)
    hold(began + timedelta(days=100))
    assert await forgotten(owner_url, studio, days=50) == count
    assert await forgotten(owner_url, studio, days=50) == 0


async def test_what_was_noted_is_compared_from_the_checkpoint_on(
    studio: Studio, owner_url: str, hold: Hold
) -> None:
    noted = (await standing(studio)).head
    hold(now() + timedelta(days=100))
    await forgotten(owner_url, studio, days=50)
    assert (await standing(studio, noted)).broken is None
    other = Head(noted.position, bytes(32))
    assert (await standing(studio, other)).broken == noted.position
    later = (await standing(studio)).head
    await studio.signed_in(device=None)
    assert (await standing(studio, later)).broken is None
    assert (await standing(studio, Head(later.position, bytes(32)))).broken == later.position


async def test_who_takes_out_the_oldest_without_a_word_is_seen(studio: Studio, owner_url: str) -> None:
    await as_owner(owner_url, CUT, studio.account.account_id, 2)
    assert (await standing(studio)).broken == 1
    with pytest.raises(ValueError, match="broken"):
        await forgotten(owner_url, studio, days=0)


async def test_who_takes_out_more_than_was_forgotten_is_seen(
    studio: Studio, owner_url: str, hold: Hold
) -> None:
    place = (await standing(studio)).head.position
    hold(now() + timedelta(days=100))
    await studio.signed_in(device=None)
    await forgotten(owner_url, studio, days=50)
    await as_owner(owner_url, CUT, studio.account.account_id, place + 1)
    assert (await standing(studio)).broken == place + 1
    assert [entry["former_hash"] for entry in await trail(studio)][-1] is None


async def test_who_says_that_more_was_forgotten_hides_nothing_by_it(studio: Studio) -> None:
    account_id, place = studio.account.account_id, (await standing(studio)).head.position
    async with studio.database.writing(account_id) as session:
        said = {"position": place, "hash": bytes(32).hex()}
        await keep_of_itself(session, Principal.system(account_id), Action.FORGOTTEN, said)
    found = await standing(studio)
    assert (found.began, found.head.position, found.broken) == (BEGINNING, place + 1, None)


async def test_who_does_not_own_the_tables_forgets_nothing(
    studio: Studio, guest_url: str, hold: Hold
) -> None:
    before = await standing(studio)
    hold(now() + timedelta(days=100))
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await forgotten(guest_url, studio, days=50)
    assert await standing(studio) == before
