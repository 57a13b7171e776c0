"""Lists: what is on them, in which order, and what is done to their entries."""

from typing import Any
from uuid import uuid4

import pytest

from app.console import listings
from tests.accounts.studios import Studio
from tests.console.browser import Browser, Page
from tests.contract.desks import Desk
from tests.desk.conftest import Has
from tests.samples import named

SOURCES = "/lists/lead_sources"


async def _entry(studio: Studio, collection: str, description: str) -> str:
    [row] = await studio.execute(
        f"SELECT id FROM {collection} WHERE account_id = $1 AND description = $2", description
    )
    return str(row["id"])


def _order(page: Page, *words: str) -> list[str]:
    """Return some words as they follow each other in the table of a page."""
    table = page.text.partition("What can be done")[2]
    return sorted(words, key=table.index)


async def test_every_list_is_found_and_nothing_else(administrator: Browser) -> None:
    page = await administrator.open("/lists")
    for word in ("Client statuses", "Payment methods", "Special events", "Studios"):
        assert word in page.text
    assert "Other lists" not in page.text
    assert (await administrator.open("/lists/clients")).status == 404
    assert (await administrator.open(f"/lists/clients/{uuid4()}")).status == 404
    assert (await administrator.open("/lists/nothing")).status == 404


async def test_an_entry_is_made_behind_the_others_and_renamed(administrator: Browser) -> None:
    await administrator.open(f"{SOURCES}/new")
    page = await administrator.send(f"{SOURCES}/new", description="Billboard")
    assert "It is on the list." in page.text
    assert _order(page, "Billboard", "Referral", "Walk-in") == ["Referral", "Walk-in", "Billboard"]
    path = next(each for each in reversed(page.links) if each.startswith(f"{SOURCES}/"))
    await administrator.open(path)
    page = await administrator.send(path, description="Poster")
    assert "The entry was saved." in page.text
    assert "Poster" in page.text
    assert "Billboard" not in page.text


async def test_what_is_missing_is_told_at_the_field(administrator: Browser) -> None:
    await administrator.open("/lists/payment_methods/new")
    page = await administrator.send("/lists/payment_methods/new", description="Wire", deposit_account="Bank")
    assert (page.status, "Please fill this in." in page.text) == (422, True)
    filled = page.form("/lists/payment_methods/new")
    assert (filled["description"], filled["deposit_account"]) == (["Wire"], ["Bank"])
    page = await administrator.send("/lists/payment_methods/new", payment_kind="other", leading_digits="x")
    assert (page.status, "cannot be kept" in page.text) == (422, True)
    await administrator.open("/lists/session_types/new")
    page = await administrator.send("/lists/session_types/new", description="Pets", length_minutes="long")
    assert (page.status, "whole number" in page.text) == (422, True)


async def test_an_entry_is_deactivated_and_offered_again(studio: Studio, administrator: Browser) -> None:
    path = f"{SOURCES}/{await _entry(studio, 'lead_sources', 'School')}/offer"
    await administrator.open(SOURCES)
    page = await administrator.send(path, is_inactive="yes")
    assert "The entry is no longer offered." in page.text
    assert "No longer offered" in page.text.partition("School")[2]
    page = await administrator.send(path, is_inactive="no")
    assert "The entry is offered again." in page.text


async def test_entries_change_places(studio: Studio, administrator: Browser) -> None:
    first, second = [await _entry(studio, "lead_sources", each) for each in ("Referral", "Web search")]
    await administrator.open(SOURCES)
    page = await administrator.send(f"{SOURCES}/{second}/move", over=first)
    assert "The order was changed." in page.text
    assert _order(page, "Referral", "Web search", "School") == ["Web search", "Referral", "School"]
    page = await administrator.send(f"{SOURCES}/{second}/move", over=first)
    assert _order(page, "Referral", "Web search", "School") == ["Referral", "Web search", "School"]


