"""Refresh tokens: rotated, forgiven once when an answer is lost, and never shared."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

import httpx
import pytest

from app.accounts import jobs
from app.accounts.sign_ins import ABSOLUTE
from app.core.clock import now
from app.core.principal import Principal
from tests.accounts.studios import Studio, bearer

REFRESH = "/v1/auth/refresh"


async def refresh(studio: Studio, token: str, **more: str) -> httpx.Response:
    return await studio.client.post(REFRESH, json={"refresh_token": token, **more})


async def test_a_refresh_gives_new_tokens_of_the_same_sign_in(studio: Studio) -> None:
    phone = await studio.signed_in()
    answer = await refresh(studio, phone["refresh_token"])
    assert answer.status_code == 200
    assert answer.json()["refresh_token"] != phone["refresh_token"]
    assert answer.json()["device"] == phone["device"]
    assert set(answer.json()) == set(phone)
    listed = await studio.client.get("/v1/devices", headers=bearer(answer.json()))
    assert listed.json()["code"] == "permission_denied"


async def test_a_lost_answer_is_given_again(studio: Studio) -> None:
    token = (await studio.signed_in())["refresh_token"]
    first, again = await refresh(studio, token), await refresh(studio, token)
    assert first.json()["refresh_token"] == again.json()["refresh_token"]
    assert (await refresh(studio, again.json()["refresh_token"])).status_code == 200


async def test_a_token_used_after_its_successor_ends_the_sign_in(studio: Studio) -> None:
    token = (await studio.signed_in())["refresh_token"]
    second = (await refresh(studio, token)).json()["refresh_token"]
    third = (await refresh(studio, second)).json()
    thief = await refresh(studio, token)
    assert (thief.status_code, thief.json()["code"]) == (401, "refresh_reused")
    assert (await refresh(studio, third["refresh_token"])).json()["code"] == "invalid_token"
    answer = await studio.client.get("/v1/devices", headers=bearer(third))
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")


async def test_a_lost_answer_is_forgiven_for_a_minute_only(
    studio: Studio, hold: Callable[[datetime], None]
) -> None:
    token = (await studio.signed_in())["refresh_token"]
    hold(now())
    await refresh(studio, token)
    hold(now() + timedelta(seconds=61))
    assert (await refresh(studio, token)).json()["code"] == "refresh_reused"


async def test_fifty_refreshes_at_once_give_one_token(studio: Studio) -> None:
    token = (await studio.signed_in())["refresh_token"]
    answers = await asyncio.gather(*(_refresh_until_let_in(studio, token) for _ in range(50)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["refresh_token"] for answer in answers}) == 1


async def _refresh_until_let_in(studio: Studio, token: str) -> httpx.Response:
    """Come again when told to, as where a machine is slow, but without waiting."""
    while (answer := await refresh(studio, token)).status_code == 429:
        assert answer.headers["Retry-After"]
    return answer


async def test_another_phone_cannot_use_the_token(studio: Studio) -> None:
    token = (await studio.signed_in())["refresh_token"]
    other = await refresh(studio, token, device_uid=str(uuid4()))
    assert (other.status_code, other.json()["code"]) == (401, "invalid_token")
    assert (await refresh(studio, token, device_uid=str(studio.uid))).status_code == 200


async def test_a_token_unused_for_a_month_has_expired(
    studio: Studio, hold: Callable[[datetime], None]
) -> None:
    token = (await studio.signed_in())["refresh_token"]
    hold(now() + timedelta(days=30, seconds=1))
    assert (await refresh(studio, token)).json()["code"] == "token_expired"


async def test_half_a_year_is_the_end_however_often_it_is_used(
    studio: Studio, hold: Callable[[datetime], None]
) -> None:
    token = (await studio.signed_in())["refresh_token"]
    start = now()
    for days in range(20, 180, 20):
        hold(start + timedelta(days=days))
        token = (await refresh(studio, token)).json()["refresh_token"]
    hold(start + timedelta(days=180, seconds=1))
    assert (await refresh(studio, token)).json()["code"] == "token_expired"


async def test_the_database_holds_no_token(studio: Studio) -> None:
    token = (await studio.signed_in())["refresh_token"]
    [row] = await studio.execute("SELECT token_hash::text AS hash FROM refresh_tokens WHERE account_id = $1")
    assert token not in row["hash"]
    assert (await refresh(studio, row["hash"])).status_code == 401


@pytest.mark.parametrize("token", ["", "x", "ä" * 64, "A" * 64, "=" * 64, "A" * 63, "../" * 20])
async def test_what_is_no_token_is_refused(studio: Studio, token: str) -> None:
    answer = await refresh(studio, token)
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")


async def test_a_made_up_token_is_refused_without_waiting_for_whoever_writes(studio: Studio) -> None:
    async with studio.database.writing(studio.account.account_id):
        answer = await refresh(studio, studio.made_up_token())
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")


async def test_signing_out_ends_the_sign_in(studio: Studio) -> None:
    phone = await studio.signed_in()
    assert (await studio.client.post("/v1/auth/logout", headers=bearer(phone))).status_code == 204
    assert (await refresh(studio, phone["refresh_token"])).json()["code"] == "invalid_token"
    answer = await studio.client.post("/v1/auth/logout", headers=bearer(phone))
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")


async def test_a_lapsed_subscription_gets_no_new_token(studio: Studio) -> None:
    token = (await studio.signed_in())["refresh_token"]
    await studio.execute("UPDATE accounts SET subscription_state = 'cancelled' WHERE account_id = $1")
    assert (await refresh(studio, token)).json()["code"] == "subscription_inactive"


async def test_sign_ins_are_forgotten_long_after_they_ended_though_nobody_comes_back(
    studio: Studio, hold: Callable[[datetime], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "_BATCH", 2)
    for initials in ("PK", "JD", "JD"):
        await studio.signed_in(**{"initials": initials} | ({"device": None} if initials == "JD" else {}))
    house, begun = Principal.system(studio.account.account_id), now()
    hold(begun + ABSOLUTE + jobs.KEPT - timedelta(hours=1))
    assert await jobs.forget_old(studio.database, house) == 0
    hold(begun + ABSOLUTE + jobs.KEPT + timedelta(hours=1))
    assert [await jobs.forget_old(studio.database, house) for _ in range(2)] == [3, 0]
    assert await studio.execute("SELECT 1 FROM refresh_tokens WHERE account_id = $1") == []
