"""One request, one transaction: how routes get at the database, and when it commits."""

from collections.abc import Callable
from typing import Annotated, Any, cast

from fastapi import Depends, Request

from app.core.admission import Gone
from app.core.db import Database


async def database(request: Request) -> Database:
    """Return the connections of this process."""
    return cast("Database", request.app.state.database)


DatabaseOf = Annotated[Database, Depends(database)]


async def gone(request: Request) -> Gone:
    """Return what ends when the client hangs up; it may be asked once the body has been read."""

    async def until_gone() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    return until_gone


GoneOf = Annotated[Gone, Depends(gone)]


def committed(dependency: Callable[..., Any]) -> Any:
    """Depend on a generator that ends before the answer leaves.

    A phone empties its queue on 200. By default FastAPI ends a generator after the response has gone, so
    that a commit that fails would be answered by 200.
    """
    return Depends(dependency, scope="function")
