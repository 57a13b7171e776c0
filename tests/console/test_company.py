"""Company settings: what is shown, changed and told of two at once."""

from typing import Any

import httpx
import pytest

from app.console import company_forms
from app.http.forms import Fields
from tests.accounts.studios import Studio
from tests.console.browser import Browser

PATH = "/company"


async def _company(studio: Studio) -> dict[str, Any]:
    headers = await studio.administrator()
    path = f"/v1/companies/{studio.account.account_id}"
    answer: httpx.Response = await studio.client.get(path, headers=headers)
    return dict(answer.json())


async def test_settings_are_changed_and_the_rest_stays(studio: Studio, administrator: Browser) -> None:
    before = await _company(studio)
    page = await administrator.open(PATH)
    for word in (before["company_name"], "Opening hours", "Monday", "Fixed with your account"):
        assert word in page.text
    page = await administrator.send(PATH)
    assert "nothing was changed" in page.text
    page = await administrator.send(
        PATH, slot_minutes="30", work_week=["monday", "tuesday"], is_lead_source_limited="yes"
    )
    assert "Saved." in page.text
    after = await _company(studio)
    assert (after["slot_minutes"], after["work_week"]) == (30, ["monday", "tuesday"])
    assert after["is_lead_source_limited"] is True
    assert after["opening_hours"] == before["opening_hours"]


async def test_hours_are_changed_and_a_day_is_closed(studio: Studio, administrator: Browser) -> None:
    await administrator.open(PATH)
    await administrator.send(PATH, **{"hours.0.opens": "10:00", "hours.1.opens": "", "hours.1.closes": ""})
    hours = {each["weekday"]: each for each in (await _company(studio))["opening_hours"]}
    assert (hours["monday"]["opens"], hours["monday"]["closes"]) == ("10:00:00", "17:00:00")
    assert hours["tuesday"]["opens"] == hours["tuesday"]["closes"]
    page = await administrator.open(PATH)
    page = await administrator.send(PATH, **{"hours.0.closes": ""})
    assert (page.status, "fill in both, or neither" in page.text) == (422, True)


def test_days_that_are_new_stand_in_the_order_of_the_page() -> None:
    days = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]
    sent = {
        f"hours.{at}.{name}": [value]
        for at, day in enumerate(days)
        for name, value in {"weekday": day, "opens": "09:00", "closes": "17:00"}.items()
    }
    week = company_forms.read_week(Fields(sent), {"opening_hours": []})
    assert [each["weekday"] for each in week] == days


async def test_own_fields_and_rules_are_given_and_taken_away(studio: Studio, administrator: Browser) -> None:
    await administrator.open(PATH)
    typed = {
        "label.clients.text_1": "Name of the pet",
        "rules.0.field": "clients.email",
        "rules.0.level": "required",
    }
    await administrator.send(PATH, **typed)
    company = await _company(studio)
    [label], [rule] = company["custom_labels"], company["validation_rules"]
    assert (label["collection"], label["custom_field"], label["label"]) == (
        "clients",
        "text_1",
        "Name of the pet",
    )
    assert (rule["collection"], rule["record_field"], rule["level"]) == ("clients", "email", "required")
    page = await administrator.open(PATH)
    assert "Name of the pet" in page.text
    assert "nothing was changed" in (await administrator.send(PATH)).text
    await administrator.open(PATH)
    await administrator.send(PATH, **{"label.clients.text_1": "", "rules.0.field": ""})
    company = await _company(studio)
    assert (company["custom_labels"], company["validation_rules"]) == ([], [])


async def test_what_is_wrong_in_a_table_is_told_above_it(studio: Studio, administrator: Browser) -> None:
    await administrator.open(PATH)
    page = await administrator.send(PATH, **{"label.clients.text_1": "x" * 101, "slot_minutes": "999999"})
    assert page.status == 422
    for sentence in ("Custom labels: This must have at most 100 characters.", "This must be at most"):
        assert sentence in page.text
    assert (await _company(studio))["custom_labels"] == []


async def test_own_words_are_given_as_a_whole(studio: Studio, administrator: Browser) -> None:
    await administrator.open(PATH)
    page = await administrator.send(PATH, **{"terminology.session": "Shoot"})
    assert (page.status, "Please fill this in." in page.text) == (422, True)
    typed = {"terminology.employee": "Crew", "terminology.resource": "Room"}
    await administrator.send(PATH, **typed)
    words = (await _company(studio))["terminology"]
    assert words == {"session": "Shoot", "employee": "Crew", "resource": "Room"}


async def test_what_is_no_number_is_told_at_the_field(administrator: Browser) -> None:
    await administrator.open(PATH)
    page = await administrator.send(PATH, slot_minutes="many")
    assert (page.status, "whole number" in page.text) == (422, True)
    await administrator.open(PATH)
    page = await administrator.send(PATH, slot_minutes="999999")
    assert page.status == 422


async def test_the_second_of_two_is_told_and_shown_both(
    studio: Studio, administrator: Browser, colleague: Browser
) -> None:
    await administrator.open(PATH)
    await colleague.open(PATH)
    await colleague.send(PATH, slot_minutes="30", name_order="first_last")
    page = await administrator.send(PATH, slot_minutes="20")
    assert page.status == 412
    assert "What they saved Time segment of the calendar, in minutes 30" in page.text
    await administrator.send(PATH)
    company = await _company(studio)
    assert (company["slot_minutes"], company["name_order"]) == (20, "first_last")


@pytest.mark.parametrize("mistake", [{"hours.0.closes": ""}, {"slot_minutes": "999999"}])
async def test_what_another_saves_while_a_mistake_is_put_right_is_not_lost(
    studio: Studio, administrator: Browser, colleague: Browser, mistake: dict[str, str]
) -> None:
    page = await administrator.open(PATH)
    right = {name: page.form(PATH)[name] for name in mistake}
    await colleague.open(PATH)
    await colleague.send(PATH, name_order="first_last", locale="en-GB")
    page = await administrator.send(PATH, locale="en-CA", **mistake)
    assert page.status in (412, 422)
    while page.status == 422:
        assert page.form(PATH)["locale"] == ["en-CA"]
        page = await administrator.send(PATH, **right)
    assert page.status == 412
    assert "What they saved Language and region English, United Kingdom" in page.text
    assert (await _company(studio))["locale"] == "en-GB"
    await administrator.send(PATH, **right)
    company = await _company(studio)
    assert (company["locale"], company["name_order"]) == ("en-CA", "first_last")


async def test_who_may_not_change_them_may_look(photographer: Browser) -> None:
    page = await photographer.open(PATH)
    assert (page.status, "You may look at this, and not change it." in page.text) == (200, True)
