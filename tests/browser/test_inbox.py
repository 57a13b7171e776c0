"""The inbox: two values side by side, and the one that is taken is the phone's and the studio's."""

from collections.abc import Callable

from playwright.async_api import expect

from clients.python.tests.serving import Desk
from studio_sync_client import Client
from tests.browser.visitors import Visitor


async def test_what_was_typed_on_a_phone_is_taken_and_all_have_it(
    desk: Desk, administrator: Visitor, new_phone: Callable[..., Client]
) -> None:
    client = desk.write("clients", last_name="Doe")
    phone = new_phone()
    phone.sync()
    phone.patch("clients", client, {"last_name": "Doe-Smith"})
    desk.write("clients", client, last_name="Miller")
    assert [each.code for each in phone.sync().refused] == ["changed_meanwhile"]
    await administrator.open("/")
    await administrator.page.get_by_role("link", name="1 entry in the inbox").click()
    await administrator.row("Last name").get_by_role("link").click()
    row = administrator.row("Last name")
    await expect(row.get_by_role("cell")).to_have_text(["Doe-Smith", "Miller"])
    await administrator.press("Take what was typed")
    await administrator.is_told("What was typed on the phone was taken.")
    await expect(administrator.page.get_by_text("Nothing to decide")).to_be_visible()
    phone.sync()
    held = phone.get("clients", client)
    assert held is not None
    assert (held["last_name"], phone.inbox()) == ("Doe-Smith", [])
