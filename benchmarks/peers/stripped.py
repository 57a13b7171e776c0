"""Our own store and feed behind no more than the hand-written endpoint has: a token, a user, a cursor.

No scope, no device, no verdicts, no repeats told apart, no limits, no turns told of. The fields are checked
and rules and feed are kept, since the store does that.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from jose import jwt

from app import studio  # noqa: F401 - declares the collections
from app.core.db import Database, Session
from app.core.principal import Principal
from app.sync.store import Write, write
from benchmarks.peers.records import BEGINNING, SECRET

_database = Database(os.environ["DATABASE_URL"])
_USER = "SELECT is_active FROM users WHERE account_id = $1 AND user_id = $2"
_BODIES = """
SELECT revision, collection, record_id, body FROM feed
WHERE account_id = $1 AND (revision, collection, record_id) > ($2, $3, $4) AND NOT is_deleted
ORDER BY revision, collection, record_id LIMIT $5
"""


@asynccontextmanager
async def _lifespan(_: FastAPI) -> AsyncIterator[None]:
    yield
    await _database.close()


app = FastAPI(lifespan=_lifespan)


async def _who(
    credentials: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())],
) -> tuple[Principal, UUID]:
    claims = jwt.decode(credentials.credentials, SECRET, algorithms=["HS256"])
    return Principal.system(UUID(claims["account"])), UUID(claims["sub"])


Who = Annotated[tuple[Principal, UUID], Depends(_who)]


async def _admit(session: Session, user_id: UUID) -> None:
    if not await session.raw.fetchval(_USER, session.account_id, user_id):
        raise HTTPException(401)


@app.get("/records")
async def pull(who: Who, after: str = BEGINNING, limit: int = 2_000) -> Response:
    """Answer with what was written since, as it is kept, behind the place to go on from."""
    revision, collection, record_id = after.split(".")
    place = (int(revision), int(collection), UUID(record_id))
    principal, user_id = who
    async with _database.reading(principal.account_id) as session:
        await _admit(session, user_id)
        rows = await session.raw.fetch(_BODIES, principal.account_id, *place, limit)
    last = ".".join(map(str, rows[-1][:3])) if rows else ""
    bodies = b",".join([each["body"] + b"}" for each in rows])
    return Response(b'{"last":"%b","items":[%b]}' % (last.encode(), bodies), media_type="application/json")


@app.post("/clients")
async def push(who: Who, request: Request) -> dict[str, int]:
    """Take new clients in."""
    sent: list[dict[str, Any]] = orjson.loads(await request.body())
    writes = [Write("clients", UUID(each.pop("id")), each) for each in sent]
    principal, user_id = who
    async with _database.writing(principal.account_id) as session:
        await _admit(session, user_id)
        await write(session, principal, writes)
    return {"taken": len(sent)}


@app.get("/ready")
async def ready() -> None:
    """Say that requests are answered."""
