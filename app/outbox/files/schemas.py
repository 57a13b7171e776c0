"""Files that go with letters as they go over the wire."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from app.http.schemas import Answer

_ID = "5d2f4f0e-4b7e-4f43-9d0f-0c7b7f5b2a11"


class LetterFileAnswer(Answer):
    """A file that letters may have with them."""

    id: UUID = Field(validation_alias="file_id", description="Its id.", examples=[_ID])
    name: str = Field(description="What it is called.", examples=["price-list.pdf"])
    media_type: str = Field(description="What it is.", examples=["application/pdf"])
    size: int = Field(ge=0, description="Its bytes.", examples=[48_213])
    made_at: datetime = Field(description="When it was sent here.", examples=["2026-05-04T09:30:00Z"])
    made_by: UUID | None = Field(description="Who did that.", examples=[_ID])


class LetterFilesAnswer(Answer):
    """All files of the account that letters may have with them."""

    files: list[LetterFileAnswer] = Field(description="The files, the newest first.", examples=[[]])
    size: int = Field(ge=0, description="The bytes of all of them.", examples=[48_213])
    max_size: int = Field(description="The bytes all of them may have.", examples=[100_000_000])
