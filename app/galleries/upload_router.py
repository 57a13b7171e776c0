"""`/v1/sessions/{session_id}/pictures` as files are sent to it, and `/v1/uploads/{upload_id}`: tus 1.0.0."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Path, Request, Response

from app.accounts.errors import PermissionDenied
from app.accounts.guards import GUARDED, Caller, KeysOf, Reading, Writing
from app.accounts.standing import admit
from app.core.errors import AppError
from app.galleries import errors, limits, tus, uploads
from app.galleries.files import FilesOf
from app.galleries.models import PictureState
from app.galleries.receiving import Receiving, let_in
from app.galleries.schemas import PICTURE, SESSION, UploadAnswer, UploadList
from app.galleries.tus import RESUMABLE, Checksum, TusRoute
from app.galleries.upload_models import PictureUpload, UploadState
from app.galleries.uploads import Sent
from app.http.errors import BodyTimeout
from app.http.problems import refusals_of
from app.http.unit_of_work import DatabaseOf

router = APIRouter(prefix="/v1", tags=["pictures"], route_class=TusRoute)

SessionId = Annotated[UUID, Path(description="The id of a session.", examples=[SESSION])]
UploadId = Annotated[UUID, Path(description="The id of an upload.", examples=[PICTURE])]
Version = Annotated[
    str | None,
    Header(
        alias="Tus-Resumable",
        max_length=20,
        description="The version of the protocol: `1.0.0`.",
        examples=[tus.VERSION],
    ),
]
_LISTED = 500
_OF_SESSION: tuple[type[AppError], ...] = (
    PermissionDenied,
    errors.SessionNotFound,
    errors.GalleriesOff,
    *GUARDED,
)
_OF_UPLOAD: tuple[type[AppError], ...] = (
    PermissionDenied,
    errors.UploadNotFound,
    errors.GalleriesOff,
    *GUARDED,
)


def _told(**headers: tuple[str, str]) -> dict[str, Any]:
    """Describe headers of an answer, by their names with dashes: a sentence and an example each."""
    named = {"Tus-Resumable": ("The version of the protocol.", tus.VERSION)}
    named |= {name.replace("_", "-"): told for name, told in headers.items()}
    return {
        "headers": {
            name: {"description": sentence, "schema": {"type": "string", "examples": [example]}}
            for name, (sentence, example) in named.items()
        }
    }


_OFFSET = ("How many bytes have arrived.", "4194304")
_EXPIRES = ("When it is forgotten unless more arrives.", "Sat, 04 Jul 2026 14:03:00 GMT")
_MADE: dict[int | str, dict[str, Any]] = {
    201: _told(Location=("Where the file is sent to.", f"/v1/uploads/{PICTURE}"), Upload_Expires=_EXPIRES)
}
_MOVED: dict[int | str, dict[str, Any]] = {204: _told(Upload_Offset=_OFFSET, Upload_Expires=_EXPIRES)}
_STANDS: dict[int | str, dict[str, Any]] = {
    200: _told(
        Upload_Offset=_OFFSET,
        Upload_Length=("How many bytes it has.", "6204113"),
        Upload_Expires=_EXPIRES,
    )
}
_SPOKEN: dict[int | str, dict[str, Any]] = {
    204: _told(
        Tus_Version=("The versions that are spoken.", tus.VERSION),
        Tus_Extension=("What is done beside the core.", tus.EXTENSIONS),
        Tus_Max_Size=("Bytes of a file at most.", str(limits.MAX_BYTES)),
        Tus_Checksum_Algorithm=("By what a piece may be checked.", tus.ALGORITHMS),
    )
}
_ENDED: dict[int | str, dict[str, Any]] = {204: _told()}
_PIECE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The bytes of the file from `Upload-Offset` on, as many as may come.",
        "content": {
            tus.MEDIA_TYPE: {
                "schema": {"type": "string", "format": "binary", "examples": ["bytes of a picture"]}
            }
        },
    }
}


@router.options(
    "/sessions/{session_id}/pictures",
    operation_id="pictures_upload_options",
    summary="Ask how files are sent",
    status_code=204,
    responses=_SPOKEN | refusals_of(*_OF_SESSION),
)
async def options(session_id: SessionId, work: Reading, response: Response) -> None:
    """Tell in headers which version of tus is spoken, with which extensions, and how large a file may be."""
    await uploads.require_seen(work, session_id)
    response.headers["Tus-Version"] = tus.VERSION
    response.headers["Tus-Extension"] = tus.EXTENSIONS
    response.headers["Tus-Max-Size"] = str(limits.MAX_BYTES)
    response.headers["Tus-Checksum-Algorithm"] = tus.ALGORITHMS


@router.post(
    "/sessions/{session_id}/pictures",
    operation_id="pictures_begin_upload",
    summary="Begin to send a picture",
    status_code=201,
    response_class=Response,
    responses=_MADE
    | refusals_of(
        errors.PictureNameRefused,
        errors.PictureTooLarge,
        errors.NotAPicture,
        errors.UploadInvalid,
        errors.TooManyUploads,
        errors.TooManyPictures,
        errors.PictureQuotaExceeded,
        errors.TusVersionUnsupported,
        *_OF_SESSION,
    ),
)
async def begin(
    *,
    session_id: SessionId,
    request: Request,
    response: Response,
    work: Writing,
    version: Version = None,
    length: Annotated[
        str | None,
        Header(
            alias="Upload-Length",
            max_length=20,
            description="How many bytes the file has.",
            examples=["6204113"],
        ),
    ] = None,
    metadata: Annotated[
        str | None,
        Header(
            alias="Upload-Metadata",
            max_length=4_000,
            description="Words about the file, each with its text in Base64; `filename` is needed.",
            examples=["filename SU1HXzA0MTIuanBn"],
        ),
    ] = None,
) -> None:
    """Make room for a file, by tus: its name and size are looked at before a byte of it comes.

    The file is then sent to `Location`. Each file is taken or refused by itself.
    """
    # Who may not see the session is told that first, whatever they send.
    await uploads.require_seen(work, session_id)
    tus.require_version(version)
    sent = Sent(tus.filename(metadata), tus.number(length, "Upload-Length"), metadata or "")
    quota = request.app.state.picture_bytes_per_account
    made = await uploads.begin(work, session_id, sent, quota)
    response.headers["Location"] = f"/v1/uploads/{made.id}"
    response.headers["Upload-Expires"] = tus.moment(made.expires_at)


@router.get(
    "/sessions/{session_id}/pictures/progress",
    operation_id="pictures_progress",
    summary="See how far pictures have come",
    responses=refusals_of(*_OF_SESSION),
)
async def progress(session_id: SessionId, work: Reading) -> UploadList:
    """Count a session's pictures by how far they have come, and list what is on its way or was refused."""
    pictures, coming, found = await uploads.of_session(work, session_id, _LISTED)
    return UploadList(
        receiving=coming.get(UploadState.RECEIVING, 0),
        waiting=pictures.get(PictureState.WAITING, 0),
        ready=pictures.get(PictureState.READY, 0),
        refused=coming.get(UploadState.REFUSED, 0) + pictures.get(PictureState.REFUSED, 0),
        uploads=[UploadAnswer.model_validate(each) for each in found],
    )


