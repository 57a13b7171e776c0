"""The address of a feed is a secret: told once, kept as a hash, logged nowhere, and gone once revoked."""

import logging
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from app.accounts.lifecycle import change_account
from app.accounts.models import SubscriptionState
from app.accounts.users import change_user
from app.core import logs
from app.core.db import Database
from app.core.principal import Level, Principal
from app.http import limits
from app.http.limits import RateLimits
from tests.accounts.studios import Studio, new_studio
from tests.contract.desks import Desk
from tests.contract.phones import Record
from tests.desk.calendar.conftest import May

UNKNOWN = urlsafe_b64encode(bytes(48)).decode()


async def made(desk: Desk, name: str = "Phone calendar") -> Record:
    """Make a feed."""
    answer = await desk.ask("POST", "calendar-feeds", {"name": name})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def listed(desk: Desk, query: str = "") -> list[Record]:
    """Return the feeds a user is told of."""
    answer = await desk.ask("GET", f"calendar-feeds{query}")
    assert answer.status_code == 200, answer.text
    return list(answer.json()["feeds"])


async def code(studio: Studio, address: str) -> tuple[int, str | None]:
    """Return what reading a feed comes to."""
    answer = await studio.client.get(address)
    return answer.status_code, answer.json()["code"] if answer.is_error else None


def secret_in(address: str) -> str:
    return address.removeprefix("/v1/calendar/").removesuffix(".ics")


async def test_the_address_is_told_once_and_kept_nowhere(
    studio: Studio, photographer: Desk, desk: Desk
) -> None:
    feed = await made(photographer)
    secret = secret_in(feed["address"])
    assert await listed(photographer) == [{name: feed[name] for name in feed if name != "address"}]
    [row] = await studio.execute("SELECT f::text AS told FROM calendar_feeds f WHERE account_id = $1")
    bare = urlsafe_b64decode(secret)[16:]
    assert secret not in row["told"]
    assert bare.hex() not in row["told"]
    trail = await desk.ask("GET", "audit?subject=calendar_feeds")
    [entry] = trail.json()["entries"]
    assert (entry["action"], entry["after"]["name"]) == ("created", "Phone calendar")
    assert secret not in trail.text


async def test_two_feeds_have_nothing_of_their_secrets_in_common(photographer: Desk) -> None:
    one, other = [urlsafe_b64decode(secret_in((await made(photographer))["address"])) for _ in range(2)]
    assert one[:16] == other[:16]
    assert one[16:] != other[16:]
    assert len(one) == 48


async def test_a_revoked_feed_is_as_one_that_never_was(studio: Studio, photographer: Desk) -> None:
    feed, other = await made(photographer), await made(photographer, "Kitchen wall")
    assert await code(studio, feed["address"]) == (200, None)
    assert (await photographer.ask("DELETE", f"calendar-feeds/{feed['id']}")).status_code == 204
    tampered = secret_in(other["address"])[:-1] + ("A" if secret_in(other["address"])[-1] != "A" else "B")
    answers = [
        await studio.client.get(address)
        for address in (
            feed["address"],
            *(f"/v1/calendar/{each}.ics" for each in (UNKNOWN, tampered, "x", "é", "A" * 64, "=" * 64)),
        )
    ]
    told = [{**each.json(), "instance": ""} for each in answers]
    assert all(each == told[0] for each in told)
    assert {each.status_code for each in answers} == {404}
    assert await code(studio, other["address"]) == (200, None)
    assert [each["name"] for each in await listed(photographer)] == ["Kitchen wall"]
    again = await photographer.ask("DELETE", f"calendar-feeds/{feed['id']}")
    assert (again.status_code, again.json()["code"]) == (404, "calendar_feed_not_found")


async def test_the_feeds_of_a_user_who_is_deactivated_end_for_good(
    studio: Studio, photographer: Desk
) -> None:
    feed = await made(photographer)
    account_id = studio.account.account_id
    for is_active in (False, True):
        async with studio.database.writing(account_id) as session:
            who = Principal.system(account_id)
            await change_user(session, who, studio.photographer.user_id, is_active=is_active)
        assert await code(studio, feed["address"]) == (404, "not_found")


async def test_a_feed_rests_while_the_subscription_does(studio: Studio, photographer: Desk) -> None:
    feed = await made(photographer)
    account_id = studio.account.account_id
    for state, expected in (
        (SubscriptionState.CANCELLED, (403, "subscription_inactive")),
        (SubscriptionState.ACTIVE, (200, None)),
    ):
        async with studio.database.writing(account_id) as session:
            await change_account(session, Principal.system(account_id), subscription_state=state)
        assert await code(studio, feed["address"]) == expected


