"""By which server emails go and come in: set, checked by a letter to whoever asks, and forgotten."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Literal

from starlette.responses import Response

from app.console import forms, pages
from app.console.api import Record, Refused
from app.console.forms import Form, Unfilled, Version, Wrong, filled
from app.console.letters import words
from app.console.letters.outbox import lanes
from app.console.visits import Visit
from app.core.principal import Level

_PATH = "/v1/mail-server"
_NEW: Record = {
    "from_name": "",
    "from_address": "",
    "reply_to": None,
    "host": "",
    "port": 465,
    "security": "tls",
    "user_name": "",
    "per_minute": 60,
    "per_day": 2000,
    "version": 0,
    "checked_at": None,
    "checked_code": None,
}
"""What the page begins with where there is no server yet."""


class Server(Form):
    """A mail server; with no password the one that is kept."""

    from_name: str
    from_address: str
    reply_to: str | None = None
    host: str
    port: int
    security: Literal["tls", "starttls"]
    user_name: str
    password: str | None = None
    per_minute: int | None = None
    per_day: int | None = None


async def show(visit: Visit) -> Response:
    """Show by which server emails go."""
    return await _page(visit)


async def change(visit: Visit) -> Response:
    """Have emails go by a server."""
    try:
        asked = filled(Server, visit.form).model_dump(exclude_none=True)
        if visit.form.get("mailbox.host"):
            asked["mailbox"] = _mailbox(visit)
        await visit.api.put(_PATH, asked, filled(Version, visit.form).version)
    except (Unfilled, Refused) as error:
        return await _page(visit, with_said(error, {*Server.model_fields, "mailbox"}))
    return pages.to("/mail", said="mail_saved")


async def check(visit: Visit) -> Response:
    """Send a letter by the server that is set, to whoever asks."""
    try:
        await visit.api.post(f"{_PATH}/check")
    except Refused as error:
        return await _page(visit, with_said(error))
    return pages.to("/mail", said="mail_checked")


async def ask_remove(visit: Visit) -> Response:
    """Ask whether the server is really to be forgotten."""
    return visit.page("letters/mail_remove.html", server=await visit.api.get(_PATH))


async def remove(visit: Visit) -> Response:
    """Forget the server and its password."""
    try:
        await visit.api.delete(_PATH, filled(Version, visit.form).version)
    except (Unfilled, Refused) as error:
        return visit.page("letters/mail_remove.html", forms.wrong(error), server=await visit.api.get(_PATH))
    return pages.to("/mail", said="mail_removed")


def with_said(error: Unfilled | Refused, known: Iterable[str] = ()) -> Wrong:
    """Return why something was not done, with what the other side has said."""
    wrong = forms.wrong(error, known=known)
    problem = error.problem if isinstance(error, Refused) else {}
    told = [words.of_check(problem["reason"])] if problem.get("reason") else []
    told += [f"It said: “{problem['said']}”"] if problem.get("said") else []
    return replace(wrong, others=[*wrong.others, *told])


def _mailbox(visit: Visit) -> Record:
    """Return the mailbox that was typed in; with no password the one that is kept."""
    names = ("host", "port", "user_name", "password", "folder")
    told = {each: sent for each in names if (sent := visit.form.get(f"mailbox.{each}", "").strip())}
    port = told.get("port", "993")
    if not (port.isascii() and port.isdecimal()):
        raise Unfilled({"mailbox": "The port is a whole number."})
    return {**told, "port": int(port)}


async def _page(visit: Visit, wrong: Wrong | None = None) -> Response:
    try:
        server = await visit.api.get(_PATH)
    except Refused as error:
        if error.code != "mail_server_not_found":
            raise
        server = _NEW
    is_typed = wrong is not None and not wrong.is_stale and "host" in visit.form
    return visit.page(
        "letters/mail.html",
        wrong,
        server=server,
        values={**server, **visit.form} if is_typed else server,
        waiting=next((each for each in await lanes(visit) if each["channel"] == "email"), None),
        words=words,
        may_change=visit.may("mail_settings", Level.ADD_MODIFY),
        may_remove=visit.may("mail_settings", Level.ADD_MODIFY_DELETE),
    )
