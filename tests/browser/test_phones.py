"""A phone's whole life, seen by who looks after it: let in, in step, shut out, cleared."""

from collections.abc import Callable

import pytest
from playwright.async_api import expect

from clients.python.tests.serving import Desk
from studio_sync_client import Client, DeviceWiped, Problem
from tests.browser.visitors import Visitor

NewPhone = Callable[..., Client]


async def test_a_phone_is_authorized_signs_in_and_is_seen_to_sync(
    desk: Desk, administrator: Visitor, new_phone: NewPhone
) -> None:
    client = desk.write("clients")
    await administrator.go("Mobile devices")
    await administrator.page.get_by_label("User", exact=True).select_option("Jo Doe (JD)")
    await administrator.press("Authorize")
    await administrator.is_told("The next phone of this user may sign in now.")
    place = administrator.row("Jo Doe")
    await expect(place).to_contain_text("Waiting for sign-in")
    await expect(place).to_contain_text("Never")
    phone = new_phone("JD", "Jo's phone")
    await administrator.page.reload()
    for word in ("Jo's phone", "Pixel 9", "Android", "1.4.0", "Signed in, not synced yet"):
        await expect(place).to_contain_text(word)
    phone.sync()
    assert phone.get("clients", client) is not None
    await administrator.page.reload()
    await expect(place).to_contain_text("just now")
    await expect(place.get_by_text("Active", exact=True)).to_be_visible()


async def test_a_phone_is_told_to_wipe_and_its_receipt_is_seen(
    desk: Desk, administrator: Visitor, new_phone: NewPhone
) -> None:
    desk.write("clients")
    phone = new_phone()
    phone.sync()
    phone.create("tasks", {"subject": "Never sent"})
    await administrator.go("Mobile devices")
    row = administrator.row("Pat's phone")
    await row.get_by_role("link", name="Deactivate and clear").click()
    question = administrator.page.get_by_role("dialog", name="Deactivate and clear Pat's phone?")
    await expect(question).to_contain_text("What it has not sent yet is lost.")
    await question.get_by_role("button", name="Deactivate and clear").click()
    await expect(row).to_contain_text("Deactivated, to be cleared")
    with pytest.raises(DeviceWiped):
        phone.sync()
    assert (phone.digests(), phone.status().unpushed, phone.owner) == ({}, 0, None)
    await administrator.page.reload()
    await expect(row).to_contain_text("Deactivated, cleared")
    await expect(row).to_contain_text("Confirmed just now")


async def test_a_phone_that_keeps_its_data_goes_on_where_it_was(
    desk: Desk, administrator: Visitor, new_phone: NewPhone
) -> None:
    phone = new_phone()
    phone.sync()
    phone.create("tasks", {"subject": "Sent later"})
    await administrator.go("Mobile devices")
    row = administrator.row("Pat's phone")
    await row.get_by_role("link", name="Deactivate Pat's phone").click()
    await administrator.press("Deactivate, keep its data")
    await expect(row).to_contain_text("Deactivated, data kept")
    with pytest.raises(Problem, match="device_inactive"):
        phone.sync()
    await row.get_by_role("link", name="Reactivate").click()
    await administrator.press("Reactivate")
    await administrator.is_told("The phone may sync again")
    assert phone.sync().pushed == 1
    await administrator.page.reload()
    await expect(row.get_by_text("Active", exact=True)).to_be_visible()
    assert desk.devices()[0]["wiped_at"] is None


async def test_a_question_is_left_as_it_is(desk: Desk, administrator: Visitor, new_phone: NewPhone) -> None:
    phone = new_phone()
    await administrator.go("Mobile devices")
    link = administrator.row("Pat's phone").get_by_role("link", name="Deactivate and clear")
    question = administrator.page.get_by_role("dialog")
    for leave in ("Leave it as it is", "Escape"):
        await link.click()
        await expect(question).to_be_visible()
        if leave == "Escape":
            await administrator.page.keyboard.press(leave)
        else:
            await question.get_by_role("link", name=leave).click()
        await expect(question).to_be_hidden()
        await expect(link).to_be_focused()
    phone.sync()
    assert [each["is_inactive"] for each in desk.devices()] == [False]
