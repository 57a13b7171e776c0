"""The API document's pages in a real browser: on a phone, in the dark, without script, from nowhere else."""

from playwright.async_api import expect

from tests.browser.conftest import Opens

_WIDER_THAN_THE_SCREEN = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
_GROUND = "getComputedStyle(document.body).backgroundColor"


async def test_a_stranger_reads_from_the_start_to_an_error_on_a_phone(opens: Opens) -> None:
    """Whatever a page asks of another host, or the policy holds back, is a trouble of the visitor's."""
    phone = {"width": 360, "height": 740}
    visitor = await opens(base="/docs", viewport=phone, color_scheme="dark", java_script_enabled=False)
    page = visitor.page
    await visitor.open("")
    await page.get_by_role("link", name="All pages").click()
    await page.get_by_role("navigation").get_by_role("link", name="Records", exact=True).click()
    await expect(page.get_by_role("heading", level=1, name="Records")).to_be_visible()
    await expect(page.get_by_text("httpx.get(").first).to_be_hidden()
    await page.locator("summary", has_text="Python").first.click()
    await expect(page.get_by_text("httpx.get(").first).to_be_visible()
    await page.get_by_role("link", name="GET /v1/clients/{record_id}").first.click()
    await expect(page.locator("#clients_read")).to_be_in_viewport()
    await page.locator("#clients_read").get_by_role("link", name="unknown_record").click()
    await expect(page.locator("#unknown_record")).to_be_in_viewport()


async def test_pages_fit_a_phone_and_follow_its_colours(opens: Opens) -> None:
    grounds = set()
    for scheme in ("light", "dark"):
        visitor = await opens(base="/docs", viewport={"width": 360, "height": 740}, color_scheme=scheme)
        for path in ("/", "/trimming", "/api/invoices", "/schemas", "/errors", "/operations"):
            await visitor.open(path)
            assert not await visitor.page.evaluate(_WIDER_THAN_THE_SCREEN), path
        grounds.add(await visitor.page.evaluate(_GROUND))
    assert len(grounds) == 2
