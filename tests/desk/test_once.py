"""A request that is sent again does nothing more, however many send it and whenever."""

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from app.core.db import Database
from app.core.principal import Principal
from app.desk.idempotency import forget_old
from tests.accounts.studios import Studio, new_studio
from tests.contract.conftest import asked, opened
from tests.contract.desks import Desk, at_a_desk, told
from tests.desk.conftest import Has
from tests.samples import named, sample

CLIENTS, TASKS = named("clients"), named("tasks")


def as_answered(answer: httpx.Response) -> tuple[int, bytes, dict[str, str]]:
    """Return an answer but for what belongs to the request alone."""
    own = {"x-request-id", "idempotent-replayed"}
    return (
        answer.status_code,
        answer.content,
        dict(sorted((name, value) for name, value in answer.headers.items() if name not in own)),
    )


async def test_a_hundred_at_once_have_one_effect(desk: Desk) -> None:
    key, sent = uuid4().hex, sample("clients")

    async def all_at_once() -> list[httpx.Response]:
        return await asyncio.gather(*(desk.create(CLIENTS, sent, idempotency_key=key) for _ in range(100)))

    at_first, again = await all_at_once(), await all_at_once()
    [made] = await desk.all(CLIENTS)
    for answer in at_first:
        if answer.status_code == 409:
            assert (answer.json()["code"], answer.headers["retry-after"]) == ("request_in_progress", "1")
            assert answer.json()["retryable"]
    # Who is one of too many is told to come back, and has had no effect either.
    answers = [each for each in (*at_first, *again) if each.status_code not in (409, 429, 503)]
    assert Counter("idempotent-replayed" in each.headers for each in answers)[False] == 1
    assert 201 in {each.status_code for each in again} <= {201, 429, 503}
    assert len({str(as_answered(each)) for each in answers}) == 1
    assert told(answers[0]) == made


async def test_a_repeat_that_comes_too_early_is_told_to_wait(studio: Studio, desk: Desk) -> None:
    key, sent = uuid4().hex, sample("clients")
    async with studio.database.writing(studio.account.account_id):
        both = {asyncio.create_task(desk.create(CLIENTS, sent, idempotency_key=key)) for _ in range(2)}
        [early], [first] = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    refused, made = await early, await first
    assert (refused.status_code, refused.json()["code"]) == (409, "request_in_progress")
    assert made.status_code == 201


async def test_every_kind_of_write_is_carried_out_once(has: Has, desk: Desk) -> None:
    client, task = await has("clients"), await has("tasks", complete_date=None)
    writes: list[tuple[str, str, Any, str | None]] = [
        ("PATCH", f"clients/{client['id']}", {"last_name": "Once"}, f'"{client["revision"]}"'),
        ("POST", f"tasks/{task['id']}/complete", {"date": "2026-06-13"}, None),
        ("DELETE", f"tasks/{task['id']}", None, "*"),
    ]
    for verb, path, body, match in writes:
        key = uuid4().hex
        first, again = [
            await desk.ask(verb, path, body, if_match=match, idempotency_key=key) for _ in range(2)
        ]
        assert first.is_success, first.text
        assert as_answered(again) == as_answered(first)
        assert again.headers["idempotent-replayed"] == "true"


async def test_a_refusal_is_repeated_too(has: Has, desk: Desk) -> None:
    client = await has("clients", client_number=4711)
    key, sent = uuid4().hex, sample("clients", client_number=4711)
    first = await desk.create(CLIENTS, sent, idempotency_key=key)
    assert (first.status_code, first.json()["code"]) == (409, "not_unique")
    await desk.delete(CLIENTS, client["id"])
    again = await desk.create(CLIENTS, sent, idempotency_key=key)
    assert as_answered(again) == as_answered(first)
    assert (await desk.create(CLIENTS, sent, idempotency_key=uuid4().hex)).status_code == 201


async def test_what_was_refused_for_its_form_may_be_sent_anew(has: Has, desk: Desk) -> None:
    client, key = await has("clients"), uuid4().hex
    unsaid = await desk.change(CLIENTS, client["id"], {"last_name": "Doe"}, None, idempotency_key=key)
    assert unsaid.status_code == 428
    said = await desk.change(CLIENTS, client["id"], {"last_name": "Doe"}, "*", idempotency_key=key)
    assert (said.status_code, told(said)["last_name"]) == (200, "Doe")


