"""The tips for whoever manages online galleries, followed one by one on the day a session goes online.

Jo Doe runs the studio from its desk, Pat Kerr has a phone that is not always connected.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest

from clients.python.tests.conftest import desk, house, new_phone
from clients.python.tests.phones import Phone
from clients.python.tests.serving import Desk
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
        headers = {**self.headers, **({"If-Match": if_match} if if_match else {})}
        with httpx.Client(transport=self.desk.door, base_url=BASE_URL) as client:
            answer = client.request(method, f"/v1/{path}", json=body, headers=headers)
        assert answer.is_success, answer.text
        told: Json = answer.json()
        return told

    def panels(self) -> dict[str, Json]:
        """Refresh the home page."""
        return {each["panel"]: each for each in self.ask("GET", "home")["panels"]}

    def galleries(self) -> tuple[int, int, int, list[str]]:
        """Tell what the Services panel counts: active, set to expire, images hosted; and lists."""
        told = self.panels()["services"]["galleries"]
        counted = told["active"], told["set_to_expire"], told["images_hosted"]
        return *counted, [each["id"] for each in told["sessions"]]

    def filter(self, hub: str, name: str) -> str:
        """Return the id of a filter that is kept for a hub."""
        filters = self.ask("GET", f"hubs/{hub}/filters")["filters"]
        [found] = [str(each["id"]) for each in filters if each["name"] == name]
        return found

    def rows(self, hub: str, **query: Any) -> list[Json]:
        """List the records of a hub."""
        found: list[Json] = self.ask("POST", f"hubs/{hub}/query", query)["rows"]
        return found


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
