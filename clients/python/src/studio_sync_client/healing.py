"""Healing: finding where the copy differs from what it must hold, ever finer, and fetching just that."""

from collections.abc import Iterator
from dataclasses import dataclass

from studio_sync_client import paging, records
from studio_sync_client.digests import differing, digest_of, digests
from studio_sync_client.errors import Drifted, Json, Problem
from studio_sync_client.records import Buckets
from studio_sync_client.session import Session
from studio_sync_client.store import Store

_MOST_AT_ONCE = 10_000
"""How many records one question names."""
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Healed:
    """What was repaired: the collections that differed, and the pages of repairs it took."""

    collections: list[str]
    pages: int


class Healer:
    """One repair. What is not pushed yet is left aside: the copies of the server's records are compared."""

    def __init__(self, store: Store, session: Session, collections: list[str] | None) -> None:
        self._store = store
        self._session = session
        self._collections = collections
        self._pages = 0

    def repair(self, cursor: str, told: Json) -> Healed:
        """Repair what differs from the digests of the consistent page that brought the cursor.

        Raises `Drifted` when it differs still.
        """
        found = self._repair(cursor, told)
        if left := differing(digests(self._store), told):
            raise Drifted(", ".join(left))
        return Healed(found, self._pages)

    def reconcile(self) -> Healed:
        """Repair a copy whose cursor cannot be continued, and keep a new cursor once all is done.

        Until then the old one stays: what is cut short begins again, and finds less to do.
        """
        records.doubt_ours(self._store)
        for attempt in range(_ATTEMPTS):
            try:
                answer = self._ask(None)
                found = self._repair(answer["cursor"], answer["digests"])
            except Problem as problem:
                # What the device should hold has changed on the way.
                if problem.code != "not_consistent" or attempt + 1 == _ATTEMPTS:
                    raise
            else:
                paging.keep_cursor(self._store, answer["cursor"])
                break
        return Healed(found, self._pages)

    def _repair(self, cursor: str, told: Json) -> list[str]:
        found = differing(digests(self._store), told)
        for collection in found:
            buckets = self._ask(cursor, collection)["buckets"]
            for held in _parts(self._differing(collection, buckets)):
                self._fetch(cursor, collection, held)
        return found

    def _differing(self, collection: str, told: Json) -> Buckets:
        """Return what is held in those buckets of a collection that differ."""
        held = records.buckets(self._store, collection)
        kept = {name: digest_of(bucket.items()) for name, bucket in held.items()}
        return {name: held.get(name, {}) for name in differing(kept, told)}

    def _fetch(self, cursor: str, collection: str, held: Buckets) -> None:
        """Fetch what repairs some buckets, as often as there is more."""
        has_more = True
        while has_more:
            answer = self._ask(cursor, collection, held)
            paging.store_repairs(self._store, answer["changes"])
            self._pages += 1
            has_more = answer["has_more"]
            if has_more:
                fresh = records.buckets(self._store, collection)
                held = {name: fresh.get(name, {}) for name in held}

    def _ask(self, cursor: str | None, collection: str | None = None, held: Buckets | None = None) -> Json:
        body = {"cursor": cursor, "collections": self._collections, "collection": collection, "held": held}
        return self._session.ask("POST", "/v1/sync/verify", body=body)


def _parts(buckets: Buckets) -> Iterator[Buckets]:
    """Part buckets so that no question becomes too long."""
    part: Buckets = {}
    room = _MOST_AT_ONCE
    for name, held in buckets.items():
        room -= len(held)
        if part and room < 0:
            yield part
            part, room = {}, _MOST_AT_ONCE - len(held)
        part[name] = held
    if part:
        yield part
