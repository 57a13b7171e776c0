"""Schemas as lines for people: what a field is called, what it may be, and what it is for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from markupsafe import Markup, escape

from app.openapi.records import REF, Schema
from app.site.docs.places import Places
from app.site.docs.prose import Prose

_WORDS = {
    ("string", "uuid"): "id",
    ("string", "date"): "date",
    ("string", "time"): "time",
    ("string", "date-time"): "instant",
    ("string", "binary"): "bytes",
    ("array", None): "list",
    ("string", None): "text",
    ("null", None): "null",
}
_SEVERAL = ("anyOf", "oneOf")
_LONGEST_EXAMPLE, _LONGEST_PATTERN = 90, 40
_MOST_VALUES = 40


@dataclass(frozen=True, slots=True)
class Row:
    """A field: its name, what it may be, notes, a sentence, an example, and fields within it."""

    name: str
    type: Markup
    notes: Sequence[str]
    words: Markup
    example: str | None
    within: Sequence["Row"] = ()


@dataclass(frozen=True, slots=True)
class Shape:
    """A schema: a sentence, what it is if it has no fields, and its fields."""

    name: str
    words: Markup
    type: Markup | None
    rows: Sequence[Row]


class Shapes:
    """What tells schemas."""

    def __init__(self, schemas: Schema, places: Places, prose: Prose) -> None:
        """Take the schemas of the document."""
        self._schemas, self._places, self._prose = schemas, places, prose

    def shape(self, name: str, here: str) -> Shape:
        """Return a schema as it is told on a page."""
        schema = self._schemas[name]
        rows = list(self.rows(schema, here))
        words = self._prose.text(schema.get("description", ""), here)
        parts = [each for each in schema.get("allOf", ()) if "$ref" in each]
        kind = self.type(schema if not rows else {"allOf": parts}, here) if parts or not rows else None
        return Shape(name, words, kind, rows)

    def rows(self, schema: Schema, here: str) -> Iterator[Row]:
        """Yield the fields of a schema; those of the schemas it is made of are told where these are."""
        required = {*schema.get("required", ())}
        required |= {name for each in schema.get("allOf", ()) for name in each.get("required", ())}
        for part in (schema, *schema.get("allOf", ())):
            for name, each in part.get("properties", {}).items():
                yield self.row(name, each, here, is_required=name in required)

    def row(self, name: str, schema: Schema, here: str, *, is_required: bool) -> Row:
        """Return one field."""
        notes = [*(["required"] if is_required else []), *_notes(schema)]
        return Row(
            name,
            self.type(schema, here),
            notes,
            self._prose.line(" ".join(schema.get("description", "").split("\n\n")[0].split()), here)
            if "\n\n" not in schema.get("description", "")
            else self._prose.text(schema["description"], here),
            _example(schema),
            list(self.rows(schema, here)),
        )

    def header(self, name: str, told: Schema, here: str) -> Row:
        """Return a header of an answer."""
        schema = {**told["schema"], "description": told.get("description", "")}
        return self.row(name, schema, here, is_required=False)

    def type(self, schema: Schema, here: str) -> Markup:  # noqa: PLR0911, C901 - one for each kind of schema
        """Return what something may be, in a few words; names of schemas lead to where they are told."""
        if "$ref" in schema:
            name = schema["$ref"].removeprefix(REF)
            return Markup('<a href="{}">{}</a>').format(
                self._places.of(here, self._places.schemas[name]), name
            )
        if "allOf" in schema:
            return Markup(" with ").join(
                self.type(each, here)
                for each in schema["allOf"]
                if "$ref" in each or len(schema["allOf"]) == 1
            ) or Markup("object")
        for several in _SEVERAL:
            if several in schema:
                return Markup(" or ").join(dict.fromkeys(self.type(each, here) for each in schema[several]))
        if "const" in schema:
            return Markup("<code>{}</code>").format(_json(schema["const"]))
        if "enum" in schema:
            told = [Markup("<code>{}</code>").format(_json(each)) for each in schema["enum"]]
            return Markup(", ").join(told[:_MOST_VALUES]) + (", …" if len(told) > _MOST_VALUES else "")
        if "items" in schema:
            return Markup("list of ") + self.type(schema["items"], here)
        named = [schema.get("additionalProperties"), *schema.get("patternProperties", {}).values()]
        for each in named:
            if isinstance(each, dict) and each:
                return Markup("by name: ") + self.type(each, here)
        kind = schema.get("type", "anything")
        if isinstance(kind, list):
            return Markup(" or ").join(escape(each) for each in kind)
        return escape(_WORDS.get((kind, schema.get("format"))) or _WORDS.get((kind, None)) or kind)


def _notes(schema: Schema) -> Iterator[str]:
    """Yield what else holds of a value."""
    if schema.get("readOnly"):
        yield "read only"
    if "x-part" in schema:
        yield f"part {schema['x-part']}"
    for name in ("x-default", "default"):
        if schema.get(name) is not None:
            yield f"{_json(schema[name])} if left out"
            break
    found = [each for each in (schema, *schema.get("anyOf", ())) if each.get("type") != "null"]
    for each in found:
        yield from _bounds(each)


def _bounds(schema: Schema) -> Iterator[str]:
    for low, high, of in (
        ("minimum", "maximum", ""),
        ("minLength", "maxLength", " characters"),
        ("minItems", "maxItems", " entries"),
        ("minProperties", "maxProperties", " names"),
    ):
        least, most = (_number(schema.get(name)) for name in (low, high))
        if least and most:
            yield f"{least} to {most}{of}" if least != most else f"{least}{of}"
        elif least and least != "0":
            yield f"at least {least}{of}"
        elif most:
            yield f"at most {most}{of}"
    if "pattern" in schema and len(schema["pattern"]) <= _LONGEST_PATTERN:
        yield f"as {schema['pattern']}"


def _number(value: Any) -> str | None:
    return None if value is None else f"{int(value):,}" if float(value).is_integer() else str(value)


def _example(schema: Schema) -> str | None:
    """Return an example where it tells something a type does not, and is short."""
    shown = next((each for each in schema.get("examples", ()) if each is not None), None)
    if shown is None or isinstance(shown, bool) or shown in ([], {}):
        return None
    text = _json(shown) if not isinstance(shown, str) else shown
    return text if len(text) <= _LONGEST_EXAMPLE else None


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
