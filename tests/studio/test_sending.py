"""Messages: queued once, never edited on their way, and only to numbers that take texts."""

from typing import Any
from uuid import uuid4

import pytest

from tests.studio.conftest import Company, Fields, call, create, patch

NUMBER = "(518) 555-0123"


def text(company: Company, **fields: Any) -> Fields:
    sent = {"client_id": company.client_id, "date": "2026-05-01", "phone": NUMBER, "message": "At ten!"}
    return create("text_messages", **{**sent, **fields})


async def test_a_draft_is_queued_once(company: Company) -> None:
    email = await company.has(
        "emails", date="2026-05-01", is_draft=True, to_addresses=["laura@hartley.example"]
    )
    results = await company.push(call("send", "emails", email), call("send", "emails", email))
    assert [each["verdict"] for each in results] == ["applied", "noop"]
    record = await company.pulled("emails", email)
    assert (record["is_draft"], record["delivery_state"]) == (False, "queued")


async def test_an_email_to_nobody_is_not_queued(company: Company) -> None:
    email = await company.has("emails", date="2026-05-01", is_draft=True)
    [verdict] = await company.push(call("send", "emails", email))
    assert (verdict["verdict"], verdict["code"]) == ("rejected", "invalid_fields")
    assert (await company.pulled("emails", email))["delivery_state"] == "draft"


async def test_an_email_that_was_sent_is_not_sent_again(company: Company) -> None:
    email = await company.has(
        "emails", date="2026-05-01", to_addresses=["laura@hartley.example"], delivery_state="sent"
    )
    [verdict] = await company.push(call("send", "emails", email))
    assert verdict["verdict"] == "noop"
    assert (await company.pulled("emails", email))["delivery_state"] == "sent"


@pytest.mark.parametrize("collection", ["emails", "text_messages"])
async def test_what_came_in_cannot_be_sent(company: Company, collection: str) -> None:
    words = {"phone": NUMBER, "message": "Thanks"} if collection == "text_messages" else {}
    record_id = await company.has(
        collection, date="2026-05-01", direction="incoming", delivery_state="received", **words
    )
    [verdict] = await company.push(call("send", collection, record_id))
    assert (verdict["verdict"], verdict["code"]) == ("rejected", "not_outgoing")


@pytest.mark.parametrize("collection", ["emails", "text_messages"])
async def test_a_message_is_read_and_unread(company: Company, collection: str) -> None:
    words = {"phone": NUMBER, "message": "Thanks"} if collection == "text_messages" else {}
    record_id = await company.has(
        collection,
        date="2026-05-01",
        direction="incoming",
        delivery_state="received",
        is_unread=True,
        **words,
    )
    for command, is_unread in (("mark_read", False), ("mark_unread", True)):
        await company.must_push(call(command, collection, record_id))
        assert (await company.pulled(collection, record_id))["is_unread"] is is_unread
    [again] = await company.push(call("mark_unread", collection, record_id))
    assert again["verdict"] == "noop"


async def test_what_is_queued_cannot_be_edited_any_more(company: Company) -> None:
    email = await company.has("emails", date="2026-05-01", to_addresses=["laura@hartley.example"])
    refused, applied = await company.push(
        patch("emails", email, subject="Wait!"), patch("emails", email, client_id=company.client_id)
    )
    assert (refused["verdict"], refused["code"], list(refused["fields"])) == (
        "rejected",
        "already_queued",
        ["subject"],
    )
    assert applied["verdict"] == "applied"
    [undone] = await company.push(patch("emails", email, is_draft=True))
    assert undone["code"] == "already_queued"


async def test_the_server_tells_how_far_a_message_has_come(company: Company) -> None:
    change = text(company)
    await company.must_push(change)
    await company.changes("text_messages", change["id"], delivery_state="sent")
    assert (await company.pulled("text_messages", change["id"]))["delivery_state"] == "sent"


async def test_a_text_to_a_client_is_queued(company: Company) -> None:
    change = text(company, phone="518 5550123")
    await company.must_push(change)
    assert (await company.pulled("text_messages", change["id"]))["delivery_state"] == "queued"
    [refused] = await company.push(patch("text_messages", change["id"], message="At eleven!"))
    assert (refused["code"], list(refused["fields"])) == ("already_queued", ["message"])


@pytest.mark.parametrize("writer", ["phone", "server"])
async def test_a_text_goes_only_to_a_number_that_takes_texts(company: Company, writer: str) -> None:
    landline = {"id": str(uuid4()), "label": "Home", "number": "518 555 9999", "is_sms_enabled": False}
    client = await company.has("clients", last_name="Quill", phones=[landline])
    change = text(company, client_id=client, phone="518 555 9999")
    if writer == "server":
        change = text(company, client_id=client, phone="518 555 9999", delivery_state="draft")
        await company.has("text_messages", **change["fields"])
        [draft] = await company.held("text_messages")
        [verdict] = await company.push(call("send", "text_messages", draft["id"]))
    else:
        [verdict] = await company.push(change)
    assert (verdict["verdict"], verdict["code"], list(verdict["fields"])) == (
        "rejected",
        "invalid_fields",
        ["phone"],
    )


