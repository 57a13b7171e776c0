"""The courier: claims deliveries, posts them, and writes down what became of them; any number may work."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from time import monotonic
from typing import Any, TypeVar
from uuid import UUID

import httpcore

from app.accounts.errors import SubscriptionInactive, UserInactive
from app.accounts.standing import KeyOver, standing_of_key
from app.accounts.store import accounts_with_webhooks_due
from app.core import clock
from app.core.db import Database, Session
from app.core.ids import new_id
from app.core.vault import SealBroken, Vault
from app.webhooks import slices, store
from app.webhooks.bodies import body_of
from app.webhooks.pausing import end, settle
from app.webhooks.posting import AT_ONCE, Outcome, Poster
from app.webhooks.sealing import sealed_as
from app.webhooks.seeing import seen
from app.webhooks.signing import headers_of
from app.webhooks.states import FAILED_OFTEN, FAILING, WebhookPause, WebhookState, pause
from app.webhooks.store import Claim, Mark

log = logging.getLogger("studio.webhooks")
T = TypeVar("T")

CLAIMED = 8
"""Deliveries of a webhook that one process takes at once: so many are posted again where it is killed."""
_TICK = 1.0
_SLICE_SECONDS = 20.0
_TO_AN_END = 10.0
_STATEMENTS_AT_ONCE = 2
"""Transactions of one account at a time, however many webhooks it has: others want connections too."""
_PAUSES = (0.1, 0.5, 1.0, 2.0)
_SHUT_OUT = timedelta(hours=1)
"""Until it is looked again whether the owner of a key, or the account, is let in once more."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """What one webhook is to be told, by whom and under which secrets; `secrets` is none if none is read."""

    endpoint_id: UUID
    token: UUID
    url: str
    secrets: tuple[str, ...] | None
    events: Sequence[Any]


@dataclass(frozen=True, slots=True)
class Ended:
    """The key of a webhook has ended: it is told nothing more."""

    endpoint_id: UUID


@dataclass(slots=True)
class Courier:
    """Posts the events of all accounts, those of so many `accounts` side by side.

    Each webhook of an account has a lane of its own: a slow one holds up itself. Accounts are served a slice
    each, in the order in which they are due, where more are due than there is room for. Nothing is written in
    an account's turn but what follows at the end of a slice, or when a webhook is paused: claims and marks
    stand beside it, and one that is lost is a post more, under the same id.
    """

    database: Database
    vault: Vault
    poster: Poster
    origin: str | None = None
    accounts: int = 8
    _tasks: dict[UUID, "asyncio.Task[None]"] = field(default_factory=dict)
    _is_crowded: bool = False
    _stopping: bool = False
    _woken: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Post what is due, until cancelled; then the posts under way are brought to an end."""
        try:
            while True:
                try:
                    await self._begin()
                except Exception as error:  # noqa: BLE001 - whatever it is, events are to be told
                    log.warning("webhooks wait: %s", type(error).__name__)
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
        async with self.database.directory() as connection:
            due = await accounts_with_webhooks_due(connection, clock.now(), 2 * self.accounts)
        waiting = [each for each in due if each not in self._tasks]
        room = self.accounts - len(self._tasks)
        self._is_crowded = len(waiting) > room
        for account_id in waiting[: max(0, room)]:
            task = asyncio.create_task(self._safely(account_id))
            self._tasks[account_id] = task
            task.add_done_callback(partial(self._ended, account_id))

    def _ended(self, account_id: UUID, _: "asyncio.Task[None]") -> None:
        del self._tasks[account_id]
        self._woken.set()

    async def _safely(self, account_id: UUID) -> None:
        try:
            await self.serve(account_id)
        except Exception:
            log.exception("webhooks of account %s are left for the next time", account_id)
            # Who fails again and again must not stand first in the line again and again.
            await asyncio.sleep(_SLICE_SECONDS)

    async def serve(self, account_id: UUID) -> None:
        """Tell an account's webhooks what is due, for a slice; then it is due again when the next is."""
        slice_ = _Slice(self, account_id, monotonic() + _SLICE_SECONDS)
        await slice_.work()
        async with self.database.writing(account_id, is_urgent=True) as session:
            await settle(session)

    def is_over(self, ends: float) -> bool:
        """Say whether a slice is over: it goes on while nobody else waits."""
        return self._stopping or (self._is_crowded and monotonic() > ends)


