"""How a JSON body is read: counted while it streams, and held to I-JSON (RFC 7493) before anything sees it.

Starlette's own body limit is not used because it answers in plain text.
"""

import asyncio
import json
import re
from collections.abc import Callable, Coroutine
from email.message import Message
from functools import lru_cache
from typing import Any, ClassVar

import orjson
from fastapi import Request, Response
from fastapi.routing import APIRoute

from app.core import card_numbers
from app.http.errors import BodyTimeout, CardNumberRefused, InvalidJson, TooLarge, UnsupportedMediaType

MAX_DEPTH = 32
MAX_INTEGER = 2**53 - 1
"""The largest integer every JSON reader holds exactly; larger ones travel as strings."""

SECONDS = 30
"""Within which a body must have arrived."""

_DIGITS_ALIKE = bytes.maketrans(b"123456789", b"000000000")
_LONG_NUMBER = b"0" * len(str(MAX_INTEGER))
_SPACED_KEY = re.compile(rb'"[ \t\r\n]+:')
_TOLD = {"surrogate in string": "lone_surrogate", "depth limit exceeded": "too_deep"}
"""What the parser says of `\\ud800` without its other half, and of thousands of levels."""
_NUL_ESCAPE = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


class JsonRoute(APIRoute):
    """A route whose body, if it has one, is strict JSON of a limited size.

    A subclass says another `max_bytes`, and that it looks for card numbers itself. Parameters are annotated
    `Sent[...]`.
    """

    max_bytes: ClassVar[int] = 1_000_000
    looks_for_card_numbers: ClassVar[bool] = False

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Read and check the body before FastAPI does, to whom any failure to read is the same 400."""
        handle = super().get_route_handler()
        if self.body_field is None:
            return handle

        async def read_then_handle(request: Request) -> Response:
            read = _ReadRequest(request.scope, request.receive)
            await read.read(self.max_bytes)
            if not self.looks_for_card_numbers:
                _refuse_card_numbers(await read.body())
            return await handle(read)

        return read_then_handle


class _ReadRequest(Request):
    """A request whose body is read and checked, and handed on as bytes for `Sent` to parse."""

    _checked: bytes = b""

    async def read(self, limit: int) -> None:
        """Take the whole body, or refuse it by its headers, its size, its slowness or its content."""
        if self.headers.get("content-encoding", "identity").strip().lower() != "identity":
            raise UnsupportedMediaType
        try:
            async with asyncio.timeout(SECONDS):
                self._checked = await self._within(limit)
        except TimeoutError:
            raise BodyTimeout from None
        if self._checked:
            if not _is_json(self.headers.get("content-type", "")):
                raise UnsupportedMediaType
            check(self._checked)

    async def body(self) -> bytes:
        """Return the bytes that were read."""
        return self._checked

    async def json(self) -> bytes:
        """Return the bytes that were read, known to be JSON."""
        return self._checked

    async def _within(self, limit: int) -> bytes:
        declared = self.headers.get("content-length", "")
        if declared.isdecimal() and (len(declared) > len(str(limit)) or int(declared) > limit):
            raise TooLarge(max_bytes=limit)
        body = bytearray()
        async for chunk in self.stream():
            body += chunk
            if len(body) > limit:
                raise TooLarge(max_bytes=limit)
        return bytes(body)


def _refuse_card_numbers(body: bytes) -> None:
    if body and card_numbers.may_hold(body):
        place = card_numbers.place_in(orjson.loads(body))
        if place is not None:
            raise CardNumberRefused(field=place)


@lru_cache(maxsize=64)
def _is_json(content_type: str) -> bool:
    message = Message()
    message["content-type"] = content_type.encode("ascii", "replace").decode()
    charset = message.get_param("charset", "utf-8")
    return message.get_content_type() == "application/json" and str(charset).lower() == "utf-8"


def check(body: bytes) -> None:
    """Refuse a body that is not I-JSON, or nests deeper than 32 levels.

    Fast for what clients really send: one pass of orjson, which refuses bad UTF-8, half surrogate pairs, NaN
    and infinities, and a few searches. Only what these find suspicious is parsed again, slowly and exactly.
    """
    try:
        tree = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        known = (reason for told, reason in _TOLD.items() if told in str(error))
        raise InvalidJson(reason=next(known, "syntax")) from None
    keys = _count_keys(tree)
    if b"\\u0000" in body and _NUL_ESCAPE.search(body):
        raise InvalidJson(reason="nul_character")
    if body.count(b'":') != keys or _SPACED_KEY.search(body) or _LONG_NUMBER in body.translate(_DIGITS_ALIKE):
        json.loads(body, object_pairs_hook=_refuse_duplicates, parse_int=_refuse_large)


def _count_keys(tree: Any) -> int:
    """Count the keys of all objects, level by level, as long as there are no more than 32 levels.

    In the text each key ends in `":` unless space stands between, and nothing else does but an escaped
    quote; so when the counts agree no key was lost to a namesake.
    """
    keys, level = 0, [tree] if isinstance(tree, dict | list) else []
    for _ in range(MAX_DEPTH):
        keys += sum(len(node) for node in level if type(node) is dict)
        level = [
            child
            for node in level
            for child in (node.values() if type(node) is dict else node)
            if type(child) is dict or type(child) is list
        ]
        if not level:
            return keys
    raise InvalidJson(reason="too_deep")


def _refuse_duplicates(pairs: list[tuple[str, Any]]) -> None:
    if len({key for key, _ in pairs}) != len(pairs):
        raise InvalidJson(reason="duplicate_key")


def _refuse_large(digits: str) -> int:
    if len(digits) > len(str(MAX_INTEGER)) + 1 or abs(int(digits)) > MAX_INTEGER:
        raise InvalidJson(reason="number_out_of_range")
    return 0
