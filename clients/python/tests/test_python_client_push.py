"""Pushing: edits laid over the copy at once, and each one judged once, whatever happens on the way."""

import json
import shutil
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import uuid4

import httpx
import pytest

from clients.python.tests.phones import SYNC, Phone, pushed, without_page
from clients.python.tests.problems import problem
from clients.python.tests.serving import Desk
from studio_sync_client import AlreadyHeld, NoAnswer, NotHeld, Problem, RetryLater, TooMuchAtOnce
from tests.samples import sample

NOWHERE = "00000000-0000-4000-8000-000000000001"


def test_a_record_made_in_a_tunnel_is_there_at_once_and_everywhere_after_a_sync(
    new_phone: Callable[..., Phone],
) -> None:
    phone, other = new_phone(), new_phone()
    phone.client.sync()
    made = phone.client.create("clients", {"first_name": "Ann", "last_name": "Reed"})
    phone.client.patch("clients", made, {"job_title": "Pilot"})
    shown = phone.client.get("clients", made)
    assert shown is not None
    assert (shown["first_name"], shown["job_title"], shown["phones"]) == ("Ann", "Pilot", [])
    report = phone.client.sync(verify=True)
    assert (report.pushed, report.refused, phone.client.status().unpushed) == (2, [], 0)
    other.client.sync(verify=True)
    assert other.client.get("clients", made) == phone.client.get("clients", made)
    phone.client.delete("clients", made)
    assert phone.client.get("clients", made) is None
    phone.client.sync(verify=True)
    other.client.sync(verify=True)
    assert other.client.get("clients", made) is None


def test_what_one_screen_saves_stands_or_falls_together(phone: Phone) -> None:
    phone.client.sync()
    with phone.client.save() as save:
        client = save.create("clients", {"first_name": "Ann"})
        save.create("tasks", {"subject": "Call Ann", "client_id": client})
        save.create("tasks", {"subject": "Call nobody", "client_id": NOWHERE})
    alone = phone.client.create("tasks", {"subject": "Buy film"})
    report = phone.client.sync(verify=True)
    assert [(each.verdict, each.code) for each in report.refused] == [
        ("blocked", "depends_on_refused"),
        ("blocked", "depends_on_refused"),
        ("rejected", "unknown_reference"),
    ]
    assert [each.typed.get("subject") for each in phone.client.refusals()] == [
        None,
        "Call Ann",
        "Call nobody",
    ]
    assert [each["id"] for each in phone.client.all("tasks")] == [alone]
    assert phone.client.all("clients") == []


def test_nothing_of_a_save_is_kept_when_the_screen_fails(phone: Phone) -> None:
    def forgetful() -> None:
        with phone.client.save() as save:
            save.create("clients", {"first_name": "Ann"})
            raise KeyError("the screen broke")

    with pytest.raises(KeyError):
        forgetful()
    assert (phone.client.all("clients"), phone.client.status().unpushed) == ([], 0)


def test_only_what_is_there_is_changed_and_only_what_is_not_is_made(phone: Phone) -> None:
    made = phone.client.create("clients", {"first_name": "Ann"})
    with pytest.raises(AlreadyHeld):
        phone.client.create("clients", {"first_name": "Ann"}, made)
    phone.client.delete("clients", made)
    with pytest.raises(NotHeld):
        phone.client.patch("clients", made, {"first_name": "Anna"})
    with pytest.raises(TooMuchAtOnce):
        _save_too_much(phone)
    assert phone.client.status().unpushed == 2


def test_a_push_whose_answer_was_lost_is_sent_again_to_the_byte_and_counts_once(
    desk: Desk, new_phone: Callable[..., Phone]
) -> None:
    phone = new_phone(attempts=1)
    phone.client.sync()
    phone.client.create("tasks", {"subject": "Call Ann"})
    phone.client.create("tasks", {"subject": "Call nobody", "client_id": NOWHERE})
    phone.line.lose(SYNC)
    with pytest.raises(NoAnswer):
        phone.client.sync()
    phone.restart()
    phone.client.sync(verify=True)
    first, again = phone.line.pushes()
    assert first == again
    assert [each["subject"] for each in phone.client.all("tasks")] == ["Call Ann"]
    assert len(phone.client.refusals()) == 1
    assert len(desk.execute("SELECT id FROM tasks WHERE account_id = $1")) == 1


