"""What all that charges cards works with: the database, the vault, and the ways to processors."""

import logging
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, cast
from uuid import UUID

import orjson
from fastapi import Depends, Request

from app.cards import store
from app.cards.gateway import Gateway
from app.cards.models import CardMerchant
from app.cards.processors import Environment, Processors
from app.cards.transit.adapter import Credentials, Key, Transit
from app.core import clock
from app.core.db import Database
from app.core.errors import AppError
from app.core.vault import SealBroken, Vault
from app.http.unit_of_work import DatabaseOf

CREDENTIALS = "card merchant"
TRANSACTION_KEY = "card transaction key"
log = logging.getLogger("studio.cards")


@dataclass(frozen=True, slots=True)
class Till:
    """What all that charges cards works with."""

    database: Database
    vault: Vault
    processors: Processors

    def gateway(self, merchant: CardMerchant) -> Gateway:
        """Return a merchant's way to their processor; raises `SealBroken` where the vault lost its key."""
        environment = Environment(merchant.environment)
        known = _key_of(self.vault, merchant)
        keys = _KeptKeys(self.database, self.vault, merchant.account_id, merchant.changed_at, known)
        return Transit(
            self.processors.wire(environment),
            self._opened(merchant),
            keys,
            environment=environment.value,
            is_simulated=environment is Environment.SIMULATOR,
        )

    def print_of(self, merchant: CardMerchant) -> bytes:
        """Return what tells a merchant apart from others; raises `SealBroken` as `gateway` does."""
        return self._opened(merchant).print_in(merchant.environment)

    def is_of(self, merchant: CardMerchant, kept: bytes | None, since: datetime) -> bool:
        """Say whether what was made at some time is the present merchant's, by the print kept with it.

        Versions without prints kept none: it is where nothing was changed since. Raises `SealBroken`.
        """
        return merchant.changed_at <= since if kept is None else kept == self.print_of(merchant)

    def _opened(self, merchant: CardMerchant) -> Credentials:
        opened = self.vault.open(merchant.account_id, CREDENTIALS, merchant.credentials)
        return Credentials(**orjson.loads(opened))

    def sealed(self, account_id: UUID, credentials: Credentials) -> bytes:
        """Return credentials as they are kept."""
        told = {name: getattr(credentials, name) for name in Credentials.__slots__}
        return self.vault.seal(account_id, CREDENTIALS, orjson.dumps(told).decode())


@dataclass(slots=True)
class _KeptKeys:
    """A merchant's transaction key, sealed in the database for all processes.

    It was read with the merchant: while a card is charged no connection is waited for. Of a merchant that was
    changed since, nothing is read or kept: its key would be another's.
    """

    database: Database
    vault: Vault
    account_id: UUID
    changed_at: datetime
    known: Key | None

    async def current(self) -> Key | None:
        return self.known

    async def latest(self) -> Key | None:
        try:
            async with self.database.reading(self.account_id) as session:
                merchant = await store.merchant(session)
        except AppError:
            return self.known
        if merchant and merchant.changed_at == self.changed_at:
            self.known = _key_of(self.vault, merchant)
        return self.known

    async def keep(self, key: str) -> None:
        self.known = Key(key, clock.now())
        sealed = self.vault.seal(self.account_id, TRANSACTION_KEY, key)
        try:
            async with self.database.beside(self.account_id) as session:
                await store.keep_key(session, sealed, self.known.made_at, self.changed_at)
        except AppError:
            # Whoever is next gets another.
            log.warning("a transaction key of account %s was not kept", self.account_id)


def _key_of(vault: Vault, merchant: CardMerchant) -> Key | None:
    """Return a merchant's transaction key; none where it does not open, since another is easily had."""
    if merchant.transaction_key is None or merchant.key_made_at is None:
        return None
    try:
        opened = vault.open(merchant.account_id, TRANSACTION_KEY, merchant.transaction_key)
    except SealBroken:
        return None
    return Key(opened, merchant.key_made_at)


async def _till(request: Request, database: DatabaseOf) -> Till:
    return replace(cast("Till", request.app.state.till), database=database)


TillOf = Annotated[Till, Depends(_till)]
