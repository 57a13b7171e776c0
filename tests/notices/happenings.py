"""Ways to make something unusual happen in a studio, and to read who is told of it."""

from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any
from uuid import uuid4

import httpx
from fastapi import FastAPI

from app.accounts.users import NewUser, create_user
from tests.accounts.apps import calling_from
from tests.accounts.studios import PASSWORD, Studio, bearer

PATH = "/v1/safety-notices"
WRONG = "not the password at all"
OTHER = "the sea by a long walk"
Headers = dict[str, str]
Notice = dict[str, Any]


def network() -> str:
    """Return a network nobody else is in."""
    mark = uuid4().hex
    return str(ip_address(f"2001:db8:{mark[:4]}:{mark[4:8]}::"))


def at_home(studio: Studio) -> Any:
    """Return the words of the photographer at a desk."""
    return studio.words(device=None)


async def sign_in_from(app: FastAPI, place: str, words: dict[str, Any]) -> httpx.Response:
    """Try to sign in from a network."""
    async with calling_from(app, f"{place}1") as client:
        return await client.post("/v1/auth/login", json=words)


async def page(studio: Studio, headers: Headers, **asked: Any) -> dict[str, Any]:
    """Return a page of notices as somebody is told it."""
    answer = await studio.client.get(PATH, params=asked, headers=headers)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def told(studio: Studio, headers: Headers, **asked: Any) -> list[Notice]:
    """Return the notices somebody is told."""
    found = await page(studio, headers, **asked)
    return list(found["notices"])


async def acknowledge(
    studio: Studio, headers: Headers, notice: Notice | str, *, was_expected: bool | None = None
) -> httpx.Response:
    """Answer a notice."""
    name = notice if isinstance(notice, str) else notice["id"]
    body = {"was_expected": was_expected}
    return await studio.client.post(f"{PATH}/{name}/acknowledge", json=body, headers=headers)


async def answered(
    studio: Studio, headers: Headers, notice: Notice, *, was_expected: bool | None = None
) -> Notice:
    """Answer a notice and return it as it is since."""
    answer = await acknowledge(studio, headers, notice, was_expected=was_expected)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def guess(studio: Studio, times: int = 10, **changed: Any) -> None:
    """Try wrong passwords at a desk."""
    for _ in range(times):
        await studio.login(password=WRONG, **{"device": None, **changed})


async def colleague(studio: Studio, *, is_administrator: bool = False) -> Headers:
    """Make another user, and sign them in at a desk."""
    new = NewUser("AB", PASSWORD, "Ann", "Bell", is_administrator=is_administrator)
    await create_user(studio.database, studio.account, new)
    return bearer(await studio.signed_in(initials="AB", device=None))


async def assign(studio: Studio, headers: Headers) -> None:
    """Give the photographer another password."""
    path = f"/v1/users/{studio.photographer.user_id}"
    version = (await studio.client.get(path, headers=headers)).json()["version"]
    body = {"new_password": OTHER, "must_reset": False}
    given = {**headers, "If-Match": f'"{version}"'}
    answer = await studio.client.post(f"{path}/password", json=body, headers=given)
    assert answer.status_code == 204, answer.text


def later(began: datetime, *, minutes: int) -> datetime:
    """Return an instant so many minutes on."""
    return began + timedelta(minutes=minutes)
