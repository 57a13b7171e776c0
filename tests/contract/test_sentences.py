"""What a user reads beside a field that cannot be kept: a short sentence of ours, never what was typed."""

from typing import Any
from uuid import uuid4

import pytest

from tests.contract.phones import Phone, change
from tests.samples import sample

ID = "6f1f2a54-7e0c-4c39-9b1e-0d9a53f2a7c1"
TYPED: dict[str, tuple[str, dict[str, Any], dict[str, str]]] = {
    "too long": (
        "clients",
        {"last_name": "x" * 201},
        {"last_name": "This must have at most 200 characters."},
    ),
    "unknown": ("clients", {"hair": "red"}, {"hair": "There is no such field."}),
    "choice": ("clients", {"client_type": "friend"}, {"client_type": "This is not one of the choices."}),
    "nothing": ("clients", {"client_type": None}, {"client_type": "This must not be empty."}),
    "email": ("clients", {"email": "laura at home"}, {"email": "This is not an email address."}),
    "id": ("clients", {"status_id": "qwerty"}, {"status_id": "This is not an id."}),
    "day": ("clients", {"birthday": "31/12/1999"}, {"birthday": "This is not a date."}),
    "a day of long ago": (
        "clients",
        {"birthday": "1066-10-14"},
        {"birthday": "This must be at least 1800-01-01."},
    ),
    "number": ("clients", {"graduation_year": "2027"}, {"graduation_year": "This must be a whole number."}),
    "a phone without a number": (
        "clients",
        {"phones": [{"id": ID, "label": "Home", "number": "518"}, {"id": ID, "label": "Work"}]},
        {"phones.1.number": "This is needed."},
    ),
    "whole record": (
        "clients",
        {"first_name": None, "last_name": None, "company_name": None, "organization_id": None},
        {"": "A client needs a first name, a last name, a company or an organization."},
    ),
}


@pytest.mark.parametrize(("name", "typed", "told"), TYPED.values(), ids=TYPED)
async def test_a_field_that_cannot_be_kept_is_told_in_plain_words(
    phone: Phone, name: str, typed: dict[str, Any], told: dict[str, str]
) -> None:
    [result] = await phone.push(change("create", name, uuid4(), **sample(name, **typed)))
    assert (result["code"], result["fields"]) == ("invalid_fields", told)


async def test_no_fields_are_as_good_as_empty_ones(phone: Phone) -> None:
    client = uuid4()
    await phone.must_push(change("create", "clients", client, **sample("clients")))
    [patched, deleted] = await phone.push(
        {**change("patch", "clients", client), "fields": None},
        {**change("delete", "clients", client), "fields": None},
    )
    assert (patched["verdict"], deleted["verdict"]) == ("noop", "applied")


@pytest.mark.parametrize("name", ["", "Clients", "clients; drop", "c" * 10_000, "\U0001f986"])
async def test_an_odd_name_of_a_collection_concerns_its_change_alone(phone: Phone, name: str) -> None:
    odd, good = await phone.push(
        change("create", name, uuid4()), change("create", "clients", uuid4(), **sample("clients"))
    )
    assert (odd["code"], good["verdict"]) == ("unknown_collection", "applied")


async def test_the_first_number_that_does_not_follow_is_pointed_at(phone: Phone) -> None:
    changes = [{**change("delete", "clients", uuid4()), "n": n} for n in (1, 2, 4)]
    answer = await phone.client.post(
        "/v1/sync/push", json={"first": 1, "changes": changes}, headers=phone.headers
    )
    assert answer.status_code == 422
    assert answer.json()["fields"] == [{"path": "body.changes.2.n", "code": "numbers_do_not_follow"}]


async def test_an_email_waits_to_be_sent_unless_it_is_a_draft(phone: Phone) -> None:
    sent, draft = uuid4(), uuid4()
    fields = {"date": "2026-05-04", "to_addresses": ["laura@hartley.example"]}
    await phone.must_push(
        change("create", "emails", sent, **fields),
        change("create", "emails", draft, **fields, is_draft=True),
    )
    copy = await phone.copy("emails")
    assert copy.records[str(sent)]["delivery_state"] == "queued"
    assert copy.records[str(draft)]["delivery_state"] == "draft"
    await phone.must_push(change("patch", "emails", draft, is_draft=False))
    await copy.pull()
    assert copy.records[str(draft)]["delivery_state"] == "queued"
