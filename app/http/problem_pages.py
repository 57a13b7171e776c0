"""The pages that the `type` of a problem points to: what a code means and what to do about it."""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field

from app.core.errors import AppError, refusals
from app.http.errors import NotFound
from app.http.problems import description, refusals_of
from app.http.schemas import Answer

router = APIRouter(prefix="/problems", tags=["problems"])


class ProblemPage(Answer):
    """What one code means."""

    code: str = Field(description="The stable code.", examples=["too_large"])
    status: int = Field(description="The HTTP status it comes with.", examples=[413])
    title: str = Field(
        description="The sentence it comes with.", examples=["The body of the request is too large."]
    )
    description: str = Field(
        description="When it happens and what to do.", examples=["Split it and send the parts."]
    )


@router.get("", operation_id="problems_list", summary="List the codes", responses=refusals_of())
async def list_pages() -> list[ProblemPage]:
    """List every code a request may be refused with."""
    pages = {kind.code: _page(kind) for kind in refusals() if "code" in vars(kind)}
    return [pages[code] for code in sorted(pages)]


@router.get(
    "/{code}", operation_id="problems_read", summary="Read about a code", responses=refusals_of(NotFound)
)
async def read_page(
    code: Annotated[str, Path(description="A code.", examples=["too_large"], max_length=100)],
) -> ProblemPage:
    """Tell what a code means."""
    for page in await list_pages():
        if page.code == code:
            return page
    raise NotFound


def _page(kind: type[AppError]) -> ProblemPage:
    return ProblemPage(code=kind.code, status=kind.status, title=kind.title, description=description(kind))
