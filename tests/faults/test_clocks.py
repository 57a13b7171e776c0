"""Clocks that are wrong: the phone's by any time, the server's by minutes and in both directions."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from app.core import clock
from app.core.db import Database
from tests.accounts.studios import Studio, bearer, new_studio
from tests.contract.conftest import house, http  # noqa: F401 - fixtures are found by their names
from tests.contract.phones import Copy, Phone, Record, change, signed_in
from tests.samples import sample, widen

WRONG = [timedelta(), *(sign * timedelta(days=days) for days in (1, 365) for sign in (1, -1))]
MINUTES = (5, -5, 0, 5, 0, -5)


@pytest.fixture
async def hold() -> AsyncIterator[Callable[[datetime | None], None]]:
    """Hold the server's clock until the test ends; async, to let go in the context that held."""
    yield clock.hold
    clock.hold(None)


@pytest.fixture
async def studio(database: Database, house: FastAPI, http: httpx.AsyncClient) -> Studio:  # noqa: F811
    """Make a studio with room for two phones that hold everything."""
    studio = await new_studio(database, http, house.state.keys)
    await studio.authorize()
    await widen(database, studio.account.account_id)
    return studio


async def edit(phone: Phone, client: UUID, name: str, **more: Any) -> Record:
    """Rename a client."""
    told = {**change("patch", "clients", client, last_name=name), **more}
    [verdict] = await phone.push(told)
    return verdict


@pytest.mark.parametrize("many", [25, pytest.param(2_000, marks=pytest.mark.proof)])
async def test_a_phone_s_clock_orders_nothing(studio: Studio, many: int) -> None:
    """X-09 (P3, P5): what arrives later is later, whatever day and year the phones believe it is."""
    random = Random(many)  # noqa: S311 - a repeatable run, no secret
    phones, client = [await signed_in(studio) for _ in range(2)], uuid4()
    await phones[0].must_push(change("create", "clients", client, **sample("clients")))
    copy = await phones[1].copy("clients")
    revision = copy.records[str(client)]["revision"]
    for number in range(many):
        at = (datetime.now(UTC) + random.choice(WRONG)).isoformat()
        phone = random.choice(phones)
        verdict = await edit(phone, client, f"Name {number}", base_revision=revision, client_time=at)
        assert verdict["verdict"] == "applied"
        assert verdict["revision"] > revision
        revision = verdict["revision"]
    await copy.pull()
    found = copy.records[str(client)]
    assert (found["last_name"], found["revision"]) == (f"Name {many - 1}", revision)


async def test_a_server_s_clock_that_jumps_takes_nothing_back(
    studio: Studio, hold: Callable[[datetime | None], None]
) -> None:
    """X-09 (P2, P3): revisions go on, repeats stay repeats, and who refreshes goes on."""
    begun, client, revisions = datetime.now(UTC), uuid4(), [0]
    answer = await studio.signed_in(device=studio.phone())
    phone = Phone(studio.client, bearer(answer), answer["user"]["id"])
    await phone.must_push(change("create", "clients", client, **sample("clients")))
    copy: Copy = await phone.copy("clients")
    for number, minutes in enumerate(MINUTES):
        hold(begun + timedelta(minutes=minutes))
        refreshed = await studio.client.post(
            "/v1/auth/refresh", json={"refresh_token": answer["refresh_token"]}
        )
        assert refreshed.status_code == 200, refreshed.text
        answer = refreshed.json()
        phone.headers = bearer(answer)
        sent = {"n": phone.next, **change("patch", "clients", client, last_name=f"Name {number}")}
        body = {"stream": phone.stream, "first": phone.next, "changes": [sent]}
        first, again = [(await phone.post("push", body)).json()["results"] for _ in range(2)]
        assert first == again
        phone.next += 1
        revisions.append(first[0]["revision"])
        await copy.pull()
        assert copy.records[str(client)]["last_name"] == f"Name {number}"
    assert revisions == sorted(set(revisions))


@pytest.mark.parametrize(("seconds", "status"), [(59, 200), (62, 401)])
async def test_a_token_of_a_server_that_is_ahead_is_good_for_a_minute(
    studio: Studio, hold: Callable[[datetime | None], None], seconds: int, status: int
) -> None:
    """X-09 (D3): clocks of two servers may differ by a minute, and no more."""
    begun = datetime.now(UTC)
    hold(begun)
    answer = await studio.signed_in(device=studio.phone())
    hold(begun - timedelta(seconds=seconds))
    pull = await studio.client.post("/v1/sync/pull", json={}, headers=bearer(answer))
    assert pull.status_code == status
    refreshed = await studio.client.post("/v1/auth/refresh", json={"refresh_token": answer["refresh_token"]})
    assert refreshed.status_code == 200
    again = await studio.client.post("/v1/sync/pull", json={}, headers=bearer(refreshed.json()))
    assert again.status_code == 200
