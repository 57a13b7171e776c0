"""What the people's room announces, as far as somebody should look at it."""

from uuid import UUID

from app.accounts.events import GuessingStopped, Limit, RowChanged, SignedIn, SignInEnded
from app.accounts.store import read_device
from app.core.db import WriteSession
from app.core.events import hears
from app.core.principal import Principal
from app.notices.models import NoticeKind, Why
from app.notices.noticed import Noticed
from app.notices.noting import note

_REACHED = {
    Limit.USER: Why.USER_LIMIT,
    Limit.ACCOUNT: Why.ACCOUNT_LIMIT,
    Limit.NETWORK: Why.NETWORK_LIMIT,
}


@hears(SignedIn)
async def signed_in(session: WriteSession, _: Principal, event: SignedIn) -> None:
    """Note an odd sign-in; any other costs nothing here."""
    if event.odd:
        noticed = Noticed(
            NoticeKind.ODD_SIGN_IN,
            event.user_id,
            tuple(Why(each.value) for each in event.odd),
            event.device_id,
            await _name(session, event.device_id),
            event.network,
        )
        await note(session, noticed)


@hears(GuessingStopped)
async def guessing_stopped(session: WriteSession, _: Principal, event: GuessingStopped) -> None:
    """Note that so many wrong passwords were tried that no more are compared for a while."""
    why = (_REACHED[event.limit],)
    await note(
        session,
        Noticed(NoticeKind.GUESSING, event.user_id, why, network=event.network, count=event.failures),
    )


@hears(SignInEnded)
async def sign_in_ended(session: WriteSession, _: Principal, event: SignInEnded) -> None:
    """Note that two have used the tokens of one sign-in."""
    if event.reason == "refresh_reused":
        name = await _name(session, event.device_id)
        noticed = Noticed(
            NoticeKind.REFRESH_REUSED,
            event.user_id,
            device_id=event.device_id,
            device_name=name,
            network=event.network,
        )
        await note(session, noticed)


@hears(RowChanged)
async def password_assigned(session: WriteSession, who: Principal, event: RowChanged) -> None:
    """Note that a user's password was set by somebody else; a new user has just been given their first."""
    is_another = event.before is not None and "password" in (event.after or {})
    if event.subject == "users" and is_another and who.user_id != event.record_id:
        await note(session, Noticed(NoticeKind.PASSWORD_ASSIGNED, event.record_id, by_id=who.user_id))


async def _name(session: WriteSession, device_id: UUID | None) -> str | None:
    """Return what a phone is called, which signing in has just read."""
    device = await read_device(session, device_id) if device_id else None
    return device.name if device else None
