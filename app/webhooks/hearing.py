"""Hearing: what happens is written down with it, for the addresses that are to be told."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.accounts.store import bring_webhooks_due_forward
from app.core import clock
from app.core.db import WriteSession
from app.core.events import hears
from app.core.ids import timed_id
from app.core.principal import Principal
from app.galleries.events import WebOrderReceived
from app.galleries.lifecycle.standing import is_open
from app.studio.payments import PaymentState, PaymentType
from app.studio.sessions import GalleryState
from app.sync import registry
from app.sync.feed import next_revision
from app.sync.reactions import Stamped, on_stamped
from app.webhooks import kinds, store

_PLACES = 4_095
"""So many events of one instant keep their order."""


@dataclass(frozen=True, slots=True)
class Happened:
    """Something that has happened, of a kind; of what has a `key` only the first is told."""

    type: str
    record_id: UUID | None = None
    into_id: UUID | None = None
    key: str | None = None


async def tell(session: WriteSession, happened: Sequence[Happened]) -> None:
    """Write events down with what they tell of, once for each address that is to hear of them.

    Nothing is written where nobody asks for them.
    """
    revision = await next_revision(session)
    if not session.is_listened_to or not happened:
        return
    now = clock.now()
    rows = [
        (timed_id(now, min(place, _PLACES)), each.type, each.record_id, each.into_id, each.key)
        for place, each in enumerate(happened)
    ]
    if await store.keep(session, revision, now, rows):
        await bring_webhooks_due_forward(session, now)


@on_stamped
async def hear_records(
    session: WriteSession, who: Principal, revision: int, stamped: Sequence[Stamped]
) -> None:
    """Tell what became of records; of what a file brought in only that it did, once a transaction."""
    del who
    if session.brings_history:
        await tell(session, [Happened(kinds.IMPORTED, key=str(revision))])
        return
    await tell(session, [found for each in stamped for found in happened(each, revision)])


@hears(WebOrderReceived)
async def hear_order(session: WriteSession, who: Principal, event: WebOrderReceived) -> None:
    """Tell that a client has ordered."""
    del who
    await tell(session, [Happened(kinds.WEB_ORDER_RECEIVED, event.order_id)])


def happened(stamped: Stamped, revision: int) -> Iterator[Happened]:
    """Yield what has happened to a record: created in this transaction, it is not changed too."""
    collection, record_id = registry.numbered(stamped.key[0]), stamped.key[1]
    if collection.is_for_people:
        return
    before, now = stamped.before, stamped.after.values
    was = before.values if before else None
    if now is None:
        into = stamped.after.merged_into
        is_merged = into is not None and collection.name == "clients"
        kind = kinds.MERGED if is_merged else kinds.happens_to(collection.name, "deleted")
        yield Happened(kind, record_id, into)
        return
    if was is None or before is None:
        yield Happened(kinds.happens_to(collection.name, "created"), record_id)
    elif before.body_revision < revision:
        yield Happened(kinds.happens_to(collection.name, "changed"), record_id)
    for kind in _OF_THE_FIELD.get(collection.name, _nothing)(was or {}, now):
        yield Happened(kind, record_id)


def _nothing(was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    del was, now
    yield from ()


def _of_gallery(was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    before, state = was.get("gallery_state"), now["gallery_state"]
    if is_open(now) and not is_open(was or None):
        yield kinds.GALLERY_PUBLISHED
    if state == GalleryState.EXPIRED != before:
        yield kinds.GALLERY_EXPIRED
    if state == GalleryState.TAKEN_DOWN != before:
        yield kinds.GALLERY_TAKEN_DOWN


def _of_payment(was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    is_new = now["state"] == PaymentState.APPROVED != was.get("state")
    if is_new and now["payment_type"] == PaymentType.PAYMENT:
        yield kinds.PAYMENT_APPROVED


_OF_THE_FIELD = {"sessions": _of_gallery, "payments": _of_payment}
