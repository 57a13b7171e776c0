"""Asking the processor with no transaction open: what was committed is sent, and its answer written."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import TypeVar
from uuid import UUID

from app.accounts.standing import Work
from app.cards import attempts, store
from app.cards.gateway import (
    Amount,
    Booked,
    Declined,
    Gateway,
    HostedField,
    Look,
    MayGo,
    NotSent,
    Outcome,
    Unavailable,
    Unknown,
    Why,
)
from app.cards.settling import settle
from app.cards.till import Till
from app.core.db import WriteSession

Opens = Callable[[], AbstractAsyncContextManager[Work[WriteSession]]]
"""Opens a transaction for whoever asks, in the account's turn."""
T = TypeVar("T")
_SENDS_WITHIN = 20.0
"""Seconds after its commit within which an attempt is sent, or not at all: a process may have stood still."""
_MOVES_WITHIN = 60.0
"""Seconds whoever waits is kept waiting for money that moves; after that it is found out."""
ASKS_WITHIN = 33.0
"""Seconds any other question takes at most: a lookup, a void and one more lookup are over within a claim."""


@dataclass(frozen=True, slots=True)
class Ready:
    """An attempt that is committed, and how it is sent; `since` is when, by `seconds`."""

    gateway: Gateway
    attempted: Booked
    ask: Callable[[MayGo], Awaitable[Outcome]]
    since: float


def seconds() -> float:
    """Return seconds that run on while the machine sleeps, where it has a clock that does."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


async def carry_out(till: Till, account_id: UUID, ready: Ready) -> None:
    """Send what is ready, and write what was answered; what is booked otherwise than asked is taken back."""
    outcome = await _sent(ready)
    sent = ready.attempted
    # What is known now is not to be found out again because others are busy.
    async with till.database.writing(account_id, is_urgent=True) as session:
        if isinstance(outcome, Declined) and outcome.why is Why.ALIKE:
            outcome = await _told_apart(session, sent, outcome)
        after = await settle(session, till, sent.external_ref, partial(_sold, outcome))
    if after.is_reversed and after.receipt:
        booked = Booked(sent.external_ref, sent.amount, after.receipt.transaction_id)
        await take_back(till, ready.gateway, account_id, booked)


async def take_back(
    till: Till, way: Gateway, account_id: UUID, booked: Booked, claim: UUID | None = None
) -> attempts.Attempt:
    """Void what an attempt has booked, or may have, and write what has become of it."""
    outcome = await _within(ASKS_WITHIN, way.void(booked), Unknown("too slow"))
    look = await look_up(way, booked.external_ref) if attempts.needs_look(outcome) else None
    async with till.database.writing(account_id, is_urgent=True) as session:
        return await settle(session, till, booked.external_ref, partial(_voided, outcome, look), claim)


async def look_up(way: Gateway, external_ref: str) -> Look:
    """Ask what has become of an attempt, as long as a question may take."""
    return await _within(ASKS_WITHIN, way.lookup(external_ref), Unavailable("too slow"))


async def tried(way: Gateway) -> NotSent | Unknown | None:
    """Ask whether the processor takes the merchant's credentials, as long as a question may take."""
    return await _within(ASKS_WITHIN, way.try_credentials(), Unknown("too slow"))


async def opened(way: Gateway, amount: Amount, day: date) -> HostedField | Unavailable:
    """Ask where a card is typed in, as long as a question may take."""
    return await _within(ASKS_WITHIN, way.client_session(amount, day), Unavailable("too slow"))


async def _told_apart(session: WriteSession, sent: Booked, outcome: Outcome) -> Outcome:
    """Leave in doubt what the processor takes for another of which nobody knows yet what became of it.

    It may have been meant: whoever was told that it is declined would charge the card for it once more.
    """
    is_doubtful = await store.is_alike_in_doubt(session, sent.external_ref, sent.amount.minor)
    return Unknown("alike to one in doubt") if is_doubtful else outcome


async def _sent(ready: Ready) -> Outcome:
    def may_go() -> bool:
        return seconds() - ready.since <= _SENDS_WITHIN

    if not may_go():
        return NotSent("the process stood still")
    return await _within(_MOVES_WITHIN, ready.ask(may_go), Unknown("too slow"))


async def _within(most: float, asking: Awaitable[T], otherwise: T) -> T:
    try:
        async with asyncio.timeout(most):
            return await asking
    except TimeoutError:
        return otherwise


def _sold(outcome: Outcome, attempt: attempts.Attempt, now: datetime) -> attempts.Attempt:
    return attempts.sold(attempt, outcome, now)


def _voided(
    outcome: Outcome, look: Look | None, attempt: attempts.Attempt, now: datetime
) -> attempts.Attempt:
    return attempts.voided(attempt, outcome, look, now)
