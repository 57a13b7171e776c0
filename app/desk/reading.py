"""Reading at a desk: a record, or a list page by page, with the user's rights and no phone's window."""

from base64 import b64decode, urlsafe_b64encode
from collections.abc import Iterable, Mapping
from datetime import date
from hashlib import sha256
from uuid import UUID

import orjson

from app.accounts.errors import PermissionDenied
from app.accounts.standing import Work
from app.core.db import Session
from app.core.principal import Level
from app.desk import store
from app.desk.answers import Answered, inbox_page, listed, shown
from app.desk.errors import PageMalformed, refusal_of
from app.desk.preconditions import is_known
from app.desk.store import Found, Place, Wanted
from app.http.errors import InvalidRequest
from app.http.etags import etag
from app.http.failures import MOST_FIELDS, NO_ID, place
from app.sync import inbox, registry
from app.sync.refusals import RecordDeleted, RecordMerged, UnknownRecord
from app.sync.registry import Collection
from app.sync.scope import Rule
from app.sync.target import rights_of

_NO_ID = "uuid_parsing"
_TAG = 6
PAGING = ("limit", "page")


async def read(work: Work[Session], collection: Collection, record_id: UUID, known: str | None) -> Answered:
    """Answer with a record, or say that who asks has it."""
    rule = await _rule(work, collection)
    found = _living(await store.find(work.session, (collection.number, record_id), rule))
    if known and is_known(known, etag(found.body_revision)):
        return Answered(304, headers={"ETag": etag(found.body_revision)})
    return shown(found)


async def _rule(work: Work[Session], collection: Collection) -> Rule:
    """Return what the user may see of a collection; raises `PermissionDenied` where it is nothing at all."""
    rights = await rights_of(work.session, work.who, work.clock)
    if collection.number not in rights:
        raise PermissionDenied(feature=collection.feature, level=Level.VIEW_ONLY)
    return rights[collection.number]


def _living(found: Found | None) -> Found:
    if found is None:
        raise refusal_of(UnknownRecord())
    if found.merged_into is not None:
        raise refusal_of(RecordMerged({"merged_into": str(found.merged_into)}))
    if found.is_deleted:
        raise refusal_of(RecordDeleted())
    return found


async def read_page(
    work: Work[Session], collection: Collection, links: Mapping[str, UUID], page: str | None, limit: int
) -> Answered:
    """Answer with some records that name others, from the latest day on, or from where a page ended."""
    rule = await _rule(work, collection)
    tag = _tag(work.who.account_id, collection, links)
    after = _opened(page, tag) if page is not None else None
    found = await store.page(work.session, Wanted(collection, rule, links, after), limit)
    return listed(found.bodies, _closed(found.end, tag) if found.end else None)


async def read_inbox(work: Work[Session], *, is_open: bool | None, page: str | None, limit: int) -> Answered:
    """Answer with how much of the inbox waits for a decision, and a page of it or of what was decided."""
    count = await inbox.count_open(work.session, work.who)
    if is_open is None:
        return inbox_page(count, None, None)
    collection = registry.numbered(registry.number_of(inbox.INBOX))
    rule = await _rule(work, collection)
    tag = _tag(work.who.account_id, collection, {}, "open" if is_open else "decided")
    after = _opened(page, tag) if page is not None else None
    found = await store.page(work.session, Wanted(collection, rule, {}, after, is_open), limit)
    return inbox_page(count, found.bodies, _closed(found.end, tag) if found.end else None)


def links_in(collection: Collection, asked: Iterable[tuple[str, str]]) -> dict[str, UUID]:
    """Return the records that those listed must name, by field; raises `InvalidRequest` for any other filter.

    One that is not known would let everything through.
    """
    names, links, wrong = {spec.name for spec in collection.links}, dict[str, UUID](), list[dict[str, str]]()
    for name, value in asked:
        if name in PAGING:
            continue
        code = "extra_forbidden" if name not in names else "given_twice" if name in links else ""
        try:
            links[name] = UUID(value)
        except ValueError:
            code = code or _NO_ID
        if code:
            told = {"path": place("query", name), "code": code}
            wrong.append(told | ({"reason": NO_ID} if code == _NO_ID else {}))
    if wrong:
        raise InvalidRequest(fields=wrong[:MOST_FIELDS])
    return dict(sorted(links.items()))


def _tag(account_id: UUID, collection: Collection, links: Mapping[str, UUID], *which: str) -> str:
    """Return a short text by which a list is known again."""
    told = orjson.dumps([account_id, collection.name, links, *which])
    return sha256(told).hexdigest()[:_TAG]


def _closed(place: Place, tag: str) -> str:
    day, record_id = place
    return urlsafe_b64encode(orjson.dumps([tag, day.toordinal(), str(record_id)])).decode().rstrip("=")


def _opened(page: str, tag: str) -> Place:
    try:
        told, day, record_id = orjson.loads(b64decode(page + "=" * (-len(page) % 4), b"-_", validate=True))
        if told != tag:
            raise PageMalformed
        return date.fromordinal(day), UUID(record_id)
    except (ValueError, TypeError, AttributeError, OverflowError):
        raise PageMalformed from None
