"""Every page links lead to: readable to all, on a phone too, and asking nothing of anybody else."""

from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from playwright.async_api import ViewportSize, expect
from starlette.routing import compile_path

from app.console import site
from clients.python.tests.serving import Desk, House
from studio_sync_client import Client
from tests.browser.conftest import Opens
from tests.browser.selling import furnish
from tests.browser.visitors import Visitor
from tests.browser.writing import furnish_letters
from tests.samples import sample

pytestmark = pytest.mark.slow

_FAULTS = Path(__file__).with_name("faults.js").read_text()
_LINKS = """() => [...document.querySelectorAll("a[href^='/console/']:not([download], [target])")]
    .map((link) => link.getAttribute("href").replace("/console", "").replace(/#.*/, ""))"""
_KINDS = {pattern: compile_path(pattern)[0] for pattern in site._SHOWN if not pattern.endswith(".csv")}
_OF_A_KIND = 2
SIZES: dict[str, ViewportSize] = {
    "desk": {"width": 1280, "height": 800},
    "phone": {"width": 390, "height": 844},
}
CHOSEN = (
    "/templates/new?kind=html_email&basis=session",
    "/triggers/new?kind=session_date&action=text",
    "/communications/new?hub=sessions&action=email",
)
"""Pages that are led to by a form."""
LONG = "Featherstonehaugh-Cholmondeley Donaudampfschifffahrtsgesellschaft"


@pytest.fixture
def furnished(house: House, desk: Desk, new_phone: Callable[..., Client]) -> None:
    """Fill a studio so that every kind of page has something on it, and words that are long."""
    client = desk.write("clients", last_name="Doe")
    desk.write("client_groups", description=LONG)
    phone = new_phone("PK", LONG)
    phone.sync()
    phone.patch("clients", client, {"last_name": LONG})
    desk.write("clients", client, last_name=LONG[::-1])
    phone.create("clients", sample("clients", last_name=LONG, email="nowhere"))
    assert len(phone.sync().refused) == len(("a clash", "a mistake"))
    desk.authorize("JD")
    gone = new_phone("JD", "Gone")
    gone.sync()
    desk.group(LONG)
    desk.webhook(LONG, desk.api_key(LONG))
    [device] = [each["id"] for each in desk.devices() if each["name"] == "Gone"]
    desk.deactivate(device)
    house.portal.call(partial(furnish, house, desk, LONG))
    house.portal.call(partial(furnish_letters, desk, LONG))
    desk.authorize("JD")


async def faults(visitor: Visitor) -> dict[str, list[str]]:
    """Return what is wrong with the open page at a desk and on a phone."""
    found = {}
    for place, size in SIZES.items():
        await visitor.page.set_viewport_size(size)
        found[place] = await visitor.page.evaluate(_FAULTS)
    return {place: each for place, each in found.items() if each}


def kind_of(path: str) -> str:
    """Return which page an address leads to, with what is to be done there where that is part of it."""
    place = path.partition("?")[0]
    kind = next(pattern for pattern, like in _KINDS.items() if like.match(place))
    return f"{kind} {place.rpartition('/')[2]}" if "{action}" in kind else kind


async def walk(visitor: Visitor) -> dict[str, dict[str, list[str]]]:
    """Follow links to two pages of each kind there is, and return what is wrong with each."""
    kinds = Counter[str]()
    found: dict[str, dict[str, list[str]]] = {}
    ahead = ["/", *CHOSEN]
    while ahead:
        path = ahead.pop()
        kind = kind_of(path)
        if path not in found and kinds[kind] < _OF_A_KIND:
            kinds[kind] += 1
            await visitor.open(path)
            found[path] = await faults(visitor)
            ahead += await visitor.page.evaluate(_LINKS)
    return found


@pytest.mark.usefixtures("furnished")
async def test_links_lead_to_every_page_and_none_has_a_fault(administrator: Visitor) -> None:
    found = await walk(administrator)
    assert {path: each for path, each in found.items() if each} == {}
    met = {kind_of(path).partition(" ")[0] for path in found}
    assert [each for each in _KINDS if each not in met] == []


@pytest.mark.parametrize("path", ["/sign-in", "/nothing-there"])
async def test_pages_for_anybody_have_no_fault_either(opens: Opens, path: str) -> None:
    visitor = await opens()
    await visitor.open(path)
    assert await faults(visitor) == {}


async def test_what_is_not_of_the_console_is_held_back_and_noticed(opens: Opens) -> None:
    visitor = await opens()
    await visitor.open("/sign-in")
    for markup in (
        '<img src="http://elsewhere.test/pixel.png">',
        "<style>body { color: red }</style>",
        '<p style="color: red">',
    ):
        visitor.troubles.clear()
        async with visitor.page.expect_console_message():
            await visitor.page.evaluate(
                "(markup) => document.body.insertAdjacentHTML('beforeend', markup)", markup
            )
        assert any("Content Security Policy" in each for each in visitor.troubles)
    visitor.troubles.clear()


async def test_after_signing_out_the_way_back_shows_nothing(administrator: Visitor) -> None:
    await administrator.go("Users")
    await expect(administrator.page.get_by_text("Pat Kerr")).to_be_visible()
    await administrator.press("Sign out")
    await administrator.is_told("You have signed out.")
    await administrator.page.go_back()
    await expect(administrator.page.get_by_role("heading", level=1, name="Sign in")).to_be_visible()


async def test_without_script_the_same_is_done_on_pages_of_their_own(
    desk: Desk, opens: Opens, new_phone: Callable[..., Client]
) -> None:
    new_phone()
    visitor = await opens(java_script_enabled=False)
    await visitor.sign_in(desk.account)
    await visitor.go("Mobile preferences")
    await visitor.page.get_by_label("Emails back").select_option("1 week")
    await visitor.press("Estimate again")
    await expect(visitor.page.get_by_label("Emails back")).to_have_value("7")
    await visitor.go("Mobile devices")
    await visitor.row("Pat's phone").get_by_role("link", name="Deactivate and clear").click()
    await visitor.press("Deactivate and clear")
    await expect(visitor.row("Pat's phone")).to_contain_text("Deactivated, to be cleared")
