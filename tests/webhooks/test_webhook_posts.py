"""How events are posted: signed, again with patience, each receiver at its own pace, and never in a turn."""

import asyncio
import math
import runpy
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from http.server import HTTPServer
from pathlib import Path
from typing import Any

import pytest

from app.core import clock
from app.core.db import Database
from app.webhooks.courier import CLAIMED, _Slice
from app.webhooks.posting import Poster
from app.webhooks.signing import new_secret
from app.webhooks.states import PAUSES
from tests.accounts.studios import Studio
from tests.keys.conftest import code
from tests.outbox.mailboxes import certified
from tests.webhooks.conftest import HERE, OK, Hook, Hooking, Receiver, answer, receiving
from tests.webhooks.test_webhook_events import LEE, made

Hold = Callable[[datetime], None]


@pytest.fixture
async def other() -> AsyncIterator[Receiver]:
    """Return another receiver."""
    async with receiving() as found:
        yield found


async def delivery(hook: Hook) -> dict[str, Any]:
    """Return the latest delivery, with all that is known of it."""
    [latest, *_] = (await hook.ask("GET", "/deliveries"))["deliveries"]
    return dict(await hook.ask("GET", f"/deliveries/{latest['event_id']}"))


async def test_a_rotated_secret_signs_beside_the_old_one_for_a_while(hooked: Hooking, hold: Hold) -> None:
    hook = await hooked("clients.*")
    await made(hook.owner, "clients", **LEE)
    fresh = (await hook.ask("POST", "/rotate", {"overlap_hours": 24}))["secret"]
    [post] = await hook.delivered()
    assert hook.verified(post) == hook.verified(post, fresh) == post.told
    hold(clock.now() + timedelta(hours=25))
    await made(hook.owner, "clients", **LEE)
    [post] = await hook.delivered()
    assert len(post.headers["webhook-signature"].split()) == 1
    hold(None)  # type: ignore[arg-type]
    at_once = (await hook.ask("POST", "/rotate", {"overlap_hours": 0}))["secret"]
    await made(hook.owner, "clients", **LEE)
    [post] = await hook.delivered()
    assert hook.verified(post, at_once)["type"] == "clients.created"
    assert len(post.headers["webhook-signature"].split()) == 1


async def test_what_was_not_taken_comes_again_under_its_id_until_it_is(
    hooked: Hooking, receiver: Receiver, hold: Hold
) -> None:
    now = clock.now()
    hold(now)
    receiver.says = lambda _: answer(500, body="down\x1b[31m")
    hook = await hooked("clients.*")
    await made(hook.owner, "clients", **LEE)
    first = await hook.delivered()
    assert await hook.delivered() == [], "it waits"
    told = await delivery(hook)
    assert (told["state"], told["last_status"], told["last_code"], told["tries"]) == (
        "waiting",
        500,
        "refused",
        1,
    )
    assert told["attempts"][0]["said"] == "down [31m"
    assert told["body"].encode() == first[0].body
    hold(now + timedelta(seconds=6))
    receiver.says = lambda _: OK
    again = await hook.delivered()
    assert [each.id for each in again] == [each.id for each in first]
    assert again[0].body == first[0].body
    told = await delivery(hook)
    assert (told["state"], told["tries"], len(told["attempts"]), told["due_at"]) == ("delivered", 2, 2, None)
    assert (await hook.ask("GET"))["failing_since"] is None