def test_an_answer_that_comes_late_does_not_undo_what_was_pulled_since(
    desk: Desk, new_phone: Callable[..., Phone]
) -> None:
    phone = new_phone(attempts=1)
    ann = desk.write("clients", last_name="Reed")
    phone.client.sync()
    phone.client.patch("clients", ann, {"last_name": "Hale"})

    def answers_for_it(request: httpx.Request) -> httpx.Response | None:
        if pushed(request) is None:
            return None
        desk.door.handle_request(request)
        desk.write("clients", ann, last_name="Quill")
        return problem(500, "internal_error")

    phone.line.instead = answers_for_it
    with pytest.raises(Problem):
        phone.client.sync()
    phone.line.instead = lambda _: None
    phone.client.sync(verify=True)
    [(_, verdict)] = phone.verdicts
    assert verdict["verdict"] == "applied"
    assert [each["last_name"] for each in phone.client.all("clients")] == ["Quill"]


def test_edits_of_different_fields_are_both_kept_and_what_was_lost_is_told(desk: Desk, phone: Phone) -> None:
    ann = desk.write("clients", last_name="Reed", job_title=None)
    phone.client.sync()
    phone.client.patch("clients", ann, {"last_name": "Hale", "job_title": "Pilot"})
    desk.write("clients", ann, last_name="Quill")
    [refusal] = phone.client.sync(verify=True).refused
    assert (refusal.verdict, refusal.code, list(refusal.fields or {})) == (
        "merged", "changed_meanwhile", ["last_name"],
    )  # fmt: skip
    assert refusal.typed["last_name"] == "Hale"
    [shown] = phone.client.all("clients")
    assert (shown["last_name"], shown["job_title"]) == ("Quill", "Pilot")


def test_what_was_lost_waits_in_the_inbox_until_somebody_decides(desk: Desk, phone: Phone) -> None:
    ann = desk.write("clients", last_name="Reed")
    phone.client.sync()
    phone.client.patch("clients", ann, {"last_name": "Hale"})
    desk.write("clients", ann, last_name="Quill")
    [refusal] = phone.client.sync(verify=True).refused
    assert refusal.inbox_id is not None
    entry = phone.client.get("inbox", refusal.inbox_id)
    assert entry is not None
    assert (entry["typed"], entry["resolution"]) == ({"last_name": "Hale"}, None)
    [waiting] = phone.client.inbox()
    assert (waiting.id, waiting.collection, waiting.record_id) == (refusal.inbox_id, "clients", ann)
    assert (waiting.typed, waiting.kept) == ({"last_name": "Hale"}, {"last_name": "Quill"})
    phone.client.resolve(waiting, "take_mine")
    assert phone.client.inbox() == []
    assert phone.client.sync(verify=True).refused == []
    assert [each["last_name"] for each in phone.client.all("clients")] == ["Hale"]
    assert [each["resolution"] for each in phone.client.all("inbox")] == ["take_mine"]


def test_what_was_wrong_is_put_right_in_the_inbox_or_left(phone: Phone) -> None:
    phone.client.create("tasks", {"subject": "Call Ann", "priority": 77})
    phone.client.create("tasks", {"subject": "Call Ben", "priority": 78})
    phone.client.sync()
    ann, ben = sorted(phone.client.inbox(), key=lambda entry: str(entry.typed["subject"]))
    assert (ann.code, list(ann.reasons), ann.kept) == ("invalid_fields", ["priority"], None)
    phone.client.resolve(ann, "take_mine")
    phone.client.resolve(ben, "dismiss")
    [refusal] = phone.client.sync(verify=True).refused
    assert (refusal.collection, refusal.verdict) == ("inbox", "rejected")
    assert [each.id for each in phone.client.inbox()] == [ann.id]
    phone.client.resolve(ann, "take_mine", {"priority": 7})
    assert phone.client.sync(verify=True).refused == []
    assert phone.client.inbox() == []
    assert [(each["subject"], each["priority"]) for each in phone.client.all("tasks")] == [("Call Ann", 7)]


def test_what_a_user_should_know_comes_with_the_report(desk: Desk, phone: Phone) -> None:
    company = desk.studio.account.account_id
    desk.write(
        "companies",
        str(company),
        **sample("companies", duplicate_checks=["email"], validation_rules=[], client_number_status_id=None),
    )
    ann = phone.client.create("clients", {"first_name": "Ann", "email": "ann@reed.example"})
    phone.client.sync()
    again = phone.client.create("clients", {"first_name": "Anna", "email": "ann@reed.example"})
    [warned] = phone.client.sync().warnings
    assert (warned.id, warned.code, warned.records) == (again, "possible_duplicates", (ann,))


