"""Whether somebody who has signed in may still come in: judged anew, from the database, on every request."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest
from typing import Any, Generic, TypeVar
from uuid import UUID

from app.accounts import erasures, store
from app.accounts.errors import (
    ClientTooOld,
    DeviceDeactivated,
    DeviceInactive,
    EditionRequired,
    InvalidToken,
    SubscriptionInactive,
    UserInactive,
)
from app.accounts.features import capped, levels_in
from app.accounts.models import CURRENT_STATES, MOBILE_EDITIONS, Edition
from app.accounts.tokens import Claims, WipeOrder, issue_wipe
from app.core import clock
from app.core.admission import Gone
from app.core.db import Database, Session
from app.core.errors import AppError
from app.core.keys import KeyRing
from app.core.principal import Channel, Level, Principal
from app.core.revisions import Clock, read_clock

S = TypeVar("S", bound=Session)


@dataclass(frozen=True, slots=True)
class Standing:
    """Who asks and may come in, the account's clock, a phone's state: all read in one statement."""

    who: Principal
    clock: Clock
    schema_version: int | None
    last_sync: datetime | None
    queued: int | None


@dataclass(frozen=True, slots=True)
class Work(Standing, Generic[S]):
    """One request at work: how its caller stands, and its transaction."""

    session: S


async def admit(session: S, keys: KeyRing, claims: Claims) -> Work[S]:
    """Return the work of a caller whose token was good, or refuse for what has happened since it was issued.

    A deactivated phone is told so before anything else, on every request: whether to clear its copy, until it
    has confirmed that, or to keep it. So is one whose account was erased.
    """
    row = await store.read_standing(session, claims.sign_in_id, is_key=claims.key_id is not None)
    if row is None and claims.device_id is not None:
        await erasures.refuse_phone(session, keys, device_id=claims.device_id)
    stands = _standing(row, keys, claims)
    return Work(stands.who, stands.clock, stands.schema_version, stands.last_sync, stands.queued, session)


class KeyOver(Exception):
    """A key has been revoked, or has expired: it will not be let in again."""


async def standing_of_key(session: Session, key_id: UUID) -> Standing:
    """Return how a key stands that does not ask just now.

    Raises `KeyOver`, and for what may pass as a request would be refused: `UserInactive` of its owner,
    `SubscriptionInactive`.
    """
    row = await store.read_standing(session, key_id, is_key=True)
    if row is None or row["revoked_at"] is not None or row["absolute_end"] <= clock.now():
        raise KeyOver
    refuse_lapsed(row)
    return Standing(who_asks(row, session.account_id), Clock.of(row), None, None, None)


async def acting(session: S, who: Principal) -> Work[S]:
    """Return the work of the house itself, on behalf of somebody who is no user, such as a client.

    Nobody is judged here: whoever calls has done so, in this very transaction.
    """
    return Work(who, await read_clock(session), None, None, None, session)


async def glance(
    database: Database, keys: KeyRing, claims: Claims, gone: Gone | None = None
) -> Standing | None:
    """Return how a caller stands, from one trip to the database, or refuse as `admit` does.

    None where such a trip sees nothing, or is not to be had: then only a transaction can tell.
    """
    if database.is_distributed:
        return None
    async with database.asking(claims.account_id, gone=gone) as connection:
        are_keys = claims.key_id is not None
        rows = await store.glance(connection, claims.account_id, [claims.sign_in_id], are_keys=are_keys)
    row = rows.get(claims.sign_in_id)
    return None if row is None else _standing(row, keys, claims)


async def look_again(
    database: Database, keys: KeyRing, account_id: UUID, callers: Iterable[Claims]
) -> dict[UUID, Clock | AppError]:
    """Return by sign-in or key how callers who were admitted stand now: their clock, or the refusal."""
    asked = {claims.sign_in_id: claims for claims in callers}
    kinds = {claims.key_id is not None: list[UUID]() for claims in asked.values()}
    for claims in asked.values():
        kinds[claims.key_id is not None].append(claims.sign_in_id)
    rows: dict[UUID, Any] = {}
    if not database.is_distributed:
        async with database.asking(account_id, is_urgent=True) as connection:
            for are_keys, ids in kinds.items():
                rows |= await store.glance(connection, account_id, ids, are_keys=are_keys)
    if not rows:
        async with database.reading(account_id, is_urgent=True) as session:
            for are_keys, ids in kinds.items():
                rows |= await store.read_standings(session, ids, are_keys=are_keys)
    return {sign_in_id: _stands(rows.get(sign_in_id), keys, claims) for sign_in_id, claims in asked.items()}


def _stands(row: Any, keys: KeyRing, claims: Claims) -> Clock | AppError:
    try:
        return Clock.of(_admitted(row, keys, claims))
    except AppError as refusal:
        return refusal


def _standing(row: Any, keys: KeyRing, claims: Claims) -> Standing:
    row = _admitted(row, keys, claims)
    phone = (row["schema_version"], row["last_sync"], row["queued"])
    return Standing(who_asks(row, claims.account_id), Clock.of(row), *phone)


def _admitted(row: Any, keys: KeyRing, claims: Claims) -> Any:
    """Return the row of a caller who may come in."""
    if row is None or row["device_id"] != claims.device_id:
        raise InvalidToken
    if claims.key_id is not None and not compare_digest(row["secret_hash"], claims.secret_hash or b""):
        raise InvalidToken
    refuse_deactivated(row, claims.account_id, keys)
    if row["revoked_at"] is not None or row["absolute_end"] <= clock.now():
        raise InvalidToken
    refuse_lapsed(row)
    return row


def refuse_deactivated(row: Any, account_id: UUID, keys: KeyRing) -> None:
    """Refuse a phone that was deactivated, until it has confirmed that its copy is gone."""
    if row["is_inactive"] and row["wiped_at"] is None:
        raise shut_out(keys, account_id, row["device_id"], row["device_uid"], row["wipe_nonce"])


def refuse_lapsed(row: Any) -> None:
    """Refuse an inactive user, a lapsed subscription, and a phone of an edition that has none."""
    if not row["is_active"]:
        raise UserInactive
    if row["subscription_state"] not in CURRENT_STATES:
        raise SubscriptionInactive
    if row["device_id"] is not None:
        require_mobile(row["edition"])


def refuse_old(schema_version: int | None, minimum: int) -> None:
    """Refuse an app that knows only a schema version below the minimum; a desk states none."""
    if schema_version is not None and schema_version < minimum:
        raise ClientTooOld(minimum=minimum)


def require_mobile(edition: str) -> None:
    """Refuse an edition without the mobile app."""
    if edition not in MOBILE_EDITIONS:
        raise EditionRequired(minimum_edition=Edition.ESSENTIAL)


def shut_out(
    keys: KeyRing, account_id: UUID, device_id: UUID, device_uid: UUID | None, nonce: UUID | None
) -> AppError:
    """Return the refusal of a phone whose row is inactive: with a fresh order if its copy is to go."""
    if nonce is None:
        return DeviceInactive()
    return DeviceDeactivated(wipe_order=issue_wipe(keys, WipeOrder(account_id, device_id, device_uid, nonce)))


def who_asks(row: Any, account_id: UUID) -> Principal:
    """Return who asks, from their row of an account: by an API key its owner, capped."""
    key_id = row.get("key_id")
    return Principal(
        account_id=account_id,
        account_name=row["account_name"],
        time_zone=row["time_zone"],
        channel=Channel.MOBILE if row["device_id"] else Channel.DESK,
        user_id=row["user_id"],
        initials=row["initials"],
        is_administrator=row["is_administrator"] and key_id is None,
        device_id=row["device_id"],
        binding_id=row["binding_id"],
        studio_id=row["studio_id"],
        departments=tuple(row["departments"]),
        studios=tuple(row["studios"]),
        levels=_levels_of(row) if key_id is None else _capped_levels_of(row),
        sign_in_id=None if key_id else row["sign_in_id"],
        key_id=key_id,
    )


def _levels_of(row: Any) -> Mapping[str, Level] | None:
    return None if row["levels"] is None else levels_in(row["levels"])


def _capped_levels_of(row: Any) -> Mapping[str, Level]:
    return capped(row["key_levels"], row["levels"], is_administrator=row["is_administrator"])
