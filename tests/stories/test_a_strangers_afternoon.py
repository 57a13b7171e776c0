"""A stranger has an address, a key and the document, and spends an afternoon with a studio."""

import json
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import anyio
import anyio.from_thread
import httpx
import pytest
from fastapi import FastAPI

from app.core import clock
from app.core.db import Database
from app.outbox.hosts import Hosts
from app.webhooks.courier import Courier
from app.webhooks.posting import Poster
from app.webhooks.signing import headers_of, new_secret
from clients.python.examples.afternoon import Api, Hook, listening, spend
from tests import document
from tests.accounts.studios import Studio, new_studio
from tests.contract.desks import Desk, at_a_desk
from tests.galleries.orders.shops import opened
from tests.samples import named
from tests.serving import BASE_URL, Door

SEEN = ("clients", "invoices", "appointments", "schedule")
LEVELS = {**dict.fromkeys(SEEN, "view_only"), "sessions": "add_modify", "webhooks": "add_modify_delete"}
HERE = Hosts(allows_private=True, allows_plain=True)
WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class Street(httpx.BaseTransport):
    """The way from a stranger's program, in a thread of its own, to the house; tells whoever waits there."""

    def __init__(self, house: FastAPI, when_waited_for: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._door = Door(house, anyio.from_thread.run)
        self._happens = when_waited_for

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/sync/wait":
            anyio.from_thread.run(self._happens)
        return self._door.handle_request(request)


async def test_an_afternoon_with_a_key_and_the_document(
    database: Database, house: FastAPI, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(house.state, "email_way", replace(house.state.email_way, hosts=HERE))
    courier = Courier(database, house.state.vault, Poster(HERE, 5), BASE_URL)
    studio = await new_studio(database, http, house.state.keys)
    desk = await at_a_desk(studio)
    shop = await opened(studio, desk)
    await _open_at_nine(studio, desk)
    key = (await desk.ask("POST", "api-keys", {"name": "Booking widget", "levels": LEVELS})).json()["key"]
    room = await shop.room()

    async def order() -> None:
        await shop.ordered(room)
        await shop.sync()
        await courier.serve(studio.account.account_id)

    heard: list[str] = []

    def afternoon() -> None:
        street = Street(house, order)
        headers = {"Authorization": f"Bearer {key}"}
        with httpx.Client(transport=street, base_url=BASE_URL, headers=headers) as client:
            api = Api(client, document.DOCUMENT)
            with listening(api, 0) as hook:
                spend(api, hook, heard.append)
                _only_what_is_signed_is_heard(hook)

    await anyio.to_thread.run_sync(afternoon)
    known, ordered, told, booked, refused, why = heard
    assert known == "Booking widget knows 1 clients"
    assert ordered.startswith("Hartley has ordered for 15903, as invoice ")
    [order_of_the_web] = (await desk.ask("GET", "web-orders")).json()["web_orders"]
    assert told == f"web_order.received told of it, too: {order_of_the_web['web_order_number']}, 2 lines"
    assert (await desk.ask("GET", "webhooks")).json()["webhooks"] == []
    [session] = [
        each
        for each in await desk.all(named("sessions"))
        if each["photographer_id"] == str(studio.photographer.user_id)
    ]
    assert booked == f"Pat Kerr is booked on {session['date']} at 10:00:00"
    assert (session["client_id"], session["end_time"]) == (str(room.visit.client_id), "11:00:00")
    assert refused.startswith("refused, permission_denied: ")
    assert why == "the key has view_only of clients, and it takes add_modify"


def _only_what_is_signed_is_heard(hook: Hook) -> None:
    """See that only what is signed by the secret, whole and just now is heard, and that once."""
    [example] = hook.api.document["webhooks"]["web_order.received"]["post"]["requestBody"]["content"].values()
    body, event_id, now = json.dumps(example["example"]).encode(), uuid4(), int(time.time())
    posts = [
        (headers_of(event_id, now, body, [new_secret()]), body, 401),
        (headers_of(event_id, now, body, [hook.secret]), body + b" ", 401),
        (headers_of(event_id, now - 3_600, body, [hook.secret]), body, 401),
        ({}, body, 401),
        (headers_of(event_id, now, body, [new_secret(), hook.secret]), body, 204),
        (headers_of(event_id, now, body, [hook.secret]), body, 204),
    ]
    assert [hook.take(headers, body) for headers, body, _ in posts] == [each for *_, each in posts]
    assert hook.events.qsize() == 1


async def _open_at_nine(studio: Studio, desk: Desk) -> None:
    """Open the business at nine, with its photographer booked for the first hour of some days."""
    user = f"users/{studio.photographer.user_id}"
    hours = [{"id": str(uuid4()), "weekday": day, "opens": "09:00:00", "closes": "17:00:00"} for day in WEEK]
    set_up = [
        await desk.change(named("companies"), studio.account.account_id, {"opening_hours": hours}),
        await desk.ask("PATCH", user, {"lists": ["photographer"]}, if_match='"1"'),
    ]
    for days in range(4):
        booked = {
            "description": "Viewing",
            "date": str(clock.now().date() + timedelta(days=days)),
            "start_time": "09:00:00",
            "end_time": "10:00:00",
            "user_ids": [str(studio.photographer.user_id)],
        }
        set_up.append(await desk.create(named("appointments"), booked))
    assert all(each.status_code < 300 for each in set_up), [each.text for each in set_up]
