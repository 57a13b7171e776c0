"""What several pages read: names of people and studios, and what is undecided in the inbox."""

from app.console.api import Api, Record


async def staff(api: Api) -> dict[str, Record]:
    """Return who works here, also who no longer does, by id."""
    return {each["id"]: each for each in await api.all("/v1/staff", "records")}


async def studios(api: Api) -> list[Record]:
    """Return the studios that are in use."""
    found = await api.all("/v1/studios", "records")
    return [each for each in found if not each["is_inactive"]]


async def undecided(api: Api) -> list[Record]:
    """Return the entries of the inbox that wait for somebody, the latest first."""
    found = await api.all("/v1/inbox", "records")
    return sorted((each for each in found if each["resolution"] is None), key=_arrived, reverse=True)


def _arrived(entry: Record) -> tuple[str, str]:
    return entry["date"], entry["client_time"] or ""
