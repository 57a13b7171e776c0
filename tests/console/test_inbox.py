"""The inbox and sync health: what sync could not decide, and whose phones are behind."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from app.console import inbox_entry, labels
from app.core import clock
from tests.accounts.studios import Studio
from tests.console.browser import Browser
from tests.contract.desks import Desk, told
from tests.contract.phones import Phone, signed_in
from tests.desk.conftest import Has
from tests.samples import named, sample, widen

CLIENTS = named("clients")
CHANGED = "The record was changed after you were shown it"


@pytest.fixture
async def phone(studio: Studio) -> Phone:
    """Sign a phone in which holds everything."""
    await widen(studio.database, studio.account.account_id)
    return await signed_in(studio)


@pytest.fixture
async def client(has: Has, desk: Desk, phone: Phone) -> str:
    """Return a client of whom a phone and a desk have said different things."""
    client = await has("clients", last_name="Doe", job_title="Baker")
    answer = await desk.change(CLIENTS, client["id"], {"last_name": "Miller", "job_title": "Cook"})
    assert answer.status_code == 200
    change = {"op": "patch", "collection": "clients", "id": client["id"]}
    typed = {"last_name": "Doe-Smith", "job_title": "Bakr"}
    [verdict] = await phone.push({**change, "fields": typed, "base_revision": client["revision"]})
    assert verdict["verdict"] == "conflict"
    return str(client["id"])


async def refused(phone: Phone, **typed: Any) -> str:
    """Have the creation of a client refused, and return the client's id."""
    client = str(uuid4())
    change = {"op": "create", "collection": "clients", "id": client, "fields": sample("clients", **typed)}
    [verdict] = await phone.push(change)
    assert verdict["verdict"] == "rejected"
    return client


async def _entry(browser: Browser) -> str:
    [link] = [each for each in (await browser.open("/inbox")).links if each.startswith("/inbox/")]
    return link


async def _saved(desk: Desk, client: str) -> list[str]:
    record = told(await desk.read(CLIENTS, client))
    return [record["last_name"], record["job_title"]]


@pytest.mark.parametrize(
    ("typed", "saved"),
    [
        ({}, ["Miller", "Cook"]),
        ({"choose.last_name": "take"}, ["Doe-Smith", "Cook"]),
        ({"choose.last_name": "take", "last_name": "Smith"}, ["Smith", "Cook"]),
        ({"choose.last_name": "take", "choose.job_title": "take", "job_title": ""}, ["Doe-Smith", None]),
    ],
    ids=["all kept", "one taken", "one put right", "one taken, one emptied"],
)
async def test_values_stand_side_by_side_and_each_is_kept_taken_or_put_right(
    client: str, administrator: Browser, desk: Desk, typed: dict[str, str], saved: list[str]
) -> None:
    entry = await _entry(administrator)
    page = await administrator.open(entry)
    for word in ("Last name", "Doe-Smith", "Miller", "Bakr", "Cook", "Pat Kerr", "Miller: which one holds?"):
        assert word in page.text
    page = await administrator.send(entry, **typed)
    assert "Nothing to decide" in page.text
    assert await _saved(desk, client) == saved


async def test_a_record_that_moved_is_shown_once_more_and_decided_anew(
    client: str, administrator: Browser, desk: Desk
) -> None:
    entry = await _entry(administrator)
    await administrator.open(entry)
    assert (await desk.change(CLIENTS, client, {"last_name": "Moore"})).status_code == 200
    page = await administrator.send(entry, **{"choose.last_name": "take"})
    assert (page.status, CHANGED in page.text) == (409, True)
    assert "When it arrived Miller In the studio now Changed Moore Typed on the phone Doe-Smith" in page.text
    assert await _saved(desk, client) == ["Moore", "Cook"]
    assert page.form(entry)["choose.last_name"] == ["take"]
    assert "Nothing to decide" in (await administrator.send(entry)).text
    assert await _saved(desk, client) == ["Doe-Smith", "Cook"]


async def test_a_record_that_is_gone_meanwhile_is_not_decided_about(
    client: str, administrator: Browser, desk: Desk
) -> None:
    entry = await _entry(administrator)
    await administrator.open(entry)
    assert (await desk.delete(CLIENTS, client)).status_code == 204
    page = await administrator.send(entry, **{"choose.last_name": "take"})
    assert (page.status, CHANGED in page.text) == (409, True)
    assert "Nothing of it can be taken" in page.text
    assert f"{entry}/discard" in page.links


