"""Mobile devices: authorizing, shutting out, and what the list tells."""

from typing import Any
from uuid import uuid4

from tests.accounts.studios import Studio
from tests.console.browser import Browser, Page
from tests.contract.desks import Desk
from tests.contract.phones import signed_in
from tests.samples import named, sample


async def _device(studio: Studio) -> str:
    [row] = await studio.execute("SELECT device_id FROM devices WHERE account_id = $1")
    return str(row["device_id"])


def _link(page: Page, device: str, action: str) -> str:
    """Return where a page leads to do something to a phone."""
    return next(each for each in page.links if each.startswith(f"/devices/{device}/{action}"))


async def _studio(desk: Desk, number: int, name: str, **fields: Any) -> str:
    """Open a studio."""
    asked = {**sample("studios", studio_number=number, **fields), "name": name}
    made = await desk.create(named("studios"), asked)
    return str(made.json()["id"])


async def test_the_list_tells_who_has_which_phone_and_how_many_places_are_left(
    studio: Studio, administrator: Browser
) -> None:
    page = await administrator.open("/devices")
    assert "1 of 4" in page.text
    assert "Waiting for sign-in" in page.text
    phone = await signed_in(studio)
    await phone.post("pull", {"cursor": None, "collections": ["lead_sources"]})
    page = await administrator.open("/devices")
    for word in ("Pat Kerr", "Pat's phone", "Pixel 9", "Android", "1.0.0", "just now", "Active"):
        assert word in page.text


async def test_a_phone_is_authorized_for_somebody(studio: Studio, administrator: Browser) -> None:
    await administrator.open("/devices")
    page = await administrator.send("/devices", user_id=str(studio.photographer.user_id))
    assert "The next phone of this user may sign in now." in page.text
    assert "2 of 4" in page.text


async def test_nobody_chosen_is_told_at_the_choice(administrator: Browser) -> None:
    await administrator.open("/devices")
    page = await administrator.send("/devices", user_id="")
    assert (page.status, "Please fill this in." in page.text) == (422, True)
    page = await administrator.send("/devices", user_id=str(uuid4()))
    assert (page.status, "no longer active" in page.text) == (422, True)


async def test_beyond_the_places_the_figures_and_who_is_idle_are_told(
    studio: Studio, administrator: Browser
) -> None:
    phone, device = await signed_in(studio), await _device(studio)
    await phone.post("pull", {"cursor": None, "collections": ["lead_sources"]})
    await studio.authorize(3)
    await administrator.open("/devices")
    page = await administrator.send("/devices", user_id=str(studio.photographer.user_id))
    assert page.status == 409
    assert "4 of 4 places are taken" in page.text
    idle, _, table = page.answer.text.partition("Idle for longest")[2].partition("<table")
    assert idle.count("Never synced") == 3
    assert idle.count("/remove") == 3
    assert device not in idle
    assert device in table
    await studio.execute(
        "UPDATE devices SET last_sync = last_sync - interval '10 days' WHERE device_id = $2"
        " AND account_id = $1",
        device,
    )
    page = await administrator.send("/devices", user_id=str(studio.photographer.user_id))
    idle = page.answer.text.partition("Idle for longest")[2].partition("<table")[0]
    assert "Last synced 10 days ago" in idle
    assert f"/devices/{device}/deactivate" in idle


async def test_what_a_phone_has_not_sent_is_told(studio: Studio, administrator: Browser) -> None:
    phone, device = await signed_in(studio), await _device(studio)
    asked = {"cursor": None, "collections": ["lead_sources"], "queued": 3, "oldest_queued_seconds": 7_200}
    await phone.post("pull", asked)
    page = await administrator.open("/devices")
    for word in ("3 changes", "2 hours ago"):
        assert word in page.text
    page = await administrator.open(f"/devices/{device}/clear")
    assert "It last said that 3 changes wait on it" in page.text
    assert "With something to send 1" in (await administrator.open("/health")).text
    assert "Phones with something to send 1" in (await administrator.open("/")).text


