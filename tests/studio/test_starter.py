"""What a new account starts with, and how people are mirrored in its records."""

from collections import defaultdict
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest

from app.accounts import lifecycle, users
from app.accounts.models import Account, Edition, UserList
from app.accounts.users import NewUser
from app.core.db import Database
from app.core.principal import Principal
from app.studio.starter import starter_id, starter_writes
from app.sync import registry
from app.sync.validation import canonical
from tests.accounts.studios import PASSWORD

ACCOUNT_ID = UUID("11111111-2222-4333-8444-555555555555")
STATUSES = {
    "client_statuses": None,
    "session_statuses": None,
    "invoice_statuses": None,
    "appointment_statuses": "appointment_type_id",
    "task_statuses": "task_type_id",
    "email_statuses": "email_type_id",
}


def starter(name: str) -> list[dict[str, Any]]:
    return [dict(each.fields or {}) for each in starter_writes(ACCOUNT_ID) if each.collection == name]


def test_every_entry_is_valid() -> None:
    for each in starter_writes(ACCOUNT_ID):
        collection = registry.named(each.collection)
        assert collection is not None
        assert each.fields is not None
        canonical(collection, each.fields)


def test_two_accounts_share_no_entry() -> None:
    mine = {each.record_id for each in starter_writes(ACCOUNT_ID)}
    theirs = {each.record_id for each in starter_writes(uuid4())}
    assert len(mine) == len(starter_writes(ACCOUNT_ID))
    assert not mine & theirs


@pytest.mark.parametrize("name", STATUSES)
def test_each_workflow_has_one_initial_and_one_final_status(name: str) -> None:
    workflows = defaultdict(list)
    for each in starter(name):
        workflows[each.get(STATUSES[name] or "")].append(each)
    for steps in workflows.values():
        ordered = sorted(steps, key=lambda step: step["sort_order"])
        assert [step["is_initial"] for step in ordered] == [True, *[False] * (len(steps) - 1)]
        assert [step["is_final"] for step in ordered] == [*[False] * (len(steps) - 1), True]


@pytest.mark.parametrize(
    ("statuses", "types"),
    [
        ("appointment_statuses", "appointment_types"),
        ("task_statuses", "task_types"),
        ("email_statuses", "email_types"),
    ],
)
def test_each_type_has_a_workflow(statuses: str, types: str) -> None:
    field = STATUSES[statuses]
    assert field is not None
    named = {str(each.record_id) for each in starter_writes(ACCOUNT_ID) if each.collection == types}
    assert {each[field] for each in starter(statuses)} == named


async def test_a_new_account_has_its_company_its_lists_and_its_first_user(database: Database) -> None:
    account = await new_account(database)
    company = await record(database, account, "companies", account.account_id)
    assert company["company_name"] == "Lakeside Photography"
    assert (company["currency"], company["time_zone"]) == ("CAD", "America/Toronto")
    assert [day["weekday"] for day in company["opening_hours"] if day["opens"] == day["closes"]] == [
        "saturday",
        "sunday",
    ]
    booked = starter_id(account.account_id, "session_statuses", "booked")
    assert (await record(database, account, "session_statuses", booked))["is_initial"]
    (first,) = await records(database, account, "staff")
    assert (first["initials"], first["lists"], first["is_inactive"]) == ("AB", ["photographer"], False)


async def test_a_user_who_leaves_is_inactive_and_keeps_the_name(database: Database) -> None:
    account = await new_account(database)
    (user,) = await records(database, account, "staff")
    await users.create_user(database, account, NewUser("JD", PASSWORD, "Jo", "Doe", is_administrator=True))
    async with database.writing(account.account_id) as session:
        who = Principal.system(account.account_id)
        await users.change_user(session, who, UUID(user["id"]), is_active=False)
    left = await record(database, account, "staff", UUID(user["id"]))
    assert left["is_inactive"]
    assert left["display_name"] == user["display_name"] == "Ann Bell"


async def test_a_changed_account_changes_its_company_and_nothing_else(database: Database) -> None:
    account = await new_account(database)
    before = await record(database, account, "companies", account.account_id)
    async with database.writing(account.account_id) as session:
        await lifecycle.change_account(
            session, Principal.system(account.account_id), edition=Edition.ESSENTIAL, time_zone="Europe/Paris"
        )
    after = await record(database, account, "companies", account.account_id)
    changed = {name for name, value in after.items() if before[name] != value}
    assert changed - {"revision", "updated_at"} == {"edition", "time_zone"}


async def new_account(database: Database) -> Account:
    return await lifecycle.create_account(
        database,
        account_name=f"studio-{uuid4().hex[:12]}",
        company_name="Lakeside Photography",
        time_zone="America/Toronto",
        country="CA",
        administrator=NewUser(
            initials="AB",
            password="a long walk by the sea",
            first_name="Ann",
            last_name="Bell",
            lists=(UserList.PHOTOGRAPHER,),
        ),
    )


async def records(database: Database, account: Account, name: str) -> list[dict[str, Any]]:
    """Return what phones would receive of one collection."""
    collection = registry.named(name)
    assert collection is not None
    async with database.reading(account.account_id) as session:
        rows = await session.raw.fetch(
            "SELECT body FROM feed WHERE account_id = $1 AND collection = $2 AND NOT is_deleted",
            account.account_id,
            collection.number,
        )
    return [orjson.loads(row["body"] + b"}") for row in rows]


async def record(database: Database, account: Account, name: str, record_id: UUID) -> dict[str, Any]:
    (found,) = [each for each in await records(database, account, name) if each["id"] == str(record_id)]
    return found
