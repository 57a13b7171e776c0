"""Forms: what somebody has filled in on a page, what of it is theirs, and what is wrong in it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from http import HTTPStatus
from typing import Any, TypeVar, get_origin

import orjson
from pydantic import AwareDatetime, BaseModel, ConfigDict, TypeAdapter, ValidationError

from app.console import labels, words
from app.console.api import Refused
from app.core.keys import KeyRing
from app.http import forms
from app.http.forms import Fields

_PURPOSE = "console forms"
_READ = TypeAdapter(dict[str, str])
_MARK = 12


def token(keys: KeyRing, session_key: str) -> str:
    """Return what a form of a session has to bring along."""
    return forms.token(keys, _PURPOSE, session_key)


def require_token(fields: Fields, keys: KeyRing, session_key: str) -> None:
    """Refuse a form that was not made for a session."""
    forms.require_token(fields, keys, _PURPOSE, session_key)


class Form(BaseModel):
    """What a page asks for; a field that was left empty was not filled in."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Once(Form):
    """When a form was made: what it has made since is not made again by a page that is loaded anew."""

    made_at: AwareDatetime

    def has_made(self, made: Mapping[str, Any]) -> bool:
        """Say whether something is newer than the form."""
        return datetime.fromisoformat(made["created_at"]) >= self.made_at


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
