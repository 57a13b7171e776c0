"""The tips for whoever manages online galleries, followed one by one on the day a session goes online.

Jo Doe runs the studio from its desk, Pat Kerr has a phone that is not always connected, and Laura Hartley
opens her gallery in a browser.
"""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest

from clients.python.tests.conftest import desk, house, new_phone
from clients.python.tests.phones import Phone
from clients.python.tests.serving import Desk, House
from tests.console.browser import HERE
from tests.galleries.orders.shops import product
from tests.portal.galleries import OWN, Guest, Online
from tests.serving import BASE_URL

__all__ = ["desk", "house", "new_phone"]

Json = dict[str, Any]
ORDERS, STILL_OPEN = "Web Orders Today", "Expired Galleries Still Open"
PICTURES = """
INSERT INTO pictures (account_id, id, session_id, name, number, position, rating, is_online, state,
    media_type, size_bytes, sha256, uploaded_at)
SELECT $1, gen_random_uuid(), $2, n || '.jpg', n, n, $3, false, 'ready', 'image/jpeg', 1, '\\x00', now()
FROM generate_series(1::int, $4::int) AS n
"""


@dataclass
class Counter:
    """Where Jo sits."""

    desk: Desk
    headers: dict[str, str]

    def ask(self, method: str, path: str, body: Any = None, if_match: str | None = None) -> Json:
        """Ask for something that must be done, and return the answer."""
        answer = self.tried(method, path, body, if_match)
        assert answer.is_success, answer.text
        told: Json = answer.json()
        return told

    def tried(self, method: str, path: str, body: Any = None, if_match: str | None = None) -> httpx.Response:
        """Ask for something that may be refused."""
        headers = {**self.headers, **({"If-Match": if_match} if if_match else {})}
        with httpx.Client(transport=self.desk.door, base_url=BASE_URL) as client:
            return client.request(method, f"/v1/{path}", json=body, headers=headers)

    def panels(self) -> dict[str, Json]:
        """Refresh the home page."""
        return {each["panel"]: each for each in self.ask("GET", "home")["panels"]}

    def galleries(self) -> tuple[int, int, int, list[str]]:
        """Tell what the Services panel counts: active, set to expire, images hosted; and lists."""
        told = self.panels()["services"]["galleries"]
        counted = told["active"], told["set_to_expire"], told["images_hosted"]
        return *counted, [each["id"] for each in told["sessions"]]

    def orders(self) -> tuple[int, int, int]:
        """Tell what the panel counts of orders: ready to download, of today, and prepaid to be uploaded."""
        told = self.panels()["services"]["web_orders"]
        return told["ready_to_download"], told["today"], told["prepaid_to_upload"]

    def data_sync(self) -> tuple[int, int]:
        """Run the data sync by hand; tell how many orders came down, and how many prepaid ones went up."""
        told = self.ask("POST", "web-orders/data-sync")
        assert told["errors"] == []
        return told["downloaded"], told["uploaded"]

    def filter(self, hub: str, name: str) -> str:
        """Return the id of a filter that is kept for a hub."""
        filters = self.ask("GET", f"hubs/{hub}/filters")["filters"]
        [found] = [str(each["id"]) for each in filters if each["name"] == name]
        return found

    def rows(self, hub: str, **query: Any) -> list[Json]:
        """List the records of a hub."""
        found: list[Json] = self.ask("POST", f"hubs/{hub}/query", query)["rows"]
        return found


@dataclass
class Visitor:
    """Laura's browser, at the address of her gallery."""

    desk: Desk
    guest: Guest

    def does(self, doing: Callable[..., Awaitable[Any]], *told: Any, **typed: Any) -> str:
        """Do something there, and return how the page that is open then reads."""

        async def done() -> None:
            await doing(*told, **typed)

        self.desk.portal.call(done)
        return self.guest.page.text

    def opens(self, path: str = "") -> str:
        return self.does(self.guest.open, path)

    def sends(self, path: str, **typed: Any) -> str:
        return self.does(self.guest.send, path, **typed)


@pytest.fixture
def jo(desk: Desk) -> Counter:
    """Seat Jo, whose company has its galleries switched on."""
    jo = Counter(desk, desk.portal.call(desk.studio.administrator))
    jo.ask("PATCH", f"companies/{desk.studio.account.account_id}", {"has_galleries": True}, "*")
    return jo


