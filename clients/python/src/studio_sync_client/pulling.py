"""Pulling page by page until there is no more, and beginning again where a cursor or the copy is no good."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from studio_sync_client import paging
from studio_sync_client.digests import drifted
from studio_sync_client.errors import Drifted, Json, Problem
from studio_sync_client.paging import Page
from studio_sync_client.session import Session
from studio_sync_client.store import Store

# What ends a cursor and nothing else: the copy is the signed-in user's own, and so is the queue.
_ENDS_OF_A_CURSOR = frozenset({"resync_required", "cursor_malformed", "cursor_collections"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """What pages are asked for; `collections` None is all of them."""

    collections: Sequence[str] | None = None
    max_rows: int = 2_000
    max_bytes: int = 1_000_000


class Puller:
    """One pull to the end; `drifted` are collections that were not as they should be, fetched anew."""

    def __init__(
        self,
        store: Store,
        session: Session,
        wanted: Wanted,
        on_page: Callable[[Page], None],
        now: Callable[[], float],
    ) -> None:
        self.pages = 0
        self.drifted: list[str] = []
        self._store = store
        self._session = session
        self._wanted = wanted
        self._on_page = on_page
        self._now = now
        self._has_begun_again = False

    def run(self, *, verify: bool) -> None:
        """Pull; `verify` compares the end with what must be held."""
        has_more = True
        while has_more:
            asked = paging.cursor(self._store)
            answer = self._ask(asked, verify=verify)
            has_more = answer is None or self._keep(answer, asked)

    def _ask(self, cursor: str | None, *, verify: bool) -> Json | None:
        """Return the next page, None when the cursor was no good and has been dropped."""
        wanted = self._wanted
        body = {
            "cursor": cursor,
            "max_rows": wanted.max_rows,
            "max_bytes": wanted.max_bytes,
            "collections": wanted.collections,
            "digests": verify,
        }
        try:
            return self._session.ask("POST", "/v1/sync/pull", body=body)
        except Problem as problem:
            if problem.code not in _ENDS_OF_A_CURSOR or cursor is None or self._has_begun_again:
                raise
            self._begin_again()
            return None

    def _keep(self, answer: Json, asked: str | None) -> bool:
        """Store a page and say whether to ask for another one."""
        page = paging.store_page(self._store, answer, asked=asked, now=self._now())
        if page is None:
            return True
        self.pages += 1
        self._on_page(page)
        return page.has_more or self._must_repair(answer["digests"])

    def _must_repair(self, told: Json | None) -> bool:
        found = drifted(self._store, told) if told is not None else []
        if not found:
            return False
        if self.drifted or self._has_begun_again:
            raise Drifted(", ".join(found))
        self.drifted = found
        self._begin_again()
        return True

    def _begin_again(self) -> None:
        self._has_begun_again = True
        paging.begin_again(self._store)
