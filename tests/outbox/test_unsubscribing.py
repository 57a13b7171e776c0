"""Whoever gets one of many letters may say that they want no more, by a link that is theirs alone."""

import logging
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from app.core import logs
from app.core.settings import Settings
from app.outbox.posting import Content
from app.outbox.states import Purpose
from app.outbox.unsubscribing import ONE_CLICK, Links, Recipient, key_from, read, token, without, yours
from app.portal.web.unsubscribing import MISSES
from tests.outbox.posting import LAURA, Office

ORIGIN = "https://studio.example"
BULK: dict[str, Any] = {"purpose": Purpose.COMMUNICATION, "is_bulk": True}
KEY = bytes(range(32))


@pytest.fixture
def links(house: FastAPI, office: Office) -> Iterator[Links]:
    """Have the office's letters bear links."""
    office.outbox.links = Links(key_from(house.state.keys), ORIGIN)
    yield office.outbox.links
    office.outbox.links = None


def browser(house: FastAPI, network: str) -> httpx.AsyncClient:
    """Return somebody from a network of their own."""
    inside = httpx.ASGITransport(app=house, raise_app_exceptions=False, client=(network, 1))
    return httpx.AsyncClient(transport=inside, base_url=ORIGIN)


class Forms(HTMLParser):
    """Reads where forms of a page are sent."""

    def __init__(self) -> None:
        super().__init__()
        self.actions: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "form":
            self.actions.append(dict(attrs)["action"] or "")


async def test_one_of_many_letters_bears_a_link_of_its_recipient_alone(office: Office, links: Links) -> None:
    said = f'<p><a href="{yours(ORIGIN)}">No more</a></p>'
    content = Content("Mini sessions", f"No more: {yours(ORIGIN)}", said)
    await office.posts(LAURA, content=content, **BULK)
    await office.posts(LAURA, "aiden@hartley.example", content=content, **BULK)
    await office.posts(LAURA, content=content)
    await office.works()
    alone, single, both = sorted(office.sink.letters, key=lambda each: (len(each.recipients), each.sender))
    one = alone if alone.message["List-Unsubscribe"] else single
    link = links.link(office.account_id, LAURA)
    assert one.message["List-Unsubscribe"] == f"<{link}>"
    assert one.message["List-Unsubscribe-Post"] == ONE_CLICK
    html = one.message.get_body(("html",))
    assert html is not None
    assert one.text.strip() == f"No more: {link}"
    assert f'href="{link}"' in html.get_content()
    other = single if one is alone else alone
    assert other.message["List-Unsubscribe"] is None
    assert link in other.text, "what is not one of many may offer it too"
    assert both.message["List-Unsubscribe"] is None
    assert link not in both.text


async def test_whoever_unsubscribes_gets_no_more_but_what_goes_all_the_same(
    office: Office, links: Links, house: FastAPI
) -> None:
    path = links.link(office.account_id, "Laura@Hartley.example").removeprefix(ORIGIN)
    async with browser(house, "198.51.100.70") as laura:
        page = await laura.get(path)
        assert (page.status_code, "set-cookie" in page.headers) == (200, False)
        assert LAURA in page.text
        assert not await office.studio.execute("SELECT FROM letter_blocks WHERE account_id = $1")
        forms = Forms()
        forms.feed(page.text)
        assert forms.actions == [path]
        # As a mail program sends it: without cookies, and from no page of ours.
        body = {"Content-Type": "application/x-www-form-urlencoded"}
        for _ in range(2):
            done = await laura.post(path, content=ONE_CLICK, headers=body)
            assert (done.status_code, "set-cookie" in done.headers) == (200, False)
    sql = "SELECT channel, address_key, reason FROM letter_blocks WHERE account_id = $1"
    assert [tuple(row) for row in await office.studio.execute(sql)] == [("email", LAURA, "unsubscribed")]
    blocked = await office.posts(LAURA, **BULK)
    await office.posts(LAURA, purpose=Purpose.PORTAL, bypasses_blocks=True)
    await office.works()
    assert len(office.sink.letters) == 1
    assert (await office.letter(blocked))["last_code"] == "unsubscribed"


