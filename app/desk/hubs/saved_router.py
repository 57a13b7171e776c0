"""`/v1/hubs/{hub}/filters` and `/layouts`: what people keep of a hub."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response

from app.accounts.errors import DeskRequired, PermissionDenied, VersionChanged
from app.accounts.guards import AT_A_DESK, GUARDED, Reading, Writing
from app.accounts.standing import S, Work
from app.core.events import announce
from app.desk.guards import KNOWN_QUERY
from app.desk.hubs import querying, saved, store
from app.desk.hubs.errors import InvalidQuery, SavedLimitReached, SavedNotFound, SavedNotYours
from app.desk.hubs.events import FilterRemoved
from app.desk.hubs.filters import Reader
from app.desk.hubs.guards import HubOf
from app.desk.hubs.hubs import Hub
from app.desk.hubs.models import HubFilter, HubLayout
from app.desk.hubs.schemas import (
    FilterAnswer,
    FilterChange,
    FilterList,
    FilterRequest,
    Layout,
    LayoutAnswer,
    LayoutChange,
    LayoutList,
    LayoutRequest,
    LayoutTold,
)
from app.http.body import JsonRoute
from app.http.errors import NotFound, PreconditionRequired
from app.http.etags import TAGGED, ExpectedVersion, etag, made_at
from app.http.problems import BODY, refusals_of
from app.http.schemas import Sent

router = APIRouter(prefix="/v1/hubs/{hub}", tags=["hubs"], route_class=JsonRoute, dependencies=[KNOWN_QUERY])

_SOME_ID = "8a2f4f0e-4b7e-4f43-9d0f-0c7b7f5b2a11"
SavedId = Annotated[UUID, Path(description="What was saved.", examples=[_SOME_ID])]
IsLeft = Annotated[
    bool,
    Query(
        alias="left",
        description="Instead, what users who are deactivated have left, shared or not; for administrators.",
        examples=[False],
    ),
]
_READ = (*GUARDED, PermissionDenied, NotFound)
_MADE = (*_READ, DeskRequired, InvalidQuery, SavedLimitReached, *BODY)
_OF_ONE = (*_READ, DeskRequired, SavedNotFound, SavedNotYours, VersionChanged, PreconditionRequired)


@router.get(
    "/filters",
    operation_id="hubs_filters",
    summary="List the filters of a hub",
    responses=refusals_of(*_READ, SavedNotYours),
)
async def list_filters(hub: HubOf, work: Reading, *, is_left: IsLeft = False) -> FilterList:
    """List the filters the user may use: those that come with the product, their own, and shared ones.

    A filter that tests what the user may not view is not among them.
    """
    reader = await _reader(work, hub)
    if is_left:
        rows = await saved.list_left(work, HubFilter, hub)
    else:
        rows = await saved.list_filters(work, hub, reader)
    return FilterList(filters=[_filter(row) for row in rows])


@router.post(
    "/filters",
    operation_id="hubs_save_filter",
    summary="Save a filter",
    status_code=201,
    dependencies=[AT_A_DESK],
    responses=made_at("filter", f"/v1/hubs/sessions/filters/{_SOME_ID}") | refusals_of(*_MADE),
)
async def save_filter(
    hub: HubOf, body: Sent[FilterRequest], work: Writing, response: Response
) -> FilterAnswer:
    """Save a filter, for oneself or for all; days told by today are reckoned anew at each use."""
    kept = saved.checked(await _reader(work, hub), body.filter)
    made = await saved.save(work, HubFilter, hub, name=body.name, is_shared=body.is_shared, filter=kept)
    _place(response, hub, "filters", made)
    return _filter(made)


@router.get(
    "/filters/{saved_id}",
    operation_id="hubs_read_filter",
    summary="Read a filter",
    responses=TAGGED | refusals_of(*_READ, SavedNotFound),
)
async def read_filter(hub: HubOf, saved_id: SavedId, work: Reading, response: Response) -> FilterAnswer:
    """Read a filter the user may use."""
    reader = await _reader(work, hub)
    row = await saved.read_saved(work, HubFilter, hub, saved_id)
    if saved.read_filter(reader, row) is None:
        raise SavedNotFound
    response.headers["ETag"] = etag(row.version)
    return _filter(row)


@router.patch(
    "/filters/{saved_id}",
    operation_id="hubs_change_filter",
    summary="Change a filter",
    dependencies=[AT_A_DESK],
    responses=TAGGED | refusals_of(*_OF_ONE, InvalidQuery, SavedLimitReached, *BODY),
)
async def change_filter(
    *,
    hub: HubOf,
    saved_id: SavedId,
    body: Sent[FilterChange],
    work: Writing,
    expected: ExpectedVersion,
    response: Response,
) -> FilterAnswer:
    """Change the version of a filter that `If-Match` names: one's own, or a shared one if administrator.

    Administrators change what users who are deactivated have left too, shared or not, and it becomes theirs.
    """
    reader = await _reader(work, hub)
    row = await saved.owned(work, HubFilter, hub, saved_id, reader=reader, expected=expected)
    given: dict[str, Any] = body.model_dump(include={"name", "is_shared"}, exclude_none=True)
    if body.filter is not None:
        given["filter"] = saved.checked(reader, body.filter)
    await saved.change(work, row, given)
    response.headers["ETag"] = etag(row.version)
    return _filter(row)


@router.delete(
    "/filters/{saved_id}",
    operation_id="hubs_remove_filter",
    summary="Remove a filter",
    status_code=204,
    dependencies=[AT_A_DESK],
    responses=refusals_of(*_OF_ONE),
)
async def remove_filter(hub: HubOf, saved_id: SavedId, work: Writing, expected: ExpectedVersion) -> None:
    """Remove the version of a filter that `If-Match` names."""
    reader = await _reader(work, hub)
    row = await saved.owned(work, HubFilter, hub, saved_id, reader=reader, expected=expected)
    await saved.remove(work.session, row)
    await announce(work.session, work.who, FilterRemoved(saved_id))


@router.get(
    "/layouts",
    operation_id="hubs_layouts",
    summary="List the layouts of a hub",
    responses=refusals_of(*_READ, SavedNotYours),
)
async def list_layouts(hub: HubOf, work: Reading, *, is_left: IsLeft = False) -> LayoutList:
    """List the user's own layouts and shared ones; columns the user may not view are left out of them."""
    reader = await _reader(work, hub)
    if is_left:
        rows = await saved.list_left(work, HubLayout, hub)
    else:
        rows = await store.saved_in(work.session, HubLayout, hub.name, work.who.user_id)
    return LayoutList(layouts=[_layout(reader, row) for row in rows])


