"""Whatever is wrong with a request: a declared answer, no error of the server, nothing said back."""

import gzip
import random
from collections.abc import AsyncIterator, Iterator
from copy import deepcopy
from typing import Any

import orjson
import pytest

from tests.attacks.conftest import ATTEMPTS, SEED, Attacker, check
from tests.house.requests import Route, every_route

SECRET = "Mumpitz"
ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**53 - 1, -(2**53) + 1, 1.5, 1e308, "", " ", "0", "null",
    SECRET, SECRET * 3_000, "' OR 1=1 --", "%00", "../../etc/passwd", "{{7*7}}", "a\r\nb: c", "\x1b[31m",
    "\U0001d541", "e\u0301\u202e", "00000000-0000-0000-0000-000000000000", "9999-12-31", "0001-01-01",
    "2026-02-30", "25:61:00", "2026-06-13T15:04:05Z", "infinity", "-infinity", "NaN", [], {}, [[]], [None],
    {"unknown": SECRET}, {"": {}}, ["\U0001f986"] * 600,
)  # fmt: skip
"""What stands in the place of a value; all of it is proper JSON."""

KEYS = min(100_000, 2_000 * ATTEMPTS)
"""Each is refused by its name, which takes its time."""

BOMB = gzip.compress(b"0" * 10_000_000)
RAW: dict[str, bytes] = {
    "31 levels": b"[" * 31 + b"]" * 31,
    "32 levels": b'{"a":' * 32 + b"1" + b"}" * 32,
    "1,000 levels": b"[" * 1_000 + b"]" * 1_000,
    "objects of 100,000 levels": b'{"a":' * 100_000,
    "UTF-16": '{"a":"Mumpitz"}'.encode("utf-16"),
    "an encoded surrogate": b'{"a":"Mumpitz\xed\xa0\x80"}',
    "400 digits": b'{"a":' + b"9" * 400 + b"}",
    "a key of 100,000 letters": b'{"' + b"M" * 100_000 + b'":1}',
    "thousands of keys": b"{" + b",".join(b'"%d":1' % number for number in range(KEYS)) + b"}",
    "two documents": b"{}{}",
    "a gzip bomb that does not say so": BOMB,
}
QUERIES: tuple[bytes, ...] = (
    b"NaN", b"1e999", b"7" * 5_000, b"-1", b"%00", b"%FF%FE", b"%ED%A0%80", b"", b"Mumpitz",
    b"Mumpitz" * 1_000,
    b"%27%20OR%201=1--", b"9007199254740992", b"0", b"null", b"[]", b"true", b"%0d%0aSet-Cookie:a=b",
)  # fmt: skip
HEADERS = (b"", SECRET.encode() * 1_000, b'"', b'"\xff\xfe"', b"*, *", b'W/"1"', b"\x00", b"7" * 5_000)
UNDECLARED = ("Accept", "Accept-Encoding", "If-Match", "Range", "Cookie", "X-Request-Id", "Origin")
TYPES = ("text/plain", "application/json; charset=utf-7", "multipart/form-data; boundary=x", ";;;", "\x7f")


@every_route(body=True)
async def test_a_body_with_an_odd_value_is_answered_as_declared(route: Route, attacker: Attacker) -> None:
    dice = random.Random(f"{SEED} {route.operation['operationId']}")  # noqa: S311 - no secret
    for _ in range(ATTEMPTS):
        check(route, await attacker.ask(route, body=odd_body(dice, route.body)), SECRET)


@pytest.mark.proof
@every_route(body=True, of_all_collections=True)
async def test_every_value_of_every_body_may_be_odd(route: Route, attacker: Attacker) -> None:
    for place in places(route.body):
        for odd in ODD:
            check(route, await attacker.ask(route, body=put(route.body, place, odd)), SECRET)


@every_route(body=True)
async def test_a_body_that_is_hardly_one_is_refused(route: Route, attacker: Attacker) -> None:
    for name, content in RAW.items():
        answered = await attacker.ask(route, body=content)
        check(route, answered, SECRET)
        assert answered.status >= 400, name


@every_route(body=True)
async def test_an_endless_body_is_given_up_at_the_limit(route: Route, attacker: Attacker) -> None:
    part = b" " * 100_000

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield part

    headers = {"Content-Type": "application/json", **route.preconditions, **attacker.headers}
    answered = await attacker.line.ask(route.verb, route.address().encode(), headers, endless())
    check(route, answered)
    assert answered.code == "too_large"
    limit = orjson.loads(answered.content)["max_bytes"]
    assert answered.parts_taken <= limit // len(part) + 1


@every_route(body=True)
async def test_other_types_are_refused_before_anything_is_made_of_them(
    route: Route, attacker: Attacker
) -> None:
    odd = [({"Content-Type": kind}, orjson.dumps(route.body)) for kind in TYPES]
    odd += [({"Content-Encoding": how}, BOMB) for how in ("gzip", "deflate", "br", "zstd", "gzip, gzip")]
    for headers, content in odd:
        answered = await attacker.ask(route, headers=headers, body=content)
        check(route, answered)
        assert answered.code == "unsupported_media_type", headers


@every_route()
async def test_an_odd_query_is_answered_as_declared(route: Route, attacker: Attacker) -> None:
    asked = [each["name"] for each in route.operation.get("parameters", []) if each["in"] == "query"]
    for name in [*asked, "unknown"]:
        for odd in QUERIES if name in asked else QUERIES[-2:]:
            if (name, odd) != ("seconds", b""):
                query = (
                    b"seconds=0&" * (name != "seconds") * ("seconds" in asked) + name.encode() + b"=" + odd
                )
                check(route, await attacker.ask(route, query=query), SECRET)
        many = b"&".join(name.encode() + b"=0" for _ in range(500))
        check(route, await attacker.ask(route, query=many), SECRET)


@every_route()
async def test_an_odd_header_is_answered_as_declared(route: Route, attacker: Attacker) -> None:
    for each in route.operation.get("parameters", []):
        for odd in HEADERS if each["in"] == "header" else ():
            check(route, await attacker.ask(route, headers={each["name"]: odd}), SECRET)
    dice = random.Random(f"{SEED} {route.operation['operationId']}")  # noqa: S311 - no secret
    everywhere = {name: dice.choice(HEADERS) for name in UNDECLARED}
    check(route, await attacker.ask(route, headers=everywhere), SECRET)


def odd_body(dice: random.Random, body: Any) -> Any:
    """Return a body in which a few values are odd, or a field is gone or there too often."""
    for _ in range(dice.choice((1, 1, 1, 2, 3))):
        body = put(body, dice.choice(list(places(body))), dice.choice(ODD))
    return body


def places(told: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to each value of a body, the body itself among them."""
    yield way
    named = told.items() if isinstance(told, dict) else enumerate(told) if isinstance(told, list) else ()
    for name, value in named:
        yield from places(value, (*way, name))


def put(told: Any, way: tuple[Any, ...], value: Any) -> Any:
    """Return a copy with another value in one place."""
    if not way:
        return value
    changed = deepcopy(told)
    inside = changed
    for name in way[:-1]:
        inside = inside[name]
    inside[way[-1]] = value
    return changed
