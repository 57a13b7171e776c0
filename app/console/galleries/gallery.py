"""A session's gallery: how it stands, its pictures page by page, and the frame its other pages share."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlencode
from uuid import UUID

from starlette.responses import Response

from app.console import pages
from app.console.api import Record
from app.console.forms import Form, Wrong
from app.console.galleries import entering, seeking, words
from app.console.galleries.naming import client_name
from app.console.visits import Visit
from app.core.principal import Level
from app.http.forms import may_be_plain

PAGE = 60
"""How many pictures a page has."""
_PORTAL = "/portal"
_GONE_ON_WITH = 20
"""How many files on their way are named; of more, how many."""


class Sought(Form):
    """Which pictures of a session are listed."""

    rating: Literal["selected", "undecided", "not_selected"] | None = None
    shown: Literal["yes", "no"] | None = None
    state: Literal["ready", "waiting", "refused"] | None = None
    group: UUID | None = None

    @property
    def asked(self) -> dict[str, str]:
        """Return them as the API is asked for them."""
        found = {"rating": self.rating, "state": self.state, "group_id": self.group and str(self.group)}
        found["is_online"] = {"yes": "true", "no": "false"}.get(self.shown or "")
        return {name: each for name, each in found.items() if each}

    @property
    def query(self) -> str:
        """Return them as a part of addresses."""
        return urlencode(self.model_dump(mode="json", exclude_none=True))


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands on every page of a session's gallery."""

    session: Record
    client: str | None
    gallery: Record
    may_change: bool
    may_delete: bool

    @property
    def id(self) -> str:
        """Return the session."""
        return str(self.session["id"])

    @property
    def path(self) -> str:
        """Return where its pages are."""
        return f"/galleries/{self.id}"

    @property
    def title(self) -> str:
        """Return what it is called: whose it is, or else what."""
        return self.client or self.session["description"] or "A session"

    @property
    def is_open(self) -> bool:
        """Say whether it stands online, expired or not."""
        return self.gallery["gallery_state"] in {"online", "expired"}


async def frame(visit: Visit) -> Frame:
    """Return what the session of a page is, and how its gallery stands."""
    session_id = visit.request.path_params["session_id"]
    session = await visit.api.get(f"/v1/sessions/{session_id}")
    return Frame(
        session=session,
        client=await client_name(visit.api, session["client_id"]),
        gallery=await visit.api.get(f"/v1/galleries/{session_id}"),
        may_change=visit.may("sessions", Level.ADD_MODIFY),
        may_delete=visit.may("sessions", Level.ADD_MODIFY_DELETE),
    )


def framed(visit: Visit, template: str, at: Frame, wrong: Wrong | None = None, **told: Any) -> Response:
    """Return one of the pages of a session's gallery."""
    return visit.page(template, wrong, at=at, words=words, **told)


async def show(visit: Visit) -> Response:
    """Show how a gallery stands, and its pictures."""
    return await page(visit)


async def page(visit: Visit, wrong: Wrong | None = None) -> Response:
    """Return the page of a session's pictures; where something was not done there, with why."""
    at, sought_for = await frame(visit), sought(visit)
    asked = {"limit": str(PAGE), **sought_for.asked}
    place = visit.request.query_params.get("page")
    path = f"/v1/sessions/{at.id}/pictures"
    found = await visit.api.get(path, **asked, **({"page": place} if place else {}))
    return framed(
        visit,
        "galleries/gallery.html",
        at,
        wrong,
        address=address(visit, at.gallery["address"]),
        pictures=found["pictures"],
        next_page=found["next_page"],
        is_first=place is None,
        page=place,
        sought=sought_for,
        groups=await groups(visit, at.id),
        progress=await progress(visit, at.id),
        is_shut=at.is_open and await entering.is_shut(visit, at.session),
        file_words={**words.REFUSALS, **words.REASONS},
    )


async def show_progress(visit: Visit) -> Response:
    """Return how far the pictures have come, which the page puts in the place of what it has."""
    session_id = str(visit.request.path_params["session_id"])
    told = await progress(visit, session_id)
    return pages.render("galleries/_progress.html", progress=told, words=words)


async def progress(visit: Visit, session_id: str) -> Record:
    """Return how far the pictures of a session have come: files that were refused, and that wait to go on."""
    told = await visit.api.get(f"/v1/sessions/{session_id}/pictures/progress")
    by_state: dict[str, list[Record]] = {"refused": [], "receiving": []}
    for each in told["uploads"]:
        by_state.setdefault(each["state"], []).append(each)
    return {**told, **by_state, "receiving_count": told["receiving"], "named": _GONE_ON_WITH}


async def groups(visit: Visit, session_id: str) -> Sequence[Record]:
    """Return the groups of a session."""
    return list((await visit.api.get(f"/v1/sessions/{session_id}/picture-groups"))["groups"])


def sought(visit: Visit) -> Sought:
    """Return which pictures the address of a page asks for."""
    return seeking.sought(visit, Sought)


def address(visit: Visit, secret: str | None) -> str | None:
    """Return where a client finds their gallery, as it is told to them."""
    return absolute(visit, f"{_PORTAL}/{secret}") if secret else None


def absolute(visit: Visit, path: str) -> str:
    """Return a path of this server as it is typed elsewhere; a proxy that encrypts need not say so."""
    url = visit.request.url
    return f"{'http' if may_be_plain(visit.request) else 'https'}://{url.netloc}{path}"
