"""Safety notices as letters to whom they concern: posted behind the transaction in which they are noticed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import uuid5
from zoneinfo import ZoneInfo

from app.accounts.events import RowChanged
from app.accounts.models import Account
from app.accounts.store import bring_letters_due_forward, read_account, read_user
from app.core import clock
from app.core.db import WriteSession
from app.core.events import hears
from app.core.principal import Principal
from app.core.vault import Vault
from app.notices.events import SafetyNoticed
from app.notices.models import NoticeKind, Why
from app.outbox import store
from app.outbox.posting import Content, Letter, post
from app.outbox.states import LIFETIMES, Channel, Purpose

_LIFETIME = LIFETIMES[Purpose.NOTICE]
_LONGEST_NAME = 60
_SUBJECTS = {
    NoticeKind.ODD_SIGN_IN: "An unusual sign-in",
    NoticeKind.GUESSING: "Wrong passwords were tried",
    NoticeKind.REFRESH_REUSED: "A sign-in was ended",
    NoticeKind.PASSWORD_ASSIGNED: "Your password was set",
}
_UNUSUAL = {
    Why.NEW_DEVICE.value: "on a phone that had not been used before",
    Why.NEW_NETWORK.value: "from a network that had not been used before",
    Why.AFTER_FAILURES.value: "after several wrong passwords",
}
_DENIED = "If this was not you, change your password and tell an administrator of {company}."
_ADVICE = {
    NoticeKind.ODD_SIGN_IN: _DENIED,
    NoticeKind.GUESSING: "You need not do anything. If you use your password elsewhere too, change it.",
    NoticeKind.REFRESH_REUSED: _DENIED,
    NoticeKind.PASSWORD_ASSIGNED: "If you do not know why, ask an administrator of {company}.",
}


@hears(SafetyNoticed)
async def look_at_notices(session: WriteSession, _who: Principal, _event: SafetyNoticed) -> None:
    """Have whoever sends the account's letters look at what was noticed, once this transaction stands.

    It is one statement for whomever it concerns and where there is no such account: how long signing in takes
    tells nobody who there is, or who has an address.
    """
    await bring_letters_due_forward(session, clock.now())


@hears(RowChanged)
async def tell_of_own_password(session: WriteSession, who: Principal, event: RowChanged) -> None:
    """Post that a user has changed their own password, once a day: to them alone, for they know it already.

    Who was signed in as them and has done it could otherwise shut them out without a word.
    """
    is_changed = event.before is not None and "password" in (event.after or {})
    if event.subject != "users" or not is_changed or who.user_id != event.record_id:
        return
    user, account = await read_user(session, event.record_id), await read_account(session)
    if user is None or not user.email or account is None:
        return
    now = clock.now()
    lines = [
        f"Hello {user.first_name},",
        f"Your password ({user.initials}) was changed. {_moment(now, account.time_zone)}",
        _DENIED.format(company=account.company_name),
    ]
    letter = Letter(
        letter_id=uuid5(user.user_id, f"own password {now.date()}"),
        channel=Channel.EMAIL,
        purpose=Purpose.NOTICE,
        to=(user.email,),
        content=Content(f"Your password was changed - {account.company_name}", _paragraphs(lines)),
        bypasses_blocks=True,
    )
    await post(session, [letter])


async def post_notices(session: WriteSession, vault: Vault) -> None:
    """Post the safety notices of the last day to whom they concern: of each kind one a day.

    Users without an address get none. A letter has its notice's id, and so is posted once whoever posts it.
    """
    found = await store.untold_notices(session, clock.now() - _LIFETIME, _LIFETIME)
    account = await read_account(session) if found else None
    if account is None:
        return
    await post(session, [_letter(each, account) for each in found], seal=vault)


def _letter(notice: Any, account: Account) -> Letter:
    return Letter(
        letter_id=notice["notice_id"],
        channel=Channel.EMAIL,
        purpose=Purpose.NOTICE,
        to=(notice["email"],),
        content=_content(notice, account),
        bypasses_blocks=True,
        expires_at=notice["at"] + _LIFETIME,
    )


def _content(notice: Any, account: Account) -> Content:
    kind = NoticeKind(notice["kind"])
    lines = [
        f"Hello {notice['first_name']},",
        f"{_happened(kind, notice)} {_where(notice, account)}",
        _ADVICE[kind].format(company=account.company_name),
        "You get this email at most once a day for each kind of notice; the others are in the app.",
    ]
    return Content(f"{_SUBJECTS[kind]} - {account.company_name}", _paragraphs(lines))


def _happened(kind: NoticeKind, notice: Any) -> str:
    match kind:
        case NoticeKind.ODD_SIGN_IN:
            unusual = " and ".join(_UNUSUAL[each] for each in notice["why"])
            return f"Somebody has signed in as you ({notice['initials']}), {unusual}."
        case NoticeKind.GUESSING:
            return (
                f"{notice['count']} wrong passwords were tried for you ({notice['initials']}). For a quarter"
                " of an hour none was compared from where you are not known."
            )
        case NoticeKind.REFRESH_REUSED:
            return (
                f"Two have used one of your sign-ins ({notice['initials']}) at once, as when it was copied."
                " It was ended for both."
            )
        case NoticeKind.PASSWORD_ASSIGNED:
            by = notice["by_name"] or "the operator"
            return f"Your password ({notice['initials']}) was set by {by}."


def _where(notice: Any, account: Account) -> str:
    told = [_moment(notice["at"], account.time_zone)]
    if notice["device_name"]:
        told.append(f"Phone: {_plain(notice['device_name'])}.")
    if notice["network"]:
        told.append(f"Network: {notice['network']}.")
    return "\n".join(told)


def _moment(at: datetime, zone: str) -> str:
    return f"This was on {at.astimezone(ZoneInfo(zone)):%Y-%m-%d at %H:%M} ({zone})."


def _paragraphs(lines: Sequence[str]) -> str:
    return "\n\n".join(lines) + "\n"


def _plain(name: str) -> str:
    """Return what somebody has called their phone, of which no mail program makes a link."""
    kept = "".join(each if each.isalnum() or each in "-_'()" else " " for each in name)
    return " ".join(kept.split())[:_LONGEST_NAME] or "unnamed"
