"""Bookings of a studio of the test's own, and what its schedule says of them."""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlencode

import pytest

from app.accounts.lifecycle import set_security
from app.accounts.users import change_user
from app.core.principal import Level, Principal
from tests.accounts.studios import Studio
from tests.contract.desks import Desk
from tests.contract.phones import Record
from tests.desk.conftest import Has
from tests.samples import named

Booked = Callable[..., Awaitable[Record]]
May = Callable[..., Awaitable[None]]
Settles = Callable[..., Awaitable[None]]
BARE: dict[str, Any] = {"events": [], "arrival_time": None, "location_other": None, "description": ""}


@pytest.fixture
async def client(has: Has) -> Record:
    """Have a client."""
    return await has("clients", first_name="Laura", last_name="Hartley", company_name=None)


@pytest.fixture
def session(has: Has, client: Record, studio: Studio) -> Booked:
    """Book the photographer for a session from ten to eleven, but for what a test is about."""

    async def session(**fields: Any) -> Record:
        usual = {"client_id": client["id"], "photographer_id": str(studio.photographer.user_id)}
        times = {"date": "2026-06-20", "start_time": "10:00:00", "end_time": "11:00:00"}
        return await has("sessions", **{**BARE, **usual, **times, **fields})

    return session


@pytest.fixture
def appointment(has: Has, studio: Studio) -> Booked:
    """Have the photographer meet somebody from three to four, but for what a test is about."""

    async def appointment(**fields: Any) -> Record:
        usual: Record = {
            "user_ids": [str(studio.photographer.user_id)],
            "series_id": None,
            "recurrence": None,
        }
        usual |= {"location_other": None, "description": "Ordering", "appointment_type_other": None}
        times = {"date": "2026-06-20", "start_time": "15:00:00", "end_time": "16:00:00"}
        return await has("appointments", **{**usual, **times, **fields})

    return appointment


@pytest.fixture
def settles(studio: Studio, desk: Desk) -> Settles:
    """Change the company's settings."""

    async def settles(**settings: Any) -> None:
        answer = await desk.change(named("companies"), studio.account.account_id, settings)
        assert answer.status_code == 200, answer.text

    return settles


@pytest.fixture
def may(studio: Studio) -> May:
    """Let the photographer do what levels say, and all else as usual."""

    async def may(**levels: Level) -> None:
        who = Principal.system(studio.account.account_id)
        async with studio.database.writing(studio.account.account_id) as turn:
            await set_security(turn, who, is_active=True)
            await change_user(turn, who, studio.photographer.user_id, levels=levels)

    return may


async def schedule(desk: Desk, **asked: Any) -> Record:
    """Return a schedule."""
    words = {"first": "from", "last": "to"}
    pairs = [
        (words.get(name, name), str(each))
        for name, value in asked.items()
        for each in (value if isinstance(value, list) else [value])
    ]
    answer = await desk.ask("GET", f"schedule?{urlencode(pairs)}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())
