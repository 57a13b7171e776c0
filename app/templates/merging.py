"""Letters made of a template and records: each has the fields of its own record, and no others."""

import asyncio
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

import orjson

from app.core import clock
from app.core.db import Session
from app.core.money import locale_of
from app.desk.hubs import compiling
from app.desk.hubs.compiling import Order, Place, Sought
from app.desk.hubs.fields import HubField, View, find
from app.desk.hubs.filters import Comparison, Operator
from app.desk.hubs.store import fetch
from app.outbox.html import clean, text_of
from app.outbox.unsubscribing import yours
from app.sync import registry
from app.sync.compile import compile_rights
from app.sync.scope import Scope
from app.sync.tables import Kind
from app.templates import store
from app.templates.engine import LONGEST_FILLED, LONGEST_MESSAGE, Part, TooLong, fill
from app.templates.fields import (
    COMPANY_NAME,
    GALLERY_LINK,
    INVOICE_DETAILS,
    STUDIO,
    TODAY,
    UNSUBSCRIBE_LINK,
    Basis,
    MergeField,
    known,
    way_to_session,
)
from app.templates.formats import Block, Formats, Value
from app.templates.invitations import NEEDS as INVITATION
from app.templates.invitations import invitation
from app.templates.invoices import details
from app.templates.models import TemplateKind
from app.templates.store import Ground
from app.templates.wording import Worded, tokens_of

MOST = 200
"""How many records are read at once."""

_PAGE_BYTES = 4_000_000
_CLIENTS = {
    Basis.CLIENT: ("id",),
    Basis.INVOICE: ("bill_to_client_id", "client_id"),
    **dict.fromkeys((Basis.SESSION, Basis.APPOINTMENT, Basis.TASK), ("client_id",)),
}
"""Where the id of whom a letter goes to stands: the first there is."""
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_OBJECTS = {Kind.OBJECT, Kind.OBJECTS}


