"""A letter's HTML in a page of its own, that runs nothing, sends nothing and loads nothing but images."""

from starlette.responses import Response

from app.console import pages

HEADERS = {
    "Content-Security-Policy": (
        "sandbox; default-src 'none'; img-src https:; style-src 'unsafe-inline'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    ),
    # A page in a sandbox is refused by browsers where it has another one.
    "Cross-Origin-Opener-Policy": "unsafe-none",
    "Referrer-Policy": "no-referrer",
}
"""What such a page has in place of the headers of all others: a letter may be anybody's."""


def alone(title: str, *letters: str, is_printed: bool = False) -> Response:
    """Return letters, each on a sheet of its own where they are printed, and nothing of the console."""
    response = pages.render("letters/alone.html", title=title, letters=letters, is_printed=is_printed)
    response.headers.update(HEADERS)
    return response
