"""Nobody who guesses learns which accounts there are, or which initials: all are answered alike."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from random import Random
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from app.accounts import budgets
from app.core.clock import now
from app.core.db import Database
from app.core.keys import KeyRing
from tests.accounts.apps import calling_from, people_app
from tests.accounts.studios import PASSWORD, Studio

WRONG = "not the password at all"
Answer = tuple[int, str, frozenset[str], int | None]
Words = dict[str, str]


def told(answer: httpx.Response) -> Answer:
    """Return all of an answer that could tell one name from another."""
    wait = answer.headers.get("Retry-After")
    return (
        answer.status_code,
        answer.json()["code"],
        frozenset(answer.headers),
        None if wait is None else int(wait),
    )


def assert_alike(kinds: Sequence[Sequence[Answer]]) -> None:
    """Compare the answers to several names, each in its order."""
    first, *others = kinds
    for other in others:
        assert [each[:3] for each in other] == [each[:3] for each in first]
        waits = [(one[3] or 0, two[3] or 0) for one, two in zip(first, other, strict=True)]
        assert all(abs(one - two) <= 1 for one, two in waits), waits


def names(studio: Studio) -> list[Words]:
    """Return a user, initials nobody has, and an account that is not there: nobody may tell them apart."""
    account = studio.account.account_name
    return [
        {"account": account, "initials": "PK"},
        {"account": account, "initials": "ZZ"},
        {"account": f"nobody-{uuid4().hex}", "initials": "PK"},
        {"account": f"NOBODY-{uuid4().hex} ", "initials": " pk"},
    ]


async def by_login(client: httpx.AsyncClient, words: Words) -> httpx.Response:
    """Guess by signing in at a desk."""
    return await client.post("/v1/auth/login", json={**words, "password": WRONG})


async def by_reset(client: httpx.AsyncClient, words: Words) -> httpx.Response:
    """Guess by resetting the password."""
    body = {**words, "current_password": WRONG, "new_password": "the sea by a long walk"}
    return await client.post("/v1/auth/reset", json=body)


@pytest.mark.parametrize("guess", [by_login, by_reset])
@pytest.mark.parametrize("seed", range(3))
async def test_names_there_are_and_are_not_get_the_same_answers_in_any_order(
    studio: Studio,
    guess: Callable[[httpx.AsyncClient, Words], Awaitable[httpx.Response]],
    seed: int,
    hold: Callable[[datetime], None],
) -> None:
    hold(now())
    asked = names(studio)
    order = [number for number in range(len(asked)) for _ in range(13)]
    Random(seed).shuffle(order)  # noqa: S311 - an order, not a secret
    answers: list[list[Answer]] = [[] for _ in asked]
    for number in order:
        answers[number].append(told(await guess(studio.client, asked[number])))
    assert_alike(answers)
    assert [each[0] for each in answers[0]] == [401] * 10 + [429] * 3


async def test_the_wait_of_a_name_that_is_not_there_ends_like_any_other(
    studio: Studio, hold: Callable[[datetime], None]
) -> None:
    began, asked = now(), names(studio)
    answers: list[list[Answer]] = [[] for _ in asked]
    for minutes in (0, 5, 10, 16, 17):
        hold(began + timedelta(minutes=minutes))
        for number, words in enumerate(asked):
            answers[number] += [told(await by_login(studio.client, words)) for _ in range(4)]
    assert_alike(answers)
    assert [each[0] for each in answers[0]] == [401] * 10 + [429] * 2 + [401] * 8


async def test_every_process_knows_of_guesses_at_names_that_are_not_there(
    studio: Studio, keys: KeyRing, database: Database
) -> None:
    async with calling_from(people_app(database, keys), "127.0.0.1") as other:
        for words in names(studio):
            answers = [await by_login(client, words) for client in [studio.client, other] * 6]
            assert [answer.status_code for answer in answers] == [401] * 10 + [429] * 2


async def test_many_initials_of_an_account_are_as_many_of_one_that_is_not_there(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, hold: Callable[[datetime], None]
) -> None:
    hold(now())
    await studio.signed_in()
    monkeypatch.setattr(budgets, "MOST_IN_ACCOUNT", 15)
    kinds = [studio.account.account_name, f"nobody-{uuid4().hex}"]
    answers = [
        [
            told(await by_login(studio.client, {"account": name, "initials": f"Z{number}"}))
            for number in range(20)
        ]
        for name in kinds
    ]
    assert_alike(answers)
    assert [each[0] for each in answers[0]] == [401] * 15 + [429] * 5
    await studio.signed_in()


async def test_an_address_has_so_many_guesses_whatever_they_are_for(
    studio: Studio, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budgets, "MOST_FROM_NETWORK", 6)
    network = f"2001:db8:{uuid4().hex[:4]}:1:"
    asked = [words for _ in range(2) for words in names(studio)]
    statuses = []
    for number, words in enumerate(asked):
        async with calling_from(app, f"{network}:{number + 1:x}") as client:
            statuses.append((await by_login(client, words)).status_code)
    assert statuses == [401] * 6 + [429] * 2
    async with calling_from(app, "2001:db8:ffff:2::1") as client:
        right = {"account": studio.account.account_name, "initials": "PK", "password": PASSWORD}
        assert (await client.post("/v1/auth/login", json=right)).status_code == 200
