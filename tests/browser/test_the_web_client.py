"""A day of the web client in a real browser, half of it without a connection."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from clients.python.tests.serving import Desk
from tests.accounts.studios import PASSWORD
from tests.browser.chromium import PATIENCE
from tests.browser.relays import Relay, relayed

_OFFLINE = "Failed to load resource: "
"""What a browser notes down of each request that nobody answers."""
_KEPT = "indexedDB.databases().then((all) => all.map(({ name }) => name))"
_ANOTHER_COPY = """new Promise((resolve) => {
    const asked = indexedDB.open("studio/account/somebody")
    asked.onsuccess = () => resolve(asked.result.close())
})"""
"""As of somebody who signed out with something unsent."""
_NEVER_DELETED = "IDBFactory.prototype.deleteDatabase = () => ({})"
_CAN_BE_FULL = """for (const name of ["add", "put"]) {
    const method = IDBObjectStore.prototype[name]
    IDBObjectStore.prototype[name] = function (...given) {
        if (window.isFull) throw new DOMException("There is no room.", "QuotaExceededError")
        return method.apply(this, given)
    }
}"""
_KNOWS_NO_FIELDS = """new Promise((resolve) => {
    const asked = indexedDB.open("studio-keys")
    asked.onsuccess = () => {
        const keys = asked.result.transaction("keys", "readwrite").objectStore("keys")
        const read = keys.get("manifest")
        read.onsuccess = () => {
            const known = JSON.parse(read.result)
            const collections = known.collections.map((each) => ({ ...each, fields: [] }))
            keys.put(JSON.stringify({ ...known, collections }), "manifest")
        }
        keys.transaction.oncomplete = () => resolve(asked.result.close())
    }
})"""
"""As an app that has been signed in since there were none."""
_NEVER_READ = """{
    // The service worker has a line of its own.
    Object.defineProperty(navigator, "serviceWorker", { value: undefined })
    const { fetch } = window
    const refused = '{ "status": 422, "code": "body_invalid", "title": "That cannot be read." }'
    const headers = { "content-type": "application/problem+json" }
    const isRefused = (url, { body }) => url.includes("/v1/sync") && body?.includes("Nora")
    const refusal = () => new Response(refused, { status: 422, headers })
    window.fetch = async (url, how = {}) => isRefused(url, how) ? refusal() : fetch(url, how)
}"""
"""As by something in between, or a defect."""
_UNTIL_SENT = """new Promise(async (resolve) => {
    const { name } = (await indexedDB.databases()).find(({ name }) => name.startsWith("studio/"))
    const asked = indexedDB.open(name)
    await new Promise((opened) => { asked.onsuccess = opened })
    const look = () => {
        const count = asked.result.transaction("outbox").objectStore("outbox").count()
        count.onsuccess = () => count.result === 0 && resolve()
    }
    new BroadcastChannel(`studio-sync:${name}`).onmessage = look
    look()
})"""
"""Told by the database itself, whoever empties its queue."""
_UNTIL_CONTROLLED = """new Promise((resolve) => {
    const { serviceWorker } = navigator
    serviceWorker.addEventListener("controllerchange", () => resolve())
    if (serviceWorker.controller) resolve()
})"""


@pytest.fixture
async def relay(address: str) -> AsyncIterator[Relay]:
    """Stand between the browser and the server."""
    async with relayed(address) as relay:
        yield relay


@pytest.fixture
async def context(chromium: Browser) -> AsyncIterator[BrowserContext]:
    """Open a browser as wide as a small phone; in the end nothing in it had cause to complain."""
    troubles: list[str] = []

    def on_console(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(_OFFLINE):
            troubles.append(message.text)

    context = await chromium.new_context(locale="en-GB", viewport={"width": 360, "height": 740})
    context.set_default_timeout(PATIENCE)
    context.on("console", on_console)
    context.on("weberror", lambda error: troubles.append(str(error.error)))
    yield context
    await context.close()
    assert troubles == []


async def _sign_in(page: Page, desk: Desk, relay: Relay) -> None:
    await page.goto(f"{relay.address}/app")
    await page.get_by_label("Account name").fill(desk.account)
    await page.get_by_label("User initials").fill("PK")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", level=1, name="Today")).to_be_visible()


async def _go(page: Page, place: str) -> None:
    await page.get_by_role("navigation").get_by_role("link", name=place).click()
    await expect(page.get_by_role("heading", level=1, name=place)).to_be_visible()


async def _fits(page: Page) -> None:
    assert await page.evaluate("document.documentElement.scrollWidth") <= 360


async def _find(page: Page, words: str, name: str) -> None:
    await _go(page, "Clients")
    search = page.get_by_label("Search clients")
    await search.clear()
    await search.press_sequentially(words)
    await page.get_by_role("link", name=name).click()
    await expect(page.get_by_role("heading", level=1, name=name)).to_be_focused()


async def _edit(page: Page, **typed: str) -> None:
    await page.get_by_role("link", name="Edit").click()
    await _fits(page)
    await _fill(page, typed)


async def _fill(page: Page, typed: dict[str, str]) -> None:
    for label, value in typed.items():
        await page.get_by_label(label.replace("_", " "), exact=True).fill(value)
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("button", name="Save")).to_be_hidden()


def _number(digits: str) -> dict[str, str]:
    return {
        "id": "7d9f9d5e-52a5-4a0e-8a35-6f3c1a400001",
        "label": "Mobile",
        "number": f"+44 20 7946 {digits}",
    }


async def _type_and_leave(page: Page, words: str) -> None:
    """End the page in the middle of a word, and go elsewhere: what was typed is there again."""
    await page.get_by_role("link", name="Edit").click()
    notes = page.get_by_label("Notes", exact=True)
    await notes.clear()
    await notes.press_sequentially(words)
    await page.reload()
    await expect(notes).to_have_value(words)
    await page.get_by_role("button", name="Add a telephone number").click()
    await page.get_by_label("Telephone number").last.fill("+44 20 79")
    await page.go_back()
    await expect(page.get_by_role("link", name="Edit")).to_be_visible()
    await _go(page, "State")
    await page.get_by_role("link", name="Bea Moss").click()
    await expect(notes).to_have_value(words)
    typed = page.get_by_label("Telephone number").last
    await expect(typed).to_have_value("+44 20 79")
    await typed.clear()


async def _work_in_the_aeroplane(page: Page) -> None:
    await _find(page, "qui 4420", "Ada Quill")
    await _edit(page, Telephone_number="+44 20 7946 0099", **{"E-mail": "ada@home.example"})
    await expect(page.get_by_text("waits to be sent")).to_be_visible()
    await page.get_by_role("link", name="New session").click()
    await _fill(page, {"Description": "Portraits by the river"})
    await expect(page.get_by_text("Portraits by the river")).to_be_visible()
    await _find(page, "moss", "Bea Moss")
    await _type_and_leave(page, "Calls back on Friday")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Calls back on Friday")).to_be_visible()
    await _go(page, "Clients")
    await page.get_by_role("link", name="New client").click()
    await _fill(page, {"First name": "Nora", "Last name": "Vale"})
    await page.reload()
    await expect(page.get_by_role("heading", level=1, name="Nora Vale")).to_be_visible()
    await expect(page.locator(".state")).to_have_text("Offline · 4 to send")


async def _decide(page: Page) -> None:
    await _go(page, "Conflicts")
    await page.get_by_role("link", name="Ada Quill").click()
    field = page.get_by_role("group", name="Email")
    await expect(field).to_contain_text("ada@office.example")
    await expect(field.get_by_label("Mine: Email")).to_have_value("ada@home.example")
    await _fits(page)
    await page.get_by_role("button", name="Do as chosen").click()
    await expect(page.get_by_text("Nothing to decide")).to_be_visible()
    await expect(page.locator(".state")).to_contain_text("Synced")


def _client(desk: Desk, first_name: str) -> dict[str, Any]:
    [found] = [each for each in desk.read("clients") if each["first_name"] == first_name]
    return found


async def test_a_studio_is_worked_with_in_an_aeroplane_and_all_of_it_arrives(
    desk: Desk, relay: Relay, context: BrowserContext
) -> None:
    ada = desk.write(
        "clients", first_name="Ada", last_name="Quill", email="a@q.example", phones=[_number("0018")]
    )
    bea = desk.write(
        "clients", first_name="Bea", last_name="Moss", email="b@m.example", phones=[_number("0020")]
    )
    page = await context.new_page()
    await _sign_in(page, desk, relay)
    await page.evaluate(_UNTIL_CONTROLLED)
    await relay.shut()
    await expect(page.locator(".state")).to_have_text("Offline")
    await page.reload()
    await expect(page.get_by_role("heading", level=1, name="Today")).to_be_visible()
    await _work_in_the_aeroplane(page)
    desk.write("clients", ada, email="ada@office.example")
    desk.write("clients", bea, job_title="Baker", phones=[_number("0021")])

    await relay.open()
    await expect(page.locator(".state")).to_contain_text("Synced")
    assert _client(desk, "Nora")["last_name"] == "Vale"
    assert [each["description"] for each in desk.read("sessions")] == ["Portraits by the river"]
    held = _client(desk, "Bea")
    assert (held["notes"], held["job_title"]) == ("Calls back on Friday", "Baker")
    assert [each["number"] for each in held["phones"]] == ["+44 20 7946 0021"]
    await _decide(page)
    held = _client(desk, "Ada")
    assert held["email"] == "ada@home.example"
    assert [each["number"] for each in held["phones"]] == ["+44 20 7946 0099"]


async def test_a_browser_that_is_shut_out_is_empty_and_stays_so(
    desk: Desk, relay: Relay, context: BrowserContext
) -> None:
    page = await context.new_page()
    await _sign_in(page, desk, relay)
    await page.evaluate(_UNTIL_CONTROLLED)
    await page.evaluate(_ANOTHER_COPY)
    [device] = desk.devices()
    desk.deactivate(device["id"])
    for _ in range(2):
        await expect(page.get_by_text("All that was kept on it is deleted.")).to_be_visible()
        await page.reload()
    assert await page.evaluate(_KEPT) == ["studio-keys"]
    assert await page.evaluate("caches.keys()") == []
    assert desk.devices()[0]["wiped_at"] is not None


async def test_a_wipe_that_was_cut_short_is_gone_on_with(
    desk: Desk, relay: Relay, context: BrowserContext
) -> None:
    page = await context.new_page()
    await _sign_in(page, desk, relay)
    await page.evaluate(_NEVER_DELETED)
    [device] = desk.devices()
    desk.deactivate(device["id"])
    await expect(page.locator("main")).to_be_empty()
    await page.close()
    assert desk.devices()[0]["wiped_at"] is None
    page = await context.new_page()
    async with page.expect_response("**/v1/devices/me/wiped"):
        await page.goto(f"{relay.address}/app")
    await expect(page.get_by_text("All that was kept on it is deleted.")).to_be_visible()
    assert await page.evaluate(_KEPT) == ["studio-keys"]
    assert desk.devices()[0]["wiped_at"] is not None


async def test_what_waits_is_sent_by_the_browser_after_the_last_page_was_closed(
    desk: Desk, relay: Relay, context: BrowserContext
) -> None:
    page = await context.new_page()
    await _sign_in(page, desk, relay)
    await page.evaluate(_UNTIL_CONTROLLED)
    await relay.shut()
    await _go(page, "Clients")
    await page.get_by_role("link", name="New client").click()
    await _fill(page, {"First name": "Nora"})
    await page.close()
    # A page without the app, to be told by.
    page = await context.new_page()
    await page.goto(f"{relay.address}/app/icon.svg")
    browser = await context.new_cdp_session(page)
    told: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def on_registrations(event: dict[str, Any]) -> None:
        for each in event["registrations"]:
            if each["scopeURL"].startswith(relay.address) and not told.done():
                told.set_result(each["registrationId"])

    browser.on("ServiceWorker.workerRegistrationUpdated", on_registrations)
    await browser.send("ServiceWorker.enable")
    sent = asyncio.ensure_future(page.evaluate(_UNTIL_SENT))
    await relay.open()
    asked = {"origin": relay.address, "registrationId": await told, "tag": "push", "lastChance": False}
    await browser.send("ServiceWorker.dispatchSyncEvent", asked)
    await sent
    assert _client(desk, "Nora")["first_name"] == "Nora"


async def test_a_device_that_is_full_says_so_and_goes_on_once_there_is_room(
    desk: Desk, relay: Relay, context: BrowserContext
) -> None:
    page = await context.new_page()
    await page.add_init_script(_CAN_BE_FULL)
    await _sign_in(page, desk, relay)
    await _go(page, "Clients")
    await page.get_by_role("link", name="New client").click()
    await page.evaluate("window.isFull = true")
    await page.get_by_label("First name", exact=True).fill("Nora")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("alert")).to_contain_text("This device is full.")
    desk.write("clients", first_name="Ada", last_name="Quill")
    await expect(page.locator(".state")).to_have_text("This device is full")
    await page.evaluate("window.isFull = false")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("heading", level=1, name="Nora")).to_be_visible()
    await expect(page.locator(".state")).to_contain_text("Synced")
    await _find(page, "quill", "Ada Quill")


async def test_what_no_server_would_read_is_listed_until_somebody_has_seen_it(
    desk: Desk, relay: Relay, context: BrowserContext
) -> None:
    page = await context.new_page()
    await page.add_init_script(_NEVER_READ)
    await _sign_in(page, desk, relay)
    await _go(page, "Clients")
    await page.get_by_role("link", name="New client").click()
    await _fill(page, {"First name": "Nora", "Notes": "Calls back on Friday"})
    await expect(page.get_by_role("status")).to_contain_text("That cannot be read. See State.")
    await _go(page, "State")
    await page.reload()
    await expect(page.get_by_role("definition").get_by_text("Calls back on Friday")).to_be_visible()
    await _fits(page)
    await page.get_by_role("button", name="Dismiss").click()
    await expect(page.get_by_role("heading", name="Not taken in")).to_be_hidden()


async def test_fields_that_are_newer_than_the_sign_in_are_searched(
    desk: Desk, relay: Relay, context: BrowserContext
) -> None:
    desk.write("clients", first_name="Ada", last_name="Quill")
    page = await context.new_page()
    await _sign_in(page, desk, relay)
    await page.evaluate(_KNOWS_NO_FIELDS)
    await page.reload()
    await _find(page, "quill", "Ada Quill")


async def test_an_address_of_no_day_and_of_no_client_leads_to_a_page(
    desk: Desk, relay: Relay, context: BrowserContext
) -> None:
    page = await context.new_page()
    await _sign_in(page, desk, relay)
    nobody = "7d9f9d5e-52a5-4a0e-8a35-6f3c1a400009"
    for place in (f"{nobody}/edit", f"{nobody}/session", "%E0"):
        await page.goto(f"{relay.address}/app#/clients/{place}")
        await expect(page.get_by_text("This client is not on this device.")).to_be_visible()
        await expect(page.get_by_role("button", name="Save")).to_be_hidden()
    for day in ("2026-13-45", "2026-02-30"):
        await page.goto(f"{relay.address}/app#/today/2026-05-01")
        await expect(page.get_by_role("heading", level=1, name="1 May")).to_be_visible()
        await page.goto(f"{relay.address}/app#/today/{day}")
        await expect(page.get_by_role("heading", level=1, name="Today")).to_be_visible()


async def test_who_signs_out_leaves_nothing_and_may_come_back(
    desk: Desk, relay: Relay, context: BrowserContext
) -> None:
    desk.write("clients", first_name="Ada", last_name="Quill")
    page = await context.new_page()
    await _sign_in(page, desk, relay)
    tab = await context.new_page()
    await tab.goto(f"{relay.address}/app")
    await expect(tab.get_by_role("heading", level=1, name="Today")).to_be_visible()
    await _go(page, "State")
    await expect(page.locator("dl")).to_contain_text(f"PK · {desk.account}")
    await expect(page.get_by_text("Everything has arrived.")).to_be_visible()
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_text("You have signed out.")).to_be_visible()
    await expect(tab.get_by_text("You have signed out in another tab.")).to_be_visible()
    await page.wait_for_function(f"() => {_KEPT}.then((names) => names.join() === 'studio-keys')")
    await _sign_in(page, desk, relay)
    await _find(page, "quill", "Ada Quill")