@pytest.mark.usefixtures("client")
async def test_what_a_colleague_has_decided_is_told(administrator: Browser, colleague: Browser) -> None:
    entry = await _entry(administrator)
    await administrator.open(entry)
    await colleague.open(entry)
    await colleague.send(entry)
    page = await administrator.send(entry, **{"choose.last_name": "take"})
    assert (page.status, "Somebody has decided about this meanwhile." in page.text) == (409, True)
    assert "by Jo Doe: what the studio has was kept" in page.text


async def test_a_page_that_is_sent_twice_is_decided_once_and_says_so_twice(
    client: str, administrator: Browser, desk: Desk
) -> None:
    entry = await _entry(administrator)
    page = await administrator.open(entry)
    filled = {**page.form(entry), "choose.last_name": ["take"]}
    answers = [await administrator.post(entry, filled) for _ in range(2)]
    assert [each.headers["location"] for each in answers] == ["/console/inbox?said=inbox_taken"] * 2
    assert await _saved(desk, client) == ["Doe-Smith", "Cook"]


async def test_a_value_that_cannot_be_kept_is_told_at_its_field(
    client: str, administrator: Browser, desk: Desk
) -> None:
    entry = await _entry(administrator)
    await administrator.open(entry)
    typed = {"choose.last_name": "take", "last_name": "x" * 300}
    page = await administrator.send(entry, **typed)
    assert page.status == 422
    assert 'id="last_name-mistake">This must have at most 200 characters.' in page.answer.text
    assert page.form(entry)["last_name"] == ["x" * 300]
    assert await _saved(desk, client) == ["Miller", "Cook"]


async def test_a_refused_change_is_completed_and_the_phone_s_next_pull_brings_it(
    phone: Phone, administrator: Browser
) -> None:
    copy = await phone.copy("clients", "inbox")
    client = await refused(phone, last_name="Quill", email="nowhere")
    entry = await _entry(administrator)
    page = await administrator.open(entry)
    assert (page.form(entry)["last_name"], page.form(entry)["email"]) == (["Quill"], ["nowhere"])
    assert 'id="email-mistake">This is not an email address.' in page.answer.text
    page = await administrator.send(entry, email="still nowhere", last_name="Quillan")
    assert (page.status, page.form(entry)["email"]) == (422, ["still nowhere"])
    assert 'id="email-mistake">This is not an email address.' in page.answer.text
    page = await administrator.send(entry, email="q@example.com")
    assert "What was typed on the phone was taken." in page.text
    await copy.pull()
    record = copy.records[client]
    assert (record["last_name"], record["email"]) == ("Quillan", "q@example.com")
    assert record["phones"] == sample("clients")["phones"]
    assert [each["resolution"] for each in copy.records.values() if "resolution" in each] == ["take_mine"]


async def test_what_is_needed_and_was_not_typed_can_be_filled_in(
    phone: Phone, has: Has, desk: Desk, administrator: Browser
) -> None:
    client = await has("clients")
    change = {"op": "create", "collection": "tasks", "id": str(uuid4())}
    [verdict] = await phone.push({**change, "fields": {"client_id": client["id"]}})
    assert (verdict["verdict"], list(verdict["fields"])) == ("rejected", ["subject"])
    entry = await _entry(administrator)
    page = await administrator.open(entry)
    assert 'id="subject-mistake">This is needed.' in page.answer.text
    assert (
        "What was typed on the phone was taken." in (await administrator.send(entry, subject="Call her")).text
    )
    record = told(await desk.read(named("tasks"), change["id"]))
    assert (record["subject"], record["client_id"]) == ("Call her", client["id"])


async def test_what_there_is_no_field_for_is_left_out(
    phone: Phone, desk: Desk, administrator: Browser
) -> None:
    client = await refused(phone, last_name="Quill", horn="long")
    entry = await _entry(administrator)
    assert "There is no such field. It is left out." in (await administrator.open(entry)).text
    assert "was taken" in (await administrator.send(entry)).text
    assert told(await desk.read(CLIENTS, client))["last_name"] == "Quill"


async def test_what_is_of_no_use_is_discarded_after_a_question(
    phone: Phone, desk: Desk, administrator: Browser
) -> None:
    client = await refused(phone, email="nowhere")
    entry = await _entry(administrator)
    await administrator.open(entry)
    page = await administrator.open(f"{entry}/discard")
    assert "Discard what was typed?" in page.text
    assert "What was typed was discarded." in (await administrator.send(f"{entry}/discard")).text
    assert (await desk.read(CLIENTS, client)).status_code == 404
    page = await administrator.open("/inbox?state=decided")
    assert "Discarded" in page.text
    assert "what was typed was discarded" in (await administrator.open(entry)).text


