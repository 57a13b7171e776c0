"""Where a client orders: transactions that judge anew whether they may come in, and how often they may."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import TypeVar, cast
from uuid import UUID

from app.accounts.standing import Work, acting
from app.cards.till import Till
from app.core.db import Session, WriteSession
from app.galleries import visits as ordering_visits
from app.galleries.order_refusals import GalleryClosed
from app.http.limits import Limit
from app.http.networks import address_of, network_of
from app.portal import store
from app.portal.web.visits import NoGallery, SignedOut, Visit

ORDERS = Limit("portal orders", 30, 3_600), Limit("portal orders of a network", 300, 3_600)
CHARGES = Limit("portal charges", 10, 900), Limit("portal charges of a network", 100, 900)
"""How often a client orders, or charges a card, and how often all do who come from one network.

A client is counted, not their sign-in: another sign-in is had for nothing. Who tries stolen cards tries many.
"""
S = TypeVar("S", bound=Session)


@dataclass(frozen=True, slots=True)
class Counter:
    """A client at their gallery, and how transactions are opened for them: the card room asks for no more."""

    page: Visit

    @property
    def till(self) -> Till:
        """Return what cards are charged with."""
        return cast("Till", self.page.api.state.till)

    @property
    def visit(self) -> ordering_visits.Visit:
        """Return who orders, and where, by ids that are the driver's own no longer: they are told in JSON."""
        gallery = self.page.gallery
        return ordering_visits.Visit(UUID(int=gallery.gallery_id.int), UUID(int=gallery.client_id.int))

    @property
    def account_id(self) -> UUID:
        """Return the account."""
        return self.page.gallery.account_id

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Work[Session]]:
        """Open a snapshot for the client."""
        async with self.page.database.reading(self.account_id) as session:
            with _closing():
                yield await self._admitted(session)

    def writing(self) -> AbstractAsyncContextManager[Work[WriteSession]]:
        """Open a transaction for the client, in the account's turn."""
        return self._writing()

    @asynccontextmanager
    async def _writing(self) -> AsyncIterator[Work[WriteSession]]:
        async with self.page.database.writing(self.account_id) as session:
            with _closing():
                yield await self._admitted(session)

    def count(self, limits: tuple[Limit, Limit]) -> None:
        """Count what the client does, or refuse it."""
        own, of_network = limits
        self.page.limits.count(own, f"{self.visit.gallery_id} {self.visit.client_id}")
        # A proxy that does not say for whom it asks is no network.
        if network := network_of(address_of(self.page.request.scope)):
            self.page.limits.count(of_network, network)

    async def _admitted(self, session: S) -> Work[S]:
        """Refuse a gallery that has closed since the request came, and a sign-in that has ended."""
        gallery = await store.open_gallery(session, self.visit.gallery_id)
        if gallery is None:
            raise NoGallery
        token = self.page.token_hash
        row = await store.sign_in(session, token) if token else None
        theirs = self.visit.gallery_id, self.visit.client_id
        if row is None or row["is_limited"] or (row["gallery_id"], row["client_id"]) != theirs:
            raise SignedOut
        if gallery.client_id != self.visit.client_id:
            raise SignedOut
        return await acting(session, self.page.who)


@contextmanager
def _closing() -> Iterator[None]:
    """Answer a gallery that is closed as any other that is none."""
    try:
        yield
    except GalleryClosed:
        raise NoGallery from None
