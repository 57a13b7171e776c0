"""Files of pictures are read by links that end, whole or in part, and kept by browsers meanwhile."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from app.core import clock
from app.galleries import limits, links
from app.galleries.files import Place, Size
from app.galleries.kinds import MediaType
from tests.accounts.apps import calling_from
from tests.galleries.showing import Showing, photograph
from tests.samples import named

CONTENT = photograph()


@pytest.fixture(scope="module")
async def link(showing: Showing) -> str:
    """Return a link to an original."""
    session = await showing.session()
    await showing.sent(session, "Zoë.jpg", CONTENT)
    [picture] = await showing.pictures(session)
    assert picture["links"]["web"] is None
    return str(picture["links"]["original"])


async def test_a_browser_keeps_a_file_and_asks_whether_it_is_still_the_same(
    link: str, http: httpx.AsyncClient
) -> None:
    answer = await http.get(link)
    assert answer.content == CONTENT
    told = answer.headers
    assert told["content-type"] == "image/jpeg"
    assert told["content-length"] == str(len(CONTENT))
    assert told["x-content-type-options"] == "nosniff"
    assert told["content-disposition"] == "attachment; filename*=UTF-8''Zo%C3%AB.jpg"
    assert told["cache-control"].startswith("private, max-age=")
    assert told["cache-control"].endswith(", immutable")
    known = await http.get(link, headers={"If-None-Match": told["etag"]})
    assert (known.status_code, known.content) == (304, b"")
    head = await http.head(link)
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", told["etag"])


@pytest.mark.parametrize(
    ("asked", "begin", "end"),
    [
        ("bytes=0-9", 0, 10),
        ("bytes=10-", 10, None),
        ("bytes=-7", len(CONTENT) - 7, None),
        ("bytes=5-999999999", 5, None),
    ],
)
async def test_a_part_of_a_file_is_read(
    link: str, http: httpx.AsyncClient, asked: str, begin: int, end: int | None
) -> None:
    answer = await http.get(link, headers={"Range": asked})
    last = (end or len(CONTENT)) - 1
    assert (answer.status_code, answer.content) == (206, CONTENT[begin:end])
    assert answer.headers["content-range"] == f"bytes {begin}-{last}/{len(CONTENT)}"


async def test_a_part_there_is_not_is_refused_and_what_is_not_understood_is_the_whole(
    link: str, http: httpx.AsyncClient
) -> None:
    for asked in (f"bytes={len(CONTENT)}-", "bytes=-0"):
        answer = await http.get(link, headers={"Range": asked})
        assert (answer.status_code, answer.json()["code"]) == (416, "no_such_range")
        assert answer.headers["content-range"] == f"bytes */{len(CONTENT)}"
    for asked in ("bytes=0-1,5-6", "bytes=9-2", "lines=1-2", "bytes=-"):
        assert (await http.get(link, headers={"Range": asked})).content == CONTENT
    changed = await http.get(link, headers={"Range": "bytes=0-9", "If-Range": '"another"'})
    assert (changed.status_code, changed.content) == (200, CONTENT)


async def test_a_link_is_the_same_within_the_hour_and_ends(
    link: str, http: httpx.AsyncClient, house: FastAPI
) -> None:
    led = links.opened(house.state.keys, link.rpartition("/")[2])
    assert led is not None
    day, found = datetime(2026, 11, 5, 10, 5, tzinfo=UTC), []
    try:
        for minutes in (0, 54, 55):
            clock.hold(day + timedelta(minutes=minutes))
            link_then = links.link(
                *(house.state.keys, led.place, led.size, led.media_type, led.name),
                rendered_as_of=None,
                is_for_desk=True,
            )
            found.append(link_then)
        assert found[0] == found[1] != found[2]
        clock.hold(day + timedelta(minutes=114))
        assert (await http.get(found[0])).headers["cache-control"] == "private, max-age=60, immutable"
        clock.hold(day + timedelta(minutes=115))
        assert (await http.get(found[0])).status_code == 404
        assert (await http.get(found[2])).status_code == 200
    finally:
        clock.hold(None)


async def test_a_client_s_link_ends_with_what_the_gallery_shows_and_a_desk_s_does_not(
    showing: Showing, http: httpx.AsyncClient, house: FastAPI
) -> None:
    session = await showing.session()
    picture = await showing.sent(session, "shown.jpg", photograph(shade=9))
    await showing.look_after()
    [told] = await showing.pictures(session)
    place = Place(showing.account_id, UUID(session), UUID(picture))
    client_s = links.link(house.state.keys, place, Size.WEB, MediaType.JPEG, "shown.jpg", rendered_as_of=None)

    async def found() -> tuple[int, int]:
        answers = [await http.get(link) for link in (client_s, told["links"]["web"])]
        return answers[0].status_code, answers[1].status_code

    assert await found() == (404, 200)
    about = f"sessions/{session}"
    assert (await showing.desk.ask("POST", f"{about}/publish_gallery", {})).status_code == 200
    assert await found() == (200, 200)
    await showing.do(session, "show", picture_ids=[picture], is_online=False)
    assert await found() == (404, 200)
    await showing.do(session, "show", picture_ids=[picture], is_online=True)
    company, past = (named("companies"), showing.account_id), {"web_expire_date": "2026-01-01"}
    assert (await showing.desk.ask("POST", f"{about}/extend_gallery", past)).status_code == 200
    assert await found() == (200, 200)
    for settings, status in (
        ({"is_expired_gallery_hidden": True}, 404),
        ({"is_expired_gallery_hidden": False}, 200),
        ({"has_galleries": False}, 404),
        ({"has_galleries": True}, 200),
    ):
        await showing.desk.change(*company, settings)
        assert await found() == (status, 200), settings
    for state, status in (("past_due", 404), ("active", 200)):
        await showing.studio.execute(
            "UPDATE accounts SET subscription_state = $2 WHERE account_id = $1 RETURNING account_id", state
        )
        assert (await found())[0] == status, state


async def test_a_link_that_was_changed_leads_nowhere(link: str, http: httpx.AsyncClient) -> None:
    path, _, text = link.rpartition("/")
    told = bytearray(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    for place in (0, 15, 16, 17, 20, 25, 40, 60, len(told) - 1):
        changed = bytearray(told)
        changed[place] ^= 1
        odd = urlsafe_b64encode(changed).decode().rstrip("=")
        assert (await http.get(f"{path}/{odd}")).status_code == 404, place
    for odd in ("", "x", text[:-8], "%00", "~" * 100, "é"):
        assert (await http.get(f"{path}/{odd}")).status_code == 404, odd


async def test_a_page_left_open_locks_nobody_out_and_guesses_lock_out_their_network(
    link: str, house: FastAPI
) -> None:
    async with calling_from(house, "203.0.113.60") as school, calling_from(house, "203.0.113.61") as home:
        clock.hold(clock.now() + timedelta(hours=2))
        try:
            ended = [(await school.get(link)).status_code for _ in range(limits.MISSES.most + 1)]
        finally:
            clock.hold(None)
        assert {*ended} == {404}
        assert (await school.get(link)).status_code == 200
        guessed = [await school.get(f"{links.PATH}/{n:040}") for n in range(3 * limits.MISSES.most)]
        assert {each.json()["code"] for each in guessed} == {"not_found", "rate_limited"}
        assert (await home.get(link)).status_code == 200
