"""What the people's room announces, written into the trail."""

from app.accounts.events import (
    AccountCreated,
    DeviceWiped,
    RowChanged,
    SignedIn,
    SignInEnded,
    SignInRefused,
    SignInsEnded,
)
from app.accounts.features import API_KEYS, DEVICES, SECURITY, USERS
from app.audit.trail import Action, Entry, keep
from app.core.db import WriteSession
from app.core.events import hears
from app.core.principal import Principal

_FEATURES = {
    "accounts": SECURITY,
    "users": USERS,
    "security_groups": SECURITY,
    "devices": DEVICES,
    "api_keys": API_KEYS,
}
_SIGN_INS = "sign_ins"


@hears(AccountCreated)
async def account_created(session: WriteSession, who: Principal, event: AccountCreated) -> None:
    """Begin the trail of an account."""
    after = {
        "account_name": event.account_name,
        "company_name": event.company_name,
        "edition": event.edition,
        "licences": event.licences,
        "subscription_state": event.subscription_state,
        "time_zone": event.time_zone,
        "country": event.country,
    }
    entry = Entry(SECURITY, "accounts", event.account_id, Action.CREATED, None, after)
    await keep(session, who, entry)


@hears(RowChanged)
async def row_changed(session: WriteSession, who: Principal, event: RowChanged) -> None:
    """Write down what became of an account, a user, a security group, a device or an API key."""
    action = _action(event)
    entry = Entry(_FEATURES[event.subject], event.subject, event.record_id, action, event.before, event.after)
    await keep(session, who, entry)


def _action(event: RowChanged) -> Action:
    if event.before is None:
        return Action.CREATED
    return Action.DELETED if event.after is None else Action.CHANGED


@hears(DeviceWiped)
async def device_wiped(session: WriteSession, who: Principal, event: DeviceWiped) -> None:
    """Write down that a phone says its copy is gone."""
    after = {"wiped_at": event.wiped_at}
    await keep(session, who, Entry(DEVICES, "devices", event.device_id, Action.WIPED, None, after))


@hears(SignedIn)
async def signed_in(session: WriteSession, who: Principal, event: SignedIn) -> None:
    """Write down who has signed in, from where, and what is odd about it."""
    after = {"network": event.network, "failures": event.failures, "odd": event.odd}
    await keep(session, who, Entry(USERS, _SIGN_INS, event.user_id, Action.SIGNED_IN, None, after))


@hears(SignInRefused)
async def sign_in_refused(session: WriteSession, who: Principal, event: SignInRefused) -> None:
    """Write down that a wrong password was tried, and for whom; never what was typed."""
    after = {"network": event.network, "failures": event.failures, "is_spent": event.is_spent}
    await keep(session, who, Entry(USERS, _SIGN_INS, event.user_id, Action.SIGN_IN_REFUSED, None, after))


@hears(SignInEnded)
async def sign_in_ended(session: WriteSession, who: Principal, event: SignInEnded) -> None:
    """Write down who has signed out, or was because a spent token came back."""
    after = {"reason": event.reason}
    await keep(session, who, Entry(USERS, _SIGN_INS, event.user_id, Action.SIGNED_OUT, None, after))


@hears(SignInsEnded)
async def sign_ins_ended(session: WriteSession, who: Principal, event: SignInsEnded) -> None:
    """Write down how many sign-ins ended with what was done, and on which phone if it was about one."""
    after = {"reason": event.reason, "sign_ins": event.sign_ins}
    if event.device_id:
        after["device_id"] = event.device_id
    await keep(session, who, Entry(USERS, _SIGN_INS, event.user_id, Action.SIGNED_OUT, None, after))
