"""An app that is too old is told so at every door, loses nothing, and goes on once it was updated."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from app.core.db import Database
from tests.accounts.studios import Studio, bearer, new_studio
from tests.contract.phones import Copy, Phone, change
from tests.samples import sample, widen


@pytest.fixture
async def studio(database: Database, house: FastAPI, http: httpx.AsyncClient) -> Studio:
    """Make an account of the test's own, with one free row."""
    studio = await new_studio(database, http, house.state.keys)
    await widen(database, studio.account.account_id)
    return studio


@pytest.fixture
async def signed_in(studio: Studio) -> dict[str, Any]:
    """Sign in a phone whose app knows schema version 1 alone."""
    return await studio.signed_in(device={**studio.phone(), "schema_version": 1})


@pytest.fixture
def old(studio: Studio, signed_in: dict[str, Any]) -> Phone:
    """Return that phone."""
    return Phone(studio.client, bearer(signed_in), signed_in["user"]["id"])


@pytest.fixture
def give_up(house: FastAPI) -> Iterator[Callable[[], None]]:
    """Return what an operator does who no longer serves apps of version 1."""
    before = house.state.minimum_schema_version
    yield lambda: setattr(house.state, "minimum_schema_version", 2)
    house.state.minimum_schema_version = before


def is_too_old(answer: httpx.Response) -> bool:
    """Say whether an answer tells the app to be updated."""
    told = answer.json()
    return (answer.status_code, told["code"], told.get("minimum")) == (426, "client_too_old", 2)


async def test_what_is_queued_survives_until_the_app_is_updated(
    http: httpx.AsyncClient, old: Phone, signed_in: dict[str, Any], give_up: Callable[[], None]
) -> None:
    copy = await old.copy("clients")
    made = uuid4()
    await old.must_push(change("create", "clients", made, **sample("clients")))
    typed = [{"n": 2, **change("patch", "clients", made, last_name="Typed in a tunnel")}]
    push = {"stream": old.stream, "first": 2, "changes": typed}
    pull = {"cursor": copy.cursor, "collections": ["clients"]}
    give_up()
    assert is_too_old(await http.post("/v1/sync/push", json=push, headers=old.headers))
    assert is_too_old(await http.post("/v1/sync/pull", json=pull, headers=old.headers))
    prolong = {"refresh_token": signed_in["refresh_token"], "app_version": "0.9.1", "schema_version": 1}
    assert is_too_old(await http.post("/v1/auth/refresh", json=prolong))

    answer = await http.post(
        "/v1/auth/refresh", json={**prolong, "app_version": "2.0.0", "schema_version": 2}
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["device"]["app_version"] == "2.0.0"
    updated = replace(old, headers=bearer(answer.json()))
    first = await http.post("/v1/sync/push", json=push, headers=updated.headers)
    again = await http.post("/v1/sync/push", json=push, headers=updated.headers)
    assert [each["verdict"] for each in first.json()["results"]] == ["applied"]
    assert again.json()["results"] == first.json()["results"]
    pages = await Copy(updated, ["clients"], copy.cursor).pull()
    (found,) = [each for page in pages for each in page["changes"]["clients"]["put"]]
    assert (found["id"], found["last_name"]) == (str(made), "Typed in a tunnel")
    assert not pages[0]["replace"]


async def test_an_app_that_is_too_old_binds_no_slot_when_it_signs_in(
    studio: Studio, give_up: Callable[[], None]
) -> None:
    give_up()
    phone = {**studio.phone(), "schema_version": 1}
    assert is_too_old(await studio.login(device=phone))
    assert (await studio.login(device=phone, password="wrong " * 3)).status_code == 401
    bound = await studio.execute("SELECT device_uid FROM devices WHERE account_id = $1")
    assert [each["device_uid"] for each in bound] == [None]
    answer = await studio.login(device={**phone, "schema_version": 2})
    assert answer.status_code == 200


async def test_a_desk_states_no_version_and_is_never_too_old(
    studio: Studio, give_up: Callable[[], None]
) -> None:
    give_up()
    headers = await studio.administrator()
    answer = await studio.client.get("/v1/sync/manifest", headers=headers)
    assert (answer.status_code, answer.json()["minimum_schema_version"]) == (200, 2)
    assert (await studio.client.post("/v1/sync/pull", json={}, headers=headers)).status_code == 200


async def test_a_refresh_that_says_nothing_leaves_the_version_as_it_was(
    http: httpx.AsyncClient, signed_in: dict[str, Any], give_up: Callable[[], None]
) -> None:
    answer = await http.post("/v1/auth/refresh", json={"refresh_token": signed_in["refresh_token"]})
    assert answer.json()["device"]["app_version"] == signed_in["device"]["app_version"]
    give_up()
    assert is_too_old(await http.post("/v1/sync/pull", json={}, headers=bearer(answer.json())))
