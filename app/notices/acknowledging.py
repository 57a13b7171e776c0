"""Acknowledging a notice: the user it concerns for themself, an administrator for the account."""

from typing import Any
from uuid import UUID

import asyncpg

from app.accounts.features import USERS
from app.audit.trail import Action, Entry, keep
from app.core import clock
from app.core.db import WriteSession
from app.core.principal import Principal
from app.notices import store
from app.notices.errors import NoticeNotFound

_ANSWERS = ("confirmed_at", "was_expected", "acknowledged_at", "acknowledged_by")


async def acknowledge(
    session: WriteSession, who: Principal, notice_id: UUID, *, was_expected: bool | None
) -> asyncpg.Record:
    """Write down that somebody has seen a notice, once; done again, nothing happens.

    A user answers only for themself: who has got hold of their password must not hide it from the
    administrators. Where they say that it was not expected, it is open to those again.
    """
    notice = await store.read(session, who, notice_id)
    if notice is None:
        raise NoticeNotFound
    before = {name: notice[name] for name in _ANSWERS}
    after = before | _answered(who, notice, was_expected=was_expected)
    if after == before:
        return notice
    found = await store.answer(session, who, notice_id, *after.values())
    changed = [name for name in _ANSWERS if after[name] != before[name]]
    told = ({name: values[name] for name in changed} for values in (before, after))
    await keep(session, who, Entry(USERS, "safety_notices", notice_id, Action.CHANGED, *told))
    return found


def _answered(who: Principal, notice: asyncpg.Record, *, was_expected: bool | None) -> dict[str, Any]:
    """Return what is to be different: of what was answered before, nothing."""
    is_mine, now = notice["user_id"] == who.user_id, clock.now()
    is_denied = is_mine and was_expected is False
    found: dict[str, Any] = {}
    if is_mine and notice["confirmed_at"] is None:
        found = {"confirmed_at": now, "was_expected": was_expected}
        if is_denied:
            found |= {"acknowledged_at": None, "acknowledged_by": None}
    if who.is_administrator and notice["acknowledged_at"] is None and not is_denied:
        found |= {"acknowledged_at": now, "acknowledged_by": who.user_id}
    return found