@router.head("/uploads/{upload_id}", include_in_schema=False)
@router.get(
    "/uploads/{upload_id}",
    operation_id="pictures_read_upload",
    summary="See how far an upload has come",
    responses=_STANDS | refusals_of(*_OF_UPLOAD),
)
async def read(upload_id: UploadId, work: Reading, response: Response) -> UploadAnswer:
    """Tell how much of a file has arrived; `HEAD` tells the same in headers, as tus has it.

    A file that has arrived whole is a picture: that all of it is here is told as long as it is there.
    """
    told = await uploads.stands(work, upload_id)
    _describe(response, told)
    return UploadAnswer.model_validate(told)


def _describe(response: Response, told: PictureUpload) -> None:
    response.headers["Upload-Offset"] = str(told.received)
    response.headers["Upload-Length"] = str(told.size_bytes)
    response.headers["Upload-Expires"] = tus.moment(told.expires_at)
    if told.metadata_text:
        response.headers["Upload-Metadata"] = told.metadata_text


@router.patch(
    "/uploads/{upload_id}",
    operation_id="pictures_send_piece",
    summary="Send a piece of a picture",
    status_code=204,
    openapi_extra=_PIECE,
    responses=_MOVED
    | refusals_of(
        errors.UploadOffsetDiffers,
        errors.UploadRefused,
        errors.NotAPicture,
        errors.UploadTooLong,
        errors.UploadTypeUnsupported,
        errors.UploadInvalid,
        errors.ChecksumDiffers,
        errors.ChecksumUnsupported,
        errors.TusVersionUnsupported,
        BodyTimeout,
        *_OF_UPLOAD,
    ),
)
async def send(
    *,
    upload_id: UploadId,
    request: Request,
    claims: Caller,
    keys: KeysOf,
    database: DatabaseOf,
    files: FilesOf,
    version: Version = None,
    offset: Annotated[
        str | None,
        Header(
            alias="Upload-Offset",
            max_length=20,
            description="Where the piece begins: how many bytes have arrived.",
            examples=["0"],
        ),
    ] = None,
    checksum: Annotated[
        str | None,
        Header(
            alias="Upload-Checksum",
            max_length=200,
            description="An algorithm, and what the piece has to be by it, in Base64.",
            examples=["sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0="],
        ),
    ] = None,
) -> Response:
    """Send the next bytes of a file; the last ones make a picture of it.

    What has arrived when the connection breaks is kept, and gone on with. A piece with a checksum is kept
    whole or not at all.
    """
    async with database.reading(claims.account_id) as session:
        work = await admit(session, keys, claims)
        found = await uploads.stands(work, upload_id)
    tus.require_version(version)
    tus.require_type(request)
    begin_at, expected = tus.number(offset, "Upload-Offset"), Checksum.of(checksum)
    async with let_in(claims.account_id):
        receiving = Receiving(database, files, found, expected)
        reached = await receiving.receive(request, begin_at)
        if reached == found.size_bytes:
            await uploads.finished(database, files, found)
    headers = {"Upload-Offset": str(reached), "Upload-Expires": tus.moment(receiving.until)}
    return Response(status_code=204, headers={**headers, **RESUMABLE})


@router.delete(
    "/uploads/{upload_id}",
    operation_id="pictures_end_upload",
    summary="Give an upload up",
    status_code=204,
    responses=_ENDED | refusals_of(errors.TusVersionUnsupported, *_OF_UPLOAD),
)
async def end(upload_id: UploadId, work: Writing, version: Version = None) -> None:
    """Forget a file that is on its way, or one that was refused."""
    found = await uploads.find(work, upload_id)
    tus.require_version(version)
    await uploads.end(work.session, found)
