"""Tasks that begin by themselves with web orders, and what of orders and carts is forgotten."""

from datetime import timedelta
from uuid import uuid4

from app.core import clock
from app.core.principal import Principal
from app.galleries.order_jobs import KEPT, forget_old
from app.galleries.order_models import WebOrder
from app.studio.business_days import business_days_after
from tests.contract.phones import signed_in
from tests.galleries.orders.shops import VOUCHER, Room, Shop
from tests.samples import sample

NOTHING = {"web_order": None, "yearbook_choice": None, "prepaid_choice": None}


async def test_each_order_that_becomes_an_invoice_begins_one_task_on_phones(shop: Shop) -> None:
    department, gone, kind = uuid4(), uuid4(), uuid4()
    await shop.server("departments", department, **sample("departments", is_inactive=False))
    await shop.server("departments", gone, **sample("departments", is_inactive=True))
    await shop.server("task_types", kind, **sample("task_types", is_inactive=False))
    room, early = await shop.room(), await shop.room()
    await shop.ordered(early)
    await shop.sync()
    plan = {"task_type_id": str(kind), "assigned_department_id": str(department), "due_days": 2}
    for odd in (str(uuid4()), str(gone)):
        body = NOTHING | {"web_order": plan | {"assigned_department_id": odd}}
        refused = await shop.desk.ask("PUT", "gallery-tasks", body)
        assert (refused.status_code, refused.json()["code"]) == (422, "gallery_task_target_not_found")
    answer = await shop.desk.ask("PUT", "gallery-tasks", NOTHING | {"web_order": plan})
    assert answer.status_code == 200, answer.text
    assert (await shop.desk.ask("GET", "gallery-tasks")).json() == answer.json()
    copy = await (await signed_in(shop.studio)).copy("tasks", "clients", "sessions", "invoices")
    known = set(copy.records)
    order = await shop.ordered(room)
    await shop.sync()
    await shop.desk.ask("POST", f"web-orders/{order.id}/data-sync", {})
    await copy.pull()
    made = [
        each
        for each in copy.records.values()
        if "task_number" in each and each["id"] not in known and each["invoice_id"] == str(order.id)
    ]
    today = clock.today(shop.studio.account.time_zone)
    company = (await shop.desk.ask("GET", f"companies/{shop.studio.account.account_id}")).json()
    wanted = {
        "subject": f"Web order {order.number}",
        "client_id": str(room.visit.client_id),
        "session_id": str(room.session_id),
        "task_type_id": str(kind),
        "assigned_department_id": str(department),
        "assigned_user_id": None,
        "start_date": today.isoformat(),
        "due_date": business_days_after(today, 2, company["work_week"]).isoformat(),
        "complete_date": None,
    }
    assert [{name: each[name] for name in wanted} for each in made] == [wanted]
    # What is no longer offered holds no order up.
    await shop.server("departments", department, is_inactive=True)
    later = await shop.ordered(room)
    await shop.sync()
    await copy.pull()
    [task] = [each for each in copy.records.values() if each.get("subject") == f"Web order {later.number}"]
    assert task["assigned_department_id"] is None
    await shop.desk.ask("PUT", "gallery-tasks", NOTHING)
    silent = await shop.ordered(room)
    await shop.sync()
    await copy.pull()
    assert f"Web order {silent.number}" not in {each.get("subject") for each in copy.records.values()}


async def test_old_carts_those_of_closed_galleries_and_what_came_to_nothing_are_forgotten(shop: Shop) -> None:
    old, closed, living = await shop.room(), await shop.room(), await shop.room()
    for room in (old, closed, living):
        await shop.put(room, VOUCHER, 1)
    cancelled = await _cancelled(shop, living)
    await _age(shop, "web_carts SET changed_at", "gallery_id", old.visit.gallery_id)
    await shop.server("sessions", closed.session_id, gallery_state="taken_down")
    await _forget(shop)
    carts = await shop.studio.execute("SELECT gallery_id FROM web_carts WHERE account_id = $1")
    assert {each["gallery_id"] for each in carts} & {
        each.visit.gallery_id for each in (old, closed, living)
    } == {living.visit.gallery_id}
    assert (await shop.told(cancelled))["state"] == "cancelled"
    await _age(shop, "web_orders SET placed_at", "id", cancelled.id)
    await _forget(shop)
    assert (await shop.desk.ask("GET", f"web-orders/{cancelled.id}")).status_code == 404


async def test_orders_of_deleted_clients_go_with_their_invoices_and_those_that_wait_stay(shop: Shop) -> None:
    done, waits = await shop.room(), await shop.room()
    order = await shop.ordered(done)
    await shop.sync()
    held = await shop.ordered(waits)
    await shop.forget("sessions", waits.session_id)
    await shop.forget("clients", waits.visit.client_id)
    await shop.sync()
    payments = await shop.studio.execute(
        "SELECT id FROM payments WHERE account_id = $1 AND invoice_id = $2", order.id
    )
    await _forget(shop)
    assert (await shop.told(order))["state"] == "downloaded"
    for collection, record_id in (
        *(("payments", each["id"]) for each in payments),
        ("invoices", order.id),
        ("sessions", done.session_id),
        ("clients", done.visit.client_id),
    ):
        await shop.forget(collection, record_id)
    await _forget(shop)
    assert (await shop.desk.ask("GET", f"web-orders/{order.id}")).status_code == 404
    assert (await shop.told(held))["state"] == "held"


async def _cancelled(shop: Shop, room: Room) -> WebOrder:
    payment = await shop.paying(room, 5000)
    order = await shop.place(room, payment_id=payment)
    await shop.server("payments", payment, state="declined")
    return order


async def _age(shop: Shop, what: str, by: str, record_id: object) -> None:
    sql = f"UPDATE {what} = $3 WHERE account_id = $1 AND {by} = $2 RETURNING true"
    assert await shop.studio.execute(sql, record_id, clock.now() - KEPT - timedelta(days=1))


async def _forget(shop: Shop) -> None:
    await forget_old(shop.studio.database, Principal.system(shop.studio.account.account_id))
