"""Two administrators at once: whoever is second is told, and neither undoes what the other did."""

from collections.abc import Callable

from playwright.async_api import expect

from clients.python.tests.serving import Desk
from studio_sync_client import Client
from tests.browser.visitors import Visitor


async def test_the_second_to_save_is_shown_what_the_first_saved_and_both_hold(
    desk: Desk, administrator: Visitor, colleague: Visitor
) -> None:
    for each in (administrator, colleague):
        await each.go("Mobile preferences")
    await colleague.page.get_by_role("checkbox", name="Estimates", exact=True).uncheck()
    await colleague.press("Save for all phones")
    await colleague.is_told("Saved.")
    notes = administrator.page.get_by_role("checkbox", name="Notes", exact=True)
    await notes.uncheck()
    await administrator.press("Save for all phones")
    await administrator.is_told("meanwhile")
    await expect(notes).not_to_be_checked()
    await administrator.press("Save for all phones")
    await administrator.is_told("Saved.")
    kept = desk.preferences()
    assert (kept["include_estimates"], kept["include_notes"]) == (False, False)


async def test_what_the_second_was_about_to_save_stays_marked_while_they_go_on(
    administrator: Visitor, colleague: Visitor
) -> None:
    for each in (administrator, colleague):
        await each.go("Mobile preferences")
    await colleague.page.get_by_role("checkbox", name="Estimates", exact=True).uncheck()
    await colleague.press("Save for all phones")
    await colleague.is_told("Saved.")
    notes = administrator.page.get_by_role("checkbox", name="Notes", exact=True)
    await notes.uncheck()
    await administrator.page.get_by_label("Whose tasks").select_option("mine")
    await administrator.press("Save for all phones")
    await administrator.is_told("meanwhile")
    changed = administrator.page.locator(".knob.is-changed")
    await expect(changed).to_have_count(2)
    await administrator.page.get_by_role("checkbox", name="Line items of invoices", exact=True).click()
    await expect(changed).to_have_count(3)
    await notes.check()
    await expect(changed).to_have_count(2)
    await expect(changed.filter(has_text="Whose tasks")).to_have_count(1)


async def test_of_two_who_shut_a_phone_out_the_second_is_told_that_it_is(
    administrator: Visitor, colleague: Visitor, new_phone: Callable[..., Client]
) -> None:
    new_phone()
    for each in (administrator, colleague):
        await each.go("Mobile devices")
        await each.row("Pat's phone").get_by_role("link", name="Deactivate and clear").click()
        await expect(each.page.get_by_role("dialog")).to_be_visible()
    await colleague.press("Deactivate and clear")
    await expect(colleague.row("Pat's phone")).to_contain_text("Deactivated, to be cleared")
    await administrator.press("Deactivate and clear")
    await administrator.is_told("told to clear its copy")
    await administrator.page.get_by_role("link", name="Look at the list").click()
    await expect(administrator.row("Pat's phone")).to_contain_text("Deactivated, to be cleared")
