"""Filters and layouts that people keep: their own, and those that all share."""

from collections.abc import Sequence
from typing import Any, TypeVar
from uuid import UUID, uuid5

import orjson

from app.accounts.errors import VersionChanged
from app.accounts.standing import S as W
from app.accounts.standing import Work
from app.core import clock
from app.core.db import Session, WriteSession
from app.core.ids import new_id
from app.desk.hubs import store
from app.desk.hubs.errors import SavedLimitReached, SavedNotFound, SavedNotYours
from app.desk.hubs.filters import Condition, Filter, Reader
from app.desk.hubs.hubs import Hub
from app.desk.hubs.models import HubFilter, HubLayout
from app.http.errors import PreconditionRequired
from app.http.etags import etag

MOST = 200
"""How many filters, and how many layouts, a user may have in a hub, and how many may be shared in it."""

MOST_BYTES = 20_000
"""How long a saved filter may be, since lists tell many of them whole."""

S = TypeVar("S", HubFilter, HubLayout)
_SHIPPED = UUID("5d0c7c2e-3f0b-4a53-9d53-0b5f6e4f7a10")


def _shipped(hub: str, name: str, sent: dict[str, Any]) -> HubFilter:
    return HubFilter(
        account_id=_SHIPPED,
        saved_id=uuid5(_SHIPPED, f"{hub} {name}"),
        hub=hub,
        owner_id=_SHIPPED,
        name=name,
        is_shared=True,
        version=1,
        changed_at=clock.now(),
        filter=sent,
    )


SHIPPED = [
    _shipped(
        "invoices",
        "Web Orders Today",
        {
            "all": [
                {"field": "web_order_number", "is": "blank", "value": False},
                {"field": "invoice_date", "is": "equals", "value": {"relative": "today"}},
            ]
        },
    ),
    _shipped(
        "sessions",
        "Expired Galleries Still Open",
        {"field": "gallery_state", "is": "equals", "value": "expired"},
    ),
    _shipped(
        "sessions",
        "Galleries Online",
        {"field": "gallery_state", "is": "equals", "value": "online"},
    ),
    _shipped(
        "invoices",
        "Web Orders",
        {"field": "web_order_number", "is": "blank", "value": False},
    ),
]
"""Filters that every account has."""


def is_shipped(row: HubFilter | HubLayout) -> bool:
    """Say whether something comes with the product."""
    return row.owner_id == _SHIPPED


async def filter_of(work: Work[W], hub: Hub, reader: Reader, filter_id: UUID) -> tuple[HubFilter, Condition]:
    """Return a saved filter and what it means now; with fields the user may not view it is not there."""
    row = await read_saved(work, HubFilter, hub, filter_id)
    condition = read_filter(reader, row)
    if condition is None:
        raise SavedNotFound
    return row, condition


def read_filter(reader: Reader, row: HubFilter) -> Condition | None:
    """Return what a saved filter means to a user, none where they may not view what it tests."""
    apart = Reader(reader.hub, reader.view, reader.calendar)
    condition = apart.read(Filter.model_validate(row.filter, strict=False))
    return None if apart.wrong else condition


def _may_be_used(reader: Reader, row: HubFilter | HubLayout) -> bool:
    return isinstance(row, HubLayout) or read_filter(reader, row) is not None


async def list_filters(work: Work[Session], hub: Hub, reader: Reader) -> list[HubFilter]:
    """Return the filters of a hub that the user may use: those that are shipped, then others by name."""
    rows = await store.saved_in(work.session, HubFilter, hub.name, work.who.user_id)
    shipped = [each for each in SHIPPED if each.hub == hub.name]
    return [row for row in (*shipped, *rows) if read_filter(reader, row)]


async def list_left(work: Work[Session], kind: type[S], hub: Hub) -> Sequence[S]:
    """Return what users who are deactivated have left in a hub, their private things too.

    Raises `SavedNotYours` for anybody but administrators.
    """
    if not work.who.is_administrator:
        raise SavedNotYours
    return await store.left_in(work.session, kind, hub.name)


