"""Making, changing and ending webhooks: each belongs to an API key, and hears what that may see."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.accounts.errors import ApiKeyEnded, ApiKeyNotFound, VersionChanged
from app.accounts.features import allows
from app.accounts.keys import keeping as keys
from app.accounts.keys.store import read as read_key
from app.accounts.store import bring_webhooks_due_forward
from app.audit.trail import Action, Entry, keep
from app.core import clock
from app.core.db import Session, WriteSession
from app.core.ids import new_id, timed_id
from app.core.principal import Level, Principal
from app.core.revisions import read_clock
from app.core.vault import Vault
from app.http.errors import PreconditionRequired
from app.http.etags import etag
from app.http.failures import MOST_FIELDS
from app.webhooks import endpoints, store
from app.webhooks.errors import (
    DeliveryNotFound,
    DeliveryUnderWay,
    ReplayTooOld,
    TooManyWebhooks,
    UnknownEventType,
    WebhookNotFound,
    WebhookOfAnother,
)
from app.webhooks.kinds import asked_for, unknown
from app.webhooks.models import Webhook
from app.webhooks.rights import WEBHOOKS
from app.webhooks.sealing import sealed_as
from app.webhooks.signing import new_secret
from app.webhooks.states import WebhookPause
from app.webhooks.targets import without_query

MOST = 20
"""Webhooks of an account."""
_TOLD = ("key_id", "url", "description", "types", "is_active", "paused_code")
"""What the trail has of a webhook: never a secret."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a webhook is to be; `key_id` is none where a key asks for itself."""

    url: str
    types: Sequence[str]
    description: str = ""
    key_id: UUID | None = None


async def make(session: WriteSession, vault: Vault, who: Principal, wanted: Wanted) -> tuple[Webhook, str]:
    """Make a webhook of an own key, and return it with its secret, which is told this once.

    It hears of what is written behind this. Raises `UnknownEventType`, `ApiKeyNotFound`, `ApiKeyEnded` and
    `TooManyWebhooks`; the address was judged before.
    """
    require_known(wanted.types)
    key_id = await _own_key(session, who, wanted.key_id)
    if await endpoints.count(session) >= MOST:
        raise TooManyWebhooks(limit=MOST)
    now, endpoint_id, secret = clock.now(), new_id(), new_secret()
    made = Webhook(
        account_id=session.account_id,
        endpoint_id=endpoint_id,
        key_id=key_id,
        url=wanted.url,
        description=wanted.description,
        types=sorted(set(wanted.types)),
        secret=vault.seal(session.account_id, sealed_as(endpoint_id), secret),
        is_active=True,
        failures=0,
        heard_from=await _next_revision(session),
        heard_since=now,
        version=1,
        created_at=now,
        changed_at=now,
    )
    session.add(made)
    await session.flush()
    await _listen_anew(session)
    await _tell(session, who, made, Action.CREATED, None)
    return made, secret


def require_known(types: Sequence[str]) -> None:
    """Refuse kinds of events that there are not; raises `UnknownEventType`."""
    missing = set(unknown(types))
    fields = [
        {"path": f"body.types.{place}", "code": "unknown_event_type"}
        for place, each in enumerate(types)
        if each in missing
    ]
    if fields:
        raise UnknownEventType(fields=fields[:MOST_FIELDS])


async def read(session: Session, who: Principal, endpoint_id: UUID) -> Webhook:
    """Return a webhook that somebody may look at, pause and delete; raises `WebhookNotFound`.

    A key has its own, people those of their keys, and with full access all.
    """
    found = await endpoints.read(session, endpoint_id)
    if found is None or not (_sees_all(who) or await _is_theirs(session, who, found)):
        raise WebhookNotFound
    return found


async def own(session: Session, who: Principal, endpoint_id: UUID) -> Webhook:
    """Return a webhook that somebody may do anything with; raises `WebhookNotFound` and `WebhookOfAnother`.

    It hears what its key may see: whoever looks after those of others does not choose where that goes.
    """
    found = await read(session, who, endpoint_id)
    if not await _is_theirs(session, who, found):
        raise WebhookOfAnother
    return found