@pytest.mark.parametrize("origin", [ORIGIN, "http://[::1]:8000"])
def test_on_paper_there_is_no_link_to_follow(origin: str) -> None:
    assert (
        without(f"No more: {yours(origin)}. See {origin}/unsubscribe")
        == f"No more: . See {origin}/unsubscribe"
    )
    linked = (
        f'<p>See <a href="{origin}">us</a>. <a href="{yours(origin)}" rel="noopener">No <b>more</b></a></p>'
    )
    assert without(linked) == f'<p>See <a href="{origin}">us</a>. </p>'


def test_a_link_that_is_changed_anywhere_is_none() -> None:
    account, other = uuid4(), uuid4()
    good = token(KEY, Recipient(account, LAURA))
    assert read(KEY, good) == Recipient(account, LAURA)
    whole = urlsafe_b64decode(good + "=" * (-len(good) % 4))
    changed = [whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :] for at in range(len(whole))]
    forged = [
        whole[:-1],
        whole + b"x",
        other.bytes + whole[16:],
        whole[:32] + b"aiden@hartley.example",
        whole[:16] + bytes(16) + whole[32:],
        whole[:16],
        b"",
        *changed,
    ]
    assert not [each for each in forged if read(KEY, urlsafe_b64encode(each).rstrip(b"=").decode())]
    assert read(bytes(32), good) is None
    spelled = [
        f"{good}=",
        f"{good}\n",
        f" {good}",
        f"{good}!",
        good.replace(good[5], "é"),
        "~yours",
        good * 99,
    ]
    # The last character may have bits that say nothing.
    last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".replace(good[-1], "")
    spelled += [good[:-1] + each for each in last]
    assert not [each for each in spelled if read(KEY, each)]


async def test_what_is_no_link_is_refused_without_a_look_and_held_up(
    office: Office, house: FastAPI, links: Links, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    usual = asyncpg.Connection.execute

    async def noted(connection: Any, sql: str, *values: Any, **others: Any) -> Any:
        said.append(sql)
        return await usual(connection, sql, *values, **others)

    good = links.link(office.account_id, LAURA).removeprefix(ORIGIN)
    async with browser(house, "198.51.100.71") as forger:
        with monkeypatch.context() as within:
            within.setattr(asyncpg.Connection, "execute", noted)
            found = [
                (await forger.request(("GET", "POST")[each % 2], f"{good[:-3]}{each:03}")).status_code
                for each in range(MISSES.most + 2)
            ]
        assert (found[0], found[1], found[-1]) == (404, 404, 429)
        assert not said
        assert (await forger.post(good)).status_code == 429
    async with browser(house, "198.51.100.72") as other:
        gone = links.link(uuid4(), LAURA).removeprefix(ORIGIN)
        assert (await other.post(gone)).status_code == 404, "of an account there is not"
        assert (await other.get(good)).status_code == 200
    assert not await office.studio.execute("SELECT FROM letter_blocks WHERE account_id = $1")


async def test_no_log_has_a_link(
    office: Office, house: FastAPI, links: Links, caplog: pytest.LogCaptureFixture
) -> None:
    path = links.link(office.account_id, LAURA).removeprefix(ORIGIN)
    caplog.clear()
    with caplog.at_level(logging.INFO, "studio"):
        async with browser(house, "198.51.100.73") as laura:
            for each in (path, path.upper(), path.replace("be/", "be//"), f"{path}/"):
                await laura.get(each)
    lines = [logs.JsonLines().format(each) for each in caplog.records]
    assert len([each for each in lines if '"message":"request"' in each]) == 4
    secret = path.removeprefix("/unsubscribe/").lower()
    assert not [each for each in lines if secret in each.lower()]


@pytest.mark.parametrize(
    "chosen, begins",
    [
        ({}, None),
        ({"environment": "development"}, "http://127.0.0.1:8000"),
        ({"environment": "development", "host": "::1"}, "http://[::1]:8000"),
        ({"public_url": ORIGIN}, ORIGIN),
    ],
)
def test_links_begin_with_what_is_set_or_on_a_developer_s_machine_there(
    chosen: dict[str, Any], begins: str | None
) -> None:
    assert Settings(**{"host": "127.0.0.1", "port": 8000, "public_url": None, **chosen}).links_from == begins
