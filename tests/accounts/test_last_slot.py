"""Many phones and one place."""

import asyncio
from collections import Counter

import pytest

from tests.accounts.studios import Studio, insist


async def test_of_fifty_phones_one_gets_the_last_slot(studio: Studio) -> None:
    answers = await insist(50, lambda: studio.login(device=studio.phone()))
    assert Counter(answer.json().get("code") for answer in answers) == {None: 1, "no_device_slot": 49}
    bound = await studio.execute("SELECT 1 FROM devices WHERE account_id = $1 AND device_uid IS NOT NULL")
    assert len(bound) == 1


@pytest.mark.usefixtures("in_earnest")
async def test_more_sign_ins_than_fit_are_asked_to_come_back(studio: Studio) -> None:
    answers = await asyncio.gather(*(studio.login(device=None) for _ in range(80)))
    turned_away = [answer for answer in answers if answer.status_code != 200]
    assert turned_away
    assert {answer.status_code for answer in answers} <= {200, 429, 503}
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in turned_away)


async def test_fifty_authorizations_never_exceed_the_licences(studio: Studio) -> None:
    headers = await studio.administrator()
    body = {"user_id": str(studio.photographer.user_id)}
    answers = await asyncio.gather(
        *(studio.client.post("/v1/devices", json=body, headers=headers) for _ in range(50))
    )
    assert Counter(answer.status_code for answer in answers) == {201: 3, 409: 47}
