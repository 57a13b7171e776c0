"""A notice is answered once by whom it concerns and once for the account, and neither hides it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI

from app.core.clock import now
from tests.accounts.studios import Studio, bearer
from tests.notices.happenings import (
    PATH,
    Headers,
    Notice,
    acknowledge,
    answered,
    at_home,
    colleague,
    network,
    page,
    sign_in_from,
    told,
)


@pytest.fixture
async def mine(studio: Studio) -> Headers:
    """Sign the photographer in on a new phone."""
    return bearer(await studio.signed_in())


@pytest.fixture
async def desk(studio: Studio) -> Headers:
    """Sign the administrator in."""
    return await studio.administrator()


@pytest.fixture
async def notice(studio: Studio, mine: Headers) -> Notice:
    """Return what is told of the new phone."""
    [notice] = await told(studio, mine)
    return notice


async def audited(studio: Studio, desk: Headers, notice: Notice) -> list[dict[str, Any]]:
    """Return what the trail has of a notice."""
    asked = {"record_id": notice["id"]}
    answer = await studio.client.get("/v1/audit", params=asked, headers=desk)
    return list(answer.json()["entries"])


async def test_the_first_answer_stands_and_is_in_the_trail_once(
    studio: Studio, mine: Headers, desk: Headers, notice: Notice, hold: Callable[[datetime], None]
) -> None:
    first = await answered(studio, mine, notice, was_expected=True)
    assert (first["was_expected"], first["is_open"], first["acknowledged_at"]) == (True, False, None)
    assert await page(studio, mine) == {"notices": [], "open": 0, "next_page": None}
    hold(now() + timedelta(minutes=5))
    assert await answered(studio, mine, notice, was_expected=False) == first
    [entry] = await audited(studio, desk, notice)
    assert (entry["initials"], entry["subject"], entry["action"]) == ("PK", "safety_notices", "changed")
    assert entry["before"] == {"confirmed_at": None, "was_expected": None}
    assert entry["after"]["was_expected"] is True


async def test_an_administrator_answers_for_the_account_once(
    studio: Studio, mine: Headers, desk: Headers, notice: Notice
) -> None:
    other = await colleague(studio, is_administrator=True)
    first = await answered(studio, desk, notice)
    assert await answered(studio, other, notice) == first
    assert first["acknowledged_by"] == (await audited(studio, desk, notice))[0]["user_id"]
    assert await told(studio, desk) == await told(studio, other) == []
    [open_still] = await told(studio, mine)
    assert open_still["is_open"] is True


async def test_who_has_got_hold_of_a_password_cannot_hide_it_from_the_administrators(
    studio: Studio, mine: Headers, desk: Headers, notice: Notice
) -> None:
    await answered(studio, mine, notice, was_expected=True)
    [open_still] = await told(studio, desk)
    assert (open_still["id"], open_still["was_expected"]) == (notice["id"], True)


async def test_a_no_opens_it_again_for_administrators(
    studio: Studio, mine: Headers, desk: Headers, notice: Notice
) -> None:
    await answered(studio, desk, notice)
    denied = await answered(studio, mine, notice, was_expected=False)
    assert (denied["was_expected"], denied["acknowledged_by"]) == (False, None)
    [again] = await told(studio, desk)
    assert again["was_expected"] is False
    await answered(studio, desk, again)
    assert await told(studio, desk) == []
    assert (await answered(studio, mine, notice, was_expected=False))["acknowledged_at"], "once"


async def test_an_administrator_answers_a_notice_about_themself_for_both_unless_with_no(
    studio: Studio, app: FastAPI
) -> None:
    words = studio.words(initials="JD", device=None)
    for _ in range(3):
        desk = bearer((await sign_in_from(app, network(), words)).json())
    second, first = await told(studio, desk)
    both = await answered(studio, desk, first, was_expected=True)
    assert (both["is_open"], both["was_expected"]) == (False, True)
    assert both["acknowledged_at"] == both["confirmed_at"]
    for _ in range(2):
        denied = await answered(studio, desk, second, was_expected=False)
        assert (denied["is_open"], denied["acknowledged_at"]) == (True, None)
    assert (await answered(studio, desk, second))["is_open"] is False


async def test_what_concerns_somebody_else_is_not_there(
    studio: Studio, other_studio: Studio, notice: Notice, desk: Headers
) -> None:
    strangers = [await colleague(studio), await other_studio.administrator()]
    for headers in strangers:
        for name in (notice["id"], str(uuid4())):
            answer = await acknowledge(studio, headers, name, was_expected=True)
            assert (answer.status_code, answer.json()["code"]) == (404, "notice_not_found")
        assert await told(studio, headers, state="all") == []
    [untouched] = await told(studio, desk)
    assert untouched == notice


async def test_the_list_is_read_in_pages_the_newest_first(
    studio: Studio, app: FastAPI, hold: Callable[[datetime], None]
) -> None:
    began = now()
    for minutes in range(6):
        hold(began + timedelta(minutes=minutes // 2))
        await sign_in_from(app, network(), at_home(studio))
    desk = await studio.administrator()
    whole = await told(studio, desk)
    assert [each["at"] for each in whole] == sorted((each["at"] for each in whole), reverse=True)
    found: list[Notice] = []
    asked: dict[str, Any] = {"limit": 2}
    for _ in range(3):
        read = await page(studio, desk, **asked)
        found += read["notices"]
        assert read["open"] == 5
        asked["page"] = read["next_page"]
    assert (found, read["next_page"]) == (whole, None)


async def test_what_was_answered_is_told_when_all_is_asked_for(
    studio: Studio, mine: Headers, notice: Notice
) -> None:
    done = await answered(studio, mine, notice)
    assert await told(studio, mine, state="all") == [done]
    answer = await studio.client.get(PATH, params={"state": "some"}, headers=mine)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