@router.post(
    "/layouts",
    operation_id="hubs_save_layout",
    summary="Save a layout",
    status_code=201,
    dependencies=[AT_A_DESK],
    responses=made_at("layout", f"/v1/hubs/sessions/layouts/{_SOME_ID}") | refusals_of(*_MADE),
)
async def save_layout(
    hub: HubOf, body: Sent[LayoutRequest], work: Writing, response: Response
) -> LayoutAnswer:
    """Save columns, order and grouping, for oneself or for all."""
    reader = await _reader(work, hub)
    _check(reader, body.layout)
    told = body.layout.model_dump()
    made = await saved.save(work, HubLayout, hub, name=body.name, is_shared=body.is_shared, layout=told)
    _place(response, hub, "layouts", made)
    return _layout(reader, made)


@router.get(
    "/layouts/{saved_id}",
    operation_id="hubs_read_layout",
    summary="Read a layout",
    responses=TAGGED | refusals_of(*_READ, SavedNotFound),
)
async def read_layout(hub: HubOf, saved_id: SavedId, work: Reading, response: Response) -> LayoutAnswer:
    """Read a layout the user may use."""
    reader = await _reader(work, hub)
    row = await saved.read_saved(work, HubLayout, hub, saved_id)
    response.headers["ETag"] = etag(row.version)
    return _layout(reader, row)


