"""Making, changing and ending API keys: none has more than its owner, and none lasts for ever."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from app.accounts.changes import change, tell
from app.accounts.errors import ApiKeyEnded, ApiKeyNotFound, InvalidScopes, TooManyApiKeys
from app.accounts.features import API_KEYS, allows, features, named
from app.accounts.keys import store
from app.accounts.keys.tokens import HINT, new_key
from app.accounts.models import ApiKey
from app.accounts.rights import require_covered
from app.core import clock
from app.core.db import Session, WriteSession
from app.core.ids import NIL, new_id
from app.core.keys import KeyRing
from app.core.principal import Level, Principal

MOST = 50
"""Living keys of an account."""
LONGEST_DAYS = 730
"""How long a key may last."""
KEPT = timedelta(days=400)
"""How long a key that has ended stays in the list."""
MOST_LISTED = 500
FOR_KEYS = frozenset({"lists", "companies", "finance_snapshots", "webhooks"})
"""Guarded features that keys may have: what records need. All others that are guarded are for people."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a new key is to be: its name, levels by feature, and for how many days it lasts."""

    name: str
    levels: Mapping[str, Level]
    days: int


def is_living(key: ApiKey) -> bool:
    """Say whether a key opens anything still."""
    return key.revoked_at is None and key.expires_at > clock.now()


def may_have() -> list[str]:
    """Return the features keys may have levels of, by their keys."""
    return [each.key for each in features() if not each.is_guarded or each.key in FOR_KEYS]


async def make(session: WriteSession, keys: KeyRing, who: Principal, wanted: Wanted) -> tuple[ApiKey, str]:
    """Make a key of whoever asks, and return it with its text, which is kept nowhere.

    Raises `InvalidScopes`, `PermissionDenied` for levels beyond their own, and `TooManyApiKeys`; announces
    `KeyChanged`.
    """
    levels = _kept(wanted.levels)
    _require_had(who, wanted.levels)
    if await store.count_living(session) >= MOST:
        raise TooManyApiKeys(limit=MOST)
    now, key_id = clock.now(), new_id()
    text, secret_hash = new_key(keys, session.account_id, key_id)
    key = ApiKey(
        account_id=session.account_id,
        key_id=key_id,
        owner_id=who.user_id or NIL,
        name=wanted.name,
        hint=text[-HINT:],
        secret_hash=secret_hash,
        levels=levels,
        created_at=now,
        changed_at=now,
        expires_at=now + timedelta(days=wanted.days),
    )
    session.add(key)
    await tell(session, who, key, "owner_id", "name", "hint", "levels", "expires_at")
    return key, text


async def read(session: Session, who: Principal, key_id: UUID) -> ApiKey:
    """Return a key of whoever asks, or any to who has full access; raises `ApiKeyNotFound`."""
    key = await store.read(session, key_id)
    if key is None or not (key.owner_id == who.user_id or sees_all(who)):
        raise ApiKeyNotFound
    return key


async def listed(session: Session, who: Principal) -> list[ApiKey]:
    """Return the keys somebody may see, the newest first."""
    return list(await store.page(session, None if sees_all(who) else who.user_id, MOST_LISTED))


def sees_all(who: Principal) -> bool:
    """Say whether somebody looks after others' keys too."""
    return allows(who, API_KEYS, Level.FULL_ACCESS)


async def set_key(
    session: WriteSession,
    who: Principal,
    key: ApiKey,
    *,
    name: str | None = None,
    levels: Mapping[str, Level] | None = None,
) -> ApiKey:
    """Rename a key or give it other levels, from its next request on; announces `KeyChanged`.

    Of somebody else's key they may only be lowered: its owner has not asked for more. Raises `ApiKeyEnded`,
    `InvalidScopes`, and `PermissionDenied` for levels of an own one beyond those of whoever asks.
    """
    _require_living(key)
    wanted: dict[str, object] = {} if name is None else {"name": name}
    if levels is not None:
        wanted["levels"] = _kept(levels)
        if key.owner_id == who.user_id:
            _require_had(who, levels)
        else:
            _require_lower(key, levels)
    return await change(session, who, key, wanted)


async def revoke(session: WriteSession, who: Principal, key: ApiKey) -> ApiKey:
    """End a key for ever; raises `ApiKeyEnded`, announces `KeyChanged`."""
    _require_living(key)
    return await change(session, who, key, {"revoked_at": clock.now(), "revoked_by": who.user_id})


def _require_living(key: ApiKey) -> None:
    if not is_living(key):
        raise ApiKeyEnded


def _kept(levels: Mapping[str, Level]) -> dict[str, str]:
    """Return levels as they are kept, of features for keys."""
    fields = [{"path": f"body.levels.{key}", "code": code} for key in levels if (code := _fault(key))]
    if fields:
        raise InvalidScopes(fields=fields)
    given = {key: str(level) for key, level in sorted(levels.items())}
    return {key: level for key, level in given.items() if level != Level.NO_ACCESS}


def _require_had(who: Principal, levels: Mapping[str, Level]) -> None:
    require_covered(who, {each.key: levels.get(each.key, Level.NO_ACCESS) for each in features()})


def _require_lower(key: ApiKey, levels: Mapping[str, Level]) -> None:
    fields = [
        {"path": f"body.levels.{name}", "code": "not_lower"}
        for name, level in levels.items()
        if not Level(key.levels.get(name, Level.NO_ACCESS)).covers(level)
    ]
    if fields:
        raise InvalidScopes(fields=fields)


def _fault(key: str) -> str | None:
    feature = named(key)
    if feature is None:
        return "unknown_feature"
    return "not_for_keys" if feature.is_guarded and key not in FOR_KEYS else None
