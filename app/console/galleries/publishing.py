"""Publishing a gallery, changing what it shows, and the day it expires on."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Literal
from uuid import UUID

from pydantic import Field
from starlette.responses import Response

from app.console import forms, pages
from app.console.api import Record, Refused
from app.console.forms import Form, Unfilled, Wrong, filled
from app.console.galleries import entering, gallery
from app.console.galleries.gallery import Frame
from app.console.visits import Visit
from app.core import clock
from app.core.principal import Level

_USUAL = ("selected", "undecided")
_PAGE = 500


class Publication(Form):
    """What a gallery is to show, by which prices, and until when."""

    which: Literal["usual", "rated", "marked", "grouped"] = "usual"
    rating: list[Literal["selected", "undecided", "not_selected"]] = Field(default_factory=list)
    group: list[UUID] = Field(default_factory=list)
    web_price_list: str | None = None
    web_expire_date: date | None = None


class Expiry(Form):
    """The day a gallery is to expire on."""

    web_expire_date: date


async def ask(visit: Visit) -> Response:
    """Ask what the gallery is to show."""
    return await _page(visit)


async def publish(visit: Visit) -> Response:
    """Put a session's gallery online, or have it show something else."""
    at = await gallery.frame(visit)
    try:
        asked = filled(Publication, visit.form)
        await visit.api.post(f"/v1/sessions/{at.id}/publish_gallery", await _body(visit, at, asked))
    except (Unfilled, Refused) as error:
        return await _page(visit, forms.wrong(error, known=Publication.model_fields))
    return pages.to(at.path, said="gallery_published")


async def extend(visit: Visit) -> Response:
    """Have a gallery expire on another day, or now."""
    session_id = visit.request.path_params["session_id"]
    is_now = "is_now" in visit.form
    try:
        day = clock.today(visit.session.time_zone) if is_now else filled(Expiry, visit.form).web_expire_date
        body = {"web_expire_date": day.isoformat()}
        await visit.api.post(f"/v1/sessions/{session_id}/extend_gallery", body)
    except (Unfilled, Refused) as error:
        return await gallery.page(visit, forms.wrong(error, known=Expiry.model_fields))
    return pages.to(f"/galleries/{session_id}", said="gallery_expired" if is_now else "gallery_extended")


async def _body(visit: Visit, at: Frame, asked: Publication) -> Record:
    """Return what the command is sent.

    Groups are named wherever the studio has any, so that what was ticked is what the client sees.
    """
    body: Record = {}
    own = [each for each in await gallery.groups(visit, at.id) if not each["is_made_by_client"]]
    if own:
        body["group_ids"] = [str(each) for each in asked.group]
    if asked.which == "marked":
        body["picture_ids"] = await _marked(visit, at.id)
    elif asked.which == "rated":
        body["ratings"] = asked.rating
    elif asked.which == "usual" and own:
        body["ratings"] = list(_USUAL)
    if asked.web_price_list:
        body["web_price_list"] = asked.web_price_list
    if asked.web_expire_date:
        body["web_expire_date"] = asked.web_expire_date.isoformat()
    return body


async def _marked(visit: Visit, session_id: str) -> list[str]:
    """Return the pictures that are marked to be shown, but for those that cannot be."""
    asked = {"limit": str(_PAGE), "is_online": "true"}
    found: list[str] = []
    while True:
        told = await visit.api.get(f"/v1/sessions/{session_id}/pictures", **asked)
        found += [each["id"] for each in told["pictures"] if each["state"] != "refused"]
        if told["next_page"] is None:
            return found
        asked["page"] = told["next_page"]


async def _page(visit: Visit, wrong: Wrong | None = None) -> Response:
    at = await gallery.frame(visit)
    kind = await _type(visit, at.session["session_type_id"])
    groups = [each for each in await gallery.groups(visit, at.id) if not each["is_made_by_client"]]
    sent = visit.form if wrong else None
    marked = at.gallery["images_chosen"]
    return gallery.framed(
        visit,
        "galleries/publish.html",
        at,
        wrong,
        kind=kind,
        groups=groups,
        ticked=sent.all("group") if sent else [each["id"] for each in groups if each["is_online"]],
        which=sent.get("which", "usual") if sent else "marked" if marked else "usual",
        rated=sent.all("rating") if sent else ["selected"],
        price_lists=await _price_lists(visit),
        price_list=sent.get("web_price_list") if sent else None,
        usual_price_list=at.session["web_price_list"] or (kind or {}).get("price_list"),
        day=sent.get("web_expire_date", "") if sent else "",
        usual_day=_usual_day(visit, at, kind),
        progress=await gallery.progress(visit, at.id),
        is_shut=await entering.is_shut(visit, at.session),
    )


def _usual_day(visit: Visit, at: Frame, kind: Record | None) -> str | None:
    """Return the day a gallery expires on unless somebody says so; none where it never does."""
    if at.is_open:
        known: str | None = at.gallery["web_expire_date"]
        return known
    days = (kind or {}).get("days_online")
    return None if days is None else (clock.today(visit.session.time_zone) + timedelta(days=days)).isoformat()


async def _type(visit: Visit, type_id: str | None) -> Record | None:
    return await visit.api.get(f"/v1/session_types/{type_id}") if type_id else None


async def _price_lists(visit: Visit) -> Sequence[str]:
    """Return the names of price lists a gallery can sell by; none to who may not see them."""
    if not visit.may("lists", Level.VIEW_ONLY):
        return []
    found = (await visit.api.get("/v1/web-price-lists"))["price_lists"]
    return [each["name"] for each in found if each["is_active"]]
