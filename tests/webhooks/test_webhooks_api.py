"""Webhooks as they are looked after: by their own key or its owner, told once more, and forgotten in time."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from uuid import uuid4

import httpx
from fastapi import FastAPI

from app.core import clock
from app.core.db import Database
from app.core.principal import Principal
from app.webhooks.jobs import forget_old
from tests.accounts.studios import Studio, bearer, new_studio
from tests.keys.conftest import Program, a_key, activate_security, code, give
from tests.webhooks.conftest import EVERYTHING, Hooking
from tests.webhooks.test_webhook_events import LEE, made


async def test_a_webhook_is_its_keys_and_its_owners(
    database: Database, house: FastAPI, http: httpx.AsyncClient
) -> None:
    studio = await new_studio(database, http, house.state.keys)
    admin = Program(http, await studio.administrator())
    await activate_security(admin)
    pat = Program(http, bearer(await studio.signed_in(device=None)))
    sent = {"url": "http://127.0.0.1:9/", "types": ["*"]}
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
    for who in (mine, pat, admin):
        assert [each["id"] for each in (await who.get("webhooks"))["webhooks"]] == [hook["id"]]
    assert code(await mine.ask("DELETE", path)) == (403, "permission_denied")
    rows = await studio.execute("SELECT t::text FROM audit_entries t WHERE account_id = $1")
    kept = await studio.execute("SELECT t::text FROM webhook_endpoints t WHERE account_id = $1")
    assert any("webhooks" in str(row) for row in rows)
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
    database: Database, hooked: Hooking, hold: Callable[[datetime | None], None]
) -> None:
    hook = await hooked("clients.*")
    await made(hook.owner, "clients", **LEE)
    await hook.delivered()
    before = (await hook.ask("GET"))["first_revision"]
    hold(clock.now() + timedelta(days=31))
    await forget_old(database, Principal.system(hook.account_id))
    assert (await hook.ask("GET", "/deliveries"))["deliveries"] == []
    assert (await hook.ask("GET"))["first_revision"] > before


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
