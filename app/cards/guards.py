"""What routes of card payments depend on: transactions around the processor, never open over it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from app.accounts.guards import Caller, KeysOf
from app.accounts.standing import Work, admit
from app.accounts.tokens import Claims
from app.cards.till import Till, TillOf
from app.core.db import Session, WriteSession
from app.core.keys import KeyRing
from app.http.limits import Limit

CHARGES = Limit("card charges", 60)
"""Charges, voids, refunds, cards to be saved of a sign-in in a minute: who tries stolen cards tries many."""


@dataclass(frozen=True, slots=True)
class Counter:
    """Whoever asks, and how transactions are opened for them: each judges anew whether they may come in."""

    till: Till
    keys: KeyRing
    claims: Claims
    count: Callable[[], None]

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Work[Session]]:
        """Open a snapshot for whoever asks."""
        async with self.till.database.reading(self.claims.account_id) as session:
            yield await admit(session, self.keys, self.claims)

    def writing(self) -> AbstractAsyncContextManager[Work[WriteSession]]:
        """Open a transaction for whoever asks, in the account's turn."""
        return self._writing()

    @asynccontextmanager
    async def _writing(self) -> AsyncIterator[Work[WriteSession]]:
        async with self.till.database.writing(self.claims.account_id) as session:
            yield await admit(session, self.keys, self.claims)


async def _counter(request: Request, claims: Caller, keys: KeysOf, till: TillOf) -> Counter:
    limits, caller = request.app.state.limits, str(claims.sign_in_id)
    return Counter(till, keys, claims, lambda: limits.count(CHARGES, caller))


CounterOf = Annotated[Counter, Depends(_counter)]
