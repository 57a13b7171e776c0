"""What is unusual about sign-ins is noticed: once, for whom it concerns, and at no cost to others."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from fastapi import FastAPI

from app.accounts import budgets, sign_ins
from app.accounts.users import set_password
from app.core import db
from app.core.clock import now
from app.core.principal import Principal
from app.notices import noting, store
from app.notices.jobs import forget_old
from tests.accounts.apps import calling_from
from tests.accounts.studios import PASSWORD, Studio, bearer
from tests.notices.happenings import (
    OTHER,
    WRONG,
    answered,
    assign,
    at_home,
    colleague,
    guess,
    later,
    network,
    page,
    sign_in_from,
    told,
)

Hold = Callable[[datetime], None]


async def rows(studio: Studio) -> int:
    """Return how many notices are kept of a studio."""
    return len(await studio.execute("SELECT 1 FROM safety_notices WHERE account_id = $1"))


async def test_a_new_phone_is_told_to_its_user_and_the_administrator_and_to_nobody_else(
    studio: Studio,
) -> None:
    phone = await studio.signed_in()
    [notice] = await told(studio, await studio.administrator())
    assert (notice["kind"], notice["why"], notice["count"]) == ("odd_sign_in", ["new_device"], 1)
    assert notice["user_id"] == str(studio.photographer.user_id)
    assert (notice["device_id"], notice["device_name"]) == (phone["device"]["id"], "Pat's phone")
    assert notice["is_open"] is True
    assert await told(studio, bearer(phone)) == [notice]
    assert await page(studio, await colleague(studio)) == {"notices": [], "open": 0, "next_page": None}


async def test_what_the_phone_was_called_then_stays(studio: Studio) -> None:
    await studio.signed_in()
    renamed = {**studio.phone(studio.uid), "name": "A thief's phone"}
    await studio.signed_in(device=renamed)
    [notice] = await told(studio, await studio.administrator())
    assert notice["device_name"] == "Pat's phone"


async def test_a_desk_in_a_new_network_is_told_with_the_network(studio: Studio, app: FastAPI) -> None:
    home, away = network(), network()
    for place in (home, home, away):
        assert (await sign_in_from(app, place, at_home(studio))).status_code == 200
    [notice] = await told(studio, await studio.administrator())
    assert (notice["why"], notice["network"], notice["device_id"]) == (["new_network"], away, None)


async def test_the_right_password_behind_many_wrong_ones_is_told(studio: Studio) -> None:
    await guess(studio, 5)
    await studio.signed_in(device=None)
    [notice] = await told(studio, await studio.administrator())
    assert (notice["kind"], notice["why"]) == ("odd_sign_in", ["after_failures"])


async def test_guesses_at_a_user_are_one_notice_for_a_day(studio: Studio, hold: Hold) -> None:
    began = now()
    for minutes in (0, 20, 40):
        hold(later(began, minutes=minutes))
        await guess(studio, 12)
    [notice] = await told(studio, await studio.administrator())
    assert (notice["kind"], notice["why"], notice["count"]) == ("guessing", ["user_limit"], 30)
    assert notice["user_id"] == str(studio.photographer.user_id)
    first, last = (datetime.fromisoformat(notice[name]) for name in ("at", "last_at"))
    assert (first, last) == (began, later(began, minutes=40))
    hold(began + timedelta(days=1, minutes=1))
    await guess(studio)
    counts = [each["count"] for each in await told(studio, await studio.administrator())]
    assert counts == [10, 30]


async def test_guesses_behind_an_answer_are_told_anew(studio: Studio, hold: Hold) -> None:
    began = now()
    await guess(studio)
    desk = await studio.administrator()
    [first] = await told(studio, desk)
    await answered(studio, desk, first)
    hold(later(began, minutes=20))
    await guess(studio)
    [second] = await told(studio, await studio.administrator())
    assert (second["count"], second["id"] != first["id"]) == (10, True)


async def test_a_few_wrong_passwords_are_not_told(studio: Studio) -> None:
    await guess(studio, 9)
    assert await told(studio, await studio.administrator(), state="all") == []


async def test_guesses_from_several_networks_are_one_notice_without_one(
    studio: Studio, app: FastAPI, hold: Hold
) -> None:
    began, wrong = now(), {**at_home(studio), "password": WRONG}
    for minutes in (0, 20):
        hold(later(began, minutes=minutes))
        place = network()
        for _ in range(10):
            await sign_in_from(app, place, wrong)
        [notice] = await told(studio, await studio.administrator())
        assert (notice["network"], notice["count"]) == ((place, 10) if not minutes else (None, 20))


async def test_where_a_user_is_known_guesses_are_told_with_the_network(studio: Studio, app: FastAPI) -> None:
    home = network()
    await sign_in_from(app, home, at_home(studio))
    for _ in range(10):
        await sign_in_from(app, home, {**at_home(studio), "password": WRONG})
    [notice] = await told(studio, await studio.administrator())
    assert (notice["kind"], notice["network"]) == ("guessing", home)


async def test_initials_nobody_has_are_one_notice_however_many(studio: Studio) -> None:
    for initials in ("ZZ", "ZY", "ZX"):
        await guess(studio, initials=initials)
    [notice] = await told(studio, await studio.administrator())
    assert (notice["user_id"], notice["why"], notice["count"]) == (None, ["user_limit"], 30)


async def test_few_passwords_for_each_of_many_initials_reach_the_limit_of_the_account(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budgets, "MOST_IN_ACCOUNT", 15)
    desk = await studio.administrator()
    for number in range(18):
        await guess(studio, 1, initials=f"Z{number}")
    [notice] = await told(studio, desk)
    assert (notice["user_id"], notice["why"], notice["count"]) == (None, ["account_limit"], 15)


async def test_of_a_network_an_account_is_told_how_many_it_has_had_and_not_the_others(
    studio: Studio, other_studio: Studio, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budgets, "MOST_FROM_NETWORK", 6)
    place = network()
    for each in (other_studio, studio):
        for number in range(4):
            await sign_in_from(app, place, each.words(password=WRONG, device=None, initials=f"Z{number}"))
    [notice] = await told(studio, await studio.administrator())
    assert (notice["why"], notice["network"], notice["count"]) == (["network_limit"], place, 2)
    assert await told(other_studio, await other_studio.administrator()) == []


async def test_guesses_at_an_account_that_is_not_there_are_kept_nowhere(
    studio: Studio, owner_url: str
) -> None:
    before = await kept_in_all(owner_url)
    await guess(studio, 12, account=f"nobody-{uuid4().hex}")
    assert await kept_in_all(owner_url) == before
    await guess(studio)
    assert await kept_in_all(owner_url) == before + 1


async def kept_in_all(owner_url: str) -> int:
    """Return how many notices are kept, of whatever account."""
    connection = await asyncpg.connect(owner_url)
    try:
        return int(await connection.fetchval("SELECT count(*) FROM safety_notices"))
    finally:
        await connection.close()


async def test_a_spent_token_that_comes_back_is_told_with_where_it_came_from(
    studio: Studio, app: FastAPI, hold: Hold
) -> None:
    phone, away = await studio.signed_in(), network()
    body = {"refresh_token": phone["refresh_token"]}
    await studio.client.post("/v1/auth/refresh", json=body)
    hold(now() + timedelta(minutes=2))
    async with calling_from(app, f"{away}1") as thief:
        answer = await thief.post("/v1/auth/refresh", json=body)
    assert answer.json()["code"] == "refresh_reused"
    notice, _ = await told(studio, await studio.administrator())
    assert (notice["kind"], notice["why"], notice["network"]) == ("refresh_reused", [], away)
    assert notice["user_id"] == str(studio.photographer.user_id)
    assert (notice["device_id"], notice["device_name"]) == (phone["device"]["id"], "Pat's phone")


async def test_a_password_somebody_else_sets_is_told_to_the_user_and_to_other_administrators(
    studio: Studio,
) -> None:
    desk, other = await studio.administrator(), await colleague(studio, is_administrator=True)
    await assign(studio, desk)
    mine = bearer(await studio.signed_in(device=None, password=OTHER))
    for headers in (mine, other):
        [notice] = await told(studio, headers)
        assert (notice["kind"], notice["user_id"]) == (
            "password_assigned",
            str(studio.photographer.user_id),
        )
    assert await told(studio, desk) == [], "who has done it knows"
    [kept] = await told(studio, desk, state="all")
    assert (kept["is_open"], kept["by_id"]) == (False, (await me(studio, desk)))


async def me(studio: Studio, headers: dict[str, str]) -> str:
    """Return the administrator's id."""
    answer = await studio.client.get("/v1/users", headers=headers)
    return str(next(each["id"] for each in answer.json()["users"] if each["initials"] == "JD"))


