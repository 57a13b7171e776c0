"""Home: how the account stands, and what waits for somebody."""

from collections import Counter
from typing import Any

from starlette.responses import Response

from app.console import leavers, lookups
from app.console.galleries import overview
from app.console.letters import outbox
from app.console.letters import words as of_letters
from app.console.standing import LATE, State, standing_of
from app.console.visits import Visit
from app.core.principal import Level


async def show(visit: Visit) -> Response:
    """Show how the account stands, and what waits: phones, sign-ins, entries, letters, orders, galleries."""
    told: dict[str, Any] = dict.fromkeys(("behind", "holding", "waiting", "clearing", "left"))
    if visit.may("devices", Level.VIEW_ONLY):
        phones = (await visit.api.get("/v1/sync/health", behind_days=LATE.days))["devices"]
        states = Counter(standing_of(each).state for each in (await visit.api.get("/v1/devices"))["devices"])
        told = {
            "behind": phones["behind"],
            "holding": phones["holding"],
            "waiting": states[State.WAITING],
            "clearing": states[State.CLEARING],
            "left": len(await leavers.phones_left(visit.api, await lookups.staff(visit.api))),
        }
    services = await overview.services(visit) or {}
    return visit.page(
        "home.html",
        account=await visit.api.get("/v1/account"),
        undecided=(await visit.api.get("/v1/sync/inbox"))["open"],
        unusual=(await visit.api.get("/v1/safety-notices", limit=1))["open"],
        behind_days=LATE.days,
        orders=services.get("web_orders"),
        galleries=services.get("galleries"),
        lanes=await outbox.lanes(visit),
        words=of_letters,
        **told,
    )
