"""A push: numbered changes in, a verdict for each out, in one transaction; a repeat gets the same answer."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from itertools import chain
from uuid import UUID

import asyncpg
import orjson

from app.accounts.errors import DeviceRequired
from app.core.db import WriteSession
from app.core.principal import Principal
from app.core.revisions import Clock
from app.sync import registry, streams
from app.sync.errors import StreamDiverged, StreamGap, TooManyChanges
from app.sync.feed import Key
from app.sync.groups import Decision, Group, decide, groups_of
from app.sync.judging import Judge, links_of
from app.sync.refusals import ChangeRefused, InvalidFields, NotUnique, StillReferenced
from app.sync.schemas import MAX_CHANGES, Change, Outcome, PushRequest
from app.sync.scope import Scope
from app.sync.stamping import State
from app.sync.store import Draft
from app.sync.streams import Stream
from app.sync.target import target_of


async def push(
    session: WriteSession, who: Principal, at: Clock, sent: PushRequest, *, schema_version: int | None = None
) -> bytes:
    """Take in what is new, repeat the answers to what is not, and return the answer's JSON text.

    Raises `TooManyChanges`, `StreamGap` and `StreamDiverged`, and then nothing has happened.
    """
    if len(sent.changes) > MAX_CHANGES:
        raise TooManyChanges(max_changes=MAX_CHANGES)
    stream = await streams.find(session, _device(who), sent.stream)
    if sent.first > stream.last + 1:
        raise StreamGap(expected=stream.last + 1)
    prints = {change.n: _fingerprint(change) for change in sent.changes}
    answers = await _repeated(session, stream, sent, prints)
    draft = await Draft.begin(session, who, stream.writer)
    fresh = [change for change in sent.changes if change.n > stream.last]
    if fresh:
        decisions = await _take_in(session, draft, sent, fresh, stream.writer)
        moved = replace(at, scope_revision=at.scope_revision + session.has_moved_scope)
        target = await target_of(session, who, moved, None, schema_version)
        verdicts = {change.n: _answer(draft, target.scope, change, decisions[change.n]) for change in fresh}
        answers |= verdicts
        await streams.keep(session, stream, [(n, prints[n], answer) for n, answer in verdicts.items()])
    results = b",".join(answers[change.n] for change in sent.changes)
    last = max(stream.last, sent.first + len(sent.changes) - 1)
    return b'{"results":[%b],"last":%d,"revision":%d}' % (results, last, draft.reached)


async def _repeated(
    session: WriteSession, stream: Stream, sent: PushRequest, prints: Mapping[int, bytes]
) -> dict[int, bytes]:
    """Return the answers already given; a number used for something else means two copies share a stream."""
    numbers = [change.n for change in sent.changes if change.n <= stream.last]
    if not numbers:
        return {}
    stored = await streams.answers(session, stream, numbers[0], numbers[-1])
    if any(n in stored and stored[n][0] != prints[n] for n in numbers):
        raise StreamDiverged(expected=stream.last + 1)
    return {n: stored[n][1] if n in stored else _forgotten(n) for n in numbers}


async def _take_in(
    session: WriteSession, draft: Draft, sent: PushRequest, fresh: Sequence[Change], writer: int
) -> dict[int, Decision]:
    """Judge and write all groups at once; should the database refuse, write them one by one."""
    await draft.load(chain(_keys(fresh), (target for change in fresh for _, target in links_of(change))))
    groups = groups_of(fresh, sent.atomicity)
    judge = Judge(draft, writer, sent.on_conflict)
    decisions = decide(judge, groups)
    if await _flush(session, draft) is not None:
        judge.refused.clear()
        decisions = {}
        for group in groups:
            decisions |= await _decide_alone(session, judge, group)
    return decisions


async def _decide_alone(session: WriteSession, judge: Judge, group: Group) -> dict[int, Decision]:
    decisions = decide(judge, [group])
    refusal = await _flush(session, judge.draft)
    return group.refuse(judge, *refusal) if refusal else decisions


async def _flush(session: WriteSession, draft: Draft) -> tuple[str, ChangeRefused] | None:
    """Write the draft, or forget it and return the table and the refusal when a constraint forbids it."""
    await session.raw.execute("SAVEPOINT changes")
    try:
        await draft.flush()
    except (asyncpg.IntegrityConstraintViolationError, asyncpg.DataError) as error:
        await session.raw.execute("ROLLBACK TO SAVEPOINT changes")
        draft.go_back({})
        return str(error.table_name or ""), _refusal(error)
    await session.raw.execute("RELEASE SAVEPOINT changes")
    return None


def _refusal(error: asyncpg.PostgresError) -> ChangeRefused:
    constraint, table = str(error.constraint_name or ""), str(error.table_name or "")
    if isinstance(error, asyncpg.UniqueViolationError):
        return NotUnique({constraint.removeprefix(f"uq_{table}_"): NotUnique.message})
    if isinstance(error, asyncpg.ForeignKeyViolationError):
        return StillReferenced()
    return InvalidFields()


def _answer(draft: Draft, scope: Scope, change: Change, decision: Decision) -> bytes:
    """Render a verdict; where the device must change its own copy, the record as it is now comes with it."""
    key = next(iter(_keys([change])), None)
    state = draft.get(key) if key else None
    values = state.values if state else None
    revision = state.body_revision if state and values else None
    is_corrected = values is not None and decision.outcome not in (Outcome.APPLIED, Outcome.NOOP)
    verdict = {
        "n": change.n,
        "verdict": decision.outcome,
        "revision": revision,
        "code": decision.code,
        "message": decision.message,
        "fields": decision.fields,
        "server": {"id": change.id, "revision": revision, **(values or {})} if is_corrected else None,
        "blocked_by": decision.blocked_by if isinstance(decision, ChangeRefused) else None,
        "in_scope": key is not None and _is_in_scope(scope, key, state),
        "inbox_id": None,
    }
    return orjson.dumps(verdict)


def _is_in_scope(scope: Scope, key: Key, state: State | None) -> bool:
    """Say whether the record belongs on the device; one that does not exist is not in the way."""
    rule = scope.get(key[0])
    if rule is None or state is None or state.values is None or state.anchors is None:
        return rule is not None
    return rule.admits(state.anchors)


def _device(who: Principal) -> UUID:
    if who.device_id is None:
        raise DeviceRequired
    return who.device_id


def _forgotten(n: int) -> bytes:
    empty = dict.fromkeys(("revision", "code", "message", "fields", "server", "blocked_by"))
    return orjson.dumps({"n": n, "verdict": Outcome.DUPLICATE, **empty, "in_scope": True, "inbox_id": None})


def _keys(changes: Iterable[Change]) -> list[Key]:
    known = ((registry.named(change.collection), change.id) for change in changes)
    return [(collection.number, record_id) for collection, record_id in known if collection]


def _fingerprint(change: Change) -> bytes:
    return sha256(orjson.dumps(change.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS)).digest()[:16]