async def test_after_ten_tries_it_has_failed_and_after_five_days_of_them_nobody_is_told_any_more(
    studio: Studio, hooked: Hooking, receiver: Receiver, hold: Hold
) -> None:
    now = clock.now()
    hold(now)
    receiver.says = lambda _: answer(503)
    hook = await hooked("clients.*")
    await studio.execute(
        "UPDATE users SET email = 'jo@studio.example' WHERE account_id = $1 AND initials = 'JD'"
    )
    await made(hook.owner, "clients", **LEE)
    posts = await hook.delivered()
    for wait in PAUSES:
        now += wait * 1.11
        hold(now)
        posts += await hook.delivered()
    assert len(posts) == 10
    assert (await delivery(hook))["state"] == "failed"
    hold(now + timedelta(days=3))
    await made(hook.owner, "clients", **LEE)
    assert len(await hook.delivered()) == 1
    told = await hook.ask("GET")
    assert (told["is_active"], told["paused_code"], told["waiting"]) == (False, "failing", 1)
    letters = await studio.execute("SELECT content->>'text' AS text FROM letters WHERE account_id = $1")
    assert sum(receiver.url in each["text"] for each in letters) == 1
    [known] = await studio.execute("SELECT is_listened_to FROM account_clock WHERE account_id = $1")
    assert not known["is_listened_to"]
    receiver.says = lambda _: OK
    await hook.ask("POST", "/activate")
    hold(now + timedelta(days=4))
    assert len(await hook.delivered()) == 1


async def test_who_pays_late_is_told_what_waited(hooked: Hooking, hold: Hold, studio: Studio) -> None:
    now = clock.now()
    hold(now)
    hook = await hooked("clients.*")
    await made(hook.owner, "clients", **LEE)
    state = "UPDATE accounts SET subscription_state = '{}' WHERE account_id = $1"
    await studio.execute(state.format("cancelled"))
    assert await hook.delivered() == []
    await studio.execute(state.format("active"))
    told = await hook.ask("GET")
    assert (told["is_active"], told["paused_code"], told["waiting"]) == (True, None, 1)
    hold(now + timedelta(hours=1, minutes=1))
    assert len(await hook.delivered()) == 1


async def test_who_is_gone_or_busy_or_elsewhere_is_believed(
    hooked: Hooking, receiver: Receiver, other: Receiver, hold: Hold
) -> None:
    now = clock.now()
    hold(now)
    hook = await hooked("clients.*")
    receiver.says = lambda _: answer(429, "Retry-After: 3600")
    await made(hook.owner, "clients", **LEE)
    assert len(await hook.delivered()) == 1
    await made(hook.owner, "clients", **LEE)
    assert await hook.delivered() == [], "none, while one was told to wait"
    hold(now + timedelta(hours=1, seconds=1))
    receiver.says = lambda _: answer(302, f"Location: {other.url}")
    assert len(await hook.delivered()) == 2
    assert other.posts == []
    assert (await delivery(hook))["last_code"] == "redirected"
    receiver.says = lambda _: answer(410)
    hold(now + timedelta(hours=3))
    assert len(await hook.delivered()) == 1, "one that takes nothing is asked with one"
    told = await hook.ask("GET")
    assert (told["is_active"], told["paused_code"], told["waiting"]) == (False, "gone", 0)


async def test_who_asks_for_patience_has_it_though_some_were_taken(
    hooked: Hooking, receiver: Receiver, hold: Hold
) -> None:
    now = clock.now()
    hold(now)
    hook = await hooked("clients.*")
    for _ in range(CLAIMED + 1):
        await made(hook.owner, "clients", **LEE)
    receiver.says = lambda _: OK if len(receiver.posts) == 1 else answer(429, "Retry-After: 3600")
    assert len(await hook.delivered()) == CLAIMED
    assert await hook.delivered() == []
    hold(now + timedelta(hours=1, seconds=1))
    receiver.says = lambda _: OK
    assert len(await hook.delivered()) == CLAIMED


async def test_an_address_is_asked_for_whole(receiver: Receiver) -> None:
    poster = Poster(HERE, 5)
    async with poster.lines() as lines:
        await poster.post(lines, f"{receiver.url}/lab;token=a?studio=b", {}, b"{}")
    assert [each.target for each in receiver.posts] == ["/hook/lab;token=a?studio=b"]


