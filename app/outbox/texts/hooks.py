"""`/v1/text-hooks/{key}`: where the provider brings texts that come in, and news of those that went."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from hmac import compare_digest
from typing import Annotated, Any
from urllib.parse import parse_qsl
from uuid import UUID

from fastapi import APIRouter, Header, Path, Query, Request, Response

from app.core.db import Database
from app.core.vault import SealBroken
from app.http.body import SECONDS
from app.http.errors import BodyTimeout, NotFound, TooLarge
from app.http.limits import Limit, RateLimits
from app.http.networks import address_of, counted_as
from app.http.problems import refusals_of
from app.http.unit_of_work import DatabaseOf
from app.outbox.errors import HookSignatureWrong, HookUnreadable
from app.outbox.texts import lines, news, receiving, store
from app.outbox.texts.router import WayOf
from app.outbox.texts.twilio import signature
from app.outbox.texts.way import TextWay
from app.sync.store import UNFIT

log = logging.getLogger("studio.outbox")
router = APIRouter(prefix="/v1/text-hooks", tags=["outbox"])

BROUGHT = Limit("text hook", 3_000)
"""How often an account's provider brings something in a minute."""
MISSES = Limit("no text hook", 60)
"""How often somebody knocks at hooks that are none, or with a wrong signature, by their network."""
MAX_BYTES = 16_000
_MOST_FIELDS = 200
_MEDIA_TYPE = "application/x-www-form-urlencoded"
_KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8AAQIDBAUGBwgJCgsMDQ4P"
_LETTER = "9c2f4f0e-4b7e-4f43-9d0f-0c7b7f5b2a11"
_XML = '<?xml version="1.0" encoding="UTF-8"?><Response/>'

Key = Annotated[
    str, Path(description="The secret the line's hooks are known by.", examples=[_KEY], max_length=200)
]
Signature = Annotated[
    str | None,
    Header(
        alias="X-Twilio-Signature",
        max_length=200,
        description="How the provider signs the address and the fields.",
        examples=["0/KCTR6DLpKmkAf8muzZqo1nDgQ="],
    ),
]


_FIELDS = {
    "MessageSid": ("The provider's id of the text.", "SM00112233445566778899aabbccddeeff"),
    "From": ("Who has sent it, as `+` and digits.", "+15185550123"),
    "Body": ("The text.", "Yes"),
    "MessageStatus": ("How far it has come, in the provider's words.", "delivered"),
}


def _form(*names: str) -> dict[str, Any]:
    fields = {
        name: {"type": "string", "description": words, "examples": [example]}
        for name, (words, example) in _FIELDS.items()
        if name in names
    }
    schema = {
        "type": "object",
        "properties": fields,
        "examples": [{name: _FIELDS[name][1] for name in fields}],
    }
    described = {"required": True, "description": "A form of the provider's, at most 16 kB."}
    return {"requestBody": {**described, "content": {_MEDIA_TYPE: {"schema": schema}}}}


class Twiml(Response):
    """What is said to a text that came in: nothing."""

    media_type = "application/xml"


_REFUSALS = refusals_of(NotFound, HookSignatureWrong, TooLarge, BodyTimeout, HookUnreadable)
_SILENCE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "It was taken in.",
        "content": {"application/xml": {"schema": {"type": "string", "examples": [_XML]}}},
    }
}


@dataclass(frozen=True, slots=True)
class Brought:
    """What the provider has brought, and surely the provider, to one account."""

    account_id: UUID
    form: Mapping[str, str]


@router.post(
    "/{key}/incoming",
    operation_id="outbox_take_text",
    summary="Take in a text",
    response_class=Twiml,
    responses=_SILENCE | _REFUSALS,
    openapi_extra=_form("MessageSid", "From", "Body"),
)
async def incoming(
    key: Key, request: Request, database: DatabaseOf, way: WayOf, signed: Signature = None
) -> Twiml:
    """Take in a text somebody has sent to the line, as an unread record; brought again it is the same one.

    For the provider alone, whose signature is looked at.
    """
    brought = await _brought(key, request, database, way, signed)
    try:
        async with database.writing(brought.account_id) as session:
            await receiving.take_in(session, brought.form)
    except UNFIT as error:
        # What it says may quote the text, and that is for no log.
        log.warning("a text to account %s is not kept: %s", brought.account_id, type(error).__name__)
        async with database.writing(brought.account_id) as session:
            await receiving.heed(session, brought.form)
    return Twiml(_XML)


@router.post(
    "/{key}/status",
    operation_id="outbox_take_text_news",
    summary="Take in news of a text",
    status_code=204,
    responses=_REFUSALS,
    openapi_extra=_form("MessageSid", "MessageStatus"),
)
async def status(
    *,
    key: Key,
    request: Request,
    database: DatabaseOf,
    way: WayOf,
    signed: Signature = None,
    letter: Annotated[UUID | None, Query(description="The letter it is about.", examples=[_LETTER])] = None,
) -> None:
    """Take in how far a text has come: delivered, or not.

    For the provider alone, whose signature is looked at.
    """
    brought = await _brought(key, request, database, way, signed)
    async with database.writing(brought.account_id) as session:
        await news.take_in(session, letter, brought.form)


async def _brought(
    key: str, request: Request, database: Database, way: TextWay, signed: str | None
) -> Brought:
    """Return what was brought, or refuse; who knocks in vain too often is refused for that."""
    limits: RateLimits = request.app.state.limits
    # Others knock from the provider's network too, so who is the provider is let in however often they did.
    network = counted_as(address_of(request.scope))
    form = await _read(request)
    account_id = lines.opened(key)
    if account_id is None:
        raise NotFound
    async with database.reading(account_id) as session:
        kept = await store.line(session)
    if kept is None or not lines.opens_hook(way, kept, key):
        limits.count(MISSES, network)
        raise NotFound
    try:
        token = way.line_of(kept).auth_token
    except SealBroken:
        raise HookSignatureWrong from None
    fields = dict(form)
    expected = signature(token, _address(way, request), form)
    is_right = compare_digest(expected.encode(), (signed or "").encode())
    if not is_right or fields.get("AccountSid", kept.account_sid) != kept.account_sid:
        limits.count(MISSES, network)
        raise HookSignatureWrong
    limits.count(BROUGHT, account_id.hex)
    return Brought(account_id, fields)


def _address(way: TextWay, request: Request) -> str:
    """Return the address as the provider knows it: whatever proxies make of it on its way."""
    path = request.scope.get("raw_path", request.scope["path"].encode()).partition(b"?")[0].decode("latin-1")
    query = request.scope["query_string"].decode("latin-1")
    return f"{way.public_url or ''}{path}" + (f"?{query}" if query else "")


async def _read(request: Request) -> list[tuple[str, str]]:
    """Return the fields of a form, within limits of time and size."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    coding = request.headers.get("content-encoding", "identity").strip().lower()
    if kind != _MEDIA_TYPE or coding != "identity":
        raise HookUnreadable
    body = bytearray()
    try:
        async with asyncio.timeout(SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MAX_BYTES:
                    raise TooLarge(max_bytes=MAX_BYTES)
        return parse_qsl(
            body.decode("ascii"), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict"
        )
    except TimeoutError:
        raise BodyTimeout from None
    except ValueError:
        raise HookUnreadable from None
