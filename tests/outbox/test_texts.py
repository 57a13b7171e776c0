"""Texts go once, to whom they may; one that may have gone is looked up; what comes back is on its record."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI

from app.automations.acting import Errand, Order, make
from app.automations.reaching import Act, Person, Way
from app.automations.saying import Words
from app.core import clock
from app.core.principal import Principal
from app.core.settings import Settings
from app.core.vault import load_vault
from app.http.middleware import is_secret
from app.outbox.states import Purpose
from app.outbox.texts import receiving, store
from app.outbox.texts.lines import renew_line
from app.studio.sending import NotOutgoing
from app.templates.merging import Merged
from tests.contract.phones import signed_in
from tests.outbox.posting import Office, later
from tests.outbox.texting import LAURAS, LAURAS_DIALLED, Texting, texting
from tests.outbox.twilio_double import (
    ACCOUNT,
    AWAY,
    BROKEN,
    HANG,
    NUMBER,
    SILENT,
    TOKEN,
    Provider,
    providing,
)
from tests.samples import named


@pytest.fixture(scope="module")
async def provider() -> AsyncIterator[Provider]:
    """Run a provider for the tests of the module."""
    async with providing() as made:
        yield made


@pytest.fixture
async def texts(office: Office, house: FastAPI, provider: Provider) -> AsyncIterator[Texting]:
    """Return an office with a line, in whose outbox is nothing."""
    async with texting(office, house, provider) as made:
        await made.forgets()
        clock.hold(clock.now())
        yield made


async def test_a_text_written_offline_goes_once_and_says_how_far_it_came(texts: Texting) -> None:
    client, text, phone = await texts.client(), str(uuid4()), await signed_in(texts.office.studio)
    fields = {"client_id": client["id"], "date": "2026-05-04", "phone": LAURAS, "message": "See you at 10"}
    await phone.must_push({"collection": "text_messages", "id": text, "op": "create", "fields": fields})
    await texts.works()
    await texts.works()
    [message] = texts.provider.messages
    assert (message["to"], message["from"], message["body"]) == (LAURAS_DIALLED, NUMBER, "See you at 10")
    assert await texts.state(text) == ("sent", None)
    assert f"letter={text}" in message["callback"]
    news = {"MessageSid": message["sid"], "AccountSid": ACCOUNT}
    for status in ("sent", "delivered", "delivered", "sent"):
        answer = await texts.provider.brings(texts.http, message["callback"], **news, MessageStatus=status)
        assert answer.status_code == 204, answer.text
    assert await texts.state(text) == ("delivered", None)
    assert (await texts.office.desk.ask("GET", "text-line")).json()["sent_this_month"] == 1


@pytest.mark.parametrize(
    "number, state, told",
    [
        (21614, "failed", "The number takes no texts."),
        (21617, "failed", "The text is too long."),
        (21659, "queued", "The provider does not send from the text line's number."),
        (20429, "queued", "The provider of texts cannot be reached."),
        (20003, "failed", "The server refused it."),
    ],
)
async def test_what_is_refused_says_why_and_was_not_sent(
    texts: Texting, number: int, state: str, told: str
) -> None:
    text = await texts.writes(await texts.client())
    texts.provider.mode = number
    await texts.works()
    assert await texts.state(text) == (state, told)
    texts.provider.mode = None
    if state == "queued":
        await texts.works_on()
        assert (await texts.state(text))[0] == "sent"
        assert (len(texts.provider.messages), texts.provider.asked) == (1, 0)


async def test_a_text_goes_to_none_but_a_number_its_client_has_marked(texts: Texting) -> None:
    client = await texts.client(LAURAS, "12")
    short, other = await texts.writes(client, phone="12"), await texts.writes(client)
    phones = [{**each, "is_sms_enabled": False} for each in client["phones"]]
    changed = await texts.office.desk.change(named("clients"), client["id"], {"phones": phones})
    assert changed.status_code == 200, changed.text
    await texts.works()
    assert texts.provider.messages == []
    assert await texts.state(short) == ("failed", "The number takes no texts.")
    assert await texts.state(other) == ("blocked", "The number is no longer marked for text messages.")


@pytest.mark.parametrize("mode", [HANG, SILENT])
async def test_of_two_texts_alike_each_goes_once_though_an_answer_was_lost(texts: Texting, mode: str) -> None:
    client = await texts.client()
    text, texts.provider.mode = await texts.writes(client), mode
    await texts.works()
    assert (await texts.state(text))[0] == "sending"
    refused = await texts.office.desk.ask("POST", f"text_messages/{text}/take_back", {}, if_match="*")
    assert refused.json()["code"] == "already_sending"
    refused = await texts.office.desk.ask("POST", f"letters/{text}/cancel")
    assert refused.json()["code"] == "letter_not_waiting"
    texts.provider.mode = None
    other = await texts.writes(client)
    await texts.works_on()
    assert [(await texts.state(each))[0] for each in (text, other)] == ["sent", "sent"]
    assert len(texts.provider.messages) == len({await _ref(texts, text), await _ref(texts, other)}) == 2


async def test_a_text_that_never_arrived_is_looked_up_twice_and_then_sent(texts: Texting) -> None:
    began, text, texts.provider.mode = clock.now(), await texts.writes(await texts.client()), SILENT
    await texts.works()
    texts.provider.mode = None
    await texts.works_on()
    assert (await texts.state(text))[0] == "sent"
    assert (len(texts.provider.messages), texts.provider.asked) == (1, 2)
    assert timedelta(minutes=4) <= clock.now() - began < timedelta(minutes=5)


@pytest.mark.parametrize("mode", [HANG, SILENT])
async def test_a_text_whose_sender_was_killed_goes_once(texts: Texting, mode: str) -> None:
    text, texts.provider.mode = await texts.writes(await texts.client()), mode
    texts.outbox.seconds = 30
    killed = asyncio.create_task(texts.works())
    await texts.provider.reached.wait()
    killed.cancel()
    await asyncio.wait([killed])
    texts.provider.mode = None
    await texts.works()
    assert (await texts.office.letter(text))["state"] == "sending"
    await texts.works_on()
    assert (await texts.state(text))[0] == "sent"
    assert len(texts.provider.messages) == 1


async def test_nothing_is_sent_again_while_nobody_can_be_asked(texts: Texting) -> None:
    texts.provider.mode, text = BROKEN, await texts.writes(await texts.client())
    await texts.works()
    assert (await texts.state(text))[0] == "sending"
    texts.provider.mode = AWAY
    for _ in range(8):
        clock.hold(await texts.office.due())
        await texts.works()
    assert (await texts.office.letter(text))["state"] == "waiting"
    texts.provider.mode = None
    await texts.works_on()
    assert (await texts.state(text))[0] == "sent"
    assert len(texts.provider.messages) == 1


async def test_a_text_in_doubt_that_was_given_up_is_looked_up_when_it_is_sent_again(texts: Texting) -> None:
    text, texts.provider.mode = await texts.writes(await texts.client()), BROKEN
    await texts.works()
    texts.provider.mode = AWAY
    later(days=6)
    await texts.works()
    assert await texts.state(text) == ("failed", "The line was lost before the server had answered.")
    texts.provider.mode = None
    await texts.sends_again(text)
    await texts.works()
    assert (await _ref(texts, text), len(texts.provider.messages)) == (texts.provider.messages[0]["sid"], 1)


async def test_news_of_a_text_end_the_doubt_about_it(texts: Texting) -> None:
    texts.provider.mode, text = HANG, await texts.writes(await texts.client())
    await texts.works()
    [message] = texts.provider.messages
    news = {"MessageSid": message["sid"], "MessageStatus": "undelivered", "ErrorCode": "30006"}
    answer = await texts.provider.brings(texts.http, message["callback"], **news)
    assert answer.status_code == 204, answer.text
    assert await texts.state(text) == ("failed", "The number takes no texts.")
    texts.provider.mode = None
    await texts.works_on()
    assert (len(texts.provider.messages), texts.provider.asked) == (1, 0)
    await texts.sends_again(text)
    await texts.works_on()
    assert (len(texts.provider.messages), texts.provider.asked) == (2, 0)
    assert await texts.state(text) == ("sent", None)


async def test_no_more_texts_go_in_a_month_than_the_line_may_send(texts: Texting) -> None:
    await texts.office.studio.execute("UPDATE text_lines SET monthly_limit = 1 WHERE account_id = $1")
    client, began = await texts.client(), clock.now()
    first = await texts.writes(client)
    later(seconds=1)
    second = await texts.writes(client, "And bring the dog")
    await texts.works()
    assert [(await texts.state(each))[0] for each in (first, second)] == ["sent", "queued"]
    [lane] = await texts.office.studio.execute("SELECT closed_code FROM letter_lanes WHERE account_id = $1")
    assert lane["closed_code"] == "plan_used_up"
    await texts.office.studio.execute(
        "UPDATE letters SET expires_at = expires_at + interval '40 days' WHERE account_id = $1"
    )
    next_month = (began.replace(day=1) + timedelta(days=32)).replace(
        day=1, hour=0, minute=0, second=0, microsecond=0
    )
    clock.hold(next_month - timedelta(minutes=20))
    await texts.works()
    assert (await texts.state(second))[0] == "queued"
    await texts.works_on()
    assert (await texts.state(second))[0] == "sent"
    assert next_month <= clock.now() < next_month + timedelta(minutes=10)


async def test_whoever_says_stop_gets_no_more_until_they_say_start(texts: Texting) -> None:
    client = await texts.client(LAURAS, "518.555.0199")
    mother = await texts.client("+1 518 555 0123")
    waits = await texts.writes(client)
    assert (await texts.comes_in(" Stop\n")).status_code == 200
    assert await _marked(texts, client) == [False, True]
    assert await _marked(texts, mother) == [False]
    await texts.works()
    assert await texts.state(waits) == ("blocked", "This number has asked for no more texts.")
    assert texts.provider.messages == []
    [block] = (await texts.office.desk.ask("GET", "letter-blocks?channel=text")).json()["blocks"]
    assert (block["address"], block["reason"]) == (LAURAS_DIALLED, "stopped")
    later(seconds=1)
    await texts.comes_in("yes")
    assert (await _marked(texts, client), await _marked(texts, mother)) == ([True, True], [True])
    assert [each["message"] for each in await texts.came_in()] == ["Stop", "yes"]
    await texts.comes_in("yes, stop by at 10")
    assert await _marked(texts, client) == [True, True]
    await texts.comes_in("STOP!")
    assert await _marked(texts, client) == [False, True]


async def test_stop_is_bypassed_by_nothing(texts: Texting) -> None:
    await texts.client()
    await texts.comes_in("STOP")
    again = await texts.client()
    person = Person("Laura", client_id=UUID(again["id"]))
    made, words = uuid4(), Words(Merged("", "All the same"), "")
    order = Order(made, Way(Act.TEXT, LAURAS), person, {"client_id": again["id"]}, words)
    async with texts.office.studio.database.writing(texts.office.account_id) as session:
        who = Principal.system(texts.office.account_id, time_zone="UTC")
        await make(session, who, Errand(Purpose.TRIGGER, bypasses_blocks=True), [order])
    await texts.works()
    assert await texts.state(str(made)) == ("blocked", "This number has asked for no more texts.")
    assert texts.provider.messages == []


async def test_stop_is_heeded_though_the_text_cannot_be_kept(
    texts: Texting, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await texts.client()

    async def refuses(*_: object) -> None:
        raise NotOutgoing

    monkeypatch.setattr(receiving, "write", refuses)
    assert (await texts.comes_in("Stop")).status_code == 200
    assert await texts.came_in() == []
    assert await _marked(texts, client) == [False]


async def test_whom_the_provider_knows_to_have_stopped_is_unmarked(texts: Texting) -> None:
    client = await texts.client()
    text, texts.provider.mode = await texts.writes(client), 21610
    await texts.works()
    assert await texts.state(text) == ("blocked", "This number has asked for no more texts.")
    assert await _marked(texts, client) == [False]


async def test_a_text_that_comes_in_is_an_unread_record_of_its_client_once(texts: Texting) -> None:
    client, sid = await texts.client("518-555-0123"), f"SM{uuid4().hex}"
    for _ in range(2):
        answer = await texts.comes_in("Yes, 10 is fine \U0001f600", sid)
        assert (answer.status_code, answer.text.endswith("<Response/>")) == (200, True)
    [text] = await texts.came_in()
    assert (text["client_id"], text["is_unread"]) == (client["id"], True)
    assert (text["message"], text["phone"]) == ("Yes, 10 is fine \U0001f600", "518-555-0123")
    assert text["delivery_state"] == "received"


async def test_a_text_is_of_whom_was_texted_last_and_else_of_nobody(texts: Texting) -> None:
    await texts.comes_in("Who is it?")
    first, _ = await texts.client(), await texts.client("+15185550123")
    later(seconds=1)
    await texts.comes_in("Which of us?")
    await texts.writes(first)
    await texts.works()
    later(seconds=1)
    await texts.comes_in("", NumMedia="2")
    later(seconds=1)
    await texts.comes_in("Take 4111 1111 1111 1111")
    told = [(each["client_id"], each["message"]) for each in await texts.came_in()]
    assert told == [
        (None, "Who is it?"),
        (None, "Which of us?"),
        (first["id"], "(With attachments, which are kept by the provider.)"),
        (first["id"], "(The number of a card was sent, and is not kept.)"),
    ]


async def test_nobody_but_the_provider_brings_texts(texts: Texting) -> None:
    form = {"MessageSid": "SM1", "From": LAURAS_DIALLED, "Body": "STOP"}
    bring, http, hook = texts.provider.brings, texts.http, texts.hook
    forged = await bring(http, hook, "another-word", **form)
    assert (forged.status_code, forged.json()["code"]) == (403, "hook_signature_wrong")
    unsigned = await http.post(hook.removeprefix("https://studio.example"), data=form)
    assert unsigned.json()["code"] == "hook_signature_wrong"
    moved = await bring(http, hook.replace("incoming", "status"), **form)
    assert moved.status_code == 204
    other = await bring(http, f"{hook[:60]}AAAA{hook[64:]}", **form)
    assert (other.status_code, other.json()["code"]) == (404, "not_found")
    foreign = await bring(http, hook, AccountSid=f"AC{'0' * 32}", **form)
    assert foreign.json()["code"] == "hook_signature_wrong"
    large = await bring(http, hook, **{**form, "Body": "x" * 17_000})
    assert large.json()["code"] == "too_large"
    strange = await http.post(hook.removeprefix("https://studio.example"), json=form)
    assert strange.json()["code"] == "hook_unreadable"
    knocks = [await bring(http, hook, "another-word", **form) for _ in range(60)]
    assert knocks[-1].json()["code"] == "rate_limited"
    assert is_secret(hook)
    assert await texts.came_in() == []
    assert (await texts.comes_in("Who knocks?")).status_code == 200


async def test_a_line_is_set_once_the_provider_lets_in_and_its_token_is_never_told(texts: Texting) -> None:
    ask, hook = texts.office.desk.ask, texts.hook
    assert (await texts.sets_line(0)).json()["code"] == "version_changed"
    refused = await texts.sets_line(1, auth_token="another-word")
    assert (refused.status_code, refused.json()["code"]) == (422, "text_line_refused")
    texts.provider.is_active = False
    assert (await texts.sets_line(1)).json()["code"] == "text_line_refused"
    texts.provider.is_active, texts.provider.mode = True, AWAY
    assert (await texts.sets_line(1)).json()["code"] == "text_provider_away"
    texts.provider.mode = None
    other = await texts.sets_line(1, account_sid=f"AC{'0' * 32}", auth_token=None)
    assert other.json()["code"] == "text_token_missing"
    assert (await texts.sets_line(1, from_number=None)).json()["code"] == "invalid_request"
    again = await texts.sets_line(1, auth_token=None, monthly_limit=500)
    assert (again.status_code, again.json()["incoming_url"]) == (200, hook), again.text
    read = await ask("GET", "text-line")
    assert (read.json()["monthly_limit"], read.json()["version"]) == (500, 2)
    assert "incoming_url" not in read.json()
    assert TOKEN not in read.text + again.text
    [kept] = await texts.office.studio.execute("SELECT * FROM text_lines WHERE account_id = $1")
    assert TOKEN.encode() not in kept["auth_token"]
    assert (await ask("DELETE", "text-line", if_match='"2"')).status_code == 204
    assert (await ask("GET", "text-line")).json()["code"] == "text_line_not_found"
    assert (await texts.comes_in("Hello?")).status_code == 404


async def test_a_line_is_sealed_anew_by_the_newest_key(texts: Texting, tmp_path: Path) -> None:
    usual, account_id = texts.way.vault, texts.office.account_id
    newer = load_vault(Settings(data_dir=tmp_path))
    both = replace(newer, _keys={**usual._keys, **newer._keys})
    for vault in (both, replace(both, newest=usual.newest)):
        async with texts.office.studio.database.writing(account_id) as session:
            await renew_line(session, vault)
            kept = await store.line(session)
        assert kept is not None
        opens = replace(texts.way, vault=newer if vault is both else usual)
        assert (opens.line_of(kept).auth_token, opens.hook(kept, "incoming")) == (TOKEN, texts.hook)


async def test_a_text_in_doubt_is_given_up_with_the_only_line_that_knows_of_it(texts: Texting) -> None:
    texts.provider.mode, text = HANG, await texts.writes(await texts.client())
    await texts.works()
    assert (await texts.office.desk.ask("DELETE", "text-line", if_match='"1"')).status_code == 204
    assert await texts.state(text) == ("failed", "The line was lost before the server had answered.")
    texts.provider.mode = None
    assert (await texts.sets_line()).status_code == 200
    await texts.works()
    assert len(texts.provider.messages) == 1


async def _ref(texts: Texting, text: str) -> str:
    return str((await texts.office.letter(text))["provider_ref"])


async def _marked(texts: Texting, client: dict[str, object]) -> list[bool]:
    found = await texts.record("clients", str(client["id"]))
    return [each["is_sms_enabled"] for each in found["phones"]]
