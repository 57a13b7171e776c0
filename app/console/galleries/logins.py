"""How the client of a session signs in to their gallery: Reset Login, and another user name or password."""

from typing import Any

from starlette.responses import Response

from app.console import forms, pages
from app.console.api import Refused
from app.console.forms import Form, Unfilled, Wrong, filled
from app.console.galleries import entering, gallery, letters
from app.console.visits import Visit
from app.core.principal import Level


class Login(Form):
    """What somebody at the studio puts in the place of a client's user name, password or both."""

    user_name: str | None = None
    password: str | None = None


async def show(visit: Visit) -> Response:
    """Show how the client signs in."""
    return await _page(visit)


async def ask_reset(visit: Visit) -> Response:
    """Ask whether a login is really to be reset."""
    return await _reset(visit)


async def reset(visit: Visit) -> Response:
    """Put user name and password back to the company's defaults."""
    at = await gallery.frame(visit)
    try:
        await visit.api.post(f"{entering.path(at.session)}/reset")
    except Refused as error:
        return await _reset(visit, forms.wrong(error))
    return pages.to(f"{at.path}/login", said="login_reset")


async def assign(visit: Visit) -> Response:
    """Give the client another user name or password."""
    at = await gallery.frame(visit)
    try:
        await visit.api.put(entering.path(at.session), _given(visit))
    except (Unfilled, Refused) as error:
        return await _page(visit, forms.wrong(error, known=Login.model_fields))
    return pages.to(f"{at.path}/login", said="login_assigned")


def _given(visit: Visit) -> dict[str, Any]:
    """Return what was typed; what is left empty stays as it is, and so nothing at all is no change."""
    given = filled(Login, visit.form).model_dump(exclude_none=True)
    if not given:
        raise Unfilled({"user_name": "Type a user name, a password, or both."})
    return given


async def _reset(visit: Visit, wrong: Wrong | None = None) -> Response:
    settings = await visit.api.get("/v1/portal-settings")
    return gallery.framed(
        visit, "galleries/login_reset.html", await gallery.frame(visit), wrong, settings=settings
    )


async def _page(visit: Visit, wrong: Wrong | None = None) -> Response:
    at = await gallery.frame(visit)
    login = await entering.login(visit, at.session)
    waiting = [each for each in await letters.waiting(visit) if each["client_id"] == at.session["client_id"]]
    return gallery.framed(
        visit,
        "galleries/login.html",
        at,
        wrong,
        login=login,
        address=gallery.absolute(visit, login["path"]) if login and login["path"] else None,
        settings=await visit.api.get("/v1/portal-settings"),
        letters=waiting,
        absolute=lambda path: gallery.absolute(visit, path),
        back=f"{at.path}/login",
        may_assign=visit.may("portal_logins", Level.ADD_MODIFY),
    )
