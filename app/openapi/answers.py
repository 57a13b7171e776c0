"""What operations are answered with at best: a sentence, and an example of the whole."""

import re
from collections.abc import Iterator
from typing import Any

from app.openapi.records import REF, Schema

_UNTOLD = "Successful Response"
_NOTHING = "It is done; there is nothing more to tell."
_EXAMPLES = "#/components/examples/"
_JSON = "application/json"
_FIRST = re.compile(r"(?:`[^`]*`|[^.]|\.(?!\s|$))*\.", re.DOTALL)


def tell(made: Schema) -> None:
    """Complete the answers; an example is kept once, by the name of the schema it is one of."""
    schemas: Schema = made["components"]["schemas"]
    kept: Schema = {}
    for name, operation in _operations(made):
        for answer in _good_ones(operation):
            content = answer.get("content", {}).get(_JSON)
            shape: Schema = content["schema"] if content else {}
            if answer.get("description") == _UNTOLD:
                answer["description"] = _sentence(schemas, shape) if content else _NOTHING
            if content is None or "example" in content or "examples" in content:
                continue
            shown = {"summary": answer["description"], "value": example(schemas, shape)}
            key = str(shape.get("$ref", "")).removeprefix(REF) or f"{name}_answer"
            key = next((each for each, one in kept.items() if one["value"] == shown["value"]), key)
            content["examples"] = {"whole": {"$ref": _EXAMPLES + key}}
            kept.setdefault(key, shown)
    made["components"]["examples"] = dict(sorted(kept.items()))


def example(schemas: Schema, shape: Schema) -> Any:  # noqa: PLR0911 - one for each kind of schema
    """Return an example of a schema, made of those of its fields."""
    if shape.get("examples"):
        return shape["examples"][0]
    if "const" in shape:
        return shape["const"]
    if "$ref" in shape:
        return example(schemas, schemas[shape["$ref"].removeprefix(REF)])
    if "allOf" in shape:
        whole: Schema = {}
        for each in shape["allOf"]:
            whole |= example(schemas, each)
        return whole
    for several in ("anyOf", "oneOf"):
        if several in shape:
            return example(schemas, shape[several][0])
    if "items" in shape:
        return [example(schemas, shape["items"])]
    if "enum" in shape:
        return shape["enum"][0]
    properties = shape.get("properties", {})
    # Of what need not be there at all, as the changes of every collection, one is example enough.
    shown = [*properties] if shape.get("required") else [*properties][:1]
    return {name: example(schemas, properties[name]) for name in shown}


def _operations(made: Schema) -> Iterator[tuple[str, Schema]]:
    for verbs in made["paths"].values():
        for operation in verbs.values():
            yield operation["operationId"], operation


def _good_ones(operation: Schema) -> Iterator[Schema]:
    for status, answer in operation["responses"].items():
        if status < "300":
            yield answer


def _sentence(schemas: Schema, shape: Schema) -> str:
    """Return the first sentence of what is answered, which every schema has."""
    if shape.get("type") == "array":
        return f"A list, each of which is: {_sentence(schemas, shape['items'])}"
    target = schemas[shape["$ref"].removeprefix(REF)] if "$ref" in shape else shape
    found = _FIRST.match(target.get("description", ""))
    return " ".join(found[0].split()) if found else "The answer."
