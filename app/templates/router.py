"""`/v1/templates`, `/v1/template-fields`, `/v1/template-previews`: letters that are written once."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response

from app.accounts.errors import PermissionDenied, VersionChanged
from app.accounts.guards import GUARDED, reading_of, writing_of
from app.accounts.standing import Work
from app.core.db import Session, WriteSession
from app.core.errors import AppError
from app.core.principal import Level
from app.desk.guards import KNOWN_QUERY
from app.http.body import JsonRoute
from app.http.errors import PreconditionRequired
from app.http.etags import TAGGED, ExpectedVersion, etag, made_at
from app.http.problems import BODY, refusals_of
from app.http.schemas import Sent
from app.templates import previewing, saving
from app.templates.errors import (
    PreviewTooLong,
    RecordNotFound,
    TemplateInUse,
    TemplateInvalid,
    TemplateLimitReached,
    TemplateNameTaken,
    TemplateNotFound,
)
from app.templates.fields import Basis, check
from app.templates.models import Template
from app.templates.previewing import PublicUrlOf
from app.templates.saving import TEMPLATES
from app.templates.schemas import (
    PreviewAnswer,
    PreviewRequest,
    TemplateAnswer,
    TemplateFieldsAnswer,
    TemplateRequest,
    TemplatesAnswer,
    TemplateTold,
)

_Refusals = tuple[type[AppError], ...]

check()
router = APIRouter(prefix="/v1", tags=["templates"], route_class=JsonRoute, dependencies=[KNOWN_QUERY])

_ID = "8a2f4f0e-4b7e-4f43-9d0f-0c7b7f5b2a11"
TemplateId = Annotated[UUID, Path(description="A template.", examples=[_ID])]
BasisOf = Annotated[Basis, Query(description="What letters are about.", examples=["session"])]
Viewing = Annotated[Work[Session], reading_of(TEMPLATES, Level.VIEW_ONLY)]
Adding = Annotated[Work[WriteSession], writing_of(TEMPLATES, Level.ADD_ONLY)]
Modifying = Annotated[Work[WriteSession], writing_of(TEMPLATES, Level.ADD_MODIFY)]
Deleting = Annotated[Work[WriteSession], writing_of(TEMPLATES, Level.ADD_MODIFY_DELETE)]
_READ: _Refusals = (PermissionDenied, *GUARDED)
_OF_ONE: _Refusals = (TemplateNotFound, VersionChanged, PreconditionRequired, *_READ)
_SAVED: _Refusals = (TemplateInvalid, TemplateNameTaken, *BODY)


@router.get(
    "/templates", operation_id="templates_list", summary="List templates", responses=refusals_of(*_READ)
)
async def list_all(work: Viewing) -> TemplatesAnswer:
    """List all templates by name, without what they say."""
    found = await saving.listed(work.session)
    return TemplatesAnswer(templates=[TemplateTold.model_validate(_told(row)) for row in found])


@router.post(
    "/templates",
    operation_id="templates_make",
    summary="Make a template",
    status_code=201,
    responses=made_at("template", f"/v1/templates/{_ID}")
    | refusals_of(TemplateLimitReached, *_SAVED, *_READ),
)
async def make(body: Sent[TemplateRequest], work: Adding, response: Response) -> TemplateAnswer:
    """Save a template whose fields there are, and which its author may view.

    Those in HTML need the professional edition, all others the essential one.
    """
    row = await saving.make(work, body)
    response.headers["Location"] = f"/v1/templates/{row.template_id}"
    return _tagged(row, response)


@router.get(
    "/templates/{template_id}",
    operation_id="templates_read",
    summary="Read a template",
    responses=TAGGED | refusals_of(TemplateNotFound, *_READ),
)
async def read(template_id: TemplateId, work: Viewing, response: Response) -> TemplateAnswer:
    """Read a template as it was written."""
    return _tagged(await saving.read(work.session, template_id), response)


@router.put(
    "/templates/{template_id}",
    operation_id="templates_set",
    summary="Set a template",
    responses=TAGGED | refusals_of(*_OF_ONE, *_SAVED),
)
async def put(
    template_id: TemplateId,
    body: Sent[TemplateRequest],
    work: Modifying,
    expected: ExpectedVersion,
    response: Response,
) -> TemplateAnswer:
    """Set the version of a template that `If-Match` names, whole; its kind and basis stay as they are.

    What was made of it before stays as it is.
    """
    return _tagged(await saving.put(work, template_id, body, expected), response)


@router.delete(
    "/templates/{template_id}",
    operation_id="templates_remove",
    summary="Remove a template",
    status_code=204,
    responses=refusals_of(*_OF_ONE, TemplateInUse),
)
async def remove(template_id: TemplateId, work: Deleting, expected: ExpectedVersion) -> None:
    """Remove the version of a template that `If-Match` names, unless letters are sent by it."""
    await saving.remove(work, template_id, expected)


@router.get(
    "/template-fields",
    operation_id="templates_fields",
    summary="List the fields of letters",
    responses=refusals_of(*_READ),
)
async def fields(basis: BasisOf, work: Viewing) -> TemplateFieldsAnswer:
    """List the fields of letters about a kind of record: of these, those the user may view."""
    return await previewing.fields(work, basis)


@router.post(
    "/template-previews",
    operation_id="templates_preview",
    summary="Preview a letter",
    responses=refusals_of(TemplateNotFound, TemplateInvalid, RecordNotFound, PreviewTooLong, *BODY, *_READ),
)
async def preview(body: Sent[PreviewRequest], work: Viewing, public_url: PublicUrlOf) -> PreviewAnswer:
    """Fill a template, or a draft of one, with a record; nothing is kept and nothing sent.

    It has what the user may view: what they may not is blank.
    """
    return await previewing.preview(work, body, public_url)


def _tagged(row: Template, response: Response) -> TemplateAnswer:
    response.headers["ETag"] = etag(row.version)
    return TemplateAnswer.model_validate(_told(row))


def _told(row: Template) -> dict[str, object]:
    return {**row.model_dump(), "gone": saving.gone(row)}
