"""Being told when to sync: over a real socket, and by streams that end, break off or are held back."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from threading import Event

import httpx
import pytest

from clients.python.tests.phones import Phone
from clients.python.tests.problems import problem
from clients.python.tests.serving import Desk
from studio_sync_client import Client, Device, DeviceWiped, Listener, NoAnswer, Problem, SignedOut, live
from tests.accounts.studios import PASSWORD

LIVE = "/v1/sync/live"
SOON = 30
"""Seconds within which what must happen happens, however busy the machine is."""
Replies = Callable[[httpx.Request], httpx.Response]


@pytest.fixture
def socketed(desk: Desk, base_url: str, tmp_path: Path) -> Client:
    """Make a phone that speaks TCP and has synced."""
    client = Client(tmp_path / "socketed.db", base_url, Device("Pat's phone", "Pixel 9", "android", "1.0.0"))
    client.sign_in(desk.account, "PK", PASSWORD)
    client.sync()
    return client


class Air(httpx.AsyncBaseTransport):
    """Answers what is asked for live, in turn; `asked` is what that was."""

    def __init__(self, *replies: Replies) -> None:
        self.asked: list[httpx.Request] = []
        self._replies = iter(replies)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return next(self._replies)(request)


class Told(httpx.AsyncByteStream):
    """A stream that tells this, and then breaks off or falls silent."""

    def __init__(self, *events: str, is_silent: bool = False) -> None:
        self._events = events
        self._is_silent = is_silent

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for event in self._events:
            yield f"{event}\n\n".encode()
        if self._is_silent:
            await asyncio.Event().wait()


def test_a_phone_that_listens_is_told_what_another_has_saved(desk: Desk, socketed: Client) -> None:
    has_come = Event()

    def syncs() -> None:
        socketed.sync()
        if socketed.where("clients", last_name="Reed"):
            has_come.set()

    with socketed.listen(syncs) as listener:
        desk.write("clients", last_name="Reed")
        assert has_come.wait(SOON)
        assert listener.error is None
    assert listener.join(SOON)
    socketed.close()


def test_a_phone_that_listens_is_wiped_as_soon_as_it_is_shut_out(desk: Desk, socketed: Client) -> None:
    owner = socketed.owner
    assert owner is not None
    desk.write("clients")
    socketed.sync()
    with socketed.listen(socketed.sync) as listener:
        desk.deactivate(owner["device"]["id"])
        assert listener.join(SOON)
    assert isinstance(listener.error, DeviceWiped)
    assert (socketed.owner, socketed.all("clients")) == (None, [])
    socketed.close()


def test_without_streams_an_answer_that_comes_late_says_the_same(
    desk: Desk, socketed: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "_FIRST_SIGN_SECONDS", 0)
    has_come = Event()

    def syncs() -> None:
        socketed.sync()
        if socketed.where("clients", last_name="Reed"):
            has_come.set()

    with socketed.listen(syncs):
        desk.write("clients", last_name="Reed")
        assert has_come.wait(SOON)
    socketed.close()


def test_a_stream_that_ends_is_opened_again_until_another_takes_its_place(
    new_phone: Callable[..., Phone],
) -> None:
    air = Air(
        _stream(": waiting\nretry: 1500", 'event: end\ndata: {"reason":"renew","retry_after":3.2}'),
        _stream(": waiting"),
        lambda _: httpx.Response(200, html="<h1>Welcome to the hotel</h1>"),
        lambda _: problem(503, "unavailable", 9),
        _stream('event: end\ndata: {"reason":"replaced","retry_after":1}'),
    )
    phone = new_phone(live=air)
    phone.client.sync()
    pauses, listener = _listening(phone, lambda: None)
    assert listener.join(SOON)
    assert listener.error is None
    # Told, then by what the stream said last, longer each time, and as long as the server asks at least.
    assert pauses[0] == 3.2
    assert 1.5 <= pauses[1] < 2
    assert 3 <= pauses[2] < 4
    assert pauses[3] >= 9
    place = {"revision": str(phone.pages[-1].revision), "scope_version": "1"}
    assert [each.url.params.keys() for each in air.asked] == [place.keys()] * 5
    assert {each.url.params["revision"] for each in air.asked} == {place["revision"]}


def test_what_the_copy_has_already_is_no_news_and_what_comes_meanwhile_is_one_more_sync(
    desk: Desk, new_phone: Callable[..., Phone]
) -> None:
    phone = new_phone()
    phone.client.sync()
    desk.write("clients")
    [reached] = desk.execute("SELECT revision, scope_revision FROM account_clock WHERE account_id = $1")
    poke = {"revision": reached["revision"], "scope_version": reached["scope_revision"]}
    told = f"event: poke\ndata: {json.dumps(poke)}"
    end = 'event: end\ndata: {"reason":"replaced","retry_after":1}'
    phone.live = Air(_stream(told, told, told, end))
    phone.restart()
    synced: list[int] = []
    _, listener = _listening(phone, lambda: synced.append(phone.client.sync().pages))
    assert listener.join(SOON)
    assert synced == [1]


def test_a_token_that_ends_is_exchanged_and_the_stream_opened_again(new_phone: Callable[..., Phone]) -> None:
    expired = {"status": 401, "code": "token_expired", "title": "The token has ended."}
    air = Air(
        _stream(f"event: refused\ndata: {json.dumps(expired)}"),
        _stream('event: end\ndata: {"reason":"replaced","retry_after":1}'),
    )
    phone = new_phone(live=air)
    phone.client.sync()
    _, listener = _listening(phone, lambda: None)
    assert listener.join(SOON)
    first, second = (each.headers["Authorization"] for each in air.asked)
    assert first != second
    assert len(phone.line.bodies("/v1/auth/refresh")) == 1


def test_a_refusal_that_stays_ends_it_and_a_sync_that_fails_does_not(new_phone: Callable[..., Phone]) -> None:
    lapsed = {"status": 403, "code": "subscription_inactive", "title": "The subscription is not current."}
    poke = 'event: poke\ndata: {"revision":999,"scope_version":1}'
    air = Air(_stream(poke, poke, f"event: refused\ndata: {json.dumps(lapsed)}"))
    phone = new_phone(live=air)
    phone.client.sync()
    tries: list[int] = []

    def fails() -> None:
        tries.append(1)
        raise NoAnswer

    _, listener = _listening(phone, fails)
    assert listener.join(SOON)
    assert len(tries) == 2
    assert isinstance(listener.error, Problem)
    assert listener.error.code == "subscription_inactive"


def test_nobody_listens_who_has_not_signed_in(new_phone: Callable[..., Phone]) -> None:
    phone = new_phone()
    phone.client.sign_out()
    _, listener = _listening(phone, lambda: None)
    assert listener.join(SOON)
    assert isinstance(listener.error, SignedOut)


def _stream(*events: str, is_silent: bool = False) -> Replies:
    headers = {"Content-Type": "text/event-stream"}
    return lambda _: httpx.Response(200, headers=headers, stream=Told(*events, is_silent=is_silent))


def _listening(phone: Phone, on_poke: Callable[[], object]) -> tuple[list[float], Listener]:
    """Listen with pauses that are only written down."""
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    client = phone.client
    return pauses, Listener(client._store, client._session, on_poke, client._open_live, pause)
