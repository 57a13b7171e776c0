"""Webhooks as they are looked after: by their own key or its owner, told once more, and forgotten in time."""

import asyncio
from collections.abc import Callable
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from app.core import clock
from app.core.db import Database, Session
from app.core.principal import Principal
from app.webhooks import slices, store
from app.webhooks.jobs import forget_old
from app.webhooks.pausing import end
from app.webhooks.router import POSTS, REPLAYS
from app.webhooks.states import WebhookPause
from tests.accounts.studios import Studio, bearer, new_studio
from tests.keys.conftest import Program, a_key, activate_security, code, give
from tests.webhooks.conftest import EVERYTHING, Hooking, Receiver, answer
from tests.webhooks.test_webhook_events import LEE, made

Hold = Callable[[datetime | None], None]


async def test_a_webhook_is_its_keys_and_its_owners(
    database: Database, house: FastAPI, http: httpx.AsyncClient
) -> None:
    studio = await new_studio(database, http, house.state.keys)
    admin = Program(http, await studio.administrator())
    await activate_security(admin)
    pat = Program(http, bearer(await studio.signed_in(device=None)))
    sent = {"url": "http://127.0.0.1:9/?token=quiet", "types": ["*"]}
    assert code(await pat.ask("GET", "webhooks")) == (403, "permission_denied")
    own = {"api_keys": "add_modify", "webhooks": "add_modify_delete", "tasks": "view_only"}
    await give(admin, studio.photographer.user_id, **own)
    theirs = await a_key(admin, EVERYTHING)
    mine, other = await a_key(pat, {"webhooks": "add_modify"}), await a_key(pat, {"webhooks": "add_modify"})
    hook = (await mine.ask("POST", "webhooks", sent)).json()
    assert hook["key_id"] == mine.id
    assert code(await pat.ask("POST", "webhooks", sent)) == (404, "api_key_not_found")
    for key_id in (theirs.id, str(uuid4())):
        refused = await pat.ask("POST", "webhooks", {**sent, "key_id": key_id})
        assert code(refused) == (404, "api_key_not_found")
    assert code(await other.ask("POST", "webhooks", {**sent, "key_id": mine.id})) == (
        404,
        "api_key_not_found",
    )
    path = f"webhooks/{hook['id']}"
    for who in (other, theirs):
        assert (await who.get("webhooks"))["webhooks"] == []
        assert code(await who.ask("GET", path)) == (404, "webhook_not_found")
        assert code(await who.ask("POST", f"{path}/test")) == (404, "webhook_not_found")
    for verb, what, given in (
        ("PATCH", "", {"url": "http://127.0.0.1:9/mine"}),
        ("POST", "/rotate", {}),
        ("POST", "/replay", {"from_revision": hook["first_revision"]}),
        ("POST", "/test", None),
        ("POST", "/activate", None),
    ):
        refused = await admin.ask(verb, path + what, given, if_match='"1"')
        assert code(refused) == (403, "webhook_of_another"), what
    assert (await admin.ask("POST", f"{path}/deactivate")).json()["paused_code"] == "by_hand"
    async with database.writing(studio.account.account_id):
        given = {"url": "http://127.0.0.1:9/mine"}
        assert code(await admin.ask("PATCH", path, given, if_match='"1"'))[1] == "webhook_of_another"
    for who in (mine, pat, admin):
        assert [each["id"] for each in (await who.get("webhooks"))["webhooks"]] == [hook["id"]]
    assert code(await mine.ask("DELETE", path)) == (403, "permission_denied")
    rows = await studio.execute("SELECT t::text FROM audit_entries t WHERE account_id = $1")
    kept = await studio.execute("SELECT t::text FROM webhook_endpoints t WHERE account_id = $1")
    assert any("http://127.0.0.1:9/" in str(row) for row in rows)
    assert not any("quiet" in str(row) for row in rows), "a query is where tokens are"
    assert not any(hook["secret"][6:] in str(row) for row in (*rows, *kept))
    assert "secret" not in await pat.get(path)
    assert (await pat.ask("DELETE", path)).status_code == 204


async def test_what_is_asked_for_must_be_there(owner: Program, hooked: Hooking) -> None:
    hook = await hooked("clients.*")
    kinds = {each["name"]: each["collection"] for each in (await owner.get("webhook-types"))["types"]}
    assert kinds["clients.changed"] == "clients"
    assert {"web_order.received", "gallery.expiring", "payment.approved", "records.imported"} < kinds.keys()
    assert not any(each.startswith("inbox.") for each in kinds)
    for types in (["nothing.created"], ["inbox.*"], ["webhook.test"]):
        refused = await hook.owner.ask("PATCH", hook.path, {"types": types}, if_match='"1"')
        assert code(refused) == (422, "unknown_event_type")
    assert code(await hook.owner.ask("PATCH", hook.path, {"types": ["*"]}, if_match='"9"')) == (
        412,
        "version_changed",
    )
    assert code(await hook.owner.ask("PATCH", hook.path, {"types": ["*"]})) == (428, "precondition_required")
    changed = await hook.ask(
        "PATCH", "", {"types": ["clients.created"], "description": "Lab"}, if_match='"1"'
    )
    assert (changed["types"], changed["description"], changed["version"]) == (["clients.created"], "Lab", 2)
    assert changed["first_revision"] == hook.told["first_revision"]
    await made(hook.owner, "clients", **LEE)
    wider = await hook.ask("PATCH", "", {"types": ["*"]}, if_match='"2"')
    assert wider["first_revision"] > changed["first_revision"]


