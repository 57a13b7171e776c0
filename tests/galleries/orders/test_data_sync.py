"""Each web order becomes one invoice, for desks and phones alike, or is held until somebody decides."""

import asyncio
from datetime import date
from uuid import UUID, uuid4

from app.core.principal import Level, Principal
from app.desk.home import store
from app.galleries.data_sync import run_by_itself
from app.sync import registry
from tests.contract.desks import at_a_desk
from tests.contract.phones import signed_in
from tests.desk.hubs.asking import give, invoiced
from tests.galleries.orders.shops import PRINT, VOUCHER, Room, Shop
from tests.samples import sample
from tests.sync.test_plans import plan


async def test_an_order_becomes_an_invoice_of_its_client_and_session(shop: Shop) -> None:
    await shop.sync()
    room = await shop.room()
    order = await shop.ordered(room)
    ready = await shop.panel()
    done, other = await asyncio.gather(shop.sync(), shop.sync())
    assert (ready["ready_to_download"], done["downloaded"] + other["downloaded"]) == (1, 1)
    assert (await shop.panel())["ready_to_download"] == 0
    invoice = await shop.invoice(order)
    wanted = {
        "web_order_number": order.number,
        "client_id": str(room.visit.client_id),
        "bill_to_client_id": str(room.visit.client_id),
        "session_id": str(room.session_id),
        "invoice_type": "initial_order",
        "subtotal": 14100,
        "shipping": 995,
        "tax": 808,
        "total": 15903,
        "paid": 0,
        "pending_payments": 15903,
        "balance_due": 15903,
    }
    assert {name: invoice[name] for name in wanted} == wanted
    assert invoice["invoice_number"]
    lines = [(each["item"], each["quantity"], each["images"], each["tax"]) for each in invoice["lines"]]
    assert lines == [("PR-0810", 2, ["0001"], 808), ("GV", 1, [], 0)]
    later = await shop.ordered(room)
    assert (await shop.desk.ask("POST", f"web-orders/{later.id}/data-sync", {})).json()[
        "state"
    ] == "downloaded"
    assert (await shop.invoice(later))["invoice_type"] == "re_order"
    phone = await (await signed_in(shop.studio)).copy("invoices")
    assert phone.records[str(order.id)]["total"] == order.total


async def test_orders_of_whom_there_is_no_more_are_held_until_they_are_given_to_somebody(shop: Shop) -> None:
    before = (await shop.panel())["held"]
    gone, living = await shop.room(), await shop.room()
    order = await shop.ordered(gone)
    await shop.forget("sessions", gone.session_id)
    done = await shop.sync()
    assert {"code": "session_unknown", "web_order_number": order.number} in done["errors"]
    await shop.forget("clients", gone.visit.client_id)
    await shop.sync()
    told = await shop.told(order)
    assert (told["state"], told["code"], told["client_name"]) == ("held", "client_unknown", "Laura Hartley")
    assert (await shop.panel())["held"] == before + 1
    held = (await shop.desk.ask("GET", "web-orders?state=held")).json()["web_orders"]
    assert str(order.id) in [each["id"] for each in held]

    path, client = f"web-orders/{order.id}/data-sync", str(living.visit.client_id)
    odd = [(str(uuid4()), None), (client, str(gone.session_id))]
    for client_id, session_id in odd:
        given = {"given_to": {"client_id": client_id, "session_id": session_id}}
        refused = await shop.desk.ask("POST", path, given)
        assert (refused.status_code, refused.json()["code"]) == (422, "web_order_target_not_found")
    target = {"given_to": {"client_id": client, "session_id": str(living.session_id)}}
    assert (await shop.desk.ask("POST", path, target)).json()["state"] == "downloaded"
    invoice = await shop.invoice(order)
    assert (invoice["client_id"], invoice["session_id"], invoice["total"]) == (
        client,
        str(living.session_id),
        15903,
    )
    assert (await shop.desk.ask("POST", path, {})).json()["state"] == "downloaded"
    assert (await shop.desk.ask("POST", path, target)).json()["code"] == "web_order_stands"
    assert (await shop.panel())["held"] == before


async def test_a_client_who_was_merged_is_followed_and_a_session_of_somebody_else_is_not(shop: Shop) -> None:
    merged, moved, stays = await shop.room(), await shop.room(), await shop.room()
    orders = [await shop.ordered(each) for each in (merged, moved)]
    survivor = str(stays.visit.client_id)
    into = {"into": survivor}
    answer = await shop.desk.ask("POST", f"clients/{merged.visit.client_id}/merge", into)
    assert answer.status_code in {200, 204}, answer.text
    await shop.server("sessions", moved.session_id, client_id=survivor)
    await shop.sync()
    assert (await shop.invoice(orders[0]))["client_id"] == survivor
    assert (await shop.told(orders[1]))["code"] == "session_of_another_client"
    given = {"given_to": {"client_id": survivor, "session_id": None}}
    await shop.desk.ask("POST", f"web-orders/{orders[1].id}/data-sync", given)
    assert (await shop.invoice(orders[1]))["session_id"] is None


