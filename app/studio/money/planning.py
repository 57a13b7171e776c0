"""Planning: what is owed on an invoice, agreed in several payments that are due one after the other."""

from calendar import monthrange
from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID, uuid5

from pydantic import Field

from app.accounts.models import Edition
from app.core.principal import Level
from app.studio.money.balances import left_on
from app.studio.money.booking import (
    SOME_ID,
    Amount,
    Sum,
    amount_field,
    foresee,
    key_of,
    make,
    read,
    require_currency,
    taker,
)
from app.studio.money.paying import TAKES, payer
from app.studio.money.refusals import WrongState, not_owed
from app.studio.money.repeats import came_to, made_before
from app.studio.payments import PaymentState, PaymentType
from app.studio.rules.settings import settings_of
from app.sync.commands import Call, command
from app.sync.feed import Key
from app.sync.fields import Day, Id
from app.sync.refusals import InvalidFields

_EDITIONS = (Edition.PROFESSIONAL, Edition.ENTERPRISE)
_MONTHS = 12


class Interval(StrEnum):
    """How far payments that are agreed lie apart."""

    WEEKLY = "weekly"
    BI_WEEKLY = "bi_weekly"
    MONTHLY = "monthly"


class PlanPayments(Sum):
    """Agree on several payments to come."""

    plan_id: Id = Field(
        description="Made up for the plan: its payments have ids that follow from it.", examples=[SOME_ID]
    )
    amount: Amount | None = amount_field(
        "What they come to together, in minor units; left out, all that is owed and not agreed yet.",
        default=None,
    )
    count: Annotated[int, Field(ge=2, le=60)] = Field(description="How many they are.", examples=[6])
    interval: Interval = Field(description="How far they lie apart.", examples=["monthly"])
    first_due_date: Day = Field(
        description="When the first is due; monthly ones are due on its day, or the last of a shorter month.",
        examples=["2026-06-30"],
    )
    payment_method_id: Id | None = Field(
        None, description="How they will be paid, where that is known.", examples=[None]
    )


def planned_id(plan_id: UUID, number: int) -> UUID:
    """Return the id of one of the payments of a plan, counted from 1."""
    return uuid5(plan_id, str(number))


def _keys(call: Call) -> list[Key]:
    numbers = range(1, call.sent.count + 1)
    return [key_of("payments", planned_id(call.sent.plan_id, number)) for number in numbers]


def _due(call: Call, place: int) -> str:
    """Return when a payment of the plan is due, by its place from 0."""
    first: date = call.sent.first_due_date
    if call.sent.interval is not Interval.MONTHLY:
        weeks = 1 if call.sent.interval is Interval.WEEKLY else 2
        return (first + timedelta(weeks=weeks * place)).isoformat()
    years, month = divmod(first.month - 1 + place, _MONTHS)
    year, month = first.year + years, month + 1
    return date(year, month, min(first.day, monthrange(year, month)[1])).isoformat()


def _agreed(call: Call, place: int, amount: int) -> dict[str, Any]:
    method = call.sent.payment_method_id
    return {
        "client_id": payer(call.fields),
        "invoice_id": str(call.key[1]),
        "studio_id": call.fields["studio_id"],
        "payment_type": PaymentType.PAYMENT,
        "state": PaymentState.PENDING,
        "amount": amount,
        "due_date": _due(call, place),
        "payment_method_id": str(method) if method else None,
        "user_id": taker(call),
    }


async def _read(call: Call) -> None:
    await read(call, *_keys(call))
    await foresee(call, *((key, _agreed(call, place, 1)) for place, key in enumerate(_keys(call))))


def _is_planned(call: Call) -> bool:
    keys, on_it = _keys(call), {"invoice_id": str(call.key[1])}
    is_made = all(
        made_before(call, key, {**on_it, "due_date": _due(call, place)}) for place, key in enumerate(keys)
    )
    return is_made and (call.sent.amount is None or came_to(call, call.sent.amount, *keys))


@command(
    "plan_payments",
    of=("invoices",),
    takes=PlanPayments,
    prepares=_read,
    is_done=_is_planned,
    level=Level.VIEW_ONLY,
    needs=TAKES,
)
def plan_payments(call: Call) -> Mapping[str, Any]:
    """Agree on several payments to come, alike but for the last, which has what cannot be parted evenly."""
    edition = settings_of(call.work).get("edition")
    if edition and edition not in _EDITIONS:
        raise WrongState({"edition": edition})
    require_currency(call)
    owed = max(0, left_on(call.work, call.key[1]))
    left = max(0, owed - call.fields["pending_payments"])
    amount, count = left if call.sent.amount is None else call.sent.amount, call.sent.count
    if not 0 < amount <= left:
        raise not_owed(call.fields, balance_due=owed, not_agreed=left)
    each, rest = divmod(amount, count)
    if not each:
        raise InvalidFields({"count": "There is less than the smallest coin for each."})
    for place, key in enumerate(_keys(call)):
        make(call, key, _agreed(call, place, each + (rest if place == count - 1 else 0)))
    return {}
