"""The queue of triggers: what waits to be done, done, skipped or deleted by somebody, several at once."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Literal
from urllib.parse import urlencode
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.console import forms, lookups, pages
from app.console.api import Record, Refused
from app.console.forms import Form, Wrong
from app.console.galleries import seeking
from app.console.letters import words
from app.console.visits import Visit
from app.core.principal import Level

_PATH = "/v1/trigger-queue"
_PAGE = 100
_SAID: Mapping[str, str] = {"process": "processed", "skip": "skipped", "delete": "deleted"}


class Sought(Form):
    """Which occurrences are listed."""

    state: Literal["raised", "waiting", "processed", "skipped", "failed", "deleted"] | None = None
    trigger_id: UUID | None = None
    page: UUID | None = None

    @property
    def query(self) -> str:
        """Return them, but for the page, as a part of addresses."""
        return urlencode(self.model_dump(mode="json", exclude_none=True, exclude={"page"}))


async def show(visit: Visit) -> Response:
    """Show what triggers were raised by, the newest first."""
    return await _page(visit)


async def act(visit: Visit) -> Response:
    """Do, skip or delete what was ticked, or all that waits of a trigger."""
    what = visit.request.path_params["what"]
    if what not in _SAID:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    ids, whole = visit.form.all("occurrence"), visit.form.get("trigger")
    query = seeking.sought(visit, Sought).query
    here = f"/trigger-queue{'?' if query else ''}{query}"
    if not (ids or whole):
        return pages.to(here, said="nothing_ticked")
    try:
        done = await visit.api.post(f"{_PATH}/{what}", {"trigger_id": whole} if whole else {"ids": ids})
    except Refused as error:
        return await _page(visit, forms.wrong(error))
    return pages.to(here, said="queue_more" if done["has_more"] else f"queue_{_SAID[what]}")


async def _page(visit: Visit, wrong: Wrong | None = None) -> Response:
    sought = seeking.sought(visit, Sought)
    asked = sought.model_dump(mode="json", exclude_none=True)
    found = await visit.api.get(_PATH, limit=_PAGE, **asked)
    triggers: list[Record] = (await visit.api.get("/v1/triggers"))["triggers"]
    occurrences = found["occurrences"]
    return visit.page(
        "letters/queue.html",
        wrong,
        occurrences=occurrences,
        next_page=found["next_page"],
        sought=sought,
        triggers={each["id"]: each for each in triggers},
        people=await lookups.staff(visit.api) if any(each["ended_by"] for each in occurrences) else {},
        words=words,
        may_change=visit.may("triggers", Level.ADD_MODIFY),
        may_delete=visit.may("triggers", Level.ADD_MODIFY_DELETE),
    )
