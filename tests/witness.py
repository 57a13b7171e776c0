"""Every answer that any test is given is held to the API document, as clients hold it.

What stands before all of an application (`Porch`) is wrapped once a session. An answer whose operation is not
in the document, as those of a test's own routes, is let by. All others have a status that is declared there,
a content type, the headers it always has, a body of its schema, and a code of that status if it is a refusal.
The first bodies of each operation and status are looked at: the rest of them are made by the same lines.
A body is read as its reader does, whatever it was compressed with. The schemas are taken by their word: a
member that is not declared is a breach, where clients must let it by, and so is what has not the form of its
`format`.

Not heard are servers in processes of their own (tests/serving), and what is asked, which the application
reads by itself; of lines, sheets and streams the status, the kind and the headers are heard.
"""

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import jsonschema_rs
import orjson
from isal import isal_zlib
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.http.middleware import Porch
from tests import document

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

Schema = dict[str, Any]
JSON, PROBLEM = "application/json", "application/problem+json"
LOOKED_AT = 20
"""How many bodies of an operation's status are held to their schema, in each worker."""
LONGEST = 200_000
"""The bytes of a body, as it is sent and as it is read, from which on it is not looked into."""
REFUSED = 400
_DOCUMENT = "urn:document"
_SHARED = ("responses", "headers")
_WORDS = ("example", "examples", "description", "discriminator")
_GZIP_WBITS = 31


@dataclass
class Witness:
    """What was seen: breaches since last asked, and how often each operation had each status."""

    made: Schema
    breaches: list[str] = field(default_factory=list)
    seen: Counter[tuple[str, int]] = field(default_factory=Counter)
    codes: set[str] = field(default_factory=set)

    def take(self) -> list[str]:
        """Return the breaches since last asked, each once."""
        taken = list(dict.fromkeys(self.breaches))
        self.breaches.clear()
        return taken

    def hear(self, scope: Scope, status: int, headers: Mapping[str, str], body: bytes | None) -> None:
        """Hold one answer to the document; a body is None where it was not kept."""
        operation = self._operation(scope)
        if operation is None:
            return
        place = f"{operation['operationId']} {status}"
        answer = operation["responses"].get(str(status))
        if answer is None:
            self.breaches.append(f"{place}: the status is not declared ({(body or b'')[:200]!r})")
            return
        self.breaches += (f"{place}: {each}" for each in self._lacks(self.found(answer), headers, body))

    def _lacks(self, answer: Schema, headers: Mapping[str, str], body: bytes | None) -> Iterator[str]:
        for name, each in answer.get("headers", {}).items():
            if self.found(each).get("required") and name.lower() not in headers:
                yield f"the header {name} is missing"
        kind = headers.get("content-type", "").partition(";")[0]
        contents = answer.get("content", {})
        if kind not in contents:
            # Of the later answers no body is kept: what has none to be declared may have none.
            if (contents and body != b"") or (kind and body):
                yield f"the content is {kind or 'nothing'}, declared {[*contents]}"
        elif body and kind in (JSON, PROBLEM):
            whole = _read(body, headers.get("content-encoding", "identity"))
            if len(whole) <= LONGEST:
                yield from self._lacks_within(contents[kind], kind, orjson.loads(whole))

    def _lacks_within(self, content: Schema, kind: str, whole: Any) -> Iterator[str]:
        if kind == PROBLEM:
            code = whole.get("code")
            self.codes.add(code)
            if code not in content["examples"]:
                yield f"the code {code} is not declared"
        schema = orjson.dumps(content["schema"])
        if error := next(_validator(schema).iter_errors(whole), None):
            yield _told(error)

    def is_looked_at(self, scope: Scope, status: int) -> bool:
        """Say whether a body is to be kept: the first ones of each status are, and every refusal."""
        operation = self._operation(scope)
        if operation is None:
            return False
        self.seen[operation["operationId"], status] += 1
        return status >= REFUSED or self.seen[operation["operationId"], status] <= LOOKED_AT

    def found(self, each: Schema) -> Schema:
        """Return what is meant, where it is said among the components."""
        kind, name = str(each.get("$ref", "//")).split("/")[-2:]
        meant: Schema = self.made["components"][kind][name] if kind in _SHARED else each
        return meant

    def _operation(self, scope: Scope) -> Schema | None:
        """Return the operation of a request: the desk's by collection, whose routes are told of each."""
        path = getattr(scope.get("route"), "path_format", None)
        if path is None:
            return None
        for name in ("collection", "command"):
            path = path.replace(f"{{{name}}}", str(scope.get("path_params", {}).get(name)))
        operation: Schema | None = self.made["paths"].get(path, {}).get(scope["method"].lower())
        return operation


