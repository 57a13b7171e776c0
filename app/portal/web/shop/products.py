"""The shop: what a gallery sells, the pictures a product is made from, and the way into the cart."""

from collections.abc import Mapping
from http import HTTPStatus
from uuid import UUID, uuid4, uuid5

from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.core.db import Session
from app.galleries import carts
from app.galleries.carts import Wish
from app.galleries.files import Size
from app.galleries.order_refusals import OrderRefused
from app.galleries.pricing import MOST_IMAGES, Product
from app.portal import picture_store
from app.portal.picture_store import Shown, favourites_of
from app.portal.web import words
from app.portal.web.gallery import PAGE, asked_id, back
from app.portal.web.pages import Wrong
from app.portal.web.shop.counter import Counter
from app.portal.web.visits import Visit

_QUANTITY_DIGITS = 6
_LONGEST_NUMBER = 100
_MOST_PICKED = MOST_IMAGES + PAGE


async def show(visit: Visit) -> Response:
    """Show what is sold."""
    counter = Counter(visit)
    async with counter.reading() as work:
        _, products = await carts.offered(work.session, work.who, counter.visit)
    return visit.page("shop.html", products=products)


async def show_one(visit: Visit, wrong: Wrong | None = None) -> Response:
    """Show a product with the pictures that were chosen for it, or those to choose from."""
    product_id, asked = visit.request.path_params["product_id"], visit.request.query_params
    picked = [each for each in dict.fromkeys(asked.getlist("image")) if _is_number(each)][:_MOST_PICKED]
    counter, session_id = Counter(visit), visit.gallery.session_id
    async with counter.reading() as work:
        product = await _offered(work.session, counter, product_id)
        known = await picture_store.numbered(work.session, session_id, picked)
        chosen = {number: known[number] for number in picked if number in known}
        is_ready = len(chosen) == product.images
        if is_ready and ("review" in asked or product.images == 0):
            return visit.page(
                "product.html",
                wrong,
                product=product,
                chosen=_with_links(visit, chosen),
                line=uuid4(),
                quantity=visit.form.get("quantity", "1"),
            )
        if "review" in asked:
            wrong = Wrong(words.of_choice(len(chosen), product.images))
        return await _choosing(visit, work.session, product, chosen, wrong)


async def put(visit: Visit) -> Response:
    """Put a product into the cart; the same form sent again puts nothing more there."""
    form, counter = visit.form, Counter(visit)
    product_id, images = _id(form.get("product", "")), tuple(form.all("image"))
    picture_id = _id(form["picture"]) if "picture" in form else None
    if len(images) > MOST_IMAGES or not all(_is_number(each) for each in images):
        raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY)
    # Of one page several things can be put into the cart, such as after going back to it.
    line_id = uuid5(_id(form.get("line", "")), f"{product_id} {' '.join(images)}")
    wish = Wish(line_id, product_id, quantity_in(form.get("quantity", "")), images)
    try:
        async with counter.writing() as work:
            await carts.put_line(work.session, work.who, counter.visit, wish)
    except OrderRefused as refused:
        wrong = Wrong(words.of_wish(refused), HTTPStatus.CONFLICT)
        return visit.page("not_ordered.html", wrong, product_id=product_id)
    return visit.to(back(visit, picture_id) if picture_id else "/shop", said="in_cart")


def quantity_in(text: str) -> int:
    """Return how many somebody has typed, 0 for what is no number of things."""
    typed = text.strip()
    is_number = typed.isascii() and typed.isdigit() and len(typed) <= _QUANTITY_DIGITS
    return int(typed) if is_number else 0


async def _choosing(
    visit: Visit, session: Session, product: Product, chosen: Mapping[str, Shown], wrong: Wrong | None
) -> Response:
    group_id, after, session_id = asked_id(visit, "group"), asked_id(visit, "after"), visit.gallery.session_id
    found = await picture_store.page(session, session_id, group_id, after, PAGE + 1)
    groups = await picture_store.groups(session, session_id)
    shown = found[:PAGE]
    here = {each.number for each in shown}
    return visit.page(
        "choose.html",
        wrong,
        product=product,
        pictures=[(each, visit.link(each, Size.THUMBNAIL)) for each in shown],
        chosen=chosen,
        elsewhere=[number for number in chosen if number not in here],
        groups=[(each["id"], each["name"]) for each in groups if each["pictures"]],
        favourites=favourites_of(session_id),
        group_id=group_id,
        next=shown[-1].id if len(found) > PAGE else None,
        is_first=after is None,
    )


async def _offered(session: Session, counter: Counter, product_id: UUID) -> Product:
    _, products = await carts.offered(session, counter.page.who, counter.visit)
    found = next((each for each in products if each.id == product_id), None)
    if found is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return found


def _with_links(visit: Visit, chosen: Mapping[str, Shown]) -> list[tuple[Shown, str]]:
    return [(each, visit.link(each, Size.THUMBNAIL)) for each in chosen.values()]


def _is_number(text: str) -> bool:
    """Say whether a picture may be called so; a query may hold what no text of the database does."""
    return 0 < len(text) <= _LONGEST_NUMBER and "\0" not in text


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY) from None
