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
import pytest

from app.accounts.models import Account
from app.accounts.standing import Work
from app.cards import charging, merchants, payments, refunding, reserving, saving, store
from app.cards.attempts import LOOKS
from app.cards.errors import AboveRefundable, AlreadySettled, CardPaymentStands, MerchantInUse
from app.cards.gateway import (
    Amount,
    Booked,
    Charge,
    Declined,
    Gateway,
    HostedField,
    Look,
    MayGo,
    NotSent,
    Outcome,
    Refund,
    Settled,
    Stored,
    Token,
    Unavailable,
    Unknown,
    Why,
)
from app.cards.merchants import NewMerchant
from app.cards.models import CardIntent, CardMerchant
from app.cards.processors import Environment, Processors
from app.cards.reconciling import look_after
from app.cards.refunding import Returned
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
from app.simulator.merchants import Merchant
from app.simulator.process import Started
from app.sync.store import Write, write
from tests.cards.paying import HARBOR, NORTH

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
_CHARGED = "is_booked AND gives_back IS NULL"
_RETURN_KILLS = ("before refund", "after refund", "in mid-refund")
_RETURN_FAULTS = (
    *_LATER_FAULTS,
    "hang_before_booking",
    "book_then_hang",
    "book_then_html_error",
    "answered_twice",
    "odd_pass",
    "odd_fail",
    "expired_key",
    "late_lookup",
)


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
    merchant_print: bytes = field(init=False)

    def __post_init__(self) -> None:
        """Stand at the same merchant."""
        self.merchant_print = self.inner.merchant_print

    async def _step(self, name: str, asking: Coroutine[Any, Any, T]) -> T:
        try:
            self.plan(f"before {name}")
        except Killed:
            asking.close()
            raise
        found = await asking
        self.plan(f"after {name}")
        return found

    async def try_credentials(self) -> NotSent | Unknown | None:
        return await self.inner.try_credentials()

    async def client_session(self, amount: Amount, day: Any) -> HostedField | Unavailable:
        return await self.inner.client_session(amount, day)

    async def verify_and_store(self, token: Token) -> Stored | Declined | NotSent | Unknown:
        return await self.inner.verify_and_store(token)

    async def sale(self, charge: Charge, may_go: MayGo) -> Outcome:
        return await self._step("sale", self.inner.sale(charge, may_go))

    async def void(self, sale: Booked) -> Outcome:
        return await self._step("void", self.inner.void(sale))

    async def refund(self, refund: Refund, may_go: MayGo) -> Outcome:
        return await self._step("refund", self.inner.refund(refund, may_go))

    async def lookup(self, external_ref: str) -> Look:
        return await self._step("lookup", self.inner.lookup(external_ref))

    async def close_batch(self) -> Outcome:
        return await self.inner.close_batch()

    async def settled(self, day: Any) -> list[Settled] | Unavailable:
        return await self.inner.settled(day)


@dataclass
class Trusting(Dying):
    """A planted bug: what is not known is taken for a failure."""

    async def sale(self, charge: Charge, may_go: MayGo) -> Outcome:
        found = await super().sale(charge, may_go)
        return Declined("odd") if isinstance(found, Unknown) else found


@dataclass
class Doubting(Dying):
    """A planted bug: what is not known to be given back is taken for a failure."""

    async def refund(self, refund: Refund, may_go: MayGo) -> Outcome:
        found = await super().refund(refund, may_go)
        return Declined("odd") if isinstance(found, Unknown) else found


