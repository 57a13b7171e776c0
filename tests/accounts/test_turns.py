"""Strangers who guess take no turn from who is known, nor from who signs in elsewhere."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from app.accounts import budgets, passwords, turns
from app.core.db import Database
from tests.accounts.apps import calling_from
from tests.accounts.studios import Studio, new_studio

WRONG = "not the password at all"
Task = asyncio.Task[httpx.Response]


@pytest.fixture
def network() -> str:
    """Return an address nobody has called from."""
    return f"2001:db8:{uuid4().hex[:4]}::1"


@asynccontextmanager
async def guessing(
    studio: Studio, asked: list[dict[str, Any]], begun: int, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[list[Task]]:
    """Have so many guess at once, so many of whose words are being compared for as long as it lasts."""
    comparing, over, verify = asyncio.Semaphore(0), asyncio.Event(), passwords.verify

    async def held(password: str, kept: str | None) -> bool:
        if password == WRONG:
            comparing.release()
            await over.wait()
        return await verify(password, kept)

    monkeypatch.setattr(passwords, "verify", held)
    tasks = [asyncio.create_task(studio.login(password=WRONG, device=None, **words)) for words in asked]
    try:
        async with asyncio.timeout(20):
            for _ in range(begun):
                await comparing.acquire()
            yield tasks
    finally:
        over.set()
        await asyncio.wait(tasks)


async def first_code(tasks: list[Task]) -> str:
    """Return what the first who is answered is told."""
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    return str(done.pop().result().json()["code"])


async def test_who_is_known_signs_in_while_strangers_fill_the_turns_of_their_account(
    studio: Studio, app: FastAPI, network: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = studio.words(device=None)
    async with calling_from(app, network) as office:
        await studio.signed_in()
        assert (await office.post("/v1/auth/login", json=desk)).status_code == 200
        async with guessing(studio, [{}] * 12, 1, monkeypatch) as strangers:
            assert await first_code(strangers) == "account_busy"
            assert (await studio.login(device=None)).json()["code"] == "account_busy"
            await studio.signed_in()
            assert (await office.post("/v1/auth/login", json=desk)).status_code == 200


async def test_who_is_known_signs_in_while_strangers_fill_the_turns_of_other_accounts(
    studio: Studio, app: FastAPI, network: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, names = studio.words(device=None), [{"account": f"nobody-{uuid4().hex}"} for _ in range(40)]
    async with calling_from(app, network) as office:
        await studio.signed_in()
        assert (await office.post("/v1/auth/login", json=desk)).status_code == 200
        async with guessing(studio, names, turns.AT_ONCE, monkeypatch):
            await studio.signed_in()
            assert (await office.post("/v1/auth/login", json=desk)).status_code == 200


async def test_a_new_phone_signs_in_while_few_names_are_asked_for_by_many(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [{"account": f"nobody-{uuid4().hex}"} for _ in range(3)]
    async with guessing(studio, names * 10, 3, monkeypatch):
        await studio.signed_in()


async def test_a_spent_network_is_refused_before_any_turn(
    studio: Studio, app: FastAPI, network: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budgets, "MOST_FROM_NETWORK", 1)
    async with calling_from(app, network) as client:
        body = studio.words(device=None, password=WRONG)
        assert (await client.post("/v1/auth/login", json=body)).status_code == 401
        async with guessing(studio, [{}] * 12, 1, monkeypatch) as strangers:
            assert await first_code(strangers) == "account_busy"
            answer = await client.post("/v1/auth/login", json=body)
            assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")


async def test_wrong_words_that_wait_for_the_clocks_of_two_accounts_hold_up_no_third(
    studio: Studio, other_studio: Studio, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged, verify = asyncio.Semaphore(0), passwords.verify

    async def watched(password: str, kept: str | None) -> bool:
        is_right = await verify(password, kept)
        judged.release()
        return is_right

    third = await new_studio(database, studio.client, studio.keys)
    monkeypatch.setattr(passwords, "verify", watched)
    async with asyncio.timeout(20):
        async with (
            database.writing(studio.account.account_id),
            database.writing(other_studio.account.account_id),
        ):
            guesses = [
                asyncio.create_task(each.login(password=WRONG, device=None))
                for each in (studio, other_studio)
            ]
            for _ in guesses:
                await judged.acquire()
            await third.signed_in()
            assert not any(guess.done() for guess in guesses)
        assert [(await guess).status_code for guess in guesses] == [401, 401]
