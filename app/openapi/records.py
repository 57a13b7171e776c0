"""The schemas of a collection's records: as they are read, and as they are sent."""

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter

from app.http.schemas import Answer
from app.sync.registry import Collection, FieldSpec
from app.sync.tables import Kind, bookkeeping

Schema = dict[str, Any]
REF = "#/components/schemas/"
_LISTS = (Kind.IDS, Kind.TEXTS, Kind.OBJECTS)
_ABOUT = ("title", "description", "examples")


def record_name(collection: Collection) -> str:
    """Return the name of a collection's record among the schemas."""
    return collection.model.__name__


def ref(name: str) -> Schema:
    """Return what refers to a schema."""
    return {"$ref": REF + name}


def add(schemas: Schema, name: str, schema: Schema) -> None:
    """Add a schema; two different ones cannot have one name."""
    if schemas.setdefault(name, schema) != schema:
        raise TypeError(f"two different schemas are called {name}")


def listed(model: type[Answer], record: str, kind: str, field: str) -> Schema:
    """Describe an answer whose field lists records of one collection, whole.

    Laid over the answer for any collection, generators would make a list of anything of it.
    """
    made = model.model_json_schema(mode="serialization", ref_template=REF + "{model}")
    lists = {key: value for key, value in made["properties"][field].items() if key != "examples"}
    made["properties"][field] = {**lists, "items": ref(record)}
    return {**made, "title": record + kind}


def add_record(schemas: Schema, collection: Collection) -> None:
    """Describe a record as it is read or pulled: every field is there, unless its part is left out."""
    made = collection.model.model_json_schema(mode="serialization", ref_template=REF + "{model}")
    for name, inner in made.pop("$defs", {}).items():
        add(schemas, name, _complete(inner))
    _complete_examples(made.get("properties", {}), collection)
    made["properties"] = {**_bookkeeping(), **made.get("properties", {})}
    whole = _complete(made)
    whole["required"] = [each for each in whole["required"] if not _may_lack(collection, each)]
    add(schemas, record_name(collection), whole)


def _may_lack(collection: Collection, name: str) -> bool:
    """Say whether preferences, or too few rights, may leave a field out of what is answered."""
    spec = collection.fields.get(name)
    return spec is not None and spec.part is not None


def add_sent(schemas: Schema, collection: Collection) -> None:
    """Describe what is sent to change a record, any of its fields, and to create one where people do."""
    name = record_name(collection)
    made = collection.model.model_json_schema(ref_template=REF + "{model}")
    inner = made.pop("$defs", {})
    names = {each: f"{each}Input" for each, schema in inner.items() if "properties" in schema}
    settable = [spec for spec in collection.fields.values() if not spec.is_read_only]
    add(schemas, "ListChange", _LIST_CHANGE)
    plain = {spec.name: made["properties"][spec.name] for spec in settable}
    fields = {spec.name: _sent(spec, _renamed(plain[spec.name], names)) for spec in settable}
    _add_elements(schemas, {each: inner[each] for each in inner if each in _named(plain, inner)}, names)
    required = [spec.name for spec in settable if spec.info.is_required()]
    add(
        schemas,
        f"{name}Patch",
        {
            "type": "object",
            "description": "The fields that are to be set; any other is refused, and what is left out stays.",
            "properties": fields,
            "examples": [_some(settable)],
        },
    )
    if collection.is_made_at_desk:
        add(
            schemas,
            f"{name}Create",
            {
                "description": "A new record; what is left out gets its `x-default`, or null.",
                "allOf": [
                    ref(f"{name}Patch"),
                    {"type": "object", "properties": {"id": _OWN_ID}, "required": required},
                ],
                "examples": [{spec.name: spec.example for spec in settable}],
            },
        )


def add_with_elements(schemas: Schema, name: str, made: Schema) -> None:
    """Add what is sent along with a command; elements that records have too, as they are sent."""
    inner = made.pop("$defs", {})
    names = {each: f"{each}Input" for each in inner if "properties" in schemas.get(each, {})}
    _add_elements(schemas, inner, names)
    add(schemas, name, _renamed(made, names))


