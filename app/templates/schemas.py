"""Templates, their fields and previews as they go over the wire."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from app.http.schemas import Answer, Wire
from app.outbox.files.keeping import MOST_OF_LETTER
from app.sync.fields import Name
from app.sync.tables import Kind
from app.templates.engine import LONGEST, Part
from app.templates.fields import Basis
from app.templates.models import TemplateKind

_ID = "8a2f4f0e-4b7e-4f43-9d0f-0c7b7f5b2a11"
_AT = "2026-05-04T15:40:00Z"
_SUBJECT = "Your images are online until [[SessionWebExpireDate]]"
_TEXT = 'Dear [[ClientFirstName or "client"]],\n\nyour images are ready: [[SessionGalleryLink]]'
_HTML = '<p>Dear [[ClientFirstName or "client"]],</p><p><a href="[[SessionGalleryLink]]">Your images</a></p>'
_VERSION = "Counts its changes; sent as `If-Match`."
_FILES = "The files its emails have with them."


def _each_once(ids: list[UUID]) -> list[UUID]:
    return list(dict.fromkeys(ids))


FileIds = Annotated[list[UUID], Field(max_length=MOST_OF_LETTER), AfterValidator(_each_once)]


class DraftRequest(Wire):
    """A letter with fields in it, each between two pairs of square brackets."""

    kind: TemplateKind = Field(
        description="What it is: an email of plain text, an email in HTML, or a text message.",
        examples=["html_email"],
    )
    basis: Basis = Field(description="What it is about: the record its fields are of.", examples=["session"])
    subject: str = Field(
        "",
        max_length=LONGEST[Part.SUBJECT],
        description="The subject of an email; a text message has none.",
        examples=[_SUBJECT],
    )
    text: str = Field(
        "",
        max_length=LONGEST[Part.TEXT],
        description="The plain text; left out of an email in HTML, it is made of that.",
        examples=[_TEXT],
    )
    html: str | None = Field(
        None,
        max_length=LONGEST[Part.HTML],
        description="The HTML of an email in HTML, and of no other; what could act is taken out of letters.",
        examples=[_HTML],
    )
    has_calendar: bool = Field(
        False,
        description="The time of the session or appointment goes with it, for the client's calendar.",
        examples=[False],
    )
    file_ids: FileIds = Field(
        default=[], description="The files that go with it; a text message has none.", examples=[[]]
    )


class TemplateRequest(DraftRequest):
    """A template, whole."""

    name: Name = Field(
        description="What it is called: no other has this name, in whatever case.", examples=["Images online"]
    )
    email_type_id: UUID | None = Field(
        None, description="The type its emails have; none for none.", examples=[None]
    )
    is_inactive: bool = Field(False, description="It is no longer offered.", examples=[False])


class TemplateTold(Answer):
    """A template without what it says."""

    id: UUID = Field(validation_alias="template_id", description="Its id.", examples=[_ID])
    version: int = Field(description=_VERSION, examples=[3])
    name: str = Field(description="What it is called.", examples=["Images online"])
    kind: TemplateKind = Field(description="What is made of it.", examples=["html_email"])
    basis: Basis = Field(description="What it is about.", examples=["session"])
    subject: str = Field(description="The subject of its emails.", examples=[_SUBJECT])
    has_calendar: bool = Field(description="A time goes with it.", examples=[False])
    file_ids: list[UUID] = Field(description=_FILES, examples=[[]])
    email_type_id: UUID | None = Field(description="The type its emails have.", examples=[None])
    is_inactive: bool = Field(description="It is no longer offered.", examples=[False])
    fields: list[str] = Field(
        description="The fields it uses.", examples=[["ClientFirstName", "SessionGalleryLink"]]
    )
    gone: list[str] = Field(
        description="Of these, those there are no more: they are blank in letters.", examples=[[]]
    )
    changed_at: datetime = Field(description="When it was last changed.", examples=[_AT])
    changed_by: UUID | None = Field(description="Who did that.", examples=[_ID])


class TemplateAnswer(TemplateTold):
    """A template."""

    text: str = Field(description="The plain text.", examples=[_TEXT])
    html: str | None = Field(description="The HTML, as it was written.", examples=[_HTML])


class TemplatesAnswer(Answer):
    """All templates."""

    templates: list[TemplateTold] = Field(description="Templates, by name.")


class TemplateField(Answer):
    """A field that letters may have."""

    token: str = Field(
        description="Its name, which stands between `[[` and `]]`.", examples=["SessionWebExpireDate"]
    )
    label: str = Field(
        description="What people know it by: the company's own label, if it has one.",
        examples=["Web expire date"],
    )
    description: str = Field(
        description="What it tells.", examples=["The day the online gallery expires; moved by command."]
    )
    kind: Kind = Field(
        description="What it holds: dates and times may be told in four widths.", examples=["date"]
    )
    path: str | None = Field(
        description="Its path in the hub of the basis; none of what is worked out for letters alone.",
        examples=["web_expire_date"],
    )
    example: Any = Field(description="What it may hold, as records have it.", examples=["2026-08-01"])


class TemplateFieldsAnswer(Answer):
    """The fields letters with a basis may have."""

    basis: Basis = Field(description="What the letters are about.", examples=["session"])
    fields: list[TemplateField] = Field(description="Fields, those of the record itself first.")


class PreviewRequest(Wire):
    """A template that is saved, or a draft of one, and a record to fill it with."""

    template_id: UUID | None = Field(None, description="A saved template; none with a draft.", examples=[_ID])
    draft: DraftRequest | None = Field(None, description="What is not saved yet.", examples=[None])
    record_id: UUID = Field(description="A record of its basis.", examples=[_ID])

    @model_validator(mode="after")
    def _one_of_two(self) -> "PreviewRequest":
        if (self.template_id is None) == (self.draft is None):
            raise PydanticCustomError("template_or_draft", "Either a template or a draft is previewed.")
        return self


class PreviewAnswer(Answer):
    """A letter as it would be sent, with what its reader may view."""

    subject: str = Field(description="The subject.", examples=["Your images are online until Aug 1, 2026"])
    text: str = Field(
        description="The plain text.",
        examples=["Dear Laura,\n\nyour images are ready: https://studio.example/portal/k7Qm"],
    )
    html: str | None = Field(
        description="The HTML, cleaned; to be shown in a page of its own that runs and loads nothing.",
        examples=["<p>Dear Laura,</p>"],
    )
    calendar: str | None = Field(description="The iCalendar text that goes with it.", examples=[None])
    missing: list[str] = Field(description="The fields that are blank here.", examples=[["ClientTitle"]])
