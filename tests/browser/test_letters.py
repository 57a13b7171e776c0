"""Letters in a real browser: HTML that can do nothing, and files that a page sends."""

from functools import partial
from pathlib import Path

from playwright.async_api import expect

from clients.python.tests.serving import Desk, House
from tests.browser.visitors import Visitor
from tests.browser.writing import furnish_letters

NAME = "A letter to look at"


async def test_a_letter_s_html_opens_beside_the_page_in_a_sandbox(
    house: House, desk: Desk, administrator: Visitor
) -> None:
    house.portal.call(partial(furnish_letters, desk, NAME))
    await administrator.go("Templates")
    page = administrator.page
    await page.get_by_role("link", name=NAME).click()
    await page.get_by_role("link", name="Preview").click()
    await page.get_by_role("link", name="Preview with").first.click()
    async with administrator.context.expect_page() as opened:
        await page.get_by_role("link", name="See it in HTML").click()
    letter = await opened.value
    await expect(letter.locator("article")).to_have_text(NAME)
    assert await letter.evaluate("origin") == "null", "it is nobody's page"
    await letter.close()
    await expect(page.get_by_role("heading", level=1, name="Preview")).to_be_visible()


async def test_a_file_is_sent_and_what_is_refused_says_why(administrator: Visitor, tmp_path: Path) -> None:
    for name, content in (("prices.pdf", b"%PDF-1.7 and so on"), ("trap.pdf", b"MZ and so on")):
        (tmp_path / name).write_bytes(content)
    await administrator.open("/files")
    file = administrator.page.get_by_label("File", exact=True)
    await file.set_input_files(tmp_path / "trap.pdf")
    await administrator.press("Send it here")
    await expect(administrator.page.locator("[data-sends-told]")).to_contain_text("does not go with letters")
    administrator.troubles.clear()
    await file.set_input_files(tmp_path / "prices.pdf")
    await administrator.press("Send it here")
    await expect(administrator.row("prices.pdf")).to_be_visible()
