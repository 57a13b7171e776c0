"""Repeats: whether a command has been carried out before, whatever has become of what it made since."""

from collections.abc import Mapping
from typing import Any

from app.studio.payment_methods import PaymentKind
from app.studio.payments import PaymentState
from app.sync.commands import Call
from app.sync.feed import Key
from app.sync.fields import Values

_TAKEN = (PaymentState.APPROVED, PaymentState.REFUNDED)


def is_changed(call: Call, key: Key, name: str) -> bool:
    """Say whether a field of a record has been changed since the record was made."""
    state = call.work.draft.peek(key)
    return state is not None and name in state.field_revisions


def made_before(call: Call, key: Key, sent: Mapping[str, Any], *, like: Key | None = None) -> Values | None:
    """Return the record a command has made before; none where there is none, or it is another's.

    Each field is still as it was `sent`, or somebody has changed it since; also, where it was made `like`
    another record, in that one.
    """
    found = call.work.draft.peek(key)
    if found is None or found.values is None:
        return None
    values, others = found.values, [key, *([like] if like else [])]
    is_it = all(
        values[name] == value or any(is_changed(call, each, name) for each in others)
        for name, value in sent.items()
    )
    return values if is_it else None


def taken_before(call: Call, key: Key, sent: Mapping[str, Any]) -> Values | None:
    """Return the payment a command has made before, also one that was voided since.

    What a card was to be charged for and was not, which bears the same id, is another payment: no money has
    come of it. One that was let go is voided like any other, and told apart by its method.
    """
    known = made_before(call, key, sent)
    if known is None or known["state"] in _TAKEN:
        return known
    method = call.work.find("payment_methods", known["payment_method_id"])
    is_card = method is None or method["payment_kind"] == PaymentKind.CREDIT_CARD
    return known if known["state"] == PaymentState.VOIDED and not is_card else None


def came_to(call: Call, amount: int, *keys: Key) -> bool:
    """Say whether some payments come to an amount together; where parts of them went elsewhere, to less."""
    found = [(key, state.values) for key in keys if (state := call.work.draft.peek(key)) and state.values]
    left = sum(int(values["amount"]) for _, values in found)
    is_parted = any(is_changed(call, key, "amount") for key, _ in found)
    return left < amount if is_parted else left == amount
