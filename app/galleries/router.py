"""`/v1/sessions/{session_id}/pictures`, their groups, and how they are shown."""

from collections.abc import Sequence
from typing import Annotated, ClassVar
from uuid import UUID

from fastapi import APIRouter, Path, Query

from app.accounts.errors import PermissionDenied
from app.accounts.guards import GUARDED, KeysOf, Reading, Writing
from app.core.errors import AppError
from app.core.keys import KeyRing
from app.galleries import errors, groups, pictures, store
from app.galleries.files import Place, Size
from app.galleries.kinds import MediaType
from app.galleries.links import link
from app.galleries.models import Picture, PictureGroup, PictureState, Rating
from app.galleries.pictures import Look
from app.galleries.schemas import (
    GROUP,
    PICTURE,
    ChangedAnswer,
    MembersRequest,
    PictureAnswer,
    PictureGroupAnswer,
    PictureGroupChange,
    PictureGroupList,
    PictureGroupRequest,
    PictureLinks,
    PicturePage,
    PicturesRequest,
    RatingRequest,
    ShowRequest,
    WatermarkAnswer,
    WatermarkRequest,
)
from app.galleries.store import BEFORE_ALL, Wanted
from app.galleries.upload_router import SessionId
from app.http.body import JsonRoute
from app.http.problems import BODY, refusals_of
from app.http.schemas import Sent


class PictureRoute(JsonRoute):
    """A route whose body has ids of pictures, in which nothing is looked for."""

    max_bytes: ClassVar[int] = 500_000


router = APIRouter(prefix="/v1", tags=["pictures"], route_class=PictureRoute)

GroupId = Annotated[UUID, Path(description="The id of a group of pictures.", examples=[GROUP])]
_MOST, _USUAL = 500, 100
_OF_SESSION: tuple[type[AppError], ...] = (
    PermissionDenied,
    errors.SessionNotFound,
    errors.GalleriesOff,
    *GUARDED,
)
_OF_GROUP: tuple[type[AppError], ...] = (
    PermissionDenied,
    errors.PictureGroupNotFound,
    errors.GalleriesOff,
    *GUARDED,
)


@router.get(
    "/sessions/{session_id}/pictures",
    operation_id="pictures_list",
    summary="List the pictures of a session",
    responses=refusals_of(errors.PictureGroupNotFound, *_OF_SESSION),
)
async def list_pictures(
    *,
    session_id: SessionId,
    work: Reading,
    keys: KeysOf,
    rating: Annotated[
        Rating | None, Query(description="Those rated so; none for all.", examples=["selected"])
    ] = None,
    state: Annotated[
        PictureState | None,
        Query(description="Those that have come so far; none for all.", examples=["ready"]),
    ] = None,
    is_online: Annotated[
        bool | None, Query(description="Those chosen for the gallery, or the others.", examples=[True])
    ] = None,
    group_id: Annotated[UUID | None, Query(description="Those of a group.", examples=[GROUP])] = None,
    page: Annotated[
        str | None,
        Query(
            pattern=r"^[0-9]{1,9}\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
            max_length=60,
            description="The `next_page` of the page before.",
            examples=[f"412.{PICTURE}"],
        ),
    ] = None,
    limit: Annotated[
        int, Query(ge=1, le=_MOST, description="The most pictures in the page.", examples=[_USUAL])
    ] = _USUAL,
) -> PicturePage:
    """List pictures in their order, with links to their files that are good for an hour or two."""
    wanted = Wanted(session_id, rating, state, is_online, group_id)
    found = await pictures.list_some(work, wanted, _opened(page), limit)
    return PicturePage(
        pictures=[shown(keys, picture, group_ids) for picture, group_ids in found.pictures],
        next_page=f"{found.end[0]}.{found.end[1]}" if found.end else None,
    )


def _opened(page: str | None) -> store.Place:
    if page is None:
        return BEFORE_ALL
    position, _, picture_id = page.partition(".")
    return int(position), UUID(picture_id)


def shown(keys: KeyRing, picture: Picture, group_ids: Sequence[UUID]) -> PictureAnswer:
    """Return a picture as it is told, with links to its files."""
    fields = {name: getattr(picture, name) for name in PictureAnswer.model_fields if hasattr(picture, name)}
    return PictureAnswer(
        **{**fields, "sha256": picture.sha256.hex(), "group_ids": group_ids, "links": links_of(keys, picture)}
    )


def links_of(keys: KeyRing, picture: Picture) -> PictureLinks:
    """Return links to the files a picture has."""
    place = Place(picture.account_id, picture.session_id, picture.id)
    is_ready = picture.state == PictureState.READY

    def to(size: Size) -> str:
        name = picture.name if size is Size.ORIGINAL else f"{picture.number}.jpg"
        media_type, as_of = MediaType(picture.media_type), picture.rendered_as_of
        return link(keys, place, size, media_type, name, rendered_as_of=as_of, is_for_desk=True)

    return PictureLinks(
        thumbnail=to(Size.THUMBNAIL) if is_ready else None,
        web=to(Size.WEB) if is_ready else None,
        original=to(Size.ORIGINAL),
    )


