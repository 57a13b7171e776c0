"""Webhooks at the console: one is made, its secret shown this once, tried, looked at, and deleted."""

from uuid import uuid4

from app.console import webhooks
from app.core.principal import Level
from tests.accounts.people import give, secured
from tests.accounts.studios import Studio
from tests.console.browser import Browser
from tests.contract.desks import Desk
from tests.samples import named

ADDRESS = "https://93.184.215.14/hook"
"""An address that needs no looking up."""


async def _made(administrator: Browser) -> str:
    """Make a key and a webhook, and return the webhook's address at the console."""
    await administrator.open("/keys/new?for=read")
    await administrator.send("/keys/new", name="Lab")
    await administrator.open("/webhooks/new")
    form = administrator.page.form("/webhooks/new")
    page = await administrator.send("/webhooks/new", url=ADDRESS, types="clients.* web_order.received")
    filled = {**form, "url": [ADDRESS], "types": ["clients.*"]}
    again = await administrator.post("/webhooks/new", filled, follow_redirects=True)
    assert "This webhook was created already" in again.text
    assert again.text.count(ADDRESS) == 1
    assert page.answer.headers["cache-control"] == "no-store"
    assert "whsec_" in page.text
    [there] = [link for link in page.links if link.startswith("/webhooks/")]
    return there


async def test_a_webhook_is_made_tried_and_deleted(administrator: Browser) -> None:
    assert "No webhooks yet" in (await administrator.open("/webhooks")).text
    there = await _made(administrator)
    page = await administrator.open(there)
    assert "whsec_" not in page.answer.text
    assert "clients.*, web_order.received" in page.text
    page = await administrator.send(f"{there}/do/test")
    assert "It is posted at once" in page.text
    assert "webhook.test" in page.text
    [delivery] = [link for link in page.links if "/deliveries/" in link]
    assert "Not tried yet" in (await administrator.open(delivery)).text
    page = await administrator.send(f"{delivery}/resend")
    assert "It is posted once more." in page.text
    await administrator.open(there)
    assert "Paused" in (await administrator.send(f"{there}/do/deactivate")).text
    assert "It is told again" in (await administrator.send(f"{there}/do/activate")).text
    await administrator.open(f"{there}/rotate")
    form = administrator.page.form(f"{there}/rotate")
    rotated = await administrator.send(f"{there}/rotate")
    assert "posts are signed by the one before it too" in rotated.text
    again = await administrator.post(f"{there}/rotate", form, follow_redirects=True)
    assert ("No other secret was made" in again.text, "whsec_" in again.text) == (True, False)
    await administrator.open(f"{there}/remove")
    assert "The webhook was deleted." in (await administrator.send(f"{there}/remove")).text
    assert "No webhooks yet" in (await administrator.open("/webhooks")).text


async def test_what_was_told_is_told_once_more_since_a_revision(administrator: Browser, desk: Desk) -> None:
    there = await _made(administrator)
    for name in ("Lee", "Li"):
        assert (await desk.create(named("clients"), {"last_name": name})).status_code == 201
    page = await administrator.open(there)
    [known] = page.form(f"{there}/replay")["from_revision"]
    assert "2 events are posted once more." in (await administrator.send(f"{there}/replay")).text
    early = str(int(known) - 1)
    page = await administrator.send(f"{there}/replay", from_revision=early)
    assert (page.status, "the feed has it" in page.text, "once more." in page.text) == (409, True, False)
    assert page.form(f"{there}/replay")["from_revision"] == [early]
    latest = next(link for link in page.links if "/deliveries/" in link)
    await administrator.open(latest)
    assert "1 event is posted once more." in (await administrator.send(f"{there}/replay")).text
    await administrator.open(latest)
    await administrator.send(f"{latest}/resend")
    assert "Once more 1 time" in (await administrator.open(latest)).text


async def test_what_is_wrong_is_told_at_the_field(administrator: Browser) -> None:
    await administrator.open("/keys/new?for=read")
    await administrator.send("/keys/new", name="Lab")
    await administrator.open("/webhooks/new")
    page = await administrator.send("/webhooks/new", url="https://127.0.0.1/", types="clients.*")
    assert (page.status, "Nothing can be posted there." in page.text) == (422, True)
    page = await administrator.send("/webhooks/new", url=ADDRESS, types="nothing.happened")
    assert (page.status, "There is no such kind of event." in page.text) == (422, True)
    assert page.form("/webhooks/new")["url"] == [ADDRESS]


async def test_who_may_only_look_changes_nothing(
    studio: Studio, administrator: Browser, photographer: Browser
) -> None:
    there = await _made(administrator)
    await secured(studio)
    await give(studio, webhooks=Level.FULL_ACCESS)
    page = (await photographer.open(there)).answer.text
    offered = [each in page for each in ("/do/test", "/rotate", "/replay", "/do/deactivate", "/remove")]
    assert offered == [False, False, False, True, True], "it is somebody else's"
    await give(studio, webhooks=Level.VIEW_ONLY)
    assert "No webhooks yet" in (await photographer.open("/webhooks")).text
    word = (await photographer.open("/")).form("/sign-out")["form_token"]
    hook = there.removeprefix("/webhooks/")
    for pattern in webhooks.DONE:
        path = pattern.replace("{webhook_id:uuid}", hook).replace("{event_id:uuid}", str(uuid4()))
        filled = {"form_token": word, "key_id": [str(uuid4())], "url": [ADDRESS], "types": ["*"]}
        filled |= {"made_at": ["2026-05-04T09:30:00Z"], "version": ["1"]}
        answer = await photographer.post(path.replace("{action}", "test"), filled)
        assert answer.status_code in (403, 404), path
    assert "Well" in (await administrator.open(there)).text
