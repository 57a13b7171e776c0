"""The demo studio as it stands in the database, and the file that says how to sign in."""

import json
import re
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from app.accounts import passwords, store
from app.accounts.errors import AccountNameTaken
from app.automations.triggers.ready_made import READY_MADE
from app.core import clock
from app.core.db import Database, Session
from app.core.principal import Principal
from app.demo.seeding import chunks, seed
from app.demo.sessions import PICTURES
from app.demo.sign_in import DemoUser, SignIn, new_password, write_sign_in
from app.studio.finances.upkeep import verify
from app.sync.store import Write
from tests.console.browser import HERE
from tests.contract.conftest import house

__all__ = ["house"]

TODAY = date(2026, 11, 21)
PASSWORDS = ("a quiet harbor at dawn", "seven ducks on a pond")


async def test_a_small_studio_stands_ready(database: Database) -> None:
    name, steps, told = f"demo-{uuid4().hex[:12]}", list[tuple[int, int]](), list[SignIn]()
    sign_in = await seed(
        database,
        clients=100,
        account=name,
        passwords=PASSWORDS,
        today=TODAY,
        opened=told.append,
        progress=lambda done, total: steps.append((done, total)),
    )
    assert told == [sign_in]
    assert sign_in.account == name
    assert [user.role for user in sign_in.users] == ["administrator", "user"]
    assert steps[-1] == (100, 100)
    assert [done for done, _ in steps] == sorted(done for done, _ in steps)
    async with database.reading(await account_of(database, name)) as session:
        await check_people(session, sign_in)
        await check_records(session)
        await check_triggers(session)


async def check_triggers(session: Session) -> None:
    """See that what is done by itself from now on is switched on, and has nothing to do about the past."""
    sql = (
        "SELECT count(*) FILTER (WHERE is_active AND paused_code IS NULL) FROM triggers WHERE account_id = $1"
    )
    assert await session.raw.fetchval(sql, session.account_id) == len(READY_MADE)
    sql = "SELECT count(*) FROM trigger_occurrences WHERE account_id = $1"
    assert await session.raw.fetchval(sql, session.account_id) == 0


async def test_its_figures_are_those_of_a_business_at_work(database: Database) -> None:
    name = f"demo-{uuid4().hex[:12]}"
    clock.hold(datetime.combine(TODAY, time(17), UTC))
    try:
        await seed(database, clients=100, account=name, passwords=PASSWORDS)
    finally:
        clock.hold(None)
    account_id = await account_of(database, name)
    assert not await verify(database, Principal.system(account_id))
    async with database.reading(account_id) as session:
        sql = "SELECT year, open_balance, overdue_balance FROM finance_snapshots WHERE account_id = $1"
        [told] = await session.raw.fetch(sql, account_id)
    year = told["year"]
    assert 0 < year["average_sale"] < year["sales"]
    assert 0 < year["payments"] < 2 * year["sales"]
    assert 0 < year["sessions_held"] <= year["sessions_booked"]
    assert 0 < told["overdue_balance"] <= told["open_balance"] < year["sales"]


async def test_its_galleries_have_the_pictures_they_tell_of_and_one_lets_its_client_in(
    database: Database, house: FastAPI
) -> None:
    name = f"demo-{uuid4().hex[:12]}"
    sign_in = await seed(
        database, clients=20, account=name, passwords=PASSWORDS, today=TODAY, files=house.state.files
    )
    async with database.reading(await account_of(database, name)) as session:
        told = await session.raw.fetch(
            "SELECT gallery_images, gallery_state IN ('online', 'expired') AS is_open, ("
            " SELECT count(*) FROM pictures p WHERE p.account_id = $1 AND p.session_id = s.id"
            " AND p.is_online AND p.state = 'ready') AS images FROM sessions s WHERE account_id = $1",
            session.account_id,
        )
    assert {(each["gallery_images"], each["images"]) for each in told if not each["is_open"]} == {(0, 0)}
    shown = {(each["gallery_images"], each["images"]) for each in told if each["is_open"]}
    assert shown == {(PICTURES - 1, PICTURES - 1)}
    client = sign_in.client
    assert client is not None
    browser = httpx.AsyncClient(transport=httpx.ASGITransport(app=house), base_url=HERE)
    words = {"user_name": client.user_name, "password": client.password}
    headers = {"Origin": HERE, "Sec-Fetch-Site": "same-origin"}
    async with browser:
        page = await browser.post(
            f"{client.path}/sign-in", data=words, headers=headers, follow_redirects=True
        )
        links = set(re.findall(r'src="(/v1/picture-files/[^"]+)"', page.text))
        answers = [await browser.get(link) for link in links]
    assert [each.headers["content-type"] for each in answers] == ["image/jpeg"] * (PICTURES - 1)