async def test_a_webhook_is_tried_and_told_once_more(hooked: Hooking) -> None:
    hook = await hooked("clients.*")
    tried = await hook.ask("POST", "/test")
    assert (tried["state"], tried["type"]) == ("waiting", "webhook.test")
    [post] = await hook.delivered()
    assert hook.verified(post)["data"]["collection"] is None
    for _ in range(3):
        await made(hook.owner, "clients", **LEE)
    first = await hook.delivered()
    page = await hook.ask("GET", "/deliveries?type=clients.created&limit=2")
    following = await hook.ask("GET", f"/deliveries?type=clients.created&limit=2&page={page['next_page']}")
    listed = [each["event_id"] for each in (*page["deliveries"], *following["deliveries"])]
    assert sorted(listed) == sorted(each.id for each in first)
    again = await hook.ask("POST", f"/deliveries/{listed[0]}/resend")
    assert (again["state"], again["replays"]) == ("waiting", 1)
    assert [each.id for each in await hook.delivered()] == [listed[0]]
    assert code(await hook.owner.ask("POST", f"{hook.path}/deliveries/{uuid4()}/resend")) == (
        404,
        "delivery_not_found",
    )
    since = page["deliveries"][1]["revision"]
    assert (await hook.ask("POST", "/replay", {"from_revision": since}))["waiting"] == 2
    assert sorted(each.id for each in await hook.delivered()) == sorted(listed[:2])
    early = await hook.owner.ask("POST", f"{hook.path}/replay", {"from_revision": 0})
    assert code(early) == (409, "replay_too_old")
    assert early.json()["first_revision"] == hook.told["first_revision"]


async def test_what_happened_since_an_instant_is_told_once_more(hooked: Hooking, hold: Hold) -> None:
    began = clock.now()
    hold(began)
    hook = await hooked("clients.*")
    posts = []
    for hours in (1, 2, 3):
        hold(began + timedelta(hours=hours))
        await made(hook.owner, "clients", **LEE)
        posts += await hook.delivered()
    for minutes, told in ((0, posts), (120, posts[1:]), (150, posts[2:]), (240, [])):
        since = {"since": (began + timedelta(minutes=minutes)).isoformat()}
        assert (await hook.ask("POST", "/replay", since))["waiting"] == len(told)
        assert sorted(each.id for each in await hook.delivered()) == sorted(each.id for each in told)
    path = f"{hook.path}/replay"
    early = await hook.owner.ask("POST", path, {"since": (began - timedelta(seconds=1)).isoformat()})
    assert code(early) == (409, "replay_too_old")
    assert datetime.fromisoformat(early.json()["known_since"]) == began
    for body in ({}, {"since": began.isoformat(), "from_revision": 10**9}, {"since": "2026-05-04T09:30:00"}):
        assert code(await hook.owner.ask("POST", path, body)) == (422, "invalid_request")


async def test_whoever_marks_or_forgets_what_was_told_waits_for_a_webhook_first(
    database: Database, hooked: Hooking, receiver: Receiver
) -> None:
    """Whoever deletes one, or replays, has its row and wants its deliveries: none ends the other."""
    hook = await hooked("clients.*")
    await made(hook.owner, "clients", **LEE)
    receiver.gate = asyncio.Event()
    posting = asyncio.create_task(hook.delivered())
    await receiver.came.wait()
    async with database.beside(hook.account_id) as other:
        await slices.hold(other, UUID(hook.told["id"]))
        receiver.gate.set()
        await _waiting(other, 1)
        forgetting = asyncio.create_task(forget(database, hook.account_id, clock.now() + timedelta(days=1)))
        await _waiting(other, 2)
        for table in ("webhook_deliveries", "webhook_events"):
            sql = f"SELECT FROM {table} WHERE account_id = $1 FOR UPDATE NOWAIT"
            await other.raw.execute(sql, hook.account_id)
    assert len(await posting) == 1
    await forgetting


async def forget(database: Database, account_id: UUID, before: datetime) -> None:
    """Forget what happened before an instant."""
    async with database.beside(account_id) as session:
        await store.forget(session, before, 10)


async def _waiting(session: Session, many: int) -> None:
    """Wait until so many wait for what this transaction has, or for each other behind it."""
    sql = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pg_blocking_pids(pid) <> '{}'"
    )
    while int(await session.raw.fetchval(sql)) < many:
        await session.raw.execute("SELECT pg_stat_clear_snapshot()")


