"""Writing at a desk: one change, judged like any that a phone pushes, and told of at once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from app.accounts import errors
from app.accounts.standing import Work
from app.core.db import WriteSession
from app.core.ids import new_id
from app.core.revisions import go_on
from app.desk import store
from app.desk.answers import Answered, address, written
from app.desk.errors import KeyRequired, refusal_of
from app.desk.preconditions import is_expected
from app.http.errors import PreconditionRequired
from app.http.etags import etag
from app.sync.draft import SERVER, Draft
from app.sync.feed import Key
from app.sync.groups import Decision, Group
from app.sync.judging import Judge
from app.sync.reactions import Notice
from app.sync.refusals import (
    AlreadyExists,
    ChangedMeanwhile,
    ChangeRefused,
    InvalidFields,
    PermissionDenied,
    ReferenceMerged,
)
from app.sync.registry import Collection
from app.sync.schemas import Change, OnConflict, Operation, Outcome
from app.sync.taking import take_in
from app.sync.target import rights_of

_ONLY = 1
"""The number of a change that is by itself."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request wants to be done to a record, and to which copy; it `lacks_key` where it needs one."""

    collection: Collection
    record_id: UUID
    operation: Operation
    fields: dict[str, Any]
    command: str | None = None
    expected: str | None = None
    lacks_key: bool = False

    @property
    def change(self) -> Change:
        """Return it as a phone would push it."""
        return Change(
            n=_ONLY,
            collection=self.collection.name,
            id=self.record_id,
            op=self.operation,
            command=self.command,
            fields=self.fields,
        )

    @property
    def key(self) -> Key:
        """Return the record."""
        return self.collection.number, self.record_id


def creation(collection: Collection, sent: dict[str, Any]) -> Asked:
    """Return the creation of a record, under the id that was sent or a new one."""
    fields = dict(sent)
    try:
        record_id = UUID(fields.pop("id")) if "id" in fields else new_id()
    except (ValueError, AttributeError, TypeError):
        raise refusal_of(InvalidFields({"id": "This is not an id."})) from None
    return Asked(collection, record_id, Operation.CREATE, fields)


async def carry_out(work: Work[WriteSession], asked: Asked) -> Answered:
    """Do what is asked and answer with the record as it is then, or refuse it with the verdict's words."""
    session = work.session
    go_on(session, work.clock)
    draft = await Draft.begin(session, work.who)
    judge = Judge(draft, SERVER, OnConflict.FAIL, await rights_of(session, work.who, work.clock))
    try:
        judge.permit(asked.change)
        if asked.lacks_key:
            raise KeyRequired
        change = await _based(judge, asked)
        decisions = await take_in(session, judge, [Group((change,))], [change])
        decision = _taken(judge, asked, decisions[_ONLY])
    except PermissionDenied as refused:
        told: dict[str, Any] = {**(refused.fields or {})}
        raise errors.PermissionDenied(**told) from None
    except ChangeRefused as refused:
        raise refusal_of(refused) from None
    return await _answer(session, judge, asked, decision)


async def _based(judge: Judge, asked: Asked) -> Change:
    """Return the change of a record as it is now, if that is the copy it is about."""
    if asked.operation is Operation.CREATE:
        return asked.change
    await judge.draft.load([asked.key])
    await judge.draft.load_survivors([asked.key])
    judge.present(asked.key)
    state = judge.draft.get(asked.key)
    revision = state.body_revision if state else 0
    if asked.expected is None and asked.operation is not Operation.COMMAND:
        raise PreconditionRequired
    if asked.expected is not None and not is_expected(asked.expected, etag(revision)):
        raise refusal_of(ChangedMeanwhile(), revision=revision, headers={"ETag": etag(revision)})
    return asked.change.model_copy(update={"base_revision": revision})


def _taken(judge: Judge, asked: Asked, decision: Decision) -> Decision:
    """Return how the change was taken in, or raise why it was not."""
    if isinstance(decision, ChangeRefused):
        raise decision
    if _is_already_so(asked, decision):
        state = judge.draft.get(asked.key)
        # What is there already and looks the same may be somebody else's, and private.
        if state and not judge.may_see(asked.key, state):
            raise AlreadyExists
    return decision


async def _answer(session: WriteSession, judge: Judge, asked: Asked, decision: Decision) -> Answered:
    """Answer with the record, with the one that has taken its place, or with nothing."""
    key = judge.draft.survivor(asked.key)
    rule = judge.rights[asked.collection.number]
    # Who wrote it is shown it once more, even if it is now private to somebody else.
    found = await store.find(session, key, replace(rule, me=None) if key == asked.key else rule)
    if found is None or found.is_deleted:
        return Answered(204)
    is_new = asked.operation is Operation.CREATE and not _is_already_so(asked, decision)
    place = address(asked.collection, key[1])
    headers = {"Location": place} if is_new else {}
    if key != asked.key:
        headers["Content-Location"] = place
    return written(found, _notices(decision), 201 if is_new else 200, **headers)


def _is_already_so(asked: Asked, decision: Decision) -> bool:
    return asked.operation is Operation.CREATE and decision.outcome is Outcome.NOOP


def _notices(decision: Decision) -> Sequence[Notice]:
    """Return what the writer should know, also that another record was taken than the one named."""
    if decision.code != ReferenceMerged.code:
        return decision.notices
    moved = Notice(decision.code, ReferenceMerged.message, tuple(decision.fields or ()))
    return (moved, *decision.notices)
