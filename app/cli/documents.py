"""`openapi`, `docs` and `collections`: what the code says of itself."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli.ground import console, print_table
from app.main import create_app
from app.openapi import document
from app.openapi.breaking import broken, may_break
from app.openapi.surface import read, surface
from app.site.docs.writing import write
from app.sync import registry

DOCUMENT = Path(__file__).resolve().parents[2] / "openapi" / "openapi.json"
RELEASED = DOCUMENT.with_name("released.txt")
PAGES = DOCUMENT.parents[1] / "docs" / "api"


def openapi(
    *,
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="Only say whether the file is up to date, and breaks no released client."
        ),
    ] = False,
    release: Annotated[
        bool, typer.Option("--release", help="Keep what the document promises as what is released.")
    ] = False,
) -> None:
    """Write the API document to openapi/openapi.json."""
    made = create_app()
    text = document.text(made)
    if release:
        RELEASED.write_text(surface(document.document(made)).text(), encoding="utf-8")
    if not check:
        DOCUMENT.write_bytes(text)
        return
    if not DOCUMENT.exists() or DOCUMENT.read_bytes() != text:
        console.print("openapi/openapi.json is out of date: run `make openapi` and review the difference.")
        raise typer.Exit(1)
    before, after = read(RELEASED.read_text(encoding="utf-8")), surface(document.document(made))
    if breaks := [] if may_break(before, after) else broken(before, after):
        print("\n".join(str(each) for each in breaks))  # noqa: T201 - a console would break the lines
        console.print(
            f"{len(breaks)} promises of version {before.version} are not kept. Keep them, or raise the"
            " version (major; minor while that is 0) and run `python -m app openapi --release`."
        )
        raise typer.Exit(1)


def docs(folder: Annotated[Path, typer.Argument(help="Where they are written to.")] = PAGES) -> None:
    """Write the pages of the API document as files; a server has the same ones at /docs."""
    written = write(document.text(create_app()), folder)
    size = sum(each.stat().st_size for each in written)
    console.print(f"{len(written)} files, {size / 1_000_000:.1f} MB. Open {folder / 'index.html'}.")


def collections() -> None:
    """List the collections that can be synced, parents first; off a terminal one a line, between tabs."""
    rows = [
        (
            str(each.number),
            each.name,
            str(len(each.fields)),
            "read and write" if each.is_writable else "read",
            each.day or "",
            each.description,
        )
        for each in registry.collections()
    ]
    print_table(("Number", "Collection", "Fields", "Devices may", "Day", "What it is"), rows, whole=1)
