"""Somebody at a real browser: what they do there, and whatever the browser has to complain of meanwhile."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.async_api import (
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Locator,
    Page,
    Request,
    Response,
    expect,
)

from tests.accounts.studios import PASSWORD
from tests.browser.chromium import PATIENCE

_REFUSED = "Failed to load resource: the server responded with a status of 4"
"""A page that tells a refusal has its status, which browsers note down."""


PICTURES = "/v1/picture-files/"


@dataclass
class Visitor:
    """A browser of somebody's own: cookies and all.

    `troubles` is what no page may lead to: scripts that fail, anything the security policy
    held back, anything asked of another host, files that are missing, and answers that are a defect.
    """

    context: BrowserContext
    page: Page
    address: str
    base: str = "/console"
    processor: str | None = None
    """Where cards are typed in, if they may be."""
    troubles: list[str] = field(default_factory=list)

    @classmethod
    async def opening(cls, context: BrowserContext, address: str, base: str = "/console") -> "Visitor":
        """Open a browser's first page, among the pages below `base`."""
        context.set_default_timeout(PATIENCE)
        visitor = cls(context, await context.new_page(), address, base)
        context.on("console", visitor._on_console)
        context.on("request", visitor._on_request)
        context.on("response", visitor._on_response)
        context.on("weberror", lambda error: visitor.troubles.append(str(error.error)))
        context.on("dialog", visitor._on_dialog)
        return visitor

    async def open(self, path: str) -> None:
        """Open a page."""
        await self.page.goto(f"{self.address}{self.base}{path}")

    async def sign_in(self, account: str, initials: str = "JD", password: str = PASSWORD) -> None:
        """Sign in as a person does, and be at home."""
        await self.open("/sign-in")
        await self.page.get_by_label("Account name").fill(account)
        await self.page.get_by_label("User initials").fill(initials)
        await self.page.get_by_label("Password").fill(password)
        await self.page.get_by_role("button", name="Sign in").click()
        await expect(self.page.get_by_role("button", name="Sign out")).to_be_visible()

    async def go(self, place: str) -> None:
        """Go to a page by the menu."""
        await self.page.get_by_role("navigation").get_by_role("link", name=place).click()
        await expect(self.page.get_by_role("heading", level=1, name=place)).to_be_visible()

    async def press(self, button: str) -> None:
        """Press a button."""
        await self.page.get_by_role("button", name=button, exact=True).click()

    def row(self, words: str) -> Locator:
        """Return the row of the page's table that has some words in it."""
        return self.page.locator("tbody tr").filter(has_text=words)

    async def is_told(self, words: str) -> None:
        """See what has been done, or why it was not."""
        await expect(self.page.locator(".notice", has_text=words)).to_be_visible()

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(_REFUSED):
            self.troubles.append(f"{message.type}: {message.text}")

    def _on_request(self, request: Request) -> None:
        ours = f"{self.address}{self.base}", f"{self.address}{PICTURES}"
        if not request.url.startswith((*ours, self.processor) if self.processor else ours):
            self.troubles.append(f"asked for {request.url}")

    def _on_response(self, response: Response) -> None:
        is_page = response.request.resource_type == "document"
        if response.status >= (500 if is_page else 400):
            self.troubles.append(f"{response.status} for {urlsplit(response.url).path}")

    async def _on_dialog(self, dialog: Dialog) -> None:
        self.troubles.append(f"interrupted by “{dialog.message}”")
        await dialog.dismiss()