async def listed(session: Session, who: Principal) -> list[Webhook]:
    """Return the webhooks somebody may look after, the newest first."""
    if who.key_id is not None:
        return list(await endpoints.page(session, key_id=who.key_id))
    owner_id = None if _sees_all(who) else who.user_id
    return list(await endpoints.page(session, owner_id=owner_id))


async def change(
    session: WriteSession, who: Principal, hook: Webhook, given: dict[str, Any], expected: int | None
) -> None:
    """Set what differs of the version that was read; of kinds not asked for before nothing is known yet."""
    if expected is None:
        raise PreconditionRequired
    require_version(hook, expected)
    if "types" in given:
        require_known(given["types"])
        given["types"] = sorted(set(given["types"]))
        if not asked_for(given["types"]) <= asked_for(hook.types):
            given |= await _from_now(session)
    await _set(session, who, hook, given)


async def remove(session: WriteSession, who: Principal, hook: Webhook) -> None:
    """Forget a webhook, its secrets at once; what was to be told to it is cleared away beside the turn."""
    before = _without_query(_shown(hook))
    hook.is_removed, hook.is_active = True, False
    hook.secret, hook.former_secret, hook.former_until = b"", None, None
    session.add(hook)
    await session.flush()
    await _listen_anew(session)
    entry = Entry(WEBHOOKS, "webhooks", hook.endpoint_id, Action.DELETED, before, None)
    await keep(session, who, entry)


def require_version(hook: Webhook, expected: int | None) -> None:
    """Refuse a change of another version than the one that was read; raises `VersionChanged`."""
    if expected is not None and expected != hook.version:
        raise VersionChanged(version=hook.version, headers={"ETag": etag(hook.version)})


async def rotate(session: WriteSession, vault: Vault, who: Principal, hook: Webhook, hours: int) -> str:
    """Give a webhook another secret and return it; for so many hours posts are signed by both."""
    secret, now = new_secret(), clock.now()
    given = {
        "former_secret": hook.secret if hours else None,
        "former_until": now + timedelta(hours=hours) if hours else None,
        "secret": vault.seal(session.account_id, sealed_as(hook.endpoint_id), secret),
    }
    await _set(session, who, hook, given)
    return secret


async def activate(session: WriteSession, who: Principal, hook: Webhook) -> None:
    """Have a webhook told again what waits for it and what is yet to come; raises `ApiKeyEnded`.

    What happened meanwhile was written down for nobody: the feed has it.
    """
    if hook.is_active:
        return
    key = await read_key(session, hook.key_id)
    if key is None or not keys.is_living(key):
        raise ApiKeyEnded
    given = {
        "is_active": True,
        "paused_code": None,
        "failing_since": None,
        "failures": 0,
        "waits_until": None,
        **await _from_now(session),
    }
    await _set(session, who, hook, given)
    await _listen_anew(session)


async def deactivate(session: WriteSession, who: Principal, hook: Webhook) -> None:
    """Tell a webhook nothing until it is activated again; what waits for it waits on."""
    if hook.is_active:
        await _set(session, who, hook, {"is_active": False, "paused_code": WebhookPause.BY_HAND.value})
        await _listen_anew(session)


async def test(session: WriteSession, hook: Webhook) -> UUID:
    """Have something posted to a webhook, whatever it asks for; return the event's id."""
    now = clock.now()
    event_id = timed_id(now)
    revision = await _next_revision(session)
    await store.add_test(session, hook.endpoint_id, event_id, (revision, now))
    await bring_webhooks_due_forward(session, now)
    return event_id


