"""The pages as files, which open from a folder as they do from a server."""

from pathlib import Path

from app.site.docs.book import Book

ENDING = ".html"


def write(text: bytes, folder: Path) -> list[Path]:
    """Write the pages of a document into a folder, and return the files; those of pages that are gone go."""
    book = Book.of(text, ending=ENDING)
    written = []
    for name in book.files:
        content = book.file(name)
        if content is not None:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            written.append(path)
    for found in {*folder.glob(f"*{ENDING}"), *folder.glob(f"api/*{ENDING}")} - {*written}:
        found.unlink()
    return written
