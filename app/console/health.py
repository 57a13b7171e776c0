"""Sync health: which phones are behind, what had to begin anew, and what was refused."""

from starlette.responses import Response

from app.console import leavers, lookups, sync_words
from app.console.standing import LATE
from app.console.visits import Visit


async def show(visit: Visit) -> Response:
    """Show how the phones keep up, those first that need somebody."""
    people = await lookups.staff(visit.api)
    health = await visit.api.get("/v1/sync/health", behind_days=LATE.days)
    return visit.page(
        "health.html",
        health=health,
        undecided=health["open_inbox"],
        people=people,
        left=await leavers.phones_left(visit.api, people),
        sync_words=sync_words,
    )
