"""Standings of clients: what each owes, and has paid that stands on no invoice, whatever was written."""

from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

from app.studio.money import store
from app.studio.payments import PaymentState
from app.sync import registry
from app.sync.draft import Draft
from app.sync.fields import Values
from app.sync.reactions import Written, at_last

_OF: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "invoices": ("bill_to_client_id", ("balance_due",)),
    "payments": ("client_id", ("amount", "state", "invoice_id")),
}
"""Who owes an invoice or has made a payment, and what it depends on what that comes to."""
_MOST = 10**12


@at_last("invoices", "payments", "clients")
async def stand(draft: Draft, written: Sequence[Written]) -> None:
    """Set `balance` and `unapplied_deposits` of the clients concerned, from all their records."""
    moved = [each for each in written if _name(each) in _OF]
    concerned = set(_concerned(moved))
    if not concerned:
        return
    merged = dict(_merged(draft, written))
    asked = concerned | {goes for goes, stays in merged.items() if stays in concerned}
    written_ids = {name: [each.key[1] for each in moved if _name(each) == name] for name in _OF}
    balances = _added(await store.owed(draft.session, asked, written_ids["invoices"]), merged)
    deposits = _added(await store.deposited(draft.session, asked, written_ids["payments"]), merged)
    for each in moved:
        if each.after is None:
            continue
        owner, sums = each.after[_OF[_name(each)][0]], balances if _name(each) == "invoices" else deposits
        if owner:
            sums[UUID(owner)] = sums.get(UUID(owner), 0) + _amount(each.after)
    number = registry.number_of("clients")
    await draft.load((number, each) for each in concerned)
    for client in sorted(concerned):
        state = draft.get((number, client))
        if state is None or state.values is None:
            continue
        now = {
            "balance": _within(balances.get(client, 0)),
            "unapplied_deposits": _within(deposits.get(client, 0)),
        }
        if any(state.values[name] != amount for name, amount in now.items()):
            draft.amend((number, client), now)


def _concerned(moved: Sequence[Written]) -> Iterator[UUID]:
    for each in moved:
        owner, names = _OF[_name(each)]
        if each.changes(owner, *names):
            for fields in (each.before, each.after):
                if fields and fields[owner]:
                    yield UUID(fields[owner])


def _merged(draft: Draft, written: Sequence[Written]) -> Iterator[tuple[UUID, UUID]]:
    """Yield who was merged here, with who stays: not all that was theirs has moved yet."""
    for each in written:
        if _name(each) == "clients" and each.after is None:
            survivor = draft.survivor(each.key)
            if survivor != each.key:
                yield each.key[1], survivor[1]


def _added(sums: Mapping[UUID, int], merged: Mapping[UUID, UUID]) -> dict[UUID, int]:
    found: dict[UUID, int] = {}
    for client, amount in sums.items():
        stays = merged.get(client, client)
        found[stays] = found.get(stays, 0) + amount
    return found


def _amount(fields: Values) -> int:
    if "balance_due" in fields:
        return int(fields["balance_due"])
    is_deposit = fields["state"] == PaymentState.APPROVED and fields["invoice_id"] is None
    return int(fields["amount"]) if is_deposit else 0


def _within(amount: int) -> int:
    return max(-_MOST, min(_MOST, amount))


def _name(written: Written) -> str:
    return registry.numbered(written.key[0]).name
