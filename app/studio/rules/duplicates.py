"""Possible duplicates: whoever makes a client is told who it may be already, and may know better."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast
from uuid import UUID

import orjson

from app.studio.companies import DuplicateCheck
from app.studio.rules.likenesses import COMPARED, found
from app.studio.rules.settings import read_settings
from app.sync import registry
from app.sync.draft import Draft
from app.sync.fields import Values
from app.sync.reactions import Work, Written, on_write

_MOST = 10
_FIELDS: Mapping[str, tuple[str, ...]] = {
    DuplicateCheck.LAST_NAME_AND_CITY: ("last_name", "address"),
    DuplicateCheck.PHONE: ("phones",),
    DuplicateCheck.FIRST_AND_LAST_NAME: ("first_name", "last_name"),
    DuplicateCheck.ADDRESS_AND_CITY: ("address",),
    DuplicateCheck.EMAIL: ("email",),
}


_State = tuple[UUID, bytes]
"""A client as some writes leave it: the id, and what it is compared by."""
_Likeness = tuple[str, str]


@dataclass(slots=True)
class _Alike:
    """What the clients of a transaction may have in common with others, and who has the same.

    One that is written more than once is looked at as each of these writes may leave it. `known` are those
    who had the same before.
    """

    likenesses: dict[_State, set[_Likeness]] = field(default_factory=dict)
    clients: dict[_Likeness, dict[UUID, None]] = field(default_factory=dict)
    known: dict[_Likeness, set[UUID]] = field(default_factory=dict)

    def add(self, state: _State, likeness: _Likeness, others: Iterable[UUID]) -> None:
        """Note what a client would have in common with others."""
        self.likenesses[state].add(likeness)
        self.clients.setdefault(likeness, {}).update(dict.fromkeys([*others, state[0]]))
        self.known.setdefault(likeness, set()).update(others)


async def _alike(draft: Draft, writes: Sequence[Written]) -> _Alike:
    checks = (await read_settings(draft))["duplicate_checks"]
    compared = [(each.key[1], each.after) for each in writes if each.after and each.changes(*COMPARED)]
    alike = _Alike()
    if not checks or not compared:
        return alike
    states = [_state(client, fields) for client, fields in compared]
    alike.likenesses = {state: set() for state in states}
    for place, kind, value, others in await found(draft.session, compared, checks):
        alike.add(states[place], (kind, value), others)
    return alike


@on_write("clients", asks=_alike)
def possible_duplicates(written: Written, work: Work) -> None:
    """Warn of clients that have the same where the company compares it."""
    alike = cast("_Alike | None", work.answer)
    if written.after is None or alike is None or not alike.likenesses:
        return
    client = written.key[1]
    same: dict[UUID, None] = {}
    fields: dict[str, None] = {}
    for likeness in sorted(alike.likenesses.get(_state(client, written.after), ())):
        names = _FIELDS[likeness[0]]
        if not written.changes(*names):
            continue
        others = [
            each for each in alike.clients[likeness] if each != client and _has(each, likeness, alike, work)
        ]
        same.update(dict.fromkeys(others))
        fields.update(dict.fromkeys(names if others else ()))
    if same:
        work.warn(
            "possible_duplicates",
            "This may be a client you have already.",
            fields,
            list(same)[:_MOST],
        )


def _state(client: UUID, fields: Values) -> _State:
    return client, orjson.dumps([fields[name] for name in COMPARED])


def _has(client: UUID, likeness: _Likeness, alike: _Alike, work: Work) -> bool:
    """Say whether a client has something now; one that this transaction has not changed is as it was."""
    state = work.draft.peek((registry.number_of("clients"), client))
    if state and state.values is None:
        return False
    written = alike.likenesses.get(_state(client, state.values)) if state and state.values else None
    return client in alike.known[likeness] if written is None else likeness in written