async def test_entries_are_found_by_words_and_put_in_an_order(studio: Studio, administrator: Browser) -> None:
    page = await administrator.open(f"{SOURCES}?words=web")
    table = page.text.partition("What can be done")[2]
    assert ("Web search" in table, "Referral" in table) == (True, False)
    assert "1 of " in page.text
    page = await administrator.open(f"{SOURCES}?order=name")
    assert _order(page, "Referral", "Advertisement", "Walk-in") == ["Advertisement", "Referral", "Walk-in"]
    assert "To move entries, show everything in the order in which it is offered." in page.text
    assert not any(each.endswith("/move") for each in page.reader.forms)
    path = f"{SOURCES}/{await _entry(studio, 'lead_sources', 'School')}/offer"
    page = await administrator.send(f"{path}?order=name", is_inactive="yes")
    assert "The entry is no longer offered." in page.text
    assert _order(page, "Referral", "Advertisement", "Walk-in") == ["Advertisement", "Referral", "Walk-in"]
    page = await administrator.open(f"{SOURCES}?order=state")
    assert _order(page, "Referral", "School", "Walk-in")[0] == "School"
    page = await administrator.open(f"{SOURCES}?words=nothing+like+it")
    assert "Nothing was found" in page.text
    page = await administrator.open("/lists/task_statuses?words=yearbook")
    assert "General" not in page.text.partition("Show everything")[2]


async def test_what_was_looked_for_is_still_looked_for_after_an_entry_is_changed_or_deleted(
    studio: Studio, administrator: Browser
) -> None:
    sought = "?words=s%26c+ool&order=name"
    await administrator.open(f"{SOURCES}/new{sought}")
    page = await administrator.send(f"{SOURCES}/new{sought}", description="A s&c ool")
    assert (page.answer.url.params["words"], "1 of " in page.text) == ("s&c ool", True)
    path = f"{SOURCES}/{await _entry(studio, 'lead_sources', 'A s&c ool')}"
    assert f"{path}{sought}" in page.links
    page = await administrator.open(f"{path}{sought}")
    assert f"{SOURCES}{sought}" in page.links
    page = await administrator.send(f"{path}{sought}", description="The s&c ool")
    assert ("The entry was saved." in page.text, "1 of " in page.text) == (True, True)
    await administrator.open(f"{path}/remove{sought}")
    page = await administrator.send(f"{path}/remove{sought}")
    assert ("The entry was deleted." in page.text, "0 of " in page.text) == (True, True)


async def test_entries_change_places_where_there_is_no_room(
    studio: Studio, administrator: Browser, desk: Desk
) -> None:
    sources = named("lead_sources")
    for each in await desk.all(sources):
        await desk.change(sources, each["id"], {"sort_order": 7})
    first, second = [await _entry(studio, "lead_sources", each) for each in ("Advertisement", "Bridal fair")]
    page = await administrator.open(SOURCES)
    words = ("Advertisement", "Bridal fair", "Referral", "Walk-in")
    assert _order(page, *words) == [*words]
    page = await administrator.send(f"{SOURCES}/{second}/move", over=first)
    assert _order(page, *words) == ["Bridal fair", "Advertisement", "Referral", "Walk-in"]


@pytest.mark.parametrize("places", [(7, 7, 7, 7), (0, 0, 1, 2), (10, 11, 12, 40), (3, 3, 3, 900)])
def test_a_move_that_ends_midway_leaves_the_former_order_or_the_new_one(places: tuple[int, ...]) -> None:
    order = dict(zip("abcd", places, strict=True))

    def shown() -> str:
        return "".join(sorted(order, key=lambda each: (order[each], each)))

    entries: list[dict[str, Any]] = [{"id": each, "sort_order": place} for each, place in order.items()]
    for entry, place in listings.moves(entries, "c", "b"):
        assert shown() in ("abcd", "acbd")
        order[entry["id"]] = place
    assert shown() == "acbd"


async def test_a_list_that_another_has_ordered_meanwhile_is_not_ordered_anew(
    studio: Studio, administrator: Browser, colleague: Browser
) -> None:
    first, second = [await _entry(studio, "lead_sources", each) for each in ("Referral", "Web search")]
    await administrator.open(SOURCES)
    await colleague.open(SOURCES)
    await colleague.send(f"{SOURCES}/{second}/move", over=first)
    page = await administrator.send(f"{SOURCES}/{second}/move", over=first)
    assert (page.status, "Somebody else has changed this meanwhile." in page.text) == (412, True)
    assert _order(page, "Referral", "Web search") == ["Web search", "Referral"]


async def test_the_second_of_two_is_told_and_shown_both(
    studio: Studio, administrator: Browser, colleague: Browser
) -> None:
    path = f"{SOURCES}/{await _entry(studio, 'lead_sources', 'School')}"
    await administrator.open(path)
    await colleague.open(path)
    await colleague.send(path, description="Schools")
    page = await administrator.send(path, description="School fair")
    assert (page.status, "What they saved Name Schools" in page.text) == (412, True)
    page = await administrator.send(path)
    assert "School fair" in page.text


