"""A pull: what changed for this device since its cursor, in pages, bodies passed through as bytes."""

from app.core import clock
from app.core.db import Session
from app.core.principal import Principal
from app.core.revisions import Clock
from app.sync import registry
from app.sync.cursor import Cursor, Sealer
from app.sync.errors import CursorForeign, ResyncRequired, UnknownCollections
from app.sync.page import Page
from app.sync.reader import Room
from app.sync.schemas import PullRequest
from app.sync.scope import compile_scope
from app.sync.transition import advance

NEXT_SYNC_AFTER = 300
"""Seconds after which a phone should ask again by itself."""


async def pull(
    session: Session, who: Principal, at: Clock, sealer: Sealer, asked: PullRequest
) -> tuple[bytes, bool]:
    """Return the answer's JSON text, and whether the device has reached a consistent point.

    Raises `CursorMalformed`, `CursorForeign`, `UnknownCollections` and `ResyncRequired`.
    """
    cursor = _continued(sealer.open(asked.cursor), who, at) if asked.cursor else _begun(who, at, asked)
    if asked.collections is not None and sorted(asked.collections) != cursor.collections:
        raise CursorForeign("This cursor was begun with another set of collections.")
    page = Page(Room(asked.max_rows, asked.max_bytes))
    is_first = asked.cursor is None or (cursor.transit is not None and cursor.transit.is_first)
    target = compile_scope(cursor.collections)
    await advance(session, cursor, target, now=at.revision, device_id=who.device_id, page=page)
    is_consistent = cursor.transit is None
    progress = cursor.transit.progress if cursor.transit else {}
    head = {
        "cursor": sealer.seal(cursor),
        "revision": at.revision,
        "replace": asked.cursor is None,
        "has_more": not is_consistent,
        "usable": is_consistent or not is_first,
        "consistent": is_consistent,
        "progress": {
            registry.numbered(number).name: {"done": done, "total": total}
            for number, (done, total) in progress.items()
        },
        "scope": {"version": at.scope_revision, "day": clock.today(who.time_zone)},
        "epoch": at.epoch,
        "server_time": clock.now(),
        "next_sync_after": 0 if not is_consistent else NEXT_SYNC_AFTER,
    }
    return page.render(head), is_consistent


def _begun(who: Principal, at: Clock, asked: PullRequest) -> Cursor:
    """Begin at the clock of now with nothing held, so that a first sync carries no removals at all."""
    unknown = [name for name in asked.collections or [] if registry.named(name) is None]
    if unknown:
        raise UnknownCollections
    return Cursor(
        account_id=who.account_id,
        binding=who.binding_id,
        user_id=who.user_id,
        epoch=at.epoch,
        collections=sorted(asked.collections) if asked.collections is not None else None,
        revision=at.revision,
        base={},
    )


def _continued(cursor: Cursor, who: Principal, at: Clock) -> Cursor:
    if (cursor.account_id, cursor.user_id) != (who.account_id, who.user_id):
        raise CursorForeign
    if cursor.binding != who.binding_id:
        raise ResyncRequired(reason="device_rebound", mode="replace")
    if cursor.epoch != at.epoch or cursor.revision > at.revision:
        raise ResyncRequired(reason="server_restored", mode="replace")
    if cursor.revision < at.floor:
        raise ResyncRequired(reason="cursor_expired", mode="replace")
    return cursor
