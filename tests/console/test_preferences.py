"""Mobile preferences: what is on the page, what it would come to, and two administrators at once."""

from app.console.preference_layout import KNOBS
from app.sync.preferences import registered
from tests.accounts.studios import Studio
from tests.console.browser import Browser
from tests.desk.conftest import Has


def test_every_preference_is_on_the_page() -> None:
    assert set(KNOBS) == set(registered().model_fields)


async def test_what_is_saved_holds_and_the_rest_stays(studio: Studio, administrator: Browser) -> None:
    page = await administrator.open("/preferences")
    assert page.form("/preferences")["emails_past_days"] == ["30"]
    page = await administrator.send("/preferences", emails_past_days="7", include_notes=[])
    assert "Saved. Each phone follows at its next sync" in page.text
    kept = (await studio.client.get("/v1/preferences", headers=await studio.administrator())).json()
    assert (kept["values"]["emails_past_days"], kept["values"]["include_notes"]) == (7, False)
    assert kept["values"]["sessions_past_days"] == 365
    assert page.form("/preferences")["emails_past_days"] == ["7"]


async def test_no_limit_and_a_number_between_the_steps_are_kept(
    studio: Studio, administrator: Browser
) -> None:
    headers = {**await studio.administrator(), "If-Match": '"0"'}
    await studio.client.put("/v1/preferences", json={"texts_past_days": 45}, headers=headers)
    page = await administrator.open("/preferences")
    assert page.form("/preferences")["texts_past_days"] == ["45"]
    page = await administrator.send("/preferences", calls_past_days="none")
    assert page.form("/preferences")["calls_past_days"] == ["none"]
    assert page.form("/preferences")["texts_past_days"] == ["45"]


async def test_nothing_different_is_nothing_changed(administrator: Browser) -> None:
    await administrator.open("/preferences")
    page = await administrator.send("/preferences")
    assert "nothing was changed" in page.text


async def test_the_estimate_follows_what_is_chosen(has: Has, administrator: Browser) -> None:
    await has("clients")
    page = await administrator.open("/preferences")
    assert "A phone would download about" in page.text
    page = await administrator.send("/preferences", clients_scope="groups", estimate="yes")
    assert "less than now" in page.text
    assert "Now: All clients" in page.text
    filled = {**page.form("/preferences"), "clients_scope": ["groups"]}
    answer = await administrator.post("/preferences/estimate", filled)
    assert (answer.status_code, "less than now" in answer.text) == (200, True)
    assert "<html" not in answer.text
    assert (await administrator.open("/preferences")).form("/preferences")["clients_scope"] == ["all"]


async def test_what_another_saves_while_an_estimate_is_looked_at_is_not_lost(
    administrator: Browser, colleague: Browser
) -> None:
    await administrator.open("/preferences")
    await colleague.open("/preferences")
    await colleague.send("/preferences", emails_past_days="14")
    await administrator.send("/preferences", emails_past_days="7", estimate="yes")
    page = await administrator.send("/preferences")
    assert (page.status, "Now: 2 weeks" in page.text) == (412, True)
    page = await administrator.open("/preferences")
    assert page.form("/preferences")["emails_past_days"] == ["14"]


async def test_the_second_of_two_is_told_and_shown_both(administrator: Browser, colleague: Browser) -> None:
    await administrator.open("/preferences")
    await colleague.open("/preferences")
    await colleague.send("/preferences", emails_past_days="14")
    page = await administrator.send("/preferences", emails_past_days="90")
    assert page.status == 412
    assert "Somebody else has changed this meanwhile." in page.text
    assert "Now: 2 weeks" in page.text
    assert page.form("/preferences")["emails_past_days"] == ["90"]
    page = await administrator.send("/preferences")
    assert (page.status, "Saved." in page.text) == (200, True)


async def test_what_only_the_first_of_two_has_touched_stays_theirs(
    studio: Studio, administrator: Browser, colleague: Browser
) -> None:
    await administrator.open("/preferences")
    await colleague.open("/preferences")
    await colleague.send("/preferences", emails_past_days="14")
    page = await administrator.send("/preferences", calls_past_days="30")
    assert page.status == 412
    assert page.form("/preferences")["emails_past_days"] == ["14"]
    await administrator.send("/preferences")
    kept = (await studio.client.get("/v1/preferences", headers=await studio.administrator())).json()
    assert (kept["values"]["emails_past_days"], kept["values"]["calls_past_days"]) == (14, 30)


async def test_who_may_not_change_them_may_look(photographer: Browser) -> None:
    page = await photographer.open("/preferences")
    assert page.status == 200
    assert "You may look at this, and not change it." in page.text
    assert "Save for all phones" not in page.text


async def test_what_is_no_number_is_refused(administrator: Browser) -> None:
    await administrator.open("/preferences")
    page = await administrator.send("/preferences", emails_past_days="many")
    assert page.status == 422
    await administrator.open("/preferences")
    page = await administrator.send("/preferences", emails_past_days="999999")
    assert (page.status, "too large" in page.text) == (422, True)
