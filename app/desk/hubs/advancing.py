"""Moving many records along their workflows: each is judged by itself, and answered by itself."""

from typing import Any
from uuid import UUID

from app.accounts.errors import PermissionDenied
from app.accounts.standing import Work
from app.core.db import WriteSession
from app.core.revisions import go_on
from app.desk.answers import Answered
from app.desk.hubs.hubs import Hub
from app.desk.hubs.schemas import AdvanceRequest
from app.desk.hubs.store import as_json
from app.sync.draft import SERVER, Draft
from app.sync.groups import Decision, Group
from app.sync.judging import Judge
from app.sync.refusals import ChangeRefused
from app.sync.refusals import PermissionDenied as Denied
from app.sync.schemas import Change, OnConflict, Operation
from app.sync.taking import take_in
from app.sync.target import rights_of
from app.sync.verdicts import warning


async def advance(work: Work[WriteSession], hub: Hub, asked: AdvanceRequest) -> Answered:
    """Move records to a status, or each to its next one, and answer for each."""
    session = work.session
    go_on(session, work.clock)
    draft = await Draft.begin(session, work.who)
    judge = Judge(draft, SERVER, OnConflict.FAIL, await rights_of(session, work.who, work.clock))
    changes = [_change(hub, n, record_id, asked.status_id) for n, record_id in enumerate(asked.ids, 1)]
    _permit(judge, changes[0])
    absent = await _absent(judge, hub, changes)
    present = [change for change in changes if change.n not in absent]
    taken = (
        await take_in(session, judge, [Group((change,)) for change in present], present) if present else {}
    )
    decisions = {**absent, **taken}
    told = [_told(judge, hub, change, decisions[change.n]) for change in changes]
    return Answered(200, as_json({"records": told}), {"Content-Type": "application/json"})


def _permit(judge: Judge, change: Change) -> None:
    """Refuse all at once to who may change none: it is said as on every route."""
    try:
        judge.permit(change)
    except Denied as refused:
        told: dict[str, Any] = {**(refused.fields or {})}
        raise PermissionDenied(**told) from None


async def _absent(judge: Judge, hub: Hub, changes: list[Change]) -> dict[int, Decision]:
    """Return why some records cannot be moved at all: they are gone, or were never there for this user."""
    keys = [(hub.collection.number, change.id) for change in changes]
    await judge.draft.load(keys)
    await judge.draft.load_survivors(keys)
    found: dict[int, Decision] = {}
    for change, key in zip(changes, keys, strict=True):
        try:
            judge.present(key)
        except ChangeRefused as refused:
            found[change.n] = refused
    return found


def _change(hub: Hub, n: int, record_id: UUID, status_id: UUID | None) -> Change:
    return Change(
        n=n,
        collection=hub.collection.name,
        id=record_id,
        op=Operation.COMMAND,
        command="change_status" if status_id else "advance_status",
        fields={"status_id": str(status_id)} if status_id else {},
    )


def _told(judge: Judge, hub: Hub, change: Change, decision: Decision) -> dict[str, Any]:
    key = (hub.collection.number, change.id)
    state = judge.draft.get(key)
    is_seen = state is not None and not state.is_deleted and judge.may_see(key, state)
    values = judge.draft.fields(key) if is_seen else None
    return {
        "id": change.id,
        "outcome": decision.outcome,
        "code": decision.code,
        "message": decision.message,
        "reasons": decision.fields or {},
        "status_id": values["status_id"] if values else None,
        "warnings": [warning(each) for each in decision.notices],
    }
