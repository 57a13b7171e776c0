"""What a studio has written, and what it comes to, worked out from all records one by one."""

import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from app.sync.store import Write
from tests.samples import sample
from tests.sync.conftest import Desk

Fields = dict[str, Any]
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
STATES = ("pending", "processing", "approved", "approved", "approved", "declined", "voided", "refunded")
TYPES = ("session_fee", "initial_order", "re_order", "generic", "estimate", "credit_memo")


def invoice(total: int, day: date, *, due: date | None = None, paid: int = 0, **more: Any) -> Fields:
    """Return an invoice of one line that adds up."""
    kind = more.get("invoice_type", "initial_order")
    line = {
        "id": str(uuid4()),
        "item": "PR-0810",
        "description": "Print",
        "quantity": -1 if total < 0 else 1,
        "unit_price": abs(total),
        "extended_price": total,
    }
    sums = {
        "lines": [line],
        "subtotal": total,
        "tax": 0,
        "total": total,
        "paid": paid,
        "balance_due": 0 if kind == "estimate" else total - paid,
    }
    dates = {"invoice_date": day.isoformat(), "payment_due_date": due.isoformat() if due else None}
    return sample("invoices", **{**sums, **dates, "invoice_type": kind, "original_invoice_id": None, **more})


def payment(amount: int, day: date | None, *, due: date | None = None, **more: Any) -> Fields:
    """Return a payment, or a refund of a negative amount."""
    kind = "refund" if amount < 0 else "payment"
    dates = {"date": day.isoformat() if day else None, "due_date": due.isoformat() if due else None}
    state = {"state": "approved" if day else "pending"}
    return sample("payments", **{**dates, **state, "payment_type": kind, "amount": amount, **more})


def session(client: str, day: date | None, **more: Any) -> Fields:
    """Return a session of a client on a day."""
    flags = {"is_cancelled": False, "is_on_hold": False, "events": [], "participants": []}
    times = {} if day else {"start_time": None, "end_time": None, "arrival_time": None}
    dated = {"date": day.isoformat() if day else None, "client_id": client}
    return sample("sessions", **{**flags, **times, **dated, **more})


@dataclass
class Ledger:
    """All that one account has, as it was written: a plain book beside the product."""

    desk: Desk
    zones: dict[UUID, str]
    first_weekday: str = "sunday"
    records: dict[tuple[str, UUID], Fields] = field(default_factory=dict)
    paid: set[str] = field(default_factory=set)
    """The invoices that payments were ever applied to."""

    async def write(self, *writes: tuple[str, UUID, Fields | None]) -> None:
        """Write or delete records, all at once, here and there."""
        await self.desk.write(*(Write(*each) for each in writes))
        for name, record_id, fields in writes:
            if name == "payments" and fields and fields["invoice_id"]:
                self.paid.add(fields["invoice_id"])
            if fields is None:
                del self.records[name, record_id]
            else:
                self.records[name, record_id] = {**self.records.get((name, record_id), {}), **fields}

    def of(self, collection: str, site: UUID) -> list[Fields]:
        """Return the records of a collection that belong to a studio, or with the account's id to none."""
        home = self._home(site)
        return [
            each
            for (name, _), each in self.records.items()
            if name == collection and each.get("studio_id") == home
        ]

    def _home(self, site: UUID) -> str | None:
        return None if site == self.desk.account_id else str(site)

    def figures(self, site: UUID, now: datetime) -> Fields:
        """Return what a snapshot has to tell at a moment."""
        today = now.astimezone(ZoneInfo(self.zones[site])).date()
        money = self.of("payments", site)
        owed = [
            (self._owed(str(record_id), each), each["payment_due_date"])
            for (name, record_id), each in self.records.items()
            if name == "invoices" and each.get("studio_id") == self._home(site)
            if each["invoice_type"] != "estimate"
        ]
        return {
            "day": str(today),
            **{name: self._period(site, days, today) for name, days in self._days(today).items()},
            "open_balance": sum(amount for amount, _ in owed),
            "overdue_balance": sum(amount for amount, due in owed if due and due < str(today)),
            "pending_payments": sum(
                each["amount"] for each in money if each["state"] == "pending" and not each["invoice_id"]
            )
            + sum(
                self._agreed(str(record_id), each)
                for (name, record_id), each in self.records.items()
                if name == "invoices" and each.get("studio_id") == self._home(site)
            ),
            "unapplied_deposits": sum(
                each["amount"] for each in money if each["state"] == "approved" and not each["invoice_id"]
            ),
        }

    def _owed(self, bill: str, fields: Fields) -> int:
        """Return what is owed on an invoice: what was paid follows from its payments, if it ever had any."""
        if bill not in self.paid:
            return int(fields["balance_due"])
        received = [
            each["amount"]
            for (name, _), each in self.records.items()
            if name == "payments" and each["invoice_id"] == bill and each["state"] in ("approved", "refunded")
        ]
        return int(fields["total"] - sum(received))

    def _agreed(self, bill: str, fields: Fields) -> int:
        """Return what is agreed of what is owed on an invoice."""
        pending = sum(
            int(each["amount"])
            for (name, _), each in self.records.items()
            if name == "payments" and each["invoice_id"] == bill and each["state"] == "pending"
        )
        return max(0, min(pending, self._owed(bill, fields)))

    def _days(self, today: date) -> dict[str, list[str]]:
        first = today
        while WEEKDAYS[first.weekday()] != self.first_weekday:
            first -= timedelta(days=1)
        year = [date(today.year, 1, 1) + timedelta(days=n) for n in range(366)]
        year = [each for each in year if each.year == today.year]
        return {
            "today": [str(today)],
            "week": [str(first + timedelta(days=n)) for n in range(7)],
            "month": [str(each) for each in year if each.month == today.month],
            "year": [str(each) for each in year],
        }

    def _period(self, site: UUID, days: list[str], today: date) -> Fields:
        past = [day for day in days if day <= str(today)]
        sold = [
            each
            for each in self.of("invoices", site)
            if each["invoice_type"] != "estimate" and each["invoice_date"] in past
        ]
        sales = sum(each["total"] for each in sold)
        count = len([each for each in sold if each["invoice_type"] != "credit_memo"])
        taken = [
            each
            for each in self.of("payments", site)
            if each["state"] in ("approved", "refunded") and (each["date"] or each["due_date"]) in past
        ]
        held = [
            each["date"]
            for each in self.of("sessions", site)
            if not each["is_cancelled"] and not each["is_on_hold"] and each["date"] in days
        ]
        average = Decimal(sales) / count if count else None
        return {
            "first_day": days[0],
            "last_day": days[-1],
            "sales": sales,
            "sales_count": count,
            "average_sale": average if average is None else int(average.quantize(Decimal(1), ROUND_HALF_UP)),
            "payments": sum(each["amount"] for each in taken if each["payment_type"] == "payment"),
            "refunds": -sum(each["amount"] for each in taken if each["payment_type"] == "refund"),
            "sessions_held": len([day for day in held if day in past]),
            "sessions_booked": len(held),
        }