async def test_a_slow_receiver_holds_up_itself_alone(
    hooked: Hooking, receiver: Receiver, other: Receiver
) -> None:
    hook, quick = await hooked("clients.*"), await hooked("clients.*", to=other)
    receiver.gate = asyncio.Event()
    for _ in range(2):
        await made(hook.owner, "clients", **LEE)
    serving = asyncio.create_task(hook.courier.serve(hook.account_id))
    await receiver.came.wait()
    while len(other.posts) < 2:
        other.came.clear()
        await other.came.wait()
    await made(hook.owner, "clients", **LEE)
    while len(other.posts) < 3:
        other.came.clear()
        await other.came.wait()
    refused = await hook.owner.ask("POST", f"{hook.path}/deliveries/{receiver.posts[0].id}/resend")
    assert code(refused) == (409, "delivery_under_way")
    receiver.gate.set()
    await serving
    assert len({each.id for each in receiver.posts}) == 3
    assert len({each.id for each in quick.receiver.posts}) == 3


async def test_no_turn_is_taken_while_events_are_posted(
    database: Database, studio: Studio, hooked: Hooking
) -> None:
    hook = await hooked("clients.*")
    await made(hook.owner, "clients", **LEE)
    await made(hook.owner, "clients", **LEE)
    sql = "SELECT revision FROM account_clock WHERE account_id = $1"
    before = await studio.execute(sql)
    async with database.writing(hook.account_id):
        await _Slice(hook.courier, hook.account_id, math.inf).work()
    assert len(hook.receiver.posts) == 2
    assert await studio.execute(sql) == before
    assert [each["state"] for each in (await hook.ask("GET", "/deliveries"))["deliveries"]] == [
        "delivered"
    ] * 2


@pytest.mark.parametrize(
    ("said", "code", "status"),
    [
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000, "broken", None),
        (b"no HTTP at all\r\n\r\n", "broken", None),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 4000000000\r\n\r\n" + b"x" * 9_000, None, 200),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nx", "timeout", None),
        (b"HTTP/1.1 101 Switching\r\n\r\n", "broken", None),
    ],
)
async def test_whatever_a_receiver_says_comes_to_an_end(
    receiver: Receiver, said: bytes, code: str | None, status: int | None
) -> None:
    receiver.says = lambda _: said
    poster = Poster(HERE, 0.5)
    async with poster.lines() as lines:
        outcome = await poster.post(lines, receiver.url, {}, b"{}")
    assert (outcome.code, outcome.status) == (code, status)
    assert len(outcome.said) <= 500


async def test_tls_goes_by_the_name(tmp_path: Path) -> None:
    shown, trusted = certified(tmp_path)
    async with receiving(shown) as receiver:
        named = receiver.url.replace("127.0.0.1", "localhost")
        outcomes: dict[str, str | None] = {}
        for url, trust in ((receiver.url, trusted), (named, trusted), (receiver.url, None)):
            poster = Poster(HERE, 5) if trust is None else Poster(HERE, 5, trust)
            async with poster.lines() as lines:
                outcomes[f"{url} {trust is None}"] = (await poster.post(lines, url, {}, b"{}")).code
        assert list(outcomes.values()) == [None, "broken", "broken"]
        assert len(receiver.posts) == 1


async def test_the_receiver_of_the_handbook_takes_what_is_ours_and_nothing_else(
    hooked: Hooking,
    repository: Path,
    *,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    page = (repository / "docs" / "webhooks.md").read_text()
    python = page.split("```python\n")[1].split("```")[0]
    receiver = tmp_path / "receiver.py"
    receiver.write_text(python)
    hook = await hooked("clients.*")
    for secret, status in ((new_secret(), 401), (hook.told["secret"], 204)):
        monkeypatch.setenv("WEBHOOK_SECRET", secret)
        names = runpy.run_path(str(receiver), run_name="receiver")
        with HTTPServer(("127.0.0.1", 0), names["Receiver"]) as server:
            serving = asyncio.create_task(asyncio.to_thread(server.serve_forever, 0.01))
            to = f"http://127.0.0.1:{server.server_port}/"
            told = await hook.ask("GET")
            await hook.ask("PATCH", "", {"url": to}, if_match=f'"{told["version"]}"')
            await made(hook.owner, "clients", **LEE)
            await hook.delivered()
            server.shutdown()
            await serving
        assert (await delivery(hook))["last_status"] == status
    assert capsys.readouterr().out.count("clients.created") == 1
