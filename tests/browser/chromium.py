"""The machine's own Chromium, driven from here: which program it is, and how it is started."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, async_playwright, expect

PATIENCE = 30_000
"""Milliseconds a busy machine is given until a page shows what it should."""

_ARGUMENTS = [
    # Whatever a page, or the browser by itself, may want from elsewhere: there is nobody.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    # Containers have little shared memory.
    "--disable-dev-shm-usage",
]


def program() -> str | None:
    """Return the program, if there is one; CHROMIUM names another than `chromium`."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium")


@asynccontextmanager
async def started(executable: str) -> AsyncIterator[Browser]:
    """Start it, without a window; root may, for only pages of our own are opened in it."""
    expect.set_options(timeout=PATIENCE)
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=executable, args=_ARGUMENTS)
        yield browser
        await browser.close()
