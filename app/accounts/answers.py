"""How rows become answers."""

from collections.abc import Sequence

from app.accounts.account_schemas import AccountStanding, PoolAnswer
from app.accounts.devices import Pool, pool_of
from app.accounts.models import Account, Device
from app.accounts.schemas import (
    AccountAnswer,
    DeviceAnswer,
    DeviceList,
    PublicKey,
    SignedInAnswer,
    UserAnswer,
)
from app.accounts.sign_ins import SignedIn
from app.accounts.tokens import ACCESS_LIFE
from app.core import clock
from app.core.db import Session
from app.core.keys import KeyRing


def signed_in_answer(found: SignedIn, keys: KeyRing) -> SignedInAnswer:
    """Return the answer to somebody who has signed in or refreshed."""
    return SignedInAnswer(
        access_token=found.access_token,
        token_type="Bearer",  # noqa: S106 - the name of a scheme
        expires_in=int(ACCESS_LIFE.total_seconds()),
        refresh_token=found.refresh_token,
        account=AccountAnswer.model_validate(found.account),
        user=UserAnswer.model_validate(found.user),
        device=DeviceAnswer.model_validate(found.device) if found.device else None,
        wipe_key=PublicKey.model_validate(keys.public_jwk),
        server_time=clock.now(),
    )


async def account_standing(session: Session, account: Account) -> AccountStanding:
    """Return how an account stands, with its places for devices."""
    pool = await pool_of(session, account)
    return AccountStanding.model_validate({
        **account.model_dump(),
        "id": account.account_id,
        "name": account.account_name,
        "devices": PoolAnswer(limit=pool.limit, in_use=pool.in_use, over=pool.over),
    })  # fmt: skip


def device_list(pool: Pool, devices: Sequence[Device]) -> DeviceList:
    """Return some of the account's devices and its allowance."""
    return DeviceList(
        devices=[DeviceAnswer.model_validate(device) for device in devices],
        limit=pool.limit,
        in_use=pool.in_use,
        over=pool.over,
    )