async def test_a_text_without_a_client_waits_for_one(company: Company) -> None:
    change = text(company, client_id=None)
    await company.must_push(change)
    assert (await company.pulled("text_messages", change["id"]))["delivery_state"] == "draft"
    [refused] = await company.push(call("send", "text_messages", change["id"]))
    assert (refused["code"], list(refused["fields"])) == ("invalid_fields", ["client_id"])
    await company.must_push(
        patch("text_messages", change["id"], message="At eleven!"),
        patch("text_messages", change["id"], client_id=company.client_id),
    )
    assert (await company.pulled("text_messages", change["id"]))["delivery_state"] == "queued"


async def test_a_draft_of_the_server_s_is_sent_by_command(company: Company) -> None:
    record_id = await company.has("text_messages", **text(company, delivery_state="draft")["fields"])
    assert (await company.pulled("text_messages", record_id))["delivery_state"] == "draft"
    results = await company.push(
        call("send", "text_messages", record_id), call("send", "text_messages", record_id)
    )
    assert [each["verdict"] for each in results] == ["applied", "noop"]
    assert (await company.pulled("text_messages", record_id))["delivery_state"] == "queued"


async def test_a_group_that_is_refused_queues_nothing(company: Company) -> None:
    email = await company.has(
        "emails", date="2026-05-01", is_draft=True, to_addresses=["laura@hartley.example"]
    )
    results = await company.push(
        {**call("send", "emails", email), "group": "screen"},
        {**create("sessions", client_id=None), "group": "screen"},
    )
    assert [each["verdict"] for each in results] == ["blocked", "rejected"]
    assert (await company.pulled("emails", email))["delivery_state"] == "draft"


FAILED: Fields = {"date": "2026-05-01", "delivery_state": "failed", "delivery_error": "Not reachable"}


async def test_an_email_that_could_not_be_sent_is_put_right_and_sent_again(company: Company) -> None:
    email = await company.has("emails", **FAILED, to_addresses=["laura@hartly.example"])
    await company.must_push(patch("emails", email, to_addresses=["laura@hartley.example"]))
    assert (await company.pulled("emails", email))["delivery_state"] == "failed", "nobody said to send it"
    results = await company.push(call("send", "emails", email), call("send", "emails", email))
    assert [each["verdict"] for each in results] == ["applied", "noop"]
    record = await company.pulled("emails", email)
    assert (record["delivery_state"], record["delivery_error"]) == ("queued", None)


async def test_an_email_that_could_not_be_sent_may_wait_as_a_draft(company: Company) -> None:
    email = await company.has("emails", **FAILED, to_addresses=["laura@hartley.example"])
    await company.must_push(patch("emails", email, is_draft=True))
    assert (await company.pulled("emails", email))["delivery_state"] == "draft"


async def test_a_text_that_could_not_be_sent_is_put_right_and_sent_again(company: Company) -> None:
    words = {"client_id": company.client_id, "phone": NUMBER, "message": "At ten"}
    record_id = await company.has("text_messages", **FAILED, **words)
    await company.must_push(
        patch("text_messages", record_id, message="At ten!"), call("send", "text_messages", record_id)
    )
    record = await company.pulled("text_messages", record_id)
    assert (record["message"], record["delivery_state"], record["delivery_error"]) == (
        "At ten!",
        "queued",
        None,
    )


async def test_a_failed_text_is_not_sent_again_to_a_number_that_takes_none(company: Company) -> None:
    words = {"client_id": company.client_id, "phone": "(518) 555-0199", "message": "At ten"}
    record_id = await company.has("text_messages", **FAILED, **words)
    [verdict] = await company.push(call("send", "text_messages", record_id))
    assert (verdict["code"], list(verdict["fields"])) == ("invalid_fields", ["phone"])


async def test_what_waits_is_taken_back_and_sent_again(company: Company) -> None:
    email = await company.has("emails", date="2026-05-01", to_addresses=["laura@hartley.example"])
    change = text(company)
    await company.must_push(change)
    await company.must_push(
        call("take_back", "emails", email),
        call("take_back", "text_messages", change["id"]),
        patch("emails", email, subject="Better words"),
    )
    record = await company.pulled("emails", email)
    assert (record["is_draft"], record["delivery_state"]) == (True, "draft")
    assert (await company.pulled("text_messages", change["id"]))["delivery_state"] == "draft"
    [again] = await company.push(call("take_back", "emails", email))
    assert again["verdict"] == "noop"
    await company.must_push(call("send", "emails", email))
    assert (await company.pulled("emails", email))["delivery_state"] == "queued"


@pytest.mark.parametrize("state", ["sending", "sent"])
async def test_what_has_left_is_not_taken_back(company: Company, state: str) -> None:
    email = await company.has(
        "emails", date="2026-05-01", to_addresses=["laura@hartley.example"], delivery_state=state
    )
    [verdict] = await company.push(call("take_back", "emails", email))
    assert (verdict["verdict"], verdict["code"]) == ("rejected", "already_sending")


async def test_what_was_blocked_is_put_right_and_sent_again(company: Company) -> None:
    email = await company.has(
        "emails", date="2026-05-01", to_addresses=["laura@hartley.example"], delivery_state="blocked"
    )
    await company.must_push(patch("emails", email, to_addresses=["laura@quill.example"]))
    await company.must_push(call("send", "emails", email))
    assert (await company.pulled("emails", email))["delivery_state"] == "queued"