def _add_elements(schemas: Schema, inner: Schema, names: Mapping[str, str]) -> None:
    for each, schema in inner.items():
        add(schemas, names.get(each, each), _renamed(schema, names))


def _sent(spec: FieldSpec, schema: Schema) -> Schema:
    """Return a field without its default, which is none of a change's, and a list also as changes to it."""
    shape = _without_default(schema)
    if not spec.info.is_required():
        default = spec.info.get_default(call_default_factory=True)
        shape |= {} if default is None else {"x-default": default}
    if spec.kind not in _LISTS:
        return shape
    about = {name: value for name, value in shape.items() if name in _ABOUT or name.startswith("x-")}
    plain = {name: value for name, value in shape.items() if name not in about}
    return {**about, "anyOf": [*plain.get("anyOf", [plain]), ref("ListChange")]}


def _some(settable: list[FieldSpec]) -> Schema:
    """Return the example of a change: one field that is no link."""
    spec = next(each for each in settable if each.link is None)
    return {spec.name: spec.example}


def _renamed(schema: Any, names: Mapping[str, str]) -> Any:
    """Return a schema that refers to elements as they are sent: what has a default may be left out."""
    if isinstance(schema, dict):
        renamed = {key: _renamed(each, names) for key, each in schema.items()}
        target = str(schema.get("$ref", "")).removeprefix(REF)
        return {**renamed, "$ref": REF + names[target]} if target in names else renamed
    return [_renamed(each, names) for each in schema] if isinstance(schema, list) else schema


def _complete_examples(properties: Schema, collection: Collection) -> None:
    """Give examples what may be left out of them when they are sent, as the store does when it reads them."""
    for name, info in collection.model.model_fields.items():
        shape = properties.get(name, {})
        if "examples" in shape:
            annotation: Any = info.annotation
            taken = TypeAdapter[Any](annotation)
            shape["examples"] = [_stored(taken, each) for each in shape["examples"]]


def _stored(taken: TypeAdapter[Any], example: Any) -> Any:
    """Return an example as it is read back; what holds no object is what was sent."""
    holds = example if isinstance(example, list) else [example]
    if not any(isinstance(each, dict) for each in holds):
        return example
    return taken.dump_python(taken.validate_python(example, strict=False), mode="json")


def _named(shape: Any, inner: Schema) -> set[str]:
    """Return the names of the elements something is made of, however deep."""
    if isinstance(shape, list):
        return set().union(*(_named(each, inner) for each in shape))
    if not isinstance(shape, dict):
        return set()
    name = str(shape.get("$ref", "")).removeprefix(REF)
    deeper = {name} | _named(inner[name], inner) if name in inner else set[str]()
    return deeper.union(*(_named(each, inner) for each in shape.values()))


def _complete(schema: Schema) -> Schema:
    """Answers have no defaults: whatever may be there is there, and more may come in time."""
    if "properties" not in schema:
        return schema
    properties = {name: _without_default(each) for name, each in schema["properties"].items()}
    told = {key: value for key, value in schema.items() if key != "additionalProperties"}
    return {**told, "properties": properties, "required": list(properties)}


def _without_default(schema: Mapping[str, Any]) -> Schema:
    return {key: value for key, value in schema.items() if key != "default"}


_OWN_ID: Schema = {
    "type": "string",
    "format": "uuid",
    "description": "The record's id, if the client makes it: the request may then be sent again for ever.",
    "examples": ["8a2f4f0e-4b7e-4f43-9d0f-0c7b7f5b2a11"],
}
_LIST_CHANGE: Schema = {
    "type": "object",
    "description": "The list that is there with members added and others removed, whoever else changes it.",
    "properties": {
        "add": {
            "type": "array",
            "items": {},
            "description": "Members to add; an object takes the place of the one with its `id`.",
            "examples": [["8a2f4f0e-4b7e-4f43-9d0f-0c7b7f5b2a11"]],
        },
        "remove": {
            "type": "array",
            "items": {},
            "description": "Members to remove; objects by their ids.",
            "examples": [[]],
        },
    },
    "additionalProperties": False,
    "minProperties": 1,
}


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
