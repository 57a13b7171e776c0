"""Sign-ins: what was unusual about them, for who should look at it."""

from typing import Literal
from uuid import UUID

from starlette.responses import Response

from app.console import forms, lookups, notice_words, pages
from app.console.api import Refused
from app.console.forms import Form, Unfilled, Wrong, filled
from app.console.visits import Visit
from app.core.principal import Level
from app.http.forms import Fields

_PATH = "/v1/safety-notices"
_PAGE = 50
_EXPECTED = {"yes": True, "no": False, "seen": None}


class Sought(Form):
    """Which notices are shown: those that wait for whoever asks, or all, and from where on."""

    state: Literal["open", "all"] = "open"
    page: UUID | None = None


class Answer(Form):
    """What is said to a notice."""

    answer: Literal["yes", "no", "seen"]


async def show(visit: Visit) -> Response:
    """Show what waits for an answer, or all there was."""
    return await _page(visit)


async def answer(visit: Visit) -> Response:
    """Take an answer; who says that it was not them is led to where their password is changed."""
    notice = visit.request.path_params["notice_id"]
    try:
        said = filled(Answer, visit.form).answer
        await visit.api.post(f"{_PATH}/{notice}/acknowledge", {"was_expected": _EXPECTED[said]})
    except (Unfilled, Refused) as error:
        return await _page(visit, forms.wrong(error))
    return (
        pages.to("/password", said="notice_denied") if said == "no" else pages.to("/sign-ins", "notice_seen")
    )


async def _page(visit: Visit, wrong: Wrong | None = None) -> Response:
    sought, wrong = _sought(visit, wrong)
    asked = sought.model_dump(mode="json", exclude_none=True)
    found = await visit.api.get(_PATH, limit=_PAGE, **asked)
    people = await lookups.staff(visit.api)
    return visit.page(
        "sign_ins.html",
        wrong,
        told=[notice_words.told(each, people, visit.session.user_id) for each in found["notices"]],
        sought=sought,
        next_page=found["next_page"],
        may_assign=visit.may("users", Level.ADD_MODIFY),
        may_deactivate=visit.may("devices", Level.ADD_MODIFY),
    )


def _sought(visit: Visit, wrong: Wrong | None) -> tuple[Sought, Wrong | None]:
    """Return what is to be shown; where that is not to be read, the first page, and why."""
    try:
        given = visit.request.query_params.items()
        return filled(Sought, Fields({name: [value] for name, value in given})), wrong
    except Unfilled as error:
        return Sought(), forms.wrong(error)
