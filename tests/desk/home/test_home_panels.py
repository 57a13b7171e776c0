"""The panels of a home page tell what there is for whoever asks."""

from datetime import timedelta
from uuid import UUID, uuid4

from app.accounts.users import change_user
from app.core.clock import now
from app.core.principal import Principal
from app.outbox.posting import Content, Letter, post
from app.outbox.states import Channel, Purpose
from app.studio.finances import upkeep
from tests.accounts.studios import Studio
from tests.contract.desks import Desk
from tests.desk.conftest import Has
from tests.desk.home.pages import Json, day, home
from tests.desk.hubs.asking import invoiced, set_by_server
from tests.samples import named


async def test_tasks_are_those_of_the_user_and_their_departments(
    studio: Studio, has: Has, desk: Desk, photographer: Desk
) -> None:
    me, who = str(studio.photographer.user_id), Principal.system(studio.account.account_id)
    [other] = await studio.execute("SELECT user_id FROM users WHERE account_id = $1 AND initials = 'JD'")
    [lab, shop] = [(await has("departments", description=name))["id"] for name in ("Lab", "Shop")]
    async with studio.database.writing(studio.account.account_id) as session:
        await change_user(session, who, studio.photographer.user_id, departments=[UUID(lab)])
    client = await has("clients", first_name="Laura", last_name="Hartley")

    async def task(subject: str, due: int, **fields: object) -> None:
        usual: Json = {"start_date": None, "complete_date": None, "is_urgent": False, "is_private": False}
        await has("tasks", subject=subject, due_date=day(due), **{**usual, **fields})

    await task("due today", 0, assigned_department_id=lab)
    await task("overdue", -2, assigned_user_id=me, client_id=client["id"])
    await task("mine alone", 3, assigned_user_id=me, is_private=True)
    await task("done", -1, assigned_user_id=me, complete_date=day())
    await task("done long ago", -9, assigned_user_id=me, complete_date=day(-1))
    await task("others'", 0, assigned_user_id=str(other["user_id"]))
    await task("of the shop", 0, assigned_department_id=shop)
    await task("others' secret", 0, assigned_department_id=lab, is_private=True)
    await task("nobody's", 1)

    told = (await home(photographer))["tasks"]
    assert {name: told[name] for name in ("open", "overdue", "due_today", "done_today")} == {
        "open": 3,
        "overdue": 1,
        "due_today": 1,
        "done_today": 1,
    }
    assert [each["subject"] for each in told["tasks"]] == ["overdue", "due today", "mine alone", "done"]
    assert told["tasks"][0]["client_name"] == "Hartley, Laura"
    given = (await home(desk))["tasks"]
    assert [each["subject"] for each in given["tasks"]] == ["others'", "nobody's"]


async def test_services_are_the_galleries_and_orders_of_now(
    studio: Studio, has: Has, desk: Desk, photographer: Desk
) -> None:
    client = (await has("clients", first_name="Ada", last_name="Ferris"))["id"]
    expires = {
        "active": ("online", 1),
        "today": ("expired", 0),
        "over": ("expired", -3),
        "gone": ("taken_down", -9),
    }
    for name, (state, days) in expires.items():
        session = await has("sessions", client_id=client, description=name, events=[])
        gallery = {"gallery_state": state, "web_expire_date": day(days), "gallery_images": 10}
        await set_by_server(studio, "sessions", session, **gallery)
    order = await invoiced(studio, web_order_number="W-100233", invoice_date=day(), client_id=client)
    await invoiced(studio, web_order_number="W-100232", invoice_date=day(-1))
    await invoiced(studio, web_order_number=None, invoice_date=day(), prepaid_upload_state="pending")
    await invoiced(studio, web_order_number=None, invoice_date=day(), prepaid_upload_state="uploaded")

    company = named("companies"), studio.account.account_id
    assert (await desk.change(*company, {"has_galleries": False})).status_code == 200
    assert "services" not in await home(photographer)
    assert (await desk.change(*company, {"has_galleries": True})).status_code == 200
    told = (await home(photographer))["services"]
    galleries, orders = told["galleries"], told["web_orders"]
    assert {name: galleries[name] for name in ("active", "set_to_expire", "images_hosted")} == {
        "active": 1,
        "set_to_expire": 2,
        "images_hosted": 30,
    }
    assert [(each["description"], each["client_name"]) for each in galleries["sessions"]] == [
        ("over", "Ferris, Ada"),
        ("today", "Ferris, Ada"),
    ]
    assert (orders["today"], orders["prepaid_to_upload"]) == (1, 1)
    [told_order] = orders["invoices"]
    read = (await desk.read(named("invoices"), order)).json()
    assert told_order == {name: read.get(name, "Ferris, Ada") for name in told_order}
    assert told["texts"] is None


