"""`/v1/account`: how the caller's account stands, and the switch of its security."""

from typing import Annotated

from fastapi import APIRouter, Response

from app.accounts import lifecycle
from app.accounts.account_schemas import AccountChange, AccountStanding
from app.accounts.answers import account_standing
from app.accounts.changes import require_version
from app.accounts.errors import PermissionDenied, SecurityStays, VersionChanged
from app.accounts.features import SECURITY
from app.accounts.guards import GUARDED, Reading, writing_of
from app.accounts.models import Account
from app.accounts.standing import Work
from app.core.db import WriteSession
from app.core.principal import Level
from app.http.body import JsonRoute
from app.http.errors import PreconditionRequired
from app.http.etags import TAGGED, ExpectedVersion, etag
from app.http.problems import BODY, refusals_of
from app.http.schemas import Sent

router = APIRouter(prefix="/v1/account", tags=["account"], route_class=JsonRoute)

Deciding = Annotated[Work[WriteSession], writing_of(SECURITY, Level.FULL_ACCESS)]


@router.get(
    "", operation_id="account_read", summary="Read the account", responses=TAGGED | refusals_of(*GUARDED)
)
async def read(work: Reading, response: Response) -> AccountStanding:
    """Tell what the account has bought, and how many of its places for devices are taken."""
    account = await work.session.get_one(Account, work.who.account_id)
    response.headers["ETag"] = etag(account.version)
    return await account_standing(work.session, account)


@router.patch(
    "",
    operation_id="account_change",
    summary="Activate security",
    responses=TAGGED
    | refusals_of(SecurityStays, VersionChanged, PreconditionRequired, PermissionDenied, *GUARDED, *BODY),
)
async def change(
    body: Sent[AccountChange], work: Deciding, expected: ExpectedVersion, response: Response
) -> AccountStanding:
    """Let the levels of features count, from everybody's next request on and for good."""
    require_version(await work.session.get_one(Account, work.who.account_id), expected)
    account = await lifecycle.set_security(work.session, work.who, is_active=body.is_security_active)
    response.headers["ETag"] = etag(account.version)
    return await account_standing(work.session, account)
