"""The demo studio as it is told: repeatable, parents first, and every amount adds up."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any
from uuid import UUID

import app.studio  # noqa: F401 - declares the collections
from app.demo.scene import Colleague, Scene
from app.demo.stories import stories
from app.studio.starter import starter_writes
from app.sync import registry
from app.sync.store import Write
from app.sync.tables import Kind
from app.sync.validation import canonical

ACCOUNT_ID = UUID("11111111-2222-4333-8444-555555555555")
TODAY = date(2026, 11, 21)
STAFF = (Colleague(str(UUID(int=1)), "JD", "Jo Doyle"), Colleague(str(UUID(int=2)), "MK", "Mira Keller"))
CLIENTS = 400


@cache
def told(clients: int = CLIENTS, seed: int = 1, today: date = TODAY) -> list[Write]:
    scene = Scene(ACCOUNT_ID, seed, clients, today, STAFF)
    return [write for story in stories(scene) for write in story]


def fields(collection: str) -> list[Mapping[str, Any]]:
    return [each.fields for each in told() if each.collection == collection and each.fields is not None]


def test_the_same_seed_and_day_tell_the_same_studio() -> None:
    scene = Scene(ACCOUNT_ID, 1, CLIENTS, TODAY, STAFF)
    assert [write for story in stories(scene) for write in story] == told()


def test_another_seed_tells_of_other_people() -> None:
    mine = {each.record_id for each in told() if each.collection == "clients"}
    theirs = {each.record_id for each in told(seed=2) if each.collection == "clients"}
    assert not mine & theirs


def test_two_thousand_clients_make_about_forty_thousand_records() -> None:
    assert 18 * CLIENTS < len(told()) < 23 * CLIENTS


def test_a_record_is_told_once_and_after_all_it_refers_to() -> None:
    known = {(each.collection, str(each.record_id)) for each in starter_writes(ACCOUNT_ID)}
    known |= {("staff", colleague.user_id) for colleague in STAFF}
    listed = set(known)
    for each in told():
        collection = registry.named(each.collection)
        assert collection is not None
        assert each.fields is not None
        for spec in collection.links:
            value = each.fields.get(spec.name)
            for link in (value or []) if spec.kind is Kind.IDS else [value] if value else []:
                assert (spec.link, link) in known, f"{each.collection}.{spec.name}"
        key = (each.collection, str(each.record_id))
        assert key not in known or key in listed
        known.add(key)


def test_every_record_is_valid() -> None:
    for each in told():
        collection = registry.named(each.collection)
        assert collection is not None
        assert each.fields is not None
        if each.collection not in ("companies", "client_statuses"):  # these are changed, not made
            canonical(collection, each.fields)


def test_numbers_are_given_once() -> None:
    for collection, number in (
        ("clients", "client_number"),
        ("sessions", "session_number"),
        ("invoices", "invoice_number"),
        ("invoices", "web_order_number"),
        ("tasks", "task_number"),
    ):
        given = [each[number] for each in fields(collection) if each.get(number) is not None]
        assert given
        assert len(given) == len(set(given))


def test_invoices_agree_with_their_payments() -> None:
    paid: Counter[str] = Counter()
    pending: Counter[str] = Counter()
    for each in fields("payments"):
        (paid if each.get("state") == "approved" else pending)[each["invoice_id"]] += each["amount"]
    for write in told():
        if write.collection == "invoices" and write.fields is not None:
            invoice = str(write.record_id)
            assert write.fields["paid"] == paid[invoice]
            assert write.fields["pending_payments"] == pending[invoice]
            assert pending[invoice] <= max(write.fields["balance_due"], 0)


def test_a_client_owes_the_sum_of_the_invoices_and_has_the_deposits_left() -> None:
    owed: Counter[str] = Counter()
    deposits: Counter[str] = Counter()
    for each in fields("invoices"):
        owed[each["bill_to_client_id"]] += each["balance_due"]
    for each in fields("payments"):
        if each["invoice_id"] is None:
            deposits[each["client_id"]] += each["amount"]
    for write in told():
        if write.collection == "clients" and write.fields is not None:
            client = str(write.record_id)
            assert write.fields["balance"] == owed[client]
            assert write.fields["unapplied_deposits"] == deposits[client]
    assert any(owed.values())
    assert any(deposits.values())


def test_the_calendar_spans_five_years_past_and_one_ahead() -> None:
    days = sorted(each["date"] for each in fields("sessions"))
    assert "2021-11-22" <= days[0] < "2022-03-01"
    assert "2027-06-01" < days[-1] <= "2027-11-21"


def test_statuses_fit_their_dates() -> None:
    names = {
        str(each.record_id): each.fields["description"]
        for each in starter_writes(ACCOUNT_ID)
        if each.fields is not None
    }
    seen = defaultdict(set)
    for each in fields("sessions"):
        is_past = each["date"] < TODAY.isoformat() and not each["is_cancelled"]
        seen[is_past].add(names[each["status_id"]])
    assert seen[False] == {"Booked"}
    assert "Booked" not in seen[True]
    assert {"Images online", "Delivered"} <= seen[True]
    for each in fields("tasks"):
        assert (names[each["status_id"]] == "Done") == (each["complete_date"] is not None)


def test_nobody_photographs_two_sessions_at_once() -> None:
    taken = Counter(
        (each["photographer_id"], each["date"], each["start_time"]) for each in fields("sessions")
    )
    assert max(taken.values()) == 1


def test_every_collection_is_in_the_studio() -> None:
    present = {each.collection for each in [*told(), *starter_writes(ACCOUNT_ID)]} | {"staff"}
    absent = {each.name for each in registry.collections()} - present
    assert "studios" in absent  # only an enterprise account has several
    assert not absent & {"clients", "sessions", "invoices", "payments", "emails", "special_events"}


def test_what_happened_is_told_of_its_day_and_by_who_works_there() -> None:
    initials = {colleague.initials for colleague in STAFF}
    lines = [
        line.split(" ")
        for name in ("clients", "sessions", "invoices", "appointments", "tasks")
        for told_of in fields(name)
        for line in told_of["status_notes"].splitlines()
    ]
    assert {line[2] for line in lines} == initials
    assert {date.fromisoformat(line[0]) > TODAY for line in lines} == {False}
    for name in ("sessions", "appointments", "tasks"):
        for told_of in fields(name):
            days = [line[:16] for line in told_of["status_notes"].splitlines()]
            assert days == sorted(days, reverse=True)