async def test_a_phone_is_shut_out_with_its_data_and_goes_on_where_it_was(
    studio: Studio, administrator: Browser
) -> None:
    phone, device = await signed_in(studio), await _device(studio)
    copy = await phone.copy("lead_sources")
    page = await administrator.open("/devices")
    for action in ("deactivate", "clear"):
        assert _link(page, device, action)
    page = await administrator.open(f"/devices/{device}/deactivate")
    assert "What is on the phone stays on it" in page.text
    page = await administrator.send(f"/devices/{device}/deactivate")
    assert "Deactivated, data kept" in page.text
    refused = await phone.client.get("/v1/sync/manifest", headers=phone.headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "device_inactive")
    page = await administrator.open(f"/devices/{device}/reactivate")
    assert "goes on with this phone where it was" in page.text
    await administrator.send(f"/devices/{device}/reactivate")
    await copy.pull()


async def test_an_order_to_clear_is_taken_back(studio: Studio, administrator: Browser) -> None:
    await signed_in(studio)
    device = await _device(studio)
    await administrator.open(f"/devices/{device}/clear")
    page = await administrator.send(f"/devices/{device}/clear")
    assert _link(page, device, "keep")
    await administrator.open(f"/devices/{device}/keep")
    page = await administrator.send(f"/devices/{device}/keep")
    assert "The order was taken back." in page.text
    assert "Deactivated, data kept" in page.text


async def test_the_second_of_two_is_told_before_a_phone_is_cleared(
    studio: Studio, administrator: Browser, colleague: Browser
) -> None:
    await signed_in(studio)
    device = await _device(studio)
    await administrator.open(f"/devices/{device}/clear")
    await colleague.open(f"/devices/{device}/deactivate")
    await colleague.send(f"/devices/{device}/deactivate")
    page = await administrator.send(f"/devices/{device}/clear")
    assert (page.status, "Somebody else has changed this meanwhile." in page.text) == (412, True)
    assert "Deactivated, data kept" in (await administrator.open("/devices")).text


async def test_an_order_to_clear_is_not_taken_back_by_who_deactivates_on_an_old_page(
    studio: Studio, administrator: Browser, colleague: Browser
) -> None:
    await signed_in(studio)
    device = await _device(studio)
    old = _link(await colleague.open("/devices"), device, "deactivate")
    asked = await colleague.open(old)
    form = asked.form(f"/devices/{device}/deactivate")
    await administrator.open(f"/devices/{device}/clear")
    await administrator.send(f"/devices/{device}/clear")
    page = await colleague.open(old)
    assert (page.status, "told to clear its copy" in page.text) == (409, True)
    answer = await colleague.post(f"/devices/{device}/deactivate", form)
    assert (answer.status_code, "told to clear its copy" in answer.text) == (409, True)
    assert "Deactivated, to be cleared" in (await colleague.open("/devices")).text


async def test_who_lets_a_phone_in_that_is_not_cleared_is_told_what_stays_on_it(
    studio: Studio, administrator: Browser
) -> None:
    await signed_in(studio)
    device = await _device(studio)
    await administrator.open(f"/devices/{device}/clear")
    await administrator.send(f"/devices/{device}/clear")
    page = await administrator.open(f"/devices/{device}/reactivate")
    assert "has not confirmed that it is cleared: what is on it stays there" in page.text
    assert "cleared phone" not in page.text
    assert _link(page, device, "keep")
    await administrator.send(f"/devices/{device}/reactivate")
    told = (await administrator.open("/audit?subject=devices&action=changed")).text
    row = told.partition("What was different")[2].partition("No. ")[2]
    for word in ("was Pat's phone is none", "was Pixel 9 is none", "Wipe ordered", "Bound", "Inactive"):
        assert word in row