def _read(body: bytes, encoding: str) -> bytes:
    if encoding == "zstd":
        return zstd.decompress(body)
    return isal_zlib.decompress(body, _GZIP_WBITS) if encoding == "gzip" else body


def _told(error: jsonschema_rs.ValidationError) -> str:
    """Return what is the matter; where none of several schemas fits, what is with each of them."""
    if arms := getattr(error.kind, "context", None):
        return ", or ".join(_told(arm[0]) for arm in arms if arm)
    at = "/".join(str(each) for each in error.instance_path)
    return f"{error.message[:200]} (at {at})"


@cache
def _validator(schema: bytes) -> jsonschema_rs.Draft202012Validator:
    closed = _closed(orjson.loads(schema))
    return jsonschema_rs.Draft202012Validator(closed, registry=_registry(), validate_formats=True)


@cache
def _registry() -> jsonschema_rs.Registry:
    """Keep all schemas once: each validator would have a copy of its own."""
    schemas: Schema = document.DOCUMENT["components"]["schemas"]
    ways = {
        "closed": {name: _closed(each) for name, each in schemas.items()},
        "layers": {name: _closed(each, is_layer=True) for name, each in schemas.items()},
    }
    return jsonschema_rs.Registry([(_DOCUMENT, ways)])


def _closed(schema: Any, *, is_layer: bool = False) -> Any:
    """Return a schema of the document without room for what it does not declare.

    A layer, which others lie upon, leaves it to the whole of them to say what there may be.
    """
    if not isinstance(schema, dict):
        return schema
    made = {key: _closed_within(key, each, is_layer) for key, each in schema.items() if key not in _WORDS}
    if "additionalProperties" not in schema and not is_layer:
        if "allOf" in schema:
            made["unevaluatedProperties"] = False
        elif "properties" in schema or "patternProperties" in schema:
            made["additionalProperties"] = False
    return made


def _closed_within(key: str, told: Any, is_layer: bool) -> Any:
    if key == "$ref":
        return f"{_DOCUMENT}#/{'layers' if is_layer else 'closed'}/{told.rpartition('/')[2]}"
    if key in ("properties", "patternProperties"):
        return {name: _closed(each) for name, each in told.items()}
    if key in ("allOf", "anyOf", "oneOf"):
        return [_closed(each, is_layer=is_layer or key == "allOf") for each in told]
    return _closed(told) if key in ("items", "additionalProperties", "propertyNames") else told


@contextmanager
def looking_on(witness: Witness) -> Iterator[None]:
    """Have a witness hear all answers of applications with a porch, for as long as it lasts."""
    usual = Porch.__call__

    async def heard(self: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await usual(self, scope, receive, send)  # type: ignore[arg-type]
            return
        status, headers, parts, is_kept = 0, dict[str, str](), list[bytes](), False

        async def hear(message: Message) -> None:
            nonlocal status, headers, is_kept
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = {
                    name.decode().lower(): value.decode("latin-1") for name, value in message["headers"]
                }
                is_kept = witness.is_looked_at(scope, status)
            elif message["type"] == "http.response.body":
                if is_kept:
                    parts.append(message.get("body", b""))
                if not message.get("more_body"):
                    body = b"".join(parts)
                    is_kept = is_kept and len(body) <= LONGEST
                    witness.hear(scope, status, headers, body if is_kept else None)
            await send(message)

        await usual(self, scope, receive, hear)  # type: ignore[arg-type]

    Porch.__call__ = heard  # type: ignore[method-assign]
    try:
        yield
    finally:
        Porch.__call__ = usual  # type: ignore[method-assign]
