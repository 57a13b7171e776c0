"""The inbox and sync health: what sync could not decide, and whose phones are behind."""

from datetime import timedelta

import pytest

from app.core import clock
from tests.accounts.studios import Studio
from tests.console.browser import Browser
from tests.contract.desks import Desk, told
from tests.contract.phones import signed_in
from tests.desk.conftest import Has
from tests.samples import named

CLIENTS = named("clients")


@pytest.fixture
async def client(studio: Studio, has: Has, desk: Desk) -> str:
    """Return a client of whom a phone and a desk have said different things."""
    client = await has("clients", last_name="Doe")
    answer = await desk.change(CLIENTS, client["id"], {"last_name": "Miller"})
    assert answer.status_code == 200
    phone = await signed_in(studio)
    change = {
        "op": "patch",
        "collection": "clients",
        "id": client["id"],
        "fields": {"last_name": "Doe-Smith"},
    }
    [verdict] = await phone.push({**change, "base_revision": client["revision"]})
    assert verdict["verdict"] == "conflict"
    return str(client["id"])


async def _entry(browser: Browser) -> str:
    [link] = [each for each in (await browser.open("/inbox")).links if each.startswith("/inbox/")]
    return link


@pytest.mark.parametrize(
    ("resolution", "name"), [("take_mine", "Doe-Smith"), ("keep_theirs", "Miller")], ids=["take", "keep"]
)
async def test_two_values_stand_side_by_side_and_one_is_chosen(
    client: str, administrator: Browser, desk: Desk, resolution: str, name: str
) -> None:
    entry = await _entry(administrator)
    page = await administrator.open(entry)
    for word in ("Last name", "Doe-Smith", "Miller", "Pat Kerr", "Laura Miller: which one holds?"):
        assert word in page.text
    page = await administrator.send(entry, resolution=resolution)
    assert "Nothing to decide" in page.text
    assert told(await desk.read(CLIENTS, client))["last_name"] == name


@pytest.mark.usefixtures("client")
async def test_what_a_colleague_has_decided_is_told(administrator: Browser, colleague: Browser) -> None:
    entry = await _entry(administrator)
    await administrator.open(entry)
    await colleague.open(entry)
    await colleague.send(entry, resolution="keep_theirs")
    page = await administrator.send(entry, resolution="take_mine")
    assert (page.status, "Somebody has decided about this meanwhile." in page.text) == (409, True)
    assert "by Jo Doe" in page.text


@pytest.mark.usefixtures("client")
async def test_home_and_health_tell_of_it(administrator: Browser) -> None:
    assert "1 entry in the inbox" in (await administrator.open("/")).text
    page = await administrator.open("/health")
    assert "Undecided 1" in page.text
    assert "Somebody else had changed the same meanwhile" in page.text


async def test_a_phone_that_has_not_synced_for_a_week_is_behind(
    studio: Studio, administrator: Browser
) -> None:
    assert "Nothing waits for you" in (await administrator.open("/")).text
    await signed_in(studio)
    await studio.execute(
        "UPDATE devices SET last_sync = $2 WHERE account_id = $1", clock.now() - timedelta(days=9)
    )
    assert "1 phone behind" in (await administrator.open("/")).text
    page = await administrator.open("/health")
    assert "9 days ago" in page.text
    assert "Behind" in page.text


async def test_without_anything_the_inbox_says_so(administrator: Browser) -> None:
    assert "Nothing to decide" in (await administrator.open("/inbox")).text
