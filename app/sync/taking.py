"""Taking changes in, a phone's or a desk's: judged and written all at once, one by one should that fail."""

from collections.abc import Sequence

import asyncpg

from app.core.db import WriteSession
from app.sync.draft import NOTHING, Draft
from app.sync.groups import Decision, Group, decide
from app.sync.judging import Judge
from app.sync.refusals import ChangeRefused, InvalidFields, NotUnique, StillReferenced
from app.sync.schemas import Change


async def take_in(
    session: WriteSession, judge: Judge, groups: Sequence[Group], fresh: Sequence[Change]
) -> dict[int, Decision]:
    """Judge and write all groups at once; should the database refuse, write them one by one."""
    await judge.load(fresh)
    decisions = decide(judge, groups)
    if await _flush(session, judge.draft) is not None:
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
    has_moved_scope, audit_head = session.has_moved_scope, session.audit_head
    await session.raw.execute("SAVEPOINT changes")
    try:
        await draft.flush()
    except (asyncpg.IntegrityConstraintViolationError, asyncpg.DataError) as error:
        await session.raw.execute("ROLLBACK TO SAVEPOINT changes")
        session.has_moved_scope, session.audit_head = has_moved_scope, audit_head
        draft.go_back(NOTHING)
        return str(error.table_name or ""), _refusal(error)
    return None


def _refusal(error: asyncpg.PostgresError) -> ChangeRefused:
    constraint, table = str(error.constraint_name or ""), str(error.table_name or "")
    if isinstance(error, asyncpg.UniqueViolationError):
        # An index that is being exchanged for another has a second part to its name.
        field = constraint.removeprefix(f"uq_{table}_").partition("__")[0]
        return NotUnique({field: NotUnique.message})
    if isinstance(error, asyncpg.ForeignKeyViolationError):
        return StillReferenced()
    return InvalidFields()
