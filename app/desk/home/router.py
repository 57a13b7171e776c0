"""`/v1/home`: the home page, and how its user arranges it."""

from fastapi import APIRouter, Response

from app.accounts.errors import VersionChanged
from app.accounts.guards import GUARDED, Reading, Writing
from app.desk.guards import KNOWN_QUERY
from app.desk.home.arranging import (
    PANELS,
    SHORTCUTS,
    change_setting,
    panels_of,
    read_setting,
    shortcuts_of,
)
from app.desk.home.panels import read_home
from app.desk.home.schemas import (
    HomeAnswer,
    PanelsAnswer,
    PanelsRequest,
    ShortcutsAnswer,
    ShortcutsRequest,
)
from app.http.body import JsonRoute
from app.http.compression import JsonText
from app.http.errors import PreconditionRequired
from app.http.etags import TAGGED, ExpectedVersion, etag
from app.http.problems import BODY, refusals_of
from app.http.schemas import Sent

router = APIRouter(prefix="/v1/home", tags=["home"], route_class=JsonRoute, dependencies=[KNOWN_QUERY])

_SET = TAGGED | refusals_of(*GUARDED, VersionChanged, PreconditionRequired, *BODY)


@router.get(
    "",
    operation_id="home_read",
    summary="Read the home page",
    response_model=HomeAnswer,
    responses=refusals_of(*GUARDED),
)
async def read(work: Reading) -> Response:
    """Tell the panels of the caller's home page, in their order and with no more than the caller may view.

    A panel of which the caller may view nothing is not among them.
    """
    return JsonText((await read_home(work)).model_dump_json().encode())


@router.get(
    "/panels",
    operation_id="home_panels",
    summary="Read how the home page is arranged",
    responses=TAGGED | refusals_of(*GUARDED),
)
async def read_panels(work: Reading, response: Response) -> PanelsAnswer:
    """Tell all panels the caller may view in their order, shown or not."""
    version, content = await read_setting(work, PANELS)
    response.headers["ETag"] = etag(version)
    return PanelsAnswer(version=version, panels=panels_of(work.who, content))


@router.put(
    "/panels",
    operation_id="home_arrange",
    summary="Arrange the home page",
    responses=_SET,
)
async def set_panels(
    body: Sent[PanelsRequest], work: Writing, expected: ExpectedVersion, response: Response
) -> PanelsAnswer:
    """Put the panels of the caller's home page in another order, and show some of them or not.

    `If-Match` names the version that was read; the first one is `"0"`.
    """
    content = body.model_dump(mode="json")["panels"]
    version = await change_setting(work, PANELS, content, expected)
    response.headers["ETag"] = etag(version)
    return PanelsAnswer(version=version, panels=panels_of(work.who, content))


@router.get(
    "/shortcuts",
    operation_id="home_shortcuts",
    summary="Read one's own shortcuts",
    responses=TAGGED | refusals_of(*GUARDED),
)
async def read_shortcuts(work: Reading, response: Response) -> ShortcutsAnswer:
    """Tell the shortcuts of the caller's own, but for those whose target is none any more."""
    version, content = await read_setting(work, SHORTCUTS)
    response.headers["ETag"] = etag(version)
    return ShortcutsAnswer(version=version, shortcuts=shortcuts_of(content))


@router.put(
    "/shortcuts",
    operation_id="home_set_shortcuts",
    summary="Set one's own shortcuts",
    responses=_SET,
)
async def set_shortcuts(
    body: Sent[ShortcutsRequest], work: Writing, expected: ExpectedVersion, response: Response
) -> ShortcutsAnswer:
    """Set all shortcuts of the caller's own, in their order.

    `If-Match` names the version that was read; the first one is `"0"`.
    """
    content = body.model_dump(mode="json")["shortcuts"]
    version = await change_setting(work, SHORTCUTS, content, expected)
    response.headers["ETag"] = etag(version)
    return ShortcutsAnswer(version=version, shortcuts=shortcuts_of(content))
