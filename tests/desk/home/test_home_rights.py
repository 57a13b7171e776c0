"""Nothing is on a home page that its user may not view."""

from app.core.principal import Level
from tests.accounts.studios import Studio
from tests.contract.desks import Desk
from tests.desk.conftest import Has
from tests.desk.home.pages import PANELS, day, home
from tests.desk.hubs.asking import give, set_by_server
from tests.samples import named

NONE = Level.NO_ACCESS


async def test_a_panel_and_each_part_of_it_obey_rights(
    studio: Studio, has: Has, desk: Desk, photographer: Desk
) -> None:
    assert (
        await desk.change(named("companies"), studio.account.account_id, {"has_galleries": True})
    ).status_code == 200
    client = (await has("clients"))["id"]
    session = await has("sessions", client_id=client, events=[])
    await set_by_server(studio, "sessions", session, gallery_state="expired", web_expire_date=day())
    for area in ("clients", "schedule", "audit"):
        await has("company_shortcuts", description=area, target=area)

    await give(studio, clients=NONE, invoices=NONE, emails=NONE, phone_calls=NONE, tasks=NONE)
    told = await home(photographer)
    assert list(told) == ["services", "schedule", "shortcuts", "messages"]
    assert told["services"]["web_orders"] is None
    [gallery] = told["services"]["galleries"]["sessions"]
    assert (gallery["client_id"], gallery["client_name"]) == (client, None)
    assert [each["target"] for each in told["shortcuts"]["shortcuts"]] == ["schedule"]
    assert [each["kind"] for each in told["messages"]["kinds"]] == ["text_messages"]
    arranged = (await photographer.ask("GET", "home/panels")).json()
    assert [each["panel"] for each in arranged["panels"]] == list(told)

    gone = ("sessions", "appointments", "invoices", "text_messages", "emails", "phone_calls", "tasks")
    await give(studio, **dict.fromkeys(gone, NONE))
    assert list(await home(photographer)) == ["shortcuts"]
    await give(studio, finance_snapshots=Level.VIEW_ONLY)
    assert list(await home(photographer)) == PANELS


def test_no_call_or_message_is_private() -> None:
    """The page tells them without looking whose they are."""
    assert not any(
        named(name).stamp.private
        for name in ("phone_calls", "emails", "text_messages", "sessions", "invoices")
    )
