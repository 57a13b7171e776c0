"""Taking down many galleries at once: each is judged by itself, and answered by itself."""

from app.accounts.standing import Work
from app.core.db import WriteSession
from app.core.revisions import go_on
from app.galleries.lifecycle.schemas import TakeDownAnswer, TakeDownEntry, TakeDownRequest, TakenDownAnswer
from app.sync import registry
from app.sync.draft import SERVER, Draft
from app.sync.groups import Decision, Group
from app.sync.judging import Judge
from app.sync.refusals import ChangedMeanwhile, ChangeRefused
from app.sync.schemas import Change, OnConflict, Operation
from app.sync.taking import take_in
from app.sync.target import rights_of


async def take_down(work: Work[WriteSession], asked: TakeDownRequest) -> TakenDownAnswer:
    """Take down the galleries of sessions, and answer for each; one that stays keeps none of the others."""
    session = work.session
    go_on(session, work.clock)
    draft = await Draft.begin(session, work.who)
    judge = Judge(draft, SERVER, OnConflict.FAIL, await rights_of(session, work.who, work.clock))
    decisions = await _standing(judge, asked.sessions)
    changes = [_change(n, each) for n, each in enumerate(asked.sessions, 1) if n not in decisions]
    if changes:
        decisions |= await take_in(session, judge, [Group((change,)) for change in changes], changes)
    told = [_told(judge, each, decisions[n]) for n, each in enumerate(asked.sessions, 1)]
    return TakenDownAnswer(sessions=told)


async def _standing(judge: Judge, asked: list[TakeDownEntry]) -> dict[int, Decision]:
    """Return why some galleries stay: their session is not there for this user, or not as it was shown."""
    number = registry.number_of("sessions")
    await judge.draft.load((number, each.id) for each in asked)
    found: dict[int, Decision] = {}
    for n, each in enumerate(asked, 1):
        try:
            judge.present((number, each.id))
        except ChangeRefused as refused:
            found[n] = refused
            continue
        state = judge.draft.get((number, each.id))
        if each.revision is not None and state and state.body_revision != each.revision:
            found[n] = ChangedMeanwhile()
    return found


def _change(n: int, asked: TakeDownEntry) -> Change:
    return Change(
        n=n, collection="sessions", id=asked.id, op=Operation.COMMAND, command="take_down_gallery", fields={}
    )


def _told(judge: Judge, asked: TakeDownEntry, decision: Decision) -> TakeDownAnswer:
    key = registry.number_of("sessions"), asked.id
    state = judge.draft.get(key)
    is_seen = state is not None and not state.is_deleted and judge.may_see(key, state)
    return TakeDownAnswer(
        id=asked.id,
        outcome=decision.outcome,
        code=decision.code,
        message=decision.message,
        gallery_state=judge.draft.fields(key)["gallery_state"] if is_seen else None,
    )
