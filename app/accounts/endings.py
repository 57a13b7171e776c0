"""Ending several sign-ins at once, so that it is told."""

from uuid import UUID

from app.accounts import store
from app.accounts.events import SignInsEnded
from app.core.db import WriteSession
from app.core.events import announce
from app.core.principal import Principal


async def end_all(
    session: WriteSession,
    who: Principal,
    reason: str,
    user_id: UUID,
    device_id: UUID | None = None,
    *,
    but: UUID | None = None,
) -> None:
    """End the sign-ins of a user, or those on one phone, but one; announces `SignInsEnded` if any do."""
    count = await store.revoke_sign_ins(session, reason, user_id=user_id, device_id=device_id, but=but)
    if count:
        await announce(session, who, SignInsEnded(session.account_id, user_id, device_id, reason, count))