def test_members_are_added_to_a_list_and_removed_at_once_and_by_two_phones(
    desk: Desk, new_phone: Callable[..., Phone]
) -> None:
    phone, other = new_phone(), new_phone()
    emma, noah, lou = ({"id": str(uuid4()), "first_name": name} for name in ("Emma", "Noah", "Lou"))
    ann = desk.write("clients", family=[emma, noah])
    for each in (phone, other):
        each.client.sync()
    phone.client.patch("clients", ann, {"family": {"add": [lou], "remove": [emma["id"]]}})
    other.client.patch("clients", ann, {"family": {"remove": [noah["id"]]}})
    assert _family(phone) == ["Noah", "Lou"]
    assert _family(other) == ["Emma"]
    for each in (phone, other, phone):
        assert each.client.sync(verify=True).refused == []
    assert _family(phone) == _family(other) == ["Lou"]


def test_an_edit_by_others_outlives_a_deletion(desk: Desk, phone: Phone) -> None:
    task = desk.write("tasks", subject="Order frames")
    phone.client.sync()
    phone.client.delete("tasks", task)
    desk.write("tasks", task, subject="Order large frames")
    [refusal] = phone.client.sync(verify=True).refused
    assert (refusal.op, refusal.verdict) == ("delete", "conflict")
    assert [each["subject"] for each in phone.client.all("tasks")] == ["Order large frames"]


def test_what_is_typed_while_a_push_is_under_way_is_kept_and_sent_next(desk: Desk, phone: Phone) -> None:
    ann = desk.write("clients", first_name="Ann", last_name="Reed")
    phone.client.sync()
    phone.client.patch("clients", ann, {"last_name": "Hale"})
    desk.write("clients", ann, last_name="Quill")

    def typed_meanwhile(request: httpx.Request) -> None:
        if pushed(request) and not phone.verdicts:
            phone.client.patch("clients", ann, {"first_name": "Anna"})

    phone.line.instead = typed_meanwhile
    phone.client.sync(verify=True)
    [shown] = phone.client.all("clients")
    assert (shown["first_name"], shown["last_name"]) == ("Anna", "Quill")
    assert [verdict["verdict"] for _, verdict in phone.verdicts] == ["conflict", "applied"]


def test_a_record_made_outside_what_the_phone_holds_is_dropped_with_its_verdict(
    desk: Desk, new_phone: Callable[..., Phone]
) -> None:
    phone = new_phone(attempts=1)
    desk.prefer(tasks_completed_days=30)
    phone.client.sync()
    made = phone.client.create("tasks", {"subject": "Long done", "complete_date": "2020-01-01"})
    assert phone.client.get("tasks", made) is not None
    phone.line.instead = partial(without_page, desk)
    phone.client.sync()
    assert phone.client.get("tasks", made) is None
    phone.line.instead = lambda _: None
    phone.client.sync(verify=True)
    assert phone.client.refusals() == []
    assert len(desk.execute("SELECT id FROM tasks WHERE account_id = $1")) == 1


def test_a_removal_that_waited_is_carried_out_even_where_a_verdict_brings_a_copy(
    desk: Desk, new_phone: Callable[..., Phone]
) -> None:
    phone = new_phone(attempts=1)
    task = desk.write("tasks", subject="Order frames", complete_date="2020-01-01")
    phone.client.sync()
    phone.client.patch("tasks", task, {"subject": "Order large frames"})
    desk.write("tasks", task, subject="Order small frames")
    desk.prefer(tasks_completed_days=30)
    phone.line.instead = lambda request: problem(500, "internal_error") if pushed(request) else None
    with pytest.raises(Problem):
        phone.client.sync()
    desk.prefer(tasks_completed_days=None)
    phone.line.instead = partial(without_page, desk)
    phone.client.sync()
    [(_, verdict)] = phone.verdicts
    assert (verdict["in_scope"], verdict["server"]["subject"]) == (True, "Order small frames")
    desk.prefer(tasks_completed_days=30)
    phone.line.instead = lambda _: None
    assert phone.client.sync(verify=True).drifted == []
    assert phone.client.all("tasks") == []


def test_a_gap_is_closed_by_numbering_anew(desk: Desk, phone: Phone) -> None:
    phone.client.create("tasks", {"subject": "One"})
    phone.client.sync()
    desk.execute("DELETE FROM verdicts WHERE account_id = $1")
    desk.execute("UPDATE device_streams SET last = 0 WHERE account_id = $1")
    phone.client.create("tasks", {"subject": "Two"})
    phone.client.create("tasks", {"subject": "Three"})
    phone.client.sync(verify=True)
    assert [change["n"] for change, _ in phone.verdicts] == [1, 1, 2]
    assert len(desk.execute("SELECT id FROM tasks WHERE account_id = $1")) == 3


