"""The rules of the field meet phones, a desk and the server's own writes; phones hold everything."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.core.db import Database
from app.core.principal import Channel, Principal
from app.sync.store import Write, write
from tests.samples import named, sample, widen
from tests.sync.conftest import Desk, Phone, held, open_desk, other_phone, phone

__all__ = ["held", "other_phone", "phone"]

Settle = Callable[..., Awaitable[None]]
ByHand = Callable[..., Awaitable[None]]


@pytest.fixture
async def desk(database: Database) -> Desk:
    """Open an account whose phones hold everything, whatever the day."""
    desk = await open_desk(database)
    await widen(database, desk.account_id)
    return desk


@pytest.fixture
def settle(desk: Desk) -> Settle:
    """Give the company a record with some settings; all others are the usual ones."""

    async def settle(**settings: Any) -> None:
        usual: dict[str, Any] = {
            "validation_rules": [],
            "duplicate_checks": [],
            "client_number_status_id": None,
        }
        of_account = {
            each.name: each.example for each in named("companies").fields.values() if each.is_read_only
        }
        fields = sample("companies", **{**of_account, **usual, **settings})
        await desk.put("companies", desk.account_id, **fields)

    return settle


@pytest.fixture
def by_hand(desk: Desk) -> ByHand:
    """Write as somebody at a desk, who may be asked for more."""

    async def by_hand(*writes: Write) -> None:
        who = replace(Principal.system(desk.account_id), channel=Channel.DESK)
        async with desk.database.writing(desk.account_id) as session:
            await write(session, who, writes)

    return by_hand


Fields = dict[str, Any]
NOON = datetime(2026, 5, 1, 14, 15, tzinfo=UTC)
"""A quarter past ten in New York, on a Friday."""


@dataclass
class Company:
    """An account with a company record, a member of staff, a client, and a phone of that member."""

    desk: Desk
    phone: Phone
    client_id: str
    user_id: str

    async def has(self, collection: str, **fields: Any) -> str:
        """Have the server write a record, and return its id."""
        record_id = uuid4()
        await self.desk.put(collection, record_id, **fields)
        return str(record_id)

    async def changes(self, collection: str, record_id: str, **fields: Any) -> None:
        """Have the server change a record."""
        await self.desk.put(collection, UUID(record_id), **fields)

    async def steps(self, collection: str, *words: str, days: int | None = None, **more: Any) -> list[str]:
        """Have a list of statuses, the first initial and the last final."""
        return [
            await self.has(
                collection,
                description=word,
                sort_order=place,
                is_initial=place == 0,
                is_final=place == len(words) - 1,
                duration_days=days,
                **more,
            )
            for place, word in enumerate(words)
        ]

    async def settles(self, **settings: Any) -> None:
        """Change the company's settings."""
        await self.desk.put("companies", self.desk.account_id, **settings)

    async def push(self, *changes: Fields, **asked: Any) -> list[Fields]:
        """Push changes, with all there is as their base."""
        base = {"base_revision": 2**53 - 1}
        return await self.phone.push(*({**base, **each} for each in changes), **asked)

    async def must_push(self, *changes: Fields) -> list[Fields]:
        """Push changes that must all be applied."""
        results = await self.push(*changes)
        assert {each["verdict"] for each in results} == {"applied"}, results
        return results

    async def pulled(self, collection: str, record_id: str | UUID) -> Fields:
        """Pull, and return a record as the phone holds it."""
        await self.phone.pull()
        return self.phone.records[collection, str(record_id)]

    async def held(self, collection: str) -> list[Fields]:
        """Pull, and return all records of a collection."""
        await self.phone.pull()
        return [record for (name, _), record in self.phone.records.items() if name == collection]


def create(collection: str, record_id: str | UUID | None = None, **fields: Any) -> Fields:
    """Return a change that makes a record."""
    return {"collection": collection, "id": str(record_id or uuid4()), "op": "create", "fields": fields}


def patch(collection: str, record_id: str | UUID, **fields: Any) -> Fields:
    """Return a change of some fields."""
    return {"collection": collection, "id": str(record_id), "op": "patch", "fields": fields}


def delete(collection: str, record_id: str | UUID) -> Fields:
    """Return a deletion."""
    return {"collection": collection, "id": str(record_id), "op": "delete"}


def call(command: str, collection: str, record_id: str | UUID, **fields: Any) -> Fields:
    """Return the use of a command."""
    return {
        "collection": collection,
        "id": str(record_id),
        "op": "command",
        "command": command,
        "fields": fields,
    }


@pytest.fixture
async def company(
    desk: Desk,
    phone: Phone,
    held: Callable[[datetime | None], None],
) -> Company:
    held(NOON)
    mine = Phone(phone.database, replace(phone.who, initials="JD", is_administrator=True))
    user_id, client = mine.who.user_id, uuid4()
    assert user_id is not None
    company = Company(desk, mine, str(client), str(user_id))
    await company.settles(
        company_name="Harbor",
        edition="professional",
        country="US",
        currency="USD",
        time_zone="America/New_York",
    )
    await desk.put("staff", user_id, initials="JD", display_name="Jo Doyle")
    await desk.put("clients", client, **sample("clients", status_notes="Brought along"))
    return company