async def test_an_order_whose_deposit_was_used_otherwise_is_still_to_be_paid(shop: Shop) -> None:
    room = await shop.room()
    await shop.put(room, VOUCHER, 1)
    payment = await shop.paying(room, 5000, state="approved")
    order = await shop.place(room, payment_id=payment)
    await shop.server("payments", payment, state="voided")
    done = await shop.sync()
    assert {"code": "payment_not_applied", "web_order_number": order.number} in done["errors"]
    assert (await shop.told(order))["state"] == "downloaded"
    invoice = await shop.invoice(order)
    assert (invoice["paid"], invoice["balance_due"], bool(invoice["notes"])) == (0, 5000, True)


async def test_an_order_waits_until_it_is_known_whether_its_deposit_is_taken_back(shop: Shop) -> None:
    room = await shop.room()
    await shop.put(room, VOUCHER, 1)
    payment = await shop.paying(room, 5000, state="approved")
    order = await shop.place(room, payment_id=payment)
    await shop.server("payments", payment, state="processing")
    left = (await shop.sync())["remaining"]
    one = await shop.desk.ask("POST", f"web-orders/{order.id}/data-sync", {})
    told = await shop.told(order)
    assert (one.json()["state"], told["state"], told["code"], left) == ("ready", "ready", None, 1)
    await shop.server("payments", payment, state="approved")
    await shop.sync()
    invoice = await shop.invoice(order)
    assert (invoice["paid"], invoice["balance_due"], invoice["notes"]) == (5000, 0, None)


async def test_a_deposit_whose_amount_was_changed_pays_no_order(shop: Shop) -> None:
    room = await shop.room()
    await shop.put(room, VOUCHER, 1)
    payment = await shop.paying(room, 5000, state="approved")
    order = await shop.place(room, payment_id=payment)
    await shop.server("payments", payment, amount=4000)
    await shop.sync()
    assert (await shop.told(order))["code"] == "payment_not_applied"
    invoice = await shop.invoice(order)
    assert (invoice["paid"], invoice["balance_due"]) == (0, 5000)


async def test_it_goes_on_by_itself_where_the_company_is_and_leaves_held_orders_alone(shop: Shop) -> None:
    await shop.sync()
    room = await shop.room()
    order = await shop.ordered(room)
    house = Principal.system(shop.studio.account.account_id)
    await run_by_itself(shop.studio.database, house)
    assert (await shop.told(order))["state"] == "downloaded"
    runs = (await shop.desk.ask("GET", "web-orders/data-sync")).json()["runs"]
    assert (runs[0]["user_id"], runs[0]["downloaded"], runs[0]["errors"]) == (None, 1, [])
    await run_by_itself(shop.studio.database, house)
    assert (await shop.desk.ask("GET", "web-orders/data-sync")).json()["runs"] == runs


async def test_a_prepaid_order_goes_online_with_its_session(shop: Shop) -> None:
    room = await shop.room()
    client, offline = str(room.visit.client_id), uuid4()
    await shop.server("sessions", offline, **sample("sessions", client_id=client, events=[]))
    prepaid = {"is_prepaid_online": True, "prepaid_upload_state": "pending", "client_id": client}
    goes, waits = [
        await invoiced(shop.studio, session_id=str(each), web_order_number=None, is_posted=True, **prepaid)
        for each in (room.session_id, offline)
    ]
    assert (await shop.sync())["uploaded"] == 1
    states = [
        (await shop.desk.ask("GET", f"invoices/{each}")).json()["prepaid_upload_state"]
        for each in (goes, waits)
    ]
    assert states == ["uploaded", "pending"]


async def test_orders_are_for_who_may_view_invoices_and_made_so_by_who_may_add_them(shop: Shop) -> None:
    room = await shop.room()
    orders = [(await _order(shop, room)) for _ in range(3)]
    first = (await shop.desk.ask("GET", "web-orders?limit=2")).json()
    assert [each["id"] for each in first["web_orders"]] == [str(orders[2]), str(orders[1])]
    after = (await shop.desk.ask("GET", f"web-orders?limit=2&page={first['next_page']}")).json()
    assert after["web_orders"][0]["id"] == str(orders[0])
    assert (await shop.desk.ask("GET", f"web-orders/{uuid4()}")).json()["code"] == "web_order_not_found"
    photographer = await at_a_desk(shop.studio, initials="PK")
    await give(shop.studio, invoices=Level.VIEW_ONLY)
    assert (await photographer.ask("GET", "web-orders")).status_code == 200
    denied = [
        await photographer.ask("POST", "web-orders/data-sync"),
        await photographer.ask("POST", f"web-orders/{orders[0]}/data-sync", {}),
    ]
    await give(shop.studio, invoices=Level.NO_ACCESS)
    denied += [await photographer.ask("GET", path) for path in ("web-orders", "web-orders/data-sync")]
    assert {each.json()["code"] for each in denied} == {"permission_denied"}


async def test_what_waits_is_counted_among_what_waits_alone(shop: Shop) -> None:
    account_id = shop.studio.account.account_id
    async with shop.studio.database.reading(account_id) as session:
        await session.raw.execute("SET LOCAL enable_seqscan = off")
        number = registry.number_of("invoices")
        scans = await plan(session, store.WEB_ORDERS, account_id, date(2026, 6, 1), True, number, 20)
    found = [each["Index Name"] for each in scans if each.get("Relation Name") == "web_orders"]
    assert found == ["ix_web_orders_waiting"] * 2


async def _order(shop: Shop, room: Room) -> UUID:
    await shop.put(room, PRINT, 1, "0001")
    return (await shop.place(room)).id