async def save(
    work: Work[WriteSession], kind: type[S], hub: Hub, *, name: str, is_shared: bool, **what: Any
) -> S:
    """Save something of the user's own."""
    session, user_id = work.session, work.who.user_id
    if user_id is None:
        raise TypeError("the house itself keeps nothing")
    if await store.count_saved(session, kind, hub.name, user_id) >= MOST:
        raise SavedLimitReached(limit=MOST)
    if is_shared:
        await _require_room_to_share(session, kind, hub.name)
    row = kind(
        account_id=session.account_id,
        saved_id=new_id(),
        hub=hub.name,
        owner_id=user_id,
        name=name,
        is_shared=is_shared,
        changed_at=clock.now(),
        **what,
    )
    session.add(row)
    await session.flush()
    return row


async def owned(
    work: Work[WriteSession], kind: type[S], hub: Hub, saved_id: UUID, *, reader: Reader, expected: int | None
) -> S:
    """Return what is to be changed, in the version there is: one's own, or any that an administrator sees.

    Another's filter that tests what the user may not view is not there, as it is not when it is read.
    """
    row = await read_saved(work, kind, hub, saved_id)
    is_own = row.owner_id == work.who.user_id
    if not (is_own or _may_be_used(reader, row)):
        raise SavedNotFound
    if is_shipped(row) or not (is_own or work.who.is_administrator):
        raise SavedNotYours
    if expected is None:
        raise PreconditionRequired
    if expected != row.version:
        raise VersionChanged(version=row.version, headers={"ETag": etag(row.version)})
    return row


async def change(work: Work[WriteSession], row: S, given: dict[str, Any]) -> S:
    """Set what is given, and count the change; nothing happens when all is so already.

    What somebody left who is deactivated becomes the caller's.
    """
    session = work.session
    if await store.is_left(session, row.owner_id):
        given = {**given, "owner_id": work.who.user_id}
    changed = {name: value for name, value in given.items() if getattr(row, name) != value}
    if changed.get("is_shared"):
        await _require_room_to_share(session, type(row), row.hub)
    for name, value in changed.items():
        setattr(row, name, value)
    if changed:
        row.version, row.changed_at = row.version + 1, clock.now()
        await session.flush()
    return row


async def _require_room_to_share(session: WriteSession, kind: type[S], hub: str) -> None:
    """Refuse to share more than all lists of a hub can tell."""
    if await store.count_shared(session, kind, hub) >= MOST:
        raise SavedLimitReached(limit=MOST)


async def remove(session: WriteSession, row: S) -> None:
    """Remove something."""
    await session.delete(row)
    await session.flush()


def checked(reader: Reader, sent: Filter) -> dict[str, Any]:
    """Return a filter as it is kept, if it can be carried out now; raises `InvalidQuery`."""
    reader.read(sent)
    kept = sent.model_dump(mode="json", by_alias=True, exclude_unset=True)
    if len(orjson.dumps(kept)) > MOST_BYTES:
        reader.refuse("filter", "too_long")
    reader.check()
    return kept


async def read_saved(work: Work[W], kind: type[S], hub: Hub, saved_id: UUID) -> S:
    """Return something that comes with the product, the user has saved, or somebody shares."""
    shipped = {each.saved_id: each for each in SHIPPED} if kind is HubFilter else {}
    row: Any = shipped.get(saved_id) or await store.saved(work.session, kind, saved_id)
    if row is None or row.hub != hub.name or not await _is_seen(work, row):
        raise SavedNotFound
    return row  # type: ignore[no-any-return] # of the kind that was asked for


async def _is_seen(work: Work[W], row: HubFilter | HubLayout) -> bool:
    """Say whether something is shared, the user's own, or was left to the administrators."""
    if row.is_shared or row.owner_id == work.who.user_id:
        return True
    return work.who.is_administrator and await store.is_left(work.session, row.owner_id)
