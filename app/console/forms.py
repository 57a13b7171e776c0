"""Forms: how they are read, how they are known to come from our own pages, and what is wrong in them."""

import asyncio
import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as BadBase64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from typing import Any, TypeVar, get_origin
from urllib.parse import parse_qs

import orjson
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from starlette.requests import Request

from app.console import labels, sessions, words
from app.console.api import Refused
from app.core.keys import KeyRing
from app.http.body import SECONDS

TOKEN = "form_token"  # noqa: S105 - the name of a field
MAX_BYTES = 256_000
_MOST_FIELDS = 1_000
_PURPOSE = "console forms"
_NONCE = 16
_READ = TypeAdapter(dict[str, str])
_MARK = 12
_MEDIA_TYPE = "application/x-www-form-urlencoded"


class Foreign(Exception):
    """A form was sent by another site's page, or by one of ours from before the sign-in."""


class Unreadable(Exception):
    """What was sent is no form, or too large a one."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status.phrase)
        self.status = status


class Fields(Mapping[str, str]):
    """The fields of a form as they were sent; of a field that was sent several times, the last counts."""

    def __init__(self, sent: Mapping[str, list[str]]) -> None:
        self._sent = sent

    def __getitem__(self, name: str) -> str:
        return self._sent[name][-1]

    def __iter__(self) -> Iterator[str]:
        return iter(self._sent)

    def __len__(self) -> int:
        return len(self._sent)

    def all(self, name: str) -> list[str]:
        """Return everything that was ticked under a name."""
        return self._sent.get(name, [])


def token(keys: KeyRing, session_key: str) -> str:
    """Return what a form of a session has to bring along; no two are alike, so that none can be guessed."""
    nonce = secrets.token_bytes(_NONCE)
    return urlsafe_b64encode(nonce + _seal(keys, session_key, nonce)).decode()


def require_own(request: Request) -> None:
    """Refuse a form that another site's page has sent, and one of which nothing says that it has not."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is None and origin is None:
        raise Foreign
    if site not in (None, "same-origin"):
        raise Foreign
    if origin is not None and origin not in _origins(request):
        raise Foreign


def _origins(request: Request) -> list[str]:
    """Return where our pages are; a proxy that ends the encryption need not say that there was one."""
    schemes = ["https", "http"] if sessions.may_be_plain(request) else ["https"]
    return [f"{scheme}://{request.url.netloc}" for scheme in schemes]


def require_token(fields: Fields, keys: KeyRing, session_key: str) -> None:
    """Refuse a form that was not made for a session."""
    try:
        given = urlsafe_b64decode(fields.get(TOKEN, ""))
    except (BadBase64, ValueError):
        raise Foreign from None
    if not hmac.compare_digest(given[_NONCE:], _seal(keys, session_key, given[:_NONCE])):
        raise Foreign


def _seal(keys: KeyRing, session_key: str, nonce: bytes) -> bytes:
    return hmac.digest(keys.derived(_PURPOSE), nonce + session_key.encode(), "sha256")


async def read(request: Request) -> Fields:
    """Return the fields of a form that is sent, within limits of time and size."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _MEDIA_TYPE:
        raise Unreadable(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    body = bytearray()
    try:
        async with asyncio.timeout(SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MAX_BYTES:
                    raise Unreadable(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        sent = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
    except TimeoutError:
        raise Unreadable(HTTPStatus.REQUEST_TIMEOUT) from None
    except ValueError:
        raise Unreadable(HTTPStatus.UNPROCESSABLE_ENTITY) from None
    return Fields({name: [each.replace("\r\n", "\n") for each in values] for name, values in sent.items()})


class Form(BaseModel):
    """What a page asks for; a field that was left empty was not filled in."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Version(Form):
    """Which copy of something was on the page."""

    version: int


F = TypeVar("F", bound=Form)
READ = "read"
"""The field in which a page sends back what it was made from: a mark of each value."""

_KEYED = ("levels",)
"""Fields that hold something of each of many: who changes one of them leaves the others to others."""


