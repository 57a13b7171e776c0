"""Bodies no honest client sends: always refused, in one shape, never with a value in the answer."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from app.http.body import check
from app.http.errors import InvalidJson
from tests.accounts.studios import Studio

LOGIN = "/v1/auth/login"
JSON = {"Content-Type": "application/json"}


def body(**raw: str) -> bytes:
    """Write a login with some values given as raw JSON."""
    fields = {"account": '"demo"', "initials": '"JD"', "password": '"a long walk"', **raw}
    return ("{" + ",".join(f'"{name}":{value}' for name, value in fields.items()) + "}").encode()


def nested(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


ODD: dict[str, tuple[bytes, str]] = {
    "half a surrogate pair": (body(account='"\\ud800"'), "lone_surrogate"),
    "the other half": (body(account='"\\udc00"'), "lone_surrogate"),
    "encoded surrogate": (body().replace(b"demo", b"\xed\xa0\x80"), "syntax"),
    "not UTF-8": (body().replace(b"demo", b"\xff\xfe"), "syntax"),
    "byte order mark": (b"\xef\xbb\xbf" + body(), "syntax"),
    "UTF-16": (body().decode().encode("utf-16"), "syntax"),
    "NaN": (body(account="NaN"), "syntax"),
    "Infinity": (body(account="-Infinity"), "syntax"),
    "1e999": (body(account="1e999"), "syntax"),
    "5000 digits": (body(account="9" * 5000), "syntax"),
    "400 digits": (body(account="9" * 400), "syntax"),
    "17 digits": (body(account="12345678901234567"), "number_out_of_range"),
    "just too large": (body(account=str(2**53)), "number_out_of_range"),
    "just too small": (body(account=str(-(2**53))), "number_out_of_range"),
    "NUL": (body(account='"de\\u0000mo"'), "nul_character"),
    "NUL behind a backslash": (body(account='"de\\\\\\u0000mo"'), "nul_character"),
    "raw NUL": (body().replace(b"demo", b"de\0mo"), "syntax"),
    "duplicate key": (body()[:-1] + b',"account":"other"}', "duplicate_key"),
    "duplicate key, escaped": (body()[:-1] + b',"acc\\u006funt":"other"}', "duplicate_key"),
    "duplicate key, spaced": (body()[:-1] + b',"account" \n:"other"}', "duplicate_key"),
    "duplicate deep inside": (body(device='{"a":[{"b":1,"b":2}]}'), "duplicate_key"),
    "33 levels": (nested(33), "too_deep"),
    "999 levels": (nested(999), "too_deep"),
    "10,000 levels": (nested(10_000), "too_deep"),
    "objects of 33 levels": (b'{"a":' * 33 + b"1" + b"}" * 33, "too_deep"),
    "trailing garbage": (body() + b"x", "syntax"),
    "two documents": (body() + body(), "syntax"),
    "cut short": (body()[:-5], "syntax"),
    "single quotes": (b"{'account':1}", "syntax"),
    "a comment": (b"{}//", "syntax"),
}


@pytest.mark.parametrize(("content", "reason"), ODD.values(), ids=ODD)
async def test_odd_json_is_refused(client: httpx.AsyncClient, content: bytes, reason: str) -> None:
    answer = await client.post(LOGIN, content=content, headers=JSON)
    told = answer.json()
    assert (answer.status_code, told["code"], told["reason"]) == (422, "invalid_json", reason)


GOOD: dict[str, bytes] = {
    "32 levels": nested(32),
    "the largest number": str(2**53 - 1).encode(),
    "a colon in a string": b'{"a":"\\":","b":"x\\":"}',
    "an escaped backslash before u0000": b'{"a":"\\\\u0000"}',
    "space before colons": b'{ "a" : 1 , "b" : [ {"a" : 2} ] }',
    "a long number in a string": b'{"a":"12345678901234567890"}',
    "a pair of surrogates": b'{"a":"\\ud83e\\udd86"}',
    "the same key in two objects": b'[{"a":1},{"a":1}]',
    "no object at all": b"null",
}


@pytest.mark.parametrize("content", GOOD.values(), ids=GOOD)
def test_plain_json_passes(content: bytes) -> None:
    check(content)


def test_no_pair_of_documents_fools_the_search_for_duplicates() -> None:
    for inside in ('\\":', '\\\\\\":', "':", ": ", '\\"'):
        check(json.dumps({"a": 1, "b": 2}).encode()[:-1] + f',"c":"{inside}"}}'.encode())
        with pytest.raises(InvalidJson):
            check(f'{{"a":1,"a":2,"c":"{inside}"}}'.encode())


WRONG_SHAPE: dict[str, tuple[Any, str, str]] = {
    "a number for a string": ({"account": 5}, "body.account", "string_type"),
    "an unknown field": ({"role": "admin"}, "body.role", "extra_forbidden"),
    "a string for a number": ({"device": {"schema_version": "5"}}, "body.device.schema_version", "int_type"),
    "true for a number": ({"device": {"schema_version": True}}, "body.device.schema_version", "int_type"),
    "no id": ({"device": {"uid": "phone"}}, "body.device.uid", "uuid_parsing"),
    "a list": ([], "body", "model_type"),
}


@pytest.mark.parametrize(("sent", "path", "code"), WRONG_SHAPE.values(), ids=WRONG_SHAPE)
async def test_a_wrong_shape_is_told_by_path_and_code(
    client: httpx.AsyncClient, sent: Any, path: str, code: str
) -> None:
    answer = await client.post(LOGIN, json=sent)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert (path, code) in [(each["path"], each["code"]) for each in answer.json()["fields"]]


async def test_the_answer_to_a_wrong_shape_repeats_no_value_and_is_short(client: httpx.AsyncClient) -> None:
    secret = "s3cret-value"
    sent = {f"unknown-{'é' * 100}-{number}": secret * 2 for number in range(50)}
    answer = await client.post(LOGIN, json={**sent, "password": [secret]})
    assert answer.status_code == 422
    assert secret not in answer.text
    assert len(answer.content) <= 4096


async def test_no_body_is_a_wrong_shape(client: httpx.AsyncClient) -> None:
    answer = await client.post(LOGIN)
    assert answer.json()["fields"] == [{"path": "body", "code": "missing"}]


async def test_a_body_that_does_not_come_is_given_up(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.http.body.SECONDS", 0)

    async def stalled() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    answer = await client.post(LOGIN, content=stalled(), headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (408, "body_timeout")


TYPES = {
    "none": {},
    "text": {"Content-Type": "text/plain"},
    "form": {"Content-Type": "application/x-www-form-urlencoded"},
    "another charset": {"Content-Type": "application/json; charset=latin-1"},
    "compressed": {**JSON, "Content-Encoding": "gzip"},
    "rubbish": {"Content-Type": ";;;"},
}


@pytest.mark.parametrize("headers", TYPES.values(), ids=TYPES)
async def test_another_media_type_is_refused(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    answer = await client.post(LOGIN, content=body(), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


async def test_a_body_that_says_it_is_too_large_is_not_read(client: httpx.AsyncClient) -> None:
    answer = await client.post(LOGIN, content=b" " * 32_001, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert answer.json()["max_bytes"] == 32_000


async def test_a_body_that_does_not_say_is_counted_while_it_comes(client: httpx.AsyncClient) -> None:
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield b" " * 100_000

    answer = await client.post(LOGIN, content=endless(), headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert taken <= 2


INJECTIONS = ["' OR 1=1 --", "%00", "../../etc/passwd", "{{7*7}}", "a\r\nb: c", "\x1b[31m", "\U0001d541", ""]


@pytest.mark.parametrize("text", INJECTIONS, ids=ascii)
async def test_odd_words_are_merely_wrong(studio: Studio, text: str) -> None:
    assert (await studio.login(account=text)).status_code == 401
    assert (await studio.login(initials=text)).status_code == 401
