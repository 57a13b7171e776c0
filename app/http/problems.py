"""The one shape of every refusal and failure: RFC 9457 problem details with a stable code."""

from typing import Any
from uuid import UUID

import orjson
from fastapi import Request, Response
from pydantic import BaseModel, ConfigDict, Field

from app.core import metrics
from app.core.errors import AccountBusy, AppError, Overloaded
from app.http.errors import (
    BodyTimeout,
    CardNumberRefused,
    InternalError,
    InvalidJson,
    InvalidRequest,
    RateLimited,
    TooLarge,
    Unavailable,
    UnsupportedMediaType,
    retry_after,
)

MEDIA_TYPE = "application/problem+json"
BODY = (InvalidJson, TooLarge, UnsupportedMediaType, BodyTimeout, CardNumberRefused)
"""What any route with a body may answer."""

_ALWAYS = (InvalidRequest, RateLimited, AccountBusy, InternalError, Unavailable, Overloaded)
_TO_COME_BACK = frozenset({429, 503})
_RETRY_AFTER = "Retry-After"
_UNAUTHORIZED = 401
_WORTH_RETRYING = frozenset({408, 429, 503})


class FieldProblem(BaseModel):
    """One place in a request that is not as it should be."""

    path: str = Field(description="Where it is, such as `body.max_rows`.", examples=["body.max_rows"])
    code: str = Field(description="What is wrong there, a stable word.", examples=["greater_than_equal"])
    reason: str | None = Field(
        None,
        description="What it must be, in a sentence, where that is more than its code says: a figure within"
        " bounds, an id, a pattern, an `ETag` as it was read.",
        examples=["This must be at least 1."],
    )
    token: str | None = Field(
        None, description="With `template_invalid`: a field that is none.", examples=["SessionWebExpiryDate"]
    )
    nearest: str | None = Field(
        None, description="The name of a field that is most like it.", examples=["SessionWebExpireDate"]
    )
    bases: list[str] = Field(
        default_factory=list,
        description="Letters about what may have it, where these may not.",
        examples=[["session"]],
    )
    line: int | None = Field(None, description="The line it is in, from 1.", examples=[2])


