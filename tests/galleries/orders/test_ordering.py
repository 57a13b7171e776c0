"""Clients order what they were shown, at the prices they were shown, once; nothing is half done."""

from uuid import UUID, uuid4

import pytest

from app.galleries import carts, ordering
from app.galleries.carts import MOST_LINES, Wish, keep_lines
from app.galleries.order_refusals import OrderRefused
from app.galleries.pricing import CartLine
from tests.galleries.orders.shops import ALBUM, PRINT, VOUCHER, Room, Shop, product, products


async def test_a_cart_is_priced_here_and_ordered_once(shop: Shop) -> None:
    room = await shop.room()
    await shop.put(room, VOUCHER, 1)
    assert (await shop.cart(room)).sums.shipping == 0
    cart = await shop.put(room, PRINT, 2, "0001")
    assert (cart.currency, [each.extended_price for each in cart.lines]) == ("USD", [5000, 9100])
    # 8.875 % of 91.00 is 8.07625.
    assert (cart.sums.subtotal, cart.sums.shipping, cart.sums.tax) == (14100, 995, 808)
    key, tag = uuid4().hex, cart.tag
    order = await shop.place(room, key=key, tag=tag)
    assert (order.total, order.state, order.client_name) == (15903, "ready", "Laura Hartley")
    assert (await shop.cart(room)).lines == ()
    assert (await shop.place(room, key=key, tag=tag)).number == order.number
    assert await _refused(shop, room, key=key, tag="another") == ("order_differs", (str(order.id),))
    async with shop.writing() as session:
        assert [each.id for each in await ordering.orders_of(session, room.visit)] == [order.id]
    told = await shop.told(order)
    assert (told["web_order_number"], told["payment"], told["state"]) == (order.number, "later", "ready")


async def test_what_cannot_be_made_is_not_put_into_a_cart(shop: Shop) -> None:
    room = await shop.room()
    wishes: list[tuple[UUID, int, list[str], str]] = [
        (uuid4(), 1, ["0001"], "product_not_offered"),
        (PRINT, 0, ["0001"], "quantity_refused"),
        (PRINT, 1000, ["0001"], "quantity_refused"),
        (ALBUM, 1, ["0001"], "images_wanted"),
        (VOUCHER, 1, ["0001"], "images_wanted"),
        (PRINT, 1, ["9999"], "picture_not_online"),
    ]
    for product_id, quantity, images, code in wishes:
        with pytest.raises(OrderRefused) as refused:
            await shop.put(room, product_id, quantity, *images)
        assert refused.value.code == code
    assert await _refused(shop, room) == ("cart_empty", ())
    async with shop.writing() as session:
        line = uuid4()
        for quantity in (1, 3):
            wish = Wish(line, VOUCHER, quantity)
            cart = await carts.put_line(session, shop.who, room.visit, wish)
        assert [each.quantity for each in cart.lines] == [3]
        assert (await carts.take_line(session, shop.who, room.visit, line)).lines == ()


async def test_what_has_changed_since_it_was_shown_is_not_ordered(shop: Shop) -> None:
    await shop.sell("Changing", products())
    room = await shop.room("Changing")
    await shop.put(room, PRINT, 1, "0002")
    shown = await shop.cart(room)
    await shop.sell("Changing", [product(PRINT, "PR-0810", 9900)])
    assert await _refused(shop, room, tag=shown.tag) == ("cart_changed", ())
    statement = (
        "UPDATE pictures SET is_online = false WHERE account_id = $1 AND session_id = $2 AND number = '0002'"
    )
    await shop.studio.execute(statement, room.session_id)
    assert await _refused(shop, room) == ("picture_not_online", ("0002",))
    [line] = (await shop.cart(room)).unavailable
    assert line.line.product_id == PRINT
    await shop.sell("Changing", [])
    assert await _refused(shop, room) == ("product_not_offered", ())
    # What is not ordered stays in the cart.
    await shop.sell("Changing", products())
    await shop.studio.execute(statement.replace("false", "true"), room.session_id)
    assert await shop.cart(room) == shown