@pytest.fixture
def pat(new_phone: Callable[..., Phone]) -> Phone:
    """Sign Pat's phone in."""
    phone: Phone = new_phone()
    return phone


@pytest.fixture
def laura(desk: Desk) -> str:
    return desk.write("clients", first_name="Laura", last_name="Hartley")


@pytest.fixture
def portrait(desk: Desk, laura: str) -> str:
    """Have Laura's session, with three pictures that were uploaded and rated."""
    school = desk.write("session_types", description="School", days_online=30, price_list="Schools")
    about: Json = {"client_id": laura, "description": "Portraits", "session_type_id": school, "events": []}
    made = desk.write("sessions", **about, yearbook_image=None, web_price_list=None, status_notes=None)
    desk.execute(PICTURES, UUID(made), "selected", 3)
    return made


def test_the_panel_and_the_shortcuts(desk: Desk, jo: Counter) -> None:
    # The panel is there once galleries are enabled in the preferences. Jo had put it away, and selects it.
    company = f"companies/{desk.studio.account.account_id}"
    jo.ask("PATCH", company, {"has_galleries": False}, "*")
    assert "services" not in jo.panels()
    jo.ask("PATCH", company, {"has_galleries": True}, "*")
    jo.ask("PUT", "home/panels", {"panels": [{"panel": "services", "is_shown": False}]}, '"0"')
    assert "services" not in jo.panels()
    jo.ask("PUT", "home/panels", {"panels": [{"panel": "services"}]}, '"1"')
    assert jo.galleries() == (0, 0, 0, [])

    # She makes a shortcut to the site for herself, and one for all users.
    site = {"description": "Our galleries", "target": "https://galleries.example/login", "icon": None}
    jo.ask("PUT", "home/shortcuts", {"shortcuts": [site]}, '"0"')
    jo.ask("POST", "company_shortcuts", {**site, "id": str(uuid4()), "description": "Galleries"})
    shown = [(each["of"], each["description"]) for each in jo.panels()["shortcuts"]["shortcuts"]]
    assert shown == [("user", "Our galleries"), ("company", "Galleries")]


def test_the_hubs_and_the_filter_of_the_day(desk: Desk, jo: Counter, laura: str, portrait: str) -> None:
    # In the hubs Jo sees which sessions were uploaded, and which image was chosen for the yearbook.
    online = jo.ask("POST", f"sessions/{portrait}/publish_gallery", {})
    desk.write("sessions", portrait, yearbook_image="0002")
    columns = ["web_expire_date", "yearbook_image"]
    [row] = jo.rows("sessions", columns=columns, sort="-web_expire_date")
    assert row == {"id": portrait, "web_expire_date": online["web_expire_date"], "yearbook_image": "0002"}

    # She sees which invoices were downloaded, and her filter for the orders of the day has one of them.
    today = date.fromisoformat(jo.ask("GET", "home")["date"])
    for number, day in (("W-100232", today - timedelta(days=1)), ("W-100233", today)):
        sold: Json = {"web_order_number": number, "invoice_date": str(day), "lines": []}
        desk.write("invoices", **sold, client_id=laura, bill_to_client_id=laura)
    found = jo.rows("invoices", columns=["web_order_number"], sort="web_order_number")
    assert [each["web_order_number"] for each in found] == ["W-100232", "W-100233"]
    found = jo.rows("invoices", columns=["web_order_number"], filter_id=jo.filter("invoices", ORDERS))
    assert [each["web_order_number"] for each in found] == ["W-100233"]


