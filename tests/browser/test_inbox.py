"""The inbox: values side by side, and what somebody decides about them is the phone's at its next sync."""

from collections.abc import Callable

from playwright.async_api import Locator, expect

from clients.python.tests.serving import Desk
from studio_sync_client import Client
from tests.browser.visitors import Visitor
from tests.samples import sample

TAKE, DO = "Take what was typed", "Do as chosen"


def _field(visitor: Visitor, name: str) -> Locator:
    return visitor.page.get_by_role("group", name=name, exact=True)


def _values(visitor: Visitor, name: str) -> Locator:
    """Return the values of a field as they stand side by side."""
    return _field(visitor, name).get_by_role("definition")


async def _open_entry(visitor: Visitor) -> None:
    await visitor.open("/inbox")
    await visitor.page.locator("tbody").get_by_role("link").click()
    await expect(visitor.page.get_by_role("heading", level=1)).to_contain_text(":")


def _clash(desk: Desk, phone: Client) -> str:
    """Have the phone and a desk say different things of a client, and return her."""
    client = desk.write("clients", last_name="Doe", job_title="Baker")
    phone.sync()
    phone.patch("clients", client, {"last_name": "Doe-Smith", "job_title": "Bakr"})
    desk.write("clients", client, last_name="Miller", job_title="Cook")
    assert [each.code for each in phone.sync().refused] == ["changed_meanwhile"]
    return client


async def test_each_field_is_kept_taken_or_put_right_and_all_have_it(
    desk: Desk, administrator: Visitor, new_phone: Callable[..., Client]
) -> None:
    phone = new_phone()
    client = _clash(desk, phone)
    await administrator.open("/")
    await administrator.page.get_by_role("link", name="1 entry in the inbox").click()
    await administrator.page.locator("tbody").get_by_role("link").click()
    await expect(_values(administrator, "Last name")).to_have_text(["Miller", "Miller", "Doe-Smith"])
    title = _field(administrator, "Job title")
    await expect(title.get_by_role("textbox")).to_be_hidden()
    await title.get_by_role("radio", name=TAKE).check()
    await title.get_by_role("textbox").fill("Pastry cook")
    await administrator.press(DO)
    await administrator.is_told("What was typed on the phone was taken.")
    await expect(administrator.page.get_by_text("Nothing to decide")).to_be_visible()
    phone.sync()
    held = phone.get("clients", client)
    assert held is not None
    assert (held["last_name"], held["job_title"], phone.inbox()) == ("Miller", "Pastry cook", [])


async def test_a_record_that_moves_after_it_was_shown_is_shown_again_and_not_overwritten(
    desk: Desk, administrator: Visitor, new_phone: Callable[..., Client]
) -> None:
    phone = new_phone()
    client = _clash(desk, phone)
    await _open_entry(administrator)
    await _field(administrator, "Last name").get_by_role("radio", name=TAKE).check()
    desk.write("clients", client, last_name="Moore")
    await administrator.press(DO)
    await administrator.is_told("was changed after you were shown it")
    await expect(_values(administrator, "Last name")).to_have_text(["Miller", "Moore", "Doe-Smith"])
    await expect(_field(administrator, "Last name")).to_contain_text("Changed")
    phone.sync()
    held = phone.get("clients", client)
    assert held is not None
    assert (held["last_name"], len(phone.inbox())) == ("Moore", 1)
    await _field(administrator, "Last name").get_by_role("radio", name="Keep what is there").check()
    await administrator.press(DO)
    await administrator.is_told("What the studio has was kept.")


async def test_of_two_who_decide_at_once_the_second_is_told_what_the_first_decided(
    desk: Desk, administrator: Visitor, colleague: Visitor, new_phone: Callable[..., Client]
) -> None:
    phone = new_phone()
    client = _clash(desk, phone)
    for each in (administrator, colleague):
        await _open_entry(each)
    await _field(colleague, "Last name").get_by_role("radio", name=TAKE).check()
    await colleague.press(DO)
    await colleague.is_told("was taken")
    await administrator.press(DO)
    await administrator.is_told("Somebody has decided about this meanwhile.")
    await administrator.is_told("by Jo Doe: what was typed was taken")
    phone.sync()
    held = phone.get("clients", client)
    assert held is not None
    assert (held["last_name"], phone.inbox()) == ("Doe-Smith", [])


async def test_a_refused_change_is_put_right_on_the_page_and_the_phone_gets_it(
    administrator: Visitor, new_phone: Callable[..., Client]
) -> None:
    phone = new_phone()
    phone.sync()
    client = phone.create("clients", sample("clients", last_name="Quill", email="nowhere"))
    assert [each.code for each in phone.sync().refused] == ["invalid_fields"]
    assert phone.get("clients", client) is None
    await _open_entry(administrator)
    email = administrator.page.get_by_label("E-mail")
    await expect(email).to_be_focused()
    await expect(email).to_have_accessible_description("This is not an email address.")
    await email.fill("quill@example.com")
    await administrator.press("Take it in")
    await administrator.is_told("What was typed on the phone was taken.")
    phone.sync()
    held = phone.get("clients", client)
    assert held is not None
    assert (held["last_name"], held["email"], phone.inbox()) == ("Quill", "quill@example.com", [])


async def test_what_is_of_no_use_is_discarded_in_a_dialog(
    administrator: Visitor, new_phone: Callable[..., Client]
) -> None:
    phone = new_phone()
    phone.sync()
    phone.create("clients", sample("clients", email="nowhere"))
    assert phone.sync().refused
    await _open_entry(administrator)
    await administrator.page.get_by_role("link", name="Discard…").click()
    dialog = administrator.page.get_by_role("dialog")
    await expect(dialog).to_be_visible()
    await dialog.get_by_role("button", name="Discard").click()
    await administrator.is_told("What was typed was discarded.")
    phone.sync()
    assert phone.inbox() == []
