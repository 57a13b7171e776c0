"""`/v1/operator`: the accounts of an installation, for its operator."""

from dataclasses import asdict
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response

from app.accounts import lifecycle, store
from app.accounts.account_schemas import (
    AccountEntry,
    AccountPage,
    AccountRequest,
    AccountStanding,
    JobEntry,
    JobPage,
    OperatorChange,
)
from app.accounts.answers import account_standing
from app.accounts.changes import require_version
from app.accounts.errors import (
    AccountNameTaken,
    AccountNotFound,
    InvalidAccount,
    InvalidOperatorKey,
    PasswordBlocked,
    VersionChanged,
)
from app.accounts.models import Account
from app.accounts.operator import AS_OPERATOR
from app.accounts.users import NewUser
from app.core.db import Session
from app.core.job_runs import read_runs
from app.core.principal import Principal
from app.http.body import JsonRoute
from app.http.errors import NotFound, PreconditionRequired
from app.http.etags import TAGGED, ExpectedVersion, etag
from app.http.problems import BODY, refusals_of
from app.http.schemas import Sent
from app.http.unit_of_work import DatabaseOf

router = APIRouter(
    prefix="/v1/operator", tags=["operator"], route_class=JsonRoute, dependencies=[AS_OPERATOR]
)

AccountId = Annotated[
    UUID, Path(description="An account.", examples=["6f1f2a54-7e0c-4c39-9b1e-0d9a53f2a7c1"])
]
_ALWAYS = (InvalidOperatorKey, NotFound)


@router.get(
    "/accounts", operation_id="operator_list", summary="List accounts", responses=refusals_of(*_ALWAYS)
)
async def list_accounts(
    database: DatabaseOf,
    page: Annotated[
        str,
        Query(
            pattern="^[a-z0-9-]{0,63}$",
            description="The `next_page` of the page before.",
            examples=["harbor"],
        ),
    ] = "",
    limit: Annotated[
        int, Query(ge=1, le=500, description="The most accounts in the page.", examples=[100])
    ] = 100,
) -> AccountPage:
    """List the accounts there are, by name."""
    async with database.directory() as connection:
        found = await store.page_of_accounts(connection, page, limit + 1)
    shown = [AccountEntry(id=account_id, name=name) for name, account_id in found[:limit]]
    return AccountPage(accounts=shown, next_page=shown[-1].name if len(found) > limit else None)


@router.post(
    "/accounts",
    operation_id="operator_create",
    summary="Create an account",
    status_code=201,
    responses=refusals_of(AccountNameTaken, InvalidAccount, PasswordBlocked, *_ALWAYS, *BODY),
)
async def create(body: Sent[AccountRequest], database: DatabaseOf) -> AccountStanding:
    """Make an account with its first administrator, who can then sign in at a desk."""
    made = await lifecycle.create_account(
        database,
        account_name=body.name,
        company_name=body.company_name,
        time_zone=body.time_zone,
        country=body.country,
        administrator=NewUser(**body.administrator.model_dump()),
        edition=body.edition,
        licences=body.licences,
        subscription_state=body.subscription_state,
    )
    async with database.reading(made.account_id) as session:
        return await account_standing(session, await _account(session))


@router.get(
    "/accounts/{account_id}",
    operation_id="operator_read",
    summary="Read an account",
    responses=TAGGED | refusals_of(AccountNotFound, *_ALWAYS),
)
async def read(account_id: AccountId, database: DatabaseOf, response: Response) -> AccountStanding:
    """Tell what an account has bought, and how many of its places for devices are taken."""
    async with database.reading(account_id) as session:
        account = await _account(session)
        response.headers["ETag"] = etag(account.version)
        return await account_standing(session, account)


@router.patch(
    "/accounts/{account_id}",
    operation_id="operator_change",
    summary="Change an account",
    responses=TAGGED
    | refusals_of(AccountNotFound, VersionChanged, InvalidAccount, PreconditionRequired, *_ALWAYS, *BODY),
)
async def change(
    *,
    account_id: AccountId,
    body: Sent[OperatorChange],
    database: DatabaseOf,
    expected: ExpectedVersion,
    response: Response,
) -> AccountStanding:
    """Change the version of an account that `If-Match` names; it bites on everybody's next request.

    Fewer licences than devices in use throw nobody out: `devices.over` says by how many.
    """
    async with database.writing(account_id) as session:
        account = await _account(session)
        require_version(account, expected)
        who = Principal.system(account_id, account.account_name, account.time_zone)
        account = await lifecycle.change_account(session, who, **body.model_dump(exclude_none=True))
        response.headers["ETag"] = etag(account.version)
        return await account_standing(session, account)


@router.get("/jobs", operation_id="operator_jobs", summary="List jobs", responses=refusals_of(*_ALWAYS))
async def list_jobs(database: DatabaseOf) -> JobPage:
    """Tell what is done by itself, how it last went, and what it has taken away of what is kept no longer."""
    async with database.directory() as connection:
        return JobPage(jobs=[JobEntry(**asdict(each)) for each in await read_runs(connection)])


async def _account(session: Session) -> Account:
    account = await store.read_account(session)
    if account is None:
        raise AccountNotFound
    return account
