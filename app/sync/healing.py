"""Healing: a device that has drifted compares what it holds, bucket by bucket, and gets only what differs."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.core.db import Session
from app.core.principal import Principal
from app.core.revisions import Clock
from app.sync import reader, registry
from app.sync.cursor import Cursor, Sealer
from app.sync.errors import NotConsistent, UnknownCollections
from app.sync.page import Page
from app.sync.pull import digest, digests_of, opened
from app.sync.reader import Content, Room
from app.sync.schemas import MAX_PAGE_BYTES, MAX_ROWS, PullRequest, VerifyRequest


async def verify(
    session: Session,
    who: Principal,
    at: Clock,
    sealer: Sealer,
    asked: VerifyRequest,
    *,
    schema_version: int | None = None,
) -> bytes:
    """Return the answer's JSON text: digests of all collections, of the buckets of one, or repairs.

    Without a cursor one is made that says the device holds all it should: true once everything was compared
    and repaired. Raises what a pull does, and `NotConsistent` for a cursor on its way, or one whose scope is
    no longer that of now.
    """
    request = PullRequest(cursor=asked.cursor, collections=asked.collections)
    cursor, target = await opened(session, who, at, sealer, request, schema_version=schema_version)
    if asked.cursor is None:
        cursor.base = dict(target.scope)
    if cursor.transit or cursor.base != target.scope:
        raise NotConsistent
    page = Page(Room(MAX_ROWS, MAX_PAGE_BYTES))
    head: dict[str, Any] = {
        "cursor": sealer.seal(cursor),
        "digests": None,
        "buckets": None,
        "has_more": False,
    }
    if asked.collection is None:
        head["digests"] = await digests_of(session, cursor.base)
        return page.render(head)
    content = _content(cursor, asked.collection)
    if asked.held is None:
        found = await reader.buckets(session, content)
        head["buckets"] = {f"{bucket:02x}": digest(*counted) for bucket, counted in sorted(found.items())}
        return page.render(head)
    await _repair(session, page, content, asked.held)
    return page.render({**head, "has_more": page.is_cut})


def _content(cursor: Cursor, name: str) -> Content:
    found = registry.named(name)
    if found is None:
        raise UnknownCollections(unknown=[name])
    return Content(found.number, cursor.base.get(found.number), cursor.revision)


async def _repair(
    session: Session, page: Page, content: Content, held: Mapping[str, Mapping[UUID, int]]
) -> None:
    """Evict what is held and should not be, then put what is not held as it is, as far as it fits."""
    revisions = {each: revision for bucket in held.values() for each, revision in bucket.items()}
    for record_id in await reader.strangers(session, content, list(revisions)):
        page.evict(content.number, record_id)
    named = [int(bucket, 16) for bucket in held]
    rows = await reader.missing(session, content, named, revisions, page.room)
    if fitting := page.take([row["upto_bytes"] for row in rows]):
        page.put_all(content.number, [row["body"] for row in rows[:fitting]])
