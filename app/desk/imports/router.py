"""`/v1/imports`: files of other programs, looked at row by row before they are records."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import StreamingResponse

from app.accounts.errors import DeskRequired, PermissionDenied, VersionChanged
from app.accounts.guards import AT_A_DESK, GUARDED, Caller, KeysOf, Reading, Writing
from app.accounts.standing import Work, admit
from app.core.db import WriteSession
from app.core.errors import AppError
from app.desk.guards import KNOWN_QUERY
from app.desk.imports import errors, importing, reading, report, store
from app.desk.imports.bodies import let_in, received
from app.desk.imports.forms import FORMS, form_of
from app.desk.imports.importing import require_desk, require_right, require_room
from app.desk.imports.schemas import (
    ColumnAnswer,
    CountsAnswer,
    FieldAnswer,
    FieldList,
    ImportAnswer,
    ImportList,
    MappingRequest,
    RowAnswer,
    RowPage,
    RunRequest,
)
from app.desk.imports.store import Fate, Found
from app.desk.imports.targets import TARGETS, Kind
from app.http.body import JsonRoute
from app.http.errors import (
    BodyTimeout,
    CardNumberRefused,
    PreconditionRequired,
    TooLarge,
    UnsupportedMediaType,
)
from app.http.etags import TAGGED, ExpectedVersion, etag, made_at
from app.http.problems import BODY, refusals_of
from app.http.schemas import Sent
from app.http.streams import UNBUFFERED, PatientResponse
from app.http.unit_of_work import DatabaseOf, GoneOf
from app.readers.settings import Setting

router = APIRouter(prefix="/v1", tags=["imports"], route_class=JsonRoute, dependencies=[KNOWN_QUERY])

CHUNKS = 5
"""How many chunks one request looks at; between them others write."""
_SAMPLES = 3
_SAMPLED = 20
_GOING_ON = (store.State.CHECKING, store.State.RUNNING, store.State.UNDOING)
_MOST = 500
_USUAL = 100
_MEDIA_TYPE = "text/csv"
_ID = "4f9f6f0e-5b1f-4f0d-9a53-1f6e0c0a2801"
_OF_ALL: tuple[type[AppError], ...] = (PermissionDenied, *GUARDED)
_OF_ONE: tuple[type[AppError], ...] = (errors.ImportNotFound, *_OF_ALL)
_OF_CHANGES: tuple[type[AppError], ...] = (DeskRequired, *_OF_ONE)
_BYTES = {"type": "string", "format": "binary", "examples": ["first name,last name\r\nAda,Ferris\r\n"]}
_FILE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The file itself, as it is.",
        "content": {each: {"schema": _BYTES} for each in FORMS},
    }
}
_TABLE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The rows with their fates, then what the file has.", "content": {_MEDIA_TYPE: {}}}
}

ImportId = Annotated[UUID, Path(description="An import.", examples=[_ID])]
KindOf = Annotated[Kind, Query(description="What the records are.", examples=["clients"])]
Headings = Annotated[bool, Query(description="The first row of a table names its columns.", examples=[True])]
FateOf = Annotated[Fate | None, Query(description="Rows of one fate; none for all.", examples=["error"])]


@router.post(
    "/imports",
    operation_id="imports_create",
    summary="Send a file",
    status_code=201,
    openapi_extra=_FILE,
    responses=made_at("import", f"/v1/imports/{_ID}")
    | refusals_of(
        DeskRequired,
        TooLarge,
        BodyTimeout,
        UnsupportedMediaType,
        errors.UnknownFileType,
        errors.FileTypeUnfit,
        errors.FileUnreadable,
        errors.FileTooLong,
        errors.TooManyImports,
        CardNumberRefused,
        *_OF_ALL,
    ),
)
async def create(
    *,
    request: Request,
    response: Response,
    claims: Caller,
    keys: KeysOf,
    database: DatabaseOf,
    gone: GoneOf,
    kind: KindOf,
    headings: Headings = True,
) -> ImportAnswer:
    """Send a file of a type that is read, as the body; nothing of it is a record before it is run.

    The first row of a table names its columns, below a title if there is one, unless `headings` is false. The
    answer says what each column is taken for.
    """
    async with database.reading(claims.account_id) as session:
        work = await admit(session, keys, claims)
        require_desk(work.who)
        require_right(work.who, kind)
        await require_room(session, work.who)
    form = form_of(request.headers.get("content-type", ""), kind)
    async with let_in(claims.account_id) as turn:
        content = await received(request)
        zone = work.who.time_zone
        setting = Setting(
            form=form.name,
            zone=zone,
            today=work.clock.day_in(zone).isoformat(),
            has_headings=headings,
            memory=reading.MEMORY,
            seconds=reading.SECONDS,
        )
        async with turn:
            table = await reading.read(content, setting, gone)
        async with database.beside(claims.account_id) as session:
            found = await importing.take(session, work.who, kind, form, table)
            answer = await _told(session, found)
    response.headers["ETag"] = etag(found.version)
    response.headers["Location"] = f"/v1/imports/{found.import_id}"
    return answer


@router.get("/imports", operation_id="imports_list", summary="List imports", responses=refusals_of(*GUARDED))
async def list_imports(work: Reading) -> ImportList:
    """List the imports of who asks, the newest first, or the newest 100 of all to an administrator.

    Each is kept for a week.
    """
    who = work.who
    found = await store.newest(work.session, None if who.is_administrator else who.user_id)
    return ImportList(imports=[await _told(work.session, each) for each in found])


@router.get(
    "/import-fields",
    operation_id="imports_fields",
    summary="List what columns may be",
    responses=refusals_of(*GUARDED),
)
async def list_fields(_: Reading, kind: KindOf) -> FieldList:
    """List what the columns of a kind of record may be: the same for all accounts."""
    return FieldList(fields=[FieldAnswer.model_validate(each) for each in TARGETS[kind]])


@router.get(
    "/imports/{import_id}",
    operation_id="imports_read",
    summary="Read an import",
    responses=TAGGED | refusals_of(*_OF_ONE),
)
async def read(import_id: ImportId, work: Reading, response: Response) -> ImportAnswer:
    """Tell how far an import has come: `done` of `total`."""
    return await _answered(work, await importing.read(work, import_id), response)


@router.put(
    "/imports/{import_id}/mapping",
    operation_id="imports_map",
    summary="Say what the columns are",
    dependencies=[AT_A_DESK],
    responses=TAGGED
    | refusals_of(
        errors.MappingInvalid,
        errors.ImportBegun,
        VersionChanged,
        PreconditionRequired,
        *_OF_CHANGES,
        *BODY,
    ),
)
async def map_columns(
    *,
    import_id: ImportId,
    body: Sent[MappingRequest],
    work: Writing,
    expected: ExpectedVersion,
    response: Response,
) -> ImportAnswer:
    """Say what each column of the version that `If-Match` names is; then it has to be checked anew."""
    compare_by = [str(each) for each in body.compare_by]
    found = await importing.map_columns(
        work, import_id, fields=body.fields, dates=body.dates, compare_by=compare_by, expected=expected
    )
    return await _answered(work, found, response)


@router.post(
    "/imports/{import_id}/check",
    operation_id="imports_check",
    summary="Check an import",
    responses=TAGGED | refusals_of(errors.ImportBegun, *_OF_CHANGES),
)
async def check(
    import_id: ImportId, claims: Caller, keys: KeysOf, database: DatabaseOf, response: Response
) -> ImportAnswer:
    """Find out what would become of the next 500 rows; nothing is written. Repeat until it is `checked`.

    Each row is judged by all rules as if it were written. Once `checked`, a further one begins anew.
    """

    async def chunk(work: Work[WriteSession], *, is_first: bool) -> Found:
        return await importing.check_on(work, import_id, is_first=is_first)

    return await _by_chunks(claims, keys, database, response, chunk)


@router.post(
    "/imports/{import_id}/run",
    operation_id="imports_run",
    summary="Run an import",
    responses=TAGGED
    | refusals_of(errors.ImportBegun, errors.ImportNotChecked, errors.ImportRunning, *_OF_CHANGES, *BODY),
)
async def run(
    *,
    import_id: ImportId,
    body: Sent[RunRequest],
    claims: Caller,
    keys: KeysOf,
    database: DatabaseOf,
    response: Response,
) -> ImportAnswer:
    """Write the next 500 rows of an import that was checked. Repeat until it is `done`.

    However often it is cut or sent, no row is written twice: anybody who may can go on where it stands.
    """

    async def chunk(work: Work[WriteSession], *, is_first: bool) -> Found:
        return await importing.run_on(work, import_id, body.duplicates, is_first=is_first)

    return await _by_chunks(claims, keys, database, response, chunk)


@router.post(
    "/imports/{import_id}/undo",
    operation_id="imports_undo",
    summary="Undo an import",
    responses=TAGGED | refusals_of(errors.ImportNotDone, *_OF_CHANGES),
)
async def undo(
    import_id: ImportId, claims: Caller, keys: KeysOf, database: DatabaseOf, response: Response
) -> ImportAnswer:
    """Delete the next 500 records that an import has made. Repeat until it is `undone`.

    What somebody has changed since stays, and what other records belong to; the report says so. What was
    filled in stays, too.
    """

    async def chunk(work: Work[WriteSession], *, is_first: bool) -> Found:
        return await importing.undo_on(work, import_id, is_first=is_first)

    return await _by_chunks(claims, keys, database, response, chunk)


@router.post(
    "/imports/{import_id}/cancel",
    operation_id="imports_cancel",
    summary="Cancel an import",
    dependencies=[AT_A_DESK],
    responses=TAGGED | refusals_of(errors.ImportBegun, *_OF_CHANGES),
)
async def cancel(import_id: ImportId, work: Writing, response: Response) -> ImportAnswer:
    """Write no further row; what was written stays."""
    return await _answered(work, await importing.cancel(work, import_id), response)


@router.delete(
    "/imports/{import_id}",
    operation_id="imports_remove",
    summary="Remove an import",
    status_code=204,
    dependencies=[AT_A_DESK],
    responses=refusals_of(errors.ImportBegun, *_OF_CHANGES),
)
async def remove(import_id: ImportId, work: Writing) -> None:
    """Forget a file and its report, unless it is running; what was written of it stays."""
    await importing.remove(work, import_id)


@router.get(
    "/imports/{import_id}/rows",
    operation_id="imports_rows",
    summary="Read the report of an import",
    responses=refusals_of(*_OF_ONE),
)
async def list_rows(
    *,
    import_id: ImportId,
    work: Reading,
    fate: FateOf = None,
    page: Annotated[
        int, Query(ge=0, le=2**31 - 1, description="The `next_page` of the page before.", examples=[117])
    ] = 0,
    limit: Annotated[
        int, Query(ge=1, le=_MOST, description="The most rows in the page.", examples=[_USUAL])
    ] = _USUAL,
) -> RowPage:
    """Tell the fate of each row that was looked at, in the order of the file."""
    found = await importing.read(work, import_id)
    rows = await store.page(work.session, found, fate, page, limit + 1)
    shown = [RowAnswer.model_validate(each) for each in rows[:limit]]
    return RowPage(rows=shown, next_page=shown[-1].row if len(rows) > limit else None)


@router.get(
    "/imports/{import_id}/rows.csv",
    operation_id="imports_export",
    summary="Get the report as a table",
    response_class=StreamingResponse,
    responses={**_TABLE, **refusals_of(*_OF_ONE)},
)
async def export_rows(
    *, import_id: ImportId, claims: Caller, keys: KeysOf, database: DatabaseOf, fate: FateOf = None
) -> PatientResponse:
    """Get the report with what the file has; no spreadsheet takes anything of it for a formula."""

    async def page(after: int) -> tuple[Found, list[Any]]:
        async with database.reading(claims.account_id) as session:
            found = await importing.read(await admit(session, keys, claims), import_id)
            return found, await store.page(session, found, fate, after, report.AT_ONCE)

    found, first = await page(0)

    async def pages() -> AsyncIterator[list[Any]]:
        rows = first
        while rows:
            yield rows
            rows = (await page(rows[-1]["row"]))[1] if len(rows) == report.AT_ONCE else []

    return PatientResponse(
        report.lines(found.columns, pages()),
        media_type=_MEDIA_TYPE,
        headers={"Content-Disposition": 'attachment; filename="import.csv"', **UNBUFFERED},
    )


async def _by_chunks(
    claims: Any, keys: Any, database: Any, response: Response, chunk: Callable[..., Awaitable[Found]]
) -> ImportAnswer:
    """Do some chunks, each in a transaction of its own, and answer with how far it has come by that."""
    for turn in range(CHUNKS):
        async with database.writing(claims.account_id) as session:
            session.brings_history = True
            work = await admit(session, keys, claims)
            require_desk(work.who)
            found = await chunk(work, is_first=turn == 0)
            if turn + 1 == CHUNKS or found.state not in _GOING_ON:
                return await _answered(work, found, response)
    raise AssertionError("the last turn answers")


async def _answered(work: Work[Any], found: Found, response: Response) -> ImportAnswer:
    response.headers["ETag"] = etag(found.version)
    return await _told(work.session, found)


async def _told(session: Any, found: Found) -> ImportAnswer:
    rows = await store.sample(session, found.import_id, _SAMPLED)
    counts = dict.fromkeys(Fate, 0) | await store.counts(session, found)
    columns = [
        ColumnAnswer(
            name=name,
            field=field,
            samples=[cells[place] for cells in rows if cells[place]][:_SAMPLES],
        )
        for place, (name, field) in enumerate(zip(found.columns, found.fields, strict=True))
    ]
    return ImportAnswer(
        id=found.import_id,
        version=found.version,
        kind=found.kind,
        form=found.form,
        state=found.state,
        columns=columns,
        dates=found.dates,
        compare_by=found.compare_by,
        duplicates=found.duplicates,
        total=found.total,
        done=found.done,
        counts=CountsAnswer.model_validate(counts),
        made_at=found.made_at,
    )