def test_two_copies_of_one_phone_part_ways_and_lose_nothing(new_phone: Callable[..., Phone]) -> None:
    phone = new_phone(attempts=1)
    phone.client.sync()
    phone.client.create("tasks", {"subject": "Before the backup"})
    phone.client.close()
    restored = phone.path.with_name("restored.db")
    shutil.copy(phone.path, restored)
    phone.client = phone.open()
    phone.client.patch("tasks", phone.client.all("tasks")[0]["id"], {"subject": "After the backup"})
    phone.client.sync()
    phone.client.close()
    phone.path = restored
    phone.client = phone.open()
    phone.sign_in()
    phone.client.create("tasks", {"subject": "On the restored phone"})
    phone.client.sync(verify=True)
    assert {each["subject"] for each in phone.client.all("tasks")} == {
        "After the backup", "On the restored phone",
    }  # fmt: skip
    streams = {json.loads(body)["stream"] for body in phone.line.pushes()}
    assert len(streams) == 2
    [refusal] = phone.client.refusals()
    assert (refusal.code, refusal.typed) == ("already_exists", {"subject": "Before the backup"})


def test_a_queue_longer_than_a_push_goes_in_parts(desk: Desk, phone: Phone) -> None:
    phone.client.sync()
    for number in range(0, 600, 3):
        with phone.client.save() as save:
            for place in range(3):
                save.create("tasks", {"subject": f"Task {number + place}"})
    assert phone.client.sync(verify=True).pushed == 600
    sizes = [len(json.loads(body)["changes"]) for body in phone.line.pushes()]
    assert sizes == [498, 102]
    assert len(desk.execute("SELECT id FROM tasks WHERE account_id = $1")) == 600


def test_a_push_has_no_more_bytes_than_the_server_takes(phone: Phone) -> None:
    phone.client.sync()
    kept = phone.client._store.state("manifest")
    kept["limits"]["max_push_bytes"] = 20_000
    phone.client._store.keep("manifest", kept)
    for number in range(9):
        phone.client.create("tasks", {"subject": f"Task {number}", "description": "é" * 1_000})
    phone.client.sync(verify=True)
    pushes = phone.line.pushes()
    assert [len(json.loads(body)["changes"]) for body in pushes] == [3, 3, 3]
    assert max(len(body) for body in pushes) < 20_000


def test_a_push_that_is_too_large_for_the_server_is_halved(phone: Phone) -> None:
    phone.client.sync()
    for number in range(8):
        phone.client.create("tasks", {"subject": f"Task {number}"})

    def takes_three(request: httpx.Request) -> httpx.Response | None:
        push = pushed(request)
        return problem(413, "too_large", max_bytes=100) if push and len(push["changes"]) > 3 else None

    phone.line.instead = takes_three
    assert phone.client.sync(verify=True).pushed == 8
    sizes = [len(json.loads(body)["changes"]) for body in phone.line.pushes()]
    assert sizes == [8, 4, 2, 2, 2, 2]


def test_one_malformed_change_is_set_aside_and_holds_up_nobody(desk: Desk, phone: Phone) -> None:
    phone.client.sync()
    for number in range(9):
        phone.client.create("tasks", {"subject": f"Task {number}"})
    with phone.client.save() as save:
        ann = save.create("clients", {"first_name": "Half an emoji \ud83d"})
        save.create("tasks", {"subject": "Call Ann", "client_id": ann})
    late = phone.client.create("tasks", {"subject": "Visit Ann", "client_id": ann})
    for number in range(9):
        phone.client.create("tasks", {"subject": f"Task {number + 9}"})
    refused = phone.client.sync(verify=True).refused
    assert [(each.verdict, each.code) for each in refused] == [
        ("set_aside", "invalid_json"), ("set_aside", "invalid_json"), ("rejected", "unknown_reference"),
    ]  # fmt: skip
    assert refused[0].typed == {"first_name": "Half an emoji \ud83d"}
    assert refused[0].answer["problem"]["reason"] == "lone_surrogate"
    assert phone.client.get("clients", ann) is None
    assert phone.client.get("tasks", late) is None
    assert len(desk.execute("SELECT id FROM tasks WHERE account_id = $1")) == 18
    assert phone.client.status().unpushed == 0


