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
from app.cards.transit.adapter import Credentials, Key, Keys, Transit
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
        keys = _KeptKeys(self, merchant.account_id, merchant.changed_at, known)
        return self._way(environment, self._opened(merchant), keys)

    def trial(self, environment: Environment, credentials: Credentials) -> tuple[Gateway, "NewKeys"]:
        """Return the way to a processor for who is not kept yet, and where a key it gives is found then."""
        keys = NewKeys()
        return self._way(environment, credentials, keys), keys

    def _way(self, environment: Environment, credentials: Credentials, keys: Keys) -> Gateway:
        return Transit(
            self.processors.wire(environment),
            credentials,
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

    def sealed_key(self, account_id: UUID, key: Key) -> bytes:
        """Return a transaction key as it is kept."""
        return self.vault.seal(account_id, TRANSACTION_KEY, key.secret)


@dataclass(slots=True)
class NewKeys:
    """The transaction key of a merchant who is not kept yet."""

    made: Key | None = None

    async def current(self) -> Key | None:
        """Return the key that was made."""
        return self.made

    async def latest(self) -> Key | None:
        """Return the same: nobody else has it."""
        return self.made

    async def keep(self, key: str) -> None:
        """Keep it until the merchant is kept."""
        self.made = Key(key, clock.now())

    def refused(self, code: str) -> None:
        """Whoever tries is told."""


@dataclass(slots=True)
class _KeptKeys:
    """A merchant's transaction key, sealed in the database for all processes.

    It was read with the merchant: while a card is charged no connection is waited for. Of a merchant that was
    changed since, nothing is read or kept: its key would be another's.
    """

    till: Till
    account_id: UUID
    changed_at: datetime
    known: Key | None

    async def current(self) -> Key | None:
        return self.known

    async def latest(self) -> Key | None:
        try:
            async with self.till.database.reading(self.account_id) as session:
                merchant = await store.merchant(session)
        except AppError:
            return self.known
        if merchant and merchant.changed_at == self.changed_at:
            self.known = _key_of(self.till.vault, merchant)
        return self.known

    async def keep(self, key: str) -> None:
        self.known = Key(key, clock.now())
        sealed = self.till.sealed_key(self.account_id, self.known)
        try:
            async with self.till.database.beside(self.account_id) as session:
                await store.keep_key(session, sealed, self.known.made_at, self.changed_at)
        except AppError:
            # Whoever is next gets another.
            log.warning("a transaction key of account %s was not kept", self.account_id)

    def refused(self, code: str) -> None:
        # Each charge, field and lookup would say the same.
        if self.till.processors.is_new_refusal(self.account_id, self.changed_at):
            log.error("the processor refuses the credentials of account %s: %s", self.account_id, code[:8])


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
