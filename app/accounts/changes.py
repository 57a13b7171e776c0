"""Changes of an account, its people, groups and devices by who looks after them: by version, and announced.

What comes of signing in, of refreshing and of a phone's word that it is cleared is written where it is done.
"""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from sqlalchemy import inspect
from sqlalchemy.exc import IntegrityError

from app.accounts import events
from app.accounts.errors import GroupNameTaken, InitialsTaken, VersionChanged
from app.accounts.models import Account, ApiKey, Device, SecurityGroup, User
from app.core import clock
from app.core.db import WriteSession
from app.core.events import Event, announce
from app.core.principal import Principal
from app.http.errors import PreconditionRequired
from app.http.etags import etag

Versioned = Account | User | SecurityGroup | Device | ApiKey
R = TypeVar("R", Account, User, SecurityGroup, ApiKey)

_SUBJECTS: dict[type[Versioned], tuple[str, str]] = {
    Account: ("accounts", "account_id"),
    User: ("users", "user_id"),
    SecurityGroup: ("security_groups", "group_id"),
    Device: ("devices", "device_id"),
    ApiKey: ("api_keys", "key_id"),
}
_NOT_TOLD = {"account_id", "device_uid", "binding_id", "wipe_nonce", "secret_hash"}
_SECRET = {"password_hash": "password"}
_TAKEN = {"uq_users_active_initials": InitialsTaken, "uq_security_groups_account_id_name_key": GroupNameTaken}


def require_version(row: Versioned, expected: int | None) -> None:
    """Refuse a change of another version than the one there is: nobody overwrites what they have not seen."""
    if expected is None:
        raise PreconditionRequired
    if expected != row.version:
        raise VersionChanged(version=row.version, headers={"ETag": etag(row.version)})


async def change(session: WriteSession, who: Principal, row: R, given: Mapping[str, Any]) -> R:
    """Set what differs, count the change and tell of it; nothing happens when all is so already."""
    changed = [name for name, value in given.items() if getattr(row, name) != value]
    if changed:
        for name in changed:
            setattr(row, name, given[name])
        row.version, row.changed_at = row.version + 1, clock.now()
        await tell(session, who, row, *changed)
    return row


async def tell(
    session: WriteSession, who: Principal, row: Versioned, *changed: str, is_gone: bool = False
) -> None:
    """Write a row and announce which of its fields were set; of a password only that it was."""
    named = [name for name in changed if not name.endswith("_key")]
    difference = _difference(row, named, is_gone=is_gone)
    await _flush(session)
    names = tuple(sorted(_SECRET.get(name, name) for name in named))
    await announce(session, who, _event(row, names, is_gone=is_gone))
    await announce(session, who, difference)


def _difference(row: Versioned, names: Iterable[str], *, is_gone: bool) -> events.RowChanged:
    """Return what a row was and is, of what is set; to be asked before it is written."""
    state = inspect(row)
    subject, name_of_id = _SUBJECTS[type(row)]
    before = after = None
    if is_gone:
        before = _public(row.model_dump(exclude=_NOT_TOLD))
    else:
        after = _public({name: getattr(row, name) for name in names})
    if not (is_gone or state.pending):
        before = _public({name: next(iter(state.attrs[name].history.deleted), None) for name in names})
    return events.RowChanged(row.account_id, subject, getattr(row, name_of_id), before, after)


def _public(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what may be told of a row: a secret is there or not."""
    return {_SECRET.get(name, name): None if name in _SECRET else value for name, value in values.items()}


def _event(row: Versioned, names: tuple[str, ...], *, is_gone: bool) -> Event:
    if isinstance(row, Account):
        return events.AccountChanged(**events.account_fields(row), changed=names)
    if isinstance(row, User):
        return events.user_changed(row, names)
    if isinstance(row, SecurityGroup):
        return events.group_changed(row, names, is_gone=is_gone)
    if isinstance(row, ApiKey):
        return events.KeyChanged(row.account_id, row.key_id)
    return events.device_changed(row, names, is_gone=is_gone)


async def _flush(session: WriteSession) -> None:
    try:
        await session.flush()
    except IntegrityError as error:
        constraint = getattr(error.orig.__cause__ if error.orig else None, "constraint_name", None)
        if constraint not in _TAKEN:
            raise
        raise _TAKEN[constraint] from error
