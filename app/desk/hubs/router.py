"""`/v1/hubs` and `/v1/desk/fields`: lists with columns, order and filters of the user's choice."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse

from app.accounts.errors import DeskRequired, PermissionDenied
from app.accounts.guards import AT_A_DESK, GUARDED, Caller, KeysOf, Reading, Writing
from app.accounts.standing import Work, admit
from app.core.db import Session
from app.desk.errors import KeyReused, PageMalformed, StillRunning
from app.desk.guards import KNOWN_QUERY
from app.desk.hubs import export, fields, hubs, querying, store
from app.desk.hubs.advancing import advance
from app.desk.hubs.compiling import Place
from app.desk.hubs.errors import InvalidQuery, QueryTooSlow, SavedNotFound
from app.desk.hubs.fields import MOST_LINKS, HubField, View
from app.desk.hubs.filters import OPERATORS
from app.desk.hubs.guards import AskedOf, HubOf, SecondsOf
from app.desk.hubs.hubs import HUBS, Hub
from app.desk.hubs.noting import how_many, note_export
from app.desk.hubs.querying import Page
from app.desk.hubs.schemas import (
    AdvancedAnswer,
    AdvanceRequest,
    CountAnswer,
    CountsRequest,
    ExportRequest,
    Format,
    HubAnswer,
    HubCounts,
    HubFieldAnswer,
    HubFieldList,
    HubList,
    HubPage,
    PageRequest,
)
from app.desk.idempotency import OnlyOnce, answer_once
from app.http.body import JsonRoute
from app.http.compression import JsonText
from app.http.errors import NotFound
from app.http.problems import BODY, refusals_of
from app.http.schemas import Sent
from app.http.streams import UNBUFFERED, PatientResponse
from app.http.unit_of_work import DatabaseOf
from app.sync.target import rights_of

hubs.check()
router = APIRouter(prefix="/v1", tags=["hubs"], route_class=JsonRoute, dependencies=[KNOWN_QUERY])

_ASKED = (*GUARDED, PermissionDenied, NotFound, InvalidQuery, QueryTooSlow, SavedNotFound)
_TABLE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The records in order, under the labels of the columns.",
        "content": {kind: {} for kind in export.MEDIA_TYPES.values()},
    }
}


@router.get(
    "/desk/fields/{hub}",
    operation_id="hubs_fields",
    summary="List the fields of a hub",
    response_model=HubFieldList,
    responses=refusals_of(*GUARDED, PermissionDenied, NotFound),
)
async def list_fields(
    hub: HubOf,
    work: Reading,
    links: Annotated[
        int,
        Query(ge=0, le=MOST_LINKS, description="Through how many links fields are told.", examples=[1]),
    ] = 1,
) -> Response:
    """List what columns, filters, letters and tables of these records may name, of what the user may view.

    A path leads through a link by its name without `_id`: `client.last_name`, and through two links at most.
    """
    view = await querying.view_of(work, hub)
    labels = (await store.company(work.session)).labels
    found = fields.fields_of(hub.of, links)
    shown = (each for each in found if view.shows(each, hub.collection))
    told = HubFieldList(fields=[_field(each, labels.get(each.label_key or ("", ""))) for each in shown])
    return JsonText(told.model_dump_json().encode())


@router.get("/hubs", operation_id="hubs_list", summary="List hubs", responses=refusals_of(*GUARDED))
async def list_hubs(work: Reading) -> HubList:
    """List the hubs whose records the user may view, and what each shows unless asked otherwise."""
    view = View(await rights_of(work.session, work.who, work.clock))
    return HubList(hubs=[_hub(each, view) for each in HUBS.values() if each.collection.number in view.rights])


@router.get(
    "/hubs/{hub}",
    operation_id="hubs_page",
    summary="Show a hub",
    response_model=HubPage,
    responses=refusals_of(*_ASKED, PageMalformed),
)
async def show_hub(hub: HubOf, asked: AskedOf, work: Reading, seconds: SecondsOf) -> Response:
    """Show some records in order: all, those with some words, those that meet a saved filter."""
    return await _page(work, hub, asked, seconds)


@router.post(
    "/hubs/{hub}/query",
    operation_id="hubs_query",
    summary="Query a hub",
    response_model=HubPage,
    responses=refusals_of(*_ASKED, PageMalformed, *BODY),
)
async def query_hub(hub: HubOf, body: Sent[PageRequest], work: Reading, seconds: SecondsOf) -> Response:
    """Show some records in order that meet a filter; it may be long, and is sent along."""
    return await _page(work, hub, body, seconds)


@router.post(
    "/hubs/{hub}/counts",
    operation_id="hubs_counts",
    summary="Count a hub",
    response_model=HubCounts,
    responses=refusals_of(*_ASKED, *BODY),
)
async def count_hub(hub: HubOf, body: Sent[CountsRequest], work: Reading, seconds: SecondsOf) -> Response:
    """Count records by the values of a field, such as sessions by their status: the groups of a hub.

    Those of one group are shown by a filter that asks for its value, or for none.
    """
    query = await querying.prepare(work, hub, body, body.group)
    found, has_more = await querying.count(work.session, query, seconds)
    groups = [CountAnswer(value=value, count=many) for value, many in found] if query.group else []
    told = {"total": sum(many for _, many in found), "groups": groups, "has_more": has_more}
    return JsonText(store.as_json({**told, "groups": [each.model_dump() for each in groups]}))


@router.post(
    "/hubs/{hub}/export",
    operation_id="hubs_export",
    summary="Export a hub",
    response_class=StreamingResponse,
    responses={**_TABLE, **refusals_of(*_ASKED, *BODY)},
)
async def export_hub(
    *,
    hub: HubOf,
    body: Sent[ExportRequest],
    claims: Caller,
    keys: KeysOf,
    database: DatabaseOf,
    seconds: SecondsOf,
) -> PatientResponse:
    """Get all records a query finds as a table, in its order; no spreadsheet takes any text for a formula.

    It is sent while it is read, page by page: what changes meanwhile may be in it twice or not at all. Before
    it begins it is entered in the audit trail, with what was asked and how many records there are.
    """
    async with database.reading(claims.account_id) as session:
        work = await admit(session, keys, claims)
        today = work.clock.day_in(work.who.time_zone)
        query = await querying.prepare(work, hub, body)
        first = await querying.read_page(session, query, export.MOST, None, seconds)
    rows = await how_many(database, claims.account_id, query, seconds) if first.has_more else len(first.rows)
    async with database.writing(claims.account_id) as turn:
        who = (await admit(turn, keys, claims)).who
        await note_export(turn, who, hub, query, kind=Format(body.format), rows=rows)

    async def read(after: Place) -> Page:
        async with database.reading(claims.account_id) as session:
            work = await admit(session, keys, claims)
            again = await querying.prepare(work, hub, body, on=today)
            return await querying.read_page(session, again, export.MOST, after, seconds)

    name = f'attachment; filename="{hub.name}.{body.format.value}"'
    return PatientResponse(
        export.table(Format(body.format), query, first, read),
        media_type=export.MEDIA_TYPES[Format(body.format)],
        headers={"Content-Disposition": name, **UNBUFFERED},
    )


@router.post(
    "/hubs/{hub}/advance",
    operation_id="hubs_advance",
    summary="Advance records of a hub",
    response_model=AdvancedAnswer,
    dependencies=[AT_A_DESK],
    responses=refusals_of(*GUARDED, PermissionDenied, NotFound, DeskRequired, StillRunning, KeyReused, *BODY),
)
async def advance_hub(hub: HubOf, body: Sent[AdvanceRequest], once: OnlyOnce, work: Writing) -> Response:
    """Move records to a status, or each to the next one of its list, and answer for each by itself.

    One that cannot be moved does not keep the others. Calls and texts have no statuses.
    """
    if not hub.has_status:
        raise NotFound
    return (await answer_once(work.session, once, lambda: advance(work, hub, body))).response()


async def _page(work: Work[Session], hub: Hub, asked: PageRequest, seconds: float) -> Response:
    query = await querying.prepare(work, hub, asked)
    after = querying.opened(asked.page, query) if asked.page is not None else None
    page = await querying.read_page(work.session, query, asked.limit, after, seconds)
    rows = [querying.shown(each, query) for each in page.rows]
    next_page = querying.closed(page.end, query) if page.end else None
    return JsonText(store.as_json({"rows": rows, "next_page": next_page}))


def _hub(hub: Hub, view: View) -> HubAnswer:
    def seen(paths: tuple[str, ...]) -> list[str]:
        return [path for path in paths if view.find(hub.collection, path)]

    return HubAnswer(
        name=hub.name,
        collection=hub.of,
        columns=seen(hub.columns),
        sort=hub.sort,
        keys=seen(hub.keys),
        has_status=hub.has_status,
    )


def _field(found: HubField, custom_label: str | None) -> HubFieldAnswer:
    return HubFieldAnswer(
        path=found.path,
        kind=found.kind,
        label=found.label,
        custom_label=custom_label,
        description=found.description,
        example=found.example,
        choices=list(found.choices),
        operators=sorted(OPERATORS[found.kind]),
        origin=found.origin,
        through=[step.name for step in found.steps],
        leads_to=found.leads_to,
        is_sortable=found.is_sortable,
        is_groupable=found.is_groupable,
        is_amount=found.is_amount,
        is_mergeable=found.is_mergeable,
    )
