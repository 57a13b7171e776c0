"""Whether the process lives, and whether it can work."""

import asyncio
from typing import Literal

from fastapi import APIRouter, Request
from pydantic import Field

from app.core.roles import WrongRole
from app.http.errors import Unavailable
from app.http.failures import translate
from app.http.problems import refusals_of
from app.http.schemas import Answer
from app.http.unit_of_work import DatabaseOf

router = APIRouter(prefix="/health", tags=["health"])
PATIENCE = 1.5
"""Seconds within which the database must have answered; who asks usually gives up after two."""


class Health(Answer):
    """The state of the process."""

    status: Literal["ok"] = Field(description="Always `ok`; anything else is a problem.", examples=["ok"])


@router.get("/live", operation_id="health_live", summary="Live", responses=refusals_of())
async def live() -> Health:
    """Say that the process answers."""
    return Health(status="ok")


@router.get("/ready", operation_id="health_ready", summary="Ready", responses=refusals_of())
async def ready(request: Request, database: DatabaseOf) -> Health:
    """Say that the process goes on, and that the database can be reached and answers at once; 503 when not.

    The problem then has a `reason`: `stopping`, `database`, or `role` where connections work as another.
    """
    if request.app.state.stopping.is_told:
        raise Unavailable("The server was told to stop; send it nothing more.", reason="stopping")
    try:
        async with asyncio.timeout(PATIENCE), database.directory() as connection:
            await connection.execute("SELECT 1")
    except WrongRole:
        detail = "No connection to the database works as it must; the log says how."
        raise Unavailable(detail, reason="role") from None
    except TimeoutError:
        raise Unavailable(reason="database") from None
    except Exception as error:
        if isinstance(translate(error), Unavailable):
            raise Unavailable(reason="database") from None
        raise
    return Health(status="ok")
