"""Every operation is asked what its document lets be asked, and answers as the document says it does."""

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from functools import cache
from typing import Any

import httpx
import hypothesis
import pytest
import schemathesis
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.specs.openapi.schemas import OpenApiSchema

from tests.attacks.conftest import SEED, Attacker
from tests.attacks.line import Answered
from tests.document import DOCUMENT
from tests.facts import Property
from tests.house.requests import Route, every_route

A_FEW = 2
MANY = int(os.environ.get("CASES", "10"))
"""Requests of each sort to an operation: to think one up takes longer than to answer it."""

_HELD_TO = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# Pieces of files are bytes as any others are.
schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")
Case = schemathesis.Case[Any]
_MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


@cache
def schema() -> OpenApiSchema:
    """Return the document as what cases are made of."""
    made: OpenApiSchema = schemathesis.openapi.from_dict(DOCUMENT)
    return made


def cases(route: Route, mode: GenerationMode, count: int) -> Iterator[Case]:
    """Make requests that are right, or wrong in some place; the same ones for the same seed."""
    operation = schema().find_operation_by_id(route.operation["operationId"])
    made: list[Case] = []

    @hypothesis.seed(f"{SEED} {route.operation['operationId']}")
    @hypothesis.settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(operation.as_strategy(generation_mode=mode))
    def make(case: Case) -> None:
        made.append(case)

    # Some cannot be asked wrongly: those that take nothing at all.
    with suppress(hypothesis.errors.Unsatisfiable):
        make()
    yield from made


async def fuzz(route: Route, attacker: Attacker, count: int) -> int:
    """Ask as often as there are cases, and hold each answer to the document."""
    asked = 0
    for mode in _MODES:
        for case in cases(route, mode, count):
            if "seconds" in (case.query or {}) or route.operation["operationId"] == "sync_wait":
                case.query = {**(case.query or {}), "seconds": 0}
            request = as_request(case)
            if request is None:
                continue
            answered = await ask(route, attacker, request)
            answer = httpx.Response(
                answered.status, headers=answered.headers, content=answered.content, request=request
            )
            answer.elapsed = timedelta()
            hold(case, answer)
            asked += 1
    return asked


def hold(case: Case, answer: httpx.Response) -> None:
    """Hold an answer to the document; a group of failures is told as one, which a loop survives."""
    is_stream = answer.headers.get("content-type", "").startswith("text/event-stream")
    try:
        # A document of this version has no words for single events.
        case.validate_response(answer, checks=_HELD_TO[:-1] if is_stream else _HELD_TO)
    except FailureGroup as failures:
        raise AssertionError("\n".join(str(each) for each in failures.exceptions)) from None


def as_request(case: Case) -> httpx.Request | None:
    """Return a case as a request; none when no client can send it."""
    told: dict[str, Any] = case.as_transport_kwargs(base_url="http://studio.test")
    content = told.get("data")
    if "json" in told:
        content = json.dumps(told["json"]).encode()
    try:
        return httpx.Request(
            told["method"],
            told["url"],
            params=told.get("params") or None,
            headers=dict(told["headers"]),
            content=content.encode() if isinstance(content, str) else content,
        )
    except (httpx.InvalidURL, UnicodeError, TypeError, ValueError):
        return None


async def ask(route: Route, attacker: Attacker, request: httpx.Request) -> Answered:
    """Ask as an administrator who has signed in; who was signed out by what was asked enters again."""
    for _ in range(2):
        headers = {name.lower(): value for name, value in request.headers.items()}
        # How answers are compressed is tested elsewhere.
        headers.pop("accept-encoding", None)
        if route.is_guarded:
            headers["authorization"] = attacker.headers["Authorization"]
        answered = await attacker.line.ask(request.method, request.url.raw_path, headers, request.content)
        if not route.is_guarded or answered.code != "invalid_token":
            break
        await attacker.enter()
    return answered


@every_route()
async def test_what_may_be_asked_is_answered_as_declared(
    route: Route, attacker: Attacker, record_property: Property
) -> None:
    record_property("counted: requests made of the document", await fuzz(route, attacker, A_FEW))


@pytest.mark.proof
@every_route(of_all_collections=True)
async def test_whatever_may_be_asked_is_answered_as_declared(
    route: Route, attacker: Attacker, record_property: Property
) -> None:
    record_property("counted: requests made of the document", await fuzz(route, attacker, MANY))