async def test_what_another_saves_while_a_mistake_is_put_right_is_not_lost(
    studio: Studio, administrator: Browser, colleague: Browser
) -> None:
    path = f"/lists/session_types/{await _entry(studio, 'session_types', 'Family')}"
    page = await administrator.open(path)
    length = page.form(path)["length_minutes"]
    await colleague.open(path)
    await colleague.send(path, description="Families", colour="#112233")
    page = await administrator.send(path, description="Family and friends", length_minutes="long")
    assert (page.status, page.form(path)["description"]) == (422, ["Family and friends"])
    page = await administrator.send(path, length_minutes=length)
    assert (page.status, "What they saved Name Families" in page.text) == (412, True)
    page = await administrator.send(path)
    assert "Family and friends" in page.text
    page = await administrator.open(path)
    assert page.form(path)["colour"] == ["#112233"]


async def test_reasons_of_a_status_are_added_renamed_and_taken_away(
    studio: Studio, administrator: Browser, desk: Desk
) -> None:
    status = await _entry(studio, "client_statuses", "Inactive client")
    path = f"/lists/client_statuses/{status}"
    await administrator.open(path)
    typed = {"reasons.0.description": "Moved away", "reasons.1.description": "No answer"}
    await administrator.send(path, **typed)
    page = await administrator.open(path)
    assert page.form(path)["reasons.1.description"] == ["No answer"]
    await administrator.send(path, **{"reasons.0.description": "", "reasons.1.description": "Silent"})
    kept = (await desk.read(named("client_statuses"), status)).json()["reasons"]
    assert [each["description"] for each in kept] == ["Silent"]
    page = await administrator.open(path)
    page = await administrator.send(path)
    assert "nothing was changed" in page.text


async def test_statuses_stand_by_their_type_and_an_unclear_workflow_is_told(
    studio: Studio, administrator: Browser, desk: Desk
) -> None:
    page = await administrator.open("/lists/task_statuses")
    for word in ("General", "Yearbook", "First step", "Last step"):
        assert word in page.text
    assert "One step should be marked" not in page.text
    status = await _entry(studio, "client_statuses", "Client")
    await desk.change(named("client_statuses"), status, {"is_final": True})
    page = await administrator.open("/lists/client_statuses")
    assert "One step should be marked as the first and one as the last" in page.text


async def test_an_entry_in_use_is_not_deleted_and_another_is(
    studio: Studio, administrator: Browser, has: Has
) -> None:
    status, free = [await _entry(studio, "client_statuses", each) for each in ("Client", "Inactive client")]
    await has("clients", status_id=status)
    path = "/lists/client_statuses/{}/remove"
    await administrator.open(path.format(status))
    page = await administrator.send(path.format(status))
    assert (page.status, "Others still have this (clients)" in page.text) == (409, True)
    await administrator.open(path.format(free))
    page = await administrator.send(path.format(free))
    assert "The entry was deleted." in page.text
    assert "Inactive client" not in page.text


async def test_an_address_and_a_colour_are_kept_and_taken_away(administrator: Browser, desk: Desk) -> None:
    await administrator.open("/lists/resources/new")
    typed = {"description": "Van", "resource_kind": "vehicle", "colour": "#cc3333", "colour.on": "yes"}
    page = await administrator.send("/lists/resources/new", **typed)
    assert "Van" in page.text
    await administrator.open("/lists/studios/new")
    typed = {"studio_number": "7", "name": "Riverside", "address.city": "Albany"}
    page = await administrator.send("/lists/studios/new", **typed)
    [path] = [each for each in page.links if each.startswith("/lists/studios/") and not each.endswith("/new")]
    [studio] = await desk.all(named("studios"))
    assert studio["address"]["city"] == "Albany"
    await administrator.open(path)
    await administrator.send(path, **{"address.city": ""})
    [studio] = await desk.all(named("studios"))
    assert studio["address"] is None


@pytest.mark.parametrize("path", [SOURCES, f"{SOURCES}/new"])
async def test_who_may_not_maintain_lists_may_look(photographer: Browser, path: str) -> None:
    page = await photographer.open(path)
    assert page.status == 200
    assert "You may look at this, and not change it." in page.text
    assert f"{SOURCES}/new" not in page.links
