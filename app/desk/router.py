"""The doors of the desk: the same for every collection, each documented by itself (`app.openapi.desk`)."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.accounts.errors import DeskRequired, PermissionDenied
from app.accounts.guards import AT_A_DESK, GUARDED, Reading, Writing
from app.desk import errors, paths
from app.desk.errors import judged, kind_of
from app.desk.guards import Arguments, CollectionOf, CommandOf, LinksOf, RecordId, SentFields
from app.desk.idempotency import OnlyOnce, answer_once
from app.desk.preconditions import Expected, Known
from app.desk.reading import read, read_page
from app.desk.writing import Asked, carry_out, creation
from app.http.body import JsonRoute
from app.http.compression import JsonText
from app.http.errors import NotFound, PreconditionRequired
from app.http.problems import BODY, refusals_of
from app.sync.refusals import (
    ChangedMeanwhile,
    RecordDeleted,
    RecordMerged,
    UnknownRecord,
)
from app.sync.schemas import Operation

paths.declare()
router = APIRouter(prefix="/v1", tags=["desk"], route_class=JsonRoute)

MOST = 500
_USUAL = 100
_GONE = (kind_of(RecordDeleted), kind_of(RecordMerged))
_ABSENT = (kind_of(UnknownRecord), *_GONE)
_STALE = kind_of(ChangedMeanwhile)
_OF_WRITES = (
    *GUARDED,
    PermissionDenied,
    DeskRequired,
    errors.StillRunning,
    errors.KeyReused,
    *judged(),
)


@router.get(
    "/{collection:readable}",
    operation_id="desk_list",
    summary="List",
    responses=refusals_of(*GUARDED, PermissionDenied, errors.PageMalformed),
)
async def list_records(
    collection: CollectionOf,
    links: LinksOf,
    work: Reading,
    page: Annotated[
        str | None,
        Query(
            max_length=200,
            description="The `next_page` of the page before; none for the first one.",
            examples=["WyI5ZjFj"],
        ),
    ] = None,
    limit: Annotated[
        int, Query(ge=1, le=MOST, description="The most records in the page.", examples=[_USUAL])
    ] = _USUAL,
) -> Response:
    """List what the user may see, from the latest day on; what has no day, or is still open, comes first.

    A page may be shorter than asked for: the list ends where `next_page` is null.
    """
    return JsonText((await read_page(work, collection, links, page, limit)).body)


@router.get(
    "/{collection:readable}/{record_id}",
    operation_id="desk_read",
    summary="Read",
    responses=refusals_of(*GUARDED, PermissionDenied, *_ABSENT),
)
async def read_record(collection: CollectionOf, record_id: RecordId, work: Reading, known: Known) -> Response:
    """Read one as a phone would pull it, whole; its `ETag` is its `revision` in quotes."""
    return (await read(work, collection, record_id, known)).response()


@router.post(
    "/{collection:writable}",
    operation_id="desk_create",
    summary="Create",
    dependencies=[AT_A_DESK],
    responses=refusals_of(*_OF_WRITES, *BODY, *_GONE),
)
async def create_record(
    collection: CollectionOf, sent: SentFields, once: OnlyOnce, work: Writing
) -> Response:
    """Create one, under an `id` of the client's own or one made here.

    With an `id` of its own a client may repeat this for ever: what is there already as sent is answered by
    200, and anything else under that id is refused.
    """
    asked = creation(collection, sent)
    return (await answer_once(work.session, once, lambda: carry_out(work, asked))).response()


@router.patch(
    "/{collection:changeable}/{record_id}",
    operation_id="desk_change",
    summary="Change",
    dependencies=[AT_A_DESK],
    responses=refusals_of(*_OF_WRITES, *BODY, *_ABSENT, _STALE, PreconditionRequired),
)
async def change_record(
    *,
    collection: CollectionOf,
    record_id: RecordId,
    sent: SentFields,
    expected: Expected,
    once: OnlyOnce,
    work: Writing,
) -> Response:
    """Set some fields of the copy that `If-Match` names; those that are not sent stay as they are."""
    asked = Asked(collection, record_id, Operation.PATCH, sent, expected=expected)
    return (await answer_once(work.session, once, lambda: carry_out(work, asked))).response()


@router.delete(
    "/{collection:writable}/{record_id}",
    operation_id="desk_delete",
    summary="Delete",
    status_code=204,
    dependencies=[AT_A_DESK],
    responses=refusals_of(*_OF_WRITES, *_ABSENT, _STALE, PreconditionRequired),
)
async def delete_record(
    *, collection: CollectionOf, record_id: RecordId, expected: Expected, once: OnlyOnce, work: Writing
) -> Response:
    """Delete the copy that `If-Match` names, with what goes along; what is still needed stays."""
    asked = Asked(collection, record_id, Operation.DELETE, {}, expected=expected)
    return (await answer_once(work.session, once, lambda: carry_out(work, asked))).response()


@router.post(
    "/{collection:commanded}/{record_id}/{command}",
    operation_id="desk_command",
    summary="Command",
    dependencies=[AT_A_DESK],
    responses=refusals_of(*_OF_WRITES, *BODY, *_ABSENT, _STALE, NotFound, errors.KeyRequired),
)
async def command_record(
    *,
    collection: CollectionOf,
    record_id: RecordId,
    command: CommandOf,
    sent: Arguments,
    expected: Expected,
    once: OnlyOnce,
    work: Writing,
) -> Response:
    """Answered with the record as it is then, or the one that has taken its place; 204 if there is none."""
    lacks_key = command.is_keyed and once.key is None
    asked = Asked(collection, record_id, Operation.COMMAND, sent, command.name, expected, lacks_key)
    return (await answer_once(work.session, once, lambda: carry_out(work, asked))).response()
