"""A push: numbered changes in, a verdict for each out, in one transaction; a repeat gets the same answer."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson
from pydantic import TypeAdapter

from app.accounts.errors import DeviceRequired
from app.core import card_numbers, metrics
from app.core.db import WriteSession
from app.core.principal import Principal
from app.core.revisions import Clock, go_on
from app.http.errors import CardNumberRefused
from app.sync import inbox, registry, streams
from app.sync.counting import count_verdicts
from app.sync.draft import Draft, Foreseen
from app.sync.errors import StreamDiverged, StreamGap, TooManyChanges
from app.sync.feed import Key
from app.sync.groups import Decision, groups_of
from app.sync.judging import Judge, key_of
from app.sync.refusals import ReferenceMerged
from app.sync.schemas import MAX_CHANGES, Change, Operation, Outcome, PushRequest
from app.sync.streams import Stream
from app.sync.taking import take_in
from app.sync.target import target_of
from app.sync.validation import canonical_each
from app.sync.verdicts import forgotten, render, told_again

_USUAL = {name: each.get_default(call_default_factory=True) for name, each in Change.model_fields.items()}
_INSTANTS = TypeAdapter(datetime)
_WORDS: Mapping[str, Any] = {"fields": {}, "group": None, "command": None, "collection": ""}
"""What of a change is a text of any form, and what stands for it where it is left out."""
_LOSING = (Outcome.MERGED, Outcome.CONFLICT, Outcome.REJECTED, Outcome.BLOCKED)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A push, with what of it needs no turn.

    The prints of its changes, where any of them hold the number of a card, and the records it would make.
    """

    sent: PushRequest
    prints: Mapping[int, bytes]
    card_numbers: Mapping[int, str]
    foreseen: Mapping[Key, Foreseen]


def prepare(sent: PushRequest) -> Prepared:
    """Work out what can be known of a push before the account's turn comes: it then holds nobody up.

    Raises `TooManyChanges`, and `CardNumberRefused` where the name of the stream is one.
    """
    if len(sent.changes) > MAX_CHANGES:
        raise TooManyChanges(max_changes=MAX_CHANGES)
    if card_numbers.is_in(sent.stream):
        raise CardNumberRefused(field="stream")
    found = _card_numbers(sent.changes)
    prints = {
        each.n: _fingerprint(_without_words(each) if each.n in found else each) for each in sent.changes
    }
    return Prepared(sent, prints, found, _made(sent.changes))


async def push(
    session: WriteSession,
    who: Principal,
    at: Clock,
    sent: PushRequest | Prepared,
    *,
    schema_version: int | None = None,
) -> bytes:
    """Take in what is new, repeat the answers to what is not, and return the answer's JSON text.

    Raises `TooManyChanges`, `StreamGap` and `StreamDiverged`, and then nothing has happened.
    """
    ready = sent if isinstance(sent, Prepared) else prepare(sent)
    sent, prints = ready.sent, ready.prints
    stream = await streams.find(session, _device(who), sent.stream)
    if sent.first > stream.last + 1:
        raise StreamGap(expected=stream.last + 1)
    repeated = await _repeated(session, stream, sent, prints)
    go_on(session, at)
    draft = await Draft.begin(session, who, stream.writer)
    draft.expect(ready.foreseen)
    target = await target_of(session, who, at, None, schema_version)
    fresh: Mapping[int, bytes] = {}
    if changes := [change for change in sent.changes if change.n > stream.last]:
        judge = Judge(draft, stream.writer, sent.on_conflict, target.rights, ready.card_numbers)
        decisions = await take_in(session, judge, groups_of(changes, sent.atomicity), changes)
        lost = [(change, decisions[change.n]) for change in changes if _has_lost(decisions[change.n])]
        entries = inbox.keep(judge, who, [each for each in lost if each[0].n not in ready.card_numbers])
        await draft.flush()
        if session.has_moved_scope:
            target = await target_of(session, who, at, None, schema_version, is_final=False)
        verdicts = render(draft, target.scope, changes, decisions, entries)
        await draft.bring_again(verdicts.owed)
        fresh = verdicts.texts
        taken = [(n, prints[n], answer) for n, answer in fresh.items()]
        await streams.keep(session, stream, taken, confirmed=sent.first)
        await count_verdicts(session, [decision for _, decision in lost])
        _measure(at, changes, decisions)
    if repeated:
        await draft.load(key for change in sent.changes if (key := key_of(change)))
        repeated = told_again(draft, target.scope, sent.changes, repeated)
    answers = {**repeated, **fresh}
    results = b",".join(answers[change.n] for change in sent.changes)
    last = max(stream.last, sent.first + len(sent.changes) - 1)
    return b'{"results":[%b],"last":%d,"revision":%d}' % (results, last, draft.reached)


