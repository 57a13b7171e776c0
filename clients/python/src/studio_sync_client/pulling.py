"""The pull of an exchange: storing its page, and going on where a cursor or the copy is no good."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from studio_sync_client import outbox, paging
from studio_sync_client.digests import differing, digests
from studio_sync_client.errors import Json, Problem
from studio_sync_client.healing import Healed, Healer
from studio_sync_client.paging import Page
from studio_sync_client.session import Session
from studio_sync_client.store import Store

# What ends a cursor and nothing else: the copy is the signed-in user's own, and so is the queue.
_ENDS_OF_A_CURSOR = frozenset({"resync_required", "cursor_malformed", "cursor_collections"})
_COMPARED_EVERY = 86_400
"""Seconds after which a copy is compared with what it must hold without being asked to."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What pages are asked for; `collections` None is all of them."""

    collections: Sequence[str] | None = None
    max_rows: int = 2_000
    max_bytes: int = 1_000_000


class Puller:
    """The pages of one sync; `drifted` are collections that were not as they should be, and were repaired."""

    def __init__(
        self,
        store: Store,
        session: Session,
        wanted: Wanted,
        on_page: Callable[[Page], None],
        *,
        now: float,
        verify: bool,
    ) -> None:
        self.pages = 0
        self.drifted: list[str] = []
        self._store = store
        self._session = session
        self._wanted = wanted
        self._on_page = on_page
        self._now = now
        # A clock that was set back says nothing about how long ago that was.
        self._is_compared = verify or not 0 <= now - (store.state("compared_at") or 0) < _COMPARED_EVERY
        self._has_begun_again = False

    def asks(self, cursor: str | None, sent: Sequence[int] = ()) -> Json:
        """Return what to ask for, with what the queue has beside the numbers sent along."""
        return {
            **outbox.waiting(self._store, sent[-1] if sent else 0, self._now),
            "cursor": cursor,
            "max_rows": self._wanted.max_rows,
            "max_bytes": self._wanted.max_bytes,
            "collections": self._collections,
            "digests": self._is_compared,
        }

    def keep(self, answer: Json, asked: str | None) -> bool:
        """Store a page, repair what is not as it says, and say whether to ask for another one."""
        page = paging.store_page(self._store, answer, asked=asked, now=self._now)
        if page is None:
            return True
        self.pages += 1
        self._on_page(page)
        if answer["digests"] is not None:
            self._compare(answer["cursor"], answer["digests"])
        return page.has_more

    def recovers(self, problem: Problem, asked: str | None) -> bool:
        """Go on without a cursor that is no good, once: with the copy repaired, or from the beginning."""
        if problem.code not in _ENDS_OF_A_CURSOR or asked is None or self._has_begun_again:
            return False
        self._has_begun_again = True
        if problem.members.get("mode") == "reconcile":
            self._note(Healer(self._store, self._session, self._collections).reconcile())
            # What changed while it was repaired shows when all of it is compared.
            self._is_compared = True
        else:
            paging.begin_again(self._store)
        return True

    def _compare(self, cursor: str, told: Json) -> None:
        if differing(digests(self._store), told):
            self._note(Healer(self._store, self._session, self._collections).repair(cursor, told))
        self._store.keep("compared_at", self._now)

    def _note(self, healed: Healed) -> None:
        self.pages += healed.pages
        self.drifted += [each for each in healed.collections if each not in self.drifted]

    @property
    def _collections(self) -> list[str] | None:
        wanted = self._wanted.collections
        return None if wanted is None else list(wanted)