async def test_a_deletion_that_lost_is_done_after_all(
    has: Has, desk: Desk, phone: Phone, administrator: Browser
) -> None:
    client = await has("clients", last_name="Doe")
    assert (await desk.change(CLIENTS, client["id"], {"last_name": "Miller"})).status_code == 200
    gone = {"op": "delete", "collection": "clients", "id": client["id"], "base_revision": client["revision"]}
    [verdict] = await phone.push(gone)
    assert verdict["verdict"] == "conflict"
    entry = await _entry(administrator)
    assert "is it to go?" in (await administrator.open(entry)).text
    page = await administrator.send(entry, resolution="take_mine")
    assert "Nothing to decide" in page.text
    assert (await desk.read(CLIENTS, client["id"])).status_code == 410


async def test_a_command_that_was_refused_is_put_right_and_done(
    has: Has, desk: Desk, phone: Phone, administrator: Browser
) -> None:
    task = await has("tasks")
    change = {"op": "command", "collection": "tasks", "id": task["id"], "command": "complete"}
    [verdict] = await phone.push({**change, "fields": {"date": "some day"}})
    assert verdict["verdict"] == "rejected"
    entry = await _entry(administrator)
    page = await administrator.open(entry)
    assert "To be done: complete." in page.text
    assert 'id="date-mistake">This is not a date.' in page.answer.text
    assert "was taken" in (await administrator.send(entry, date="2026-06-20")).text
    assert told(await desk.read(named("tasks"), task["id"]))["complete_date"] == "2026-06-20"


async def test_what_was_meant_for_no_collection_can_be_read_and_discarded(
    phone: Phone, administrator: Browser
) -> None:
    unicorn = {"op": "create", "collection": "unicorns", "id": str(uuid4()), "fields": {"horn": "long"}}
    [verdict] = await phone.push(unicorn)
    assert verdict["verdict"] == "rejected"
    entry = await _entry(administrator)
    page = await administrator.open(entry)
    for word in ("Unicorns", "Horn", "long", "Nothing of it can be taken"):
        assert word in page.text
    await administrator.open(f"{entry}/discard")
    assert "was discarded" in (await administrator.send(f"{entry}/discard")).text


async def test_the_list_goes_on_where_a_page_ends(phone: Phone, administrator: Browser) -> None:
    change = {"op": "create", "collection": "clients", "fields": {"last_name": 7}}
    await phone.push(*({**change, "id": str(uuid4())} for _ in range(51)))
    page = await administrator.open("/inbox")
    entries = [each for each in page.links if re.match("/inbox/", each)]
    [older] = [each for each in page.links if "page=" in each]
    more = [each for each in (await administrator.open(older)).links if re.match("/inbox/", each)]
    assert (len(entries), len(more), len({*entries, *more})) == (50, 1, 51)


@pytest.mark.usefixtures("client")
async def test_menu_home_and_health_tell_of_it(administrator: Browser) -> None:
    for path in ("/", "/inbox", "/health"):
        assert "Inbox 1 open" in (await administrator.open(path)).text
    assert "1 entry in the inbox" in (await administrator.open("/")).text
    page = await administrator.open("/health")
    assert "Undecided 1" in page.text
    assert "Somebody else had changed the same meanwhile" in page.text
    await administrator.open(entry := await _entry(administrator))
    assert "1 open" not in (await administrator.send(entry)).text


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


async def test_a_phone_that_never_synced_is_behind_on_every_page_alike(
    studio: Studio, administrator: Browser
) -> None:
    await signed_in(studio)
    page = await administrator.open("/devices")
    assert "Signed in, not synced yet" in page.text
    await studio.execute(
        "UPDATE devices SET bound_at = $2 WHERE account_id = $1", clock.now() - timedelta(days=9)
    )
    assert "1 phone behind Not synced for 7 days." in (await administrator.open("/")).text
    text = (await administrator.open("/devices")).text
    assert ("Behind" in text, "Signed in, not synced yet" in text) == (True, False)
    page = await administrator.open("/health")
    assert "Behind 1 Not synced for 7 days" in page.text


async def test_without_anything_the_inbox_says_so(administrator: Browser) -> None:
    assert "Nothing to decide" in (await administrator.open("/inbox")).text
    assert "Nothing was decided yet" in (await administrator.open("/inbox?state=decided")).text


def test_a_right_that_was_lacking_is_told_in_the_words_it_is_given_in() -> None:
    reasons = {"feature": "clients", "level": "add_modify"}
    entry = {"code": "permission_denied", "message": "The user may not do this.", "reasons": reasons}
    [told] = inbox_entry.why(entry)
    assert "The user may not do this." not in told
    assert "“Clients: view, add and change”" in told


def test_a_label_is_not_said_twice() -> None:
    assert labels.hint("first_name", "First name.") == ""
    assert labels.hint("last_name", "As on the passport.") == "As on the passport."
