"""One's own password, which is changed with the current one."""

from dataclasses import replace

from starlette.responses import Response

from app.console import forms, pages, words
from app.console.api import Refused
from app.console.forms import Form, Unfilled, Wrong, filled
from app.console.visits import Visit


class OwnPassword(Form):
    """The password until now, and the one from now on."""

    current_password: str
    new_password: str


async def show(visit: Visit) -> Response:
    """Ask for both."""
    return visit.page("own_password.html")


async def change(visit: Visit) -> Response:
    """Change it; all other sign-ins of whoever asks end."""
    try:
        asked = filled(OwnPassword, visit.form)
        await visit.api.post("/v1/auth/password", asked.model_dump())
    except (Unfilled, Refused) as error:
        return visit.page("own_password.html", _wrong(error))
    return pages.to("/", said="own_password_changed")


def _wrong(error: Unfilled | Refused) -> Wrong:
    """Return what to tell; of three words signing in asks for, only one can be wrong here."""
    found = forms.wrong(error, known=OwnPassword.model_fields)
    if isinstance(error, Refused) and error.code == "invalid_credentials":
        return replace(found, sentence=words.LOOK_AGAIN, fields={"current_password": words.WRONG_CURRENT})
    return found
