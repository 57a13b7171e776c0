"""Verdicts as they are answered and stored: JSON text, with the server's copy where the device needs it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from app.sync import registry
from app.sync.draft import Draft
from app.sync.feed import Key
from app.sync.groups import Decision
from app.sync.judging import APPLIED, NOOP, key_of
from app.sync.reactions import Notice
from app.sync.refusals import ChangeRefused
from app.sync.rendering import projected
from app.sync.schemas import Change, Outcome
from app.sync.scope import Scope
from app.sync.stamping import State

MAX_COPIES = 2_000_000
"""About how many bytes of copies one answer carries; what is left out comes with the next pull."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """The text of each verdict, and the records whose state the next pull owes the device.

    Those are not changed, but the device drops or undoes what it has of them and got no copy: by the cursor
    alone nothing would be sent.
    """

    texts: Mapping[int, bytes]
    owed: frozenset[Key]


def render(
    draft: Draft,
    scope: Scope,
    changes: Sequence[Change],
    decisions: Mapping[int, Decision],
    entries: Mapping[int, UUID],
) -> Rendered:
    """Return each change's verdict; `entries` of the inbox keep what was lost.

    Where the device must change its own copy, the record as it is now comes with the last verdict about it,
    as far as it belongs on the device and in the shape in which a pull would bring it.
    """
    room, copied, owed = MAX_COPIES, set[Key](), set[Key]()
    rendered: dict[int, bytes] = {}
    alike: dict[tuple[bool, int | None, bool], bytes] = {}
    for change in reversed(changes):
        decision, key = decisions[change.n], key_of(change)
        state = draft.get(key) if key else None
        if key and state and not _is_moved(decision) and _is_hidden(scope, key, state):
            owed.add(key)
            state = None
        is_in_scope = key is not None and _is_in_scope(scope, key, state)
        copy = None
        if key and state and is_in_scope and key not in copied and room > 0 and _is_corrected(decision):
            copied.add(key)
            copy = _copy(scope, key, state)
            room -= len(orjson.dumps(copy))
        if key and key not in copied and _is_undone(decision, is_in_scope=is_in_scope):
            owed.add(key)
        told = state.body_revision if is_in_scope and state and state.values is not None else None
        # Of most changes nothing is to be said but that they were taken in: the same of all.
        is_plain = (decision is APPLIED or decision is NOOP) and change.n not in entries
        kind = decision is APPLIED, told, is_in_scope
        text = alike.get(kind) if is_plain else None
        if text is None:
            verdict = _verdict(decision, told, is_in_scope=is_in_scope)
            text = orjson.dumps({**verdict, "inbox_id": entries.get(change.n), "server": copy})[1:]
            if is_plain:
                alike[kind] = text
        rendered[change.n] = b'{"n":%d,%b' % (change.n, text)
    return Rendered(dict(sorted(rendered.items())), frozenset(owed))


def told_again(
    draft: Draft, scope: Scope, changes: Sequence[Change], texts: Mapping[int, bytes]
) -> dict[int, bytes]:
    """Return verdicts given earlier, which do not bring back what is gone since, or belongs elsewhere.

    A device may have been told of that before it asks again: no page would take the record from it.
    """
    told = dict(texts)
    for change in changes:
        key = key_of(change) if change.n in told else None
        state = draft.get(key) if key else None
        if key and state and (state.is_deleted or not _is_in_scope(scope, key, state)):
            gone = {"revision": None, "in_scope": False, "server": None}
            told[change.n] = orjson.dumps({**orjson.loads(told[change.n]), **gone})
    return told


def forgotten(n: int) -> bytes:
    """Return the verdict of a change whose own is no longer kept: it was taken in once."""
    empty = dict.fromkeys(("revision", "code", "message", "fields", "blocked_by", "inbox_id"))
    told: dict[str, Any] = {
        "verdict": Outcome.DUPLICATE,
        **empty,
        "in_scope": True,
        "warnings": [],
        "server": None,
    }
    return orjson.dumps({"n": n, **told})


def _verdict(decision: Decision, revision: int | None, *, is_in_scope: bool) -> dict[str, Any]:
    return {
        "verdict": decision.outcome,
        "revision": revision,
        "code": decision.code,
        "message": decision.message,
        "fields": decision.fields,
        "blocked_by": decision.blocked_by if isinstance(decision, ChangeRefused) else None,
        "in_scope": is_in_scope,
        "warnings": [warning(notice) for notice in decision.notices],
    }


def warning(notice: Notice) -> dict[str, Any]:
    """Return what a writer is told beside what became of a change."""
    return {
        "code": notice.code,
        "message": notice.message,
        "fields": notice.fields,
        "records": [str(each) for each in notice.records],
    }


def _is_undone(decision: Decision, *, is_in_scope: bool) -> bool:
    """Say whether the device loses what it had of a record that this change has not moved."""
    return not _is_moved(decision) and (not is_in_scope or _is_corrected(decision))


def _is_moved(decision: Decision) -> bool:
    return decision.outcome in (Outcome.APPLIED, Outcome.MERGED)


def _is_hidden(scope: Scope, key: Key, state: State) -> bool:
    """Say whether the user has no right to the record, which then is told of as if it did not exist."""
    rule = scope.get(key[0])
    return rule is not None and state.anchors is not None and not rule.may_see(state.anchors)


def _is_corrected(decision: Decision) -> bool:
    return decision.outcome not in (Outcome.APPLIED, Outcome.NOOP)


def _is_in_scope(scope: Scope, key: Key, state: State | None) -> bool:
    """Say whether the record belongs on the device; one that does not exist is not in the way."""
    rule = scope.get(key[0])
    if rule is None or state is None or state.values is None or state.anchors is None:
        return rule is not None
    return rule.admits(state.anchors)


def _copy(scope: Scope, key: Key, state: State) -> dict[str, Any] | None:
    if state.values is None:
        return None
    shown = projected(registry.numbered(key[0]), state.values, scope[key[0]])
    return {"id": str(key[1]), "revision": state.body_revision, **shown}
