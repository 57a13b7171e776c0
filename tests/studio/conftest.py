"""One account and its phones, as the engine's tests have them, and the company's settings."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from app.core.db import Database
from app.core.principal import Channel, Principal
from app.sync.store import Write, write
from tests.samples import sample, widen
from tests.sync.conftest import Desk, held, open_desk, other_phone, phone

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
        fields = sample("companies", **{**usual, **settings})
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