@dataclass(slots=True)
class _Slice:
    """The webhooks of one account, each told what is due in a lane of its own."""

    courier: Courier
    account_id: UUID
    ends: float
    lanes: dict[UUID, "asyncio.Task[None]"] = field(default_factory=dict)
    gate: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_STATEMENTS_AT_ONCE))

    async def work(self) -> None:
        """Open lanes as webhooks are due, until none is or the slice is over; raises what a lane has."""
        try:
            while True:
                due = {} if self.courier.is_over(self.ends) else await self._due()
                for endpoint_id in due.keys() - self.lanes.keys():
                    lane = self._lane if due[endpoint_id] else self._clear
                    self.lanes[endpoint_id] = asyncio.create_task(lane(endpoint_id))
                if not self.lanes:
                    return
                done, _ = await asyncio.wait(
                    self.lanes.values(), timeout=_TICK, return_when=asyncio.FIRST_COMPLETED
                )
                self.lanes = {name: each for name, each in self.lanes.items() if each not in done}
                for each in done:
                    each.result()
        finally:
            for each in self.lanes.values():
                each.cancel()
            await asyncio.gather(*self.lanes.values(), return_exceptions=True)

    async def _clear(self, endpoint_id: UUID) -> None:
        """Clear away what is left of a webhook that was deleted or is over, a slice at a time."""
        while not self.courier.is_over(self.ends):
            if not await self._beside(lambda session: slices.clear(session, endpoint_id, clock.now())):
                return

    async def _due(self) -> dict[UUID, bool]:
        return await self._beside(lambda session: store.due(session, clock.now()))

    async def _lane(self, endpoint_id: UUID) -> None:
        """Tell one webhook what is due, a few events at a time."""
        async with self.courier.poster.lines() as lines:
            is_first = True
            while not self.courier.is_over(self.ends):
                claimed = await self._beside(partial(self._claim, endpoint_id))
                if isinstance(claimed, Ended):
                    await self._pause(endpoint_id, WebhookPause.KEY_ENDED)
                    return
                if claimed is None:
                    if await self._beside(lambda session: slices.fill(session, endpoint_id, clock.now())):
                        continue
                    # Another process was faster: its claim is not seen until it is committed.
                    await asyncio.sleep(_PAUSES[0] if is_first else 0)
                    return
                is_first = False
                if claimed.events and not await self._told(lines, claimed):
                    return

    async def _told(self, lines: httpcore.AsyncConnectionPool, claimed: Claimed) -> bool:
        """Post some events, write down what became of them, and say whether the webhook takes more."""
        pace = asyncio.Semaphore(AT_ONCE)

        async def post(event: Any) -> Outcome:
            async with pace:
                return await self._post(lines, claimed, event)

        outcomes = await asyncio.gather(*map(post, claimed.events))
        now = clock.now()
        marks = [
            _marked(event, outcome, now) for event, outcome in zip(claimed.events, outcomes, strict=True)
        ]
        until = max((each.until for each in outcomes if each.until), default=None)
        failed = [each for each in outcomes if each.code is not None]

        async def write(session: Session) -> tuple[datetime, int]:
            await slices.hold(session, claimed.endpoint_id)
            await store.mark(session, claimed.endpoint_id, claimed.token, marks)
            if until:
                await store.wait(session, claimed.endpoint_id, until)
            if len(failed) < len(outcomes):
                await store.went_well(session, claimed.endpoint_id)
                return now, 0
            return await store.went_wrong(session, claimed.endpoint_id, now, len(failed))

        since, failures = await self._beside(write, insists=True)
        if any(each.code == "gone" for each in failed):
            await self._pause(claimed.endpoint_id, WebhookPause.GONE)
            return False
        if failures >= FAILED_OFTEN and now - since >= FAILING:
            await self._pause(claimed.endpoint_id, WebhookPause.FAILING)
            return False
        return until is None

    async def _post(self, lines: httpcore.AsyncConnectionPool, claimed: Claimed, event: Any) -> Outcome:
        if claimed.secrets is None:
            return Outcome(None, "seal_broken", 0)
        body = body_of(event, self.courier.origin)
        headers = headers_of(event["event_id"], int(clock.now().timestamp()), body, claimed.secrets)
        try:
            return await self.courier.poster.post(lines, claimed.url, headers, body)
        except Exception:
            log.exception("an event of account %s could not be posted", self.account_id)
            return Outcome(None, "broken", 0)

    async def _claim(self, endpoint_id: UUID, session: Session) -> Claimed | Ended | None:
        """Take what is due of a webhook, as far as its key may see it now; the rest is skipped."""
        now, token = clock.now(), new_id()
        endpoint = await store.endpoint(session, endpoint_id)
        if endpoint is None or (endpoint["waits_until"] and endpoint["waits_until"] > now):
            return None
        try:
            stands = await standing_of_key(session, endpoint["key_id"])
        except KeyOver:
            return Ended(endpoint_id)
        except (SubscriptionInactive, UserInactive):
            # Who pays late, or is let in again, is to hear of all that waited.
            await store.wait(session, endpoint_id, now + _SHUT_OUT)
            return None
        # Of eight two wait for two of the others, each for its time.
        until = now + timedelta(seconds=(CLAIMED / AT_ONCE + 1) * self.courier.poster.seconds)
        # One that takes nothing is asked with one whether it does again: others wait for the place.
        many = 1 if endpoint["failing_since"] else CLAIMED
        rows = await store.claim(session, endpoint_id, Claim(token, now, until), many)
        if not rows:
            return None
        visible = await seen(session, stands, rows)
        if hidden := [each["event_id"] for each in rows if each["event_id"] not in visible]:
            marks = [Mark(each, WebhookState.SKIPPED, None, now, None, "not_seen", None) for each in hidden]
            await store.mark(session, endpoint_id, token, marks)
        events = [each for each in rows if each["event_id"] in visible]
        return Claimed(endpoint_id, token, endpoint["url"], self._secrets(endpoint, now), events)

    def _secrets(self, endpoint: Any, now: datetime) -> tuple[str, ...] | None:
        """Return the secret of a webhook, and the one before it for as long as that counts too."""
        kept = [endpoint["secret"]]
        if endpoint["former_secret"] and endpoint["former_until"] > now:
            kept.append(endpoint["former_secret"])
        purpose = sealed_as(endpoint["endpoint_id"])
        try:
            return tuple(self.courier.vault.open(self.account_id, purpose, each) for each in kept)
        except SealBroken:
            return None

    async def _pause(self, endpoint_id: UUID, code: WebhookPause) -> None:
        async with self.courier.database.writing(self.account_id, is_urgent=True) as session:
            await end(session, endpoint_id, code)

    async def _beside(self, work: Callable[[Session], Awaitable[T]], *, insists: bool = False) -> T:
        """Do something beside the account's turn; who `insists` tries a few times more.

        A mark that is lost is a post more, and a claim that nobody marks ends by itself.
        """
        for wait in _PAUSES if insists else ():
            try:
                return await self._once(work)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is tried again
                log.warning("webhooks of account %s: tried again: %s", self.account_id, type(error).__name__)
            await asyncio.sleep(wait)
        return await self._once(work)

    async def _once(self, work: Callable[[Session], Awaitable[T]]) -> T:
        async with self.gate, self.courier.database.beside(self.account_id) as session:
            return await work(session)


def _marked(event: Any, outcome: Outcome, now: datetime) -> Mark:
    """Return what becomes of a delivery by one try."""
    attempt = {
        "at": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "status": outcome.status,
        "milliseconds": outcome.milliseconds,
        "code": outcome.code,
        "said": outcome.said,
    }
    state, wait = WebhookState.DELIVERED, None
    if outcome.code is not None:
        wait = pause(event["tries"])
        state = WebhookState.FAILED if wait is None else WebhookState.WAITING
    return Mark(
        event_id=event["event_id"],
        state=state,
        due_at=None if wait is None else max(now + wait, outcome.until or now),
        ended_at=None if state is WebhookState.WAITING else now,
        status=outcome.status,
        code=outcome.code,
        attempt=attempt,
    )