@pytest.mark.parametrize("how", ["taken_down", "hidden", "off"])
async def test_nothing_is_ordered_in_a_gallery_that_was_closed_meanwhile(shop: Shop, how: str) -> None:
    room, desk = await shop.room(), shop.desk
    await shop.put(room, VOUCHER, 1)
    order = await shop.place(room, key="before", tag=(tag := (await shop.cart(room)).tag))
    await shop.put(room, VOUCHER, 1)
    company = f"companies/{shop.studio.account.account_id}"
    if how == "taken_down":
        closed = "UPDATE galleries SET taken_down_at = now() WHERE account_id = $1 AND id = $2"
        await shop.studio.execute(closed, room.visit.gallery_id)
    elif how == "hidden":
        await shop.server("sessions", room.session_id, gallery_state="expired", web_expire_date="2026-05-04")
        assert (await shop.cart(room)).lines
        await desk.ask("PATCH", company, {"is_expired_gallery_hidden": True}, if_match="*")
    else:
        await desk.ask("PATCH", company, {"has_galleries": False}, if_match="*")
    assert await _refused(shop, room, tag=tag) == ("gallery_closed", ())
    # Who hears only now that it was ordered is told so.
    assert (await shop.place(room, key="before", tag=tag)).number == order.number
    await desk.ask(
        "PATCH", company, {"has_galleries": True, "is_expired_gallery_hidden": False}, if_match="*"
    )


async def test_an_order_paid_by_card_is_one_once_the_card_is_charged(shop: Shop) -> None:
    room = await shop.room()
    await shop.put(room, VOUCHER, 2)
    wrong, right = await shop.paying(room, 9999), await shop.paying(room, 10000)
    stranger = await shop.paying(await shop.room(), 10000)
    for payment in (wrong, stranger, uuid4()):
        assert await _refused(shop, room, payment_id=payment) == ("payment_unfit", ())
    order = await shop.place(room, payment_id=right)
    await shop.sync()
    assert (await shop.told(order))["state"] == "unpaid"
    await shop.put(room, VOUCHER, 2)
    assert await _refused(shop, room, payment_id=right) == ("payment_unfit", ())
    await shop.server("payments", right, state="approved")
    assert (await shop.told(order))["state"] == "ready"
    await shop.sync()
    invoice = await shop.invoice(order)
    assert (invoice["paid"], invoice["balance_due"], invoice["pending_payments"]) == (10000, 0, 0)
    known = (await shop.desk.ask("GET", f"payments/{right}")).json()
    assert known["invoice_id"] == str(order.id)


@pytest.mark.parametrize("end", ["declined", "error", "voided"])
async def test_what_was_ordered_is_in_the_cart_again_where_the_card_is_not_charged(
    shop: Shop, end: str
) -> None:
    room = await shop.room()
    shown = await shop.put(room, PRINT, 1, "0003")
    order = await shop.place(room, payment_id=await shop.paying(room, shown.sums.total))
    await shop.put(room, VOUCHER, 1)
    assert order.payment_id
    await shop.server("payments", order.payment_id, state=end)
    told = await shop.told(order)
    assert (told["state"], told["code"]) == ("cancelled", "payment_failed")
    assert [each.product_id for each in (await shop.cart(room)).lines] == [PRINT, VOUCHER]
    again = await shop.place(room)
    assert (again.state, again.total) == ("ready", shown.sums.total + 5000)
    await shop.sync()
    assert [(await shop.told(each))["state"] for each in (order, again)] == ["cancelled", "downloaded"]


async def test_a_cart_has_so_many_lines_and_with_more_it_is_not_ordered(shop: Shop) -> None:
    room = await shop.room()
    lines = [CartLine(id=uuid4(), product_id=VOUCHER, quantity=1, images=()) for _ in range(MOST_LINES + 1)]

    async def kept(most: int) -> None:
        async with shop.writing() as session:
            await keep_lines(session, room.visit, lines[:most])

    await kept(MOST_LINES)
    with pytest.raises(OrderRefused) as full:
        await shop.put(room, VOUCHER, 1)
    assert (full.value.code, len((await shop.cart(room)).lines)) == ("cart_full", MOST_LINES)
    await kept(MOST_LINES + 1)
    assert await _refused(shop, room) == ("cart_full", ())
    await kept(MOST_LINES)
    assert (await shop.place(room)).total == MOST_LINES * 5000


async def _refused(shop: Shop, room: Room, **asked: object) -> tuple[str, tuple[str, ...]]:
    """Return why an order is not placed; nothing else may have come of it."""
    before = await _written(shop)
    with pytest.raises(OrderRefused) as refused:
        await shop.place(room, **asked)
    assert await _written(shop) == before
    return refused.value.code, tuple(refused.value.places)


async def _written(shop: Shop) -> list[object]:
    statement = "SELECT count(*), (SELECT string_agg(lines::text, '' ORDER BY gallery_id) FROM web_carts)"
    return [
        tuple(row) for row in await shop.studio.execute(f"{statement} FROM web_orders WHERE account_id = $1")
    ]
