"""An answer the document does not declare is found, whichever test was given it."""

from collections.abc import Mapping
from typing import Any

import httpx
import orjson
import pytest
from fastapi import APIRouter, FastAPI

from app.http.compression import Encoding, compressed
from app.http.limits import RateLimits
from app.http.porch import build_porch
from tests import document
from tests.witness import JSON, PROBLEM, Witness

REFUSED = {"type": "/problems/x", "title": "No.", "status": 401, "detail": "No.", "instance": "urn:uuid:1"}
USUAL = {"content-type": JSON}


def _route(path: str) -> Any:
    router = APIRouter()
    router.get(path)(lambda: None)
    return router.routes[0]


def _heard(
    path: str, status: int, body: object, headers: Mapping[str, str] = USUAL, **given: str
) -> list[str]:
    witness = Witness(document.DOCUMENT)
    scope = {"method": "GET", "path": path, "route": _route(path), "path_params": given}
    witness.hear(scope, status, headers, orjson.dumps(body))
    return witness.take()


@pytest.mark.parametrize(
    ("status", "body", "headers", "words"),
    [
        (418, {}, USUAL, "the status is not declared"),
        (200, {}, {"content-type": "text/html"}, "the content is text/html"),
        (200, {"live": 1}, USUAL, "is a required property"),
        (429, {}, {"content-type": PROBLEM}, "the header Retry-After is missing"),
        (401, REFUSED | {"code": "gallery_gone"}, {"content-type": PROBLEM}, "gallery_gone is not declared"),
    ],
)
def test_what_is_not_declared_is_found(
    status: int, body: object, headers: dict[str, str], words: str
) -> None:
    heard = _heard("/v1/users", status, body, headers)
    assert any(words in each for each in heard), heard


def test_a_desk_s_answer_is_held_to_the_schema_of_its_collection() -> None:
    whole = document.DOCUMENT["components"]["examples"]["Client"]["value"]
    address = "/v1/{collection}/{record_id}"
    assert _heard(address, 200, whole, collection="clients") == []
    assert "is a required property" in _heard(address, 200, whole, collection="sessions")[0]


@pytest.mark.parametrize("encoding", [None, *Encoding])
def test_a_member_that_is_not_declared_is_found_in_whatever_the_body_was_compressed_with(
    encoding: Encoding | None,
) -> None:
    whole = document.DOCUMENT["components"]["examples"]["Client"]["value"]
    witness = Witness(document.DOCUMENT)
    address = "/v1/{collection}/{record_id}"
    scope = {"method": "GET", "route": _route(address), "path_params": {"collection": "clients"}}
    for told in (whole, whole | {"password_hash": "x"}, whole | {"id": "of no form"}):
        body = orjson.dumps(told)
        sent = compressed(body, encoding) if encoding else body
        witness.hear(scope, 200, USUAL | {"content-encoding": encoding or "identity"}, sent)
    [leaked, formless] = witness.take()
    assert "'password_hash'" in leaked
    assert '"uuid"' in formless


def test_what_the_document_does_not_have_is_let_by() -> None:
    assert _heard("/v1/of-a-test-s-own", 418, {}) == []


async def test_an_answer_of_any_test_is_heard(witness: Witness) -> None:
    app = FastAPI()
    app.get("/v1/limits")(lambda: {"nothing": "of the kind"})
    build_porch(app, RateLimits(per_address=6000, per_caller=1200))
    seen = witness.seen["limits_read", 200]
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://studio.test") as client:
        assert (await client.get("/v1/limits")).status_code == 200
    [breach] = witness.take()
    assert breach.startswith("limits_read 200: ")
    assert "is a required property" in breach
    assert witness.seen["limits_read", 200] == seen + 1
