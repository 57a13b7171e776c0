"""What is done to many pictures at once: rated, shown or not, put into groups, deleted."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from hashlib import sha256
from http import HTTPStatus
from typing import Literal
from uuid import UUID

from pydantic import Field
from starlette.responses import Response

from app.console import forms, pages
from app.console.api import Refused
from app.console.forms import Form, Unfilled, Wrong, filled
from app.console.galleries import gallery, words
from app.console.visits import Visit

_PAGE = 500
_AT_ONCE = 5_000
"""How many pictures the API changes at once."""
_OTHERWISE = "Other pictures are listed by now than the {many:,} you were asked about. Nothing was deleted."

Do = Callable[[Visit, str, Sequence[str]], Awaitable[None]]


class Chosen(Form):
    """Pictures that were ticked, or all that are listed; and what is to be done to them.

    Once it was asked whether they are to be deleted, how many that was about, and a mark of which.
    """

    picture: list[UUID] = Field(default_factory=list)
    act: str = ""
    scope: Literal["ticked", "listed"] = "ticked"
    many: int = 0
    mark: str = ""


async def act(visit: Visit) -> Response:
    """Do something to the chosen pictures; before they are deleted it is asked once more."""
    try:
        chosen = filled(Chosen, visit.form)
        session_id = str(visit.request.path_params["session_id"])
        found = await _pictures(visit, session_id, chosen)
        if not found:
            return _back(visit, "nothing_chosen")
        if chosen.act == "delete":
            return await _ask(visit, chosen, found)
        said, do = _doing(chosen.act)
    except Unfilled as error:
        return await gallery.page(visit, forms.wrong(error))
    wrong = await _done(visit, session_id, found, do, "changed")
    return await gallery.page(visit, wrong) if wrong else _back(visit, said)


async def delete(visit: Visit) -> Response:
    """Delete the pictures it was asked about, but for those an open gallery shows.

    Where others are listed by now, it is asked anew.
    """
    try:
        chosen = filled(Chosen, visit.form)
    except Unfilled as error:
        return await gallery.page(visit, forms.wrong(error))
    session_id = str(visit.request.path_params["session_id"])
    found = await _pictures(visit, session_id, chosen)
    if not found:
        return _back(visit, "nothing_chosen")
    if chosen.scope == "listed" and chosen.mark != _mark(found):
        return await _ask(visit, chosen, found, _otherwise(chosen.many))
    wrong = await _done(visit, session_id, found, _delete, "deleted")
    return await gallery.page(visit, wrong) if wrong else _back(visit, "pictures_deleted")


async def _done(visit: Visit, session_id: str, found: Sequence[str], do: Do, word: str) -> Wrong | None:
    """Do something to pictures, as many at once as the API takes; return why it came to an end before."""
    for begin in range(0, len(found), _AT_ONCE):
        try:
            await do(visit, session_id, found[begin : begin + _AT_ONCE])
        except Refused as error:
            wrong = forms.wrong(error)
            so_far = f"{begin:,} of {len(found):,} pictures were {word}. Of the others: " if begin else ""
            return replace(wrong, sentence=f"{so_far}{wrong.sentence}")
    return None


def _mark(found: Sequence[str]) -> str:
    """Return what tells later whether just these pictures are listed, in this order."""
    return sha256("".join(found).encode()).hexdigest()


def _otherwise(many: int) -> Wrong:
    return Wrong(_OTHERWISE.format(many=many), {}, HTTPStatus.CONFLICT)


async def _pictures(visit: Visit, session_id: str, chosen: Chosen) -> list[str]:
    """Return the ids of the pictures that were chosen: all that are listed, or those that were ticked."""
    if chosen.scope == "ticked":
        return [str(each) for each in chosen.picture]
    asked = {"limit": str(_PAGE), **gallery.sought(visit).asked}
    found: list[str] = []
    while True:
        told = await visit.api.get(f"/v1/sessions/{session_id}/pictures", **asked)
        found += [each["id"] for each in told["pictures"]]
        if told["next_page"] is None:
            return found
        asked["page"] = told["next_page"]


def _doing(act: str) -> tuple[str, Do]:
    """Return what is said of something that was done, and how it is done."""
    what, _, which = act.partition(".")
    if what == "rate" and which in words.RATINGS:
        return "pictures_rated", _rating(which)
    if act in _SHOWING:
        return _SHOWING[act]
    if what in {"put", "take"}:
        return "pictures_grouped", _grouping(what, which)
    raise Unfilled({"act": "Choose what is to be done."})


def _rating(rating: str) -> Do:
    async def do(visit: Visit, session_id: str, found: Sequence[str]) -> None:
        body = {"picture_ids": found, "rating": rating}
        await visit.api.post(f"/v1/sessions/{session_id}/pictures/rate", body)

    return do


def _showing(*, is_online: bool) -> Do:
    async def do(visit: Visit, session_id: str, found: Sequence[str]) -> None:
        body = {"picture_ids": found, "is_online": is_online}
        await visit.api.post(f"/v1/sessions/{session_id}/pictures/show", body)

    return do


def _grouping(what: str, group: str) -> Do:
    try:
        group_id = UUID(group)
    except ValueError:
        raise Unfilled({"act": "Choose what is to be done."}) from None

    async def do(visit: Visit, _: str, found: Sequence[str]) -> None:
        body = {"add" if what == "put" else "remove": found}
        await visit.api.post(f"/v1/picture-groups/{group_id}/pictures", body)

    return do


async def _delete(visit: Visit, session_id: str, found: Sequence[str]) -> None:
    await visit.api.post(f"/v1/sessions/{session_id}/pictures/delete", {"picture_ids": found})


_SHOWING = {
    "show": ("pictures_shown", _showing(is_online=True)),
    "hide": ("pictures_left_out", _showing(is_online=False)),
}


async def _ask(visit: Visit, chosen: Chosen, found: Sequence[str], wrong: Wrong | None = None) -> Response:
    return gallery.framed(
        visit,
        "galleries/pictures_delete.html",
        await gallery.frame(visit),
        wrong,
        chosen=chosen,
        many=len(found),
        mark=_mark(found),
        query=gallery.sought(visit).query,
    )


def _back(visit: Visit, said: str) -> Response:
    """Return to the page of pictures it was done on."""
    query = gallery.sought(visit).query
    place = visit.request.query_params.get("page")
    both = "&".join(each for each in (query, f"page={place}" if place else "") if each)
    path = f"/galleries/{visit.request.path_params['session_id']}"
    return pages.to(f"{path}?{both}" if both else path, said=said)