async def _repeated(
    session: WriteSession, stream: Stream, sent: PushRequest, prints: Mapping[int, bytes]
) -> dict[int, bytes]:
    """Return the answers already given; a number used for something else means two copies share a stream.

    So does one so long confirmed that it is not known what it was used for.
    """
    numbers = [change.n for change in sent.changes if change.n <= stream.last]
    if not numbers:
        return {}
    stored = await streams.answers(session, stream, numbers[0], numbers[-1])
    if any(n not in stored or stored[n][0] != prints[n] for n in numbers):
        raise StreamDiverged(expected=stream.last + 1)
    return {n: stored[n][1] or forgotten(n) for n in numbers}


def _measure(at: Clock, fresh: Sequence[Change], decisions: Mapping[int, Decision]) -> None:
    told = Counter((decisions[change.n].outcome.value, decisions[change.n].code or "") for change in fresh)
    for (verdict, code), many in told.items():
        metrics.verdicts.add(many, {"verdict": verdict, "code": code})
    if oldest := fresh[0].typed_at:
        metrics.queue_age.record(max(0.0, (at.now - oldest).total_seconds()))


def _has_lost(decision: Decision) -> bool:
    """Say whether something typed was not kept; what went to the survivor of a merge was."""
    return decision.outcome in _LOSING and decision.code != ReferenceMerged.code


def _device(who: Principal) -> UUID:
    if who.device_id is None:
        raise DeviceRequired
    return who.device_id


def _made(changes: Sequence[Change]) -> dict[Key, Foreseen]:
    """Return the records some changes would make, those that can be kept; why not is told in its turn."""
    making: dict[str, list[Change]] = {}
    for change in changes:
        if change.op is Operation.CREATE:
            making.setdefault(change.collection, []).append(change)
    made: dict[Key, Foreseen] = {}
    for name, those in making.items():
        if collection := registry.named(name):
            found = canonical_each(collection, [change.fields for change in those])
            made |= {
                (collection.number, change.id): Foreseen(change.fields, {}, after)
                for change, after in zip(those, found, strict=True)
                if after is not None
            }
    return made


def _card_numbers(changes: Sequence[Change]) -> dict[int, str]:
    """Return which changes hold the number of a card anywhere, and where."""
    found: dict[int, str] = {}
    for change in changes:
        sent = {name: getattr(change, name) for name in _WORDS}
        if card_numbers.may_hold(orjson.dumps(sent)) and (place := card_numbers.place_in(sent)):
            found[change.n] = place.removeprefix("fields.")
    return found


def _without_words(change: Change) -> Change:
    """Return a change without what may hold the number of a card: a print with it would tell the number.

    There are few enough to try them all.
    """
    return change.model_copy(update=_WORDS)


def _fingerprint(change: Change) -> bytes:
    """Tell changes apart by what was sent: a member the server learns later alters no older print.

    It is the print of what `model_dump` says of the change in JSON without defaults, put together by hand,
    since the fields are what JSON made of them already.
    """
    told = {name: value for name, value in change.__dict__.items() if value != _USUAL[name]}
    told["id"] = str(change.id)
    if change.client_time is not None:
        told["client_time"] = _INSTANTS.dump_python(change.client_time, mode="json")
    return sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).digest()[:16]
