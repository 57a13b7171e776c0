"""Pictures of the API document's pages, taken by `make screenshots` from files as anybody may open them."""

import asyncio
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from playwright.async_api import ViewportSize

from app.main import create_app
from app.openapi import document
from app.site.docs.writing import ENDING, write
from tests.browser.chromium import program, started

DESK: ViewportSize = {"width": 1200, "height": 800}
PHONE: ViewportSize = {"width": 360, "height": 720}
_TAKEN: tuple[tuple[str, str, str, ViewportSize, Literal["light", "dark"]], ...] = (
    ("operation", "api/clients", "clients_create", DESK, "light"),
    ("chapter-phone", "conflicts", "an-example", PHONE, "light"),
    ("operation-phone", "api/invoices", "invoices_pay", PHONE, "dark"),
)


async def take_all(pages: Path, folder: Path) -> None:
    """Take an operation at a desk, and a chapter and an operation on a phone."""
    executable = program()
    assert executable is not None, "There is no Chromium: install the package `chromium`."
    async with started(executable) as browser:
        for name, page, anchor, size, scheme in _TAKEN:
            context = await browser.new_context(
                viewport=size, device_scale_factor=2 if size is PHONE else 1, color_scheme=scheme
            )
            async with context:
                opened = await context.new_page()
                await opened.goto(f"{(pages / page).as_uri()}{ENDING}#{anchor}")
                await opened.screenshot(path=folder / f"{name}.png")


def main(folder: Path) -> None:
    """Write the pages, and take the pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as place:
        write(document.text(create_app()), Path(place))
        asyncio.run(take_all(Path(place), folder))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
