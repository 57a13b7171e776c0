"""What several pages read: names of people and studios."""

from app.console.api import Api, Record


async def staff(api: Api) -> dict[str, Record]:
    """Return who works here, also who no longer does, by id."""
    return {each["id"]: each for each in await api.all("/v1/staff", "records")}


async def studios(api: Api) -> list[Record]:
    """Return the studios, also those no longer in use, by their numbers."""
    return sorted(await api.all("/v1/studios", "records"), key=lambda each: each["studio_number"])