async def test_services_tell_how_many_texts_went(studio: Studio, desk: Desk, photographer: Desk) -> None:
    company = named("companies"), studio.account.account_id
    assert (await desk.change(*company, {"has_galleries": False})).status_code == 200

    async def posts(channel: Channel, to: str) -> None:
        letter = Letter(uuid4(), channel, Purpose.TEST, (to,), Content("", "Hello"))
        async with studio.database.writing(studio.account.account_id) as session:
            await post(session, [letter])

    await posts(Channel.EMAIL, "laura@hartley.example")
    assert "services" not in await home(photographer)
    await posts(Channel.TEXT, "+15185550123")
    told = (await home(photographer))["services"]
    assert (told["galleries"], told["web_orders"]) == (None, None)
    assert told["texts"] == {"this_month": 0, "last_month": 0}
    this = now().date().replace(day=1)
    for channel, back, sent in (("text", 0, 3), ("text", 1, 5), ("text", 40, 7), ("email", 0, 9)):
        month = (this - timedelta(days=back)).replace(day=1)
        await studio.execute(
            "INSERT INTO letter_counts (account_id, channel, month, sent) VALUES ($1, $2, $3, $4)",
            channel,
            month,
            sent,
        )
    assert (await home(photographer))["services"]["texts"] == {"this_month": 3, "last_month": 5}


async def test_messages_are_what_waits_for_somebody(studio: Studio, has: Has, photographer: Desk) -> None:
    me = str(studio.photographer.user_id)
    [other] = await studio.execute("SELECT user_id FROM users WHERE account_id = $1 AND initials = 'JD'")
    calls: Json = {"complete_date": None, "follow_up_date": None}
    await has("phone_calls", subject="mine", date=day(-1), assigned_user_id=me, **calls)
    await has("phone_calls", subject="anybody's", date=day(), **calls)
    await has("phone_calls", subject="others'", date=day(), assigned_user_id=str(other["user_id"]), **calls)
    await has("phone_calls", subject="tomorrow's", date=day(1), **calls)
    await has("phone_calls", subject="made", date=day(), **{**calls, "complete_date": day()})
    for subject, days, is_unread in (("older", -5, True), ("newer", -1, True), ("read", 0, False)):
        mail = await has("emails", subject=subject, date=day(days), is_draft=True)
        received = {"direction": "incoming", "is_unread": is_unread, "is_draft": False}
        await set_by_server(studio, "emails", mail, **received, delivery_state="received")
    told = (await home(photographer))["messages"]["kinds"]
    assert [(each["kind"], each["waiting"]) for each in told] == [
        ("phone_calls", 2),
        ("emails", 2),
        ("text_messages", 0),
    ]
    assert [[one["subject"] for one in each["messages"]] for each in told] == [
        ["mine", "anybody's"],
        ["newer", "older"],
        [],
    ]


async def test_the_schedule_is_the_user_s_own_today(studio: Studio, has: Has, photographer: Desk) -> None:
    client = (await has("clients"))["id"]
    me = str(studio.photographer.user_id)
    bare: Json = {"events": [], "arrival_time": None, "client_id": client, "start_time": "10:00:00"}
    booked = {"photographer_id": me, "end_time": "11:00:00"}
    today = await has("sessions", date=day(), **bare, **booked)
    await has("sessions", date=day(1), **bare, **booked)
    await has("sessions", date=day(), **bare)
    told = (await home(photographer))["schedule"]
    assert [each["record_id"] for each in told["entries"]] == [today["id"]]
    assert (told["bookings"], told["conflicts"]) == (1, [])


async def test_the_snapshot_has_the_figures_of_each_studio(
    studio: Studio, desk: Desk, photographer: Desk
) -> None:
    made = await desk.create(named("studios"), {"studio_number": 7, "name": "Riverside"})
    assert made.status_code == 201, made.text
    bill = {"shipping": 5000, "total": 5000, "balance_due": 5000}
    await upkeep.turn(studio.database, Principal.system(studio.account.account_id))
    await invoiced(studio, invoice_date=day(), studio_id=made.json()["id"], **bill)
    told = {each["studio_name"]: each for each in (await home(desk))["snapshot"]["studios"]}
    assert list(told) == [None, "Riverside"]
    here = told["Riverside"]
    kept = (await desk.read(named("finance_snapshots"), here["id"])).json()
    assert kept["today"]["sales"] > 0
    assert here == {
        **{name: kept.get(name) for name in here},
        "studio_name": "Riverside",
        "today": {name: kept["today"][name] for name in here["today"]},
    }
    assert "snapshot" not in await home(photographer)
