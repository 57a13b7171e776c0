"""Pulling: pages with their cursors, edits laid over them, and a copy that can prove itself."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from clients.python.tests.phones import Phone
from clients.python.tests.problems import problem
from clients.python.tests.serving import Desk
from studio_sync_client import DeviceWiped, Drifted, NoAnswer, Problem, SignedOut, SyncRunning, Wanted

PULL = "/v1/sync/pull"


def test_a_first_sync_brings_everything_and_an_idle_one_nothing(desk: Desk, phone: Phone) -> None:
    ann = desk.write("clients", first_name="Ann", last_name="Reed")
    assert phone.client.sync(verify=True).drifted == []
    found = phone.client.get("clients", ann)
    assert found is not None
    assert (found["first_name"], found["last_name"]) == ("Ann", "Reed")
    assert phone.client.status().consistent
    assert phone.client.status().next_sync_at > phone.waits.now
    assert phone.client.sync().pages == 1
    assert (phone.pages[-1].put, phone.pages[-1].removed) == (0, 0)


def test_records_are_found_by_their_fields_and_ordered(desk: Desk, phone: Phone) -> None:
    for first, last in (("Cleo", "Reed"), ("Ann", "Reed"), ("Ben", "Hale")):
        desk.write("clients", first_name=first, last_name=last, email=None)
    phone.client.sync()
    found = phone.client.where("clients", "first_name", last_name="Reed", email=None)
    assert [each["first_name"] for each in found] == ["Ann", "Cleo"]
    assert phone.client.where("clients", last_name='Reed" OR 1') == []
    assert len(phone.client.all("clients")) == 3


def test_a_first_sync_that_was_cut_goes_on_where_it_was(desk: Desk, new_phone: Callable[..., Phone]) -> None:
    phone = new_phone(wanted=Wanted(["clients"], max_rows=2), attempts=1)
    for _ in range(7):
        desk.write("clients")
    answered = 0

    def answers_twice(request: httpx.Request) -> None:
        nonlocal answered
        answered += request.url.path == PULL
        if answered > 2:
            raise httpx.ConnectError("a tunnel")

    phone.line.instead = answers_twice
    with pytest.raises(NoAnswer):
        phone.client.sync()
    assert (len(phone.client.all("clients")), phone.client.status().consistent) == (4, False)
    assert phone.pages[-1].progress == {"clients": (4, 7)}
    phone.line.instead = lambda _: None
    phone.restart()
    assert phone.client.sync(verify=True).pages == 2
    assert [each.replace for each in phone.pages] == [True, False, False, False]
    assert len(phone.client.all("clients")) == 7


def test_an_unpushed_edit_stays_what_the_user_sees(desk: Desk, phone: Phone) -> None:
    ann = desk.write("clients", first_name="Ann", last_name="Reed")
    phone.client.sync()
    phone.line.instead = _refuses_pushes
    phone.client.patch("clients", ann, {"first_name": "Anna"})
    desk.write("clients", ann, last_name="Reed-Hale")
    with pytest.raises(Problem, match="internal_error"):
        phone.client.sync()
    found = phone.client.get("clients", ann)
    assert found is not None
    assert (found["first_name"], found["last_name"]) == ("Anna", "Reed-Hale")


def test_a_removal_waits_for_what_was_typed_into_the_record(desk: Desk, phone: Phone) -> None:
    task = desk.write("tasks", complete_date="2020-01-01", subject="Order frames")
    other = desk.write("tasks", complete_date="2020-01-01")
    phone.client.sync()
    phone.client.patch("tasks", task, {"subject": "Order large frames"})
    desk.prefer(tasks_completed_days=30)
    phone.line.instead = _refuses_pushes
    with pytest.raises(Problem, match="internal_error"):
        phone.client.sync()
    assert phone.client.get("tasks", other) is None
    assert phone.client.where("tasks", subject="Order large frames") != []
    phone.line.instead = lambda _: None
    phone.client.sync(verify=True)
    [(_, verdict)] = phone.verdicts
    assert (verdict["verdict"], verdict["in_scope"]) == ("applied", False)
    assert phone.client.all("tasks") == []
    desk.prefer(tasks_completed_days=None)
    phone.client.sync(verify=True)
    assert phone.client.where("tasks", subject="Order large frames") != []


def test_a_record_deleted_elsewhere_goes_and_what_was_typed_is_kept(desk: Desk, phone: Phone) -> None:
    task = desk.write("tasks")
    phone.client.sync()
    phone.client.patch("tasks", task, {"subject": "Order large frames"})
    desk.delete("tasks", task)
    phone.client.sync(verify=True)
    assert phone.client.get("tasks", task) is None
    [refusal] = phone.client.refusals()
    assert (refusal.code, refusal.typed) == ("record_deleted", {"subject": "Order large frames"})
    phone.client.dismiss(refusal)
    assert phone.client.refusals() == []


def test_a_fresh_start_drops_everything_but_unpushed_edits(desk: Desk, phone: Phone) -> None:
    ann, ben = desk.write("clients", first_name="Ann"), desk.write("clients", first_name="Ben")
    phone.client.sync()
    desk.prefer(force_full_resync=True, clients_scope="groups", clients_group_ids=[])
    phone.client.patch("clients", ann, {"first_name": "Anna"})
    made = phone.client.create("tasks", {"subject": "Call Ben"})
    phone.line.instead = _refuses_pushes
    with pytest.raises(Problem, match="internal_error"):
        phone.client.sync()
    assert any(page.replace for page in phone.pages[1:])
    assert phone.client.get("clients", ben) is None
    assert [phone.client.get("clients", ann)] == phone.client.where("clients", first_name="Anna")
    assert phone.client.get("tasks", made) is not None
    phone.line.instead = lambda _: None
    phone.client.sync(verify=True)
    assert phone.client.all("clients") == []
    assert [each["subject"] for each in phone.client.all("tasks")] == ["Call Ben"]


@pytest.mark.parametrize("spoil", ["cursor", "collections"])
def test_a_cursor_that_is_no_good_costs_one_more_start(desk: Desk, phone: Phone, spoil: str) -> None:
    desk.write("clients")
    phone.client.sync()
    task = phone.client.create("tasks", {"subject": "Call Ben"})
    if spoil == "cursor":
        pull = phone.client._store.state("pull")
        phone.client._store.keep("pull", {**pull, "cursor": "nonsense"})
    else:
        phone.wanted = Wanted(["clients", "tasks"])
        phone.restart()
    phone.client.sync()
    assert phone.pages[-1].consistent
    assert phone.client.get("tasks", task) is not None
    assert len(phone.client.all("clients")) == 1
    assert phone.client.sync().pages == 1


def test_a_copy_that_has_drifted_is_found_and_fetched_anew(desk: Desk, phone: Phone) -> None:
    ann, ben = desk.write("clients"), desk.write("clients")
    phone.client.sync()
    phone.client._store.write("DELETE FROM records WHERE id = ?", ann)
    phone.client._store.write("UPDATE records SET revision = 1 WHERE id = ?", ben)
    assert phone.client.sync().drifted == []
    assert phone.client.sync(verify=True).drifted == ["clients"]
    assert phone.client.get("clients", ann) is not None
    assert phone.client.sync(verify=True).drifted == []


def test_a_copy_that_cannot_be_mended_is_told_and_not_fetched_for_ever(desk: Desk, phone: Phone) -> None:
    desk.write("clients")

    def miscounts(request: httpx.Request) -> httpx.Response | None:
        if request.url.path != PULL:
            return None
        answer = desk.door.handle_request(request)
        page: dict[str, Any] = json.loads(answer.read())
        for digest in (page["digests"] or {}).values():
            digest["count"] += 1
        return httpx.Response(200, json=page)

    phone.line.instead = miscounts
    with pytest.raises(Drifted):
        phone.client.sync(verify=True)
    assert len(phone.client.all("clients")) == 1


def test_there_is_one_sync_at_a_time(desk: Desk, phone: Phone) -> None:
    desk.write("clients")
    other = phone.open()

    def begins_another(_: httpx.Request) -> None:
        with pytest.raises(SyncRunning):
            other.sync()

    phone.line.instead = begins_another
    phone.client.sync()
    phone.line.instead = lambda _: None
    other.sync()
    other.close()


def test_nothing_is_stored_that_comes_back_after_a_wipe(desk: Desk, phone: Phone) -> None:
    desk.write("clients")
    phone.client.create("tasks", {"subject": "Call Ann"})
    other = phone.open()

    def is_wiped_meanwhile(request: httpx.Request) -> httpx.Response | None:
        if request.url.path != PULL:
            return None
        answer = desk.door.handle_request(request)
        answer.read()
        desk.deactivate(phone.device_id)
        with pytest.raises(DeviceWiped):
            other.request("GET", "/v1/devices")
        return answer

    phone.line.instead = is_wiped_meanwhile
    with pytest.raises(SignedOut):
        phone.client.sync()
    other.close()
    assert phone.holds() == {}


def test_a_hotels_page_changes_nothing(desk: Desk, phone: Phone) -> None:
    desk.write("clients")
    phone.client.sync()
    before = phone.holds()
    phone.client.create("tasks", {"subject": "Call Ben"})
    for status in (200, 302, 403, 410):
        page = httpx.Response(status, html="<h1>Welcome to the hotel</h1>")
        phone.line.instead = lambda _, page=page: page  # type: ignore[misc] # bound now
        with pytest.raises(NoAnswer):
            phone.client.sync()
    assert phone.client.status().unpushed == 1
    phone.line.instead = lambda _: None
    phone.client.sync(verify=True)
    assert phone.holds().keys() > before.keys()


def _refuses_pushes(request: httpx.Request) -> httpx.Response | None:
    if request.url.path != "/v1/sync/push":
        return None
    return problem(500, "internal_error")