@dataclass
class Insisting(Dying):
    """A planted bug: what is not known is charged again."""

    async def sale(self, charge: Charge, may_go: MayGo) -> Outcome:
        found = await super().sale(charge, may_go)
        if not isinstance(found, Unknown):
            return found
        another = charging.reference_of(uuid4(), uuid4(), 0)
        return await super().sale(Charge(another, charge.amount, charge.token), may_go)


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
    charged_by: dict[UUID, UUID] = field(default_factory=dict)
    given_back: dict[UUID, tuple[UUID, int]] = field(default_factory=dict)
    in_cash: dict[UUID, int] = field(default_factory=dict)
    lately: list[UUID] = field(default_factory=list)
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
        async with self.opens() as work:
            client = Write("clients", self.client_id, {"last_name": "Hartley", "client_type": "consumer"})
            company = Write("companies", self.account.account_id, {"card_processor": "tsys"})
            await write(work.session, self.who, [client, company])
            await merchants.put(work.session, self.who, self.till(), _new(HARBOR))
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
                    merchant_print=gateway.merchant_print,
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
        self.lately = []
        await self.controlled("behave", behaviour="expired_key", operations=["Sale"], times=1)
        asked = [(card, 9_000_00 + each) for card in self.cards for each in chosen]
        self.dice.shuffle(asked)
        plans = [self.dice.choice((None, *_KILLS)) if with_kills else None for _ in asked]

        async def one(card: UUID, minor: int, kill: str | None) -> None:
            async with turn:
                await self.charge(card, minor, kill)

        await asyncio.gather(
            *(one(card, minor, kill) for (card, minor), kill in zip(asked, plans, strict=True))
        )

    async def charge(self, card: UUID, minor: int, kill: str | None, repeated: float = 0.5) -> None:
        """Charge a card in a process that ends where it is told to; maybe the user taps again."""
        intent_id = uuid4()
        self.amounts[intent_id], self.charged_by[intent_id] = minor, card
        self.lately.append(intent_id)
        await self._reserve(intent_id)
        charging_it = charging.charge(self.till(self.planned(kill)), self.opens, intent_id, None)
        with suppress(Killed, TimeoutError, *_BUSY):
            if kill == "in mid-sale":
                self.killed[kill] += 1
                await asyncio.wait_for(charging_it, self.dice.random() * 0.06)
            else:
                await charging_it
        # The phone has heard nothing, and its user taps again.
        if self.dice.random() < repeated:
            with suppress(Killed, *_BUSY):
                await charging.charge(self.till(), self.opens, intent_id, None)

    async def _reserve(self, intent_id: UUID) -> None:
        card, minor = self.charged_by[intent_id], self.amounts[intent_id]
        wanted = Wanted(intent_id, None, self.client_id, minor, "USD", saved_card_id=card)
        is_reserved = False
        while not is_reserved:
            with suppress(*_BUSY):
                async with self.opens() as work:
                    await reserving.reserve(work, self.till(), wanted)
                is_reserved = True

    async def restore(self, share: float = 0.15) -> None:
        """Forget charges as a restored backup does; phones repeat them from what they have."""
        lost = [each for each in self.lately if self.dice.random() < share]
        async with self.opens() as work:
            for table, name in (
                ("card_intents", "intent_id"),
                ("card_attempts", "intent_id"),
                ("payments", "id"),
                ("feed", "record_id"),
            ):
                sql = f"DELETE FROM {table} WHERE account_id = $1 AND {name} = ANY($2::uuid[])"
                await work.session.raw.execute(sql, self.account.account_id, lost)
        for each in lost:
            await self._reserve(each)
            await charging.charge(self.till(), self.opens, each, None)

    async def visit(self, look: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Look while another merchant stands there: one is refused, and is forced upon it all the same."""
        async with self.opens() as work:
            before = await store.merchant(work.session)
            assert before is not None
            kept = before.credentials, before.transaction_key, before.key_made_at
            if await store.count_asked(work.session):
                with pytest.raises(MerchantInUse):
                    await merchants.put(work.session, self.who, self.till(), _new(NORTH))
            before.credentials = self.till().sealed(self.account.account_id, _new(NORTH).credentials)
            before.transaction_key = before.key_made_at = None
            work.session.add(before)
            await work.session.flush()
        await look()
        async with self.opens() as work:
            after = await store.merchant(work.session)
            assert after is not None
            after.credentials, after.transaction_key, after.key_made_at = kept
            work.session.add(after)
            await work.session.flush()

    async def give_back(self, *, with_faults: bool = True) -> None:
        """Void what was charged, refund it to cards and in cash, some of it at once, around a batch."""
        sales = [UUID(str(each["intent_id"])) for each in await self._states(_CHARGED)]
        touched = {sale for sale, _ in self.given_back.values()} | self.in_cash.keys()
        fresh = sorted(each for each in sales if each not in touched)
        self.dice.shuffle(fresh)
        turn = asyncio.Semaphore(_AT_ONCE)
        half = len(fresh) // 2
        for some in (fresh[:half], fresh[half:]):
            if with_faults:
                for _ in range(len(some) // 2):
                    await self.controlled(
                        "behave",
                        behaviour=self.dice.choice(_RETURN_FAULTS),
                        operations=["Return"],
                        times=1,
                    )
            ways = [self.dice.choice(("refund", "part", "void", "both", "cash", "no")) for _ in some]
            kills = [self.dice.choice((None, *_RETURN_KILLS)) if with_faults else None for _ in some]

            async def one(sale: UUID, way: str, kill: str | None) -> None:
                async with turn:
                    await self._give_back(sale, way, kill)

            await asyncio.gather(*map(one, some, ways, kills))
            async with self.opens() as work:
                gateway = await charging.gateway(work.session, self.till())
            await self.controlled("forget")
            await gateway.close_batch()

    async def _give_back(self, sale: UUID, way: str, kill: str | None) -> None:
        minor = self.amounts[sale]
        if way == "cash":
            await self.refund_in_cash(sale)
        if way in {"void", "both", "cash"}:
            voiding = self.tried(charging.void(self.till(self.planned(kill)), self.opens, sale))
        else:
            voiding = asyncio.sleep(0)
        asked = [minor] if way in {"refund", "both"} else [minor // 3, minor // 2] if way == "part" else []
        await asyncio.gather(voiding, *(self.refund(sale, each, kill) for each in asked))

    async def refund(self, sale: UUID, minor: int, kill: str | None) -> None:
        """Refund a deposit, whole or in part, in a process that ends where it is told to."""
        refund_id = uuid4()
        wanted = Returned(refund_id, sale, uuid4(), minor, "USD")
        self.given_back[refund_id] = sale, minor
        asking = refunding.refund(self.till(self.planned(kill)), self.opens, wanted)
        if kill == "in mid-refund":
            self.killed[kill] += 1
            asking = asyncio.wait_for(asking, self.dice.random() * 0.06)
        await self.tried(asking)
        if self.dice.random() < 0.5:
            await self.tried(refunding.refund(self.till(), self.opens, wanted))

    async def tried(self, asking: Coroutine[Any, Any, None]) -> None:
        """Ask what may be refused, and may be cut short."""
        with suppress(Killed, TimeoutError, CardPaymentStands, AlreadySettled, AboveRefundable, *_BUSY):
            await asking

    async def refund_in_cash(self, sale: UUID) -> None:
        """Give a deposit back out of the drawer, as a desk does."""
        memo, minor = uuid4(), self.amounts[sale]
        client = {"client_id": str(self.client_id)}
        back = {"payment_type": "refund", "state": "approved", "date": "2026-05-04", "amount": -minor}
        async with self.opens() as work:
            paid = await payments.kept(work.session, await _intent(work, sale))
            if paid[sale]["state"] != "approved" or paid[sale]["invoice_id"]:
                return
            made = {**client, "invoice_type": "credit_memo", "invoice_date": "2026-05-04"}
            writes = [
                Write("invoices", memo, made),
                Write("payments", sale, {"invoice_id": str(memo)}),
                Write("payments", uuid4(), {**client, **back, "invoice_id": str(memo)}),
            ]
            await write(work.session, self.who, writes)
        self.in_cash[sale] = minor

    def planned(self, kill: str | None) -> Plan:
        """Return a plan by which a process ends at a step, if at any."""

        def plan(step: str) -> None:
            if step == kill:
                self.killed[step] += 1
                raise Killed(step)

        return plan

    async def look_after_all(self, *, with_faults: bool) -> None:
        """Look after what is due, as one process after the other does that is not killed in the midst."""
        done = 1
        while done:
            plan = self.planned(None)
            if with_faults:
                plan = self.planned(self.dice.choice((None, None, None, *_LATER_KILLS)))
                for _ in range(self.dice.randrange(3)):
                    fault = self.dice.choice(_LATER_FAULTS)
                    await self.controlled(
                        "behave", behaviour=fault, operations=["TransactionInquiry", "Void"], times=1
                    )
            with suppress(Killed, *_BUSY):
                done = await look_after(self.till(plan), self.account.account_id)

    async def go_through(
        self, chosen: Sequence[int], *, with_kills: bool = True, is_visited: bool = False
    ) -> None:
        """Charge, void and refund; each time half an hour passes in which all goes wrong that may."""
        await self.charge_all(chosen, with_kills=with_kills)
        if with_kills:
            await self.restore()
        await self.wait(with_faults=with_kills, is_visited=is_visited)
        if with_kills:
            await self.give_back()
            await self.wait(with_faults=True, is_visited=False)

    async def wait(self, *, with_faults: bool, is_visited: bool) -> None:
        """Let half an hour pass in which all goes wrong that may, and then time for what is left."""

        async def look() -> None:
            await self.look_after_all(with_faults=with_faults)

        gone = timedelta()
        for at in LOOKS:
            await self.pass_time(at - gone)
            gone = at
            # Thrice in vain is enough to give a charge up: for as long another merchant stands there.
            await (self.visit(look) if is_visited and at < LOOKS[-2] else look())
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
        books = (await self.outside.get(f"{self.simulator.control_url}/ledger")).json()
        net = {each["reference"]: each["net"] for each in books["booked"]}
        assert len(net) == len(books["booked"]), "two bookings under one reference"
        returned = Counter(
            each["reference"]
            for each in books["transactions"]
            if each["operation"] == "Return" and each["is_approved"] and not each["voided_at"]
        )
        async with self.opens() as work:
            rows = await work.session.raw.fetch(_ENDED, self.account.account_id)
        back: Counter[UUID] = Counter()
        ended: Counter[str] = Counter()
        ours: set[str] = set()
        for row in (each for each in rows if each["gives_back"]):
            refs, (sale, minor) = row["refs"] or [], self.given_back[row["intent_id"]]
            told = dict(row) | {"returned": sum(returned[each] for each in refs), "minor": minor}
            assert (row["minor"], row["gives_back"]) == (minor, sale), told
            assert told["returned"] == (row["state"] == "approved"), told
            assert (row["payment"] == "approved") == (row["state"] == "approved"), told
            back[sale] += minor if row["state"] == "approved" else 0
            ended[f"refund {row['state']}"] += 1
            ours.update(refs)
        for row in (each for each in rows if not each["gives_back"]):
            refs, minor = row["refs"] or [], self.amounts[row["intent_id"]]
            booked = sum(net.get(each, 0) for each in refs)
            told = dict(row) | {"booked": booked, "minor": minor, "back": back[row["intent_id"]]}
            assert booked == (minor - back[row["intent_id"]] if row["state"] == "approved" else 0), told
            assert (row["payment"] == "approved") == (row["state"] == "approved"), told
            assert booked >= self.in_cash.get(row["intent_id"], 0), "given back twice"
            ended[row["state"]] += 1
            ours.update(refs)
        assert sum(not each["gives_back"] for each in rows) == len(self.amounts)
        assert {reference for reference, each in net.items() if each} | set(returned) <= ours, (
            "nobody knows it"
        )
        return ended


_ENDED = """
SELECT i.intent_id, i.state, i.minor, i.gives_back, p.state AS payment,
    array_agg(a.external_ref) FILTER (WHERE a.external_ref IS NOT NULL) AS refs
FROM card_intents i JOIN payments p ON p.account_id = i.account_id AND p.id = i.intent_id
LEFT JOIN card_attempts a ON a.account_id = i.account_id AND a.intent_id = i.intent_id
WHERE i.account_id = $1 GROUP BY i.intent_id, i.state, i.minor, i.gives_back, p.state
"""


def _new(merchant: Merchant) -> NewMerchant:
    device = next(iter(merchant.devices))
    known = Credentials(merchant.mid, merchant.user, merchant.password, device, "003227G001")
    return NewMerchant(Environment.SIMULATOR, is_active=True, credentials=known)


async def _intent(work: Work[WriteSession], intent_id: UUID) -> CardIntent:
    found = await store.intent(work.session, intent_id)
    assert found is not None
    return found
