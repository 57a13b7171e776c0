"""Guessing passwords: ten tries in a quarter of an hour, and no way to lock anybody's phone out."""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from statistics import median
from time import perf_counter
from uuid import uuid4

import pytest
from fastapi import FastAPI

from app.accounts import budgets, passwords
from app.core.clock import now
from tests.accounts.apps import calling_from
from tests.accounts.studios import Studio, bearer, insist
from tests.facts import Property

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


@pytest.mark.parametrize("times", [1, pytest.param(100, marks=pytest.mark.proof)])
async def test_a_bound_phone_is_not_locked_out_by_others(
    studio: Studio, times: int, record_property: Property
) -> None:
    await studio.signed_in()
    await guess(studio)
    let_in = 0
    for _ in range(times):
        assert (await studio.login(device=None)).status_code == 429
        let_in += (await studio.login()).status_code == 200
    record_property("counted: sign-ins of a bound phone under attack", let_in)
    assert let_in == times


CLASSES = {
    "account": {"account": f"nobody-{uuid4().hex}"},
    "initials": {"initials": "ZZ"},
    "password": {"password": WRONG},
    "inactive user": {"initials": "JD"},
}


@pytest.mark.proof
@pytest.mark.usefixtures("in_earnest")
async def test_how_long_a_wrong_word_takes_is_told(
    studio: Studio, hold: Callable[[datetime], None], record_property: Property
) -> None:
    """The figure is judged on the scorecard alone: a machine that is busy with other things is no defect."""
    await studio.execute("UPDATE users SET is_active = false WHERE account_id = $1 AND initials = 'JD'")
    began, tries = now(), 200
    seconds: dict[str, list[float]] = {name: [] for name in CLASSES}
    for number in range(tries):
        hold(began + timedelta(minutes=16) * number)
        for name, changed in CLASSES.items():
            start = perf_counter()
            answer = await studio.login(device=None, **changed)
            seconds[name].append(perf_counter() - start)
            assert answer.status_code == 401
    medians = [median(each) for each in seconds.values()]
    record_property("counted: wrong sign-ins timed in each class", tries)
    record_property("worst: milliseconds between their medians", 1000 * (max(medians) - min(medians)))


async def test_signing_in_forgets_the_wrong_guesses(studio: Studio) -> None:
    await guess(studio, 9)
    await studio.signed_in(device=None)
    await guess(studio, 9)


@pytest.mark.usefixtures("in_earnest")
@pytest.mark.parametrize("changed", [{}, {"initials": "ZZ"}, {"account": f"nobody-{uuid4().hex}"}])
async def test_guesses_at_once_do_not_pass_the_budget(
    studio: Studio, changed: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    judged = watch_verdicts(monkeypatch)
    answers = await insist(50, lambda: studio.login(password=WRONG, device=None, **changed))
    assert Counter(answer.json()["code"] for answer in answers) == {
        "invalid_credentials": 10, "rate_limited": 40
    }  # fmt: skip
    assert len(judged) == 10


@pytest.mark.usefixtures("in_earnest")
async def test_guesses_at_once_at_the_password_of_a_sign_in_do_not_pass_its_budget(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = bearer(await studio.signed_in(device=None))
    judged = watch_verdicts(monkeypatch)
    body = {"current_password": WRONG, "new_password": "the sea by a long walk"}
    answers = await insist(50, lambda: studio.client.post("/v1/auth/password", json=body, headers=headers))
    assert Counter(answer.json()["code"] for answer in answers) == {
        "invalid_credentials": 10, "rate_limited": 40
    }  # fmt: skip
    assert len(judged) == 10


@pytest.mark.usefixtures("in_earnest")
async def test_guesses_at_once_of_a_bound_phone_do_not_pass_its_budget(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    await studio.signed_in()
    judged = watch_verdicts(monkeypatch)
    answers = await insist(50, lambda: studio.login(password=WRONG))
    assert Counter(answer.json()["code"] for answer in answers) == {
        "invalid_credentials": 10, "rate_limited": 40
    }  # fmt: skip
    assert len(judged) == 10


async def test_guesses_at_once_at_an_account_do_not_pass_the_budget_of_their_network(
    studio: Studio, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budgets, "MOST_FROM_NETWORK", 3)
    judged = watch_verdicts(monkeypatch)
    body = studio.words(password=WRONG, device=None)
    async with calling_from(app, f"2001:db8:{uuid4().hex[:4]}::1") as client:
        answers = await insist(10, lambda: client.post("/v1/auth/login", json=body))
    assert Counter(answer.json()["code"] for answer in answers) == {
        "invalid_credentials": 3, "rate_limited": 7
    }  # fmt: skip
    assert len(judged) == 3


@pytest.mark.usefixtures("in_earnest")
async def test_a_flood_of_guesses_in_one_account_leaves_room_for_the_others(
    studio: Studio, other_studio: Studio
) -> None:
    flood = [studio.login(password=WRONG, device=None) for _ in range(50)]
    *answers, other = await asyncio.gather(*flood, other_studio.login(device=None))
    assert other.status_code == 200
    codes = {answer.json()["code"] for answer in answers}
    assert codes == {"invalid_credentials", "rate_limited", "account_busy"}


def watch_verdicts(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Return where it is written down what became of each password that was compared."""
    judged: list[bool] = []
    verify = passwords.verify

    async def watched(password: str, kept: str | None) -> bool:
        judged.append(await verify(password, kept))
        return judged[-1]

    monkeypatch.setattr(passwords, "verify", watched)
    return judged
