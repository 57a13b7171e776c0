"""Asked with another account's ids and cursors: nothing of it comes back, and nothing in it moves."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import orjson

from tests.attacks.conftest import Attacker, Victim, check
from tests.facts import Property
from tests.house.requests import Route, every_route

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def with_id(told: Any, one: str) -> Any:
    """Return a body in which every id is one."""
    return orjson.loads(_ID.sub(one, orjson.dumps(told).decode()))


def named(route: Route, place: str) -> list[str]:
    """Return the names of a route's parameters in the path, the query or the headers."""
    return [each["name"] for each in route.operation.get("parameters", []) if each["in"] == place]


def ids_of(route: Route, victim: Victim) -> Iterator[dict[str, str]]:
    """Yield the path's parameters, each time with another id of the other account."""
    for one in victim.ids.values():
        yield dict.fromkeys(named(route, "path"), one)


def same(told: bytes) -> Any:
    """Return a refusal without what is different each time."""
    return {**orjson.loads(told), "instance": None}


@every_route(guarded=True, others_in_proofs=True)
async def test_an_id_of_another_account_is_as_unknown_as_any(
    route: Route, attacker: Attacker, victim: Victim, record_property: Property
) -> None:
    before = await victim.revision()
    record_property("counted: routes asked with another account's ids", 1)
    unknown = await attacker.ask(route, given=dict.fromkeys(named(route, "path"), str(uuid4())))
    for given in ids_of(route, victim) if named(route, "path") else ():
        answered = await attacker.ask(route, given=given)
        check(route, answered, *given.values())
        assert (answered.status, same(answered.content)) == (unknown.status, same(unknown.content))
    assert await victim.revision() == before


@every_route(guarded=True, body=True, others_in_proofs=True)
async def test_a_body_that_names_another_account_s_records_gets_nothing_of_them(
    route: Route, attacker: Attacker, victim: Victim
) -> None:
    before = await victim.revision()
    for one in victim.ids.values():
        answered = await attacker.ask(route, body=with_id(route.body, one))
        check(route, answered)
    assert await victim.revision() == before


@every_route(guarded=True, others_in_proofs=True)
async def test_another_account_s_cursor_opens_nothing(
    route: Route, attacker: Attacker, victim: Victim
) -> None:
    cursor = str(victim.copy.cursor)
    for name in {"cursor", "page"} & set(named(route, "query")):
        answered = await attacker.ask(route, query=f"{name}={cursor}".encode())
        check(route, answered, cursor)
        assert answered.status in {400, 422}, (name, answered.content)
    body = route.body or {}
    for sent in ({**body, "cursor": cursor}, {**body, "pull": {"cursor": cursor}}):
        if set(sent) != set(body):
            continue
        answered = await attacker.ask(route, body=sent)
        check(route, answered, cursor)
        assert answered.code in {"cursor_foreign", "device_required"}, answered.content


@every_route(guarded=True, others_in_proofs=True)
async def test_an_account_named_beside_the_token_counts_for_nothing(
    route: Route, attacker: Attacker, victim: Victim
) -> None:
    theirs = victim.ids["accounts"]
    headers = {
        "X-Account": theirs,
        "X-Tenant": theirs,
        "X-Forwarded-For": "10.0.0.1",
        "Host": f"{victim.studio.account.account_name}.studio.test",
    }
    before = await victim.revision()
    check(route, await attacker.ask(route, headers=headers, body=route.body), theirs)
    assert await victim.revision() == before
