"""Home: how the account stands, and what waits for somebody."""

from typing import Any

from starlette.responses import Response

from app.console.standing import standing_of
from app.console.visits import Visit
from app.core.principal import Level


async def show(visit: Visit) -> Response:
    """Show how the account stands, and the phones and entries of the inbox somebody should look at."""
    told: dict[str, Any] = {"behind": 0, "holding": 0, "waiting": 0}
    if visit.may("devices", Level.VIEW_ONLY):
        phones = (await visit.api.get("/v1/sync/health"))["devices"]
        listed = (await visit.api.get("/v1/devices", is_inactive="false"))["devices"]
        told = {
            "behind": phones["behind"],
            "holding": phones["holding"],
            "waiting": sum(standing_of(each).is_waiting for each in listed),
        }
    return visit.page(
        "home.html",
        account=await visit.api.get("/v1/account"),
        undecided=(await visit.api.get("/v1/sync/inbox"))["open"],
        **told,
    )
