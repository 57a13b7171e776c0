"""Operations as they are told: what is sent, what is answered, what is refused, and what can be done next."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from markupsafe import Markup

from app.accounts.errors import DeskRequired, DeviceRequired
from app.openapi.records import REF, Schema
from app.site.docs.code import colored
from app.site.docs.places import Places
from app.site.docs.prose import Prose, in_language
from app.site.docs.samples import sample
from app.site.docs.shapes import Row, Shape, Shapes

_REFUSED, _JSON = "400", "application/json"
_WHO = {
    ("ApiKey",): "an API key",
    ("HTTPBearer", "ApiKey"): "a person, at a desk or on a phone, or an API key",
    ("HTTPBearer",): "a person, at a desk or on a phone",
    ("OperatorKey",): "the operator",
    (): "anybody, whether signed in or not",
}
_ONLY = {
    (DeskRequired.code, ("HTTPBearer", "ApiKey")): "a person at a desk, or an API key",
    (DeskRequired.code, ("HTTPBearer",)): "a person at a desk",
    (DeviceRequired.code, ("HTTPBearer",)): "a person on a phone",
}
"""Who may ask where that refuses all others."""
_PUSHES_AND_PULLS = "sync_exchange"
_LONGEST = 6_000
"""Characters of an answer that is shown whole."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What an operation answers: its status, a sentence, what it is, its headers, and an example of it."""

    status: str
    words: Markup
    type: Markup | None
    rows: Sequence[Row]
    headers: Sequence[Row]
    usual: Sequence[str]
    """Names of headers that many answers have: they are told beside the schemas."""
    whole: Markup | None
    as_above: str | None


@dataclass(frozen=True, slots=True)
class Told:
    """An operation as its page tells it."""

    id: str
    verb: str
    path: str
    title: str
    words: Markup
    who: str
    is_deprecated: bool
    parameters: Sequence[tuple[str, Sequence[Row]]]
    body: Markup | None
    shape: Shape | None
    samples: Markup
    answers: Sequence[Answer]
    refusals: Sequence[tuple[str, Sequence[str]]]
    links: Sequence[tuple[str, str, Markup]]


