"""Whatever is sent to whatever route, a refusal has one shape, a documented code, and repeats no value."""

import gzip
from uuid import uuid4

import httpx
import orjson
import pytest
from fastapi import FastAPI

from app.core.db import Database
from tests.accounts.studios import Studio, new_studio
from tests.contract.phones import Phone
from tests.house.requests import COLLECTIONS, DOCUMENT, JSON, Route, check_shape, every_route

SECRET = "Mumpitz"
ANY_LIMIT = 4_000_000
MALFORMED: dict[str, bytes] = {
    "nothing": b"",
    "half a surrogate pair": b'{"Mumpitz":"\\ud800"}',
    "NUL": b'{"a":"Mumpitz\\u0000"}',
    "raw NUL": b'{"a":"Mumpitz\0"}',
    "NaN": b'{"a":NaN,"b":"Mumpitz"}',
    "1e999": b'{"a":1e999,"b":"Mumpitz"}',
    "5000 digits": b'{"b":"Mumpitz","a":' + b"7" * 5_000 + b"}",
    "duplicate keys": b'{"a":"Mumpitz","a":"Mumpitz"}',
    "33 levels": b"[" * 33 + b'"Mumpitz"' + b"]" * 33,
    "100,000 levels": b"[" * 100_000 + b"]" * 100_000,
    "byte order mark": b'\xef\xbb\xbf{"a":"Mumpitz"}',
    "trailing garbage": b'{"a":"Mumpitz"}Mumpitz',
    "bad UTF-8": b'{"a":"Mumpitz\xff\xfe"}',
    "no object": b'"Mumpitz"',
    "null": b"null",
    "a list": b'["Mumpitz"]',
    "an unknown field": b'{"a":"Mumpitz"}',
}
GARBAGE: dict[str, str] = {
    "a word": f"Bearer {SECRET}",
    "three words": f"Bearer {SECRET}.{SECRET}.{SECRET}",
    "unsigned": f"Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJNdW1waXR6In0.{SECRET}",
    "another scheme": f"Basic {SECRET}",
    "no scheme": SECRET,
    "nothing": "Bearer ",
    "very long": f"Bearer {SECRET * 2_000}",
    "not ASCII": f"Bearer {SECRET}é",
}


@pytest.fixture(scope="module")
async def ours(database: Database, house: FastAPI, http: httpx.AsyncClient) -> Studio:
    """Make an account whose sign-ins may be spoilt."""
    return await new_studio(database, http, house.state.keys)


@pytest.fixture(scope="module")
async def desk(ours: Studio) -> dict[str, str]:
    """Return the headers of its administrator's desk."""
    return await ours.administrator()


@every_route(guarded=True, of_all_collections=True)
async def test_without_a_token_nobody_comes_in(route: Route, http: httpx.AsyncClient) -> None:
    answer = await route.ask(http, {})
    assert route.check_refusal(answer) == "invalid_token"
    assert answer.headers["www-authenticate"] == "Bearer"


@every_route(guarded=True)
async def test_with_a_garbage_token_nobody_comes_in(route: Route, http: httpx.AsyncClient) -> None:
    content = None if route.body is None else orjson.dumps(route.body)
    for kind, garbage in GARBAGE.items():
        headers = [(b"authorization", garbage.encode()), (b"content-type", b"application/json")]
        answer = await http.request(route.verb, route.address(), headers=headers, content=content)
        assert route.check_refusal(answer, SECRET) == "invalid_token", kind


@every_route(guarded=True)
async def test_a_token_in_the_address_is_refused(
    route: Route, http: httpx.AsyncClient, desk: dict[str, str]
) -> None:
    content = None if route.body is None else orjson.dumps(route.body)
    address = f"{route.address()}?access_token={SECRET}"
    answer = await http.request(route.verb, address, headers={**JSON, **desk}, content=content)
    assert route.check_refusal(answer, SECRET) == "bad_request"


