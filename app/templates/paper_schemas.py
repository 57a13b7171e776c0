"""Letters on paper as they go over the wire."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.http.schemas import Answer, Wire
from app.templates.models import PaperState
from app.templates.paper import MOST

_ID = "5f0d9c1e-6a4b-4d1e-8f6b-2f9d0c7b7a31"
_AT = "2026-05-04T15:40:00Z"


class PaperLetterTold(Answer):
    """A letter on paper without what it says."""

    id: UUID = Field(validation_alias="paper_id", description="Its id.", examples=[_ID])
    client_id: UUID = Field(description="The client it is to.", examples=[_ID])
    title: str = Field(description="What lists call it.", examples=["Your images are ready"])
    state: PaperState = Field(description="Whether it was printed.", examples=["to_print"])
    made_at: datetime = Field(description="When it was made.", examples=[_AT])
    printed_at: datetime | None = Field(description="When it was printed.", examples=[None])
    printed_by: UUID | None = Field(description="Who said so.", examples=[None])


class PaperLetterAnswer(PaperLetterTold):
    """A letter on paper."""

    html: str = Field(
        description="What it says: a piece of a page, cleaned; to be printed from a page of its own that"
        " runs nothing and loads nothing but images.",
        examples=["<p>Dear Laura,</p>"],
    )


class PaperLetterPage(Answer):
    """Some letters on paper, in the order of their age."""

    letters: list[PaperLetterTold] = Field(description="The letters whose clients the caller may see.")
    next_page: UUID | None = Field(
        description="What `page` is for the next; none at the end.", examples=[_ID]
    )


class PrintedRequest(Wire):
    """Letters that were printed."""

    ids: Annotated[list[UUID], Field(min_length=1, max_length=MOST)] = Field(
        description="Their ids.", examples=[[_ID]]
    )


class PrintedAnswer(Answer):
    """Letters that were printed."""

    letters: list[PaperLetterTold] = Field(description="The letters, in the order they were named.")
