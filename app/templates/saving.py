"""Templates as they are kept: saved whole once all in them can be filled in, and told in the trail."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.accounts.editions import require_edition
from app.accounts.errors import VersionChanged
from app.accounts.features import Feature, declare
from app.accounts.models import Edition
from app.accounts.standing import S, Work
from app.audit.trail import Action, Entry, keep
from app.core import clock
from app.core.db import Session, WriteSession
from app.core.events import announce, hears
from app.core.ids import new_id
from app.core.principal import Principal
from app.desk.hubs.fields import View
from app.http.errors import PreconditionRequired
from app.http.etags import etag
from app.http.failures import MOST_FIELDS
from app.outbox.errors import LetterFileInUse
from app.outbox.files import keeping
from app.outbox.files.events import LetterFileRemoved
from app.sync.target import rights_of
from app.templates import store
from app.templates.engine import Code
from app.templates.errors import (
    TemplateInvalid,
    TemplateLimitReached,
    TemplateNameTaken,
    TemplateNotFound,
)
from app.templates.events import TemplateRemoved
from app.templates.fields import Basis, known
from app.templates.models import Template, TemplateKind
from app.templates.schemas import TemplateRequest
from app.templates.wording import Fault, Worded, faults_of, tokens_of

MOST = 500
"""How many templates an account may have."""
TEMPLATES = declare(
    Feature("templates", "Templates", "Letters that are written once, with fields to fill in.")
)
_EDITIONS = {TemplateKind.HTML_EMAIL: Edition.PROFESSIONAL}
_UNTOLD = {"account_id", "template_id", "changed_at", "changed_by", "version", "html", "text"}


async def view_of(work: Work[S]) -> View:
    """Return what a user may have in letters: what they may view."""
    return View(await rights_of(work.session, work.who, work.clock))


def check(worded: Worded, view: View, more: Sequence[Fault] = ()) -> None:
    """Refuse what cannot be filled in, naming each place; raises `TemplateInvalid`."""
    faults = [*more, *faults_of(worded, view)]
    if faults:
        raise TemplateInvalid(fields=[each.told() for each in faults[:MOST_FIELDS]])


async def faults_of_files(work: Work[S], worded: Worded) -> list[Fault]:
    """Return what is wrong with the files of a letter: there are none, or they are too much for one."""
    if not worded.file_ids:
        return []
    missing, size = await keeping.missing(work, worded.file_ids)
    if missing:
        return [Fault("file_ids", Code.NOT_FOUND)]
    return [Fault("file_ids", Code.TOO_LARGE)] if size > keeping.MOST_BYTES_OF_LETTER else []


@hears(LetterFileRemoved)
async def keep_files_in_use(session: WriteSession, _: Principal, event: LetterFileRemoved) -> None:
    """Refuse that a file goes which a template names, whether or not that is offered."""
    if await store.names_file(session, event.file_id):
        raise LetterFileInUse


def gone(row: Template) -> list[str]:
    """Return the fields a template names that there are no more: they are blank in letters."""
    return [token for token in row.fields if token not in known(Basis(row.basis))]


async def listed(session: Session) -> Sequence[Template]:
    """Return all templates, by name."""
    return await store.templates(session)


async def read(session: Session, template_id: UUID) -> Template:
    """Return a template; raises `TemplateNotFound`."""
    row = await store.template(session, template_id)
    if row is None:
        raise TemplateNotFound
    return row


async def make(work: Work[WriteSession], wanted: TemplateRequest) -> Template:
    """Save a new template."""
    await _check(work, wanted, None)
    if await store.count(work.session) >= MOST:
        raise TemplateLimitReached(limit=MOST)
    row = Template(account_id=work.session.account_id, template_id=new_id(), version=0, **_columns(wanted))
    return await _save(work, row, None)


async def put(
    work: Work[WriteSession], template_id: UUID, wanted: TemplateRequest, expected: int | None
) -> Template:
    """Set the expected version of a template whole; it stays of its kind, and about what it was about."""
    row = await _expected(work.session, template_id, expected)
    await _check(work, wanted, row)
    before = _told(row)
    for name, value in _columns(wanted).items():
        setattr(row, name, value)
    return await _save(work, row, before)


async def remove(work: Work[WriteSession], template_id: UUID, expected: int | None) -> None:
    """Remove the expected version of a template by which nothing is sent."""
    row = await _expected(work.session, template_id, expected)
    await announce(work.session, work.who, TemplateRemoved(template_id))
    await store.remove(work.session, row)
    await keep(work.session, work.who, _entry(template_id, Action.DELETED, _told(row), None))


async def _check(work: Work[WriteSession], wanted: TemplateRequest, row: Template | None) -> None:
    session = work.session
    await require_edition(session, _EDITIONS.get(wanted.kind, Edition.ESSENTIAL))
    more = list[Fault]()
    for name in ("kind", "basis"):
        if row is not None and getattr(row, name) != getattr(wanted, name):
            more.append(Fault(name, Code.FIXED))
    if wanted.email_type_id and not await store.is_email_type(session, wanted.email_type_id):
        more.append(Fault("email_type_id", Code.NOT_FOUND))
    more += await faults_of_files(work, wanted)
    check(wanted, await view_of(work), more)
    if await store.is_named(session, wanted.name, row.template_id if row else None):
        raise TemplateNameTaken


async def _save(work: Work[WriteSession], row: Template, before: dict[str, Any] | None) -> Template:
    row.fields = sorted(tokens_of(row))
    row.version, row.changed_at, row.changed_by = row.version + 1, clock.now(), work.who.user_id
    work.session.add(row)
    await work.session.flush()
    action = Action.CREATED if before is None else Action.CHANGED
    await keep(work.session, work.who, _entry(row.template_id, action, before, _told(row)))
    return row


async def _expected(session: Session, template_id: UUID, expected: int | None) -> Template:
    row = await read(session, template_id)
    if expected is None:
        raise PreconditionRequired
    if expected != row.version:
        raise VersionChanged(version=row.version, headers={"ETag": etag(row.version)})
    return row


def _columns(wanted: TemplateRequest) -> dict[str, Any]:
    return {**wanted.model_dump(), "kind": wanted.kind.value, "basis": wanted.basis.value}


def _told(row: Template) -> dict[str, Any]:
    """Return what the trail tells of a template: which it is and what it says first; not all its pages."""
    return row.model_dump(mode="json", exclude=_UNTOLD)


def _entry(
    template_id: UUID, action: Action, before: dict[str, Any] | None, after: dict[str, Any] | None
) -> Entry:
    return Entry(TEMPLATES, "templates", template_id, action, before, after)
