"""Without a mouse: everything can be reached, and nothing traps whoever gets there."""

import pytest
from playwright.async_api import Page, expect

from clients.python.tests.serving import Desk
from tests.accounts.studios import PASSWORD
from tests.browser.conftest import Opens
from tests.browser.visitors import Visitor

_FOCUSED = """() => (document.activeElement.labels?.[0] ?? document.activeElement)
    .textContent.trim().replace(/\\s+/g, " ")"""
_STOPS = 60


async def tab_to(page: Page, words: str) -> None:
    """Press Tab until something with these words has the focus."""
    for _ in range(_STOPS):
        if await page.evaluate(_FOCUSED) == words:
            return
        await page.keyboard.press("Tab")
    pytest.fail(f"Tab does not lead to “{words}”")


async def typed(page: Page, words: str, key: str) -> None:
    await page.keyboard.type(words)
    await page.keyboard.press(key)


async def test_somebody_signs_in_and_authorizes_a_phone_by_tab_and_enter(desk: Desk, opens: Opens) -> None:
    visitor = await opens()
    page, keyboard = visitor.page, visitor.page.keyboard
    await visitor.open("/devices")
    await expect(page.get_by_label("Account name")).to_be_focused()
    await typed(page, desk.account, "Tab")
    await typed(page, "JD", "Tab")
    await typed(page, PASSWORD, "Enter")
    await expect(page.get_by_role("heading", level=1, name="Mobile devices")).to_be_visible()
    await keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()
    await keyboard.press("Enter")
    await tab_to(page, "User")
    await typed(page, "Jo", "Tab")
    await expect(page.get_by_role("button", name="Authorize")).to_be_focused()
    await keyboard.press("Enter")
    await visitor.is_told("The next phone of this user may sign in now.")
    await expect(visitor.row("Jo Doe")).to_contain_text("Waiting for sign-in")


async def test_a_question_keeps_the_focus_until_it_is_answered(administrator: Visitor) -> None:
    page, keyboard = administrator.page, administrator.page.keyboard
    await administrator.go("Mobile devices")
    await tab_to(page, "Remove the authorization of Pat Kerr")
    await keyboard.press("Enter")
    question = page.get_by_role("dialog", name="Remove this authorization?")
    await expect(question).to_be_visible()
    for _ in range(4):
        assert await page.evaluate("document.activeElement.closest('main') === null")
        await keyboard.press("Tab")
    await tab_to(page, "Remove")
    await keyboard.press("Enter")
    await administrator.is_told("removed")


async def test_a_slider_is_moved_by_arrows(administrator: Visitor) -> None:
    page = administrator.page
    await administrator.go("Mobile preferences")
    slider = page.get_by_role("slider", name="Emails back", exact=True)
    await slider.focus()
    await expect(slider).to_have_attribute("aria-valuetext", "no limit")
    await page.keyboard.press("ArrowLeft")
    await expect(slider).to_have_attribute("aria-valuetext", "10 years")
    await page.keyboard.press("Home")
    await expect(slider).to_have_attribute("aria-valuetext", "none")
