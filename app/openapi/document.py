"""The API document as FastAPI makes it, completed with what only the registry knows."""

from collections.abc import Mapping
from typing import Any

import orjson
from fastapi import FastAPI
from pydantic import TypeAdapter

from app.http import problems
from app.openapi.texts import DESCRIPTION, TAGS
from app.sync import registry
from app.sync.commands import Command, commands
from app.sync.refusals import change_refusals
from app.sync.registry import Collection
from app.sync.schemas import StreamLine
from app.sync.tables import bookkeeping

Schema = dict[str, Any]
_REF = "#/components/schemas/"


def document(app: FastAPI) -> Schema:
    """Return the whole document; equal code gives equal documents."""
    app.openapi_schema = None
    made = FastAPI.openapi(app)
    made["info"]["description"] = DESCRIPTION
    made["tags"] = TAGS
    schemas: Schema = made["components"]["schemas"]
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas.update(problems.schemas())
    _add_lines(schemas)
    for collection in registry.collections():
        _add_record(schemas, collection)
    for command in commands():
        _add(schemas, command.takes.__name__, _command(command))
    schemas["Change"]["properties"]["command"]["description"] += "".join(
        f"\n\n`{each.name}` of {', '.join(f'`{name}`' for name in each.collections)}: {each.description}"
        f" Sent along: [{each.takes.__name__}]({_REF}{each.takes.__name__})."
        for each in commands()
    )
    schemas["PullAnswer"]["properties"]["changes"] |= _changes()
    codes = {kind.code: problems.description(kind) for kind in change_refusals()}  # type: ignore[arg-type]
    schemas["Verdict"]["properties"]["code"]["description"] += "".join(
        f"\n\n`{code}`: {sentence}" for code, sentence in codes.items()
    )
    made["components"]["schemas"] = dict(sorted(schemas.items()))
    return made


def text(app: FastAPI) -> bytes:
    """Return the document as it is committed."""
    return orjson.dumps(document(app), option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS) + b"\n"


def record_name(collection: Collection) -> str:
    """Return the name of a collection's record among the schemas."""
    return collection.model.__name__


def _add_lines(schemas: Schema) -> None:
    """Describe the lines of a stream, which no route answers with as a whole."""
    made = TypeAdapter(StreamLine).json_schema(mode="serialization", ref_template=_REF + "{model}")
    for name, inner in made.pop("$defs").items():
        schemas.setdefault(name, inner)
    schemas["StreamLine"] = {"description": "One line of a streamed pull.", **made}


def _add_record(schemas: Schema, collection: Collection) -> None:
    """Describe a record as it is pulled: every field is always there."""
    made = collection.model.model_json_schema(mode="serialization", ref_template=_REF + "{model}")
    for name, inner in made.pop("$defs", {}).items():
        _add(schemas, name, _complete(inner))
    made["properties"] = {**_bookkeeping(), **made.get("properties", {})}
    _add(schemas, record_name(collection), _complete(made))


def _add(schemas: Schema, name: str, schema: Schema) -> None:
    if schemas.setdefault(name, schema) != schema:
        raise TypeError(f"two different schemas are called {name}")


def _complete(schema: Schema) -> Schema:
    """Answers have no defaults: whatever may be there is there."""
    if "properties" not in schema:
        return schema
    properties = {name: _without_default(each) for name, each in schema["properties"].items()}
    return {**schema, "properties": properties, "required": list(properties)}


def _without_default(schema: Mapping[str, Any]) -> Schema:
    return {key: value for key, value in schema.items() if key != "default"}


def _bookkeeping() -> Schema:
    """Describe what the store keeps on every record beside its fields."""
    kept: Schema = {
        "id": {
            "type": "string",
            "format": "uuid",
            "description": "The record's id.",
            "examples": ["8a2f4f0e-4b7e-4f43-9d0f-0c7b7f5b2a11"],
            "readOnly": True,
        },
        "revision": {
            "type": "integer",
            "description": "The version of its content.",
            "examples": [17],
            "readOnly": True,
        },
    }
    for column in bookkeeping():
        shape: Schema = {"type": "string", "format": "date-time" if column.name.endswith("_at") else "uuid"}
        if column.nullable:
            shape = {"anyOf": [shape, {"type": "null"}]}
        kept[column.name] = {
            **shape,
            "description": _MEANINGS[column.name],
            "examples": [_EXAMPLES[column.name]],
            "readOnly": True,
        }
    return kept


_EXAMPLES = {
    "created_at": "2026-06-13T15:04:05Z",
    "created_by": "6f1f2a54-7e0c-4c39-9b1e-0d9a53f2a7c1",
    "updated_at": "2026-06-13T15:04:05Z",
    "updated_by": "6f1f2a54-7e0c-4c39-9b1e-0d9a53f2a7c1",
}
_MEANINGS = {
    "created_at": "When the server first took it in.",
    "created_by": "The user who made it; none for the system.",
    "updated_at": "When it was last changed.",
    "updated_by": "The user who last changed it; none for the system.",
}


def _command(command: Command) -> Schema:
    """Describe what is sent along with a command, in the `fields` of its change."""
    made: Schema = command.takes.model_json_schema(ref_template=_REF + "{model}")
    return {**made, "description": f"The `fields` of the command `{command.name}`. {made['description']}"}


def _changes() -> Schema:
    return {
        "additionalProperties": False,
        "properties": {
            each.name: {
                "description": each.description,
                "allOf": [
                    {"$ref": _REF + "CollectionChanges"},
                    {"properties": {"put": {"items": {"$ref": _REF + record_name(each)}}}},
                ],
            }
            for each in registry.collections()
        },
    }
