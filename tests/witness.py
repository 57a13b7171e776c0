"""Every answer that any test is given is held to the API document, as clients hold it.

What stands before all of an application (`Porch`) is wrapped once a session. An answer whose operation is not
in the document, as those of a test's own routes, is let by. All others have a status that is declared there,
a content type, the headers it always has, a body of its schema, and a code of that status if it is a refusal.
The first bodies of each operation and status are looked at: the rest of them are made by the same lines.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import jsonschema_rs
import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.http.middleware import Porch
from tests import document

Schema = dict[str, Any]
JSON, PROBLEM = "application/json", "application/problem+json"
LOOKED_AT = 20
"""How many bodies of an operation's status are held to their schema, in each worker."""
LONGEST = 200_000
"""The bytes of a body from which on it is not looked into."""
REFUSED = 400
_DOCUMENT = "urn:document"
_SHARED = ("responses", "headers")


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
            yield from self._lacks_within(contents[kind], kind, orjson.loads(body))

    def _lacks_within(self, content: Schema, kind: str, whole: Any) -> Iterator[str]:
        if kind == PROBLEM:
            code = whole.get("code")
            self.codes.add(code)
            if code not in content["examples"]:
                yield f"the code {code} is not declared"
        schema = orjson.dumps(content["schema"])
        if error := next(_validator(schema).iter_errors(whole), None):
            at = "/".join(str(each) for each in error.instance_path)
            yield f"{error.message[:200]} (at {at})"

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


@cache
def _validator(schema: bytes) -> jsonschema_rs.Draft202012Validator:
    absolute = schema.replace(b'"#/', f'"{_DOCUMENT}#/'.encode())
    return jsonschema_rs.Draft202012Validator(orjson.loads(absolute), registry=_registry())


@cache
def _registry() -> jsonschema_rs.Registry:
    """Keep all schemas once: each validator would have a copy of its own."""
    schemas = {"components": {"schemas": document.DOCUMENT["components"]["schemas"]}}
    return jsonschema_rs.Registry([(_DOCUMENT, schemas)])


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
                is_encoded = headers.get("content-encoding", "identity") != "identity"
                is_kept = not is_encoded and witness.is_looked_at(scope, status)
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