async def test_a_phone_whose_user_is_inactive_waits_for_somebody(
    studio: Studio, administrator: Browser
) -> None:
    await signed_in(studio)
    device, user = await _device(studio), f"/users/{studio.photographer.user_id}/deactivate"
    for path in ("/", "/devices", "/health"):
        assert "inactive" not in (await administrator.open(path)).text
    await administrator.open(user)
    await administrator.send(user)
    assert "1 phone of inactive users" in (await administrator.open("/")).text
    assert "Its user is inactive" in (await administrator.open("/devices")).text
    assert "Their users are inactive" in (await administrator.open("/health")).text
    await administrator.open(f"/devices/{device}/clear")
    await administrator.send(f"/devices/{device}/clear")
    for path in ("/", "/devices", "/health"):
        page = (await administrator.open(path)).text
        assert "inactive users" not in page
        assert "user is inactive" not in page
        assert "users are inactive" not in page


async def test_who_comes_from_an_old_page_is_told_before_they_are_asked(
    studio: Studio, administrator: Browser, colleague: Browser
) -> None:
    await signed_in(studio)
    device = await _device(studio)
    old = _link(await colleague.open("/devices"), device, "clear")
    page = await colleague.open(old)
    assert (page.status, "data-dialog-content" in page.answer.text) == (200, True)
    await administrator.open(f"/devices/{device}/deactivate")
    await administrator.send(f"/devices/{device}/deactivate")
    page = await colleague.open(old)
    assert (page.status, "Somebody else has changed this meanwhile." in page.text) == (412, True)
    assert "data-dialog-content" not in page.answer.text
    page = await colleague.send(f"/devices/{device}/clear")
    assert "Deactivated, to be cleared" in page.text


async def test_a_phone_that_is_cleared_is_told_nothing_more(
    studio: Studio, administrator: Browser, colleague: Browser
) -> None:
    phone, device = await signed_in(studio), await _device(studio)
    page = await colleague.open("/devices")
    old = [_link(page, device, action) for action in ("clear", "deactivate")]
    await administrator.open(f"/devices/{device}/clear")
    await administrator.send(f"/devices/{device}/clear")
    refused = await phone.client.get("/v1/sync/manifest", headers=phone.headers)
    await phone.client.post("/v1/devices/me/wiped", json={"wipe_order": refused.json()["wipe_order"]})
    for link in old:
        page = await colleague.open(link)
        assert (page.status, "has confirmed that its copy is gone" in page.text) == (409, True)
        assert "stays there" not in page.text
    sent = {"form_token": (await colleague.open("/devices")).form("/devices")["form_token"]}
    [row] = await studio.execute("SELECT version FROM devices WHERE account_id = $1")
    for action in ("clear", "deactivate"):
        filled = {**sent, "version": [str(row["version"])]}
        answer = await colleague.post(f"/devices/{device}/{action}", filled, follow_redirects=True)
        assert "has confirmed that its copy is gone" in answer.text


async def test_a_phone_is_cleared_after_being_asked_and_its_receipt_is_shown(
    studio: Studio, administrator: Browser
) -> None:
    phone, device = await signed_in(studio), await _device(studio)
    path = f"/devices/{device}/clear"
    page = await administrator.open(path)
    assert "What it has not sent yet is lost." in page.text
    page = await administrator.send(path)
    assert "Deactivated, to be cleared" in page.text
    refused = await phone.client.get("/v1/sync/manifest", headers=phone.headers)
    order = {"wipe_order": refused.json()["wipe_order"]}
    assert (await phone.client.post("/v1/devices/me/wiped", json=order)).status_code == 200
    page = await administrator.open("/devices")
    assert "Deactivated, cleared" in page.text
    assert "Confirmed just now" in page.text
    page = await administrator.open(f"/devices/{device}/reactivate")
    page = await administrator.send(f"/devices/{device}/reactivate")
    assert "The phone may sync again" in page.text


