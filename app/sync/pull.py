"""A pull: what changed for this device since its cursor, in pages, bodies passed through as bytes."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from time import perf_counter
from typing import Any

from app.core import clock, metrics
from app.core.db import Session
from app.core.errors import AppError
from app.core.principal import Principal
from app.core.revisions import Clock
from app.sync import reader, registry
from app.sync.cursor import Cursor, Rest, Sealer, Transit, tag
from app.sync.errors import CursorCollections, CursorForeign, ResyncRequired, UnknownCollections
from app.sync.page import Page
from app.sync.reader import Room
from app.sync.schemas import PullRequest
from app.sync.scope import Scope
from app.sync.target import Target, kept_target, target_of
from app.sync.transition import advance

NEXT_SYNC_AFTER = 300
"""Seconds after which a phone should ask again by itself."""
_MOST_UNKNOWN = 20


@dataclass(frozen=True, slots=True)
class Pulled:
    """One page with the other members of its answer."""

    page: Page
    head: Mapping[str, Any]

    @property
    def cursor(self) -> str:
        """Return the cursor a device stores with the page."""
        return str(self.head["cursor"])

    @property
    def is_consistent(self) -> bool:
        """Say whether the device has reached a consistent point."""
        return bool(self.head["consistent"])

    def as_json(self) -> bytes:
        """Return the whole answer."""
        return self.page.render(self.head)


async def pull(
    session: Session,
    who: Principal,
    at: Clock,
    sealer: Sealer,
    asked: PullRequest,
    *,
    schema_version: int | None = None,
    is_whole: bool = False,
) -> Pulled:
    """Return the next page.

    Raises `CursorMalformed`, `CursorForeign`, `CursorCollections`, `UnknownCollections`, `ResyncRequired`.
    """
    began = perf_counter()
    cursor, target = await opened(
        session, who, at, sealer, asked, schema_version=schema_version, is_whole=is_whole
    )
    if asked.cursor is not None and cursor.transit is None:
        metrics.sync_behind.record(at.revision - cursor.revision)
    page = Page(Room(asked.max_rows, asked.max_bytes))
    await advance(
        session,
        cursor,
        target.scope,
        near=target.near,
        now=at.revision,
        device_id=who.device_id,
        page=page,
    )
    is_asked = asked.digests and cursor.transit is None
    digests = await digests_of(session, target.scope) if is_asked else None
    sealed = sealer.seal(cursor)
    pulled = _told(page, cursor.transit, asked, sealed=sealed, at=at, day=target.day, digests=digests)
    metrics.page_duration.record(perf_counter() - began)
    return pulled


def resting(sealer: Sealer, asked: PullRequest) -> Rest | None:
    """Return the cursor of who may have all there is; a cursor that is no good is the pull's to refuse."""
    if asked.cursor is None or asked.digests:
        return None
    with suppress(AppError):
        found = sealer.rest(asked.cursor)
        is_for_these = found and (asked.collections is None or _names(asked) == found.collections)
        return found if is_for_these else None
    return None


def idle(
    found: Rest,
    who: Principal,
    at: Clock,
    asked: PullRequest,
    *,
    schema_version: int | None = None,
    is_whole: bool = False,
) -> Pulled | None:
    """Return the page of a device that has all there is, made of the account's clock alone, else none.

    It has all there is when its cursor says what one would that were given to it now.
    """
    began = perf_counter()
    target = kept_target(who, at, found.collections, schema_version, is_whole=is_whole)
    if target is None or found != _rest(who, at, found.collections, target):
        return None
    metrics.sync_behind.record(0)
    page = Page(Room(asked.max_rows, asked.max_bytes))
    pulled = _told(page, None, asked, sealed=str(asked.cursor), at=at, day=target.day)
    metrics.page_duration.record(perf_counter() - began)
    return pulled


def _rest(who: Principal, at: Clock, names: list[str] | None, target: Target) -> Rest:
    return Rest(
        owner=_owner(who),
        binding=tag(who.binding_id),
        epoch=tag(at.epoch),
        resync=target.resync,
        collections=names,
        revision=at.revision,
        base=target.base,
    )


