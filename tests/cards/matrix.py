"""Charges under all that may go wrong on the way to the processor, held against the processor's books."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any, TypeVar
from uuid import UUID, uuid4

import httpx

from app.accounts.models import Account
from app.accounts.standing import Work
from app.cards import charging, merchants, reserving, saving
from app.cards.attempts import LOOKS
from app.cards.gateway import (
    Amount,
    Booked,
    Charge,
    Declined,
    Gateway,
    HostedField,
    Look,
    NotSent,
    Outcome,
    Settled,
    Stored,
    Token,
    Unavailable,
    Unknown,
    Why,
)
from app.cards.merchants import NewMerchant
from app.cards.models import CardMerchant
from app.cards.processors import Environment, Processors
from app.cards.reconciling import look_after
from app.cards.reserving import Wanted
from app.cards.till import Till
from app.cards.transit.adapter import Credentials
from app.core import clock
from app.core.db import Database, WriteSession
from app.core.errors import AccountBusy, Overloaded
from app.core.principal import Principal
from app.core.revisions import read_clock
from app.core.vault import Vault
from app.simulator.behaviours import BEHAVIOURS
from app.simulator.cards import numbers_of
from app.simulator.process import Started
from app.sync.store import Write, write
from tests.cards.paying import HARBOR

T = TypeVar("T")
CARDS = numbers_of(BEHAVIOURS["approved"])
CHOSEN = sorted(each.amount for each in BEHAVIOURS.values() if each.amount is not None)
"""What the last two digits of an amount above 9,000.00 have the processor do."""
_AT_ONCE = 4
_BUSY = (AccountBusy, Overloaded)
"""What is told where a machine has too much to do: whoever asks comes back."""
_KILLS = ("before sale", "after sale", "in mid-sale")
_LATER_KILLS = ("before lookup", "after lookup", "before void", "after void")
_LATER_FAULTS = ("html_error", "reset_before_booking", "garbage", "truncated", "book_then_reset")


class Killed(Exception):
    """The process has ended here: what it held in memory is gone, and what it had sent is not."""


Plan = Callable[[str], None]
"""Is told of each step, and may end the process there."""


@dataclass
class Dying:
    """A real gateway in a process that may end before each step and after it."""

    inner: Gateway
    plan: Plan
    is_simulated: bool = True

    async def _step(self, name: str, asking: Coroutine[Any, Any, T]) -> T:
        try:
            self.plan(f"before {name}")
        except Killed:
            asking.close()
            raise
        found = await asking
        self.plan(f"after {name}")
        return found

    async def client_session(self, amount: Amount, day: Any) -> HostedField | Unavailable:
        return await self.inner.client_session(amount, day)

    async def verify_and_store(self, token: Token) -> Stored | Declined | NotSent | Unknown:
        return await self.inner.verify_and_store(token)

    async def sale(self, charge: Charge) -> Outcome:
        return await self._step("sale", self.inner.sale(charge))

    async def void(self, sale: Booked) -> Outcome:
        return await self._step("void", self.inner.void(sale))

    async def refund(self, sale: Booked, external_ref: str) -> Outcome:
        return await self.inner.refund(sale, external_ref)

    async def lookup(self, external_ref: str) -> Look:
        return await self._step("lookup", self.inner.lookup(external_ref))

    async def close_batch(self) -> Outcome:
        return await self.inner.close_batch()

    async def settled(self, day: Any) -> list[Settled] | Unavailable:
        return await self.inner.settled(day)


@dataclass
class Trusting(Dying):
    """A planted bug: what is not known is taken for a failure."""

    async def sale(self, charge: Charge) -> Outcome:
        found = await super().sale(charge)
        return Declined("odd") if isinstance(found, Unknown) else found


@dataclass
class Insisting(Dying):
    """A planted bug: what is not known is charged again."""

    async def sale(self, charge: Charge) -> Outcome:
        found = await super().sale(charge)
        if not isinstance(found, Unknown):
            return found
        return await super().sale(Charge(charging.new_reference(), charge.amount, charge.token))


@dataclass
class Believing(Dying):
    """A planted bug: what is not found is not voided to be sure."""

    async def void(self, sale: Booked) -> Outcome:
        return await super().void(sale) if sale.transaction_id else Declined("D0006", why=Why.ABSENT)


@dataclass(frozen=True)
class DyingTill(Till):
    """A till whose processes end as planned."""

    plan: Plan = lambda _: None
    kind: type[Dying] = Dying

    def gateway(self, merchant: CardMerchant) -> Gateway:
        return self.kind(super().gateway(merchant), self.plan)


@dataclass
class Field:
    """One account whose cards are charged at a simulator that misbehaves, and the dice that choose how."""

    database: Database
    vault: Vault
    account: Account
    processors: Processors
    simulator: Started
    outside: httpx.AsyncClient
    dice: Random
    kind: type[Dying] = Dying
    client_id: UUID = field(default_factory=uuid4)
    cards: list[UUID] = field(default_factory=list)
    amounts: dict[UUID, int] = field(default_factory=dict)
    killed: Counter[str] = field(default_factory=Counter)

    @property
    def who(self) -> Principal:
        """Return who asks."""
        return Principal.system(self.account.account_id, self.account.account_name, self.account.time_zone)

    def till(self, plan: Plan = lambda _: None) -> Till:
        """Return a till of a process that ends as planned."""
        return DyingTill(self.database, self.vault, self.processors, plan, self.kind)

    @asynccontextmanager
    async def opens(self) -> AsyncIterator[Work[WriteSession]]:
        """Open a transaction as a request does."""
        async with self.database.writing(self.account.account_id) as session:
            yield Work(self.who, await read_clock(session), None, None, None, session)

    async def furnish(self, many: int) -> None:
        """Set the processor up, and have the client's cards saved."""
        device = next(iter(HARBOR.devices))
        known = Credentials(HARBOR.mid, HARBOR.user, HARBOR.password, device, "003227G001")
        async with self.opens() as work:
            client = Write("clients", self.client_id, {"last_name": "Hartley", "client_type": "consumer"})
            company = Write("companies", self.account.account_id, {"card_processor": "tsys"})
            await write(work.session, self.who, [client, company])
            new = NewMerchant(Environment.SIMULATOR, is_active=True, credentials=known)
            await merchants.put(work.session, self.who, self.till(), new)
        async with self.opens() as work:
            gateway = await charging.gateway(work.session, self.till())
        for number in CARDS[:many]:
            hosted = await gateway.client_session(Amount(0, "USD"), clock.today("UTC"))
            assert isinstance(hosted, HostedField)
            typed = {"manifest": hosted.manifest, "cardNumber": number, "expirationDate": "08/2031"}
            answer = await self.outside.post(f"{self.simulator.url}/transit-tsep-web/tokens", json=typed)
            stored = await gateway.verify_and_store(Token(answer.json()["tsepToken"]))
            assert isinstance(stored, Stored), stored
            async with self.opens() as work:
                card = await saving.add(
                    work.session,
                    self.who,
                    self.till(),
                    self.client_id,
                    card=stored.card,
                    token=stored.token,
                )
            assert card is not None
            self.cards.append(card)

    async def controlled(self, path: str, **said: Any) -> None:
        """Have the simulator do something."""
        answer = await self.outside.post(f"{self.simulator.control_url}/{path}", json=said)
        assert answer.status_code == 200, answer.text

    async def pass_time(self, passed: timedelta) -> None:
        """Let time pass, here and at the processor."""
        clock.hold(clock.now() + passed)
        await self.controlled("advance", seconds=passed.total_seconds())

    async def charge_all(self, chosen: Sequence[int], *, with_kills: bool = True) -> None:
        """Charge each card for each amount; processes end before they send, after, and in between."""
        turn = asyncio.Semaphore(_AT_ONCE)
        await self.controlled("behave", behaviour="expired_key", operations=["Sale"], times=1)
        asked = [(card, 9_000_00 + each) for card in self.cards for each in chosen]
        self.dice.shuffle(asked)
        plans = [self.dice.choice((None, *_KILLS)) if with_kills else None for _ in asked]

        async def one(card: UUID, minor: int, kill: str | None) -> None:
            async with turn:
                await self._charge(card, minor, kill)

        await asyncio.gather(
            *(one(card, minor, kill) for (card, minor), kill in zip(asked, plans, strict=True))
        )

    async def _charge(self, card: UUID, minor: int, kill: str | None) -> None:
        intent_id = uuid4()
        self.amounts[intent_id] = minor
        wanted = Wanted(intent_id, None, self.client_id, minor, "USD", saved_card_id=card)
        is_reserved = False
        while not is_reserved:
            with suppress(*_BUSY):
                async with self.opens() as work:
                    await reserving.reserve(work, self.till(), wanted)
                is_reserved = True
        charging_it = charging.charge(self.till(self._planned(kill)), self.opens, intent_id, None)
        with suppress(Killed, TimeoutError, *_BUSY):
            if kill == "in mid-sale":
                self.killed[kill] += 1
                await asyncio.wait_for(charging_it, self.dice.random() * 0.06)
            else:
                await charging_it
        # The phone has heard nothing, and its user taps again.
        if self.dice.random() < 0.5:
            with suppress(Killed, *_BUSY):
                await charging.charge(self.till(), self.opens, intent_id, None)

    def _planned(self, kill: str | None) -> Plan:
        def plan(step: str) -> None:
            if step == kill:
                self.killed[step] += 1
                raise Killed(step)

        return plan

    async def look_after_all(self, *, with_faults: bool) -> None:
        """Look after what is due, as one process after the other does that is not killed in the midst."""
        done = 1
        while done:
            plan = self._planned(None)
            if with_faults:
                plan = self._planned(self.dice.choice((None, None, None, *_LATER_KILLS)))
                for _ in range(self.dice.randrange(3)):
                    fault = self.dice.choice(_LATER_FAULTS)
                    await self.controlled(
                        "behave", behaviour=fault, operations=["TransactionInquiry", "Void"], times=1
                    )
            with suppress(Killed, *_BUSY):
                done = await look_after(self.till(plan), self.account.account_id)

    async def go_through(self, chosen: Sequence[int], *, with_kills: bool = True) -> None:
        """Charge, let half an hour pass in which all goes wrong that may, and then time for what is left."""
        await self.charge_all(chosen, with_kills=with_kills)
        gone = timedelta()
        for look in LOOKS:
            await self.pass_time(look - gone)
            gone = look
            await self.look_after_all(with_faults=with_kills)
        await self.controlled("forget")
        # What a killed process has claimed is claimed for two minutes.
        await self.pass_time(timedelta(minutes=3))
        await self.look_after_all(with_faults=False)
        assert await self._states("state IN ('sending', 'unknown', 'resolving')") == []
        for _ in range(4):
            await self.pass_time(timedelta(hours=1, minutes=1))
            await self.look_after_all(with_faults=False)

    async def _states(self, which: str) -> list[Any]:
        async with self.opens() as work:
            sql = f"SELECT * FROM card_attempts WHERE account_id = $1 AND {which}"
            return list(await work.session.raw.fetch(sql, self.account.account_id))

    async def check(self) -> Counter[str]:
        """Hold all that stands here against the processor's books, and return how many payments ended how."""
        books = (await self.outside.get(f"{self.simulator.control_url}/ledger")).json()["booked"]
        net = {each["reference"]: each["net"] for each in books}
        assert len(net) == len(books), "two bookings under one reference"
        async with self.opens() as work:
            sql = (
                "SELECT i.intent_id, i.state, p.state AS payment,"
                " array_agg(a.external_ref) FILTER (WHERE a.external_ref IS NOT NULL) AS refs"
                " FROM card_intents i JOIN payments p ON p.account_id = i.account_id AND p.id = i.intent_id"
                " LEFT JOIN card_attempts a ON a.account_id = i.account_id AND a.intent_id = i.intent_id"
                " WHERE i.account_id = $1 GROUP BY i.intent_id, i.state, p.state"
            )
            rows = await work.session.raw.fetch(sql, self.account.account_id)
        ended: Counter[str] = Counter()
        ours: set[str] = set()
        for row in rows:
            refs, minor = row["refs"] or [], self.amounts[row["intent_id"]]
            booked = sum(net.get(each, 0) for each in refs)
            told = dict(row) | {"booked": booked, "minor": minor}
            assert booked in {0, minor}, told
            assert (row["state"] == "approved") == (booked == minor), told
            assert (row["payment"] == "approved") == (booked == minor), told
            ended[row["state"]] += 1
            ours.update(refs)
        assert len(rows) == len(self.amounts)
        assert {reference for reference, each in net.items() if each} <= ours, "a booking nobody here knows"
        return ended
