"""The door for who looks after the account's phones: how sync keeps up."""

from typing import Annotated

from fastapi import APIRouter, Query

from app.accounts.errors import PermissionDenied
from app.accounts.features import DEVICES
from app.accounts.guards import GUARDED, reading_of
from app.accounts.standing import Work
from app.core.db import Session
from app.core.principal import Level
from app.http.problems import refusals_of
from app.sync.counting import KEPT_DAYS
from app.sync.health import health_of
from app.sync.health_schemas import HealthAnswer

router = APIRouter(prefix="/v1/sync", tags=["sync"])

Viewing = Annotated[Work[Session], reading_of(DEVICES, Level.VIEW_ONLY)]
_A_WEEK = 7


@router.get(
    "/health",
    operation_id="sync_health",
    summary="Read how sync keeps up",
    responses=refusals_of(PermissionDenied, *GUARDED),
)
async def read_health(
    work: Viewing,
    behind_days: Annotated[
        int, Query(ge=1, le=365, description="After how many days a phone is behind.", examples=[_A_WEEK])
    ] = _A_WEEK,
    days: Annotated[
        int,
        Query(ge=1, le=KEPT_DAYS, description="Of how many days refusals are told.", examples=[_A_WEEK]),
    ] = _A_WEEK,
) -> HealthAnswer:
    """Tell which phones are behind, what was refused of late and why, and how much waits for a decision.

    It costs the same however many records the account has.
    """
    return await health_of(work.session, work.who, work.clock, behind_days=behind_days, days=days)
