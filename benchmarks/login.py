"""Signing in, which takes as long as the password's hash is to take, and shares the server with everybody."""

from functools import partial
from itertools import count, cycle

import orjson

from app.accounts import passwords
from benchmarks.ground import Ground
from benchmarks.loops import Ask, at_a_rate, at_once
from benchmarks.samples import Result, compare
from benchmarks.standing import typical
from benchmarks.studios import PASSWORD, new_account
from benchmarks.wire import Reply

_USUAL = 10
"""Sign-ins a second where their waits are told."""
_NUMBERS = count(1)


async def login(ground: Ground) -> list[Result]:
    """Measure desks of many accounts; the limit is to compare the password, two at once as we do."""
    size = ground.size
    names = [f"signing-in-{next(_NUMBERS)}" for _ in range(size.accounts)]
    for name in names:
        await new_account(ground, name)
    kept = await passwords.hash_password(PASSWORD)
    peers = await typical(ground)
    in_turn = cycle(names)

    async def ours() -> Reply:
        words = {"account": next(in_turn), "initials": "JD", "password": PASSWORD}
        return await peers.ours.lines.post("/v1/auth/login", orjson.dumps(words))

    by_hand = orjson.dumps({"name": "pat", "password": PASSWORD})
    ways: dict[str, Ask] = {
        "argon2id alone": partial(_compare, kept),
        "ours": ours,
        "FastAPI + SQLModel": partial(peers.by_hand.lines.post, "/login", by_hand),
    }
    served = {"ours": peers.ours.served, "FastAPI + SQLModel": peers.by_hand.served}
    return [
        *await compare(
            f"login: one at a time, {_USUAL}/s",
            "sign-ins",
            {name: partial(at_a_rate, ask, _USUAL, size.watch) for name, ask in ways.items()},
            size.rounds,
        ),
        *await compare(
            f"login: {size.accounts} at once",
            "sign-ins",
            {
                name: partial(at_once, served.get(name), [ask] * size.accounts, 1, size.moment)
                for name, ask in ways.items()
            },
            size.rounds,
        ),
    ]


async def _compare(kept: str) -> Reply:
    return Reply(200 if await passwords.verify(PASSWORD, kept) else 401)