class Problem(BaseModel):
    """A refusal or failure, with further members according to its code."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(
        description="Address of the description of this code.", examples=["/problems/rate_limited"]
    )
    title: str = Field(
        description="The same sentence for every case of this code.",
        examples=["Too many requests; wait a while."],
    )
    status: int = Field(description="The HTTP status.", examples=[429])
    detail: str = Field(
        description="A sentence about this case.", examples=["Too many requests; wait a while."]
    )
    instance: str = Field(
        description="The id of the request, also in the header X-Request-Id.",
        examples=["urn:uuid:0b0f6a52-52c0-4f0e-9f3c-0c8a2d6f8f11"],
    )
    code: str = Field(description="The stable code, for programs.", examples=["rate_limited"])
    retryable: bool = Field(
        description="Whether the same request may succeed later, as it is.", examples=[True]
    )
    fields: list[FieldProblem] = Field(
        default_factory=list,
        description="What is wrong where in the request, with codes whose description names `fields`, such as"
        " `invalid_request`. Where a rule of a collection refuses what is written, see `reasons`.",
        examples=[[{"path": "body.max_rows", "code": "greater_than_equal"}]],
    )
    reasons: dict[str, str] = Field(
        default_factory=dict,
        description="Where the rules of a collection refuse what is written: a sentence by the name of each"
        " field, as `lines.0.quantity` within lists, and under the empty name one about the whole record."
        " Some codes add figures or states, as text, under own names: `above_balance` has `balance_due`.",
        examples=[{"last_name": "This must have at most 200 characters."}],
    )
    warnings: list[dict[str, Any]] = Field(
        default_factory=list,
        description="What else to know of a write that was refused, as in its answer when it is not.",
        examples=[[]],
    )
    field: str | None = Field(
        None,
        description="With `card_number_refused`: where in a JSON body the number stands.",
        examples=["lines.0.description"],
    )
    revision: int | None = Field(
        None, description="With `changed_meanwhile`: the revision of the copy there is now.", examples=[18]
    )
    merged_into: UUID | None = Field(
        None,
        description="With `record_merged`: the record that has taken the place of this one.",
        examples=["8a2f4f0e-4b7e-4f43-9d0f-0c7b7f5b2a11"],
    )


def problem(error: AppError, request_id: str) -> Response:
    """Render a refusal as the answer to a request; one that says to come back always says when."""
    headers = dict(error.headers)
    if error.status == _UNAUTHORIZED:
        headers.setdefault("WWW-Authenticate", "Bearer")
    if error.status in _TO_COME_BACK:
        headers = {**retry_after(), **headers}
    return Response(
        orjson.dumps(members(error, request_id)),
        status_code=error.status,
        headers=headers,
        media_type=MEDIA_TYPE,
    )


async def refuse(request: Request, error: AppError) -> Response:
    """Answer a request with a refusal."""
    request.state.code = error.code
    count(error)
    return problem(error, request.state.request_id)


def count(error: AppError) -> None:
    """Count a refusal under its code, and its reason where it has one; both are of few words."""
    metrics.refusals.add(1, {"code": error.code, "reason": str(error.extra.get("reason", ""))})


def members(error: AppError, request_id: str) -> dict[str, Any]:
    """Return the problem a refusal is told as, wherever it is told."""
    return {
        **error.extra,
        "type": f"/problems/{error.code}",
        "title": error.title,
        "status": error.status,
        "detail": error.detail or error.title,
        "instance": f"urn:uuid:{request_id}",
        "code": error.code,
        "retryable": error.status in _WORTH_RETRYING or "Retry-After" in error.headers,
    }


def refusals_of(*kinds: type[AppError]) -> dict[int | str, dict[str, Any]]:
    """Document what a route may refuse, as FastAPI's `responses`; a status may have several codes.

    What every route may answer is always in. Each entry refers to the schema `Problem`, see `schemas()`.
    """
    by_status: dict[int | str, dict[str, type[AppError]]] = {}
    every: tuple[type[AppError], ...] = (*kinds, *_ALWAYS)
    for kind in every:
        by_status.setdefault(kind.status, {})[kind.code] = kind
    return {status: _response(list(group.values())) for status, group in sorted(by_status.items(), key=str)}


def _response(kinds: list[type[AppError]]) -> dict[str, Any]:
    told = {"headers": {_RETRY_AFTER: {"$ref": f"#/components/headers/{_RETRY_AFTER}"}}}
    headers = told if kinds[0].status in _TO_COME_BACK else {}
    return {
        **headers,
        "description": "\n\n".join(f"`{kind.code}`: {description(kind)}" for kind in kinds),
        "content": {
            MEDIA_TYPE: {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "examples": {kind.code: _example(kind) for kind in kinds},
            }
        },
    }


def _example(kind: type[AppError]) -> dict[str, Any]:
    value = members(kind(), "0b0f6a52-52c0-4f0e-9f3c-0c8a2d6f8f11")
    return {"summary": kind.title, "value": value}


def description(kind: type[AppError]) -> str:
    """Return when a refusal happens and what the caller should do: its docstring on one line."""
    return " ".join((kind.__doc__ or kind.title).split())


def headers() -> dict[str, Any]:
    """Return what the API document must have among its headers for `refusals_of` to refer to."""
    return {
        _RETRY_AFTER: {
            "description": "Seconds to wait at least; not the same for all.",
            "required": True,
            "schema": {"type": "integer", "minimum": 1, "examples": [3]},
        }
    }


def schemas() -> dict[str, Any]:
    """Return what the API document must have among its schemas for `refusals_of` to refer to."""
    made = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    return {**made.pop("$defs"), "Problem": made}