@router.post(
    "/sessions/{session_id}/pictures/rate",
    operation_id="pictures_rate",
    summary="Rate pictures",
    responses=refusals_of(errors.PictureNotFound, *_OF_SESSION, *BODY),
)
async def rate(session_id: SessionId, body: Sent[RatingRequest], work: Writing) -> ChangedAnswer:
    """Rate pictures of a session, all or none."""
    return ChangedAnswer(changed=await pictures.rate(work, session_id, body.picture_ids, body.rating))


@router.post(
    "/sessions/{session_id}/pictures/show",
    operation_id="pictures_show",
    summary="Choose pictures for the gallery",
    responses=refusals_of(errors.PictureNotFound, *_OF_SESSION, *BODY),
)
async def show(session_id: SessionId, body: Sent[ShowRequest], work: Writing) -> ChangedAnswer:
    """Choose pictures for the session's gallery, or leave them out, all or none.

    Where the gallery is open the client sees that at once, and links from the client's pages lead nowhere.
    """
    ids = body.picture_ids
    return ChangedAnswer(changed=await pictures.show(work, session_id, ids, is_online=body.is_online))


@router.post(
    "/sessions/{session_id}/pictures/delete",
    operation_id="pictures_delete",
    summary="Delete pictures",
    responses=refusals_of(errors.PictureNotFound, errors.PicturesHosted, *_OF_SESSION, *BODY),
)
async def delete(session_id: SessionId, body: Sent[PicturesRequest], work: Writing) -> ChangedAnswer:
    """Delete pictures with their files, all or none; what an open gallery shows is taken out of it first."""
    return ChangedAnswer(changed=await pictures.delete(work, session_id, body.picture_ids))


@router.get(
    "/sessions/{session_id}/picture-groups",
    operation_id="pictures_list_groups",
    summary="List groups of pictures",
    responses=refusals_of(*_OF_SESSION),
)
async def list_groups(session_id: SessionId, work: Reading) -> PictureGroupList:
    """List the groups of a session, also those its client has made."""
    return PictureGroupList(groups=[_group(*each) for each in await groups.of_session(work, session_id)])


@router.post(
    "/sessions/{session_id}/picture-groups",
    operation_id="pictures_make_group",
    summary="Make a group of pictures",
    status_code=201,
    responses=refusals_of(errors.PictureNotFound, errors.TooManyPictureGroups, *_OF_SESSION, *BODY),
)
async def make_group(
    session_id: SessionId, body: Sent[PictureGroupRequest], work: Writing
) -> PictureGroupAnswer:
    """Make a group, of some pictures of the session or none."""
    return _group(*await groups.make(work, session_id, body.name, body.picture_ids))


@router.patch(
    "/picture-groups/{group_id}",
    operation_id="pictures_change_group",
    summary="Change a group of pictures",
    responses=refusals_of(*_OF_GROUP, *BODY),
)
async def change_group(
    group_id: GroupId, body: Sent[PictureGroupChange], work: Writing
) -> PictureGroupAnswer:
    """Rename a group, or say whether the client sees it."""
    return _group(*await groups.change(work, group_id, body.name, body.is_online))


@router.post(
    "/picture-groups/{group_id}/pictures",
    operation_id="pictures_change_members",
    summary="Put pictures into a group",
    responses=refusals_of(errors.PictureNotFound, *_OF_GROUP, *BODY),
)
async def change_members(group_id: GroupId, body: Sent[MembersRequest], work: Writing) -> PictureGroupAnswer:
    """Put pictures of the same session into a group, and take others out."""
    return _group(*await groups.change_members(work, group_id, body.add, body.remove))


@router.delete(
    "/picture-groups/{group_id}",
    operation_id="pictures_remove_group",
    summary="Remove a group of pictures",
    status_code=204,
    responses=refusals_of(*_OF_GROUP),
)
async def remove_group(group_id: GroupId, work: Writing) -> None:
    """Remove a group; its pictures stay."""
    await groups.remove(work, group_id)


def _group(found: PictureGroup, many: int) -> PictureGroupAnswer:
    fields = {name: getattr(found, name) for name in PictureGroup.model_fields if name != "account_id"}
    return PictureGroupAnswer(**fields, pictures=many)


@router.get(
    "/picture-settings",
    operation_id="pictures_read_settings",
    summary="Read how pictures are shown",
    responses=refusals_of(PermissionDenied, errors.GalleriesOff, *GUARDED),
)
async def read_settings(work: Reading) -> WatermarkAnswer:
    """Tell which text stands on pictures, if one does, and how many are still shown as it was before."""
    return _told(await pictures.read_settings(work))


@router.put(
    "/picture-settings",
    operation_id="pictures_change_settings",
    summary="Change how pictures are shown",
    responses=refusals_of(PermissionDenied, errors.GalleriesOff, *GUARDED, *BODY),
)
async def change_settings(body: Sent[WatermarkRequest], work: Writing) -> WatermarkAnswer:
    """Have pictures bear a text in smaller sizes, or none; originals never do.

    Those there are get it one after the other, and other links with it.
    """
    return _told(await pictures.set_watermark(work, body.watermark))


def _told(look: Look) -> WatermarkAnswer:
    return WatermarkAnswer(watermark=look.watermark, outdated=look.outdated)