def touched(fields: Fields, asked: Mapping[str, Any], saved: Mapping[str, Any]) -> dict[str, Any]:
    """Return what somebody has changed on a page and is not saved yet.

    What they have left as it was when the page was made is not theirs, whatever others have saved since.
    """
    read = _read(fields)
    mine: dict[str, Any] = {}
    for name, value in asked.items():
        wanted = saved[name] | _differing(read, name, value, saved[name]) if name in _KEYED else value
        if wanted != saved[name] and _mark(wanted) != read.get(name, _mark(saved[name])):
            mine[name] = _filled_in(wanted) if name in _KEYED else wanted
    return mine


def others(fields: Fields, saved: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Return what is not as it was when the page was made, of some names."""
    read = _read(fields)
    found = {name: saved[name] for name in names if read.get(name) != _mark(saved[name])}
    for name in _KEYED:
        if name in found:
            before = [each.removeprefix(f"{name}.") for each in read if each.startswith(f"{name}.")]
            found[name] = _differing(read, name, saved[name], before)
    return found


def _differing(
    read: Mapping[str, str], name: str, value: Mapping[str, Any], keys: Iterable[str]
) -> dict[str, Any]:
    """Return what is not as it was when the page was made, of each of many; None for what is not there."""
    now = dict.fromkeys(keys) | dict(value)
    return {key: one for key, one in now.items() if _mark(one) != read.get(f"{name}.{key}", _mark(None))}


def _filled_in(value: Mapping[str, Any]) -> dict[str, Any]:
    return {key: one for key, one in value.items() if one is not None}


def _read(fields: Fields) -> dict[str, str]:
    try:
        return _READ.validate_json(fields.get(READ, "{}"))
    except ValidationError:
        return {}


def made_from(values: Mapping[str, Any]) -> str:
    """Return what tells later which values a page was made from, as `touched` wants it."""
    marks = {name: _mark(value) for name, value in values.items()}
    for name in _KEYED:
        marks |= {f"{name}.{key}": _mark(one) for key, one in values.get(name, {}).items()}
    return orjson.dumps(marks).decode()


def _mark(value: Any) -> str:
    return sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()[:_MARK]


class Unfilled(Exception):
    """A form is not filled in as it should be: a sentence by field."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__(", ".join(fields))
        self.fields = dict(fields)


def filled(kind: type[F], fields: Fields) -> F:
    """Return a form as it was filled in, or raise `Unfilled`."""
    values: dict[str, Any] = {}
    for name, info in kind.model_fields.items():
        if get_origin(info.annotation) is list:
            values[name] = [each for each in fields.all(name) if each]
        elif fields.get(name):
            values[name] = fields[name]
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise Unfilled(
            {str(each["loc"][0]): words.of_field(each["type"]) for each in error.errors()}
        ) from None


def time_of_day(sent: str) -> str:
    """Return a time of day as the API has it; browsers leave seconds out that are none."""
    return f"{sent}:00" if len(sent) == len("09:00") else sent


@dataclass(frozen=True, slots=True)
class Wrong:
    """Why a form was not taken: a sentence about all of it, sentences by field, and the answer's status.

    `others` are sentences about what has no field of its own on the page.
    """

    sentence: str
    fields: Mapping[str, str]
    status: int
    is_stale: bool = False
    others: Sequence[str] = ()


def wrong(error: Unfilled | Refused, *, known: Iterable[str] = ()) -> Wrong:
    """Return what to tell of a form the page, or the API, did not take.

    A refusal of single fields is told at those `known` to be on the page, and above the form otherwise.
    """
    if isinstance(error, Unfilled):
        return Wrong(words.LOOK_AGAIN, error.fields, HTTPStatus.UNPROCESSABLE_ENTITY)
    at_fields = words.by_field(error.problem, known)
    sentence = words.LOOK_AGAIN if at_fields else words.of_problem(error.problem)
    others = [
        f"{labels.of_field(name)}: {each}" for name, each in words.of_others(error.problem, known).items()
    ]
    is_stale = error.status == HTTPStatus.PRECONDITION_FAILED
    return Wrong(sentence, at_fields, error.status, is_stale=is_stale, others=others)
