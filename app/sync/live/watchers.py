"""All who wait in this process, by account, and the looks that tell what has become of them."""

import asyncio
import logging
from dataclasses import dataclass, field
from uuid import UUID

from app.accounts.standing import look_again
from app.accounts.tokens import Claims
from app.core import metrics
from app.core.db import Database
from app.core.errors import AppError
from app.core.keys import KeyRing
from app.http.errors import Unavailable, retry_after
from app.sync.errors import TooManyStreams
from app.sync.live.watcher import End, Position, Watcher

log = logging.getLogger("studio.live")

PER_SIGN_IN = 3
"""Waits of one sign-in; a phone that lost its connection leaves one behind that nobody listens to."""

LONGEST_WAIT = 55
"""Seconds after which a long poll is answered; proxies often give up after sixty."""

_LOOKS_AT_ONCE = 2
_BETWEEN_LOOKS = 0.1
_AFTER_FAILURE = 1.0


@dataclass(slots=True)
class _Account:
    """Who waits in one account, the oldest first, and whether something was written since the last look."""

    watchers: dict[Watcher, None] = field(default_factory=dict)
    is_due: bool = False
    looking: asyncio.Task[None] | None = None


class Watchers:
    """Lets callers wait without anything of the database, and wakes those of an account that was written.

    An account that was written is looked at: one short read tells where it is and how each of its callers
    stands. It is looked at once, however many wait, and a few times a second at most, however busy it is.
    """

    def __init__(self, database: Database, keys: KeyRing, *, most: int, most_per_account: int) -> None:
        """Say how many may wait in all, and in one account."""
        self._database = database
        self._keys = keys
        self._most, self._most_per_account = most, most_per_account
        self._accounts: dict[UUID, _Account] = {}
        self._count = 0
        self._is_closed = False
        self._looks = asyncio.Semaphore(_LOOKS_AT_ONCE)

    def enter(self, claims: Claims) -> Watcher:
        """Let a caller wait, to be told of whatever is written from now on.

        Raises `TooManyStreams` for its account, `Unavailable` for the process.
        """
        if self._is_closed or self._count >= self._most:
            raise Unavailable(headers=retry_after(5, 30))
        account = self._accounts.setdefault(claims.account_id, _Account())
        own = [each for each in account.watchers if each.claims.sign_in_id == claims.sign_in_id]
        if len(own) >= PER_SIGN_IN:
            own[0].end(End.REPLACED)
            self.leave(own[0])
        elif len(account.watchers) >= self._most_per_account:
            raise TooManyStreams(headers=retry_after(5, 30))
        # The last of an account may have left just above, and its account with it.
        self._accounts[claims.account_id] = account
        watcher = Watcher(claims)
        account.watchers[watcher] = None
        self._count += 1
        metrics.live_streams.add(1)
        return watcher

    def leave(self, watcher: Watcher) -> None:
        """Forget a caller; a second time changes nothing."""
        account = self._accounts.get(watcher.claims.account_id)
        if account is None or watcher not in account.watchers:
            return
        del account.watchers[watcher]
        self._count -= 1
        metrics.live_streams.add(-1)
        if not account.watchers:
            del self._accounts[watcher.claims.account_id]

    def wake(self, account_id: UUID) -> None:
        """Look at an account soon, if anybody waits in it."""
        account = self._accounts.get(account_id)
        if account is None:
            return
        account.is_due = True
        if account.looking is None:
            attending = self._attend(account_id, account)
            account.looking = asyncio.get_running_loop().create_task(attending)

    def wake_all(self) -> None:
        """Look at every account: something may have been written that nobody heard of."""
        for account_id in self._accounts:
            self.wake(account_id)

    def close(self) -> None:
        """End every wait, and let nobody wait any more: the server is about to stop."""
        self._is_closed = True
        for account in self._accounts.values():
            for watcher in account.watchers:
                watcher.end(End.RESTART)

    async def _attend(self, account_id: UUID, account: _Account) -> None:
        try:
            while account.is_due and account.watchers:
                account.is_due = False
                async with self._looks:
                    await self._look(account_id, account)
                await asyncio.sleep(_BETWEEN_LOOKS)
        finally:
            account.looking = None

    async def _look(self, account_id: UUID, account: _Account) -> None:
        """Tell those who wait where the account is, and end the wait of those who may no longer."""
        watchers = list(account.watchers)
        try:
            callers = [each.claims for each in watchers]
            stands = await look_again(self._database, self._keys, account_id, callers)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is tried again
            log.warning("a look at an account failed: %s", type(error).__name__)
            account.is_due = True
            # Inside the turn, so that a database that is away is not asked again and again for every account.
            await asyncio.sleep(_AFTER_FAILURE)
            return
        for watcher in watchers:
            found = stands[watcher.claims.sign_in_id]
            if isinstance(found, AppError):
                watcher.end(found)
            else:
                watcher.tell(Position.of(found))