async def test_a_studio_that_stands_is_not_made_again(database: Database) -> None:
    name = f"demo-{uuid4().hex[:12]}"
    await seed(database, clients=0, account=name, passwords=PASSWORDS, today=TODAY)
    with pytest.raises(AccountNameTaken):
        await seed(database, clients=0, account=name, passwords=PASSWORDS, today=TODAY)


def test_a_story_is_never_cut_and_chunks_stay_small() -> None:
    def story(length: int) -> list[Write]:
        return [Write("clients", uuid4(), {}) for _ in range(length)]

    told = [story(length) for length in (3, 4, 9, 1, 25, 2)]
    found = list(chunks(iter(told), size=10))
    assert [(len(chunk), count) for chunk, count in found] == [(7, 2), (10, 2), (25, 1), (2, 1)]
    assert [each for chunk, _ in found for each in chunk] == [each for part in told for each in part]


def test_the_file_says_how_to_sign_in_to_its_owner_alone(tmp_path: Path) -> None:
    sign_in = SignIn("demo", [DemoUser("JD", "secret enough", "administrator")])
    write_sign_in(tmp_path, "http://127.0.0.1:8000", sign_in)
    path = write_sign_in(tmp_path, "http://127.0.0.1:9000", sign_in)
    assert path == tmp_path / "demo.json"
    assert path.stat().st_mode & 0o777 == 0o600
    assert json.loads(path.read_text()) == {
        "base_url": "http://127.0.0.1:9000",
        "account": "demo",
        "users": [{"initials": "JD", "password": "secret enough", "role": "administrator"}],
        "client": None,
    }


def test_a_new_password_is_taken_and_differs_each_time() -> None:
    made = {new_password() for _ in range(100)}
    assert len(made) == 100
    for each in made:
        passwords.require_acceptable(each, "demo", "JD", "Doyle")


async def account_of(database: Database, name: str) -> UUID:
    async with database.directory() as connection:
        found = await store.find_account(connection, name)
    assert found is not None
    return found


async def check_people(session: Session, sign_in: SignIn) -> None:
    account = await store.read_account(session)
    assert account is not None
    assert (account.licences, account.edition, account.country) == (5, "professional", "US")
    assert account.time_zone == "America/New_York"
    users = [await store.find_active_user(session, user.initials.lower()) for user in sign_in.users]
    assert [user and user.is_administrator for user in users] == [True, False]
    for user, word in zip(users, PASSWORDS, strict=True):
        assert user is not None
        assert await passwords.verify(word, user.password_hash)
    slots = [await store.list_devices(session, user.user_id) for user in users if user]
    assert [len(each) for each in slots] == [4, 2]
    assert not any(slot.device_uid or slot.is_inactive for each in slots for slot in each)


async def check_records(session: Session) -> None:
    async def value(sql: str) -> Any:
        return await session.raw.fetchval(sql, session.account_id)

    assert await value("SELECT count(*) FROM clients WHERE account_id = $1") == 100
    assert await value("SELECT count(*) FROM feed WHERE account_id = $1") > 1500
    assert not await value("SELECT count(*) FROM feed WHERE account_id = $1 AND is_deleted")
    assert await value("SELECT max(revision) FROM feed WHERE account_id = $1") == await value(
        "SELECT revision FROM account_clock WHERE account_id = $1"
    )
    wrong = """
        SELECT count(*) FROM invoices i WHERE account_id = $1 AND paid <> (
            SELECT coalesce(sum(amount), 0) FROM payments p
            WHERE p.account_id = i.account_id AND p.invoice_id = i.id AND state = 'approved')
    """
    assert await value(wrong) == 0
