"""A phone the scenarios are told to, on the copy in IndexedDB in a real browser: a tab of Chromium each."""

import json
import mimetypes
import os
import shutil
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Page, Route, sync_playwright

Json = dict[str, Any]
_PACKAGE = Path(__file__).resolve().parents[1] / "javascript"
_FOLDER = "/scenario/"
_PAGE = "<!doctype html><title>A phone</title>"
_BEGIN = f"""async () => {{
    const {{ Phone }} = await import("{_FOLDER}test/driver.js")
    window.phone = new Phone()
}}"""
_CALL = """async ({ call, given }) => {
    try {
        return { answer: (await window.phone[call](given)) ?? null }
    } catch (error) {
        return { error: { code: error.code ?? "defect", message: error.stack ?? String(error) } }
    }
}"""
_ARGUMENTS = ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--disable-dev-shm-usage"]


def program() -> str | None:
    """Return the machine's own Chromium, if there is one; CHROMIUM names another than `chromium`."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium")


class Phone:
    """One phone: a tab, whose page and modules come from here and all else from the server."""

    def __init__(self, context: BrowserContext) -> None:
        """Have a browser to open tabs in."""
        self._context = context
        self._page: Page | None = None
        self._given: Json = {}
        self._manifest: Json = {}

    def carry_out(self, call: str, given: Json) -> Json:
        """Do what is asked."""
        if call == "open":
            self._given = given
            self._open()
        if call == "restart":
            self._close()
            self._open()
            call, given = "resume", {"given": self._given, "manifest": self._manifest}
        said = self._call(call, given)
        if call == "open" and "answer" in said:
            self._manifest = said["answer"].pop("manifest")
        if call == "close":
            self._close()
        return said

    def _call(self, call: str, given: Json) -> Json:
        assert self._page is not None
        said: Json = self._page.evaluate(_CALL, {"call": call, "given": given})
        return said

    def _open(self) -> None:
        self._page = self._context.new_page()
        self._page.goto(self._given["base_url"] + _FOLDER)
        self._page.evaluate(_BEGIN)

    def _close(self) -> None:
        assert self._page is not None
        self._page.close()


def _answer(route: Route) -> None:
    name = urlsplit(route.request.url).path.removeprefix(_FOLDER)
    if not name:
        route.fulfill(body=_PAGE, content_type="text/html")
        return
    path = _PACKAGE / name
    route.fulfill(body=path.read_text(encoding="utf-8"), content_type=mimetypes.guess_type(path.name)[0])


def main() -> None:
    """Do what is asked, line by line."""
    phones: dict[str, Phone] = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program(), args=_ARGUMENTS)
        context = browser.new_context()
        context.route(f"**{_FOLDER}**", _answer)
        for line in sys.stdin:
            asked = json.loads(line)
            if asked["call"] == "open":
                phones[asked["phone"]] = Phone(context)
            said = phones[asked["phone"]].carry_out(asked["call"], asked["given"])
            sys.stdout.write(json.dumps(said) + "\n")
            sys.stdout.flush()
        browser.close()


if __name__ == "__main__":
    main()
