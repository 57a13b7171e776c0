"""What several pages read: names of people and studios."""

from app.console.api import Api, Record

_WITH_STUDIOS = "enterprise"


async def staff(api: Api) -> dict[str, Record]:
    """Return who works here, also who no longer does, by id."""
    return {each["id"]: each for each in await api.all("/v1/staff", "records")}


async def studios(api: Api) -> list[Record]:
    """Return the studios of an enterprise, also those no longer in use; any other account is one business."""
    if (await api.get("/v1/account"))["edition"] != _WITH_STUDIOS:
        return []
    return sorted(await api.all("/v1/studios", "records"), key=lambda each: each["studio_number"])
