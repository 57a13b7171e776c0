"""What accounting has locked, and money a phone never sets."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from app.core.principal import Principal
from app.studio.rules.posted import Posted
from app.sync import registry
from app.sync.draft import Draft
from tests.samples import sample
from tests.sync.conftest import Desk, Phone
from tests.sync.test_push import create

CARD = {
    "id": "2b6d1f0e-8a37-4c55-9d21-6f3c1a410001",
    "brand": "visa",
    "last_four": "4242",
    "expiry_month": 8,
    "expiry_year": 2028,
    "is_default": True,
}
MONEY: dict[str, dict[str, Any]] = {
    "clients": {"balance": 1, "unapplied_deposits": 1, "saved_cards": [CARD]},
    "invoices": {"total": 1},
    "payments": {"state": "approved"},
}


@pytest.fixture(params=["invoices", "payments"])
async def posted(request: pytest.FixtureRequest, desk: Desk) -> tuple[str, UUID]:
    """Return an invoice or a payment that has just been posted."""
    record_id = uuid4()
    fields: dict[str, Any] = {"lines": []} if request.param == "invoices" else {}
    await desk.put(request.param, record_id, **sample(request.param, **fields))
    await desk.put(request.param, record_id, is_posted=True)
    return request.param, record_id


async def test_what_is_posted_is_not_changed(desk: Desk, phone: Phone, posted: tuple[str, UUID]) -> None:
    collection, record_id = posted
    for fields in ({"status_notes": "Changed."}, {"is_posted": False}):
        with pytest.raises(Posted):
            await desk.put(collection, record_id, **fields)
    await phone.pull()
    assert phone.records[collection, str(record_id)]["is_posted"]


async def test_what_is_posted_is_not_deleted(desk: Desk, phone: Phone, posted: tuple[str, UUID]) -> None:
    collection, record_id = posted
    with pytest.raises(Posted):
        await desk.delete(collection, record_id)
    await phone.pull()
    assert (collection, str(record_id)) in phone.records


async def test_what_moves_money_may_still_amend_it(
    desk: Desk, phone: Phone, posted: tuple[str, UUID]
) -> None:
    key = registry.number_of(posted[0]), posted[1]
    async with desk.database.writing(desk.account_id) as session:
        draft = await Draft.begin(session, Principal.system(desk.account_id))
        await draft.load([key])
        draft.amend(key, {"status_notes": "Paid."})
        await draft.flush()
    await phone.pull()
    assert phone.records[posted[0], str(posted[1])]["status_notes"] == "Paid."


@pytest.mark.parametrize("collection", MONEY)
async def test_money_is_never_set_by_a_phone(phone: Phone, collection: str) -> None:
    for name, value in MONEY[collection].items():
        [refused] = await phone.push(create(collection, uuid4(), **{name: value}))
        assert (refused["verdict"], refused["code"]) in (
            ("rejected", "read_only_field"),
            ("rejected", "read_only_collection"),
        )
