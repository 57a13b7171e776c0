"""The API document's pages in a real browser: on a phone, in the dark, without script, from nowhere else."""

from pathlib import Path

import orjson
from playwright.async_api import Browser, Page, expect

from app.site.docs.writing import ENDING, write
from tests.browser.conftest import Opens
from tests.document import DOCUMENT

_WIDER_THAN_THE_SCREEN = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
_GROUND = "getComputedStyle(document.body).backgroundColor"


async def test_a_stranger_reads_from_the_start_to_an_error_on_a_phone(opens: Opens) -> None:
    """Whatever a page asks of another host, or the policy holds back, is a trouble of the visitor's."""
    phone = {"width": 360, "height": 740}
    visitor = await opens(base="/docs", viewport=phone, color_scheme="dark", java_script_enabled=False)
    page = visitor.page
    await visitor.open("")
    await expect(page.get_by_role("combobox")).to_be_hidden()
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


async def _find(page: Page, words: str, *keys: str) -> None:
    await page.keyboard.press("/")
    await page.keyboard.type(words)
    await expect(page.get_by_role("option").first).to_be_visible()
    for key in (*keys, "Enter"):
        await page.keyboard.press(key)


async def test_what_one_has_heard_of_is_found_without_a_mouse(opens: Opens) -> None:
    visitor = await opens(base="/docs", viewport={"width": 1200, "height": 700})
    page = visitor.page
    await visitor.open("/api/invoices")
    await expect(
        page.get_by_role("navigation").get_by_role("link", name="Invoices", exact=True)
    ).to_be_in_viewport()
    await _find(page, "clients read")
    await expect(page.locator("#clients_read")).to_be_in_viewport()
    await _find(page, "unknown record")
    await expect(page.locator("#unknown_record")).to_be_in_viewport()
    await _find(page, "setting up")
    await expect(page.get_by_role("heading", name="Setting up")).to_be_in_viewport()
    await page.keyboard.press("/")
    await page.keyboard.type("post /v1/clients")
    first, second = (page.get_by_role("option").nth(each) for each in (0, 1))
    await expect(first).to_contain_text("POST /v1/clients")
    await expect(first).to_have_attribute("aria-selected", "true")
    await page.keyboard.press("ArrowDown")
    await expect(second).to_have_attribute("aria-selected", "true")
    await page.keyboard.type(" of nobody's")
    await expect(page.get_by_role("status")).to_have_text("Nothing here is called that.")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("option")).to_have_count(0)


async def test_an_example_is_copied_and_its_language_is_kept(opens: Opens) -> None:
    visitor = await opens(base="/docs", permissions=["clipboard-read", "clipboard-write"])
    page = visitor.page
    await visitor.open("/keys")
    await page.locator("summary", has_text="Python").nth(1).click()
    await visitor.open("/records")
    example = page.locator("details.python").first
    await expect(example.locator("code")).to_be_visible()
    await expect(page.locator("details.curl code").first).to_be_hidden()
    await example.get_by_role("button", name="Copy").click()
    await expect(example.get_by_role("button", name="Copied")).to_be_visible()
    assert (
        await page.evaluate("navigator.clipboard.readText()") == await example.locator("code").text_content()
    )


async def test_pages_in_a_folder_are_searched_too(chromium: Browser, tmp_path: Path) -> None:
    write(orjson.dumps(DOCUMENT), tmp_path)
    async with await chromium.new_context() as context:
        page = await context.new_page()
        await page.goto((tmp_path / f"api/clients{ENDING}").as_uri())
        await _find(page, "sessions_list")
        await page.wait_for_url(f"{(tmp_path / f'api/sessions{ENDING}').as_uri()}#sessions_list")