def test_a_change_the_server_breaks_on_is_set_aside_after_some_syncs(
    desk: Desk, new_phone: Callable[..., Phone]
) -> None:
    phone = new_phone(attempts=1)
    phone.client.sync()
    for subject in ("Before", "Poison", "After"):
        phone.client.create("tasks", {"subject": subject})

    def breaks(request: httpx.Request) -> httpx.Response | None:
        return problem(500, "internal_error") if b"Poison" in request.content else None

    phone.line.instead = breaks
    for _ in range(3):
        with pytest.raises(Problem, match="internal_error"):
            phone.client.sync()
        assert phone.client.status().unpushed == 3
    [refusal] = phone.client.sync(verify=True).refused
    assert (refusal.verdict, refusal.typed) == ("set_aside", {"subject": "Poison"})
    assert len(desk.execute("SELECT id FROM tasks WHERE account_id = $1")) == 2


def test_what_cannot_be_sent_is_told_of(desk: Desk, new_phone: Callable[..., Phone]) -> None:
    phone = new_phone(attempts=1)
    phone.client.sync()
    [told] = [each for each in desk.devices() if each["id"] == phone.device_id]
    assert (told["queued"], told["oldest_queued_at"]) == (0, None)
    phone.client.create("tasks", {"subject": "Poison"})

    def breaks(request: httpx.Request) -> httpx.Response | None:
        return problem(500, "internal_error") if b"Poison" in request.content else None

    phone.line.instead = breaks
    with pytest.raises(Problem, match="internal_error"):
        phone.client.sync()
    [told] = [each for each in desk.devices() if each["id"] == phone.device_id]
    assert told["queued"] == 1
    assert told["oldest_queued_at"]


@pytest.mark.parametrize(("status", "code"), [(429, "rate_limited"), (503, "unavailable")])
def test_a_busy_server_is_waited_for_as_long_as_it_asks(phone: Phone, status: int, code: str) -> None:
    answers = iter([problem(status, code, 7), problem(status, code, 2)])
    phone.line.instead = lambda request: next(answers, None) if request.url.path == SYNC else None
    phone.client.create("tasks", {"subject": "Call Ann"})
    phone.client.sync()
    assert phone.waits.slept == [7 + 0.5 * 3.5, 2 + 0.5]
    assert len(set(phone.line.pushes())) == 1


def test_a_network_that_fails_is_tried_at_growing_intervals(new_phone: Callable[..., Phone]) -> None:
    phone = new_phone(attempts=5)
    phone.line.lose("/v1/sync/manifest", 4)
    phone.client.sync()
    assert phone.waits.slept == [1.5, 2.5, 5, 10]


def test_a_server_that_asks_for_too_long_a_wait_ends_the_sync_for_now(phone: Phone) -> None:
    phone.client.create("tasks", {"subject": "Call Ann"})
    phone.line.instead = lambda request: (
        problem(503, "unavailable", 3600) if request.url.path == SYNC else None
    )
    with pytest.raises(Problem) as told:
        phone.client.sync()
    assert told.value.retry_after == 3600
    assert (phone.waits.slept, phone.client.status().unpushed) == ([], 1)


def test_what_the_server_has_not_tried_is_sent_again(desk: Desk, phone: Phone) -> None:
    phone.client.create("tasks", {"subject": "One"})
    phone.client.create("tasks", {"subject": "Two"})

    def tries_one(request: httpx.Request) -> httpx.Response | None:
        if pushed(request) is None:
            return None
        sent: dict[str, Any] = json.loads(request.content)
        sent["push"]["changes"] = sent["push"]["changes"][:1]
        first = httpx.Request("POST", request.url, headers=_bare(request), json=sent)
        answer = json.loads(desk.door.handle_request(first).read())
        results = answer["push"]["results"]
        results.append({**results[0], "n": 2, "verdict": "retry"})
        return httpx.Response(200, json=answer)

    phone.line.instead = tries_one
    with pytest.raises(RetryLater):
        phone.client.sync()
    assert phone.client.status().unpushed == 1
    phone.line.instead = lambda _: None
    phone.client.sync(verify=True)
    assert {each["subject"] for each in phone.client.all("tasks")} == {"One", "Two"}


def _bare(request: httpx.Request) -> dict[str, str]:
    return {"Authorization": request.headers["Authorization"]}


def _family(phone: Phone) -> list[str]:
    [client] = phone.client.all("clients")
    return [each["first_name"] for each in client["family"]]


def _save_too_much(phone: Phone) -> None:
    with phone.client.save() as save:
        for _ in range(501):
            save.create("tasks", {"subject": "Too many"})
