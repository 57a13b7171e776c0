"""Prepaid orders: which images they are made from, chosen page by page."""

from collections.abc import Sequence
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.galleries.files import Size
from app.galleries.order_refusals import GalleryClosed, OrderRefused, PrepaidSettled
from app.galleries.prepaid import (
    ImageChoice,
    PrepaidLine,
    PrepaidOrder,
    choose_images,
    prepaid_orders,
)
from app.galleries.visits import Visit as InGallery
from app.portal import picture_store
from app.portal.picture_store import favourites_of
from app.portal.web.gallery import PAGE
from app.portal.web.pages import Wrong
from app.portal.web.visits import NoGallery, Visit


async def show(visit: Visit, wrong: Wrong | None = None) -> Response:
    """Show the orders that are paid, and what is chosen for them."""
    return visit.page("prepaid.html", wrong, orders=await _orders(visit), order=None)


async def show_line(visit: Visit, wrong: Wrong | None = None) -> Response:
    """Show pictures to choose for one thing: all of them, or those of a group."""
    order, line = _of_address(visit, await _orders(visit))
    given = visit.form if visit.form.get("made_from") else visit.request.query_params
    group_id, after = _id(given.get("group", "")), _id(given.get("after", ""))
    session_id = visit.gallery.session_id
    async with visit.database.reading(visit.gallery.account_id) as session:
        groups = await picture_store.groups(session, session_id)
        found = await picture_store.page(session, session_id, group_id, after, PAGE + 1)
    known = {each["id"] for each in groups} | {favourites_of(session_id)}
    if group_id and group_id not in known:
        raise HTTPException(404)
    shown = found[:PAGE]
    saved = {str(each.id) for each in shown if each.number in line.images}
    return visit.page(
        "prepaid.html",
        wrong,
        orders=[],
        order=order,
        line=line,
        pictures=[(each, visit.link(each, Size.THUMBNAIL)) for each in shown],
        groups=groups,
        ticked=set(visit.form.all("in")) if wrong else saved,
        group_id=group_id,
        favourites=favourites_of(session_id),
        after=after,
        next=shown[-1].id if len(found) > PAGE else None,
    )


async def choose(visit: Visit) -> Response:
    """Choose what is ticked on this page of pictures; what was chosen on others stays chosen."""
    order, line = _of_address(visit, await _orders(visit))
    form, gallery = visit.form, visit.gallery
    ticked, shown = _ids(form.all("in")), _ids(form.all("shown"))
    try:
        async with visit.database.writing(gallery.account_id) as session:
            numbers = await picture_store.numbers_of(session, gallery.session_id, {*ticked, *shown})
            stays = set(line.images) - {numbers[each] for each in shown if each in numbers}
            new = [numbers[each] for each in ticked if each in numbers]
            images = (
                [] if form.get("go") == "anew" else [*(e for e in line.images if e in {*stays, *new}), *new]
            )
            choice = ImageChoice(order.invoice_id, line.id, images, form.get("made_from", ""))
            await choose_images(session, visit.who, _in_gallery(visit), choice)
    except GalleryClosed:
        raise NoGallery from None
    except PrepaidSettled as refused:
        return await show(visit, Wrong(refused.message, 409))
    except OrderRefused as refused:
        return await show_line(visit, Wrong(refused.message, 409))
    group, after = _id(form.get("group", "")), _id(form.get("next", ""))
    if form.get("go") == "more" and after:
        return visit.to(f"{_path(order, line)}?{f'group={group}&' if group else ''}after={after}")
    return visit.to(_path(order, line) if form.get("go") == "anew" else "/prepaid")


async def _orders(visit: Visit) -> Sequence[PrepaidOrder]:
    try:
        async with visit.database.reading(visit.gallery.account_id) as session:
            return await prepaid_orders(session, visit.who, _in_gallery(visit))
    except GalleryClosed:
        raise NoGallery from None


def _in_gallery(visit: Visit) -> InGallery:
    return InGallery(visit.gallery.gallery_id, visit.gallery.client_id)


def _of_address(visit: Visit, orders: Sequence[PrepaidOrder]) -> tuple[PrepaidOrder, PrepaidLine]:
    """Return the order and the thing an address is about, where images can be chosen for it."""
    named = visit.request.path_params
    for order in orders:
        for line in order.lines:
            is_it = (order.invoice_id, line.id) == (named["invoice_id"], named["line_id"])
            if is_it and line.most:
                return order, line
    raise HTTPException(404)


def _path(order: PrepaidOrder, line: PrepaidLine) -> str:
    return f"/prepaid/{order.invoice_id}/{line.id}"


def _ids(texts: Sequence[str]) -> list[UUID]:
    return [found for each in texts if (found := _id(each))]


def _id(text: str) -> UUID | None:
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        raise HTTPException(404) from None
