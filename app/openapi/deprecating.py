"""Operations that are going to end: marked as deprecated, with words and the headers of their answers."""

from app.http.deprecation import MARK
from app.openapi.records import Schema

_HEADERS: Schema = {
    "Deprecation": {
        "description": "Since when it is deprecated, in seconds since 1970 (RFC 9745).",
        "schema": {"type": "string", "examples": ["@1798761600"]},
    },
    "Sunset": {
        "description": "When it ends, as HTTP has dates (RFC 8594).",
        "schema": {"type": "string", "examples": ["Sat, 01 Jan 2028 00:00:00 GMT"]},
    },
    "Link": {
        "description": 'Where it is told what to use instead, as `rel="deprecation"`.',
        "schema": {
            "type": "string",
            "examples": ['</docs/api/clients#clients_list>; rel="deprecation"; type="text/html"'],
        },
    },
}


def tell(made: Schema) -> None:
    """Complete what is deprecated, before what many say alike is shared."""
    for verbs in made["paths"].values():
        for operation in verbs.values():
            if MARK in operation:
                _tell(operation, **operation[MARK])
                made["components"].setdefault("headers", {}).update(_HEADERS)


def _tell(operation: Schema, *, since: str, sunset: str, instead: str, **_: object) -> None:
    operation["deprecated"] = True
    operation["description"] += f"\n\nDeprecated since {since}; it ends on {sunset}. Use `{instead}`."
    refs = {name: {"$ref": f"#/components/headers/{name}"} for name in _HEADERS}
    for answer in operation["responses"].values():
        answer["headers"] = {**answer.get("headers", {}), **refs}