async def test_another_request_under_the_same_key_is_refused(has: Has, desk: Desk) -> None:
    client, other, key = await has("clients"), await has("clients"), uuid4().hex
    path, body = f"clients/{client['id']}", {"last_name": "Doe"}
    assert (await desk.ask("PATCH", path, body, if_match="*", idempotency_key=key)).status_code == 200
    others: list[tuple[str, str, Any, str]] = [
        ("PATCH", path, {"last_name": "Roe"}, "*"),
        ("PATCH", path, body, '"1"'),
        ("PATCH", f"clients/{other['id']}", body, "*"),
        ("DELETE", path, None, "*"),
    ]
    for verb, address, sent, match in others:
        refused = await desk.ask(verb, address, sent, if_match=match, idempotency_key=key)
        assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_key_reused")
    assert (await desk.read(CLIENTS, other["id"])).json() == other


@pytest.fixture
async def strange_desk(database: Database, house: FastAPI, http: httpx.AsyncClient) -> Desk:
    """Sign the administrator of another account in."""
    return await at_a_desk(await new_studio(database, http, house.state.keys))


async def test_a_key_is_its_user_s_own(
    desk: Desk, other_desk: Desk, photographer: Desk, strange_desk: Desk
) -> None:
    key, sent = uuid4().hex, sample("tasks")
    desks = (desk, other_desk, photographer, strange_desk)
    made = [await each.create(TASKS, sent, idempotency_key=key) for each in desks]
    assert [each.status_code for each in made] == [201] * 4
    first, same, *others = [told(each)["id"] for each in made]
    assert same == first
    assert len({first, *others}) == 3


@pytest.mark.parametrize("odd", ["", " ", "two words", "k" * 256])
async def test_an_odd_key_is_refused(desk: Desk, odd: str) -> None:
    refused = await desk.create(CLIENTS, sample("clients"), idempotency_key=odd)
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request")
    assert await desk.all(CLIENTS) == []


async def test_an_answer_is_kept_for_a_day_and_then_forgotten(studio: Studio, desk: Desk) -> None:
    young, old, sent = uuid4().hex, uuid4().hex, sample("tasks")
    for key in (young, old):
        await desk.create(TASKS, sent, idempotency_key=key)
    await studio.execute(
        "UPDATE idempotent_answers SET made_at = now() - CASE key WHEN $2 THEN interval '24 hours 1 minute'"
        " ELSE interval '23 hours 59 minutes' END WHERE account_id = $1",
        old,
    )
    repeated = [await desk.create(TASKS, sent, idempotency_key=key) for key in (young, old)]
    assert ["idempotent-replayed" in each.headers for each in repeated] == [True, False]
    await studio.execute(
        "UPDATE idempotent_answers SET made_at = now() - interval '24 hours 1 minute' WHERE account_id = $1"
    )
    await desk.create(TASKS, sent, idempotency_key=uuid4().hex)
    kept = await studio.execute("SELECT key FROM idempotent_answers WHERE account_id = $1")
    assert len(kept) == 1


async def test_answers_are_forgotten_also_where_nobody_writes_any_more(studio: Studio, desk: Desk) -> None:
    for _ in range(3):
        await desk.create(TASKS, sample("tasks"), idempotency_key=uuid4().hex)
    await studio.execute(
        "UPDATE idempotent_answers SET made_at = now() - interval '24 hours 1 minute'"
        " WHERE account_id = $1 AND key <> (SELECT max(key) FROM idempotent_answers WHERE account_id = $1)"
    )
    who = Principal.system(studio.account.account_id)
    assert [await forget_old(studio.database, who) for _ in range(2)] == [2, 0]
    assert len(await studio.execute("SELECT key FROM idempotent_answers WHERE account_id = $1")) == 1


async def test_of_two_desks_that_saw_the_same_copy_one_wins(has: Has, desk: Desk, other_desk: Desk) -> None:
    client = await has("clients")
    etag = f'"{client["revision"]}"'
    for _ in range(5):
        answers = await asyncio.gather(
            *(
                each.change(CLIENTS, client["id"], {"last_name": uuid4().hex}, etag)
                for each in (desk, other_desk) * 4
            )
        )
        [won] = [each for each in answers if each.status_code == 200]
        lost = [each for each in answers if each.status_code == 412]
        assert len(lost) == len(answers) - 1
        assert {each.headers["etag"] for each in lost} == {won.headers["etag"]}
        assert (await desk.read(CLIENTS, client["id"])).json() == told(won)
        etag = won.headers["etag"]


async def test_who_waits_is_poked(database: Database, database_url: str, tmp_path: Path) -> None:
    async with opened(database_url, tmp_path) as house, asked(house) as http:
        desk = await at_a_desk(await new_studio(database, http, house.state.keys))
        now = (await desk.ask("GET", "sync/wait?seconds=0")).json()
        known = f"revision={now['revision']}&scope_version={now['scope_version']}"
        waiting = asyncio.create_task(desk.ask("GET", f"sync/wait?{known}&seconds=30"))
        made = await desk.create(TASKS, sample("tasks"))
        news = (await waiting).json()
    assert (news["has_changed"], news["revision"]) == (True, told(made)["revision"])