@dataclass
class Chance:
    """Somebody who writes whatever comes to mind, around a day.

    Sessions are those of the `client`, and payments are applied to the `bill`, if to any.
    """

    dice: random.Random
    ledger: Ledger
    client: str
    bill: str

    def writes(self, today: date) -> list[tuple[str, UUID, Fields | None]]:
        """Return some writes of records, no record twice."""
        found = {}
        for _ in range(self.dice.choice((1, 1, 2, 6))):
            each = self._one(today)
            found[each[0], each[1]] = each
        return list(found.values())

    def _one(self, today: date) -> tuple[str, UUID, Fields | None]:
        name = self.dice.choice(("invoices", "payments", "sessions"))
        known = [each for kept, each in self.ledger.records if kept == name and str(each) != self.bill]
        if known and self.dice.random() < 0.15:
            return name, self.dice.choice(known), None
        is_old = known and self.dice.random() < 0.45
        record_id = self.dice.choice(known) if is_old else UUID(int=self.dice.getrandbits(128))
        made: dict[str, Any] = {
            "invoices": self._invoice,
            "payments": self._payment,
            "sessions": self._session,
        }
        site = self.dice.choice(list(self.ledger.zones))
        home = None if site == self.ledger.desk.account_id else str(site)
        return name, record_id, {**made[name](today), "studio_id": home}

    def _invoice(self, today: date) -> Fields:
        kind, cents = self.dice.choice(TYPES), self.dice.randrange(1, 90_000)
        total = -cents if kind == "credit_memo" else cents
        paid = 0 if kind == "estimate" else self.dice.choice((0, 0, total, total // 3))
        due = self._day(today) if self.dice.random() < 0.8 else None
        return invoice(total, self._day(today), due=due, paid=paid, invoice_type=kind)

    def _payment(self, today: date) -> Fields:
        cents, state = self.dice.randrange(1, 90_000), self.dice.choice(STATES)
        due = self._day(today) if state == "pending" or self.dice.random() < 0.3 else None
        day = None if state == "pending" or (due and self.dice.random() < 0.3) else self._day(today)
        amount = -cents if self.dice.random() < 0.25 else cents
        return payment(amount, day, due=due, state=state, invoice_id=self.dice.choice((None, self.bill)))

    def _session(self, today: date) -> Fields:
        day = self._day(today) if self.dice.random() < 0.9 else None
        flags = {name: self.dice.random() < 0.15 for name in ("is_cancelled", "is_on_hold")}
        return session(self.client, day, **flags)

    def _day(self, today: date) -> date:
        """Return a day: mostly one of these, sometimes months away, or at the turn of a year."""
        near = self.dice.choice((0, 0, -1, 1, -6, 6, -20, 20, -100, 100, -366, 366))
        return today + timedelta(days=near + self.dice.randrange(-2, 3))
