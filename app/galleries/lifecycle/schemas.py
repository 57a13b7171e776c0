"""What galleries say and hear over the wire."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, PlainSerializer, field_validator
from pydantic_core import PydanticCustomError

from app.galleries.lifecycle.standing import Hidden
from app.http.schemas import Answer, Wire
from app.studio.sessions import GalleryState
from app.sync.schemas import Outcome

MOST = 500
_SOME_ID = "3c8e2b1a-2f39-4b0e-8c5d-6f3c1a500001"
_Day = Annotated[date, PlainSerializer(str, return_type=date)]


class GalleryAnswer(Answer):
    """The gallery of a session."""

    session_id: UUID = Field(description="The session.", examples=[_SOME_ID])
    gallery_state: GalleryState = Field(description="Where it stands.", examples=["online"])
    web_expire_date: date | None = Field(description="The day it expires.", examples=["2026-08-01"])
    address: str | None = Field(
        description="What leads the client to it, and nobody can guess; none while it is not online.",
        examples=["qN5b0m1cJx0tq9mXc2hL4yUe7fKzR8wa"],
    )
    published_at: datetime | None = Field(
        description="When it last went online.", examples=["2026-06-27T14:03:00Z"]
    )
    published_by: UUID | None = Field(description="The user who published it.", examples=[_SOME_ID])
    taken_down_at: datetime | None = Field(description="When it was taken down since.", examples=[None])
    images: int = Field(description="Pictures that could be shown.", examples=[64])
    images_chosen: int = Field(description="Those of them that are chosen to be.", examples=[48])
    is_visible: bool = Field(description="The client sees it.", examples=[True])
    hidden_because: list[Hidden] = Field(description="Why not, where the client does not.", examples=[[]])


class TakeDownEntry(Wire):
    """A session whose gallery is to be taken down."""

    id: UUID = Field(description="The session.", examples=[_SOME_ID])
    revision: int | None = Field(
        None,
        ge=1,
        le=2**53 - 1,
        description="The `revision` that was shown: if it is another by now, the gallery stays.",
        examples=[17],
    )


class TakeDownRequest(Wire):
    """Galleries that are to be taken down."""

    sessions: list[TakeDownEntry] = Field(
        min_length=1, max_length=MOST, description="The sessions, each once."
    )

    @field_validator("sessions")
    @classmethod
    def _each_once(cls, sessions: list[TakeDownEntry]) -> list[TakeDownEntry]:
        if len({each.id for each in sessions}) < len(sessions):
            raise PydanticCustomError("given_twice", "A session is named twice.")
        return sessions


class TakeDownAnswer(Answer):
    """What became of one gallery."""

    id: UUID = Field(description="The session.", examples=[_SOME_ID])
    outcome: Outcome = Field(description="What became of it, as in a verdict.", examples=["applied"])
    code: str | None = Field(description="Why it is not as asked; none when it is.", examples=[None])
    message: str | None = Field(description="The same in a sentence.", examples=[None])
    gallery_state: GalleryState | None = Field(
        description="Where it stands now; none where the session may not be seen.", examples=["taken_down"]
    )


class TakenDownAnswer(Answer):
    """What became of each gallery."""

    sessions: list[TakeDownAnswer] = Field(description="One answer for each, in the order they were asked.")
