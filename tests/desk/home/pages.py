"""What tests ask of home pages."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.contract.desks import Desk

Json = dict[str, Any]
PANELS = ["services", "tasks", "schedule", "snapshot", "shortcuts", "messages"]


def day(after: int = 0) -> str:
    """Return today where the studio is, or a day so many days after."""
    today: date = datetime.now(ZoneInfo("America/Denver")).date()
    return str(today + timedelta(days=after))


async def home(desk: Desk) -> dict[str, Json]:
    """Return the panels of somebody's home page, in their order."""
    answer = await desk.ask("GET", "home")
    assert answer.status_code == 200, answer.text
    return {each["panel"]: each for each in answer.json()["panels"]}
