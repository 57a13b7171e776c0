"""Taking galleries down: one or many, asked once more before it is done."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from uuid import UUID

from pydantic import Field
from starlette.responses import Response

from app.console import forms, pages, words
from app.console.api import Record, Refused
from app.console.forms import Form, Unfilled, Version, Wrong, filled
from app.console.galleries import overview
from app.console.galleries.naming import client_name, client_of
from app.console.visits import Visit

_PATH = "/v1/gallery-take-downs"
_DONE = {"applied", "noop"}
_NOTHING = "Tick the galleries that are to be taken down."


class Chosen(Form):
    """Sessions that were ticked, and the copies of them that were shown when it was asked once more."""

    session: list[UUID] = Field(default_factory=list, max_length=overview.MOST_EXPIRED)
    revision: list[int] = Field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Asked:
    """A session whose gallery is to be taken down, as it was shown, and whose it is."""

    session: Record
    client: str | None


async def ask(visit: Visit) -> Response:
    """Ask whether the gallery of a session is really to be taken down."""
    return await _one(visit)


async def act(visit: Visit) -> Response:
    """Take down the gallery of a session, as it stood when that was asked."""
    session_id = visit.request.path_params["session_id"]
    try:
        version = filled(Version, visit.form).version
        await visit.api.post(f"/v1/sessions/{session_id}/take_down_gallery", {}, version)
    except (Unfilled, Refused) as error:
        return await _one(visit, forms.wrong(error))
    return pages.to(f"/galleries/{session_id}", said="gallery_taken_down")


async def many(visit: Visit) -> Response:
    """Ask about those that were ticked, or take them down once that was confirmed."""
    try:
        chosen = filled(Chosen, visit.form)
    except Unfilled as error:
        return await overview.page(visit, forms.wrong(error))
    if not chosen.session:
        wrong = Wrong(_NOTHING, {}, HTTPStatus.UNPROCESSABLE_ENTITY)
        return await overview.page(visit, wrong)
    if not chosen.revision:
        return visit.page("galleries/take_down_many.html", asked=await _all(visit, chosen.session))
    asked = zip(chosen.session, chosen.revision, strict=False)
    entries = [{"id": str(each), "revision": revision} for each, revision in asked]
    return await _answered(visit, (await visit.api.post(_PATH, {"sessions": entries}))["sessions"])


async def _answered(visit: Visit, told: Sequence[Record]) -> Response:
    """Say what became of each: those that were changed meanwhile stay as they are."""
    stayed = [each for each in told if each["outcome"] not in _DONE]
    if not stayed:
        return pages.to("/galleries", said="galleries_taken_down")
    sentence = f"{len(told) - len(stayed)} of {len(told)} galleries were taken down. These were not:"
    rows = await overview.named(visit, (each["id"] for each in stayed))
    lines = [_line(each, rows.get(each["id"])) for each in stayed]
    return await overview.page(visit, Wrong(sentence, {}, HTTPStatus.CONFLICT, others=lines))


def _line(told: Record, row: Record | None) -> str:
    parts = (client_of(row), row["description"]) if row else ()
    title = ", ".join(each for each in parts if each) or "A session"
    return f"{title}: {words.of_problem({'code': told['code'], 'detail': told['message']})}"


async def _all(visit: Visit, ids: Sequence[UUID]) -> list[Asked]:
    """Return sessions as they stand, each with whose it is as it is listed.

    Lists do not tell the copy that is to be taken down as it was shown, so each is read.
    """
    rows = await overview.named(visit, ids)
    sessions = [await _session(visit, each) for each in ids]
    return [Asked(each, client_of(rows.get(each["id"], {}))) for each in sessions]


async def _session(visit: Visit, session_id: UUID) -> Record:
    return await visit.api.get(f"/v1/sessions/{session_id}")


async def _one(visit: Visit, wrong: Wrong | None = None) -> Response:
    session = await _session(visit, visit.request.path_params["session_id"])
    asked = Asked(session, await client_name(visit.api, session["client_id"]))
    return visit.page("galleries/take_down.html", wrong, asked=asked)
