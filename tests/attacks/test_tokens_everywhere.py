"""No route lets in a token that was not issued: neither a forged one nor a true one that was changed."""

import base64
import random
import string
from collections import Counter
from collections.abc import Iterator
from uuid import uuid4

import pytest

from app.accounts.tokens import Claims, issue_access, verify_access
from app.core.errors import AppError
from app.core.keys import KeyRing
from tests.accounts.test_access_tokens import ATTACKS, other_key, signed
from tests.attacks.conftest import ATTEMPTS, SEED, Attacker, check
from tests.facts import Property
from tests.house.requests import Route, every_route

_LETTERS = string.ascii_letters + string.digits + "-_.=+/ \t"
_LONGEST = 16_000
"""A server takes no longer header."""


async def refused(route: Route, attacker: Attacker, token: str, told: Property) -> None:
    """Try a token, and count whether it was refused or taken."""
    headers = {"Authorization": b"Bearer " + token[:_LONGEST].encode()}
    answered = await attacker.ask(route, headers=headers)
    told("counted: forged tokens refused", int(answered.status == 401))
    told("counted: forged tokens taken", int(answered.status < 400))
    check(route, answered)
    assert (answered.status, answered.code) == (401, "invalid_token"), token[:200]
    assert answered.headers["www-authenticate"] == "Bearer"


@every_route(guarded=True)
async def test_forged_tokens_are_refused(
    route: Route, attacker: Attacker, keys: KeyRing, record_property: Property
) -> None:
    dice = random.Random(f"{SEED} {route.operation['operationId']}")  # noqa: S311 - no secret
    for name in dice.sample(sorted(ATTACKS), min(len(ATTACKS), ATTEMPTS)):
        await refused(route, attacker, ATTACKS[name](keys), record_property)


@pytest.mark.proof
@every_route(guarded=True, of_all_collections=True)
async def test_all_forged_tokens_are_refused(
    route: Route, attacker: Attacker, keys: KeyRing, record_property: Property
) -> None:
    for forge in ATTACKS.values():
        await refused(route, attacker, forge(keys), record_property)


@every_route(guarded=True)
async def test_a_true_token_that_was_changed_is_refused(
    route: Route, attacker: Attacker, keys: KeyRing, record_property: Property
) -> None:
    true = attacker.headers["Authorization"].removeprefix("Bearer ")
    head, claims, _ = (decoded(part) for part in true.split("."))
    await refused(route, attacker, signed(keys, head, claims, other_key()), record_property)
    dice = random.Random(f"{SEED} {route.operation['operationId']}")  # noqa: S311 - no secret
    for changed in mutations(dice, true, ATTEMPTS):
        await refused(route, attacker, changed, record_property)


@pytest.mark.parametrize("count", [1_000, pytest.param(90_000, marks=pytest.mark.proof)])
async def test_none_of_many_changed_tokens_is_taken(
    keys: KeyRing, count: int, record_property: Property
) -> None:
    """Past the routes, which all ask the same function: a route takes a hundred times as long."""
    true = issue_access(keys, Claims(uuid4(), uuid4(), uuid4(), uuid4()))
    assert verify_access(keys, true).device_id
    dice, verdicts = random.Random(f"{SEED} {count}"), Counter[str]()  # noqa: S311 - no secret
    for changed in mutations(dice, true, count):
        try:
            verify_access(keys, changed)
        except AppError as error:
            verdicts[error.code] += 1
        else:
            verdicts["taken"] += 1
    record_property("counted: forged tokens refused", verdicts["invalid_token"])
    record_property("counted: forged tokens taken", verdicts["taken"])
    assert verdicts == {"invalid_token": count}


def mutations(dice: random.Random, token: str, count: int) -> Iterator[str]:
    """Yield tokens that differ from a true one: a letter, a piece, the order of parts, another ending."""
    ways = (_another_letter, _less, _more, _parts_in_another_order, _twice)
    while count:
        changed = dice.choice(ways)(dice, token)
        # Space around a token is no part of it.
        if changed.strip() != token:
            count -= 1
            yield changed


def _another_letter(dice: random.Random, token: str) -> str:
    place = dice.randrange(len(token))
    return token[:place] + dice.choice(_LETTERS) + token[place + 1 :]


def _less(dice: random.Random, token: str) -> str:
    start, end = sorted(dice.sample(range(len(token) + 1), 2))
    return token[:start] + token[end:]


def _more(dice: random.Random, token: str) -> str:
    place = dice.randrange(len(token) + 1)
    return token[:place] + "".join(dice.choices(_LETTERS, k=dice.randrange(1, 9))) + token[place:]


def _parts_in_another_order(dice: random.Random, token: str) -> str:
    parts = token.split(".")
    dice.shuffle(parts)
    return ".".join(parts)


def _twice(_dice: random.Random, token: str) -> str:
    return f"{token} {token}"


def decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
