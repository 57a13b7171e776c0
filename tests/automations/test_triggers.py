"""A trigger does once what it is to do, for what happens behind it, and tells what became of that."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from app.automations.jobs import look_after
from app.automations.triggers import planning, processing
from app.core import clock
from app.core.db import Database, Session
from app.outbox.texts.stopping import stop
from tests.automations.triggering import MONDAY, PUBLIC_URL, Json, Scene, at, new_scene


@pytest.fixture(scope="module")
async def shared(database: Database, house: FastAPI, http: httpx.AsyncClient) -> AsyncIterator[Scene]:
    """Make a studio for all tests of this module."""
    async with new_scene(database, house, http) as made:
        yield made


@pytest.fixture
async def scene(shared: Scene) -> AsyncIterator[Scene]:
    """Return it with no trigger, on a Monday."""
    await shared.begins()
    yield shared
    clock.hold(None)


async def test_an_email_is_sent_once_and_the_history_tells_of_it(scene: Scene) -> None:
    await scene.trigger(fallback="call", made={"subject": "Call [[ClientFirstName]]"})
    online = scene.listed("session_statuses", "images_online")
    client = await scene.client(email="laura@hartley.example")
    booked = await scene.session(client)
    await scene.writes("sessions", booked, status_id=online)
    await scene.runs()
    await scene.runs()
    [email] = await scene.of("emails", client)
    assert (email["subject"], email["body"]) == ("A word", "Dear Laura, all is well.")
    assert (email["session_id"], email["delivery_state"], email["user_id"]) == (booked, "queued", None)
    await scene.office.works()
    [letter] = scene.office.sink.letters
    assert letter.recipients == ["laura@hartley.example"]
    [entry] = await scene.queue()
    assert (entry["state"], entry["action"], entry["letter_state"]) == ("processed", "email", "sent")
    notes = (await scene.read("sessions", booked))["status_notes"]
    assert notes.splitlines()[0] == '2027-05-03 10:00 SPSA Email "A word" sent to laura@hartley.example'


async def test_what_was_so_before_it_raises_nothing(scene: Scene) -> None:
    online = scene.listed("session_statuses", "images_online")
    before = await scene.session(status_id=online)
    made = await scene.trigger()
    await scene.writes("sessions", before, description="Changed in something else")
    brought = str(uuid4())
    client_id = await scene.client()
    await scene.writes("sessions", brought, is_history=True, client_id=client_id, status_id=online)
    await scene.asks("POST", f"triggers/{made['id']}/deactivate")
    await scene.session(status_id=online)
    await scene.asks("POST", f"triggers/{made['id']}/activate")
    await scene.runs()
    assert await scene.queue() == []
    await scene.session(status_id=online)
    await scene.runs()
    assert await scene.states() == [("processed", None)]


async def test_there_and_back_is_one_and_another_day_is_another(scene: Scene) -> None:
    await scene.trigger()
    online = scene.listed("session_statuses", "images_online")
    edited = scene.listed("session_statuses", "images_edited")
    booked = await scene.session()
    for status in (online, edited, online):
        await scene.writes("sessions", booked, status_id=status)
    await scene.runs()
    told = await scene.queue()
    assert [each["state"] for each in told] == ["processed"]
    for status in (edited, online):
        await scene.writes("sessions", booked, status_id=status)
    await scene.runs()
    assert await scene.queue() == told, "once a day"
    await scene.holds(MONDAY + timedelta(days=1))
    for status in (edited, online):
        await scene.writes("sessions", booked, status_id=status)
    await scene.runs()
    assert await scene.states() == [("processed", None), ("processed", None)]


async def test_what_is_taken_back_before_it_is_looked_at_sends_nothing(scene: Scene) -> None:
    await scene.trigger()
    online = scene.listed("session_statuses", "images_online")
    booked = await scene.session(status_id=online)
    await scene.writes("sessions", booked, status_id=scene.listed("session_statuses", "booked"))
    await scene.runs()
    assert await scene.states() == [("skipped", "no_longer_so")]
    await scene.writes("sessions", booked, status_id=online)
    await scene.runs()
    assert await scene.states() == [("processed", None)], "nothing was sent for it yet"


async def test_while_one_waits_there_is_no_other(scene: Scene) -> None:
    await scene.trigger(is_automatic=False)
    online, edited = (scene.listed("session_statuses", each) for each in ("images_online", "images_edited"))
    booked = await scene.session(status_id=online)
    await scene.runs()
    await scene.holds(MONDAY + timedelta(days=1))
    for status in (edited, online):
        await scene.writes("sessions", booked, status_id=status)
    await scene.runs()
    assert await scene.states() == [("waiting", None)]


async def test_why_a_letter_could_not_be_sent_is_in_the_history(scene: Scene) -> None:
    await scene.trigger()
    scene.office.sink.at_data = "552 5.2.2 The mailbox is full"
    booked = await scene.session(status_id=scene.listed("session_statuses", "images_online"))
    await scene.runs()
    await scene.office.works()
    notes = (await scene.read("sessions", booked))["status_notes"]
    told = '2027-05-03 10:00 SPSA Email "A word" could not be sent: The mailbox is full.'
    assert notes.splitlines()[0] == told
    assert [each["letter_state"] for each in await scene.queue()] == ["failed"]


async def test_two_at_work_at_once_make_one(scene: Scene) -> None:
    await scene.trigger(action="call", made={"subject": "Call"}, template_id=None)
    online = scene.listed("session_statuses", "images_online")
    clients = [await scene.client() for _ in range(25)]
    booked = [await scene.session(each, status_id=online) for each in clients]
    await asyncio.gather(*(look_after(scene.studio.database, scene.account_id, PUBLIC_URL) for _ in range(3)))
    assert [len(await scene.of("phone_calls", each)) for each in clients] == [1] * 25
    notes = [(await scene.read("sessions", each))["status_notes"] for each in booked]
    assert [each.count("SPSA Call") for each in notes] == [1] * 25


async def test_cut_anywhere_it_is_made_once(scene: Scene) -> None:
    await scene.trigger(fallback="call", made={"subject": "Call"})
    online = scene.listed("session_statuses", "images_online")
    clients = [await scene.client(email=None if nth % 2 else f"n{nth}@cut.example") for nth in range(30)]
    for each in clients:
        await scene.session(each, status_id=online)
    for turns in (*range(0, 100, 5), *range(100, 2_000, 100)):
        work = asyncio.create_task(look_after(scene.studio.database, scene.account_id, PUBLIC_URL))
        for _ in range(turns):
            await asyncio.sleep(0)
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work
    await scene.runs()
    assert await scene.states() == [("processed", None)] * 30
    made = [
        (len(await scene.of("emails", each)), len(await scene.of("phone_calls", each))) for each in clients
    ]
    assert made == [(1, 0), (0, 1)] * 15


async def test_whom_an_email_does_not_reach_is_called(scene: Scene) -> None:
    await scene.trigger(fallback="call", made={"subject": "Call [[ClientFirstName]]", "due_in_days": 1})
    online = scene.listed("session_statuses", "images_online")
    blocked = await scene.client(email="blocked@hartley.example")
    block = {"address": "blocked@hartley.example"}
    await scene.asks("POST", "letter-blocks", block)
    silent, nobody = await scene.client(email=None), await scene.client(email=None, phones=[])
    sessions = [await scene.session(each, status_id=online) for each in (blocked, silent, nobody)]
    await scene.runs()
    for each in (blocked, silent):
        [call] = await scene.of("phone_calls", each)
        assert (call["subject"], call["date"]) == ("Call Laura", "2027-05-04")
        assert call["phone"] == "(518) 555-0123"
        assert await scene.of("emails", each) == []
    assert [each["code"] for each in await scene.queue()] == [None, None, "nobody_to_reach"]
    notes = (await scene.read("sessions", sessions[0]))["status_notes"]
    assert notes.splitlines()[0] == '2027-05-03 10:00 SPSA Call "Call Laura" added in place of an email'
    told = '2027-05-03 10:00 SPSA Email "A word" could not be sent: '
    notes = (await scene.read("sessions", sessions[2]))["status_notes"]
    assert notes.splitlines()[0] == told + "There is nobody who can be reached."


async def test_a_block_may_be_bypassed(scene: Scene) -> None:
    await scene.trigger(is_block_bypassed=True)
    client = await scene.client(email="bypassed@hartley.example")
    block = {"address": "bypassed@hartley.example"}
    await scene.asks("POST", "letter-blocks", block)
    await scene.session(client, status_id=scene.listed("session_statuses", "images_online"))
    await scene.runs()
    await scene.office.works()
    assert [each.recipients for each in scene.office.sink.letters] == [["bypassed@hartley.example"]]


async def test_that_an_address_does_not_exist_is_bypassed_by_nothing(scene: Scene) -> None:
    await scene.trigger(is_block_bypassed=True, fallback="call", made={"subject": "Call"})
    client = await scene.client(email="dead@hartley.example")
    await scene.studio.execute(
        "INSERT INTO letter_blocks (account_id, channel, address_key, reason, at)"
        " VALUES ($1, 'email', 'dead@hartley.example', 'bounced', now())"
    )
    await scene.session(client, status_id=scene.listed("session_statuses", "images_online"))
    await scene.runs()
    assert [each["subject"] for each in await scene.of("phone_calls", client)] == ["Call"]
    assert await scene.of("emails", client) == []


async def test_a_text_goes_to_a_number_that_is_marked_and_else_an_email(scene: Scene) -> None:
    template = await scene.template(kind="text", subject="", name="Short words")
    await scene.trigger(action="text", fallback="email", template_id=template)
    stopped = (
        "INSERT INTO letter_blocks (account_id, channel, address_key, reason, at) VALUES ($1, $2, $3, $4, $5)"
    )
    await scene.studio.execute(stopped, "text", "+15185550177", "stopped", MONDAY)
    phones = [
        _phone("518 555 0123"),
        _phone("12", "(518) 555-0188"),
        _phone("(518) 555-0177"),
        _phone("12"),
        [],
    ]
    clients = [await scene.client(phones=each) for each in phones]
    for each in clients:
        await scene.session(each, status_id=scene.listed("session_statuses", "images_online"))
    await scene.runs()
    texts = [await scene.of("text_messages", each) for each in clients]
    assert [[each["phone"] for each in of] for of in texts] == [
        ["518 555 0123"],
        ["(518) 555-0188"],
        [],
        [],
        [],
    ]
    assert (texts[0][0]["message"], texts[0][0]["delivery_state"]) == ("Dear Laura, all is well.", "queued")
    emails = [await scene.of("emails", each) for each in clients]
    assert [[each["subject"] for each in of] for of in emails] == [[], [], *[["Short words"]] * 3]


def _phone(*numbers: str) -> list[Json]:
    """Return phones that are marked for texts."""
    return [
        {"id": str(uuid4()), "label": "Mobile", "number": each, "is_sms_enabled": True} for each in numbers
    ]


async def test_a_letter_on_paper_and_a_task_are_made_for_whom_they_are(scene: Scene) -> None:
    await scene.trigger(action="letter")
    user = str(scene.studio.photographer.user_id)
    made = {"subject": "Pack [[SessionDescription]]", "priority": 2, "due_in_days": 3}
    await scene.trigger(action="task", recipient="photographer", made=made)
    client = await scene.client()
    online = scene.listed("session_statuses", "images_online")
    booked = await scene.session(client, photographer_id=user, description="The twins", status_id=online)
    await scene.runs()
    [paper] = (await scene.asks("GET", f"paper-letters?client_id={client}"))["letters"]
    assert paper["title"] == "A word"
    [task] = await scene.of("tasks", client)
    assert (task["subject"], task["assigned_user_id"], task["session_id"]) == ("Pack The twins", user, booked)
    assert (task["due_date"], task["priority"]) == ("2027-05-06", 2)


async def test_what_triggers_make_raises_none(scene: Scene) -> None:
    kind = scene.listed("task_types", "general")
    made = {"subject": "And again", "type_id": kind}
    await scene.trigger("task_type", action="task", type_id=kind, made=made, template_id=None)
    client = await scene.client()
    await scene.has("tasks", subject="The first", client_id=client, task_type_id=kind)
    for _ in range(3):
        await scene.runs()
    assert [each["subject"] for each in await scene.of("tasks", client)] == ["The first", "And again"]


async def test_a_filter_is_asked_and_without_it_the_trigger_stands_still(scene: Scene) -> None:
    body = {
        "name": uuid4().hex,
        "is_shared": True,
        "filter": {"field": "description", "is": "equals", "value": "Wanted"},
    }
    kept = await scene.asks("POST", "hubs/sessions/filters", body, 201)
    made = await scene.trigger(filter_id=kept["id"])
    online = scene.listed("session_statuses", "images_online")
    for words in ("Wanted", "Another"):
        await scene.session(description=words, status_id=online)
    await scene.runs()
    assert await scene.states() == [("processed", None), ("skipped", "filtered")]
    await scene.asks("DELETE", f"hubs/sessions/filters/{kept['id']}", None, 204, if_match='"1"')
    await scene.session(description="Another", status_id=online)
    await scene.runs()
    assert len(await scene.queue()) == 2
    paused = await scene.asks("GET", f"triggers/{made['id']}")
    assert (paused["is_active"], paused["paused_code"]) == (True, "filter_gone")
    answer = await scene.desk.ask("POST", f"triggers/{made['id']}/activate")
    assert answer.json()["fields"] == [{"path": "filter_id", "code": "not_found"}]


async def test_a_template_by_which_something_is_sent_stays(scene: Scene) -> None:
    template = await scene.template()
    made = await scene.trigger(template_id=template)
    refused = await scene.desk.ask("DELETE", f"templates/{template}", if_match='"1"')
    assert refused.json()["code"] == "template_in_use"
    await scene.asks("POST", f"triggers/{made['id']}/deactivate")
    await scene.asks("DELETE", f"templates/{template}", None, 204, if_match='"1"')
    assert (await scene.asks("GET", f"triggers/{made['id']}"))["paused_code"] == "template_gone"
    answer = await scene.desk.ask("POST", f"triggers/{made['id']}/activate")
    assert answer.json()["fields"] == [{"path": "template_id", "code": "not_found"}]


async def test_what_waits_for_somebody_is_processed_skipped_or_deleted(scene: Scene) -> None:
    made = await scene.trigger(is_automatic=False)
    online = scene.listed("session_statuses", "images_online")
    clients = [await scene.client() for _ in range(4)]
    for each in clients:
        await scene.session(each, description="Spring", status_id=online)
    await scene.runs()
    queue = await scene.queue(state="waiting")
    assert [each["client_id"] for each in queue] == clients
    assert {(each["title"], each["client_name"], each["trigger_name"]) for each in queue} == {
        ("Spring", "Laura Hartley", "A trigger")
    }
    one, two, three, four = (each["id"] for each in queue)
    unknown = str(uuid4())
    told = await scene.asks("POST", "trigger-queue/process", {"ids": [one, unknown]})
    assert [(each["is_done"], each["state"], each["code"]) for each in told["results"]] == [
        (True, "processed", None),
        (False, None, "occurrence_not_found"),
    ]
    told = await scene.asks("POST", "trigger-queue/skip", {"ids": [one, two]})
    assert [(each["is_done"], each["code"]) for each in told["results"]] == [
        (False, "occurrence_not_waiting"),
        (True, "by_hand"),
    ]
    told = await scene.asks("POST", "trigger-queue/delete", {"ids": [three]})
    assert [each["state"] for each in told["results"]] == ["deleted"]
    told = await scene.asks("POST", "trigger-queue/process", {"trigger_id": made["id"]})
    assert ([each["id"] for each in told["results"]], told["has_more"]) == ([four], False)
    sent = [len(await scene.of("emails", each)) for each in clients]
    assert sent == [1, 0, 0, 1]
    queue = await scene.queue()
    assert [each["state"] for each in queue] == ["processed", "skipped", "deleted", "processed"]
    assert len({each["ended_by"] for each in queue}) == 1, "the same user has done all of it"


async def test_an_edition_without_triggers_has_none(scene: Scene) -> None:
    await scene.trigger()
    await scene.session(status_id=scene.listed("session_statuses", "images_online"))
    edition = "UPDATE accounts SET edition = $2 WHERE account_id = $1"
    await scene.studio.execute(edition, "essential")
    try:
        await scene.runs()
        body = {"name": "x", "kind": "session_gallery", "action": "task", "made": {"subject": "x"}}
        answer = await scene.desk.ask("POST", "triggers", body)
        assert (answer.status_code, answer.json()["minimum_edition"]) == (403, "professional")
    finally:
        await scene.studio.execute(edition, "professional")
    assert await scene.states() == [("skipped", "edition")]


async def test_what_waits_follows_a_client_who_is_merged(scene: Scene) -> None:
    status = scene.listed("client_statuses", "loyalty_client")
    template = await scene.template("client")
    stays = await scene.client(status_id=status)
    goes, other = [await scene.client() for _ in range(2)]
    waiting = await scene.trigger("client_status", status_id=status, template_id=template, is_automatic=False)
    await scene.writes("clients", goes, status_id=status)
    await scene.holds(MONDAY + timedelta(days=1))
    await scene.writes("clients", other, status_id=status)
    await scene.runs()
    await scene.asks("POST", f"clients/{goes}/merge", {"into": stays})
    assert [each["record_id"] for each in await scene.queue()] == [stays, other]
    await scene.asks("POST", f"clients/{other}/merge", {"into": stays})
    await scene.runs()
    await scene.asks("POST", "trigger-queue/process", {"trigger_id": waiting["id"]})
    assert len(await scene.of("emails", stays)) == 1, "one letter for who is one person"


async def test_what_was_done_for_one_is_not_done_for_who_they_are_merged_with(scene: Scene) -> None:
    status = scene.listed("client_statuses", "loyalty_client")
    said = {"status_id": status, "template_id": await scene.template("client"), "is_automatic": False}
    await scene.trigger("client_status", **said)
    goes, stays = [await scene.client(status_id=status) for _ in range(2)]
    await scene.runs()
    first, second = await scene.queue()
    await scene.asks("POST", "trigger-queue/process", {"ids": [first["id"]]})
    await scene.asks("POST", f"clients/{goes}/merge", {"into": stays})
    await scene.runs()
    told = await scene.asks("POST", "trigger-queue/process", {"ids": [second["id"]]})
    assert [each["code"] for each in told["results"]] == ["occurrence_not_waiting"]
    assert len(await scene.of("emails", stays)) == 1


async def test_a_gallery_is_told_when_it_is_published_and_not_when_it_is_extended(scene: Scene) -> None:
    await scene.trigger("session_gallery")
    booked = await scene.session()
    for state in ("online", "expired", "online"):
        await scene.writes("sessions", booked, gallery_state=state)
        await scene.runs()
        await scene.holds(clock.now() + timedelta(days=1))
    assert await scene.states() == [("processed", None)]
    await scene.writes("sessions", booked, gallery_state="taken_down")
    await scene.writes("sessions", booked, gallery_state="online")
    await scene.runs()
    assert await scene.states() == [("processed", None), ("processed", None)]


async def test_an_email_that_does_not_arrive_makes_a_task(scene: Scene) -> None:
    made = {"subject": "Find another address of [[ClientFirstName]]"}
    await scene.trigger("email_delivery", value="bounced", action="task", made=made, template_id=None)
    client = await scene.client()
    email = await scene.has(
        "emails", client_id=client, date="2027-05-03", to_addresses=["x@y.example"], delivery_state="sent"
    )
    await scene.writes("emails", email, delivery_state="bounced")
    await scene.runs()
    assert [each["subject"] for each in await scene.of("tasks", client)] == ["Find another address of Laura"]


async def test_a_word_by_text_is_answered_once_a_day(scene: Scene) -> None:
    template = await scene.template("client", kind="text", subject="")
    await scene.trigger("text_keyword", value="Prices", action="text", template_id=template)
    client = await scene.client()

    async def texts(words: str, client_id: str | None = client) -> None:
        came = {"direction": "incoming", "delivery_state": "received", "date": "2027-05-03"}
        await scene.has("text_messages", client_id=client_id, phone="(518) 555-0123", message=words, **came)
        await scene.runs()

    for words in ("What are your prices?", "PRICES, please", "prices", "stop"):
        await texts(words)
    sent = [each for each in await scene.of("text_messages", client) if each["direction"] == "outgoing"]
    assert len(sent) == 1
    await texts("prices", None)
    assert (await scene.states())[-1] == ("failed", "nobody_to_reach")


async def test_a_posted_invoice_has_its_history_too(scene: Scene) -> None:
    ready = scene.listed("invoice_statuses", "ready_for_pick-up")
    made = {"subject": "Call about [[InvoiceWebOrderNumber]]"}
    await scene.trigger("invoice_status", status_id=ready, action="call", made=made, template_id=None)
    client = await scene.client()
    web: Json = {"invoice_type": "generic", "invoice_date": "2027-05-03", "web_order_number": "W-7"}
    sold = await scene.has("invoices", client_id=client, bill_to_client_id=client, **web, status_id=ready)
    await scene.writes("invoices", sold, is_posted=True)
    await scene.runs()
    [call] = await scene.of("phone_calls", client)
    notes = (await scene.read("invoices", sold))["status_notes"]
    assert notes.splitlines()[0] == '2027-05-03 10:00 SPSA Call "Call about W-7" added'
    assert call["subject"] == "Call about W-7"


async def test_what_cannot_be_made_fails_alone(scene: Scene) -> None:
    gone = (await scene.asks("POST", "phone_call_types", {"description": uuid4().hex}, 201))["id"]
    usual: Json = {"action": "call", "template_id": None}
    await scene.trigger(**usual, made={"subject": "One", "type_id": gone})
    await scene.trigger(**usual, made={"subject": "Two"})
    await scene.asks("DELETE", f"phone_call_types/{gone}", None, 204, if_match="*")
    clients = [await scene.client() for _ in range(2)]
    for each in clients:
        await scene.session(each, status_id=scene.listed("session_statuses", "images_online"))
    await scene.runs()
    made = [[call["subject"] for call in await scene.of("phone_calls", each)] for each in clients]
    assert made == [["Two"], ["Two"]]
    assert sorted(await scene.states(), key=str) == [("failed", "refused")] * 2 + [("processed", None)] * 2


async def test_what_shows_a_defect_fails_alone(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    await scene.trigger()
    clients = [await scene.client() for _ in range(3)]
    online = scene.listed("session_statuses", "images_online")
    sessions = [UUID(await scene.session(each, status_id=online)) for each in clients]
    usual = planning.plan

    async def plan(session: Session, found: Any, public_url: str | None) -> Any:
        if any(each.record_id == sessions[1] for each in found):
            raise KeyError("a defect that shows in one")
        return await usual(session, found, public_url)

    monkeypatch.setattr(processing, "plan", plan)
    await scene.runs()
    assert [len(await scene.of("emails", each)) for each in clients] == [1, 0, 1]
    assert sorted(await scene.states(), key=str) == [("failed", "refused")] + [("processed", None)] * 2


async def test_who_has_said_stop_is_called_though_blocks_are_bypassed(scene: Scene) -> None:
    template = await scene.template(kind="text", subject="", name=uuid4().hex)
    ways: Json = {"action": "text", "fallback": "call", "made": {"subject": "Call"}}
    await scene.trigger(**ways, template_id=template, is_block_bypassed=True)
    async with scene.studio.database.writing(scene.account_id) as session:
        await stop(session, "+15185550123", MONDAY)
    client = await scene.client()
    await scene.session(client, status_id=scene.listed("session_statuses", "images_online"))
    await scene.runs()
    assert (len(await scene.of("phone_calls", client)), await scene.of("text_messages", client)) == (1, [])


async def test_what_is_deleted_takes_what_waits_along(scene: Scene) -> None:
    await scene.trigger(is_automatic=False)
    booked = await scene.session(status_id=scene.listed("session_statuses", "images_online"))
    await scene.runs()
    await scene.asks("DELETE", f"sessions/{booked}", None, 204, if_match="*")
    assert await scene.states() == [("skipped", "record_gone")]


async def test_what_is_late_is_over(scene: Scene) -> None:
    await scene.trigger()
    await scene.session(status_id=scene.listed("session_statuses", "images_online"))
    await scene.holds(MONDAY + timedelta(days=3, minutes=1))
    await scene.runs()
    assert await scene.states() == [("skipped", "over")]
    assert await scene.due() is None


async def test_the_ready_made_ones_are_made_inactive_and_work(scene: Scene) -> None:
    told = (await scene.asks("GET", "triggers/ready-made"))["ready_made"]
    assert [each["key"] for each in told] == [
        "images_online",
        "gallery_expires",
        "order_received",
        "order_processed",
        "order_ready",
    ]
    for each in told:
        assert not each["is_made"]
        made = await scene.asks("POST", f"triggers/ready-made/{each['key']}", None, 201)
        assert not made["is_active"]
        await scene.asks("POST", f"triggers/{made['id']}/activate")
    client = await scene.client()
    await scene.session(client, gallery_state="online", web_expire_date="2027-05-10")
    ready = scene.listed("invoice_statuses", "ready_for_pick-up")
    web: Json = {"invoice_type": "generic", "invoice_date": "2027-05-03", "bill_to_client_id": client}
    await scene.has("invoices", client_id=client, **web, web_order_number="W-8", status_id=ready)
    await scene.has("invoices", client_id=client, **web, status_id=ready)
    await scene.runs()
    assert sorted(each["subject"] for each in await scene.of("emails", client)) == [
        "Your images are online",
        "Your order W-8 is ready",
    ], "the reminder's time of today was before it was switched on"
    assert all(each["is_made"] for each in (await scene.asks("GET", "triggers/ready-made"))["ready_made"])
    refused = await scene.desk.ask("POST", "triggers/ready-made/unknown", {})
    assert refused.json()["code"] == "not_found"


async def test_an_account_is_due_when_its_next_day_begins_or_something_waits(scene: Scene) -> None:
    await scene.trigger(
        "session_date", on_field="date", at_time="12:00:00", template_id=await scene.template()
    )
    await scene.runs()
    assert await scene.due() == at("2027-05-04T06:00:00+00:00"), "midnight in Denver"
    await scene.session(date="2027-05-03")
    assert (due := await scene.due()) is not None
    assert due <= clock.now()
    await scene.runs()
    assert await scene.due() == at("2027-05-03T18:00:00+00:00"), "noon in Denver"
    await scene.holds(at("2027-05-03T18:00:00+00:00"))
    await scene.runs()
    assert await scene.states() == [("processed", None)]
