"""The door to the limits; it is open, for a client may meet some before it has signed in."""

from typing import Annotated, cast

from fastapi import APIRouter, Depends, Request, Response

from app.http.problems import refusals_of
from app.sync.limit_schemas import LimitsAnswer

router = APIRouter(prefix="/v1/limits", tags=["limits"])

_KEPT = {"Cache-Control": "public, max-age=3600"}


async def _told(request: Request) -> LimitsAnswer:
    return cast("LimitsAnswer", request.app.state.told_limits)


@router.get("", operation_id="limits_read", summary="Read the limits", responses=refusals_of())
async def read(told: Annotated[LimitsAnswer, Depends(_told)], response: Response) -> LimitsAnswer:
    """Tell every limit a client can meet; they may be kept for an hour."""
    response.headers.update(_KEPT)
    return told