async def test_administrators_find_and_revoke_what_others_made_and_colleagues_do_not(
    studio: Studio, photographer: Desk, desk: Desk, may: May
) -> None:
    feed, of_admin = await made(photographer), await made(desk)
    pat = f"?user_id={studio.photographer.user_id}"
    assert [each["id"] for each in await listed(desk, pat)] == [feed["id"]]
    denied = await photographer.ask("GET", f"calendar-feeds?user_id={of_admin['user_id']}")
    assert (denied.status_code, denied.json()["code"]) == (403, "permission_denied")
    hidden = await photographer.ask("DELETE", f"calendar-feeds/{of_admin['id']}")
    assert (hidden.status_code, hidden.json()["code"]) == (404, "calendar_feed_not_found")
    await may(users=Level.VIEW_ONLY)
    assert [each["id"] for each in await listed(photographer, f"?user_id={of_admin['user_id']}")]
    hidden = await photographer.ask("DELETE", f"calendar-feeds/{of_admin['id']}")
    assert hidden.status_code == 404
    assert (await desk.ask("DELETE", f"calendar-feeds/{feed['id']}")).status_code == 204
    assert await code(studio, feed["address"]) == (404, "not_found")
    assert await code(studio, of_admin["address"]) == (200, None)


async def test_a_user_has_five_feeds_at_most(photographer: Desk, desk: Desk) -> None:
    for number in range(5):
        await made(photographer, f"Calendar {number}")
    answer = await photographer.ask("POST", "calendar-feeds", {"name": "One more"})
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_calendar_feeds")
    assert answer.json()["max_feeds"] == 5
    await made(desk)
    [first, *_] = await listed(photographer)
    await photographer.ask("DELETE", f"calendar-feeds/{first['id']}")
    await made(photographer)


@pytest.mark.parametrize("name", ["", "x" * 101, "two\nlines", None, 7])
async def test_a_feed_has_a_name_of_one_line(photographer: Desk, name: object) -> None:
    answer = await photographer.ask("POST", "calendar-feeds", {"name": name})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


async def test_a_secret_opens_nothing_in_another_account(
    database: Database, house: FastAPI, http: httpx.AsyncClient, studio: Studio, photographer: Desk
) -> None:
    stranger = await new_studio(database, http, house.state.keys)
    feed = await made(photographer)
    packed = urlsafe_b64decode(secret_in(feed["address"]))
    for account in (stranger.account.account_id.bytes, uuid4().bytes):
        swapped = urlsafe_b64encode(account + packed[16:]).decode()
        assert await code(studio, f"/v1/calendar/{swapped}.ics") == (404, "not_found")


async def test_it_is_told_when_a_feed_was_last_read(studio: Studio, photographer: Desk) -> None:
    feed = await made(photographer)
    assert feed["last_read_at"] is None
    await studio.client.get(feed["address"])
    [first] = [each["last_read_at"] for each in await listed(photographer)]
    await studio.client.get(feed["address"])
    [second] = [each["last_read_at"] for each in await listed(photographer)]
    assert first is not None
    assert first == second, "it is noted once an hour"


@pytest.fixture
def counted_apart(house: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    """Count for a test alone, of five callers at most."""
    monkeypatch.setattr(limits, "_MOST_CALLERS", 5)
    monkeypatch.setitem(house.state._state, "limits", RateLimits(per_address=100_000, per_caller=100_000))


def made_up() -> str:
    """Return an address that is none."""
    return f"/v1/calendar/{urlsafe_b64encode(uuid4().bytes * 3).decode()}.ics"


async def until_refused(studio: Studio, address: Callable[[], str]) -> list[int]:
    """Ask until there is no room, and return how that was answered before."""
    before = list[int]()
    while (answer := await studio.client.get(address())).status_code != 429 and len(before) < 1_000:
        before.append(answer.status_code)
    assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
    assert answer.headers["retry-after"]
    return before


@pytest.mark.usefixtures("counted_apart")
async def test_a_feed_is_read_so_often_a_minute(studio: Studio, photographer: Desk) -> None:
    feed, other = await made(photographer), await made(photographer, "Kitchen wall")
    before = await until_refused(studio, lambda: str(feed["address"]))
    assert set(before) == {200}
    assert len(before) >= 20
    assert await code(studio, other["address"]) == (200, None)
    for _ in range(10):
        assert await code(studio, made_up()) == (404, "not_found")
    assert await code(studio, feed["address"]) == (429, "rate_limited"), "it is counted still"


@pytest.mark.usefixtures("counted_apart")
async def test_who_asks_for_feeds_that_are_none_is_refused_in_the_end(studio: Studio) -> None:
    before = await until_refused(studio, made_up)
    assert set(before) == {404}
    assert len(before) >= 60


async def test_no_log_has_the_secret(
    studio: Studio, photographer: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    feed = await made(photographer)
    secret = secret_in(feed["address"])
    caplog.clear()
    with caplog.at_level(logging.INFO, "studio"):
        for path in (
            feed["address"],
            f"/v1/calendar/{secret}",
            f"/V1/Calendar/{secret}.ics",
            f"/v1//calendar/{secret}.ics/",
            f"/v1/calendar/{secret}.ics?access_token={secret}",
        ):
            await studio.client.get(path)
    lines = [logs.JsonLines().format(each) for each in caplog.records]
    assert len([each for each in lines if '"message":"request"' in each]) == 5
    assert not [each for each in lines if secret in each]
    assert any('"route":"/v1/calendar/{secret}.ics"' in each for each in lines)
