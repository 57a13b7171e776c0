"""Imports as people go about them: a file is taken in, mapped, checked and run, so many rows at a time."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from app.accounts.errors import DeskRequired, VersionChanged
from app.accounts.features import require
from app.accounts.standing import Work
from app.core import clock
from app.core.db import Session, WriteSession
from app.core.ids import new_id
from app.core.principal import Level, Principal
from app.desk.imports import judging, store
from app.desk.imports.errors import (
    ImportBegun,
    ImportNotChecked,
    ImportNotDone,
    ImportNotFound,
    ImportRunning,
    MappingInvalid,
    TooManyImports,
)
from app.desk.imports.forms import Form
from app.desk.imports.store import Duplicates, Fate, Found, State
from app.desk.imports.targets import DATES, MANY, Kind, names_of, suggested
from app.desk.imports.values import DateOrder, order_of
from app.http.errors import PreconditionRequired
from app.http.etags import etag
from app.readers.tables import Table
from app.studio.companies import DuplicateCheck
from app.sync import registry

USUAL_CHECKS = (DuplicateCheck.EMAIL, DuplicateCheck.PHONE, DuplicateCheck.FIRST_AND_LAST_NAME)
"""What clients are compared by unless somebody says otherwise."""
_OPEN = (State.WAITING, State.CHECKING, State.CHECKED)
_UNDOING = (State.UNDOING, State.UNDONE)


def require_desk(who: Principal) -> None:
    """Refuse a phone."""
    if who.device_id is not None:
        raise DeskRequired


def require_right(who: Principal, kind: Kind, level: Level = Level.ADD_ONLY) -> None:
    """Refuse who may not make records of a kind."""
    feature = registry.numbered(registry.number_of(kind)).feature
    if feature:
        require(who, feature, level)


async def require_room(session: Session, who: Principal) -> None:
    """Refuse one more import than somebody may keep."""
    if await store.count(session, _user(who)) >= store.MOST:
        raise TooManyImports(most=store.MOST)


async def take(session: Session, who: Principal, kind: Kind, form: Form, table: Table) -> Found:
    """Keep what was read of a file, with what its columns are likely to be."""
    await require_room(session, who)
    fields = table.fields or suggested(kind, table.columns)
    dated = [place for place, name in enumerate(fields) if name in DATES]
    texts = (row.cells[place] for row in table.rows for place in dated)
    made = Found(
        import_id=new_id(),
        user_id=_user(who),
        kind=kind,
        form=form.name,
        state=State.WAITING,
        version=1,
        columns=table.columns,
        fields=fields,
        dates=order_of(texts),
        compare_by=[str(each) for each in USUAL_CHECKS],
        duplicates=None,
        total=len(table.rows),
        done=0,
        reached=0,
        made_at=clock.now(),
    )
    await store.keep(session, made, table.rows)
    return made


async def read(work: Work[Any], import_id: UUID, level: Level = Level.ADD_ONLY) -> Found:
    """Return an import of who asks, or any to an administrator; raises `ImportNotFound`."""
    found = await store.find(work.session, import_id)
    if found is None or not (work.who.is_administrator or found.user_id == work.who.user_id):
        raise ImportNotFound
    require_right(work.who, found.kind, level)
    return found


async def map_columns(
    work: Work[WriteSession],
    import_id: UUID,
    *,
    fields: Sequence[str | None],
    dates: DateOrder | None,
    compare_by: Sequence[str],
    expected: int | None,
) -> Found:
    """Say what the columns of a version are, before anything is written."""
    found = await read(work, import_id)
    if expected is None:
        raise PreconditionRequired
    if expected != found.version:
        raise VersionChanged(version=found.version, headers={"ETag": etag(found.version)})
    if found.state not in _OPEN:
        raise ImportBegun(state=found.state)
    if wrong := _wrong(found, fields):
        raise MappingInvalid(reasons=wrong)
    await store.map_anew(work.session, import_id, fields, dates, compare_by)
    return await read(work, import_id)


def _wrong(found: Found, fields: Sequence[str | None]) -> Mapping[str, str]:
    if len(fields) != len(found.columns):
        return {"fields": "Say of each column what it is, or that it is left out."}
    known, seen, wrong = names_of(found.kind), set[str](), dict[str, str]()
    for place, name in enumerate(fields):
        if name is None:
            continue
        if name not in known:
            wrong[f"fields.{place}"] = "There is no such field."
        elif name in seen and name not in MANY:
            wrong[f"fields.{place}"] = "Another column is this already."
        seen.add(name)
    if not seen:
        wrong["fields"] = "At least one column must be something."
    return wrong


async def check_on(work: Work[WriteSession], import_id: UUID, *, is_first: bool) -> Found:
    """Check the next rows; a check that has come to its end begins anew."""
    found = await read(work, import_id)
    if found.state not in _OPEN:
        raise ImportBegun(state=found.state)
    if found.state is not State.CHECKING:
        if not is_first:
            return found
        await store.begin(work.session, import_id, State.CHECKING)
        found = await read(work, import_id)
    return await _go_on(work, found, State.CHECKED)


async def run_on(
    work: Work[WriteSession], import_id: UUID, duplicates: Duplicates, *, is_first: bool
) -> Found:
    """Write the next rows; one that has come to its end stays as it is."""
    level = Level.ADD_MODIFY if duplicates is Duplicates.FILL else Level.ADD_ONLY
    found = await read(work, import_id, level)
    if found.state is State.DONE or (found.state is State.CANCELLED and not is_first):
        return found
    if found.state in (State.CANCELLED, *_UNDOING):
        raise ImportBegun(state=found.state)
    if found.state is not State.RUNNING:
        if found.state is not State.CHECKED:
            raise ImportNotChecked
        if other := await store.running(work.session, import_id):
            raise ImportRunning(import_id=str(other))
        await store.begin(work.session, import_id, State.RUNNING, duplicates)
        found = await read(work, import_id)
    elif found.duplicates is not duplicates:
        raise ImportBegun(state=found.state)
    return await _go_on(work, found, State.DONE)


async def undo_on(work: Work[WriteSession], import_id: UUID, *, is_first: bool) -> Found:
    """Delete the next records a run has made; one that was undone stays so."""
    found = await read(work, import_id, Level.ADD_MODIFY_DELETE)
    if found.state is State.UNDONE:
        return found
    if found.state is not State.UNDOING:
        if found.state not in (State.DONE, State.CANCELLED) or not is_first:
            raise ImportNotDone(state=found.state)
        made = (await store.counts(work.session, found)).get(Fate.CREATED, 0)
        rest = found.total - made
        await store.begin(work.session, import_id, State.UNDOING, found.duplicates, done=rest)
        found = await read(work, import_id)
    return await _go_on(work, found, State.UNDONE)


_DOING = {State.CHECKED: judging.check, State.DONE: judging.run, State.UNDONE: judging.undo}


async def _go_on(work: Work[WriteSession], found: Found, end: State) -> Found:
    await store.plan_anew(work.session)
    judged = await _DOING[end](work, found)
    if judged:
        await store.save(work.session, found.import_id, judged)
    if found.done + len(judged) >= found.total or not judged:
        await store.move(work.session, found.import_id, end)
    return await read(work, found.import_id)


async def cancel(work: Work[WriteSession], import_id: UUID) -> Found:
    """Write no further row; what was written stays."""
    found = await read(work, import_id)
    if found.state in (State.DONE, *_UNDOING):
        raise ImportBegun(state=found.state)
    if found.state is not State.CANCELLED:
        await store.move(work.session, import_id, State.CANCELLED)
    return await read(work, import_id)


async def remove(work: Work[WriteSession], import_id: UUID) -> None:
    """Forget an import that is not running."""
    found = await read(work, import_id)
    if found.state in (State.RUNNING, State.UNDOING):
        raise ImportBegun(state=found.state)
    await store.remove(work.session, import_id)


def _user(who: Principal) -> UUID:
    if who.user_id is None:
        raise AssertionError("nobody signed in is nobody's user")
    return who.user_id
