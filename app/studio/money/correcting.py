"""Correcting: what was written down wrong of a payment, and what is noted of it, without moving any money."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from app.studio.custom_fields import PaymentCustom
from app.studio.money.booking import SOME_ID, foresee, read, require_desk, require_means
from app.studio.money.refusals import WrongState
from app.studio.payments import PaymentState
from app.studio.status_notes import with_remark
from app.sync.commands import Call, command
from app.sync.fields import Day, Element, Id, Line
from app.sync.refusals import InvalidFields


class Correct(Element):
    """Put right what was written down of a payment."""

    payment_method_id: Id | None = Field(None, description="How it was paid.", examples=[SOME_ID])
    date: Day | None = Field(None, description="Local date it was paid.", examples=["2026-05-03"])
    due_date: Day | None = Field(
        None, description="When it is due, as long as it is pending.", examples=[None]
    )
    check_number: Line | None = Field(None, description="Number of the check.", examples=["1178"])
    custom: PaymentCustom | None = Field(
        None,
        description="The company's own fields, all of them: one that is left out is emptied.",
        examples=[{"text_1": "Gala raffle"}],
    )
    note: Line | None = Field(
        None, description="A line for the status notes.", examples=["Bank called about the check"]
    )


def _means(call: Call) -> dict[str, Any]:
    """Return what is sent of how and when it was paid."""
    apart = {"note", "custom"}
    found: dict[str, Any] = call.sent.model_dump(mode="json", exclude_none=True, exclude=apart)
    return found


def _noted(call: Call) -> dict[str, Any]:
    """Return what is sent of the company's own fields, which say nothing of the money."""
    custom = call.sent.custom
    return {"custom": custom.model_dump(mode="json")} if custom else {}


async def _read(call: Call) -> None:
    await read(call)
    await foresee(call, (call.key, {**call.fields, **_means(call), **_noted(call)}))


@command("correct", of=("payments",), takes=Correct, prepares=_read)
def correct(call: Call) -> Mapping[str, Any]:
    """Put right how and when a payment was made, or what is noted of it; the amount stays."""
    require_desk(call)
    wanted = _means(call)
    if wanted:
        _require_correctable(call, wanted)
    remark = call.sent.note
    notes = {"status_notes": with_remark(call.fields, call.work, remark)} if remark else {}
    return {**wanted, **_noted(call), **notes}


def _require_correctable(call: Call, wanted: Mapping[str, Any]) -> None:
    """Refuse what is not so, or not so any more, and what a processor has charged."""
    fields = call.fields
    is_pending = fields["state"] == PaymentState.PENDING
    if not is_pending and fields["state"] != PaymentState.APPROVED:
        raise WrongState({"state": fields["state"]})
    wrong = "date" if is_pending else "due_date"
    if wrong in wanted:
        raise InvalidFields({wrong: "A payment is due until it is collected, and has a date from then on."})
    if fields["processor_reference"]:
        raise WrongState({"processor_reference": "The processor has charged this."})
    require_means(call, wanted.get("payment_method_id") or fields["payment_method_id"])