def _told(
    page: Page,
    way: Transit | None,
    asked: PullRequest,
    *,
    sealed: str,
    at: Clock,
    day: date,
    digests: Mapping[str, Any] | None = None,
) -> Pulled:
    """Return a page with the other members of its answer; no way is left at a consistent point."""
    is_consistent = way is None
    head: dict[str, Any] = {
        "cursor": sealed,
        "revision": at.revision,
        "replace": asked.cursor is None,
        "has_more": not is_consistent,
        "usable": way is None or way.is_usable,
        "consistent": is_consistent,
        "progress": {
            registry.numbered(number).name: {"done": done, "total": total}
            for number, (done, total) in page.progress.items()
        },
        "scope": {"version": at.scope_revision, "day": day},
        "epoch": at.epoch,
        "server_time": clock.now(),
        "next_sync_after": 0 if not is_consistent else NEXT_SYNC_AFTER,
        "digests": digests,
    }
    metrics.page_size.record(asked.max_bytes - page.room.bytes)
    return Pulled(page, head)


async def opened(
    session: Session,
    who: Principal,
    at: Clock,
    sealer: Sealer,
    asked: PullRequest,
    *,
    schema_version: int | None = None,
    is_whole: bool = False,
) -> tuple[Cursor, Target]:
    """Return the cursor to go on with, or a new one, and what the device should hold; raises as a pull."""
    names = _names(asked)
    found = sealer.open(asked.cursor) if asked.cursor is not None else None
    if found and names is not None and names != found.collections:
        raise CursorCollections
    wanted = found.collections if found else _known(names)
    target = await target_of(session, who, at, wanted, schema_version, is_whole=is_whole)
    return _continued(found, who, at, target) if found else _begun(who, at, names, target), target


async def digests_of(session: Session, scope: Scope) -> dict[str, dict[str, int | str]]:
    """Return how many records of each collection lie in a scope, and the mark of them all."""
    found = await reader.digests(session, scope)
    return {registry.numbered(number).name: digest(*counted) for number, counted in sorted(found.items())}


def digest(count: int, mark: int) -> dict[str, int | str]:
    """Return how many records there are and the mark of them all as devices are told."""
    return {"count": count, "mark": f"{mark & 2**64 - 1:016x}"}


def _names(asked: PullRequest) -> list[str] | None:
    return None if asked.collections is None else sorted(set(asked.collections))


def _known(names: list[str] | None) -> list[str] | None:
    if unknown := [name for name in names or [] if registry.named(name) is None]:
        raise UnknownCollections(unknown=unknown[:_MOST_UNKNOWN])
    return names


def _begun(who: Principal, at: Clock, names: list[str] | None, target: Target) -> Cursor:
    """Begin at the clock of now with nothing held, so that a first sync carries no removals at all."""
    return Cursor(
        owner=_owner(who),
        binding=tag(who.binding_id),
        epoch=tag(at.epoch),
        resync=target.resync,
        collections=names,
        revision=at.revision,
        base={},
    )


def _owner(who: Principal) -> bytes:
    """Return by what the owner of a cursor is known: of an API key, which may see less, with the key."""
    return tag(who.account_id, who.user_id, *([who.key_id] if who.key_id else []))


def _continued(cursor: Cursor, who: Principal, at: Clock, target: Target) -> Cursor:
    if cursor.owner != _owner(who):
        raise CursorForeign
    if cursor.binding != tag(who.binding_id):
        raise ResyncRequired(reason="device_rebound", mode="replace")
    if cursor.epoch != tag(at.epoch) or cursor.revision > at.revision:
        raise _restored(cursor, at, target)
    if cursor.resync != target.resync:
        raise ResyncRequired(reason="admin_request", mode=_mode(cursor, target))
    if cursor.revision < at.floor:
        raise ResyncRequired(reason="cursor_expired", mode=_mode(cursor, target))
    return cursor


def _mode(cursor: Cursor, target: Target) -> str:
    """Say whether a copy can be compared and repaired: by ids and revisions it must be the same."""
    return "reconcile" if cursor.has_parts_of(target.scope) else "replace"


def _restored(cursor: Cursor, at: Clock, target: Target) -> ResyncRequired:
    """Refuse a cursor of another epoch; what was given in the one that was restored can be compared."""
    if at.former_epoch and cursor.epoch == tag(at.former_epoch):
        return ResyncRequired(
            reason="server_restored", mode=_mode(cursor, target), restored_from=at.restored_from
        )
    refused = ResyncRequired(reason="server_restored", mode="replace")
    if cursor.epoch == tag(at.epoch):
        refused.ahead = cursor.revision
    return refused
