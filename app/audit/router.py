"""`/v1/audit`: the trail of an account, for who may look at it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import AwareDatetime, StringConstraints

from app.accounts.errors import PermissionDenied
from app.accounts.features import require
from app.accounts.guards import GUARDED, Caller, KeysOf, reading_of
from app.accounts.standing import Work, admit
from app.audit import export, store, telling
from app.audit.schemas import EntryAnswer, EntryPage, HeadAnswer
from app.audit.store import Sought
from app.audit.trail import AUDIT, Action, keep_of_itself
from app.core.db import Session
from app.core.principal import Channel, Level
from app.http.errors import InvalidRequest
from app.http.failures import MOST_FIELDS, place
from app.http.problems import refusals_of
from app.http.streams import UNBUFFERED, PatientResponse
from app.http.unit_of_work import DatabaseOf

router = APIRouter(prefix="/v1/audit", tags=["audit"])

_ID = "6f1f2a54-7e0c-4c39-9b1e-0d9a53f2a7c1"
_INSTANT = "2026-05-04T09:30:00Z"
_MEDIA_TYPE = "text/csv"
_TABLE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The export itself, then the entries, the newest first.",
        "content": {_MEDIA_TYPE: {}},
    }
}
_Name = Annotated[str, StringConstraints(max_length=63, pattern=r"^[a-z_]+$")]
Viewing = Annotated[Work[Session], reading_of(AUDIT, Level.VIEW_ONLY)]


async def _sought(
    *,
    since: Annotated[AwareDatetime | None, Query(description="From when on.", examples=[_INSTANT])] = None,
    until: Annotated[AwareDatetime | None, Query(description="Before when.", examples=[_INSTANT])] = None,
    user_id: Annotated[UUID | None, Query(description="What one user did.", examples=[_ID])] = None,
    channel: Annotated[
        Channel | None,
        Query(description="What came in one way; by `system`, what the house did.", examples=["desk"]),
    ] = None,
    feature: Annotated[_Name | None, Query(description="Of one feature.", examples=["users"])] = None,
    subject: Annotated[
        _Name | None,
        Query(
            description="Of one kind of thing: `users`, `sign_ins`, or a collection.", examples=["clients"]
        ),
    ] = None,
    record_id: Annotated[UUID | None, Query(description="Of one record.", examples=[_ID])] = None,
    action: Annotated[
        Action | None, Query(description="What was done in one way.", examples=["changed"])
    ] = None,
) -> Sought:
    return Sought(since, until, user_id, channel, feature, subject, record_id, action)


SoughtOf = Annotated[Sought, Depends(_sought)]
_FILTERS = frozenset(("since", "until", "user_id", "channel", "feature", "subject", "record_id", "action"))
_PAGING = frozenset(("page", "limit"))


def _require_known(request: Request, known: frozenset[str]) -> None:
    """Refuse a filter that is not known, which would let everything through, and one that is given twice."""
    given = Counter(name for name, _ in request.query_params.multi_items())
    wrong = [
        {"path": place("query", name), "code": "given_twice" if name in known else "extra_forbidden"}
        for name, count in given.items()
        if name not in known or count > 1
    ]
    if wrong:
        raise InvalidRequest(fields=wrong[:MOST_FIELDS])


@router.get(
    "",
    operation_id="audit_list",
    summary="Read the audit trail",
    responses=refusals_of(PermissionDenied, *GUARDED),
)
async def list_entries(
    request: Request,
    work: Viewing,
    sought: SoughtOf,
    page: Annotated[
        int | None, Query(ge=1, lt=2**62, description="The `next_page` of the page before.", examples=[17])
    ] = None,
    limit: Annotated[
        int, Query(ge=1, le=500, description="The most entries in the page.", examples=[100])
    ] = 100,
) -> EntryPage:
    """Tell what was done in the account, the newest first.

    What something was and is since is told only to who may view it, and of what may be private only to
    administrators, as are the hashes.
    """
    _require_known(request, _FILTERS | _PAGING)
    who = work.who
    head = await store.read_head(work.session) if who.is_administrator else None
    found = await store.page(work.session, sought, page, limit + 1)
    shown = [_answer(telling.told(who, row)) for row in found[:limit]]
    return EntryPage(
        head=HeadAnswer(position=head.position, hash=head.hash.hex()) if head else None,
        entries=shown,
        next_page=shown[-1].position if len(found) > limit else None,
    )


@router.get(
    ".csv",
    operation_id="audit_export",
    summary="Export the audit trail",
    response_class=StreamingResponse,
    responses={**_TABLE, **refusals_of(PermissionDenied, *GUARDED)},
)
async def export_entries(
    request: Request, claims: Caller, keys: KeysOf, database: DatabaseOf, sought: SoughtOf
) -> PatientResponse:
    """Get what was done as a table, the newest first; no spreadsheet takes anything of it for a formula.

    The export is an entry itself, whatever is sought the first of the table: of who exports, what was sought,
    and the account (`record_id`). Its hash is the head of the trail, and behind it comes nothing newer.
    """
    _require_known(request, _FILTERS)
    async with database.writing(claims.account_id) as turn:
        who = (await admit(turn, keys, claims)).who
        require(who, AUDIT, Level.VIEW_ONLY)
        asked = {name: value for name, value in asdict(sought).items() if value is not None}
        itself = (await keep_of_itself(turn, who, Action.EXPORTED, asked)).position
        first = telling.told(who, await store.read_one(turn, itself))
    older = replace(sought, before=itself)

    async def read(behind: int | None, most: int = export.AT_ONCE) -> list[dict[str, Any]]:
        async with database.reading(claims.account_id) as session:
            who = (await admit(session, keys, claims)).who
            require(who, AUDIT, Level.VIEW_ONLY)
            return [telling.told(who, row) for row in await store.page(session, older, behind, most)]

    return PatientResponse(
        export.lines([first, *await read(None, export.AT_ONCE - 1)], read),
        media_type=_MEDIA_TYPE,
        headers={"Content-Disposition": 'attachment; filename="audit.csv"', **UNBUFFERED},
    )


def _answer(entry: Mapping[str, Any]) -> EntryAnswer:
    texts = {name: orjson.loads(entry[name]) if entry[name] else None for name in ("before", "after")}
    return EntryAnswer.model_validate({**entry, **texts})
