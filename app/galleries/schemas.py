"""Pictures as they go over the wire."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from app.galleries import limits
from app.galleries.models import PictureState, Rating
from app.galleries.upload_models import UploadState
from app.http.schemas import Answer, Wire

PICTURE = "6b1f0c54-3c1e-4e8e-9d55-6f3c1a600001"
GROUP = "6b1f0c54-3c1e-4e8e-9d55-6f3c1a600002"
SESSION = "0b0f2f0a-6f0e-4a55-9a59-5f6f3c1a5001"
_INSTANT = "2026-06-27T14:03:00Z"
_LINK = "/v1/picture-files/nT0Zk3Vq"
_Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$"),
]
_Watermark = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60, pattern=r"^[\x20-\x7e\xa9]+$")
]
_Ids = Annotated[list[UUID], Field(min_length=1, max_length=limits.MAX_IDS)]
_AnyIds = Annotated[list[UUID], Field(max_length=limits.MAX_IDS)]


class PictureLinks(Answer):
    """Where the files of a picture are, for an hour or two; a path of this server each."""

    thumbnail: str | None = Field(
        description="At most 400 pixels wide and high; none until it is made.", examples=[_LINK]
    )
    web: str | None = Field(
        description="At most 2,048 pixels wide and high; none until it is made.", examples=[_LINK]
    )
    original: str = Field(description="The file as it was sent.", examples=[_LINK])


class PictureAnswer(Answer):
    """A picture of a session."""

    id: UUID = Field(description="Its id, also that of its upload.", examples=[PICTURE])
    name: str = Field(description="What its file is called.", examples=["IMG_0412.jpg"])
    number: str = Field(description="What orders and the yearbook call it.", examples=["IMG_0412"])
    position: int = Field(description="Its place among the pictures of the session.", examples=[412])
    rating: Rating = Field(description="What the studio thinks of it.", examples=["selected"])
    is_online: bool = Field(description="Whether it is chosen for the session's gallery.", examples=[True])
    state: PictureState = Field(description="How far it is from being shown.", examples=["ready"])
    reason: str | None = Field(
        description="Why it cannot be shown: `not_a_picture`, `damaged`, `too_many_pixels`, `too_costly` or"
        " `lost`.",
        examples=[None],
    )
    media_type: str = Field(description="What the original is.", examples=["image/jpeg"])
    size_bytes: int = Field(description="Bytes of the original.", examples=[6_204_113])
    width: int | None = Field(description="Pixels, as it is looked at.", examples=[6000])
    height: int | None = Field(description="Pixels, as it is looked at.", examples=[4000])
    sha256: str = Field(
        description="SHA-256 of the original, in hex.",
        examples=["e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
    )
    uploaded_at: datetime = Field(description="When it had arrived.", examples=[_INSTANT])
    group_ids: list[UUID] = Field(description="The groups it is in.", examples=[[GROUP]])
    links: PictureLinks = Field(description="Where its files are.")


class PicturePage(Answer):
    """Some pictures of a session, in their order."""

    pictures: list[PictureAnswer] = Field(description="The pictures.")
    next_page: str | None = Field(
        description="What to send as `page` for those behind; none at the end.", examples=[f"412.{PICTURE}"]
    )


class UploadAnswer(Answer):
    """A file on its way, or one that was refused."""

    id: UUID = Field(description="Its id, that of the picture it becomes.", examples=[PICTURE])
    session_id: UUID = Field(description="The session it is sent to.", examples=[SESSION])
    name: str = Field(description="What it is called.", examples=["IMG_0412.jpg"])
    size_bytes: int = Field(description="How many bytes it has.", examples=[6_204_113])
    received: int = Field(description="How many of them have arrived.", examples=[4_194_304])
    state: UploadState = Field(description="Whether it is on its way.", examples=["receiving"])
    reason: str | None = Field(
        description="Why it was refused: `not_a_picture`, `name_taken`, `too_many_parts`, `lost`.",
        examples=[None],
    )
    expires_at: datetime = Field(description="When it is forgotten, as it stands.", examples=[_INSTANT])


class UploadList(Answer):
    """How far the pictures of a session have come, and the files on their way to it."""

    receiving: int = Field(description="Files on their way.", examples=[3])
    waiting: int = Field(description="Pictures whose smaller sizes are still to be made.", examples=[12])
    ready: int = Field(description="Pictures that can be shown.", examples=[385])
    refused: int = Field(description="Files and pictures that cannot.", examples=[0])
    uploads: list[UploadAnswer] = Field(
        description="Those that were refused, and those on their way; of many the first 500."
    )


class RatingRequest(Wire):
    """Pictures, and what is thought of them."""

    picture_ids: _Ids = Field(description="The pictures.", examples=[[PICTURE]])
    rating: Rating = Field(description="What is thought of them.", examples=["selected"])


class ShowRequest(Wire):
    """Pictures, and whether they are chosen for the gallery."""

    picture_ids: _Ids = Field(description="The pictures.", examples=[[PICTURE]])
    is_online: bool = Field(description="Whether they are chosen.", examples=[True])


class PicturesRequest(Wire):
    """Pictures something is done to."""

    picture_ids: _Ids = Field(description="The pictures.", examples=[[PICTURE]])


class ChangedAnswer(Answer):
    """How many pictures are otherwise than before."""

    changed: int = Field(description="How many.", examples=[1])


class PictureGroupRequest(Wire):
    """A group to be made."""

    name: _Name = Field(description="What it is called.", examples=["Ceremony"])
    picture_ids: _AnyIds = Field(
        default_factory=list, description="The pictures it begins with.", examples=[[PICTURE]]
    )


class PictureGroupChange(Wire):
    """What is to be otherwise of a group; what is none stays."""

    name: _Name | None = Field(None, description="What it is called.", examples=["Ceremony"])
    is_online: bool | None = Field(None, description="Whether the client sees it.", examples=[True])


class MembersRequest(Wire):
    """Pictures to be put into a group, and to be taken out of it."""

    add: _AnyIds = Field(default_factory=list, description="To be put in.", examples=[[PICTURE]])
    remove: _AnyIds = Field(default_factory=list, description="To be taken out.", examples=[[]])


class PictureGroupAnswer(Answer):
    """A group of pictures."""

    id: UUID = Field(description="Its id.", examples=[GROUP])
    session_id: UUID = Field(description="The session of its pictures.", examples=[SESSION])
    name: str = Field(description="What it is called.", examples=["Ceremony"])
    is_online: bool = Field(description="Whether the client sees it.", examples=[False])
    is_made_by_client: bool = Field(description="Whether the client has made it.", examples=[False])
    made_at: datetime = Field(description="When it was made.", examples=[_INSTANT])
    pictures: int = Field(description="How many pictures it has.", examples=[24])


class PictureGroupList(Answer):
    """The groups of a session."""

    groups: list[PictureGroupAnswer] = Field(description="The groups, the oldest first.")


class WatermarkRequest(Wire):
    """What is to stand on pictures."""

    watermark: _Watermark | None = Field(
        description="A text of plain letters and ©, or none.", examples=["© Harbor Light Portraits"]
    )


class WatermarkAnswer(Answer):
    """What stands on pictures."""

    watermark: str | None = Field(description="The text; none where there is none.", examples=[None])
    outdated: int = Field(
        description="Pictures that are still shown as it was before; they are being made anew.", examples=[0]
    )
