"""Requests to every route of the API document, right in all but what a test makes wrong."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx
import orjson
import pytest

from app.sync import registry
from tests import document
from tests.serving import OPERATOR_KEY

Schema = dict[str, Any]
_SHARED = ("responses", "parameters", "headers")


def resolved(document: Schema) -> Schema:
    """Return a document in which each operation has all it says: also what many say alike."""
    return {**document, "paths": _resolved(document["paths"], document["components"])}


def _resolved(told: Any, components: Schema) -> Any:
    if isinstance(told, list):
        return [_resolved(each, components) for each in told]
    if not isinstance(told, dict):
        return told
    kind, name = str(told.get("$ref", "//")).split("/")[-2:]
    if kind in _SHARED:
        return _resolved(components[kind][name], components)
    return {key: _resolved(each, components) for key, each in told.items()}


DOCUMENT: Schema = resolved(document.DOCUMENT)
JSON = {"Content-Type": "application/json"}
COLLECTIONS = {each.name for each in registry.collections()}
A_FEW = {"clients", "task_types", "inbox"}
MEMBERS = {"type", "title", "status", "detail", "instance", "code", "retryable"}


@dataclass(frozen=True)
class Route:
    """One operation of the document."""

    verb: str
    path: str
    operation: Schema

    @property
    def tag(self) -> str:
        """Return what it is about."""
        return str(self.operation["tags"][0])

    @property
    def is_guarded(self) -> bool:
        """Say whether it wants a token."""
        return any("HTTPBearer" in each for each in self.operation.get("security", ()))

    @property
    def body(self) -> Any:
        """Return a body made of the examples; none when it takes none, or a file."""
        content = self.operation.get("requestBody", {"content": {}})["content"]
        return example(content["application/json"]["schema"]) if "application/json" in content else None

    @property
    def preconditions(self) -> dict[str, str]:
        """Return the headers it must have, as in their examples, and the operator's key where it is asked."""
        asked = {
            each["name"]: each["schema"]["examples"][0]
            for each in self.operation.get("parameters", [])
            if each["in"] == "header" and each["required"]
        }
        is_operator_s = any("OperatorKey" in each for each in self.operation.get("security", ()))
        return {**asked, "X-Operator-Key": OPERATOR_KEY} if is_operator_s else asked

    def address(self, given: Mapping[str, str] | None = None) -> str:
        """Return its address with parameters as given, else as in their examples."""
        values = {
            each["name"]: each["schema"]["examples"][0] for each in self.operation.get("parameters", [])
        }
        return self.path.format(**{**values, **(given or {})})

    async def ask(
        self,
        client: httpx.AsyncClient,
        headers: dict[str, str],
        content: bytes | None = None,
        *,
        given: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Ask it, with other bytes than the right ones if some are given."""
        sent = content if content is not None else self._content()
        kind = {"Content-Type": self._type()} if sent is not None else {}
        sends = {**kind, **self.preconditions, **headers}
        return await client.request(
            self.verb, self.address(given), headers=sends, params=self.asked(), content=sent
        )

    def asked(self) -> dict[str, str]:
        """Return what has to stand in the query, as in its examples."""
        asked = (each for each in self.operation.get("parameters", []) if each["in"] == "query")
        return {each["name"]: each["schema"]["examples"][0] for each in asked if each.get("required")}

    def _type(self) -> str:
        return str(next(iter(self.operation.get("requestBody", {}).get("content", JSON.values()))))

    def _content(self) -> bytes | None:
        if self.body is not None:
            return orjson.dumps(self.body)
        file: Any = next(iter(self.operation.get("requestBody", {}).get("content", {}).values()), None)
        if file is None:
            return None
        told = file["schema"]["examples"][0]
        return (urlencode(told) if isinstance(told, dict) else str(told)).encode()

    def check_refusal(self, answer: httpx.Response, *secrets: str) -> str:
        """Hold an answer to the one shape of refusals, and return its code."""
        told = (self.verb, self.path, answer.status_code, answer.text[:300])
        assert 400 <= answer.status_code < 500, told
        code = check_shape(answer, *secrets)
        declared = self.operation["responses"].get(str(answer.status_code))
        assert declared, told
        assert code in declared["content"]["application/problem+json"]["examples"], told
        return code


def check_shape(answer: httpx.Response, *secrets: str) -> str:
    """Hold an answer to the one shape of refusals, wherever it comes from."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text[:300]
    problem = answer.json()
    assert set(problem) >= MEMBERS
    assert problem["status"] == answer.status_code
    assert problem["type"] == f"/problems/{problem['code']}"
    assert problem["instance"] == f"urn:uuid:{answer.headers['x-request-id']}"
    assert len(answer.content) <= 4_096
    for secret in secrets:
        assert secret not in answer.text
    return str(problem["code"])


def example(shape: Schema) -> Any:
    """Return a value of a schema, made of its examples."""
    if shape.get("examples"):
        return shape["examples"][0]
    if "$ref" in shape:
        return example(DOCUMENT["components"]["schemas"][shape["$ref"].rpartition("/")[2]])
    if "anyOf" in shape:
        return example(shape["anyOf"][0])
    if shape.get("type") == "array":
        return [example(shape["items"])]
    return {name: example(each) for name, each in shape["properties"].items()}


def routes() -> Iterator[Route]:
    """Yield every route of the document."""
    for path, verbs in DOCUMENT["paths"].items():
        for verb, operation in verbs.items():
            yield Route(verb, path, operation)


def every_route(
    *,
    guarded: bool | None = None,
    body: bool | None = None,
    of_all_collections: bool = False,
    others_in_proofs: bool = False,
) -> pytest.MarkDecorator:
    """Run a test for every route, or for all that are guarded, or take a body.

    The routes of all collections are the same doors, and those of a few stand for them unless all are wanted,
    every day or in proofs.
    """
    found = [
        pytest.param(route, marks=[pytest.mark.proof] if is_other and not of_all_collections else [])
        for route in routes()
        if guarded in (None, route.is_guarded)
        and body in (None, route.body is not None)
        and (not (is_other := route.tag in COLLECTIONS - A_FEW) or of_all_collections or others_in_proofs)
    ]
    return pytest.mark.parametrize("route", found, ids=lambda each: each.operation["operationId"])
