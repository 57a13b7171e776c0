"""What is told to webhooks: each kind once, thin, and nothing the key may not see."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from app.core.db import Database
from app.core.events import announce
from app.core.principal import Principal
from app.galleries.events import WebOrderReceived
from app.sync.store import Write, write
from tests.accounts.studios import Studio
from tests.keys.conftest import Program, a_key
from tests.samples import sample
from tests.webhooks.conftest import ORIGIN, Hooking

LEE = {"last_name": "Lee"}


async def made(owner: Program, collection: str, **fields: Any) -> dict[str, Any]:
    """Make a record at a desk."""
    found = await owner.ask("POST", collection, {"id": str(uuid4()), **fields})
    assert found.status_code == 201, found.text
    return {**found.json(), "etag": found.headers["etag"]}


async def taken_back(database: Database, who: Principal, writes: list[Write]) -> None:
    """Write records in a transaction that comes to nothing."""
    async with database.writing(who.account_id) as turn:
        await write(turn, who, writes)
        _ = 1 // 0


async def test_what_becomes_of_a_record_is_told_once_each_and_never_what_it_says(
    owner: Program, hooked: Hooking
) -> None:
    hook = await hooked("clients.*")
    lee = await made(owner, "clients", **LEE)
    path = f"clients/{lee['id']}"
    changed = await owner.ask("PATCH", path, {"first_name": "Ann"}, if_match=lee["etag"])
    await made(owner, "tasks", subject="Not asked for")
    await owner.ask("DELETE", path, if_match=changed.headers["etag"])
    posts = await hook.delivered()
    told = {each["type"]: each for each in map(hook.verified, posts)}
    assert sorted(each.told["type"] for each in posts) == [
        "clients.changed",
        "clients.created",
        "clients.deleted",
    ]
    assert told["clients.created"]["data"] == {
        "collection": "clients",
        "id": lee["id"],
        "into": None,
        "revision": int(lee["etag"].strip('"')),
        "url": f"{ORIGIN}/v1/clients/{lee['id']}",
    }
    assert told["clients.deleted"]["data"]["url"] is None
    assert not any(b"Lee" in each.body or b"Ann" in each.body for each in posts)
    assert await hook.delivered() == []


async def test_a_transaction_tells_what_it_has_come_to(
    database: Database, owner: Program, hooked: Hooking
) -> None:
    hook = await hooked("*", levels={"clients": "view_only", "sessions": "view_only"})
    one, other = await made(owner, "clients", **LEE), await made(owner, "clients", last_name="Li")
    session = await made(owner, "sessions", client_id=one["id"])
    await hook.delivered()
    who = Principal.system(hook.account_id)
    fresh = uuid4()
    async with database.writing(hook.account_id) as turn:
        await write(turn, who, [Write("clients", fresh, LEE)])
        await write(turn, who, [Write("clients", fresh, {"first_name": "Bo"})])
    assert [each.told["type"] for each in await hook.delivered()] == ["clients.created"]
    for state, kind in (("online", "published"), ("expired", "expired"), ("taken_down", "taken_down")):
        async with database.writing(hook.account_id) as turn:
            await write(turn, who, [Write("sessions", UUID(session["id"]), {"gallery_state": state})])
        types = sorted(each.told["type"] for each in await hook.delivered())
        assert types == [f"gallery.{kind}", "sessions.changed"], state
    await owner.ask("POST", f"clients/{other['id']}/merge", {"into": one["id"]})
    merged = {each.told["type"]: each.told["data"] for each in await hook.delivered()}
    assert (merged["clients.merged"]["id"], merged["clients.merged"]["into"]) == (other["id"], one["id"])
    assert "clients.deleted" not in merged
    with pytest.raises(ZeroDivisionError):
        await taken_back(database, who, [Write("clients", UUID(one["id"]), {"first_name": "No"})])
    async with database.writing(hook.account_id) as turn:
        turn.brings_history = True
        await write(turn, who, [Write("clients", uuid4(), LEE) for _ in range(3)])
    assert [each.told["type"] for each in await hook.delivered()] == ["records.imported"]


async def test_nobody_hears_what_their_key_may_not_see(owner: Program, hooked: Hooking) -> None:
    blind = await hooked("*", levels={"tasks": "view_only"})
    await made(owner, "clients", **LEE)
    await made(owner, "tasks", subject="Order frames")
    assert [each.told["type"] for each in await blind.delivered()] == ["tasks.created"]
    listed = await blind.ask("GET", "/deliveries?state=skipped")
    assert [(each["type"], each["last_code"]) for each in listed["deliveries"]] == [
        ("clients.created", "not_seen")
    ]


async def test_private_records_of_others_are_told_of_to_nobody(
    database: Database, studio: Studio, hooked: Hooking
) -> None:
    hook = await hooked("tasks.*")
    who, task = Principal.system(hook.account_id), uuid4()
    pat = str(studio.photographer.user_id)
    async with database.writing(hook.account_id) as turn:
        fields = {"subject": "Secret", "is_private": True, "assigned_user_id": pat, "assigned_by_id": pat}
        await write(turn, who, [Write("tasks", task, fields)])
    for state in ("waiting", "skipped"):
        [logged] = (await hook.ask("GET", f"/deliveries?state={state}"))["deliveries"]
        whole = await hook.ask("GET", f"/deliveries/{logged['event_id']}")
        assert (logged["record_id"], whole["record_id"], whole["body"]) == (None, None, None)
        assert await hook.delivered() == []
    async with database.writing(hook.account_id) as turn:
        await write(turn, who, [Write("tasks", task, None)])
    assert await hook.delivered() == []
    assert (await hook.ask("GET"))["waiting"] == 0


async def test_orders_and_money_that_came_are_told_of(
    database: Database, owner: Program, hooked: Hooking
) -> None:
    hook = await hooked("web_order.*", "payment.*", levels={"invoices": "view_only", "payments": "view_only"})
    client = await made(owner, "clients", **LEE)
    who, order, payment = Principal.system(hook.account_id), uuid4(), uuid4()
    paid = sample(
        "payments", client_id=client["id"], invoice_id=None, state="pending", payment_type="payment"
    )
    async with database.writing(hook.account_id) as turn:
        await announce(turn, who, WebOrderReceived(order))
        await write(turn, who, [Write("payments", payment, paid)])
    async with database.writing(hook.account_id) as turn:
        await write(turn, who, [Write("payments", payment, {"state": "approved"})])
    data = {each.told["type"]: each.told["data"] for each in await hook.delivered()}
    assert {kind: (each["collection"], each["id"], each["url"]) for kind, each in data.items()} == {
        "web_order.received": ("web_orders", str(order), f"{ORIGIN}/v1/web-orders/{order}"),
        "payment.approved": ("payments", str(payment), f"{ORIGIN}/v1/payments/{payment}"),
    }


async def test_a_key_that_ended_between_the_change_and_the_post_hears_nothing(
    owner: Program, hooked: Hooking, studio: Studio
) -> None:
    await studio.execute(
        "UPDATE users SET email = 'jo@studio.example' WHERE account_id = $1 AND initials = 'JD'"
    )
    key = await a_key(owner, {"clients": "view_only"})
    hook = await hooked("*", key=key)
    await made(owner, "clients", **LEE)
    await owner.ask("POST", f"api-keys/{key.id}/revoke")
    assert await hook.delivered() == []
    told = await hook.ask("GET")
    assert (told["is_active"], told["paused_code"], told["waiting"]) == (False, "key_ended", 0)
    letters = await studio.execute("SELECT content->>'text' AS text FROM letters WHERE account_id = $1")
    assert sum("API key" in each["text"] for each in letters) == 1
    refused = await owner.ask("POST", f"{hook.path}/activate")
    assert (refused.status_code, refused.json()["code"]) == (409, "api_key_ended")
