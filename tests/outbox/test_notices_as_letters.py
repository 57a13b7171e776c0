"""Safety notices are emailed to whom they concern, behind the sign-in that they are about."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from app.accounts import login
from app.core import clock
from app.core.db import Database, WriteSession
from app.outbox.worker import Outbox
from tests.accounts.studios import PASSWORD, Studio, bearer
from tests.contract.desks import Desk
from tests.notices.happenings import OTHER, assign, guess
from tests.outbox.posting import Office, later, new_office

PAT = "pat@harbor.example"


@pytest.fixture
async def mine(database: Database, house: FastAPI, http: httpx.AsyncClient) -> Any:
    """Make an office of the test's own, in which nothing was noticed yet; lets the clock go."""
    async with new_office(database, house, http) as made:
        await has_address(made.studio, PAT)
        yield made
    clock.hold(None)


async def has_address(studio: Studio, address: str | None) -> None:
    """Give the photographer an email address, or none."""
    await studio.execute(
        "UPDATE users SET email = $3 WHERE account_id = $1 AND user_id = $2",
        studio.photographer.user_id,
        address,
    )


async def written(office: Office) -> list[tuple[list[str], str]]:
    """Send what is due, and return to whom and about what, since the last time."""
    while (due := await office.due()) is not None and due <= clock.now():
        await office.works()
    found = [(each.recipients, str(each.message["Subject"])) for each in office.sink.letters]
    office.sink.letters.clear()
    return found


async def test_an_unusual_sign_in_is_told_by_email_behind_it(mine: Office) -> None:
    phone = {**mine.studio.phone(mine.studio.uid), "name": "Win a prize: http://evil.example/now"}
    await mine.studio.signed_in(device=phone)
    assert not await mine.studio.execute("SELECT FROM letters WHERE account_id = $1")
    await mine.works()
    await mine.works()
    [arrived] = mine.sink.letters
    assert (arrived.recipients, arrived.message["Auto-Submitted"]) == ([PAT], "auto-generated")
    assert arrived.message["Subject"] == "An unusual sign-in - Studio of a test"
    assert "signed in as you (PK), on a phone that had not been used before." in arrived.text
    assert "Phone: Win a prize http evil example now." in arrived.text
    assert "(America/Denver)" in arrived.text
    assert await mine.due() is None


async def test_each_kind_is_told_once_a_day(mine: Office) -> None:
    clock.hold(clock.now())
    await mine.studio.signed_in()
    await guess(mine.studio)
    assert sorted(await written(mine)) == [
        ([PAT], "An unusual sign-in - Studio of a test"),
        ([PAT], "Wrong passwords were tried - Studio of a test"),
    ]
    later(hours=20)
    await guess(mine.studio, 5)
    await mine.studio.signed_in(device=None)
    assert len(await mine.studio.execute("SELECT FROM safety_notices WHERE account_id = $1")) == 3
    assert await written(mine) == []
    later(hours=5)
    await mine.works()
    assert await written(mine) == [], "what was not told then is not told late"
    await mine.studio.execute("UPDATE devices SET device_uid = NULL WHERE account_id = $1")
    await mine.studio.signed_in(device=mine.studio.phone(uuid4()))
    assert await written(mine) == [([PAT], "An unusual sign-in - Studio of a test")]


async def test_a_password_somebody_else_sets_is_told_with_who_it_was(mine: Office) -> None:
    await assign(mine.studio, mine.desk.headers)
    await mine.works()
    await mine.works()
    [arrived] = mine.sink.letters
    assert arrived.message["Subject"] == "Your password was set - Studio of a test"
    assert "Your password (PK) was set by Jo Doe." in arrived.text


async def test_one_s_own_new_password_is_told_once_a_day(mine: Office) -> None:
    clock.hold(clock.now())
    for current, new in ((PASSWORD, OTHER), (OTHER, f"{OTHER} again")):
        headers = bearer(await mine.studio.signed_in(device=None, password=current))
        body = {"current_password": current, "new_password": new}
        answer = await mine.studio.client.post("/v1/auth/password", json=body, headers=headers)
        assert answer.status_code == 204, answer.text
    assert await written(mine) == [([PAT], "Your password was changed - Studio of a test")]


async def test_who_has_no_address_gets_no_email(mine: Office) -> None:
    await has_address(mine.studio, None)
    headers = bearer(await mine.studio.signed_in())
    body = {"current_password": PASSWORD, "new_password": OTHER}
    answer = await mine.studio.client.post("/v1/auth/password", json=body, headers=headers)
    assert answer.status_code == 204, answer.text
    assert await written(mine) == []
    assert not await mine.studio.execute("SELECT FROM letter_lanes WHERE account_id = $1")


async def test_a_notice_that_nobody_came_to_for_a_day_is_not_emailed(mine: Office) -> None:
    clock.hold(clock.now())
    await mine.studio.signed_in()
    later(days=1, minutes=1)
    assert await written(mine) == []


async def test_whoever_comes_posts_a_notice_once(mine: Office) -> None:
    await mine.studio.signed_in()
    ways, vault = mine.outbox.ways, mine.outbox.vault
    several = [Outbox(mine.studio.database, ways, vault, 5) for _ in range(3)]
    for _ in range(2):
        await asyncio.gather(*(each.serve(mine.account_id) for each in several))
    assert len(mine.sink.letters) == 1


async def test_who_is_warned_is_for_administrators_and_what_of_for_nobody(mine: Office) -> None:
    pat = Desk(mine.studio.client, bearer(await mine.studio.signed_in(initials="PK", device=None)))
    await mine.studio.signed_in()
    await mine.works()
    [letter] = (await mine.desk.ask("GET", "letters?purpose=notice")).json()["letters"]
    whole = (await mine.desk.ask("GET", f"letters/{letter['id']}")).json()
    assert (whole["is_secret"], whole["text"]) == (True, None)
    assert (await pat.ask("GET", "letters?purpose=notice")).json()["letters"] == []
    for verb, path in (("GET", ""), ("POST", "/cancel"), ("POST", "/resend")):
        refused = await pat.ask(verb, f"letters/{letter['id']}{path}")
        assert refused.json()["code"] == "letter_not_found"
    assert (await mine.letter(letter["id"]))["state"] == "waiting"


async def test_the_same_is_asked_of_the_database_whoever_was_guessed_at(
    mine: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    usual = login._tell

    async def watching(session: WriteSession, *given: Any, **more: Any) -> None:
        with session.raw.query_logger(lambda each: asked.append(each.query)):
            await usual(session, *given, **more)
        await asyncio.sleep(0)  # the driver tells its loggers a turn later

    monkeypatch.setattr(login, "_tell", watching)
    studio = mine.studio

    async def told(**changed: Any) -> list[str]:
        await guess(studio, 9, **changed)
        asked.clear()
        await guess(studio, 1, **changed)
        return [*asked]

    with_address = await told()
    assert any("letters_due_at" in each for each in with_address)
    assert not any("INTO letters" in each or "users" in each for each in with_address)
    assert await told(initials="JD") == with_address, "who has no address"
    assert await told(initials="ZZ") == with_address, "who is nobody"
    assert await told(account=f"nobody-{uuid4().hex}") == with_address, "an account there is not"
