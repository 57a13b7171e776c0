"""The worker: claims letters, has them carried, and writes down what became of them; any number may work."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from time import monotonic
from typing import TypeVar
from uuid import UUID

from app.accounts.store import accounts_with_letters_due, set_letters_due
from app.core import clock
from app.core.db import Database, WriteSession
from app.core.vault import Vault
from app.outbox import store
from app.outbox.carriers import Deferred, Doubtful, Opened, Outcome, Way
from app.outbox.claiming import Claimed, Claims, Paced, give_up_late
from app.outbox.marking import Tried, mark
from app.outbox.notices import post_notices
from app.outbox.unsubscribing import Links
from app.outbox.words import Words

log = logging.getLogger("studio.outbox")
T = TypeVar("T")

_TICK = 1.0
_SLICE_LETTERS = 25
_SLICE_SECONDS = 20.0
_PACE_WAITED_FOR = 1.5
"""Seconds for which an account keeps its place when the pace of its letters has it wait."""
_TO_AN_END = 10.0
"""Seconds for the letters under way, and for writing down what became of them, when it is told to stop."""
_PAUSES = (0.1, 0.5, 1.0, 2.0, 5.0)
_MARKED_WITHIN = 600.0
"""Seconds for which it is tried to write down what became of a letter, as while the database is away."""


@dataclass(slots=True)
class Outbox:
    """Sends the letters of all accounts, those of so many `accounts` side by side.

    Accounts are served a slice each in the order in which they are due: who has one letter waits for a slice
    of those before it, not for all of their letters. Of one account and channel only one letter is between
    claim and mark, in whatever process: what is written in an account's turn is written one after the other.
    A process that is killed leaves one claim for each account it was sending for, which ends by itself.
    """

    database: Database
    ways: Sequence[Way]
    vault: Vault
    seconds: float = 60
    accounts: int = 8
    links: Links | None = None
    _tasks: dict[UUID, "asyncio.Task[None]"] = field(default_factory=dict)
    _stopping: bool = False
    _woken: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Send what is due, until cancelled; then the letters under way are brought to an end."""
        try:
            while True:
                try:
                    await self._begin()
                except Exception as error:  # noqa: BLE001 - whatever it is, letters are to be sent
                    log.warning("letters wait: %s", type(error).__name__)
                self._woken.clear()
                tick = _TICK * random.uniform(0.9, 1.1)  # noqa: S311 - no secret
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._woken.wait(), tick)
        finally:
            self._stopping = True
            if self._tasks:
                await asyncio.wait(self._tasks.values(), timeout=_TO_AN_END)
            for each in self._tasks.values():
                each.cancel()
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _begin(self) -> None:
        """Begin to serve accounts that are due, as many as there is room for."""
        room = self.accounts - len(self._tasks)
        if room <= 0:
            return
        async with self.database.directory() as connection:
            due = await accounts_with_letters_due(connection, clock.now(), self.accounts + room)
        for account_id in [each for each in due if each not in self._tasks][:room]:
            task = asyncio.create_task(self._safely(account_id))
            self._tasks[account_id] = task
            task.add_done_callback(partial(self._ended, account_id))

    def _ended(self, account_id: UUID, _: "asyncio.Task[None]") -> None:
        del self._tasks[account_id]
        # There is room for whoever is next, which may be the same account.
        self._woken.set()

    async def _safely(self, account_id: UUID) -> None:
        try:
            await self.serve(account_id)
        except Exception:
            log.exception("letters of account %s are left for the next time", account_id)
            # Who fails again and again must not stand first in the line again and again.
            await asyncio.sleep(_SLICE_SECONDS)

    async def serve(self, account_id: UUID) -> None:
        """Send an account's letters that are due, for a slice; then it is due again when the next is."""
        ends, left = monotonic() + _SLICE_SECONDS, _SLICE_LETTERS
        for way in self.ways:
            left = await self._lane(account_id, way, left, ends)

        async def settle(session: WriteSession) -> None:
            await give_up_late(session)
            await post_notices(session, self.vault)
            await set_letters_due(session, await store.next_due(session, clock.now()))

        await self._written(account_id, settle)

    async def _lane(self, account_id: UUID, way: Way, left: int, ends: float) -> int:
        """Send letters of one channel, and return for how many there is still room in the slice."""
        claims = Claims(self.vault, self.seconds, self.links)
        opened: Opened | None = None
        tried: Tried | None = None

        async def turn(session: WriteSession) -> Claimed | Paced | None:
            """Mark the last letter and claim the next, in one transaction."""
            if tried is not None:
                await mark(session, tried)
            if self._stopping or left <= 0 or monotonic() > ends:
                return None
            claimed = await claims.next(session, way, opened)
            if isinstance(claimed, Claimed):
                # Nobody else needs to look until then.
                await set_letters_due(session, claimed.until)
            return claimed

        try:
            while True:
                claimed = await self._written(account_id, turn, insists=tried is not None)
                if isinstance(claimed, Paced) and await _waited(claimed):
                    tried = None
                    claimed = await self._written(account_id, turn)
                if not isinstance(claimed, Claimed):
                    return left
                if opened is not None and opened is not claimed.opened:
                    await opened.carrier.close()
                opened, left = claimed.opened, left - 1
                tried = await self._tried(claimed)
        finally:
            if opened is not None:
                await opened.carrier.close()

    async def _tried(self, claimed: Claimed) -> Tried:
        outcome = await self._carried(claimed)
        recipients, left_out = claimed.parcel.recipients, claimed.left_out
        return Tried(claimed.row, claimed.token, recipients, left_out, claimed.opened, outcome)

    async def _carried(self, claimed: Claimed) -> Outcome:
        """Have a letter carried, within its time."""
        left = claimed.parcel.ends_at - monotonic()
        if left <= 0:
            is_in_doubt = claimed.parcel.is_in_doubt
            return Doubtful(Words("doubtful")) if is_in_doubt else Deferred(Words("server_busy"))
        try:
            # A carrier ends in time by itself, and knows best how far it has come.
            async with asyncio.timeout(left + self.seconds / 4):
                return await claimed.opened.carrier.carry(claimed.parcel)
        except TimeoutError:
            return Doubtful(Words("doubtful"))
        except Exception:
            log.exception("letter %s could not be carried", claimed.parcel.letter_id)
            return Doubtful(Words("doubtful"))

    async def _written(
        self, account_id: UUID, work: Callable[[WriteSession], Awaitable[T]], *, insists: bool = False
    ) -> T:
        """Do something in a transaction; who `insists` does it again and again while it fails.

        What was sent must be written down. A repeat of what was committed, the answer lost, finds the letter
        marked and does nothing more.
        """
        ends, tries = monotonic() + _MARKED_WITHIN, 0
        while True:
            try:
                async with self.database.writing(account_id, is_urgent=True) as session:
                    return await work(session)
            except Exception as error:
                if not insists or monotonic() > ends:
                    raise
                log.warning("letters of account %s: tried again: %s", account_id, type(error).__name__)
            await asyncio.sleep(_PAUSES[min(tries, len(_PAUSES) - 1)])
            tries += 1


async def _waited(paced: Paced) -> bool:
    """Wait for the pace of an account's letters, if that is not long."""
    wait = (paced.until - clock.now()).total_seconds()
    if wait > _PACE_WAITED_FOR:
        return False
    await asyncio.sleep(max(0.0, wait))
    return True
