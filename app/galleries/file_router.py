"""`/v1/picture-files/{link}`: the files of pictures, for whoever has a link."""

import re
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Header, Path, Request, Response

from app.accounts.guards import KeysOf
from app.core import clock
from app.galleries import links
from app.galleries.errors import NoSuchRange
from app.galleries.files import FileGone, Files, FilesOf, Kept, Size
from app.galleries.kinds import MediaType
from app.galleries.limits import MISSES
from app.galleries.links import Link
from app.galleries.looking import is_shown
from app.http.errors import NotFound
from app.http.networks import address_of, counted_as
from app.http.problems import refusals_of
from app.http.streams import PatientResponse
from app.http.unit_of_work import DatabaseOf

router = APIRouter(prefix="/v1", tags=["pictures"])

_RANGE = re.compile(r"bytes=([0-9]{0,15})-([0-9]{0,15})")
_BYTES = {each.value: {"schema": {"type": "string", "format": "binary"}} for each in MediaType}
_TAG = {"description": "The file's version.", "schema": {"type": "string", "examples": ['"5d41402abc4b"']}}
_FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file.", "content": _BYTES, "headers": {"ETag": _TAG}},
    206: {"description": "The part of the file that was asked for.", "content": _BYTES},
    304: {"description": "The copy at hand is the file."},
}


class FileStream(PatientResponse):
    """The bytes of a file, as they are."""

    media_type = None


@router.head("/picture-files/{link}", include_in_schema=False)
@router.get(
    "/picture-files/{link}",
    operation_id="pictures_read_file",
    summary="Read a file of a picture",
    response_class=FileStream,
    responses={**refusals_of(NotFound, NoSuchRange), **_FILE},
)
async def read_file(
    *,
    link: Annotated[
        str,
        Path(description="The last part of a link.", examples=["nT0Zk3Vq"], max_length=links.LONGEST),
    ],
    request: Request,
    keys: KeysOf,
    files: FilesOf,
    database: DatabaseOf,
    wanted: Annotated[
        str | None,
        Header(
            alias="Range",
            max_length=200,
            description="A part of the file, in bytes.",
            examples=["bytes=0-1023"],
        ),
    ] = None,
    if_range: Annotated[
        str | None,
        Header(
            max_length=200,
            description="The `ETag` the part has to be of; otherwise the whole file comes.",
            examples=['"5d41402abc4b"'],
        ),
    ] = None,
    if_none_match: Annotated[
        str | None,
        Header(
            max_length=1_000,
            description="The `ETag` of the copy that is at hand.",
            examples=['"5d41402abc4b"'],
        ),
    ] = None,
) -> Response:
    """Read a file by a link of a list of pictures, without signing in.

    A link is good for an hour or two, and the same for all who ask within the hour: browsers keep what it
    leads to as long as it lasts. One that has ended is answered as one that never was, and so is one of a
    client's page once the gallery does not show the picture any more.
    """
    limits, network = request.app.state.limits, counted_as(address_of(request.scope))
    limits.require_room(MISSES, network)
    found = links.opened(keys, link)
    if found is None:
        limits.count(MISSES, network)
        raise NotFound
    if found.until <= clock.now():
        # Nobody has guessed it: a page that was left open asks for sixty of them.
        raise NotFound
    if not found.is_for_desk and not await is_shown(database, found.place):
        raise NotFound
    try:
        kept = await files.find(found.place, found.size)
    except FileGone:
        raise NotFound from None
    tag = f'"{kept.tag}"'
    headers = _headers(found, tag)
    if tag in {each.strip().removeprefix("W/") for each in (if_none_match or "").split(",")}:
        return Response(status_code=304, headers=headers)
    part = _part(wanted, kept.size_bytes) if if_range in (None, tag) else None
    if part is not None and part[0] >= part[1]:
        raise NoSuchRange(headers={"Content-Range": f"bytes */{kept.size_bytes}"})
    return _answer(files, found, kept, part, headers, is_head=request.method == "HEAD")


def _headers(found: Link, tag: str) -> dict[str, str]:
    left = max(0, int((found.until - clock.now()).total_seconds()))
    shown = "attachment" if found.size is Size.ORIGINAL else "inline"
    return {
        "ETag": tag,
        "Cache-Control": f"private, max-age={left}, immutable",
        "Accept-Ranges": "bytes",
        "Content-Disposition": f"{shown}; filename*=UTF-8''{quote(found.name, safe='')}",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }


def _answer(
    files: Files,
    found: Link,
    kept: Kept,
    part: tuple[int, int] | None,
    headers: dict[str, str],
    *,
    is_head: bool,
) -> Response:
    begin, end = part or (0, kept.size_bytes)
    headers = {**headers, "Content-Length": str(end - begin), "Content-Type": found.media_type.value}
    if part:
        headers["Content-Range"] = f"bytes {begin}-{end - 1}/{kept.size_bytes}"
    status = 206 if part else 200
    if is_head:
        return Response(status_code=status, headers=headers)
    content = files.read(found.place, found.size, begin, end)
    return FileStream(content, status_code=status, headers=headers)


def _part(wanted: str | None, size_bytes: int) -> tuple[int, int] | None:
    """Return the first byte of a part and the one behind it, the same where it is empty; none for all.

    Several parts at once, and whatever else is not understood, are the whole file.
    """
    asked = _RANGE.fullmatch((wanted or "").replace(" ", ""))
    if asked is None or not any(asked.groups()):
        return None
    first, last = asked.groups()
    if not first:
        begin, end = max(0, size_bytes - int(last)), size_bytes
    else:
        begin, end = int(first), min(size_bytes, int(last) + 1 if last else size_bytes)
        if last and int(last) < begin:
            return None
    return begin, max(begin, end)
