"""The audit trail of a test's studio, read and forgotten."""

from datetime import timedelta
from typing import Any

from app.audit.chain import check
from app.audit.forgetting import forget
from app.core.clock import now
from app.core.db import Database
from app.core.principal import Principal
from tests.accounts.studios import Studio


async def trail(studio: Studio, **sought: Any) -> list[dict[str, Any]]:
    """Return the trail as the administrator reads it, the newest first."""
    headers = await studio.administrator()
    answer = await studio.client.get("/v1/audit", params={"limit": 500, **sought}, headers=headers)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["entries"])


async def forgotten(owner_url: str, studio: Studio, *, days: int) -> int:
    """Forget what is older than so many days, as who owns the tables; return how many entries that was."""
    account_id = studio.account.account_id
    owned = Database(owner_url)
    try:
        checked = await check(owned, account_id)
        until = now() - timedelta(days=days)
        return (await forget(owned, Principal.system(account_id), checked, until))[0]
    finally:
        await owned.close()
