"""Guessing passwords: ten tries in a quarter of an hour, and no way to lock anybody's phone out."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from app.core.clock import now
from tests.accounts.studios import Studio

# Guesses at once are all looked up before the first has been hashed.
pytestmark = pytest.mark.usefixtures("in_earnest")

WRONG = "not the password at all"


async def guess(studio: Studio, times: int = 10, **changed: str | None) -> None:
    for _ in range(times):
        assert (await studio.login(password=WRONG, device=None, **changed)).status_code == 401


async def test_the_eleventh_guess_waits_even_when_right(studio: Studio) -> None:
    await guess(studio)
    answer = await studio.login(device=None)
    assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
    assert 0 < int(answer.headers["Retry-After"]) <= 900


async def test_the_wait_ends(studio: Studio, hold: Callable[[datetime], None]) -> None:
    await guess(studio)
    hold(now() + timedelta(minutes=15))
    await studio.signed_in(device=None)


async def test_initials_nobody_has_are_counted_alike(studio: Studio) -> None:
    await guess(studio, initials="ZZ")
    assert (await studio.login(initials="ZZ")).json()["code"] == "rate_limited"


async def test_accounts_that_do_not_exist_are_counted_by_address(studio: Studio) -> None:
    await guess(studio, account="nobody-has-this-name")
    assert (await studio.login(account="nor-this-one")).json()["code"] == "rate_limited"
    await studio.signed_in()


async def test_a_bound_phone_is_not_locked_out_by_others(studio: Studio) -> None:
    await studio.signed_in()
    await guess(studio)
    assert (await studio.login(device=None)).status_code == 429
    await studio.signed_in()


async def test_signing_in_forgets_the_wrong_guesses(studio: Studio) -> None:
    await guess(studio, 9)
    await studio.signed_in(device=None)
    await guess(studio, 9)


async def test_guesses_at_once_are_counted_each(studio: Studio) -> None:
    await asyncio.gather(*(studio.login(password=WRONG, device=None) for _ in range(30)))
    [row] = await studio.execute("SELECT failures FROM sign_in_budgets WHERE account_id = $1")
    assert row["failures"] == 30
    assert (await studio.login(device=None)).status_code == 429
