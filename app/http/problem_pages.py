"""The pages that the `type` of a problem points to: what a code means and what to do about it."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import RedirectResponse
from pydantic import Field

from app.core.errors import AppError, refusals
from app.http.errors import NotFound
from app.http.problems import description, refusals_of
from app.http.provoked import Provoked, provoked
from app.http.schemas import Answer

router = APIRouter(prefix="/problems", tags=["problems"])
_FOR_PEOPLE = "/docs/errors"
_LED: dict[int | str, dict[str, Any]] = {
    303: {
        "description": "Whoever accepts `text/html`, as browsers do, is led to a page that says it.",
        "headers": {
            "Location": {
                "description": "Where that is.",
                "required": True,
                "schema": {"type": "string", "examples": [f"{_FOR_PEOPLE}#too_large"]},
            }
        },
    }
}


class ProvokingLine(Answer):
    """How a code is provoked: lines of a verb, an address, headers in brackets, and a body.

    They are asked with the token of an administrator's desk, if none is named by `[as …]`; what is kept of an
    answer by `-> client_id=id` stands for `{client_id}` from then on.
    """

    given: list[str] = Field(
        description="What is done before, line by line.",
        examples=[['POST /v1/clients {"last_name": "Doe"} -> client_id=id']],
    )
    line: str = Field(
        description="What is refused then.",
        examples=['PATCH /v1/clients/{client_id} [If-Match: "1"] {"first_name": "Ada"}'],
    )
    because: str = Field(description="Why it is.", examples=["the client is of a later revision"])


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
    provoked_by: ProvokingLine | None = Field(
        description="How to see it happen, unless nothing that is sent can bring it about.",
    )


@router.get("", operation_id="problems_list", summary="List the codes", responses=refusals_of())
async def list_pages() -> list[ProblemPage]:
    """List every code a request may be refused with."""
    return pages()


@router.get(
    "/{code}",
    operation_id="problems_read",
    summary="Read about a code",
    response_model=ProblemPage,
    responses=_LED | refusals_of(NotFound),
)
async def read_page(
    request: Request,
    code: Annotated[str, Path(description="A code.", examples=["too_large"], max_length=100)],
) -> ProblemPage | RedirectResponse:
    """Tell what a code means, in JSON; browsers are led to the same on a page."""
    page = next((each for each in pages() if each.code == code), None)
    if page is None:
        raise NotFound
    if "text/html" in request.headers.get("accept", ""):
        return RedirectResponse(
            f"{_FOR_PEOPLE}#{page.code}", HTTPStatus.SEE_OTHER, headers={"Vary": "Accept"}
        )
    return page


def pages() -> list[ProblemPage]:
    """Return what there is to tell of each code, in the order of the codes."""
    found = {kind.code: _page(kind) for kind in refusals() if "code" in vars(kind)}
    return [found[code] for code in sorted(found)]


def _page(kind: type[AppError]) -> ProblemPage:
    return ProblemPage(
        code=kind.code,
        status=kind.status,
        title=kind.title,
        description=description(kind),
        provoked_by=_line(provoked().get(kind.code)),
    )


def _line(how: Provoked | None) -> ProvokingLine | None:
    return ProvokingLine(given=[*how.given], line=how.line, because=how.because) if how else None
