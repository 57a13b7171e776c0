"""Requests to every route of the API document, right in all but what a test makes wrong."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import orjson
import pytest

from app.main import create_app

Schema = dict[str, Any]
DOCUMENT: Schema = create_app().openapi()
JSON = {"Content-Type": "application/json"}
MEMBERS = {"type", "title", "status", "detail", "instance", "code", "retryable"}


@dataclass(frozen=True)
class Route:
    """One operation of the document."""

    verb: str
    path: str
    operation: Schema

    @property
    def is_guarded(self) -> bool:
        """Say whether it wants a token."""
        return bool(self.operation.get("security"))

    @property
    def body(self) -> Any:
        """Return a body made of the examples; none when it takes none."""
        if "requestBody" not in self.operation:
            return None
        return example(self.operation["requestBody"]["content"]["application/json"]["schema"])

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
        kind = JSON if sent is not None else {}
        return await client.request(self.verb, self.address(given), headers={**kind, **headers}, content=sent)

    def _content(self) -> bytes | None:
        return None if self.body is None else orjson.dumps(self.body)

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


def every_route(*, guarded: bool | None = None, body: bool | None = None) -> pytest.MarkDecorator:
    """Run a test for every route, or for all that are guarded, or take a body."""
    found = [
        route
        for route in routes()
        if guarded in (None, route.is_guarded) and body in (None, route.body is not None)
    ]
    return pytest.mark.parametrize("route", found, ids=lambda each: each.operation["operationId"])
