"""`/v1/letter-files`: files that go with letters."""

import asyncio
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response

from app.accounts.errors import PermissionDenied
from app.accounts.features import require
from app.accounts.guards import GUARDED, Caller, KeysOf, reading_of, writing_of
from app.accounts.standing import Work, admit
from app.core.db import Session, WriteSession
from app.core.principal import Level
from app.http.body import JsonRoute
from app.http.errors import BodyTimeout, CardNumberRefused, TooLarge, UnsupportedMediaType
from app.http.etags import made_at
from app.http.files import Intake, received
from app.http.limits import Limit
from app.http.problems import refusals_of
from app.http.unit_of_work import DatabaseOf
from app.outbox.errors import (
    LetterFileInUse,
    LetterFileNotFound,
    LetterFileRefused,
    LetterFilesFull,
    LetterFileTooLarge,
)
from app.outbox.files import keeping, store
from app.outbox.files.kinds import KINDS
from app.outbox.files.schemas import LetterFileAnswer, LetterFilesAnswer
from app.outbox.rights import OUTBOX

router = APIRouter(prefix="/v1/letter-files", tags=["outbox"], route_class=JsonRoute)

UPLOADS = Limit("letter files", 60)
"""Files of one sign-in in a minute."""
SECONDS = 60
"""Within which a file must have arrived."""
_intake = Intake(8)
_ID = "5d2f4f0e-4b7e-4f43-9d0f-0c7b7f5b2a11"
_LONGEST_SENT = 255
_BYTES = {"type": "string", "format": "binary", "examples": ["%PDF-1.7 and all that follows"]}
_SENT: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The file itself, as it is.",
        "content": {each: {"schema": _BYTES} for each in KINDS},
    }
}
_FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file.",
        "content": {each: {"schema": {"type": "string", "format": "binary"}} for each in KINDS},
    }
}
FileId = Annotated[UUID, Path(description="A file.", examples=[_ID])]
NameOf = Annotated[
    str,
    Query(
        min_length=1,
        max_length=_LONGEST_SENT,
        description="What the file is called: its ending says what it is.",
        examples=["price-list.pdf"],
    ),
]
Viewing = Annotated[Work[Session], reading_of(OUTBOX, Level.VIEW_ONLY)]
Deleting = Annotated[Work[WriteSession], writing_of(OUTBOX, Level.ADD_MODIFY_DELETE)]


class FileResponse(Response):
    """The bytes of a file, as they are."""

    media_type = None


@router.get(
    "",
    operation_id="outbox_list_files",
    summary="List files of letters",
    responses=refusals_of(PermissionDenied, *GUARDED),
)
async def list_files(work: Viewing) -> LetterFilesAnswer:
    """List all files letters may have with them, the newest first."""
    files = [LetterFileAnswer.model_validate(dict(each)) for each in await store.listed(work.session)]
    size = sum(each.size for each in files)
    return LetterFilesAnswer(files=files, size=size, max_size=keeping.MOST_BYTES_IN_ALL)


@router.post(
    "",
    operation_id="outbox_add_file",
    summary="Send a file for letters",
    status_code=201,
    openapi_extra=_SENT,
    responses=made_at("file", f"/v1/letter-files/{_ID}")
    | refusals_of(
        LetterFileRefused,
        LetterFileTooLarge,
        LetterFilesFull,
        BodyTimeout,
        UnsupportedMediaType,
        CardNumberRefused,
        PermissionDenied,
        *GUARDED,
    ),
)
async def add(
    *,
    request: Request,
    response: Response,
    claims: Caller,
    keys: KeysOf,
    database: DatabaseOf,
    name: NameOf,
) -> LetterFileAnswer:
    """Send a file as the body: a document, a picture or a text, of 3 MB at most.

    What it is is told by the ending of its name and by how it begins.
    """
    request.app.state.limits.count(UPLOADS, str(claims.sign_in_id))
    async with database.reading(claims.account_id) as session:
        require((await admit(session, keys, claims)).who, OUTBOX, Level.ADD_ONLY)
    with _intake.let_in(claims.account_id):
        try:
            content = await received(request, keeping.MOST_BYTES, SECONDS)
        except TooLarge:
            raise LetterFileTooLarge(max_bytes=keeping.MOST_BYTES) from None
        said = request.headers.get("content-type", "")
        new = await asyncio.to_thread(keeping.judged, name, said, content)
        async with database.writing(claims.account_id) as session:
            work = await admit(session, keys, claims)
            require(work.who, OUTBOX, Level.ADD_ONLY)
            answer = LetterFileAnswer.model_validate(await keeping.add(work, new))
    response.headers["Location"] = f"/v1/letter-files/{answer.id}"
    return answer


@router.get(
    "/{file_id}",
    operation_id="outbox_read_file",
    summary="Read a file of letters",
    response_class=FileResponse,
    responses={**refusals_of(LetterFileNotFound, PermissionDenied, *GUARDED), **_FILE},
)
async def read(file_id: FileId, work: Viewing) -> Response:
    """Read a file as it was sent."""
    row = await keeping.read(work, file_id)
    headers = {
        "Content-Type": row.media_type,
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(row.name, safe='')}",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    return FileResponse(row.content, headers=headers)


@router.delete(
    "/{file_id}",
    operation_id="outbox_remove_file",
    summary="Remove a file of letters",
    status_code=204,
    responses=refusals_of(LetterFileNotFound, LetterFileInUse, PermissionDenied, *GUARDED),
)
async def remove(file_id: FileId, work: Deleting) -> None:
    """Remove a file that no template names, and no letter that is still to be sent."""
    await keeping.remove(work, file_id)