@every_route(body=True)
async def test_a_malformed_body_is_refused(
    route: Route, http: httpx.AsyncClient, desk: dict[str, str]
) -> None:
    ours = {"invalid_json", "invalid_request", "device_required", "invalid_fields", "unknown_record"}
    # Of sign-ins and card payments little is read, and some of these are more.
    ours |= {"too_large"} if route.tag in {"auth", "cards"} else set()
    for kind, content in MALFORMED.items():
        if not content and not route.operation["requestBody"].get("required"):
            continue
        answer = await route.ask(http, desk, content)
        assert route.check_refusal(answer, SECRET) in ours, kind


@every_route(body=True)
async def test_a_field_of_the_wrong_type_is_refused(
    route: Route, http: httpx.AsyncClient, desk: dict[str, str]
) -> None:
    for name in route.body:
        answer = await route.ask(http, desk, orjson.dumps({**route.body, name: [SECRET]}))
        ours = {"invalid_request", "device_required", "invalid_fields", "invalid_query", "unknown_reference"}
        ours |= {"unknown_record"}
        # A list of words is the right type there: what they name is looked at once the import is found.
        words = {"import_not_found"} if name == "fields" else set[str]()
        assert route.check_refusal(answer, SECRET) in ours | words, name


@every_route(body=True)
async def test_another_content_type_is_refused(
    route: Route, http: httpx.AsyncClient, desk: dict[str, str]
) -> None:
    content = orjson.dumps({**route.body, "note": SECRET})
    odd = [
        ({"Content-Type": "text/plain"}, content),
        ({"Content-Type": "application/x-www-form-urlencoded"}, content),
        ({"Content-Type": "application/json; charset=utf-16"}, content),
        ({"Content-Encoding": "gzip"}, gzip.compress(content)),
    ]
    for headers, sent in odd:
        answer = await route.ask(http, {**desk, **headers}, sent)
        assert route.check_refusal(answer, SECRET) == "unsupported_media_type", headers


