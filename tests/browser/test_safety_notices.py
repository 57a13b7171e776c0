"""What was unusual about sign-ins, looked at on a phone and answered without a mouse."""

from collections.abc import Callable

import pytest
from playwright.async_api import Page, ViewportSize, expect

from studio_sync_client import Client
from tests.browser.visitors import Visitor

PHONE: ViewportSize = {"width": 390, "height": 844}
_STOPS = 60


async def tab_to(page: Page, words: str) -> None:
    """Press Tab until what begins with these words has the focus."""
    for _ in range(_STOPS):
        if await page.evaluate(
            "(words) => document.activeElement.textContent.trim().startsWith(words)", words
        ):
            return
        await page.keyboard.press("Tab")
    pytest.fail(f"Tab does not lead to “{words}”")


async def test_a_new_phone_is_found_on_home_and_answered_by_tab_and_enter(
    administrator: Visitor, new_phone: Callable[..., Client]
) -> None:
    new_phone("PK").sync()
    page = administrator.page
    await page.set_viewport_size(PHONE)
    await administrator.open("/")
    await tab_to(page, "1 unusual thing about sign-ins")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1, name="Sign-ins")).to_be_visible()
    await expect(administrator.row("Pat Kerr")).to_contain_text("a phone that had never signed in before")
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    await tab_to(page, "I have looked at it")
    await page.keyboard.press("Enter")
    await administrator.is_told("Thank you. It no longer waits for you.")
    await expect(page.get_by_text("Nothing waits for you")).to_be_visible()
