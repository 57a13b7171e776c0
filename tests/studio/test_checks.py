"""What a record may not say, although each of its fields is valid by itself."""

from typing import Any

import orjson
import pytest
from pydantic import ValidationError

import app.studio  # noqa: F401 - declares the collections
from app.sync import registry

CARD = {
    "id": "2b6d1f0e-8a37-4c55-9d21-6f3c1a410001",
    "brand": "visa",
    "last_four": "4242",
    "expiry_month": 8,
    "expiry_year": 2028,
}
LINE = {
    "id": "8e4f0a77-3d21-4c6b-9b1e-6f3c1a540001",
    "item": "PR-0810",
    "description": "8x10 portrait print",
    "unit_price": 4500,
}
REFUSED = {
    "a session that ends before it starts": ("sessions", {"start_time": "11:00:00", "end_time": "10:00:00"}),
    "a session with times and no date": ("sessions", {"date": None}),
    "a session whose client arrives late": ("sessions", {"arrival_time": "10:30:00"}),
    "a further event that ends before it starts": (
        "sessions",
        {
            "events": [
                {
                    "id": "3c8e2b1a-2f39-4b0e-8c5d-6f3c1a500001",
                    "description": "Reception",
                    "date": "2026-06-20",
                    "start_time": "18:00:00",
                    "end_time": "17:00:00",
                }
            ]
        },
    ),
    "an appointment with an end and no start": ("appointments", {"start_time": None}),
    "a recurring appointment without a series": ("appointments", {"series_id": None}),
    "a task that is due before it starts": ("tasks", {"due_date": "2026-05-01"}),
    "a call followed up before it is made": ("phone_calls", {"follow_up_date": "2026-05-01"}),
    "an email that goes nowhere": ("emails", {"is_draft": False, "to_addresses": []}),
    "a client without any name": (
        "clients",
        {"first_name": None, "last_name": "", "company_name": None, "organization_id": None},
    ),
    "a new address's date without the address": ("clients", {"new_address": None}),
    "a special event that ends before it begins": ("special_events", {"end_date": "2026-11-25"}),
    "a deadline before its start": ("organizations", {"photography_deadline": "2026-07-31"}),
    "an invoice with a line that does not add up": (
        "invoices",
        {"lines": [{**LINE, "quantity": 1, "extended_price": 4501}]},
    ),
    "an invoice that comes to more than there is": (
        "invoices",
        {"lines": [{**LINE, "quantity": 10**6, "unit_price": 10**12}]},
    ),
    "a negative quantity on a sale": ("invoices", {"lines": [{**LINE, "quantity": -1}]}),
    "a refund that takes money": ("payments", {"payment_type": "refund"}),
    "a payment that gives money": ("payments", {"amount": -5000}),
    "a payment without any date": ("payments", {"date": None, "due_date": None}),
    "a card number in place of its last digits": (
        "clients",
        {"saved_cards": [{**CARD, "last_four": "4242424242424242"}]},
    ),
    "a priority that does not exist": ("tasks", {"priority": 11}),
}


@pytest.mark.parametrize(("name", "changes"), REFUSED.values(), ids=REFUSED.keys())
def test_it_is_refused(name: str, changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refused:
        parse(name, changes)
    assert len(refused.value.errors()) == 1


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("sessions", {"date": None, "start_time": None, "end_time": None}),
        ("sessions", {"end_time": None}),
        ("appointments", {"client_id": None, "start_time": None, "end_time": None}),
        ("tasks", {"start_date": None, "due_date": None, "client_id": None}),
        ("emails", {"is_draft": True, "to_addresses": []}),
        ("clients", {"first_name": None, "last_name": None, "company_name": "Hartley & Sons"}),
        ("invoices", {"invoice_type": "estimate", "paid": 0, "balance_due": 0}),
        ("payments", {"invoice_id": None}),
        ("payments", {"state": "pending", "date": None}),
    ],
)
def test_it_is_taken(name: str, changes: dict[str, Any]) -> None:
    parse(name, changes)


def parse(name: str, changes: dict[str, Any]) -> None:
    collection = registry.named(name)
    assert collection is not None
    examples = {field: spec.example for field, spec in collection.fields.items()}
    collection.model.model_validate_json(orjson.dumps({**examples, **changes}))