async def resend(session: WriteSession, hook: Webhook, event_id: UUID) -> None:
    """Have an event posted once more under its id; raises `DeliveryNotFound` and `DeliveryUnderWay`."""
    if await endpoints.delivery(session, hook.endpoint_id, event_id) is None:
        raise DeliveryNotFound
    if not await store.again(session, hook.endpoint_id, event_id, clock.now()):
        raise DeliveryUnderWay
    await bring_webhooks_due_forward(session, clock.now())


async def first_since(session: Session, hook: Webhook, since: datetime) -> int | None:
    """Return the revision from which on there are events since an instant; none without any.

    Raises `ReplayTooOld`.
    """
    if since < hook.known_since:
        raise _too_old(hook)
    first = await endpoints.first_since(session, since)
    return None if first is None else max(first, hook.heard_from)


async def replay(session: WriteSession, hook: Webhook, revision: int) -> int:
    """Have all a webhook has asked for since a revision posted once more; return up to which revision.

    Only that it is wanted is written down here: the courier puts events in line, a slice at a time. Raises
    `ReplayTooOld`: what was not written down for it, or is forgotten, only the feed has.
    """
    if revision < hook.heard_from:
        raise _too_old(hook)
    last = (await read_clock(session)).revision
    await store.replay(session, hook.endpoint_id, revision, last)
    await bring_webhooks_due_forward(session, clock.now())
    return last


def _too_old(hook: Webhook) -> ReplayTooOld:
    return ReplayTooOld(first_revision=hook.heard_from, known_since=hook.known_since)


async def _own_key(session: Session, who: Principal, key_id: UUID | None) -> UUID:
    if who.key_id is not None and key_id not in (None, who.key_id):
        raise ApiKeyNotFound
    named = who.key_id or key_id
    key = await read_key(session, named) if named else None
    if key is None or key.owner_id != who.user_id:
        raise ApiKeyNotFound
    if not keys.is_living(key):
        raise ApiKeyEnded
    return key.key_id


async def _is_theirs(session: Session, who: Principal, hook: Webhook) -> bool:
    if who.key_id is not None:
        return hook.key_id == who.key_id
    key = await read_key(session, hook.key_id)
    return key is not None and key.owner_id == who.user_id


def _sees_all(who: Principal) -> bool:
    return who.key_id is None and allows(who, WEBHOOKS, Level.FULL_ACCESS)


async def _set(session: WriteSession, who: Principal, hook: Webhook, given: dict[str, Any]) -> None:
    before, changed = _shown(hook), False
    for name, value in given.items():
        if getattr(hook, name) != value:
            setattr(hook, name, value)
            changed = True
    if changed:
        hook.version, hook.changed_at = hook.version + 1, clock.now()
        session.add(hook)
        await session.flush()
        await _tell(session, who, hook, Action.CHANGED, before)


async def _tell(
    session: WriteSession, who: Principal, hook: Webhook, action: Action, before: dict[str, Any] | None
) -> None:
    after = _shown(hook)
    if before is not None:
        names = [name for name in _TOLD if before[name] != after[name]]
        before = _without_query({name: before[name] for name in names})
        after = {name: after[name] for name in names}
    entry = Entry(WEBHOOKS, "webhooks", hook.endpoint_id, action, before, _without_query(after))
    await keep(session, who, entry)


def _shown(hook: Webhook) -> dict[str, Any]:
    return {name: getattr(hook, name) for name in _TOLD}


def _without_query(told: dict[str, Any]) -> dict[str, Any]:
    """Return what is told of a webhook as others may read it."""
    return {name: without_query(each) if name == "url" else each for name, each in told.items()}


async def _listen_anew(session: WriteSession) -> None:
    await store.set_listened(session)
    session.is_listened_to = None
    await bring_webhooks_due_forward(session, clock.now())


async def _from_now(session: WriteSession) -> dict[str, Any]:
    """Return from where on a webhook's events are known that asks for more now."""
    return {"heard_from": await _next_revision(session), "heard_since": clock.now()}


async def _next_revision(session: WriteSession) -> int:
    return (await read_clock(session)).revision + 1