class Operations:
    """What tells operations."""

    def __init__(self, made: Schema, places: Places, prose: Prose, shapes: Shapes) -> None:
        """Take the document."""
        self._components: Schema = made["components"]
        self._places, self._prose, self._shapes = places, prose, shapes

    def told(
        self,
        verb: str,
        path: str,
        operation: Schema,
        here: str,
        *,
        shown: dict[str, str],
        own: Mapping[str, str],
    ) -> Told:
        """Return an operation; `shown` is which answers the page has shown already, under which operation.

        `own` names the operation that a schema is told with, where it is the body of that one alone.
        """
        name = operation["operationId"]
        parameters = [self._found(each) for each in operation.get("parameters", ())]
        content = operation.get("requestBody", {}).get("content", {})
        kind: Schema = next((each["schema"] for each in content.values()), {})
        sent = str(kind.get("$ref", "")).removeprefix(REF)
        refusals = [
            (status, [*told["examples"]])
            for status, each in operation["responses"].items()
            if status >= _REFUSED
            for told in self._found(each)["content"].values()
        ]
        return Told(
            id=name,
            verb=verb,
            path=path,
            title=operation["summary"],
            words=self._prose.text(operation["description"], here),
            who=_who(operation, refusals),
            is_deprecated=operation.get("deprecated", False),
            parameters=[
                (called, rows)
                for where, called in (
                    ("path", "In the address"),
                    ("query", "In the query"),
                    ("header", "Headers"),
                )
                if (rows := [self._parameter(each, here) for each in parameters if each["in"] == where])
            ],
            body=self._content(content, here) if content else None,
            shape=self._shapes.shape(sent, here) if own.get(sent) == name else None,
            samples=self._samples(verb, path, operation, parameters),
            answers=[
                self._answer(status, self._found(each), here, name, shown)
                for status, each in operation["responses"].items()
                if status < _REFUSED
            ],
            refusals=refusals,
            links=list(self._links(operation, here)),
        )

    def _samples(self, verb: str, path: str, operation: Schema, parameters: Sequence[Schema]) -> Markup:
        made = sample(verb, path, operation, parameters, self._components["schemas"])
        told = (
            in_language(
                language, f"{operation['operationId']}-request", colored(text, language), is_open=not place
            )
            for place, (language, text) in enumerate(made.told().items())
        )
        return Markup("".join(told))  # noqa: S704 - made by `colored`

    def _found(self, told: Schema) -> Schema:
        """Return what is told, or what it refers to."""
        if "$ref" not in told:
            return told
        kind, name = told["$ref"].split("/")[-2:]
        found: Schema = self._components[kind][name]
        return found

    def _parameter(self, parameter: Schema, here: str) -> Row:
        schema = {**parameter["schema"], "description": parameter.get("description", "")}
        return self._shapes.row(parameter["name"], schema, here, is_required=parameter.get("required", False))

    def _content(self, content: Mapping[str, Schema], here: str) -> Markup:
        """Return what a body is: a schema, or which kinds of bytes."""
        if _JSON in content:
            return self._shapes.type(content[_JSON]["schema"], here)
        kinds = Markup(", ").join(Markup("<code>{}</code>").format(each) for each in content)
        schema = next(iter(content.values())).get("schema", {})
        return kinds + Markup(": ") + self._shapes.type(schema, here) if "$ref" in schema else kinds

    def _answer(self, status: str, answer: Schema, here: str, name: str, shown: dict[str, str]) -> Answer:
        content = answer.get("content", {})
        headers = [
            self._shapes.header(called, each, here)
            for called, each in answer.get("headers", {}).items()
            if "$ref" not in each
        ]
        usual = [called for called, each in answer.get("headers", {}).items() if "$ref" in each]
        whole = self._whole(content)
        as_above = shown.get(whole) if whole else None
        if whole and as_above is None:
            shown[whole] = name
        return Answer(
            status,
            self._prose.text(answer["description"], here),
            self._content(content, here) if content else None,
            list(self._shapes.rows(content.get(_JSON, {}).get("schema", {}), here)),
            headers,
            usual,
            colored(whole, "json") if whole and as_above is None else None,
            as_above,
        )

    def _whole(self, content: Mapping[str, Schema]) -> str | None:
        """Return an example of a whole answer."""
        told = content.get(_JSON, {})
        if "example" in told:
            return _json(told["example"])
        each = next(iter(told.get("examples", {}).values()), None)
        return None if each is None else _json(self._found(each)["value"])

    def _links(self, operation: Schema, here: str) -> Iterator[tuple[str, str, Markup]]:
        seen = set()
        for answer in operation["responses"].values():
            for each in self._found(answer).get("links", {}).values():
                target = each["operationId"]
                if target not in seen:
                    seen.add(target)
                    place = self._places.of(here, self._places.operations[target])
                    yield target, place, self._prose.line(each["description"], here)


def _who(operation: Schema, refusals: Sequence[tuple[str, Sequence[str]]]) -> str:
    """Return who may ask an operation, by what opens it and whom it refuses."""
    opens = tuple(scheme for each in operation.get("security", ()) for scheme in each)
    if operation["operationId"] == _PUSHES_AND_PULLS:
        return "a person on a phone, and at a desk where nothing is pushed"
    codes = {code for _, told in refusals for code in told}
    only = (words for (code, schemes), words in _ONLY.items() if code in codes and schemes == opens)
    return next(only, _WHO[opens])


def _json(value: Any) -> str:
    """Return an answer, cut where it is long."""
    text = orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
    return text if len(text) <= _LONGEST else text[:_LONGEST].rpartition("\n")[0] + "\n…"
