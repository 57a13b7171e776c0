"""Communications before they start: made, set and removed, each change of whom and what with a new list."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson

from app.accounts.errors import VersionChanged
from app.accounts.features import Feature, declare, require
from app.accounts.standing import Work
from app.audit.trail import Action as Done
from app.audit.trail import Entry, keep
from app.automations.acting import COLLECTIONS
from app.automations.communications import choosing, store
from app.automations.communications.errors import (
    CommunicationInvalid,
    CommunicationNotFound,
    CommunicationStarted,
)
from app.automations.communications.models import Communication, CommunicationState
from app.automations.communications.schemas import MOST_NAMED, CommunicationRequest
from app.automations.reaching import FALLBACKS, Act
from app.core import clock
from app.core.db import Session, WriteSession
from app.core.ids import new_id
from app.core.principal import Level
from app.desk.hubs.errors import InvalidQuery, SavedNotFound
from app.desk.hubs.hubs import HUBS
from app.desk.hubs.saved import MOST_BYTES as MOST_OF_FILTER
from app.http.errors import PreconditionRequired
from app.http.etags import etag
from app.http.failures import MOST_FIELDS
from app.outbox import list_store as letters
from app.sync import records, registry
from app.templates import store as templates
from app.templates.fields import Basis
from app.templates.models import Template, TemplateKind
from app.templates.saving import view_of
from app.templates.wording import Wording, faults_of

COMMUNICATIONS = declare(
    Feature("communications", "Communications", "Emails, texts, calls and letters to many at once.")
)
MOST_BYTES = MOST_OF_FILTER + MOST_NAMED * 100
"""How long a choice may be: a filter as a saved one, and all groups and statuses that may be named."""
IN_HAND = (CommunicationState.DRAFT, CommunicationState.READY)
_WRITTEN = (Act.EMAIL, Act.TEXT, Act.LETTER)
_LISTED = {"hub", "chosen", "action", "fallback"}
_TYPES = {Act.CALL: "phone_call_types", Act.TASK: "task_types"}
_TOLD = {"name", "hub", "action", "fallback", "template_id", "category", "state", "starts_at"}


def basis_of(row: Communication | CommunicationRequest) -> Basis:
    """Return what its letters are about."""
    return Basis(row.hub.removesuffix("s"))


async def listed(
    session: Session, after: UUID | None, most: int
) -> tuple[Sequence[Communication], UUID | None]:
    """Return a page of communications, and where the next one begins."""
    found = await store.page(session, after, most + 1)
    shown = found[:most]
    return shown, shown[-1].communication_id if len(found) > most else None


async def read(session: Session, communication_id: UUID) -> Communication:
    """Return a communication; raises `CommunicationNotFound`."""
    row = await store.communication(session, communication_id)
    if row is None:
        raise CommunicationNotFound
    return row


async def told(session: Session, row: Communication) -> dict[str, Any]:
    """Return a communication as it is answered: with how far it and its letters have come."""
    by_state = (await letters.counted(session, [row.communication_id]))[row.communication_id]
    states = ("waiting", "sending", "sent", "failed", "blocked", "cancelled")
    return {
        **row.model_dump(),
        "chosen": {"filter": None, "filter_id": None, "group_ids": [], "status_ids": [], **row.chosen},
        "recipients": await store.counts(session, row.communication_id),
        "letters": {state: by_state.get(state, 0) for state in states},
    }


async def make(work: Work[WriteSession], wanted: CommunicationRequest) -> Communication:
    """Save a new communication, as a draft."""
    await _check(work, wanted)
    now = clock.now()
    row = Communication(
        account_id=work.session.account_id,
        communication_id=new_id(),
        state=CommunicationState.DRAFT.value,
        made_by=work.who.user_id,
        made_at=now,
        changed_at=now,
        version=0,
        **_columns(wanted),
    )
    return await save(work, row, None)


async def put(
    work: Work[WriteSession], communication_id: UUID, wanted: CommunicationRequest, expected: int | None
) -> Communication:
    """Set the expected version of a communication that was not started, whole.

    Where that changes who gets something, its list is gone, and it is a draft again.
    """
    row = await in_hand(work.session, communication_id)
    refuse_changed(row, expected)
    await _check(work, wanted)
    before, columns = told_in_trail(row), _columns(wanted)
    if any(getattr(row, name) != columns[name] for name in _LISTED):
        await store.replace(work.session, communication_id, [])
        row.state = CommunicationState.DRAFT.value
    for name, value in columns.items():
        setattr(row, name, value)
    return await save(work, row, before)


async def remove(work: Work[WriteSession], communication_id: UUID, expected: int | None) -> None:
    """Remove the expected version of a communication that has nothing left to do; what it made stays."""
    row = await read(work.session, communication_id)
    refuse_changed(row, expected)
    is_under_way = row.starts_at is not None or row.state == CommunicationState.CANCELLED
    if is_under_way and row.ended_at is None:
        raise CommunicationStarted
    await store.remove(work.session, row)
    await keep(work.session, work.who, _entry(communication_id, Done.DELETED, told_in_trail(row), None))


async def in_hand(session: Session, communication_id: UUID) -> Communication:
    """Return a communication that was not started; raises `CommunicationStarted` for any other."""
    row = await read(session, communication_id)
    if row.state not in IN_HAND:
        raise CommunicationStarted
    return row


def refuse_changed(row: Communication, expected: int | None, *, is_needed: bool = True) -> None:
    """Refuse a version that is not the one there is."""
    if expected is None and is_needed:
        raise PreconditionRequired
    if expected not in (None, row.version):
        raise VersionChanged(version=row.version, headers={"ETag": etag(row.version)})


async def save(work: Work[WriteSession], row: Communication, before: dict[str, Any] | None) -> Communication:
    """Count a change, and tell it in the trail."""
    row.version, row.changed_at = row.version + 1, clock.now()
    work.session.add(row)
    await work.session.flush()
    done = Done.CREATED if before is None else Done.CHANGED
    await keep(work.session, work.who, _entry(row.communication_id, done, before, told_in_trail(row)))
    return row


def told_in_trail(row: Communication) -> dict[str, Any]:
    """Return what the trail tells: not whom somebody was looking for, which may be more than all may see."""
    return row.model_dump(mode="json", include=_TOLD)


async def _check(work: Work[WriteSession], wanted: CommunicationRequest) -> None:
    """Refuse what does not fit together, or its maker may not make."""
    actions = [each for each in (wanted.action, wanted.fallback) if each]
    for action in actions:
        name = COLLECTIONS.get(action, "emails")
        if feature := registry.numbered(registry.number_of(name)).feature:
            require(work.who, feature, Level.ADD_ONLY)
    wrong = list[dict[str, Any]]()
    if len(orjson.dumps(wanted.chosen.model_dump(mode="json"))) > MOST_BYTES:
        wrong.append({"path": "chosen.filter", "code": "too_long"})
    if wanted.fallback and (wanted.action, wanted.fallback) not in FALLBACKS:
        wrong.append({"path": "fallback", "code": "does_not_fit"})
    wrong += await _faults_of_choice(work, wanted)
    template = await _template(work.session, wanted, actions, wrong)
    await _check_made(work, wanted, template, wrong)
    if wrong:
        raise CommunicationInvalid(fields=wrong[:MOST_FIELDS])


async def _faults_of_choice(work: Work[WriteSession], wanted: CommunicationRequest) -> list[dict[str, Any]]:
    """Return what cannot be read of a choice; it is read again when it is listed, by who lists it."""
    try:
        await choosing.sought(work, HUBS[wanted.hub.value], wanted.chosen)
    except InvalidQuery as invalid:
        fields: Any = invalid.extra["fields"]
        return [{**each, "path": f"chosen.{each['path']}"} for each in fields]
    except SavedNotFound:
        return [{"path": "chosen.filter_id", "code": "not_found"}]
    return []


async def _template(
    session: Session, wanted: CommunicationRequest, actions: Sequence[Act], wrong: list[dict[str, Any]]
) -> Template | None:
    is_needed = any(each in _WRITTEN for each in actions)
    if wanted.template_id is None:
        if is_needed:
            wrong.append({"path": "template_id", "code": "missing"})
        return None
    if not is_needed:
        wrong.append({"path": "template_id", "code": "not_expected"})
        return None
    found = await templates.template(session, wanted.template_id)
    if found is None or found.is_inactive:
        wrong.append({"path": "template_id", "code": "not_found"})
    elif found.basis != basis_of(wanted):
        wrong.append({"path": "template_id", "code": "wrong_basis"})
    elif (found.kind == TemplateKind.TEXT) != (wanted.action is Act.TEXT):
        wrong.append({"path": "template_id", "code": "wrong_kind"})
    return found


async def _check_made(
    work: Work[WriteSession],
    wanted: CommunicationRequest,
    template: Template | None,
    wrong: list[dict[str, Any]],
) -> None:
    made, actions = wanted.made, {wanted.action, wanted.fallback}
    subject = made.subject if made else None
    is_called = actions - {Act.TEXT, None} and not (template and template.subject)
    if is_called and not subject:
        wrong.append({"path": "made.subject", "code": "missing"})
    if subject:
        heading = Wording(TemplateKind.FORM_LETTER, basis_of(wanted), subject=subject, text="-")
        faults = faults_of(heading, await view_of(work))
        wrong += [each.told() | {"path": "made.subject"} for each in faults]
    for path, collection in _named(wanted):
        record_id = getattr(made, path)
        if record_id and await records.find(work.session, collection, record_id) is None:
            wrong.append({"path": f"made.{path}", "code": "not_found"})


def _named(wanted: CommunicationRequest) -> list[tuple[str, str]]:
    """Return what the calls or tasks of a communication name, with the collections it is of."""
    kinds = [_TYPES[each] for each in (wanted.action, wanted.fallback) if each in _TYPES]
    if wanted.made is None:
        return []
    found = [("user_id", "staff"), ("department_id", "departments")]
    return [*found, *(("type_id", kind) for kind in kinds)]


def _columns(wanted: CommunicationRequest) -> dict[str, Any]:
    return {
        **wanted.model_dump(include={"name", "template_id", "category"}),
        "hub": wanted.hub.value,
        "chosen": wanted.chosen.model_dump(mode="json", by_alias=True, exclude_unset=True),
        "action": wanted.action.value,
        "fallback": wanted.fallback.value if wanted.fallback else None,
        "made": wanted.made.model_dump(mode="json") if wanted.made else None,
    }


def _entry(
    communication_id: UUID, done: Done, before: dict[str, Any] | None, after: dict[str, Any] | None
) -> Entry:
    return Entry(COMMUNICATIONS, "communications", communication_id, done, before, after)
