"""API keys at the console: one is made, shown this once, used, and revoked."""

import httpx

from app.core.principal import Level
from tests.accounts.people import give, secured
from tests.accounts.studios import Studio
from tests.console.browser import Browser


async def test_a_key_is_made_shown_this_once_and_revoked(
    administrator: Browser, http: httpx.AsyncClient
) -> None:
    assert "No keys yet" in (await administrator.open("/keys")).text
    form = (await administrator.open("/keys/new?for=bookings")).form("/keys/new")
    assert (form["level_sessions"], form["level_schedule"]) == (["add_modify"], ["view_only"])
    assert form["days"] == ["365"]
    page = await administrator.send("/keys/new", name="Booking widget", level_tasks="no_access")
    assert page.answer.headers["cache-control"] == "no-store"
    [key] = [word for word in page.text.split() if word.startswith("stk_")]
    headers = {"Authorization": f"Bearer {key}"}
    assert (await http.get("/v1/sessions", headers=headers)).status_code == 200
    assert (await http.get("/v1/tasks", headers=headers)).status_code == 403
    made = await http.post("/v1/clients", headers=headers, json={"last_name": "Lee"})
    assert made.status_code == 201
    told = (await administrator.open("/audit")).text
    assert "By an API key" in told
    assert "API keys" in told
    page = await administrator.open("/keys")
    for words in ("Booking widget", f"Ends with {key[-4:]}", "Sessions: view, add and change", "just now"):
        assert words in page.text
    assert key not in page.answer.text
    [revoke] = [link for link in page.links if link.endswith("/revoke")]
    assert "Revoke Booking widget?" in (await administrator.open(revoke)).text
    page = await administrator.send(revoke)
    assert "The key was revoked." in page.text
    assert "Revoked" in page.text
    assert (await http.get("/v1/sessions", headers=headers)).status_code == 401
    await administrator.open(revoke)
    refused = await administrator.post(revoke, administrator.page.form(revoke))
    assert (refused.status_code, "This key has ended already." in refused.text) == (409, True)


async def test_a_page_that_is_loaded_anew_makes_no_second_key(administrator: Browser) -> None:
    form = (await administrator.open("/keys/new?for=bookings")).form("/keys/new")
    page = await administrator.send("/keys/new", name="Loaded anew")
    assert "stk_" in page.text
    again = await administrator.post("/keys/new", {**form, "name": ["Loaded anew"]}, follow_redirects=True)
    assert "This key was created already" in again.text
    assert "stk_" not in again.text
    page = await administrator.open("/keys")
    assert page.text.count("Loaded anew Ends with") == 1
    # Whoever wants another of the same name asks for it by a form of its own.
    await administrator.open("/keys/new?for=bookings")
    assert "stk_" in (await administrator.send("/keys/new", name="Loaded anew")).text


async def test_what_is_wrong_is_told_at_the_field_and_nothing_typed_is_lost(administrator: Browser) -> None:
    await administrator.open("/keys/new?for=read")
    page = await administrator.send("/keys/new", name="", days="365")
    assert (page.status, "Please fill this in." in page.text) == (422, True)
    page = await administrator.send("/keys/new", name="Widget", days="9999")
    assert page.status == 422
    form = page.form("/keys/new")
    assert (form["name"], form["level_clients"]) == (["Widget"], ["view_only"])


async def test_nobody_is_offered_to_give_more_than_they_have(studio: Studio, photographer: Browser) -> None:
    await secured(studio)
    await give(studio, invoices=Level.VIEW_ONLY)
    assert "/keys" not in (await photographer.open("/")).links
    assert (await photographer.open("/keys")).status == 403
    await give(studio, api_keys=Level.ADD_MODIFY, invoices=Level.VIEW_ONLY, payments=Level.NO_ACCESS)
    page = await photographer.open("/keys/new")
    assert "level_payments" not in page.answer.text
    await photographer.send("/keys/new", name="Mine", level_invoices="full_access")
    assert photographer.page.status == 403
    page = await photographer.send("/keys/new", name="Mine", level_invoices="view_only")
    assert "stk_" in page.text
