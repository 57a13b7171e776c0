"""What all that charges cards works with: the database, the vault, and the ways to processors."""

from dataclasses import dataclass, replace
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
from app.core.vault import SealBroken, Vault
from app.http.unit_of_work import DatabaseOf

CREDENTIALS = "card merchant"
TRANSACTION_KEY = "card transaction key"


@dataclass(frozen=True, slots=True)
class Till:
    """What all that charges cards works with."""

    database: Database
    vault: Vault
    processors: Processors

    def gateway(self, merchant: CardMerchant) -> Gateway:
        """Return a merchant's way to their processor; raises `SealBroken` where the vault lost its key."""
        account_id, environment = merchant.account_id, Environment(merchant.environment)
        opened = orjson.loads(self.vault.open(account_id, CREDENTIALS, merchant.credentials))
        keys = _KeptKeys(self.database, self.vault, account_id)
        wire = self.processors.wire(environment)
        is_simulated = environment is Environment.SIMULATOR
        return Transit(wire, Credentials(**opened), keys, is_simulated=is_simulated)

    def sealed(self, account_id: UUID, credentials: Credentials) -> bytes:
        """Return credentials as they are kept."""
        told = {name: getattr(credentials, name) for name in Credentials.__slots__}
        return self.vault.seal(account_id, CREDENTIALS, orjson.dumps(told).decode())


@dataclass(frozen=True, slots=True)
class _KeptKeys:
    """A merchant's transaction key, sealed in the database for all processes."""

    database: Database
    vault: Vault
    account_id: UUID

    async def current(self) -> Key | None:
        async with self.database.reading(self.account_id) as session:
            merchant = await store.merchant(session)
        if merchant is None or merchant.transaction_key is None or merchant.key_made_at is None:
            return None
        try:
            opened = self.vault.open(self.account_id, TRANSACTION_KEY, merchant.transaction_key)
        except SealBroken:
            # Another is to be had for the asking.
            return None
        return Key(opened, merchant.key_made_at)

    async def keep(self, key: str) -> None:
        async with self.database.beside(self.account_id) as session:
            sealed = self.vault.seal(self.account_id, TRANSACTION_KEY, key)
            await store.keep_key(session, sealed, clock.now())


async def _till(request: Request, database: DatabaseOf) -> Till:
    return replace(cast("Till", request.app.state.till), database=database)


TillOf = Annotated[Till, Depends(_till)]