async def test_a_password_the_operator_sets_is_told(studio: Studio) -> None:
    async with studio.database.writing(studio.account.account_id) as session:
        who = Principal.system(studio.account.account_id)
        await set_password(session, who, studio.photographer.user_id, "x", must_reset=True)
    [notice] = await told(studio, await studio.administrator())
    assert (notice["kind"], notice["by_id"]) == ("password_assigned", None)


async def test_one_s_own_password_and_the_first_of_a_user_are_not_told(studio: Studio) -> None:
    mine = bearer(await studio.signed_in(device=None))
    body = {"current_password": PASSWORD, "new_password": OTHER}
    assert (await studio.client.post("/v1/auth/password", json=body, headers=mine)).status_code == 204
    await colleague(studio)
    assert await told(studio, await studio.administrator(), state="all") == []


async def test_who_signs_in_from_ever_new_networks_does_not_fill_the_list(
    studio: Studio, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(noting, "MOST", 2)
    for _ in range(5):
        assert (await sign_in_from(app, network(), at_home(studio))).status_code == 200
    found = await told(studio, await studio.administrator())
    assert sorted(each["count"] for each in found) == [1, 3]


async def test_a_sign_in_that_cannot_be_noticed_does_not_happen(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(store, "add", broken)
    assert (await studio.login()).status_code == 500
    assert await studio.execute("SELECT 1 FROM sign_ins WHERE account_id = $1") == []


async def test_an_ordinary_sign_in_asks_no_more_and_an_odd_one_two_statements(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(sign_ins, "begin", watched(sign_ins.begin, asked))
    monkeypatch.setattr(sign_ins, "_exchange", watched(sign_ins._exchange, asked))
    await studio.signed_in()
    assert len([each for each in asked if "safety_notices" in each]) == 2
    asked.clear()
    again = await studio.signed_in()
    await studio.client.post("/v1/auth/refresh", json={"refresh_token": again["refresh_token"]})
    assert len(asked) > 2
    assert not [each for each in asked if "safety_notices" in each]


def watched(work: Any, asked: list[str]) -> Any:
    """Return what does the same, and writes down what it asks of the database."""

    async def watching(session: db.WriteSession, *given: Any, **more: Any) -> Any:
        with session.raw.query_logger(lambda each: asked.append(each.query)):
            found = await work(session, *given, **more)
        await asyncio.sleep(0)  # the driver tells its loggers a turn later
        return found

    return watching


async def test_notices_go_after_90_days(studio: Studio, hold: Hold) -> None:
    began = now()
    await studio.signed_in()
    who = Principal.system(studio.account.account_id)
    for days, left in ((89, 1), (91, 0)):
        hold(began + timedelta(days=days))
        await forget_old(studio.database, who)
        assert await rows(studio) == left