@router.patch(
    "/layouts/{saved_id}",
    operation_id="hubs_change_layout",
    summary="Change a layout",
    dependencies=[AT_A_DESK],
    responses=TAGGED | refusals_of(*_OF_ONE, InvalidQuery, SavedLimitReached, *BODY),
)
async def change_layout(
    *,
    hub: HubOf,
    saved_id: SavedId,
    body: Sent[LayoutChange],
    work: Writing,
    expected: ExpectedVersion,
    response: Response,
) -> LayoutAnswer:
    """Change the version of a layout that `If-Match` names: one's own, or a shared one if administrator.

    Administrators change what users who are deactivated have left too, shared or not, and it becomes theirs.
    """
    reader = await _reader(work, hub)
    row = await saved.owned(work, HubLayout, hub, saved_id, reader=reader, expected=expected)
    given: dict[str, Any] = body.model_dump(exclude_none=True, exclude={"layout"})
    if body.layout is not None:
        _check(reader, body.layout)
        given["layout"] = body.layout.model_dump()
    await saved.change(work, row, given)
    response.headers["ETag"] = etag(row.version)
    return _layout(reader, row)


@router.delete(
    "/layouts/{saved_id}",
    operation_id="hubs_remove_layout",
    summary="Remove a layout",
    status_code=204,
    dependencies=[AT_A_DESK],
    responses=refusals_of(*_OF_ONE),
)
async def remove_layout(hub: HubOf, saved_id: SavedId, work: Writing, expected: ExpectedVersion) -> None:
    """Remove the version of a layout that `If-Match` names."""
    reader = await _reader(work, hub)
    row = await saved.owned(work, HubLayout, hub, saved_id, reader=reader, expected=expected)
    await saved.remove(work.session, row)


def _place(response: Response, hub: Hub, kind: str, made: HubFilter | HubLayout) -> None:
    """Tell the version of what was saved, and where it is."""
    response.headers["ETag"] = etag(made.version)
    response.headers["Location"] = f"/v1/hubs/{hub.name}/{kind}/{made.saved_id}"


async def _reader(work: Work[S], hub: Hub) -> Reader:
    view = await querying.view_of(work, hub)
    return Reader(hub.collection, view, querying.calendar_of(work, await store.company(work.session)))


def _check(reader: Reader, layout: Layout) -> None:
    for nth, path in enumerate(layout.columns):
        if path in layout.columns[:nth]:
            reader.refuse(f"layout.columns.{nth}", "given_twice")
        reader.find(path, f"layout.columns.{nth}")
    sort = reader.find(layout.sort.removeprefix("-"), "layout.sort") if layout.sort else None
    if sort and not sort.is_sortable:
        reader.refuse("layout.sort", "not_sortable")
    group = reader.find(layout.group, "layout.group") if layout.group else None
    if group and not group.is_groupable:
        reader.refuse("layout.group", "not_groupable")
    reader.check()


def _filter(row: HubFilter) -> FilterAnswer:
    return FilterAnswer(**_told(row), filter=row.filter)


def _layout(reader: Reader, row: HubLayout) -> LayoutAnswer:
    """Tell a layout without what the user may not view."""

    def seen(path: str | None) -> str | None:
        return path if path and reader.view.find(reader.hub, path.removeprefix("-")) else None

    told = Layout.model_validate(row.layout)
    columns = [path for path in told.columns if seen(path)]
    shown = LayoutTold(columns=columns, sort=seen(told.sort), group=seen(told.group))
    return LayoutAnswer(**_told(row), layout=shown)


def _told(row: HubFilter | HubLayout) -> dict[str, Any]:
    is_shipped = saved.is_shipped(row)
    return {
        "id": row.saved_id,
        "version": row.version,
        "name": row.name,
        "is_shared": row.is_shared,
        "is_shipped": is_shipped,
        "owner_id": None if is_shipped else row.owner_id,
    }
