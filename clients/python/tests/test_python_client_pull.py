"""Pulling: pages with their cursors, edits laid over them, and a copy that can prove itself."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import httpx
import pytest

from clients.python.tests.phones import SYNC, VERIFY, Phone, pushed, without_page
from clients.python.tests.problems import problem
from clients.python.tests.serving import Desk
from studio_sync_client import DeviceWiped, Drifted, NoAnswer, Problem, SignedOut, SyncRunning, Wanted
from studio_sync_client.digests import digest_of


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
        answered += request.url.path == SYNC
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
    desk.prefer(clients_scope="groups", clients_group_ids=[])
    desk.execute("UPDATE account_clock SET epoch = gen_random_uuid() WHERE account_id = $1")
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


def test_a_cursor_that_cannot_be_continued_is_reconciled_by_what_differs(desk: Desk, phone: Phone) -> None:
    ann, ben, cleo = (desk.write("clients", first_name=name) for name in ("Ann", "Ben", "Cleo"))
    phone.client.sync()
    desk.write("clients", ben, first_name="Benjamin")
    desk.delete("clients", cleo)
    desk.prefer(force_full_resync=True)
    phone.client.patch("clients", ann, {"first_name": "Anna"})
    report = phone.client.sync(verify=True)
    assert (report.pushed, report.drifted) == (1, ["clients"])
    assert not any(page.replace for page in phone.pages[1:])
    assert sorted(each["first_name"] for each in phone.client.all("clients")) == ["Anna", "Benjamin"]
    asked = [json.loads(body) for body in phone.line.bodies(VERIFY)]
    assert [each["collection"] for each in asked] == [None, "clients", "clients"]
    assert phone.client.sync(verify=True).drifted == []


def test_what_was_taken_in_and_not_pulled_is_not_held_for_the_servers(desk: Desk, phone: Phone) -> None:
    phone.client.sync()
    made = phone.client.create("tasks", {"subject": "Call Ben"})
    phone.client.patch("tasks", made, {"subject": "Call Ann"})
    phone.line.instead = partial(without_page, desk)
    phone.client.sync()
    assert phone.shown("tasks", made)["subject"] == "Call Ann"
    phone.line.instead = lambda _: None
    desk.prefer(force_full_resync=True)
    phone.client.sync(verify=True)
    shown = phone.shown("tasks", made)
    assert (shown["subject"], shown["task_number"] is not None) == ("Call Ann", True)


def test_what_was_taken_in_and_is_deleted_since_goes_when_a_copy_is_reconciled(
    desk: Desk, phone: Phone
) -> None:
    phone.client.sync()
    made = phone.client.create("tasks", {"subject": "Call Ben"})
    phone.line.instead = partial(without_page, desk)
    phone.client.sync()
    phone.line.instead = lambda _: None
    desk.delete("tasks", made)
    desk.prefer(force_full_resync=True)
    phone.client.sync(verify=True)
    assert phone.client.get("tasks", made) is None


def test_a_reconciling_that_was_cut_goes_on_without_losing_anything(
    desk: Desk, new_phone: Callable[..., Phone]
) -> None:
    phone = new_phone(attempts=1)
    ben = desk.write("clients", first_name="Ben")
    phone.client.sync()
    desk.write("clients", ben, first_name="Benjamin")
    desk.prefer(force_full_resync=True)
    phone.client.create("tasks", {"subject": "Call Ben"})
    for _ in range(3):
        phone.line.lose(VERIFY)
        with pytest.raises(NoAnswer):
            phone.client.sync()
        assert phone.client.status().unpushed == 1
    phone.client.sync()
    assert [each["first_name"] for each in phone.client.all("clients")] == ["Benjamin"]
    assert [each["subject"] for each in phone.client.all("tasks")] == ["Call Ben"]
    assert phone.client.sync(verify=True).drifted == []


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


def test_a_copy_that_has_drifted_is_found_and_just_that_is_fetched(desk: Desk, phone: Phone) -> None:
    ann, ben, *others = (desk.write("clients") for _ in range(8))
    phone.client.sync()
    desk.prefer(clients_scope="groups", clients_group_ids=[])
    phone.client._store.write("DELETE FROM records WHERE id = ?", ann)
    desk.prefer(clients_scope="all")
    phone.client._store.write("UPDATE records SET revision = 1 WHERE id = ?", ben)
    made = phone.client.create("tasks", {"subject": "Not sent yet"})
    phone.client.patch("clients", others[0], {"first_name": "Not sent either"})
    assert phone.client.sync().drifted == []
    phone.client.patch("clients", others[1], {"first_name": "Not sent yet"})
    before = len(phone.line.asked)
    assert phone.client.sync(verify=True).drifted == ["clients"]
    assert [each.url.path for each in phone.line.asked[before:]] == [SYNC, VERIFY, VERIFY]
    held = json.loads(phone.line.bodies(VERIFY)[-1])["held"]
    assert held.keys() == {ann[-2:], ben[-2:]}
    assert phone.client.get("clients", ann) is not None
    assert phone.client.get("tasks", made) is not None
    assert phone.client.sync(verify=True).drifted == []


def test_repairs_of_more_than_a_page_come_by_and_by(
    desk: Desk, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    clients = {desk.write("clients") for _ in range(8)}
    phone.client.sync()
    phone.client._store.write("DELETE FROM records WHERE collection = 'clients'")
    monkeypatch.setattr("app.sync.healing.MAX_ROWS", 3)
    assert phone.client.sync(verify=True).drifted == ["clients"]
    assert {each["id"] for each in phone.client.all("clients")} == clients
    assert len(phone.line.bodies(VERIFY)) > 3


def test_a_copy_is_compared_once_a_day_without_being_asked_to(desk: Desk, phone: Phone) -> None:
    desk.write("clients")
    phone.client.sync()
    phone.client._store.write("DELETE FROM records WHERE collection = 'clients'")
    assert phone.client.sync().drifted == []
    phone.waits.now += 86_400
    assert phone.client.sync().drifted == ["clients"]
    assert len(phone.client.all("clients")) == 1


def test_what_is_held_is_counted_with_every_record_that_comes_or_goes(desk: Desk, phone: Phone) -> None:
    clients = [desk.write("clients") for _ in range(5)]
    phone.client.sync()
    desk.delete("clients", clients[0])
    phone.client.patch("clients", clients[1], {"first_name": "Ann"})
    phone.client.sync()
    assert phone.client.digests()["clients"] == digest_of(
        (each["id"], each["revision"]) for each in phone.client.all("clients")
    )
    assert phone.client.digests()["clients"].count == 4


def test_a_file_of_the_first_version_is_taken_over(desk: Desk, phone: Phone) -> None:
    desk.write("clients")
    phone.client.sync()
    held = phone.client.digests()
    phone.client.create("tasks", {"subject": "Call Ann"})
    for statement in (
        *(f"DROP TRIGGER record_{each}" for each in ("came", "left", "changed")),
        "DROP TABLE digests",
        "DROP TABLE merged",
        "ALTER TABLE queue DROP COLUMN is_sent",
        "ALTER TABLE records DROP COLUMN is_ours",
        "PRAGMA user_version = 1",
    ):
        phone.client._store.write(statement)
    phone.restart()
    assert phone.client.digests() == held
    report = phone.client.sync(verify=True)
    assert (report.pushed, report.drifted) == (1, [])


def test_who_was_merged_is_found_under_who_stays_and_what_waits_names_them(desk: Desk, phone: Phone) -> None:
    gone, stays = (desk.write("clients", first_name=name) for name in ("Laura", "Laura H."))
    phone.client.sync()
    booked = phone.client.create("sessions", {"client_id": gone, "description": "Spring"})
    phone.client.command("clients", gone, "merge", {"into": stays})
    other = phone.client.create("tasks", {"subject": "Call Laura", "client_id": gone})
    report = phone.client.sync(verify=True)
    assert [each.code for each in report.refused] == []
    assert phone.pages[-1].merged == {"clients": {gone: stays}}
    assert phone.client.get("clients", gone) is None
    assert phone.client.survivor("clients", gone) == stays
    late = phone.client.get("sessions", booked), phone.client.get("tasks", other)
    assert [each and each["client_id"] for each in late] == [stays, stays]


def test_a_link_that_waits_names_who_stays_before_it_is_sent(
    desk: Desk, new_phone: Callable[..., Phone]
) -> None:
    phone, other = new_phone(), new_phone()
    gone, stays = (desk.write("clients", first_name=name) for name in ("Laura", "Laura H."))
    for each in (phone, other):
        each.client.sync()
    other.client.command("clients", gone, "merge", {"into": stays})
    other.client.sync()
    task: list[str] = []

    def books_meanwhile(request: httpx.Request) -> None:
        if request.url.path == SYNC and not task:
            task.append(phone.client.create("tasks", {"subject": "Call Laura", "client_id": gone}))

    phone.line.instead = books_meanwhile
    phone.client.sync(verify=True)
    [push] = phone.line.pushes()
    assert json.loads(push)["changes"][0]["fields"]["client_id"] == stays
    assert [verdict["verdict"] for _, verdict in phone.verdicts] == ["applied"]


def test_a_copy_that_cannot_be_mended_is_told_and_not_fetched_for_ever(desk: Desk, phone: Phone) -> None:
    desk.write("clients")

    def miscounts(request: httpx.Request) -> httpx.Response | None:
        if request.url.path != SYNC:
            return None
        answer = desk.door.handle_request(request)
        told: dict[str, Any] = json.loads(answer.read())
        for digest in (told["pull"]["digests"] or {}).values():
            digest["count"] += 1
        return httpx.Response(200, json=told)

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
        if request.url.path != SYNC:
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
    return problem(500, "internal_error") if pushed(request) else None
