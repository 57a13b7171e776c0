"""What authors of letters are shown: the fields there are, and a letter filled with a record."""

from typing import Annotated, cast

from fastapi import Depends, Request

from app.accounts.standing import Work
from app.core.db import Session
from app.desk.hubs import store as hubs
from app.desk.hubs.fields import label_of
from app.sync.tables import Kind
from app.templates import saving
from app.templates.errors import PreviewTooLong, RecordNotFound
from app.templates.fields import TODAY, Basis, MergeField, seen
from app.templates.merging import merge
from app.templates.schemas import PreviewAnswer, PreviewRequest, TemplateField, TemplateFieldsAnswer
from app.templates.wording import Worded


async def _public_url(request: Request) -> str | None:
    return cast("str | None", request.app.state.public_url)


PublicUrlOf = Annotated[str | None, Depends(_public_url)]
"""What links in letters begin with."""


async def fields(work: Work[Session], basis: Basis) -> TemplateFieldsAnswer:
    """Return the fields of letters with a basis that a user may view."""
    company = await hubs.company(work.session)
    found = seen(basis, await saving.view_of(work)).values()

    def told(each: MergeField) -> TemplateField:
        own = each.found
        return TemplateField(
            token=each.token,
            label=label_of(own, company.labels) if own else each.label,
            description=each.description,
            kind=own.kind if own else Kind.DATE if each.token == TODAY else Kind.TEXT,
            path=own.path if own else None,
            example=each.example,
        )

    return TemplateFieldsAnswer(basis=basis, fields=[told(each) for each in found])


async def preview(work: Work[Session], asked: PreviewRequest, public_url: str | None) -> PreviewAnswer:
    """Return a letter as it would be sent, with what the user may view."""
    view = await saving.view_of(work)
    worded: Worded
    if asked.draft is not None:
        saving.check(asked.draft, view, await saving.faults_of_files(work, asked.draft))
        worded = asked.draft
    elif asked.template_id is not None:
        worded = await saving.read(work.session, asked.template_id)
    if Basis(worded.basis).collection.number not in view.rights:
        raise RecordNotFound
    found = await merge(work.session, worded, [asked.record_id], public_url=public_url, rights=view.rights)
    if asked.record_id not in found:
        raise RecordNotFound
    merged = found[asked.record_id]
    if merged.code:
        raise PreviewTooLong
    return PreviewAnswer.model_validate(merged)