@dataclass(frozen=True, slots=True)
class Merged:
    """A letter with a record's fields in it.

    `missing` are the fields that were blank. `code` says why it is not to be sent: `too_long`, or
    `text_too_long` of a text message; it has no words then. `calendar` is an iCalendar text.
    """

    subject: str = ""
    text: str = ""
    html: str | None = None
    calendar: str | None = None
    client_id: UUID | None = None
    missing: tuple[str, ...] = ()
    code: str | None = None


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is read for a template: the fields it uses, and all that they are made from."""

    worded: Worded
    basis: Basis
    tokens: Mapping[str, MergeField | None]
    columns: Mapping[str, HubField]
    rights: Scope


@dataclass(frozen=True, slots=True)
class _Around:
    """What all letters of one round have in common."""

    ground: Ground
    formats: Formats
    today: date
    galleries: Mapping[UUID, str] = field(default_factory=dict)
    public_url: str | None = None


async def merge(
    session: Session,
    template: Worded,
    ids: Sequence[UUID],
    *,
    public_url: str | None = None,
    rights: Scope | None = None,
) -> dict[UUID, Merged]:
    """Return the letters of a template to records of its basis, by their ids; of those there are.

    Links begin with `public_url`, and are blank without one. With somebody's `rights`, what these do not show
    is blank; otherwise they are those of the house, as a letter is made for whoever gets it. So are fields
    that there were when the template was saved and are no more.
    """
    plan = _plan(template, rights)
    ground = await store.ground(session)
    zone = ground.time_zone
    formats = Formats(locale_of(ground.locale), zone, ground.currency)
    found = dict[UUID, dict[str, Any]]()
    for begin in range(0, len(ids), MOST):
        found |= await _read(session, plan, ids[begin : begin + MOST])
    galleries = await _galleries(session, plan, found) if GALLERY_LINK in plan.tokens else {}
    around = _Around(ground, formats, clock.now().astimezone(formats.zone).date(), galleries, public_url)
    # Each by itself, so that others are served meanwhile: long letters take their time.
    return {each: await asyncio.to_thread(_merged, plan, around, each, found[each]) for each in found}


def _plan(template: Worded, rights: Scope | None) -> _Plan:
    basis = Basis(template.basis)
    seen = rights if rights is not None else compile_rights(None, registry.schema_version())
    fields = known(basis)
    tokens = {token: fields.get(token) for token in tokens_of(template)}
    paths = {path for each in tokens.values() if each for path in each.needs}
    paths |= {*_CLIENTS[basis], "studio_id"}
    if template.has_calendar:
        paths |= INVITATION[basis]
    view, collection = View(seen), basis.collection
    columns = {path: it for path in sorted(paths) if (it := view.find(collection, path))}
    return _Plan(template, basis, tokens, columns, seen)


async def _read(session: Session, plan: _Plan, ids: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """Return the columns of some records by path, page by page: long ones do not all come at once."""
    key = find(plan.basis.hub, "id")
    if key is None:
        raise TypeError("every record has an id")
    sought = Sought(plan.basis.collection, plan.rights, Comparison(key, Operator.IN, tuple(ids)))
    fields = [*plan.columns.values()]
    found, after = dict[UUID, dict[str, Any]](), None
    while True:
        rows = await fetch(
            session,
            compiling.page(
                session.account_id,
                sought,
                fields,
                Order(key),
                MOST,
                most_bytes=_PAGE_BYTES,
                after=after,
                is_blank=False,
            ),
        )
        for row in rows:
            cells = zip(fields, row[2:-1], strict=True)
            found[row["id"]] = {each.path: _cell(each, cell) for each, cell in cells}
        if not rows or not rows[-1][-1]:
            return found
        after = Place(rows[-1]["id"], rows[-1]["id"])


def _cell(field: HubField, cell: Any) -> Any:
    return orjson.loads(cell) if field.kind in _OBJECTS and cell is not None else cell


async def _galleries(
    session: Session, plan: _Plan, found: Mapping[UUID, Mapping[str, Any]]
) -> dict[UUID, str]:
    path = way_to_session(plan.basis)
    wanted = {row[path] for row in found.values() if path and row.get(path)}
    return await store.galleries(session, wanted) if wanted else {}


def _merged(plan: _Plan, around: _Around, record_id: UUID, row: Mapping[str, Any]) -> Merged:
    worded = plan.worded
    values = {token: _value(each, plan, around, row) for token, each in plan.tokens.items()}
    client_id = next((row[path] for path in _CLIENTS[plan.basis] if row.get(path)), None)
    missing = tuple(sorted(token for token, value in values.items() if value.is_blank))
    try:
        text = fill(worded.text, Part.TEXT, values)
        html = _cleaned(fill(worded.html, Part.HTML, values)) if worded.html else None
        subject = _one_line(fill(worded.subject, Part.SUBJECT, values, LONGEST_FILLED[Part.TEXT]))
    except TooLong:
        return Merged(client_id=client_id, missing=missing, code="too_long")
    if worded.kind == TemplateKind.TEXT and len(text) > LONGEST_MESSAGE:
        return Merged(client_id=client_id, missing=missing, code="text_too_long")
    return Merged(
        subject=subject[: LONGEST_FILLED[Part.SUBJECT]],
        text=text if text.strip() or not html else text_of(html)[: LONGEST_FILLED[Part.TEXT]],
        html=html,
        calendar=invitation(plan.basis, record_id, row, around.ground) if worded.has_calendar else None,
        client_id=client_id,
        missing=missing,
    )


def _value(each: MergeField | None, plan: _Plan, around: _Around, row: Mapping[str, Any]) -> Value | Block:
    if each is None or any(path not in plan.columns for path in each.needs):
        return Value(None, Kind.TEXT, around.formats)
    if each.found:
        return Value.of(each.found, row[each.found.path], around.formats)
    if each.token == INVOICE_DETAILS:
        return details(row, around.formats)
    kind = Kind.DATE if each.token == TODAY else Kind.TEXT
    return Value(_beside(each.token, plan, around, row), kind, around.formats)


def _beside(token: str, plan: _Plan, around: _Around, row: Mapping[str, Any]) -> Any:
    """Return what letters have that is no field of a record."""
    if token in STUDIO:
        return around.ground.studio(row.get("studio_id")).get(STUDIO[token])
    if token == GALLERY_LINK:
        return _gallery_link(plan, around, row)
    if token == UNSUBSCRIBE_LINK:
        is_email = plan.worded.kind != TemplateKind.TEXT
        return yours(around.public_url) if around.public_url and is_email else None
    return {COMPANY_NAME: around.ground.company_name, TODAY: around.today}[token]


def _gallery_link(plan: _Plan, around: _Around, row: Mapping[str, Any]) -> str | None:
    path = way_to_session(plan.basis)
    address = around.galleries.get(row[path]) if path else None
    # As the portal has it; nothing of a request's own words about its host is in a letter.
    return f"{around.public_url}/portal/{address}" if around.public_url and address else None


def _cleaned(html: str) -> str:
    cleaned = clean(html)
    if len(cleaned) > LONGEST_FILLED[Part.HTML]:
        raise TooLong
    return cleaned


def _one_line(subject: str) -> str:
    """Return a subject without line ends and other characters nobody sees, of which headers could be made."""
    return _UNSEEN.sub(" ", subject).strip()
