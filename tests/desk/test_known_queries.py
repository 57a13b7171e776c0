"""Hubs, the home page and imports refuse parameters they do not know, which would let everything through."""

import pytest

from tests.contract.desks import Desk


async def test_what_a_route_does_not_know_is_refused_by_name(desk: Desk) -> None:
    refused = await desk.ask("GET", "hubs/sessions?colums=date&limit=1&filter=none")
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request")
    assert refused.json()["fields"] == [
        {"path": "query.colums", "code": "extra_forbidden"},
        {"path": "query.filter", "code": "extra_forbidden"},
    ]


@pytest.mark.parametrize(
    ("verb", "path"),
    [
        ("GET", "hubs"),
        ("GET", "desk/fields/sessions"),
        ("POST", "hubs/sessions/query"),
        ("GET", "hubs/sessions/filters"),
        ("GET", "home"),
        ("GET", "home/panels"),
        ("GET", "imports"),
        ("GET", "import-fields?kind=clients"),
    ],
)
async def test_every_route_of_these_does_so(desk: Desk, verb: str, path: str) -> None:
    body: dict[str, str] | None = {} if verb == "POST" else None
    assert (await desk.ask(verb, path, body)).status_code == 200
    refused = await desk.ask(verb, f"{path}{'&' if '?' in path else '?'}x=1", body)
    assert refused.json()["fields"] == [{"path": "query.x", "code": "extra_forbidden"}]


async def test_who_has_not_signed_in_is_told_that_first(desk: Desk) -> None:
    assert (await desk.client.get("/v1/home?x=1")).status_code == 401
