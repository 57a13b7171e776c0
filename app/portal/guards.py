"""What routes of logins depend on: transactions around a password, which is never hashed within one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from app.accounts.guards import Caller, KeysOf
from app.accounts.standing import Work, admit
from app.accounts.tokens import Claims
from app.core.db import Database, Session, WriteSession
from app.core.keys import KeyRing
from app.http.unit_of_work import DatabaseOf
from app.portal.telling import Post


@dataclass(frozen=True, slots=True)
class Asker:
    """Whoever asks, and how transactions are opened for them: each judges anew whether they may come in."""

    database: Database
    keys: KeyRing
    claims: Claims
    post: Post

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Work[Session]]:
        """Open a snapshot for whoever asks."""
        async with self.database.reading(self.claims.account_id) as session:
            yield await admit(session, self.keys, self.claims)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Work[WriteSession]]:
        """Open a transaction for whoever asks, in the account's turn."""
        async with self.database.writing(self.claims.account_id) as session:
            yield await admit(session, self.keys, self.claims)


async def _asker(request: Request, database: DatabaseOf, keys: KeysOf, claims: Caller) -> Asker:
    state = request.app.state
    return Asker(database, keys, claims, Post(state.vault, state.public_url))


AskerOf = Annotated[Asker, Depends(_asker)]