@every_route(body=True)
async def test_a_body_that_is_too_large_is_refused(
    route: Route, http: httpx.AsyncClient, desk: dict[str, str]
) -> None:
    content = orjson.dumps({"note": SECRET * (ANY_LIMIT // len(SECRET))})
    assert route.check_refusal(await route.ask(http, desk, content), SECRET) == "too_large"


@every_route()
async def test_a_parameter_that_is_none_is_refused(
    route: Route, http: httpx.AsyncClient, desk: dict[str, str]
) -> None:
    names = [each["name"] for each in route.operation.get("parameters", []) if each["in"] == "path"]
    for odd in (SECRET, f"{SECRET}%00", f"{SECRET}%FF", SECRET * 500, f"%27{SECRET}--"):
        for name in names:
            answer = await route.ask(http, desk, given={name: odd})
            assert route.check_refusal(answer, SECRET) in {"invalid_request", "not_found"}


@every_route(guarded=True)
async def test_another_account_s_row_is_not_there(
    route: Route, http: httpx.AsyncClient, desk: dict[str, str], stranger: Studio
) -> None:
    [theirs] = await stranger.authorize()
    names = [each["name"] for each in route.operation.get("parameters", []) if each["in"] == "path"]
    try:
        for name in names:
            answer = await route.ask(http, desk, given={name: str(theirs)})
            unknown = {
                "users": "user_not_found",
                "security": "group_not_found",
                "api_keys": "api_key_not_found",
                "webhooks": "webhook_not_found",
                "safety": "notice_not_found",
                "schedule": "calendar_feed_not_found",
                "hubs": "not_found" if name == "hub" else "saved_not_found",
                "imports": "import_not_found",
                "galleries": "not_found",
                "pictures": {
                    "session_id": "session_not_found",
                    "upload_id": "upload_not_found",
                    "group_id": "picture_group_not_found",
                }.get(name, ""),
                "templates": "paper_letter_not_found" if name == "paper_id" else "template_not_found",
                "communications": "communication_not_found",
                "triggers": "not_found" if name == "key" else "trigger_not_found",
                "web_orders": "web_order_not_found",
                "web_price_lists": "price_list_not_found",
                "outbox": "letter_file_not_found" if name == "file_id" else "letter_not_found",
                "cards": "card_payment_not_found" if name == "payment_id" else "card_target_not_found",
                "portal": "portal_letter_not_found" if name == "letter_id" else "portal_client_not_found",
            }
            usual = "unknown_record" if route.tag in COLLECTIONS else "device_not_found"
            expected = unknown.get(route.tag, usual)
            assert route.check_refusal(answer, str(theirs)) == expected
    finally:
        await stranger.execute("DELETE FROM devices WHERE account_id = $1 AND device_id = $2", theirs)


async def test_another_account_s_user_gets_no_device(
    http: httpx.AsyncClient, desk: dict[str, str], stranger: Studio
) -> None:
    route = _route("devices_authorize")
    content = orjson.dumps({"user_id": str(stranger.photographer.user_id)})
    assert route.check_refusal(await route.ask(http, desk, content)) == "unknown_user"


async def test_another_account_s_cursor_is_refused(
    http: httpx.AsyncClient, desk: dict[str, str], first_phone: Phone
) -> None:
    route = _route("sync_pull")
    cursor = (await first_phone.copy("clients")).cursor
    answer = await route.ask(http, desk, orjson.dumps({"cursor": cursor}))
    assert route.check_refusal(answer, str(cursor)) == "cursor_foreign"


async def test_a_made_up_cursor_is_refused(http: httpx.AsyncClient, desk: dict[str, str]) -> None:
    route = _route("sync_pull")
    for cursor in (SECRET, "", "a", f"a{SECRET * 50}", "é" * 10, "a" * 99_999):
        answer = await route.ask(
            http, desk, orjson.dumps({"cursor": cursor, "collections": [SECRET.lower()]})
        )
        assert route.check_refusal(answer, SECRET) in {"cursor_malformed", "unknown_collection"}


async def test_of_collections_that_do_not_exist_a_few_are_named_and_a_set_of_none_is_refused(
    http: httpx.AsyncClient, desk: dict[str, str]
) -> None:
    route = _route("sync_pull")
    names = [f"{'z' * 61}{first}{second}" for first in "abcdefgh" for second in "abcdefgh"]
    answer = await route.ask(http, desk, orjson.dumps({"collections": ["clients", *names]}))
    assert route.check_refusal(answer) == "unknown_collection"
    assert answer.json()["unknown"] == names[:20]
    answer = await route.ask(http, desk, orjson.dumps({"collections": []}))
    assert route.check_refusal(answer) == "invalid_request"
    assert answer.json()["fields"] == [{"path": "body.collections", "code": "too_short"}]


def _route(name: str) -> Route:
    return next(
        Route(verb, path, operation)
        for path, verbs in DOCUMENT["paths"].items()
        for verb, operation in verbs.items()
        if operation["operationId"] == name
    )


@pytest.mark.parametrize("path", DOCUMENT["paths"])
async def test_another_verb_is_refused_and_those_there_are_are_named(
    path: str, http: httpx.AsyncClient
) -> None:
    known = {verb.upper() for verb in DOCUMENT["paths"][path]}
    for verb in {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", SECRET.upper()} - known:
        answer = await http.request(verb, path.replace("{", "").replace("}", ""))
        assert (answer.status_code, check_shape(answer, SECRET)) == (405, "method_not_allowed"), verb
        assert known <= {*answer.headers["allow"].split(", ")}, verb


async def test_an_address_that_is_not_there_is_not_there(http: httpx.AsyncClient) -> None:
    for path in ("/v1", f"/v1/{SECRET}", f"/{SECRET}%00", f"/v1/auth/{SECRET}/..", f"/v2/{uuid4()}"):
        answer = await http.get(path)
        assert (answer.status_code, check_shape(answer, SECRET)) == (404, "not_found"), path
