"""How accounts and users come to be and change."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from app.accounts import lifecycle
from app.accounts.events import AccountChanged, AccountCreated, UserChanged
from app.accounts.lifecycle import change_account, create_account
from app.accounts.models import SubscriptionState, UserList
from app.accounts.users import NewUser, change_user, create_user
from app.core import events
from app.core.db import Database
from app.core.errors import AppError
from app.core.events import Event
from app.core.principal import Principal
from tests.accounts.studios import PASSWORD, Studio

JO = NewUser("JD", PASSWORD, "Jo", "Doe")
GIVEN: dict[str, Any] = {
    "account_name": "demo",
    "company_name": "Demo Studio",
    "time_zone": "America/Denver",
    "country": "US",
    "administrator": JO,
}


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[Event]:
    """Collect what this room announces."""
    collected: list[Event] = []

    async def listen(_session: object, _who: object, event: Event) -> None:
        collected.append(event)

    kinds = (AccountCreated, AccountChanged, UserChanged)
    monkeypatch.setattr(events, "_inside", {kind: [listen] for kind in kinds})
    return collected


async def test_an_account_is_announced_before_its_administrator(
    database: Database, heard: list[Event]
) -> None:
    name = f"S{uuid4().hex}"
    account = await create_account(database, **{**GIVEN, "account_name": name})
    created, user = heard
    assert isinstance(created, AccountCreated)
    assert created.account_name == account.account_name == name.lower()
    assert isinstance(user, UserChanged)
    assert user.is_administrator
    assert user.display_name == "Jo Doe"


async def test_a_user_is_announced_with_public_fields_alone(studio: Studio, heard: list[Event]) -> None:
    new = NewUser("AB", PASSWORD, "Ann", "Bee", lists=(UserList.PHOTOGRAPHER,))
    await create_user(studio.database, studio.account, new)
    [event] = heard
    assert isinstance(event, UserChanged)
    assert event.lists == ("photographer",)
    assert "argon2" not in repr(event)


async def test_changes_are_announced_and_bite(studio: Studio, heard: list[Event]) -> None:
    who = Principal.system(studio.account.account_id)
    async with studio.database.writing(studio.account.account_id) as session:
        await change_account(session, who, subscription_state=SubscriptionState.CANCELLED, licences=5)
        await change_user(session, who, studio.photographer.user_id, is_active=False)
    assert [type(event) for event in heard] == [AccountChanged, UserChanged]
    assert (await studio.login(initials="JD")).json()["code"] == "subscription_inactive"
    assert (await studio.login()).json()["code"] == "invalid_credentials"


async def test_an_account_name_belongs_to_one_account(database: Database, studio: Studio) -> None:
    with pytest.raises(AppError) as refused:
        await create_account(database, **{**GIVEN, "account_name": studio.account.account_name.upper()})
    assert refused.value.code == "account_name_taken"


async def test_initials_belong_to_one_active_user(studio: Studio) -> None:
    with pytest.raises(AppError) as refused:
        await create_user(studio.database, studio.account, replace(JO, initials="pk"))
    assert refused.value.code == "initials_taken"
    who = Principal.system(studio.account.account_id)
    async with studio.database.writing(studio.account.account_id) as session:
        await change_user(session, who, studio.photographer.user_id, is_active=False)
    await create_user(studio.database, studio.account, replace(JO, initials="pk"))


async def test_two_accounts_may_have_the_same_initials(studio: Studio, other_studio: Studio) -> None:
    assert (await studio.signed_in())["user"]["id"] != (await other_studio.signed_in())["user"]["id"]


BAD: dict[str, dict[str, Any]] = {
    "account_name": {"account_name": "no punctuation!"},
    "time_zone": {"time_zone": "Mars/Olympus"},
    "country": {"country": "usa"},
    "licences": {"licences": -1},
    "initials": {"administrator": replace(JO, initials="J D")},
}


@pytest.mark.parametrize("field", BAD)
async def test_a_value_that_cannot_be_is_refused(database: Database, field: str) -> None:
    with pytest.raises(AppError) as refused:
        await lifecycle.create_account(database, **{**GIVEN, **BAD[field]})
    assert (refused.value.code, refused.value.extra["field"]) == ("invalid_account", field)
