"""Correcting: what was written down wrong of a payment, without moving any money."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

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
    note: Line | None = Field(
        None, description="A line for the status notes.", examples=["Bank called about the check"]
    )


def _sent(call: Call) -> dict[str, Any]:
    found: dict[str, Any] = call.sent.model_dump(mode="json", exclude_none=True, exclude={"note"})
    return found


async def _read(call: Call) -> None:
    await read(call)
    await foresee(call, (call.key, {**call.fields, **_sent(call)}))


@command("correct", of=("payments",), takes=Correct, prepares=_read)
def correct(call: Call) -> Mapping[str, Any]:
    """Put right how and when a payment was made, or add a line to its history; the amount stays."""
    require_desk(call)
    fields, wanted = call.fields, _sent(call)
    is_pending = fields["state"] == PaymentState.PENDING
    if not is_pending and fields["state"] != PaymentState.APPROVED:
        raise WrongState({"state": fields["state"]})
    wrong = "date" if is_pending else "due_date"
    if wrong in wanted:
        raise InvalidFields({wrong: "A payment is due until it is collected, and has a date from then on."})
    if wanted and fields["processor_reference"]:
        raise WrongState({"processor_reference": "The processor has charged this."})
    if wanted:
        require_means(call, wanted.get("payment_method_id") or fields["payment_method_id"])
    notes = {"status_notes": with_remark(fields, call.work, call.sent.note)} if call.sent.note else {}
    return {**wanted, **notes}
