"""The shape of every refusal, and what stands around every answer."""

import json
import logging
from typing import Any

import asyncpg
import httpx
import pytest
import sqlalchemy.exc
from fastapi import FastAPI
from starlette.exceptions import HTTPException

from app.core import logs
from app.core.errors import refusals
from app.http.limits import RateLimits
from app.http.porch import build_porch
from tests.accounts.apps import calling_from
from tests.accounts.studios import Studio

FAILURES: dict[str, tuple[Exception, int, str]] = {
    "a defect": (ValueError("secret detail"), 500, "internal_error"),
    "no connection": (ConnectionRefusedError("10.0.0.1"), 503, "unavailable"),
    "a full pool": (sqlalchemy.exc.TimeoutError("QueuePool limit"), 503, "unavailable"),
    "a lock timeout": (asyncpg.LockNotAvailableError("canceling"), 503, "unavailable"),
    "a statement timeout": (asyncpg.QueryCanceledError("canceling"), 503, "unavailable"),
    "a restart": (asyncpg.AdminShutdownError("terminating"), 503, "unavailable"),
    "a full disk": (asyncpg.DiskFullError("no space"), 503, "unavailable"),
    "a wrapped restart": (
        sqlalchemy.exc.DBAPIError("SELECT 1", {}, asyncpg.CannotConnectNowError("starting")),
        503,
        "unavailable",
    ),
    "a wrong column": (asyncpg.UndefinedColumnError("column secret"), 500, "internal_error"),
    "a teapot": (HTTPException(418, "secret"), 400, "bad_request"),
}


def failing_app(error: Exception, limits: RateLimits | None = None) -> httpx.AsyncClient:
    app = FastAPI()

    @app.get("/fails")
    async def fails() -> None:
        raise error

    build_porch(app, limits or RateLimits(per_address=6000, per_caller=1200))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://studio.test")


def require_problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    told = dict(answer.json())
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert (answer.status_code, told["status"], told["code"]) == (status, status, code)
    assert told["type"] == f"/problems/{code}"
    assert told["instance"] == f"urn:uuid:{answer.headers['X-Request-Id']}"
    assert told["title"]
    assert told["detail"]
    assert told["retryable"] is (status in {408, 429, 503})
    return told


@pytest.mark.parametrize(("error", "status", "code"), FAILURES.values(), ids=FAILURES)
async def test_a_failure_becomes_a_problem_without_details(error: Exception, status: int, code: str) -> None:
    async with failing_app(error) as client:
        answer = await client.get("/fails")
    require_problem(answer, status, code)
    assert "secret" not in answer.text
    assert ("Retry-After" in answer.headers) is (status == 503)


async def test_a_defect_is_logged_under_its_id(caplog: pytest.LogCaptureFixture) -> None:
    async with failing_app(ValueError("what went wrong")) as client:
        answer = await client.get("/fails")
    [record] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert getattr(record, logs.TOLD) == {"request_id": answer.headers["X-Request-Id"]}
    assert record.exc_info


async def test_unknown_addresses_and_methods_are_problems(client: httpx.AsyncClient) -> None:
    require_problem(await client.get("/nowhere"), 404, "not_found")
    answer = await client.put("/v1/auth/login")
    require_problem(answer, 405, "method_not_allowed")
    assert answer.headers["Allow"] == "POST"


async def test_every_answer_has_its_headers(client: httpx.AsyncClient) -> None:
    for answer in (await client.get("/health/live"), await client.get("/nowhere")):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Request-Id"]


async def test_health_tells_of_process_and_database(client: httpx.AsyncClient) -> None:
    assert (await client.get("/health/live")).json() == {"status": "ok"}
    assert (await client.get("/health/ready")).json() == {"status": "ok"}


async def test_too_many_requests_are_asked_to_wait() -> None:
    async with failing_app(ValueError(), RateLimits(per_address=3, per_caller=3)) as client:
        for _ in range(3):
            require_problem(await client.get("/fails"), 500, "internal_error")
        answer = await client.get("/fails", headers={"X-Forwarded-For": "203.0.113.9"})
        require_problem(answer, 429, "rate_limited")
        assert 0 < int(answer.headers["Retry-After"]) <= 60
        assert (await client.get("/health/live")).status_code == 200


async def test_what_a_household_is_given_of_ipv6_is_counted_as_one_address() -> None:
    app, codes = FastAPI(), []
    build_porch(app, RateLimits(per_address=2, per_caller=2))
    one, mapped = "203.0.113.7", "::ffff:203.0.113.7"
    for address in ("2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8:0:1::1", one, mapped, one):
        async with calling_from(app, address) as client:
            codes.append((await client.get("/nowhere")).json()["code"])
    assert codes == [*["not_found"] * 2, "rate_limited", *["not_found"] * 3, "rate_limited"]


async def test_a_line_is_logged_without_secrets(studio: Studio, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "studio.http")
    phone = await studio.signed_in()
    await studio.client.get(
        "/v1/devices?q=private", headers={"Authorization": f"Bearer {phone['access_token']}"}
    )
    lines = [getattr(record, logs.TOLD) for record in caplog.records if record.name == "studio.http"]
    assert [(line["method"], line["path"], line["status"]) for line in lines] == [
        ("POST", "/v1/auth/login", 200),
        ("GET", "/v1/devices", 403),
    ]
    assert lines[1]["device"] == phone["device"]["id"]
    assert lines[1]["code"] == "permission_denied"
    for secret in ("a long walk", phone["access_token"], phone["refresh_token"], "private"):
        assert secret not in json.dumps(lines)


async def test_every_code_has_a_page(client: httpx.AsyncClient) -> None:
    pages = (await client.get("/problems")).json()
    assert {page["code"] for page in pages} == {kind.code for kind in refusals()}
    for page in pages:
        assert (await client.get(f"/problems/{page['code']}")).json() == page
        assert page["description"] != page["title"]
    require_problem(await client.get("/problems/nothing"), 404, "not_found")


def test_every_operation_lists_its_refusals(app: FastAPI) -> None:
    for path, operations in app.openapi()["paths"].items():
        for operation in operations.values():
            assert operation["operationId"].startswith(f"{operation['tags'][0]}_"), path
            assert operation["description"]
            assert {"422", "429", "500", "503"} <= set(operation["responses"]), path
            assert "HTTPValidationError" not in json.dumps(operation["responses"])
