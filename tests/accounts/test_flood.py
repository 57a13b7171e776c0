"""A flood of wrong words leaves no row behind that stays."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

import asyncpg

from app.core.clock import now
from tests.accounts.studios import Studio

WRONG = "not the password at all"
_TABLES = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"


async def rows(owner_url: str) -> Counter[str]:
    """Count the rows of every table, as the owner sees them."""
    connection = await asyncpg.connect(owner_url)
    try:
        names = [row["relname"] for row in await connection.fetch(_TABLES)]
        return Counter({name: await connection.fetchval(f"SELECT count(*) FROM {name}") for name in names})
    finally:
        await connection.close()


async def test_a_flood_of_wrong_words_leaves_a_count_for_a_quarter_of_an_hour(
    studio: Studio, owner_url: str, hold: Callable[[datetime], None]
) -> None:
    before, client, mark = await rows(owner_url), studio.client, uuid4().hex
    for number in range(60):
        answers = [
            await studio.login(password=WRONG, initials=f"Z{number}", device=None),
            await studio.login(password=WRONG, account=f"{mark}-{number}", device=None),
            await client.post("/v1/auth/refresh", json={"refresh_token": studio.made_up_token(number)}),
            await client.get("/v1/devices", headers={"Authorization": f"Bearer e{number}.e.e"}),
        ]
        assert {answer.status_code for answer in answers} <= {401, 422, 429}
    # Of each user, of each account that is not there, and in each account; in the trail only of the first.
    assert +(await rows(owner_url) - before) == Counter({
        "sign_in_budgets": 60 + 60 + 61, "audit_entries": 20
    })  # fmt: skip
    hold(now() + timedelta(minutes=15))
    await studio.login(password=WRONG, device=None)
    left = await studio.execute("SELECT caller FROM sign_in_budgets WHERE account_id = $1")
    assert len(left) == 2
