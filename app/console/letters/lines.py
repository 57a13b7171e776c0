"""By which line texts go: set once the provider lets in with it, and forgotten."""

from starlette.responses import Response

from app.console import pages
from app.console.api import Record, Refused
from app.console.forms import Form, Unfilled, Version, Wrong, filled
from app.console.letters import words
from app.console.letters.mail import with_said
from app.console.letters.outbox import lanes
from app.console.visits import Visit
from app.core.principal import Level

_PATH = "/v1/text-line"
_NEW: Record = {
    "account_sid": "",
    "from_number": None,
    "messaging_service_sid": None,
    "monthly_limit": None,
    "sent_this_month": 0,
    "version": 0,
}
"""What the page begins with where there is no line yet."""


class Line(Form):
    """A text line; with no token the one that is kept."""

    account_sid: str
    auth_token: str | None = None
    from_number: str | None = None
    messaging_service_sid: str | None = None
    monthly_limit: int | None = None


async def show(visit: Visit) -> Response:
    """Show by which line texts go."""
    return await _page(visit)


async def change(visit: Visit) -> Response:
    """Have texts go by a line; where texts come in is told once, here."""
    try:
        asked = filled(Line, visit.form).model_dump(exclude_none=True)
        kept = await visit.api.put(_PATH, asked, filled(Version, visit.form).version)
    except (Unfilled, Refused) as error:
        return await _page(visit, with_said(error, Line.model_fields))
    return await _page(visit, incoming_url=kept["incoming_url"])


async def ask_remove(visit: Visit) -> Response:
    """Ask whether the line is really to be forgotten."""
    return visit.page("letters/line_remove.html", line=await visit.api.get(_PATH))


async def remove(visit: Visit) -> Response:
    """Forget the line and its token."""
    try:
        await visit.api.delete(_PATH, filled(Version, visit.form).version)
    except (Unfilled, Refused) as error:
        return visit.page("letters/line_remove.html", with_said(error), line=await visit.api.get(_PATH))
    return pages.to("/mail/texts", said="line_removed")


async def _page(visit: Visit, wrong: Wrong | None = None, incoming_url: str | None = None) -> Response:
    try:
        line = await visit.api.get(_PATH)
    except Refused as error:
        if error.code != "text_line_not_found":
            raise
        line = _NEW
    is_typed = wrong is not None and not wrong.is_stale and "account_sid" in visit.form
    return visit.page(
        "letters/line.html",
        wrong,
        line=line,
        values={**line, **visit.form} if is_typed else line,
        incoming_url=incoming_url,
        waiting=next((each for each in await lanes(visit) if each["channel"] == "text"), None),
        words=words,
        may_change=visit.may("mail_settings", Level.ADD_MODIFY),
        may_remove=visit.may("mail_settings", Level.ADD_MODIFY_DELETE),
    )
