"""A studio that charges cards at the simulator, its clients and their cards."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import httpx

from app.cards import charging, store
from app.cards.gateway import Gateway
from app.cards.reconciling import look_after
from app.cards.till import Till
from app.cards.transit.adapter import Credentials
from app.core import clock
from app.core.keys import KeyRing
from app.core.principal import Principal
from app.simulator.merchants import Merchant
from app.simulator.process import Started
from app.simulator.server import Simulator
from app.sync.store import Write, write
from tests.accounts.studios import Studio, bearer, new_studio
from tests.contract.phones import Phone, signed_in

HARBOR = Merchant("887000001", "HARBOR", "words of harbor", {"88700000101": True})
NORTH = Merchant("887000002", "NORTH", "words of north", {"88700000201": True})
VISA = "4111 1111 1111 1111"
LOST = "4000000000009987"
POOR = "4000000000009995"
_AMOUNTS = count(10_01)
"""No two payments are of one amount: the processor would take them for one within a minute."""
Told = dict[str, Any]


def amount() -> int:
    """Return an amount no other payment has, in cents, which chooses nothing at the simulator."""
    return next(_AMOUNTS)


def credentials(merchant: Merchant, **changed: Any) -> Told:
    """Return what an administrator enters."""
    return {
        "environment": "simulator",
        "is_active": True,
        "merchant_id": merchant.mid,
        "user_id": merchant.user,
        "password": merchant.password,
        "device_id": next(iter(merchant.devices)),
        "developer_id": "003227G001",
        **changed,
    }


@dataclass
class Shop:
    """A studio that charges cards, and what is asked of its house and of its processor."""

    studio: Studio
    till: Till
    headers: dict[str, str]
    phone: Phone
    outside: httpx.AsyncClient
    url: str
    control: str
    client_id: UUID = field(default_factory=uuid4)

    @property
    def account_id(self) -> UUID:
        """Return the account."""
        return self.studio.account.account_id

    async def ask(self, verb: str, path: str, body: Any = None, headers: Any = None) -> httpx.Response:
        """Ask the house, as the administrator's desk if nobody else is named."""
        client = self.studio.client
        return await client.request(verb, f"/v1/{path}", json=body, headers=headers or self.headers)

    async def told(self, verb: str, path: str, body: Any = None, headers: Any = None) -> Told:
        """Ask what must be answered."""
        answer = await self.ask(verb, path, body, headers)
        assert answer.status_code < 300, (path, answer.text)
        return dict(answer.json())

    async def does(self, record: str, command: str, **sent: Any) -> httpx.Response:
        """Have a command carried out at the desk."""
        return await self.ask(
            "POST", f"{record}/{command}", sent, self.headers | {"Idempotency-Key": uuid4().hex}
        )

    async def done(self, record: str, command: str, **sent: Any) -> None:
        """Have carried out what must be."""
        answer = await self.does(record, command, **sent)
        assert answer.status_code < 300, (command, answer.text)

    async def credited(self, invoice_id: UUID | str) -> str:
        """Take an invoice back by a credit memo, and return its id."""
        memo = str(uuid4())
        await self.done(f"invoices/{invoice_id}", "create_credit_memo", credit_memo_id=memo)
        return memo

    async def refund(self, payment_id: str, memo: str, minor: int, **more: Any) -> httpx.Response:
        """Refund a card payment to its card."""
        wanted = {"id": str(uuid4()), "credit_memo_id": memo, "amount": minor, "currency": "USD", **more}
        return await self.ask("POST", f"card-payments/{payment_id}/refund", wanted)

    async def method(self, kind: str) -> str:
        """Return a way of paying."""
        return str(await self.put("payment_methods", uuid4(), description=kind, payment_kind=kind))

    async def stands(self, merchant: Merchant) -> None:
        """Have another merchant stand there, as after a restored backup: nobody is asked."""
        device = next(iter(merchant.devices))
        known = Credentials(merchant.mid, merchant.user, merchant.password, device, "003227G001")
        async with self.till.database.writing(self.account_id) as session:
            kept = await store.merchant(session)
            assert kept is not None
            kept.credentials, kept.transaction_key = self.till.sealed(self.account_id, known), None
            session.add(kept)
            await session.flush()

    async def put(self, collection: str, record_id: UUID, **fields: Any) -> UUID:
        """Write a record as the server does."""
        async with self.till.database.writing(self.account_id) as session:
            await write(session, Principal.system(self.account_id), [Write(collection, record_id, fields)])
        return record_id

    async def invoice(self, total: int, **fields: Any) -> UUID:
        """Make an invoice of the client."""
        line = {
            "id": str(uuid4()),
            "item": "PR-0810",
            "description": "A print",
            "quantity": 1,
            "unit_price": total,
            "extended_price": total,
        }
        sums = dict.fromkeys(("subtotal", "total", "balance_due"), total)
        told = {
            "invoice_type": "generic",
            "invoice_date": "2026-05-04",
            "client_id": str(self.client_id),
            "bill_to_client_id": str(self.client_id),
            "lines": [line],
            **sums,
            **fields,
        }
        return await self.put("invoices", uuid4(), **told)

    async def reserve(self, minor: int, headers: Any = None, **wanted: Any) -> httpx.Response:
        """Reserve a payment: a deposit of the client if nothing else is named."""
        target = {} if "invoice_id" in wanted else {"client_id": str(self.client_id)}
        body = {"id": str(uuid4()), "amount": minor, "currency": "USD", **target, **wanted}
        return await self.ask("POST", "card-payments", body, headers)

    async def reserved(self, minor: int, headers: Any = None, **wanted: Any) -> Told:
        """Reserve what can be."""
        answer = await self.reserve(minor, headers, **wanted)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def token(self, reserved: Told, number: str = VISA, expiry: str = "08/2031") -> str:
        """Type a card in at the hosted field, which is the processor's: the house is not asked."""
        field = reserved.get("hosted_field", reserved)
        typed = {"manifest": field["manifest"], "cardNumber": number, "expirationDate": expiry}
        answer = await self.outside.post(f"{self.url}/transit-tsep-web/tokens", json=typed)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["tsepToken"])

    async def charge(self, payment_id: str, token: str | None, headers: Any = None) -> httpx.Response:
        """Charge a reserved payment."""
        body = {"token": token, "expiry": "08/2031" if token else None}
        return await self.ask("POST", f"card-payments/{payment_id}/charge", body, headers)

    async def pay(self, minor: int, number: str = VISA, **wanted: Any) -> Told:
        """Reserve a payment and charge it, as a person does who has time."""
        reserved = await self.reserved(minor, **wanted)
        answer = await self.charge(reserved["id"], await self.token(reserved, number))
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def state(self, payment_id: str) -> Told:
        """Return how a payment stands."""
        return await self.told("GET", f"card-payments/{payment_id}")

    async def record(self, collection: str, record_id: str | UUID) -> Told:
        """Read a record as desks do."""
        return await self.told("GET", f"{collection}/{record_id}")

    async def controlled(self, path: str, **said: Any) -> Any:
        """Have the simulator do something."""
        answer = await self.outside.post(f"{self.control}/{path}", json=said)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def behave(self, behaviour: str, *operations: str, times: int | None = 1) -> None:
        """Have the simulator misbehave at what comes next."""
        await self.controlled("behave", behaviour=behaviour, operations=[*operations], times=times)

    async def booked(self, payment_id: str) -> int:
        """Return what the processor's books say is booked net for a payment, in cents."""
        sql = "SELECT external_ref FROM card_attempts WHERE account_id = $1 AND intent_id = $2"
        refs = [row[0] for row in await self.studio.execute(sql, UUID(payment_id))]
        found = [await self.books(each) for each in refs]
        return sum(each["net"] for told in found for each in told["booked"])

    async def gateway(self) -> Gateway:
        """Return the studio's way to the processor."""
        async with self.till.database.reading(self.account_id) as session:
            return await charging.gateway(session, self.till)

    async def books(self, reference: str) -> Told:
        """Return what the processor has in its books under one reference of ours."""
        answer = await self.outside.get(f"{self.control}/ledger", params={"reference": reference})
        return dict(answer.json())

    async def sales(self, payment_id: str) -> list[Told]:
        """Return the requests for a sale the processor has understood, for one payment."""
        sql = "SELECT external_ref FROM card_attempts WHERE account_id = $1 AND intent_id = $2"
        refs = [row[0] for row in await self.studio.execute(sql, UUID(payment_id))]
        found = [await self.books(each) for each in refs]
        return [each for told in found for each in told["requests"] if each["operation"] == "Sale"]

    async def sign_in(self) -> None:
        """Sign the administrator in anew: tokens end while time passes."""
        self.headers = bearer(await self.studio.signed_in(initials="JD", device=None))

    async def later(self, **passed: float) -> None:
        """Let time pass, here and at the processor, and look after what is due then."""
        delta = timedelta(**passed)
        clock.hold(clock.now() + delta)
        await self.controlled("advance", seconds=delta.total_seconds())
        await look_after(self.till, self.account_id)
        await self.sign_in()


@asynccontextmanager
async def new_shop(
    till: Till, http: httpx.AsyncClient, keys: KeyRing, simulator: Simulator | Started
) -> AsyncIterator[Shop]:
    """Make a studio with a client, the processor's credentials and a phone."""
    studio = await new_studio(till.database, http, keys)
    headers = bearer(await studio.signed_in(initials="JD", device=None))
    phone = await signed_in(studio)
    async with httpx.AsyncClient() as outside:
        shop = Shop(studio, till, headers, phone, outside, simulator.url, simulator.control_url)
        await shop.put("clients", shop.client_id, last_name="Hartley", client_type="consumer")
        await shop.put("companies", shop.account_id, card_processor="tsys", is_card_reader_enabled=True)
        await shop.told("PUT", "card-merchant", credentials(HARBOR))
        yield shop


def now() -> datetime:
    """Return the present instant, for a test to begin from."""
    return datetime.now(UTC)