async def test_no_replay_pause_or_deletion_waits_for_the_log(
    database: Database, studio: Studio, hooked: Hooking
) -> None:
    """Each holds the account's turn, for which phones wait: none touches what a webhook was told."""
    hook = await hooked("clients.*")
    endpoint_id = UUID(hook.told["id"])
    await made(hook.owner, "clients", **LEE)
    [post] = await hook.delivered()
    replay = {"from_revision": post.told["data"]["revision"]}
    async with database.beside(hook.account_id) as other:
        await other.raw.execute(
            "SELECT FROM webhook_deliveries WHERE account_id = $1 FOR UPDATE", hook.account_id
        )
        assert (await hook.ask("POST", "/replay", replay))["waiting"] == 1
        async with database.writing(hook.account_id) as turn:
            await end(turn, endpoint_id, WebhookPause.GONE)
        await hook.ask("DELETE")
    assert code(await hook.owner.ask("GET", hook.path)) == (404, "webhook_not_found")
    assert await hook.delivered() == []
    for table in ("webhook_endpoints", "webhook_deliveries"):
        sql = f"SELECT FROM {table} WHERE account_id = $1 AND endpoint_id = $2"
        assert await studio.execute(sql, endpoint_id) == [], "nothing of it stays"


async def test_many_are_replayed_and_skipped_slice_by_slice(
    hooked: Hooking, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slices, "SLICE", 2)
    hook = await hooked("clients.*")
    for _ in range(5):
        await made(hook.owner, "clients", **LEE)
    posts = await hook.delivered()
    last = max(each.told["data"]["revision"] for each in posts)
    whole = {"from_revision": hook.told["first_revision"]}
    assert (await hook.ask("POST", "/replay", {"from_revision": last}))["waiting"] == 1
    assert (await hook.ask("POST", "/replay", whole))["waiting"] == 5, "the earlier of both counts"
    assert sorted(each.id for each in await hook.delivered()) == sorted(each.id for each in posts)
    assert await hook.delivered() == []
    log = (await hook.ask("GET", "/deliveries"))["deliveries"]
    assert [(each["replays"], each["state"]) for each in log] == [(1, "delivered")] * 5
    receiver.says = lambda _: answer(410)
    await hook.ask("POST", "/replay", whole)
    await hook.delivered()
    told = await hook.ask("GET")
    assert (told["paused_code"], told["waiting"]) == ("gone", 0)


async def test_replays_and_tests_have_limits_of_their_own(hooked: Hooking) -> None:
    hook = await hooked("clients.*")
    old, path = {"from_revision": 0}, f"{hook.path}/replay"
    answers = [await hook.owner.ask("POST", path, old) for _ in range(2 * REPLAYS.most)]
    assert {code(each)[1] for each in answers} == {"replay_too_old", "rate_limited"}
    tests = [await hook.owner.ask("POST", f"{hook.path}/test") for _ in range(2 * POSTS.most)]
    assert {each.status_code for each in tests} == {200, 429}


async def test_one_that_is_paused_hears_of_nothing_and_waits_for_what_waited(hooked: Hooking) -> None:
    hook = await hooked("clients.*")
    await made(hook.owner, "clients", **LEE)
    await hook.ask("POST", "/deactivate")
    await made(hook.owner, "clients", **LEE)
    assert await hook.delivered() == []
    activated = await hook.ask("POST", "/activate")
    assert (activated["is_active"], activated["waiting"]) == (True, 1)
    await made(hook.owner, "clients", **LEE)
    assert len(await hook.delivered()) == 2


async def test_events_are_forgotten_after_a_month_and_what_is_known_of_begins_behind_them(
    database: Database, hooked: Hooking, hold: Hold
) -> None:
    hook = await hooked("clients.*")
    await made(hook.owner, "clients", **LEE)
    await hook.delivered()
    before = (await hook.ask("GET"))["first_revision"]
    now = clock.now() + timedelta(days=31)
    hold(now)
    await forget_old(database, Principal.system(hook.account_id))
    assert (await hook.ask("GET", "/deliveries"))["deliveries"] == []
    told = await hook.ask("GET")
    assert told["first_revision"] > before
    assert datetime.fromisoformat(told["known_since"]) == now - timedelta(days=30)


async def test_a_gallery_that_expires_soon_is_told_once(
    studio: Studio, owner: Program, hooked: Hooking
) -> None:
    client = await made(owner, "clients", **LEE)
    session = await made(owner, "sessions", client_id=client["id"])
    soon = date.today() + timedelta(days=3)  # noqa: DTZ011 - some days from now
    await studio.execute(
        "UPDATE sessions SET gallery_state = 'online', web_expire_date = $2, uploaded_at = now()"
        " WHERE account_id = $1 AND id = $3::text::uuid",
        soon,
        session["id"],
    )
    hook = await hooked("gallery.expiring", levels={"sessions": "view_only"})
    assert await hook.delivered() == []
    posts = await hook.delivered()
    assert [(each.told["type"], each.told["data"]["id"]) for each in posts] == [
        ("gallery.expiring", session["id"])
    ]
    await studio.execute("UPDATE webhook_endpoints SET swept_to = NULL WHERE account_id = $1")
    assert await hook.delivered() == []
    assert await hook.delivered() == []
    await owner.ask("DELETE", f"sessions/{session['id']}", if_match=session["etag"])