def test_a_session_goes_online_is_extended_expires_and_is_taken_down(
    desk: Desk, jo: Counter, pat: Phone, portrait: str
) -> None:
    # The pictures have been uploaded. Pat puts them online, in a cellar without a connection.
    pat.client.sync()
    assert pat.shown("sessions", portrait)["gallery_state"] == "offline"
    pat.client.command("sessions", portrait, "publish_gallery", {"ratings": ["selected"]})
    assert jo.galleries() == (0, 0, 0, [])
    assert pat.client.sync().refused == []
    online = pat.shown("sessions", portrait)
    uploaded = datetime.fromisoformat(online["uploaded_at"]).astimezone(ZoneInfo("America/Denver")).date()
    expires = date.fromisoformat(online["web_expire_date"])
    assert (online["gallery_state"], online["gallery_images"]) == ("online", 3)
    assert (expires, online["web_price_list"]) == (uploaded + timedelta(days=30), "Schools")
    assert jo.galleries() == (1, 0, 3, [])

    # Laura asks for more time, and Pat extends the session.
    more = expires + timedelta(days=14)
    pat.client.command("sessions", portrait, "extend_gallery", {"web_expire_date": str(more)})
    pat.client.sync()
    assert f"PK Gallery: online until {more}" in pat.shown("sessions", portrait)["status_notes"]

    # Jo no longer wants it online, and chooses a past date. After a refresh it can be taken down from the
    # panel; until then Laura sees it: the date is only the prompt for that.
    past = str(uploaded - timedelta(days=7))
    jo.ask("POST", f"sessions/{portrait}/extend_gallery", {"web_expire_date": past})
    assert jo.galleries() == (0, 1, 3, [portrait])
    gallery = jo.ask("GET", f"galleries/{portrait}")
    assert (gallery["gallery_state"], gallery["is_visible"]) == ("expired", True)
    still_open = jo.rows("sessions", filter_id=jo.filter("sessions", STILL_OPEN))
    assert [each["id"] for each in still_open] == [portrait]
    pat.client.sync()
    assert pat.shown("sessions", portrait)["gallery_state"] == "expired"

    # She takes it down: it is closed, its images are gone from the site, and the panel forgets it.
    [listed] = jo.panels()["services"]["galleries"]["sessions"]
    asked = {"sessions": [{"id": listed["id"], "revision": listed["revision"]}]}
    [taken] = jo.ask("POST", "gallery-take-downs", asked)["sessions"]
    assert (taken["outcome"], taken["gallery_state"]) == ("applied", "taken_down")
    assert jo.galleries() == (0, 0, 0, [])
    closed = jo.ask("GET", f"galleries/{portrait}")
    assert (closed["address"], closed["is_visible"], closed["images"]) == (None, False, 0)
    pat.client.sync()
    down = pat.shown("sessions", portrait)
    assert (down["gallery_state"], down["gallery_images"]) == ("taken_down", 0)

    # A new upload is a new gallery, which who knows the old address does not find.
    desk.execute(PICTURES, UUID(portrait), "undecided", 2)
    pat.client.command("sessions", portrait, "publish_gallery", {})
    pat.client.sync()
    assert jo.galleries() == (1, 0, 2, [])
    assert jo.ask("GET", f"galleries/{portrait}")["address"] not in (None, gallery["address"])


@pytest.fixture
def browser(house: House, desk: Desk, laura: str, portrait: str) -> Iterator[Callable[[], Visitor]]:
    """Open Laura's browser once her gallery is online."""
    opened: list[httpx.AsyncClient] = []

    def open_one() -> Visitor:
        sql = "SELECT id, address FROM galleries WHERE account_id = $1 AND session_id = $2"
        [(gallery, address)] = desk.execute(sql, UUID(portrait))
        sql = "SELECT id FROM pictures WHERE account_id = $1 AND session_id = $2 ORDER BY number"
        pictures = [each for (each,) in desk.execute(sql, UUID(portrait))]
        inside = httpx.ASGITransport(app=house.app, raise_app_exceptions=False)
        opened.append(httpx.AsyncClient(transport=inside, base_url=HERE))
        online = Online(desk.studio, UUID(laura), UUID(portrait), gallery, address, pictures)
        return Visitor(desk, Guest(opened[-1], online))

    yield open_one
    for each in opened:
        desk.portal.call(each.aclose)