async def test_a_phone_that_is_cleared_is_removed_from_the_list(
    studio: Studio, administrator: Browser
) -> None:
    phone, device = await signed_in(studio), await _device(studio)
    remove = f"/devices/{device}/remove"
    await administrator.open(f"/devices/{device}/clear")
    page = await administrator.send(f"/devices/{device}/clear")
    assert remove not in page.links
    page = await administrator.open(remove)
    assert (page.status, "has not confirmed that it is cleared" in page.text) == (409, True)
    refused = await phone.client.get("/v1/sync/manifest", headers=phone.headers)
    await phone.client.post("/v1/devices/me/wiped", json={"wipe_order": refused.json()["wipe_order"]})
    page = await administrator.open("/devices")
    assert remove in page.links
    page = await administrator.open(remove)
    assert "The phone confirmed just now that its copy is gone." in page.text
    page = await administrator.send(remove)
    assert "It was removed from the list." in page.text
    assert "Pat's phone" not in page.text


async def test_of_several_studios_one_is_chosen_for_a_phone(
    studio: Studio, administrator: Browser, desk: Desk
) -> None:
    riverside = await _studio(desk, 1, "Riverside")
    assert "studio_id" not in (await administrator.open("/devices")).answer.text
    await studio.execute("UPDATE accounts SET edition = 'enterprise' WHERE account_id = $1")
    await _studio(desk, 2, "Hilltop")
    closed = await _studio(desk, 3, "Old Town", is_inactive=True)
    page = await administrator.open("/devices")
    assert closed not in page.answer.text
    assert "All studios" in page.text.partition("Pat Kerr")[2]
    pat = str(studio.photographer.user_id)
    page = await administrator.send("/devices", user_id=pat)
    assert (page.status, "Choose the studio this phone is to sync with." in page.text) == (422, True)
    assert page.form("/devices")["user_id"] == [pat]
    page = await administrator.send("/devices", user_id=pat, studio_id=riverside)
    assert "may sign in now" in page.text
    assert "Pat Kerr Riverside" in page.text


async def test_a_phone_of_a_studio_its_user_does_not_work_in_is_refused_at_the_choice(
    studio: Studio, administrator: Browser, desk: Desk
) -> None:
    await studio.execute("UPDATE accounts SET edition = 'enterprise' WHERE account_id = $1")
    riverside = await _studio(desk, 1, "Riverside")
    hilltop = await _studio(desk, 2, "Hilltop")
    pat = str(studio.photographer.user_id)
    page = await administrator.open(f"/users/{pat}")
    assert "None ticked means all of them." in page.text
    page = await administrator.send(f"/users/{pat}", studio_ids=[hilltop])
    assert page.form(f"/users/{pat}")["studio_ids"] == [hilltop]
    await administrator.open("/devices")
    page = await administrator.send("/devices", user_id=pat, studio_id=riverside)
    assert (page.status, "This user does not work in this studio." in page.text) == (422, True)
    page = await administrator.send("/devices", user_id=pat, studio_id=hilltop)
    assert "may sign in now" in page.text


async def test_an_authorization_nobody_used_is_removed(studio: Studio, administrator: Browser) -> None:
    path = f"/devices/{await _device(studio)}/remove"
    page = await administrator.open("/devices")
    assert path in page.links
    await administrator.open(path)
    page = await administrator.send(path)
    assert "No phones yet" in page.text


async def test_one_that_was_used_meanwhile_is_not_removed(studio: Studio, administrator: Browser) -> None:
    path = f"/devices/{await _device(studio)}/remove"
    await administrator.open(path)
    await signed_in(studio)
    page = await administrator.send(path)
    assert (page.status, "has signed in on this place" in page.text) == (409, True)


async def test_a_phone_that_is_not_there_and_an_action_that_is_none(administrator: Browser) -> None:
    page = await administrator.open(f"/devices/{uuid4()}/deactivate")
    assert (page.status, "no longer on the list" in page.text) == (404, True)
    assert (await administrator.open(f"/devices/{uuid4()}/explode")).status == 404
    assert (await administrator.open("/devices/1/deactivate")).status == 404


async def test_home_names_a_phone_that_has_not_cleared_its_copy(
    studio: Studio, administrator: Browser
) -> None:
    await signed_in(studio)
    path = f"/devices/{await _device(studio)}/clear"
    await administrator.open(path)
    await administrator.send(path)
    page = await administrator.open("/")
    assert "1 phone not cleared yet" in page.text
    assert "Nothing waits for you" not in page.text
