"""What the people's room announces, mirrored in records and held to them: company, staff, first lists."""

from collections.abc import Sequence
from typing import Any, cast
from uuid import UUID

from app.accounts.errors import StudioRequired, UnknownDepartment, UnknownStudio
from app.accounts.events import AccountChanged, AccountCreated, DeviceChanged, UserChanged
from app.accounts.models import Account, Edition
from app.core.db import Session, WriteSession
from app.core.errors import AppError
from app.core.events import hears
from app.core.principal import Principal
from app.studio.countries import currency_of, locale_of
from app.studio.starter import first_settings, starter_writes
from app.sync.store import Write, write


@hears(AccountCreated)
async def furnish(session: Session, who: Principal, event: AccountCreated) -> None:
    """Give a new account its company record and a usable set of lists."""
    company = {**first_settings(event.account_id), **_company(event)}
    company |= {"currency": currency_of(event.country), "locale": locale_of(event.country)}
    lists = starter_writes(event.account_id)
    await _write(session, who, Write("companies", event.account_id, company), *lists)


@hears(AccountChanged)
async def rename_company(session: Session, who: Principal, event: AccountChanged) -> None:
    """Keep the company record in step with its account; a change of country leaves the currency alone."""
    await _write(session, who, Write("companies", event.account_id, _company(event)))


@hears(UserChanged)
async def require_departments(session: Session, who: Principal, event: UserChanged) -> None:
    """Refuse to put a user into departments there are not."""
    del who
    if "departments" in event.changed and event.departments:
        await _require(session, "departments", event.departments, UnknownDepartment)


@hears(UserChanged)
async def require_studios(session: Session, who: Principal, event: UserChanged) -> None:
    """Refuse to have a user work in studios there are not, or that are no longer in use."""
    del who
    if "studios" in event.changed and event.studios:
        await _require(session, "studios", event.studios, UnknownStudio)


@hears(DeviceChanged)
async def require_studio(session: Session, who: Principal, event: DeviceChanged) -> None:
    """Refuse to bind a phone to a studio there is not, or to none in particular where there are several."""
    del who
    if "studio_id" not in event.changed:
        return
    if event.studio_id:
        await _require(session, "studios", [event.studio_id], UnknownStudio)
    elif await _has_several_studios(session):
        raise StudioRequired


async def _has_several_studios(session: Session) -> bool:
    account = await session.get_one(Account, session.account_id)
    if account.edition != Edition.ENTERPRISE:
        return False
    found = await session.raw.fetchval(
        "SELECT count(*) FROM studios WHERE account_id = $1 AND NOT is_inactive", session.account_id
    )
    return int(found) > 1


async def _require(session: Session, table: str, ids: Sequence[UUID], refusal: type[AppError]) -> None:
    found = await session.raw.fetchval(
        f"SELECT count(*) FROM {table} WHERE account_id = $1 AND id = ANY($2::uuid[]) AND NOT is_inactive",
        session.account_id,
        list(ids),
    )
    if found != len(set(ids)):
        raise refusal


@hears(UserChanged)
async def introduce(session: Session, who: Principal, event: UserChanged) -> None:
    """Keep a member of staff in step with the user."""
    fields = {
        "initials": event.initials,
        "first_name": event.first_name or None,
        "last_name": event.last_name or None,
        "display_name": event.display_name,
        "email": event.email,
        "lists": list(event.lists),
        "department_ids": [str(department) for department in event.departments],
        "is_shown_on_calendar": event.show_on_calendar,
        "is_inactive": not event.is_active,
    }
    await _write(session, who, Write("staff", event.user_id, fields))


def _company(event: AccountCreated | AccountChanged) -> dict[str, Any]:
    return {
        "company_name": event.company_name,
        "edition": event.edition,
        "country": event.country,
        "time_zone": event.time_zone,
    }


async def _write(session: Session, who: Principal, *writes: Write) -> None:
    """People change only in a transaction that has its turn."""
    await write(cast("WriteSession", session), who, writes)
