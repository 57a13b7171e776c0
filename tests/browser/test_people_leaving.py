"""What an administrator is kept from, and told of, where people and their places come to an end."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.async_api import expect

from clients.python.tests.serving import Desk
from studio_sync_client import Client, DeviceWiped
from tests.browser.visitors import Visitor

NewPhone = Callable[..., Client]
_AGO = "UPDATE devices SET last_sync = last_sync - $2::interval WHERE account_id = $1 AND name = $3"


async def test_beyond_the_places_it_is_told_what_is_used_and_who_has_been_idle_for_longest(
    desk: Desk, administrator: Visitor, new_phone: NewPhone
) -> None:
    for initials in ("PK", "JD", "JD"):
        desk.authorize(initials)
    for name, days in (("Fresh phone", 1), ("Dusty phone", 40)):
        new_phone("PK", name).sync()
        desk.execute(_AGO, timedelta(days=days), name)
    page = administrator.page
    await administrator.go("Mobile devices")
    await expect(page.locator(".pool")).to_contain_text("4 of 4 All taken. Two for each licence.")
    await page.get_by_label("User", exact=True).select_option("Jo Doe (JD)")
    await administrator.press("Authorize")
    await administrator.is_told("4 of 4 places are taken. Nothing was changed.")
    idle = page.get_by_role("region", name="Idle for longest").get_by_role("listitem")
    await expect(idle).to_have_count(3)
    await expect(idle).not_to_contain_text(["Fresh phone"] * 3)
    await expect(idle.first).to_contain_text("Dusty phone")
    await expect(idle.first).to_contain_text("Last synced 40 days ago")
    await expect(idle.last).to_contain_text("Never synced, authorized just now")
    await idle.first.get_by_role("link", name="Deactivate").click()
    await administrator.press("Deactivate, keep its data")
    await page.get_by_label("User", exact=True).select_option("Jo Doe (JD)")
    await administrator.press("Authorize")
    await administrator.is_told("The next phone of this user may sign in now.")
    assert len(desk.devices()) == 5


async def test_the_last_administrator_is_not_removed(administrator: Visitor) -> None:
    page = administrator.page
    await administrator.go("Users")
    await page.get_by_role("link", name="Jo Doe", exact=True).click()
    group = page.get_by_label("Security group")
    await expect(group.locator("option:checked")).to_have_text("Administrators (may do everything)")
    await group.select_option("None")
    await administrator.press("Save")
    await administrator.is_told("This is the last administrator. Make somebody else one first.")
    await administrator.go("Users")
    await expect(administrator.row("Jo Doe")).to_contain_text("Administrators")


async def test_nobody_makes_themselves_inactive(administrator: Visitor) -> None:
    page = administrator.page
    await administrator.go("Users")
    await page.get_by_role("link", name="Jo Doe", exact=True).click()
    await expect(page.get_by_role("link", name="Change my password")).to_be_visible()
    await expect(page.get_by_role("link", name="Make inactive")).to_have_count(0)
    await page.goto(f"{page.url}/deactivate")
    await administrator.press("Make inactive")
    await administrator.is_told("You cannot deactivate yourself. Another administrator can.")
    await administrator.go("Users")
    await expect(administrator.row("Jo Doe").get_by_text("Active", exact=True)).to_be_visible()


async def test_who_leaves_is_shut_out_and_their_phone_confirms_that_it_is_cleared(
    desk: Desk, administrator: Visitor, new_phone: NewPhone
) -> None:
    desk.write("clients")
    phone = new_phone()
    phone.sync()
    page = administrator.page
    await administrator.go("Users")
    await page.get_by_role("link", name="Pat Kerr").click()
    await page.get_by_role("link", name="Make inactive").click()
    question = page.get_by_role("dialog", name="Make Pat Kerr inactive?")
    await expect(question).to_contain_text("Not sent yet: nothing. Last synced just now.")
    clear = question.get_by_role("checkbox", name="Deactivate and clear their phones too")
    await expect(clear).not_to_be_checked()
    await clear.check()
    await question.get_by_role("button", name="Make inactive").click()
    await administrator.is_told("their phones are told to clear their copies")
    await expect(administrator.row("Pat's phone")).to_contain_text("Deactivated, to be cleared")
    with pytest.raises(DeviceWiped):
        phone.sync()
    assert phone.digests() == {}
    await page.reload()
    await expect(administrator.row("Pat's phone")).to_contain_text("Confirmed just now")
    await administrator.go("Mobile devices")
    await administrator.row("Pat's phone").get_by_role("link", name="Remove").click()
    await administrator.press("Remove")
    await administrator.is_told("It was removed from the list.")
    await expect(page.get_by_text("No phones yet")).to_be_visible()
