"""Possible duplicates: whoever makes a client is told who it may be already, and may know better."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast
from uuid import UUID

from app.studio.companies import DuplicateCheck
from app.studio.rules.likenesses import COMPARED, found
from app.studio.rules.settings import read_settings
from app.sync import registry
from app.sync.draft import Draft
from app.sync.reactions import Work, Written, on_write

_MOST = 10
_FIELDS: Mapping[str, tuple[str, ...]] = {
    DuplicateCheck.LAST_NAME_AND_CITY: ("last_name", "address"),
    DuplicateCheck.PHONE: ("phones",),
    DuplicateCheck.FIRST_AND_LAST_NAME: ("first_name", "last_name"),
    DuplicateCheck.ADDRESS_AND_CITY: ("address",),
    DuplicateCheck.EMAIL: ("email",),
}


@dataclass(slots=True)
class _Alike:
    """What each client of a transaction may have in common with others, and who has the same.

    `known` are those that were there before it.
    """

    likenesses: dict[UUID, set[tuple[str, str]]] = field(default_factory=dict)
    clients: dict[tuple[str, str], dict[UUID, None]] = field(default_factory=dict)
    known: set[UUID] = field(default_factory=set)


async def _alike(draft: Draft, writes: Sequence[Written]) -> _Alike:
    checks = (await read_settings(draft))["duplicate_checks"]
    compared = {each.key[1]: each.after for each in writes if each.after and each.changes(*COMPARED)}
    alike = _Alike()
    if not checks or not compared:
        return alike
    for client, kind, value, others in await found(draft.session, compared, checks):
        alike.likenesses.setdefault(client, set()).add((kind, value))
        same = alike.clients.setdefault((kind, value), {})
        same.update(dict.fromkeys([*others, client]))
        alike.known.update(others)
    return alike


@on_write("clients", asks=_alike)
def possible_duplicates(written: Written, work: Work) -> None:
    """Warn of clients that have the same where the company compares it."""
    alike = cast("_Alike | None", work.answer)
    if written.after is None or alike is None:
        return
    same: dict[UUID, None] = {}
    fields: dict[str, None] = {}
    for kind, value in sorted(alike.likenesses.get(written.key[1], ())):
        if not written.changes(*_FIELDS[kind]):
            continue
        others = [
            each
            for each in alike.clients[kind, value]
            if each != written.key[1] and _lives(each, alike, work)
        ]
        same.update(dict.fromkeys(others))
        fields.update(dict.fromkeys(_FIELDS[kind] if others else ()))
    if same:
        work.warn(
            "possible_duplicates",
            "This may be a client you have already.",
            fields,
            list(same)[:_MOST],
        )


def _lives(client: UUID, alike: _Alike, work: Work) -> bool:
    """Say whether a client is there now; one that this transaction has not looked at is as it was."""
    state = work.draft.peek((registry.number_of("clients"), client))
    return state.values is not None if state else client in alike.known
