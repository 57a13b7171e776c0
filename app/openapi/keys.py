"""Which operations API keys may ask, and what they are told of their limit there."""

from collections.abc import Callable, Iterator

from app.accounts.errors import KeyNotWelcome
from app.accounts.keys.doors import Doors
from app.openapi.records import Schema
from app.openapi.refusals import forget

HEADERS: Schema = {
    "RateLimit-Policy": {
        "description": "The limit requests are counted against: `q` of them in `w` seconds. Told to API keys"
        " with each answer, to anybody with a 429.",
        "schema": {"type": "string", "examples": ['"key";q=1200;w=60']},
    },
    "RateLimit": {
        "description": "How many are left (`r`), and the seconds until all are there again (`t`).",
        "schema": {"type": "string", "examples": ['"key";r=1187;t=1']},
    },
}
_SCHEME = "ApiKey"
_PERSON = "HTTPBearer"
_REFUSED, _TOO_MANY = "400", "429"


def let_in(made: Schema, doors: Doors) -> None:
    """Have the document say where API keys are let in: to be called before operations are given new names."""
    made["components"].setdefault("securitySchemes", {})[_SCHEME] = {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "stk_…",
        "description": "An API key from `/v1/api-keys`: its owner, with no more than the key's own levels.",
    }
    for operation in _operations(made):
        if _is_guarded(operation) and doors.is_open(operation["tags"], operation["operationId"]):
            operation["security"] = [*operation["security"], {_SCHEME: []}]


def tell(made: Schema, doors: Doors) -> None:
    """Have each operation tell what is so of API keys there: to be called when all have their names."""
    for operation in _operations(made):
        if doors.subjects & {*operation["tags"]}:
            _close(operation)
        if any(_SCHEME in each for each in operation.get("security", ())):
            forget(operation["responses"]["403"], {KeyNotWelcome.code})
            _add_headers(operation, lambda status: status < _REFUSED or status == _TOO_MANY)
        else:
            _add_headers(operation, lambda status: status == _TOO_MANY)


def _close(operation: Schema) -> None:
    operation["security"] = [each for each in operation["security"] if _SCHEME not in each]


def _add_headers(operation: Schema, is_told: Callable[[str], bool]) -> None:
    for status, told in operation["responses"].items():
        if is_told(status):
            refs = {name: {"$ref": f"#/components/headers/{name}"} for name in HEADERS}
            told["headers"] = {**told.get("headers", {}), **refs}


def _operations(made: Schema) -> Iterator[Schema]:
    for verbs in made["paths"].values():
        yield from verbs.values()


def _is_guarded(operation: Schema) -> bool:
    return any(_PERSON in each for each in operation.get("security", ()))
