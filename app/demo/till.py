"""The payments of one client of the demo studio, as they are taken or agreed on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from app.demo.dice import Dice
from app.demo.people import Person
from app.demo.scene import Scene
from app.sync.store import Write

_CARDS = ("visa", "mastercard", "american_express")
_INSTALMENT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Till:
    """Where one client pays."""

    scene: Scene
    dice: Dice
    person: Person
    payments: list[Write] = field(default_factory=list)

    def settle(self, invoice_id: UUID, day: date, total: int, plan: Sequence[float]) -> tuple[int, int]:
        """Take what a plan of shares asks for by today, and return what is paid and what is agreed for later.

        A few payments due are not made. The last share absorbs the rounding.
        """
        paid = pending = 0
        for place, amount in enumerate(_shares(total, plan)):
            due = day + place * _INSTALMENT
            if due > self.scene.today:
                pending += amount
                self._promise(amount, due, invoice_id)
            elif amount < 0 or self.dice.chance(0.97):
                paid += amount
                self.take(amount, due, invoice_id)
        return paid, pending

    def take(self, amount: int, day: date, invoice_id: UUID | None) -> None:
        """Take a payment, or give a negative one back; without an invoice it is a deposit."""
        fields = {
            "payment_type": "refund" if amount < 0 else "payment",
            "state": "approved",
            "date": day.isoformat(),
            "is_posted": self.scene.is_posted(day),
            **self._means(),
        }
        self._enter(amount, invoice_id, fields)

    def _promise(self, amount: int, due: date, invoice_id: UUID) -> None:
        self._enter(amount, invoice_id, {"payment_type": "payment", "due_date": due.isoformat()})

    def _enter(self, amount: int, invoice_id: UUID | None, fields: dict[str, Any]) -> None:
        common = {
            "client_id": str(self.person.client_id),
            "invoice_id": str(invoice_id) if invoice_id else None,
            "user_id": self.scene.staff[self.dice.between(0, 1)].user_id,
            "amount": amount,
        }
        self.payments.append(Write("payments", self.dice.record_id(), {**common, **fields}))

    def _means(self) -> dict[str, Any]:
        dice, listed = self.dice, self.scene.listed
        if dice.chance(0.2):
            check = {"payment_method_id": listed("payment_methods", "check")}
            return {**check, "check_number": str(dice.between(1001, 4999))}
        if dice.chance(0.1):
            return {"payment_method_id": listed("payment_methods", "cash")}
        brand = dice.one_of(_CARDS)
        return {
            "payment_method_id": listed("payment_methods", brand),
            "card_brand": brand,
            "card_last_four": f"{dice.between(0, 9999):04}",
            "authorization_code": f"A{dice.between(10000, 99999)}",
        }


def _shares(total: int, plan: Sequence[float]) -> Iterator[int]:
    left = total
    for share in plan[:-1]:
        amount = int(total * share)
        left -= amount
        yield amount
    if plan:
        yield left
