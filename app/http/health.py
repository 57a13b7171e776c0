"""Whether the process lives, and whether it can work."""

from typing import Literal

from fastapi import APIRouter
from pydantic import Field

from app.http.problems import refusals_of
from app.http.schemas import Answer
from app.http.unit_of_work import DatabaseOf

router = APIRouter(prefix="/health", tags=["health"])


class Health(Answer):
    """The state of the process."""

    status: Literal["ok"] = Field(description="Always `ok`; anything else is a problem.", examples=["ok"])


@router.get("/live", operation_id="health_live", summary="Live", responses=refusals_of())
async def live() -> Health:
    """Say that the process answers."""
    return Health(status="ok")


@router.get("/ready", operation_id="health_ready", summary="Ready", responses=refusals_of())
async def ready(database: DatabaseOf) -> Health:
    """Say that the database can be reached; 503 `unavailable` when not."""
    async with database.directory() as connection:
        await connection.execute("SELECT 1")
    return Health(status="ok")
