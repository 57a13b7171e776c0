"""The contract without its words: what a client can break on, one fact a line.

A fact is a place, what is told of it, and what holds there, as `schema Client.email`, `types`, `null|string`.
Places of an operation say which way they go: `POST /v1/clients > body` is sent, `POST /v1/clients < 201` is
answered. `HOOK clients.created < body` is posted to webhooks: those who receive it are clients too, and what
they answer is sent.
Two lists of facts are compared in `breaking`; that of the last release is kept in openapi/released.txt.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from app.openapi.records import REF, Schema

SIZES_AT_LEAST = ("minLength", "minimum", "exclusiveMinimum", "minItems", "minProperties")
SIZES_AT_MOST = ("maxLength", "maximum", "exclusiveMaximum", "maxItems", "maxProperties")
SHAPES = ("pattern", "format", "names")
SCHEME = "scheme"
"""Begins the place of a way in: where its token is sent, and how."""
_HINTS = ("description", "bearerFormat")
_PROBLEM = "application/problem+json"
_FORM = "application/x-www-form-urlencoded"
_BETWEEN = "\t"

Fact = tuple[str, str]
"""A place, and what is told of it."""


@dataclass(frozen=True, slots=True)
class Surface:
    """A version, and what holds where; several values of one place stand between bars."""

    version: str
    facts: Mapping[Fact, str]

    def text(self) -> str:
        """Return it as it is kept: the version, then a line a fact, in order."""
        lines = (_BETWEEN.join((*fact, value)) for fact, value in sorted(self.facts.items()))
        return "\n".join((self.version, *lines, ""))


def read(text: str) -> Surface:
    """Return what `Surface.text` has written."""
    [version, *lines] = text.splitlines()
    parts = (line.split(_BETWEEN) for line in lines)
    return Surface(version, {(place, told): value for place, told, value in parts})


def surface(document: Schema) -> Surface:
    """Return what a whole document promises."""
    made = _laid_together(document, document["components"]["schemas"])
    components = made["components"]
    facts: dict[Fact, str] = {}
    sent_parts: list[Any] = []
    answered_parts: list[Any] = []
    for path, verbs in made["paths"].items():
        for verb, operation in verbs.items():
            sent_parts += [operation.get("requestBody"), operation.get("parameters")]
            answered_parts.append(operation["responses"])
            facts.update(_operation(f"{verb.upper()} {path}", operation, components))
    for name, verbs in made.get("webhooks", {}).items():
        for operation in verbs.values():
            answered_parts += [operation.get("requestBody"), operation.get("parameters")]
            sent_parts.append(operation["responses"])
            facts.update(_hook(f"HOOK {name}", operation, components))
    for name, header in components.get("headers", {}).items():
        facts.update(_schema(f"headers < {name}", header.get("schema", {})))
    for name, scheme in components.get("securitySchemes", {}).items():
        facts[f"{SCHEME} {name}", SCHEME] = _json({k: v for k, v in scheme.items() if k not in _HINTS})
    sent, answered = _reached(sent_parts, components), _reached(answered_parts, components)
    for name, schema in components["schemas"].items():
        ways = [way for way, names in ((">", sent), ("<", answered)) if name in names]
        facts["schema " + name, "way"] = _values(ways)
        facts.update(_schema(f"schema {name}", schema))
    return Surface(made["info"]["version"], facts)


def _laid_together(told: Any, schemas: Schema) -> Any:
    """Return what is told with one schema in the place of several that lie on each other, some without names.

    Whether an answer is told as a whole or as an addition to something else is no promise.
    """
    if isinstance(told, list):
        return [_laid_together(each, schemas) for each in told]
    if not isinstance(told, dict):
        return told
    layers = told.get("allOf", [])
    if all("$ref" in each for each in layers):
        return {key: _laid_together(each, schemas) for key, each in told.items()}
    whole: Schema = {key: each for key, each in told.items() if key != "allOf"}
    for each in layers:
        layer = schemas[each["$ref"].removeprefix(REF)] if "$ref" in each else each
        fields = whole.get("properties", {})
        laid = {name: fields.get(name, {}) | shape for name, shape in layer.get("properties", {}).items()}
        needs = [*whole.get("required", []), *layer.get("required", [])]
        whole = {**layer, **whole, "properties": fields | laid, "required": needs}
    return _laid_together(whole, schemas)


def _operation(place: str, operation: Schema, components: Schema) -> Iterator[tuple[Fact, str]]:
    yield (place, "operation"), operation["operationId"]
    yield (place, "security"), _values("+".join(sorted(each)) for each in operation.get("security", []))
    yield from _given(f"{place} >", operation, components)
    for status, each in operation["responses"].items():
        at = f"{place} < {status}"
        answer = _found(each, components)
        yield (at, "status"), status
        if answer.get("headers"):
            yield (at, "headers"), _values(answer["headers"])
        yield from _contents(at, answer)


def _hook(place: str, operation: Schema, components: Schema) -> Iterator[tuple[Fact, str]]:
    """Yield what is posted to a webhook, and which answers of it are understood."""
    yield (place, "operation"), operation["operationId"]
    yield from _given(f"{place} <", operation, components)
    for status in operation["responses"]:
        yield (f"{place} > {status}", "status"), status


def _given(way: str, operation: Schema, components: Schema) -> Iterator[tuple[Fact, str]]:
    for each in operation.get("parameters", []):
        parameter = _found(each, components)
        at = f"{way} {parameter['in']} {parameter['name']}"
        yield (at, "sent"), "required" if parameter.get("required") else "optional"
        yield from _schema(at, parameter["schema"])
    if body := operation.get("requestBody"):
        at = f"{way} body"
        yield (at, "sent"), "required" if body.get("required") else "optional"
        yield from _contents(at, body)


def _contents(place: str, told: Schema) -> Iterator[tuple[Fact, str]]:
    contents = told.get("content", {})
    if contents and _PROBLEM not in contents:
        yield (place, "contents"), _values(contents)
    for kind, content in contents.items():
        if kind == _PROBLEM:
            yield (place, "codes"), _values(content.get("examples", {}))
        else:
            # A form is the fields it has; that it is sent as a text is said by its kind.
            form = {"type": "object"} if kind == _FORM else {}
            yield from _schema(f"{place} {kind}", content.get("schema", {}) | form)


def _schema(place: str, shape: Schema) -> Iterator[tuple[Fact, str]]:
    """Yield what is told of a schema and of its parts; what it refers to is told at its own place."""
    yield (place, "types"), _values(_types(shape))
    for name in (*SIZES_AT_LEAST, *SIZES_AT_MOST, *SHAPES):
        if name in shape:
            yield (place, name), str(shape[name])
    if "enum" in shape or "const" in shape:
        told = "open values" if shape.get("x-open-enum") else "values"
        yield (place, told), _values(str(each) for each in shape.get("enum", [shape.get("const")]))
    if "required" in shape:
        yield (place, "needs"), _values(shape["required"])
    if shape.get("additionalProperties") is False:
        yield (place, "closed"), "yes"
    if "default" in shape:
        yield (place, "default"), _json(shape["default"])
    if patterns := shape.get("patternProperties"):
        yield (place, "names"), _values(patterns)
    yield from _parts(place, shape)


def _parts(place: str, shape: Schema) -> Iterator[tuple[Fact, str]]:
    for name, each in shape.get("properties", {}).items():
        yield from _schema(f"{place}.{name}", each)
    for part, mark in (("items", "[]"), ("additionalProperties", "{}"), ("propertyNames", "{name}")):
        if isinstance(shape.get(part), dict):
            yield from _schema(place + mark, shape[part])
    for number, name in enumerate(sorted(shape.get("patternProperties", {}))):
        yield from _schema(f"{place}{{{number}}}", shape["patternProperties"][name])
    for several in ("allOf", "anyOf", "oneOf"):
        named = Counter[str]()
        for number, each in enumerate(shape.get(several, [])):
            if "$ref" not in each and each.get("type") != "null":
                kind = _values(_types(each))
                name = kind if kind != "object" else str(number)
                named[name] += 1
                among = f" {named[name]}" if named[name] > 1 else ""
                yield from _schema(f"{place} {several} {name}{among}", each)


def _types(shape: Schema) -> list[str]:
    """Return what a value may be, in words: types, names of schemas, null."""
    if "$ref" in shape:
        return [shape["$ref"].removeprefix(REF)]
    if "allOf" in shape:
        return ["&".join(sorted(_values(_types(each)) for each in shape["allOf"]))]
    for several in ("anyOf", "oneOf"):
        if several in shape:
            return [each for arm in shape[several] for each in _types(arm)]
    usual = "object" if "properties" in shape or "required" in shape else "any"
    kind = shape.get("type", usual)
    return kind if isinstance(kind, list) else [kind]


def _values(values: Iterable[str]) -> str:
    return "|".join(sorted({*values}))


def _json(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def _found(each: Schema, components: Schema) -> Schema:
    """Return what is meant, where it is said among the components; schemas stay references."""
    kind, name = str(each.get("$ref", "//")).split("/")[-2:]
    found: Schema = each if kind not in components else components[kind][name]
    return found


def _reached(start: Any, components: Schema) -> set[str]:
    """Return the names of the schemas something is made of, however deep."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        each = waiting.pop()
        if isinstance(each, Mapping):
            target = each.get("$ref")
            if isinstance(target, str) and target not in found:
                found.add(target)
                waiting.append(_found({"$ref": target}, components))
            waiting += [value for key, value in each.items() if key not in ("example", "examples")]
        elif isinstance(each, list):
            waiting += each
    return {each.removeprefix(REF) for each in found if each.startswith(REF)}
