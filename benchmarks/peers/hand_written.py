"""The endpoint most teams would write: SQLModel rows, pydantic out, a cursor of `updated_at`; no rules.

Beside it stands the ceiling: a route that passes JSON text through as PostgreSQL hands it over.
"""

import os
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import Depends, FastAPI, HTTPException, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from jose import jwt
from passlib.context import CryptContext
from pydantic import BaseModel
from sqlalchemy import Column, DateTime, Index, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import Field, SQLModel, col, select, tuple_
from sqlmodel.ext.asyncio.session import AsyncSession

from app.core.db import connector
from benchmarks.peers.records import ACCOUNT, SECRET

app = FastAPI()
_BEGINNING, _NIL = datetime.min.replace(tzinfo=UTC), UUID(int=0)
_passwords = CryptContext(
    schemes=["argon2"],
    argon2__type="ID",
    argon2__memory_cost=19456,
    argon2__time_cost=2,
    argon2__parallelism=1,
)
"""As costly as ours."""

_engine = create_async_engine(
    "postgresql+asyncpg://", async_creator=connector(os.environ["DATABASE_URL"], {}), pool_size=10
)


def _now() -> datetime:
    return datetime.now(UTC)


class PaymentSent(SQLModel):
    """A payment as a client sends it."""

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    client_id: UUID
    invoice_id: UUID
    date: date
    amount: int
    method: str = Field(max_length=20)
    reference: str = Field(max_length=40)
    description: str = Field(max_length=200)
    notes: str = Field(max_length=2000)
    is_posted: bool
    received_by: str = Field(max_length=80)


class PaymentRow(PaymentSent, table=True):
    """A payment as it is kept."""

    __tablename__ = "peer_payment"
    __table_args__ = (Index("ix_peer_payment_updated", "account_id", "updated_at", "id"),)

    account_id: UUID = Field(default=ACCOUNT)
    updated_at: datetime = Field(
        default_factory=_now, sa_column=Column(DateTime(timezone=True), nullable=False)
    )
    is_deleted: bool = False


class PaymentRead(PaymentSent):
    """A payment as it is answered."""

    updated_at: datetime
    is_deleted: bool


class UserRow(SQLModel, table=True):
    """Who may ask."""

    __tablename__ = "peer_user"

    id: UUID = Field(primary_key=True)
    account_id: UUID
    is_active: bool = True
    name: str = Field(index=True)
    password_hash: str


class Words(BaseModel):
    """What somebody signs in with."""

    name: str
    password: str


async def _session() -> AsyncIterator[AsyncSession]:
    async with AsyncSession(_engine, expire_on_commit=False) as session:
        yield session


SessionOf = Annotated[AsyncSession, Depends(_session)]


async def _user(
    session: SessionOf, credentials: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]
) -> UserRow:
    claims = jwt.decode(credentials.credentials, SECRET, algorithms=["HS256"])
    user = await session.get(UserRow, UUID(claims["sub"]))
    if user is None or not user.is_active:
        raise HTTPException(401)
    return user


UserOf = Annotated[UserRow, Depends(_user)]


@app.get("/payments")
async def pull(
    session: SessionOf,
    user: UserOf,
    since: datetime = _BEGINNING,
    after: UUID = _NIL,
    limit: int = 2_000,
) -> list[PaymentRead]:
    """Answer with what was updated since."""
    place = tuple_(col(PaymentRow.updated_at), col(PaymentRow.id))
    statement = (
        select(PaymentRow)
        .where(PaymentRow.account_id == user.account_id, place > (since, after))
        .order_by(col(PaymentRow.updated_at), col(PaymentRow.id))
        .limit(limit)
    )
    rows = (await session.exec(statement)).all()
    return [PaymentRead.model_validate(row, from_attributes=True) for row in rows]


@app.post("/payments")
async def push(session: SessionOf, user: UserOf, payments: list[PaymentSent]) -> dict[str, int]:
    """Take new payments in."""
    session.add_all(PaymentRow(**payment.model_dump(), account_id=user.account_id) for payment in payments)
    await session.commit()
    return {"taken": len(payments)}


@app.post("/login")
async def log_in(session: SessionOf, words: Words) -> dict[str, Any]:
    """Sign somebody in."""
    user = (await session.exec(select(UserRow).where(UserRow.name == words.name))).first()
    if user is None or not user.is_active:
        raise HTTPException(401)
    if not await run_in_threadpool(_passwords.verify, words.password, user.password_hash):
        raise HTTPException(401)
    return {"access_token": jwt.encode({"sub": str(user.id)}, SECRET, algorithm="HS256")}


_TEXTS = """
CREATE TABLE IF NOT EXISTS peer_text (account_id uuid, id uuid, body text, PRIMARY KEY (account_id, id))
"""
_TEXT = text(
    "SELECT id::text, body FROM peer_text WHERE account_id = :account AND id > :after "
    "ORDER BY peer_text.id LIMIT :limit"
)


@app.get("/text")
async def pass_through(session: SessionOf, after: UUID = _NIL, limit: int = 2_000) -> Response:
    """Answer with text as it is kept, behind the id to go on from."""
    rows = (await session.exec(_TEXT, params={"account": ACCOUNT, "after": after, "limit": limit})).all()
    last = rows[-1][0] if rows else ""
    bodies = ",".join(row[1] for row in rows)
    return Response(f'{{"last":"{last}","items":[{bodies}]}}', media_type="application/json")


@app.get("/ready")
async def ready(session: SessionOf) -> None:
    """Make the tables, one process after the other, and say that requests are answered."""
    await session.exec(text("SELECT pg_advisory_xact_lock(1)"))
    connection = await session.connection()
    await connection.run_sync(SQLModel.metadata.create_all)
    await connection.execute(text(_TEXTS))
    await session.commit()
