"""The porch and the people as an application of their own: what one process of the house serves."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI
from starlette.middleware import Middleware

from app.accounts.routers import account, auth, devices, operator, security, users
from app.audit.router import router as audit
from app.core.db import Database
from app.core.keys import KeyRing
from app.http.limits import RateLimits
from app.http.middleware import Porch
from app.http.porch import build_porch
from app.http.stopping import Stopping
from app.notices.router import router as notices


def people_app(database: Database, keys: KeyRing) -> FastAPI:
    """Assemble the app as the house does, of the rooms up to this one."""
    app = FastAPI()
    app.state.database, app.state.keys = database, keys
    for room in (auth, users, security, account, devices, operator):
        app.include_router(room.router)
    app.include_router(audit)
    app.include_router(notices)
    build_porch(app, _limits())
    app.state.own_routes = tuple(app.router.routes)
    begin_anew(app)
    return app


def begin_anew(app: FastAPI) -> None:
    """Have an app be as one that has just started: its routes take longer to find their way into another."""
    app.state.minimum_schema_version = 1
    app.state.operator_key_hash = None
    app.state.stopping = Stopping(0)
    app.router.routes[:] = app.state.own_routes
    app.openapi_schema = None
    app.state.limits = limits = _limits()
    app.user_middleware[:] = [Middleware(Porch, limits=limits)]
    app.middleware_stack = None


def _limits() -> RateLimits:
    return RateLimits(per_address=6000, per_caller=1200)


@asynccontextmanager
async def calling_from(app: FastAPI, address: str) -> AsyncIterator[httpx.AsyncClient]:
    """Return somebody who speaks HTTP to an app from a place in the network."""
    transport = httpx.ASGITransport(app=app, client=(address, 1234))
    async with httpx.AsyncClient(transport=transport, base_url="http://studio.test") as client:
        yield client
