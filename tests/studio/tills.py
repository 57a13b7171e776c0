"""A studio that sells and takes money: at its desk, and on the phones of its people."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

from app.core.principal import Channel
from tests.studio.conftest import Company, Fields, call, create
from tests.sync.conftest import Phone


def line(price: int, quantity: int = 1, **more: Any) -> Fields:
    """Return a line of an invoice as it is sent."""
    return {
        "id": str(uuid4()),
        "item": "PR-0810",
        "description": "Print",
        "quantity": quantity,
        "unit_price": price,
        **more,
    }


@dataclass
class Till:
    """Where a company's money is taken; `desk` is somebody there, whose commands are numbered too."""

    company: Company
    desk: Phone
    cash: str
    card: str

    @classmethod
    async def of(cls, company: Company) -> "Till":
        """Open the till of a company."""
        who = replace(company.phone.who, channel=Channel.DESK, device_id=uuid4())
        desk = Phone(company.phone.database, who)
        cash = await company.has("payment_methods", description="Cash", payment_kind="cash")
        card = await company.has("payment_methods", description="Visa", payment_kind="credit_card")
        return cls(company, desk, cash, card)

    @property
    def client(self) -> str:
        """Return the client who buys."""
        return self.company.client_id

    async def sells(self, *prices: int, bill_id: str | None = None, **more: Any) -> str:
        """Make an invoice at the desk, of a line for each price."""
        bill = bill_id or str(uuid4())
        fields = {
            "invoice_type": "initial_order",
            "client_id": self.client,
            "invoice_date": "2026-05-01",
            "lines": [line(price) for price in prices],
            **more,
        }
        [result] = await self.desk.push(create("invoices", bill, **fields))
        assert result["verdict"] == "applied", result
        return bill

    async def does(
        self, command: str, collection: str, record_id: str, by: Phone | None = None, **sent: Any
    ) -> Fields:
        """Use a command, and return its verdict."""
        [result] = await (by or self.desk).push(call(command, collection, record_id, **sent))
        return result

    async def pays(self, bill: str, amount: int, by: Phone | None = None, **more: Any) -> Fields:
        """Pay cash on an invoice."""
        return await self.does("pay", "invoices", bill, by, **self.cash_of(amount, **more))

    async def deposits(self, amount: int, by: Phone | None = None, **more: Any) -> str:
        """Take a deposit in cash, and return its id."""
        sent = self.cash_of(amount, **more)
        result = await self.does("take_deposit", "clients", self.client, by, **sent)
        assert result["verdict"] == "applied", result
        return str(sent["payment_id"])

    def cash_of(self, amount: int, **more: Any) -> Fields:
        """Return what is sent along with a payment in cash."""
        return {"payment_id": str(uuid4()), "amount": amount, "payment_method_id": self.cash, **more}

    async def bill(self, bill: str | UUID) -> Fields:
        """Return an invoice as a phone holds it."""
        return await self.company.pulled("invoices", bill)

    async def owed(self, bill: str) -> tuple[int, int, int]:
        """Return what is paid, pending and owed on an invoice."""
        told = await self.bill(bill)
        return told["paid"], told["pending_payments"], told["balance_due"]

    async def payment(self, payment_id: str | UUID) -> Fields:
        """Return a payment as a phone holds it."""
        return await self.company.pulled("payments", payment_id)

    async def standing(self) -> tuple[int, int]:
        """Return what the client owes, and has left of what was paid."""
        told = await self.company.pulled("clients", self.client)
        return told["balance"], told["unapplied_deposits"]

    async def revision(self) -> int:
        """Return how far the account has come."""
        page = await self.company.phone.page()
        return int(page["revision"])


def refused(result: Fields) -> tuple[str, Fields]:
    """Return why something was refused, with the figures."""
    assert result["verdict"] == "rejected", result
    return result["code"], result["fields"]
