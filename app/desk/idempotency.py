"""`Idempotency-Key`: a request that is sent again is answered as it was and does nothing more.

What a request did and its answer are committed together, in the account's turn: of any number of equal
requests, in whatever processes, one has an effect, and none is lost between the commit and the answer.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated
from uuid import UUID

from fastapi import Header, Request
from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from app.accounts.guards import Caller
from app.core import card_numbers
from app.core.batches import in_batches
from app.core.db import Database, WriteSession
from app.core.errors import AppError
from app.core.principal import Principal
from app.desk import store
from app.desk.answers import Answered, refused
from app.desk.errors import KeyReused, StillRunning, is_judged
from app.desk.store import Kept
from app.http.unit_of_work import DatabaseOf, committed

LONGEST = 255
"""Characters of a key."""
_REPLAYED = {"Idempotent-Replayed": "true"}
_BATCH = 1_000
_running: set[tuple[UUID, UUID, str]] = set()


@dataclass(frozen=True, slots=True)
class Once:
    """A request to be carried out once: who asks, its key, and what it asks; or any, with no key."""

    asker: UUID
    key: str | None
    fingerprint: bytes
    request: Request


def _no_card_number(key: str | None) -> str | None:
    """Refuse the number of a card, which would be kept beside the answer."""
    if key and card_numbers.is_in(key):
        raise PydanticCustomError("card_number_refused", "The number of a card is never sent here.")
    return key


async def _once(
    request: Request,
    claims: Caller,
    database: DatabaseOf,
    idempotency_key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            min_length=1,
            max_length=LONGEST,
            pattern=r"^[\x21-\x7e]+$",
            description="Made up by the client for this request, and sent again with each repeat of it.",
            examples=["8e03978e-40d5-43dd-bc93-6894a57f9324"],
        ),
        AfterValidator(_no_card_number),
    ] = None,
) -> AsyncIterator[Once]:
    """Refuse a repeat while the request itself is under way here: it would only wait for its turn."""
    # What its owner was answered is not for an API key, which may do less.
    asker = claims.key_id or claims.user_id
    if idempotency_key is None:
        yield Once(asker, None, b"", request)
        return
    once = Once(asker, idempotency_key, await _fingerprint(request), request)
    async with database.reading(claims.account_id) as session:
        is_answered = await store.answered(session, asker, idempotency_key) is not None
    running = (claims.account_id, asker, idempotency_key)
    if is_answered:
        yield once
    elif running in _running:
        raise StillRunning
    else:
        _running.add(running)
        try:
            yield once
        finally:
            _running.discard(running)


OnlyOnce = Annotated[Once, committed(_once)]


async def _fingerprint(request: Request) -> bytes:
    """Tell requests apart by all that they ask."""
    asked = (request.method, request.url.path, request.headers.get("if-match", ""))
    body = b"" if request.method == "DELETE" else await request.body()
    told = sha256()
    for each in (*(part.encode() for part in asked), body):
        told.update(b"%d:%b" % (len(each), each))
    return told.digest()


async def answer_once(session: WriteSession, once: Once, work: Callable[[], Awaitable[Answered]]) -> Answered:
    """Return the answer that was given, or do the work and keep its answer, verdicts against it too."""
    if once.key is None:
        return await work()
    if kept := await store.answered(session, once.asker, once.key):
        if kept.fingerprint != once.fingerprint:
            raise KeyReused
        return Answered(kept.status, kept.body, {**kept.headers, **_REPLAYED})
    answer = await _answered(once, work)
    kept = Kept(once.fingerprint, answer.status, dict(answer.headers), answer.body)
    await store.keep(session, once.asker, once.key, kept)
    return answer


async def forget_old(database: Database, who: Principal) -> int:
    """Forget the answers of one account that were kept long enough, in short transactions; count them."""

    async def some() -> int:
        async with database.beside(who.account_id) as session:
            return await store.forget(session, _BATCH)

    return await in_batches(some, _BATCH)


async def _answered(once: Once, work: Callable[[], Awaitable[Answered]]) -> Answered:
    try:
        return await work()
    except AppError as refusal:
        if not is_judged(refusal):
            raise
        once.request.state.code = refusal.code
        return refused(refusal, once.request.state.request_id)
