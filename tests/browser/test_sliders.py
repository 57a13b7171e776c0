"""Mobile preferences by their sliders: what they promise is what a phone holds."""

import re
from collections.abc import Callable

import pytest
from playwright.async_api import Locator, expect

from clients.python.tests.serving import Desk
from studio_sync_client import Client
from tests.browser.visitors import Visitor

EMAILS, UNREAD = 12, 3


@pytest.fixture
def phone(desk: Desk, new_phone: Callable[..., Client]) -> Client:
    """Sign the administrator's phone in to a studio with emails of long ago, some of them not read yet."""
    for n in range(EMAILS):
        desk.write("emails", date="2019-05-04", is_unread=n < UNREAD)
    desk.authorize("JD")
    phone = new_phone("JD")
    phone.sync()
    return phone


def rows(phone: Client) -> int:
    return sum(each.count for each in phone.digests().values())


def promise(count: int) -> re.Pattern[str]:
    return re.compile(rf"\b{count:,} records ·")


async def drag(slider: Locator, share: float) -> None:
    """Take a slider by its handle and pull it to a share of its width."""
    await slider.scroll_into_view_if_needed()
    box = await slider.bounding_box()
    assert box is not None
    mouse, handle = slider.page.mouse, 8
    at, highest = int(await slider.input_value()), int(await slider.get_attribute("max") or 0)
    across = box["width"] - 2 * handle
    height = box["y"] + box["height"] / 2
    await mouse.move(box["x"] + handle + across * at / highest, height)
    await mouse.down()
    await mouse.move(box["x"] + handle + across * share, height, steps=8)
    await mouse.up()


async def test_a_dragged_slider_moves_the_estimate_and_the_phone_then_holds_as_many_rows(
    administrator: Visitor, phone: Client
) -> None:
    held = rows(phone)
    await administrator.go("Mobile preferences")
    estimate = administrator.page.get_by_role("complementary", name="Estimate")
    await expect(estimate).to_contain_text(promise(held))
    slider = administrator.page.get_by_role("slider", name="Emails back", exact=True)
    await expect(slider).to_have_attribute("aria-valuetext", "no limit")
    await drag(slider, 1 / 12)
    await expect(slider).to_have_attribute("aria-valuetext", "1 week")
    less = EMAILS - UNREAD
    await expect(estimate).to_contain_text(promise(held - less))
    await expect(estimate).to_contain_text(f"and {less} records less than now")
    await administrator.press("Save for all phones")
    await administrator.is_told("Each phone follows at its next sync")
    phone.sync()
    assert rows(phone) == held - less
    assert [each["is_unread"] for each in phone.all("emails")] == [True] * UNREAD


async def test_an_estimate_that_cannot_be_made_leaves_no_other_standing(administrator: Visitor) -> None:
    await administrator.go("Mobile preferences")
    estimate = administrator.page.get_by_role("complementary", name="Estimate")
    slider = administrator.page.get_by_role("slider", name="Emails back", exact=True)
    await administrator.page.route("**/preferences/estimate", lambda route: route.abort())
    await drag(slider, 0)
    await expect(estimate).to_contain_text("could not be told just now")
    await expect(estimate).not_to_contain_text("records")
    await administrator.page.unroute("**/preferences/estimate")
    await drag(slider, 1)
    await expect(estimate).to_contain_text("records")
    # A browser notes down that a connection was lost, as it was here.
    administrator.troubles[:] = [each for each in administrator.troubles if "ERR_FAILED" not in each]


async def test_a_slider_moved_back_promises_what_holds(administrator: Visitor, phone: Client) -> None:
    await administrator.go("Mobile preferences")
    estimate = administrator.page.get_by_role("complementary", name="Estimate")
    slider = administrator.page.get_by_role("slider", name="Emails back", exact=True)
    await drag(slider, 0)
    await expect(estimate).to_contain_text("less than now")
    await drag(slider, 1)
    await expect(slider).to_have_attribute("aria-valuetext", "no limit")
    await expect(estimate).not_to_contain_text("less than now")
    await expect(estimate).to_contain_text(promise(rows(phone)))
    await administrator.press("Save for all phones")
    await administrator.is_told("Nothing was different")