def test_the_login_is_reset(jo: Counter, laura: str, portrait: str, browser: Callable[[], Visitor]) -> None:
    # Reset Login is for clients with a session uploaded: Laura's is not yet.
    login = f"portal-logins/{laura}"
    assert jo.tried("POST", f"{login}/reset").json()["code"] == "no_gallery_online"
    jo.ask("POST", f"sessions/{portrait}/publish_gallery", {})
    told = jo.ask("POST", f"{login}/reset")
    email = jo.ask("GET", f"clients/{laura}")["email"]
    assert (told["user_name"], told["password_from"], told["state"]) == (email, "last_name", "default")

    # It works at once: her last name is her password, for as long as she chooses another one.
    visitor = browser()
    assert "Choose a new password" in visitor.does(visitor.guest.sign_in, email, "Hartley")
    assert "3 pictures, online until" in visitor.sends("/password", new_password=OWN)
    assert jo.ask("GET", login)["state"] == "own"
    assert "User name or password are not right" in visitor.does(visitor.guest.sign_in, email, "Hartley")
    assert "3 pictures" in visitor.does(visitor.guest.sign_in, email, OWN)


def test_orders_come_down_prepaid_orders_go_up(
    desk: Desk, jo: Counter, pat: Phone, portrait: str, browser: Callable[[], Visitor]
) -> None:
    # Jo sets prices. The session has those of its type, and Laura finds what they sell in her gallery.
    prints, album = (
        product(uuid4(), "PR-0810", 4550, tax_rate=8875),
        product(uuid4(), "AL-2", 20000, images=2),
    )
    prices = {"name": "Schools", "shipping": 995, "products": [prints, album]}
    jo.ask("PUT", f"web-price-lists/{uuid4()}", prices, '"0"')
    online = jo.ask("POST", f"sessions/{portrait}/publish_gallery", {})
    assert online["web_price_list"] == "Schools"
    laura = online["client_id"]
    jo.ask("PUT", f"portal-logins/{laura}", {"user_name": "laura", "password": OWN})
    visitor = browser()
    visitor.does(visitor.guest.sign_in, "laura", OWN)
    assert "A PR-0810" in visitor.opens("/shop")

    # Laura orders two prints. The panel says that an order is ready; data sync makes an invoice of it, once.
    visitor.opens(f"/pictures/{visitor.guest.online.pictures[1]}")
    assert "It is in your cart." in visitor.sends("/cart", product=prints["id"], quantity="2")
    visitor.opens("/checkout")
    assert "Thank you" in visitor.sends("/checkout", pay="later")
    assert jo.orders() == (1, 0, 0)
    assert (jo.data_sync(), jo.data_sync()) == ((1, 0), (0, 0))
    assert jo.orders() == (0, 1, 0)

    # It is among the orders of today, with its number; Pat has it on the phone with the next sync.
    columns = ["web_order_number", "total", "balance_due"]
    [row] = jo.rows("invoices", columns=columns, filter_id=jo.filter("invoices", ORDERS))
    assert row["web_order_number"] in visitor.opens("/orders")
    assert (row["total"], row["balance_due"]) == (9100 + 995 + 808, 9100 + 995 + 808)
    pat.client.sync()
    invoice = pat.shown("invoices", row["id"])
    assert (invoice["session_id"], invoice["client_id"]) == (portrait, laura)
    assert [(each["item"], each["quantity"], each["images"]) for each in invoice["lines"]] == [
        ("PR-0810", 2, ["2"])
    ]

    # An album was paid in advance: it goes up with the next data sync, and Laura chooses its images.
    line: Json = {
        "id": str(uuid4()),
        "item": "AL-2",
        "description": "Album",
        "quantity": 1,
        "unit_price": 20000,
    }
    about: Json = {"client_id": laura, "bill_to_client_id": laura, "session_id": portrait, "lines": [line]}
    paid = desk.write("invoices", **about, is_prepaid_online=True, web_order_number=None)
    assert jo.orders() == (0, 1, 1)
    assert jo.data_sync() == (0, 1)
    assert jo.orders() == (0, 1, 0)
    assert "Album" in visitor.opens("/prepaid")
    chosen = [str(each) for each in visitor.guest.online.pictures[:2]]
    path = f"/prepaid/{paid}/{line['id']}"
    visitor.opens(path)
    assert "All images are chosen" in visitor.sends(path, **{"in": chosen}, go="done")
    pat.client.sync()
    assert [each["images"] for each in pat.shown("invoices", paid)["lines"]] == [["1", "2"]]

    # The log tells of both.
    runs = jo.ask("GET", "web-orders/data-sync")["runs"]
    assert [(each["downloaded"], each["uploaded"]) for each in runs] == [(0, 1), (0, 0), (1, 0)]
