"""`openapi` and `collections`: what the code says of itself."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli.ground import console, print_table
from app.main import create_app
from app.openapi import document
from app.sync import registry

DOCUMENT = Path(__file__).resolve().parents[2] / "openapi" / "openapi.json"


def openapi(
    *,
    check: Annotated[bool, typer.Option("--check", help="Only say whether the file is up to date.")] = False,
) -> None:
    """Write the API document to openapi/openapi.json."""
    text = document.text(create_app())
    if not check:
        DOCUMENT.write_bytes(text)
    elif not DOCUMENT.exists() or DOCUMENT.read_bytes() != text:
        console.print("openapi/openapi.json is out of date: run `make openapi` and review the difference.")
        raise typer.Exit(1)


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
