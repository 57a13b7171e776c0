"""Lists: what people choose from, such as types, statuses and reasons."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.console import fields, finding, forms, list_layout, listings, pages
from app.console.api import Record, Refused
from app.console.fields import Field
from app.console.finding import Order
from app.console.forms import Unfilled, Version, Wrong, filled
from app.console.listings import Listing
from app.console.visits import Visit
from app.core.principal import Level


class Offer(Version):
    """Whether an entry is to be offered."""

    is_inactive: bool


class Move(Version):
    """Which neighbour an entry is to change places with."""

    over: str


async def show_all(visit: Visit) -> Response:
    """Show which lists there are."""
    return visit.page("lists.html", groups=list_layout.grouped(await _collections(visit)))


async def show(visit: Visit) -> Response:
    """Show one list."""
    return await _page(visit, await _listing(visit))


async def show_new(visit: Visit) -> Response:
    """Ask for a new entry."""
    listing = await _listing(visit)
    wanted = await _wanted(visit, listing)
    return _form(visit, listing, wanted, listing.blank(wanted))


async def create(visit: Visit) -> Response:
    """Make an entry, behind all others."""
    listing = await _listing(visit)
    wanted = await _wanted(visit, listing)
    try:
        asked = {name: value for name, value in fields.read(wanted, visit.form).items() if value is not None}
        if listing.has("sort_order"):
            entries = await visit.api.all(listing.path, "records")
            asked["sort_order"] = max((each["sort_order"] for each in entries), default=0) + listings.STEP
        await visit.api.post(listing.path, asked)
    except (Unfilled, Refused) as error:
        values = fields.typed(wanted, visit.form)
        return _form(visit, listing, wanted, values, _wrong(error, visit))
    return pages.to(f"/lists/{listing.name}{visit.sought}", said="entry_created")


async def show_one(visit: Visit) -> Response:
    """Show one entry."""
    listing = await _listing(visit)
    entry = await visit.api.get(_path(visit))
    return _form(visit, listing, await _wanted(visit, listing), entry, entry=entry)


async def change(visit: Visit) -> Response:
    """Change what is different of an entry."""
    listing = await _listing(visit)
    wanted, entry = await _wanted(visit, listing), await visit.api.get(_path(visit))
    different: Record = {}
    try:
        different = forms.touched(visit.form, fields.read(wanted, visit.form), entry)
        if not different:
            return pages.to(f"/lists/{listing.name}{visit.sought}", said="nothing_changed")
        await visit.api.patch(_path(visit), different, filled(Version, visit.form).version)
    except (Unfilled, Refused) as error:
        wrong = _wrong(error, visit)
        if not wrong.is_stale:
            values = fields.typed(wanted, visit.form)
            return _form(visit, listing, wanted, values, wrong, entry=entry)
        entry = await visit.api.get(_path(visit))
        theirs = fields.told(wanted, forms.others(visit.form, entry, [each.name for each in wanted]))
        values = {**entry, **different}
        return _form(visit, listing, wanted, values, wrong, entry=entry, theirs=theirs)
    return pages.to(f"/lists/{listing.name}{visit.sought}", said="entry_saved")


async def offer(visit: Visit) -> Response:
    """Offer an entry to choose from, or no longer."""
    listing = await _listing(visit)
    try:
        asked = filled(Offer, visit.form)
        await visit.api.patch(_path(visit), {"is_inactive": asked.is_inactive}, asked.version)
    except (Unfilled, Refused) as error:
        return await _page(visit, listing, forms.wrong(error))
    return pages.to(
        f"/lists/{listing.name}{visit.sought}", said="entry_hidden" if asked.is_inactive else "entry_offered"
    )


async def move(visit: Visit) -> Response:
    """Have an entry change places with its neighbour, if the two still are neighbours."""
    listing = await _listing(visit)
    try:
        asked = filled(Move, visit.form)
        for entry, sort_order in await _moves(visit, listing, asked):
            path = f"{listing.path}/{entry['id']}"
            await visit.api.patch(path, {"sort_order": sort_order}, entry["revision"])
    except (Unfilled, Refused) as error:
        return await _page(visit, listing, forms.wrong(error))
    return pages.to(f"/lists/{listing.name}{visit.sought}", said="entry_moved")


async def ask_remove(visit: Visit) -> Response:
    """Ask whether an entry is really to go."""
    return await _removal(visit)


async def remove(visit: Visit) -> Response:
    """Delete an entry that nothing uses."""
    listing = await _listing(visit)
    try:
        await visit.api.delete(_path(visit), filled(Version, visit.form).version)
    except (Unfilled, Refused) as error:
        return await _removal(visit, forms.wrong(error))
    return pages.to(f"/lists/{listing.name}{visit.sought}", said="entry_removed")


def _path(visit: Visit) -> str:
    given = visit.request.path_params
    return f"/v1/{given['list']}/{given['entry_id']}"


async def _collections(visit: Visit) -> list[Record]:
    return list((await visit.api.get("/v1/sync/manifest"))["collections"])


async def _listing(visit: Visit) -> Listing:
    wanted = visit.request.path_params["list"]
    for each in await _collections(visit):
        if each["name"] == wanted and each["feature"] == list_layout.FEATURE:
            return Listing(each["name"], each["description"], each["fields"])
    raise HTTPException(HTTPStatus.NOT_FOUND)


async def _wanted(visit: Visit, listing: Listing) -> list[Field]:
    return await fields.fields(visit.api, listing.told, without=list_layout.NOT_ASKED)


async def _moves(visit: Visit, listing: Listing, asked: Move) -> list[tuple[Record, int]]:
    """Return which entries get which place; the two must still be as they were shown."""
    wanted = str(visit.request.path_params["entry_id"])
    for part in await listings.parts(visit.api, listing):
        entry = next((each for each in part.entries if each["id"] == wanted), None)
        if (
            entry
            and entry["revision"] == asked.version
            and listings.are_neighbours(part.entries, wanted, asked.over)
        ):
            return listings.moves(part.entries, wanted, asked.over)
    raise Refused({"code": "changed_meanwhile", "status": HTTPStatus.PRECONDITION_FAILED})


def _wrong(error: Unfilled | Refused, visit: Visit) -> Wrong:
    """Return what to tell, at the fields as far as they are on the page."""
    return forms.wrong(error, known=visit.form)


async def _page(visit: Visit, listing: Listing, wrong: Wrong | None = None) -> Response:
    parts, wanted = await listings.parts(visit.api, listing), finding.wanted(visit, _orders(listing))
    return visit.page(
        "list.html",
        wrong,
        listing=listing,
        wanted=wanted,
        total=sum(len(each.entries) for each in parts),
        parts=parts if wanted.is_usual else listings.found(parts, wanted),
        title=fields.title,
        has_order=listing.has("sort_order"),
        may_add=visit.may("lists", Level.ADD_ONLY),
        may_change=visit.may("lists", Level.ADD_MODIFY),
    )


def _orders(listing: Listing) -> dict[str, Order]:
    """Return the orders a list can be shown in, the one in which it is offered first."""
    return {
        "offered": Order("As it is offered", lambda each: listings.place(listing, each)),
        "name": Order("By name", lambda each: fields.title(each).casefold()),
        "state": Order(
            "No longer offered first",
            lambda each: (not each.get("is_inactive"), listings.place(listing, each)),
        ),
    }


def _form(
    visit: Visit,
    listing: Listing,
    wanted: Sequence[Field],
    values: Record,
    wrong: Wrong | None = None,
    *,
    entry: Record | None = None,
    **told: Any,
) -> Response:
    return visit.page(
        "list_entry.html",
        wrong,
        listing=listing,
        wanted=wanted,
        values=values,
        entry=entry,
        title=fields.title,
        may_change=visit.may("lists", Level.ADD_MODIFY if entry else Level.ADD_ONLY),
        may_remove=visit.may("lists", Level.ADD_MODIFY_DELETE),
        **told,
    )


async def _removal(visit: Visit, wrong: Wrong | None = None) -> Response:
    listing, entry = await _listing(visit), await visit.api.get(_path(visit))
    return visit.page("list_remove.html", wrong, listing=listing, entry=entry, title=fields.title)
