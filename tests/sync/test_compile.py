"""What a device should hold, compiled from circumstances alone: each preference, right and day in tables."""

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest

import app.studio  # noqa: F401 - declares the collections
from app.core.principal import Channel, Level, Principal
from app.core.revisions import Clock
from app.studio.preferences import MobilePreferences
from app.studio.session_statuses import FINAL_SESSION_STATUSES
from app.studio.trimming import ESTIMATE, PROSPECT
from app.sync import registry
from app.sync.anchors import ALWAYS, NOT_YET, Anchors
from app.sync.circumstances import ALL, Circumstances, Sight
from app.sync.compile import compile_rights, compile_scope
from app.sync.fields import Part
from app.sync.registry import Collection
from app.sync.rendering import BIT
from app.sync.scope import EARLIEST, Rule
from app.sync.sight import sight_of
from tests.samples import named

TODAY = date(2026, 6, 15)
WEDDINGS, SCHOOLS, INACTIVE, GONE, UNHEARD_OF = (str(UUID(int=n)) for n in range(1, 6))
NUMBERS = {WEDDINGS: 1, SCHOOLS: 2, INACTIVE: 3, GONE: 4, PROSPECT: 5, ESTIMATE: 6}
ME, MY_DEPARTMENT, DELIVERED = 7, 8, 9

SLOTS = {
    "sessions": 1,
    "appointments": 2,
    "invoices": 3,
    "payments": 4,
    "tasks": 5,
    "phone_calls": 6,
    "emails": 7,
    "text_messages": 8,
}
USUAL = {
    "sessions": "2025-06-15",
    "appointments": "2026-03-17",
    "invoices": "2025-06-15",
    "payments": "2025-06-15",
    "tasks": "2026-05-16",
    "phone_calls": "2026-03-17",
    "emails": "2026-05-16",
    "text_messages": "2026-03-17",
}
"""How far each kind of a client's children reaches back when nobody has set anything."""


def day(text: str) -> date:
    return date.fromisoformat(text)


def edges(**reaching_back: str) -> tuple[tuple[int, date], ...]:
    return tuple(sorted((SLOTS[name], day(text)) for name, text in reaching_back.items()))


CHILDREN = edges(**USUAL)
NOTES, CUSTOM, CONTENT, PREVIEW = (BIT[part] for part in Part)


def given(**preferences: Any) -> Circumstances:
    """Return the circumstances of a user who is no administrator and is in one department."""
    return Circumstances(
        today=TODAY,
        preferences=MobilePreferences.model_validate_json(orjson.dumps(preferences)),
        me=ME,
        mine=(ME, MY_DEPARTMENT),
        numbers=NUMBERS,
        facts={FINAL_SESSION_STATUSES: (DELIVERED,)},
    )


def on(today: date, **preferences: Any) -> Circumstances:
    return replace(given(**preferences), today=today)


def compiled(circumstances: Circumstances, *names: str) -> dict[str, Rule]:
    scope = compile_scope(circumstances, names or None)
    return {registry.numbered(number).name: rule for number, rule in scope.items()}


def changed(before: Circumstances, after: Circumstances) -> dict[str, dict[str, Any]]:
    """Return what differs between two scopes, rule by rule."""
    old, new = compiled(before), compiled(after)
    assert old.keys() == new.keys()
    found = {
        name: {
            each.name: getattr(rule, each.name)
            for each in fields(Rule)
            if getattr(rule, each.name) != getattr(old[name], each.name)
        }
        for name, rule in new.items()
    }
    return {name: what for name, what in found.items() if what}


def test_what_a_company_that_has_set_nothing_sends() -> None:
    usual = compiled(given())
    trimmed = {
        "special_events": Rule(lo=day("2026-05-16")),
        "sessions": Rule(lo=day(USUAL["sessions"])),
        "invoices": Rule(lo=day(USUAL["invoices"]), excluded=(6,), edges=edges(payments=USUAL["payments"])),
        "payments": Rule(lo=day(USUAL["payments"])),
        "appointments": Rule(lo=day(USUAL["appointments"])),
        "tasks": Rule(lo=day(USUAL["tasks"]), me=ME),
        "phone_calls": Rule(lo=day(USUAL["phone_calls"])),
        "emails": Rule(lo=day(USUAL["emails"])),
        "text_messages": Rule(lo=day(USUAL["text_messages"])),
        "inbox": Rule(lo=day("2026-05-16"), me=ME),
    }
    assert {name: rule for name, rule in usual.items() if rule != Rule()} == trimmed
    assert usual.keys() == {each.name for each in registry.collections()}


EVERY_PREFERENCE: list[tuple[dict[str, Any], dict[str, dict[str, Any]]]] = [
    (
        {"clients_scope": "groups", "clients_group_ids": [SCHOOLS, WEDDINGS]},
        {"clients": {"required": (1, 2), "edges": CHILDREN}},
    ),
    (
        {"clients_scope": "groups", "clients_group_ids": []},
        {"clients": {"required": (), "edges": CHILDREN}},
    ),
    (
        {"clients_scope": "groups", "clients_group_ids": [UNHEARD_OF]},
        {"clients": {"required": (), "edges": CHILDREN}},
    ),
    ({"clients_group_ids": [WEDDINGS]}, {}),
    (
        {"clients_scope": "activity"},
        {"clients": {"lo": day("2024-06-25"), "by_activity": True, "edges": CHILDREN}},
    ),
    (
        {"clients_scope": "activity", "clients_activity_months": 1},
        {"clients": {"lo": day("2026-05-16"), "by_activity": True, "edges": CHILDREN}},
    ),
    ({"clients_scope": "activity", "clients_activity_months": 0}, {}),
    ({"clients_activity_months": 1}, {}),
    (
        {"clients_exclude_status_ids": [GONE, INACTIVE]},
        {"clients": {"excluded": (3, 4), "edges": CHILDREN}},
    ),
    ({"clients_exclude_status_ids": [UNHEARD_OF]}, {}),
    ({"include_prospects": False}, {"clients": {"excluded": (5,), "edges": CHILDREN}}),
    ({"sessions_past_days": 7}, {"sessions": {"lo": day("2026-06-08")}}),
    ({"sessions_past_days": 0}, {"sessions": {"lo": TODAY}}),
    ({"sessions_past_days": None}, {"sessions": {"lo": EARLIEST}}),
    ({"sessions_future_days": 30}, {"sessions": {"hi": day("2026-07-15")}}),
    ({"sessions_future_days": 0}, {"sessions": {"hi": TODAY}}),
    ({"sessions_exclude_final_status": True}, {"sessions": {"excluded": (DELIVERED,)}}),
    ({"appointments_past_days": 7}, {"appointments": {"lo": day("2026-06-08")}}),
    ({"appointments_past_days": None}, {"appointments": {"lo": EARLIEST}}),
    ({"appointments_future_days": 1}, {"appointments": {"hi": day("2026-06-16")}}),
    ({"schedule_users": "own"}, {"sessions": {"owners": (ME,)}, "appointments": {"owners": (ME,)}}),
    (
        {"schedule_users": "departments"},
        {
            "sessions": {"owners": (ME, MY_DEPARTMENT)},
            "appointments": {"owners": (ME, MY_DEPARTMENT)},
        },
    ),
    ({"special_events_past_days": 0}, {"special_events": {"lo": TODAY}}),
    ({"special_events_past_days": None}, {"special_events": {"lo": EARLIEST}}),
    ({"tasks_completed_days": 1}, {"tasks": {"lo": day("2026-06-14")}}),
    ({"tasks_completed_days": None}, {"tasks": {"lo": EARLIEST}}),
    ({"tasks_scope": "mine"}, {"tasks": {"owners": (ME, MY_DEPARTMENT)}}),
    ({"calls_past_days": 14}, {"phone_calls": {"lo": day("2026-06-01")}}),
    ({"emails_past_days": 15}, {"emails": {"lo": day("2026-05-31")}}),
    ({"email_bodies": "preview"}, {"emails": {"omit": CONTENT}}),
    ({"email_bodies": "headers"}, {"emails": {"omit": CONTENT | PREVIEW}}),
    ({"texts_past_days": 0}, {"text_messages": {"lo": TODAY}}),
    ({"invoices_past_days": 30}, {"invoices": {"lo": day("2026-05-16")}}),
    ({"invoice_lines": False}, {"invoices": {"omit": CONTENT | PREVIEW}}),
    (
        {"payments_past_days": 30},
        {
            "payments": {"lo": day("2026-05-16")},
            "invoices": {"edges": edges(payments="2026-05-16")},
        },
    ),
    ({"include_estimates": True}, {"invoices": {"excluded": ()}}),
]
SWITCHED_OFF = {"finance_snapshot_enabled": "finance_snapshots"}
"""The preferences that keep a whole collection from phones."""


@pytest.mark.parametrize(("preferences", "rules"), EVERY_PREFERENCE, ids=str)
def test_a_preference_changes_these_rules_and_no_others(
    preferences: dict[str, Any], rules: dict[str, dict[str, Any]]
) -> None:
    assert changed(given(), given(**preferences)) == rules


@pytest.mark.parametrize(
    ("key", "part", "bit"),
    [("include_notes", Part.NOTES, NOTES), ("include_custom_fields", Part.CUSTOM, CUSTOM)],
)
def test_a_part_that_is_not_wanted_is_left_out_of_every_collection_that_has_it(
    key: str, part: Part, bit: int
) -> None:
    told = changed(given(), given(**{key: False}))
    assert {each.name for each in registry.collections() if part in each.part_names} <= told.keys()
    assert all(what == {"omit": bit} for what in told.values())


def test_parts_are_left_out_together() -> None:
    told = compiled(given(include_notes=False, include_custom_fields=False, email_bodies="headers"))
    assert told["emails"].omit == NOTES | CUSTOM | CONTENT | PREVIEW
    assert told["clients"] == Rule(omit=NOTES | CUSTOM)


def test_every_preference_is_in_a_table() -> None:
    """Pictures are no collection so far: this preference has nothing to trim."""
    nothing_to_trim = {"include_client_images"}
    for key in nothing_to_trim:
        turned = not getattr(MobilePreferences(), key)
        assert changed(given(), given(**{key: turned})) == {}
    tables = {key for preferences, _ in EVERY_PREFERENCE for key in preferences}
    parts = {"include_notes", "include_custom_fields"}
    assert tables | parts | nothing_to_trim | SWITCHED_OFF.keys() == MobilePreferences.model_fields.keys()


@pytest.mark.parametrize(("key", "collection"), SWITCHED_OFF.items())
def test_a_collection_that_is_switched_off_stays_away_and_no_other(key: str, collection: str) -> None:
    usual, without = compiled(given()), compiled(given(**{key: False}))
    assert without == {name: rule for name, rule in usual.items() if name != collection}
    assert without.keys() != usual.keys()


@pytest.mark.parametrize("key", [key for key in MobilePreferences.model_fields if key.endswith("_days")])
def test_the_longest_window_has_its_first_day_ten_years_back(key: str) -> None:
    [what] = [
        rule
        for name, rule in changed(given(), given(**{key: 3650})).items()
        if not (name == "invoices" and key.startswith("payments"))
    ]
    longest = timedelta(days=3650)
    assert what == ({"hi": TODAY + longest} if "future" in key else {"lo": TODAY - longest})


def test_what_has_no_number_yet_was_never_stamped_and_keeps_nothing_out() -> None:
    young = replace(given(include_prospects=False), numbers={})
    assert compiled(young)["clients"] == Rule()
    assert compiled(young)["invoices"].excluded == ()


# Closure: a child is never there without its parent.


@pytest.mark.parametrize(
    ("preferences", "reaching_back"),
    [
        ({"sessions_past_days": 0}, {"sessions": "2026-06-15"}),
        ({"appointments_past_days": 1}, {"appointments": "2026-06-14"}),
        ({"invoices_past_days": 2}, {"invoices": "2026-06-13"}),
        ({"payments_past_days": 3}, {"payments": "2026-06-12"}),
        ({"tasks_completed_days": 4}, {"tasks": "2026-06-11"}),
        ({"calls_past_days": 5}, {"phone_calls": "2026-06-10"}),
        ({"emails_past_days": 6}, {"emails": "2026-06-09"}),
        ({"texts_past_days": 7}, {"text_messages": "2026-06-08"}),
    ],
)
def test_clients_that_are_trimmed_are_there_for_as_long_as_each_kind_of_child(
    preferences: dict[str, Any], reaching_back: dict[str, str]
) -> None:
    told = compiled(given(clients_scope="groups", **preferences))
    assert told["clients"].edges == edges(**{**USUAL, **reaching_back})


def test_a_window_without_limit_has_an_edge_at_the_beginning_of_time() -> None:
    told = compiled(given(include_prospects=False, sessions_past_days=None))
    assert dict(told["clients"].edges)[SLOTS["sessions"]] == EARLIEST


def test_a_grandchild_holds_its_grandparent() -> None:
    """A payment's day is in its invoice's anchors and in its client's, so the client needs no invoice."""
    told = compiled(given(clients_scope="groups", invoices_past_days=0, payments_past_days=100))
    anchors = Anchors(1, None, latest=(*NOT_YET[:3], TODAY - timedelta(days=99), *NOT_YET[4:]))
    assert told["clients"].admits(anchors)
    assert told["invoices"].admits(anchors._replace(day=TODAY - timedelta(days=200)))
    older = anchors._replace(latest=(*NOT_YET[:3], TODAY - timedelta(days=101), *NOT_YET[4:]))
    assert not told["clients"].admits(older)


def test_where_all_parents_belong_there_are_no_edges() -> None:
    assert compiled(given())["clients"] == Rule()
    assert compiled(given(include_notes=False))["clients"] == Rule(omit=NOTES)


@pytest.fixture
def ruled(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Give a collection another rule for the length of a test."""

    def rule(name: str, belonging: Callable[[Circumstances], Rule | None]) -> None:
        other: Collection = replace(named(name), rule=belonging)
        monkeypatch.setitem(registry._by_name, name, other)
        monkeypatch.setitem(registry._by_number, other.number, other)

    return rule


def test_a_collection_whose_parent_is_off_is_off(ruled: Callable[..., None]) -> None:
    ruled("clients", lambda _: None)
    assert not {"clients", *SLOTS} & compiled(given()).keys()
    assert {"staff", "special_events"} <= compiled(given()).keys()


def test_a_grandchild_is_off_with_its_parent_though_the_grandparent_is_on(
    ruled: Callable[..., None],
) -> None:
    ruled("invoices", lambda _: None)
    told = compiled(given(clients_scope="groups"))
    assert {"invoices", "payments"} & told.keys() == set()
    others = {name: text for name, text in USUAL.items() if name not in ("invoices", "payments")}
    assert told["clients"].edges == edges(**others)


def test_a_collection_may_be_for_newer_apps_alone(ruled: Callable[..., None]) -> None:
    ruled("locations", lambda given: Rule() if given.schema_version >= 2 else None)
    assert "locations" not in compiled(given())
    assert "locations" in compiled(replace(given(), schema_version=2))


def test_who_asks_for_some_collections_gets_them_under_the_same_rules() -> None:
    circumstances = given(clients_scope="groups", payments_past_days=3)
    everything = compiled(circumstances)
    assert compiled(circumstances, "clients") == {"clients": everything["clients"]}
    assert compiled(circumstances, "tasks", "staff") == {
        name: everything[name] for name in ("tasks", "staff")
    }


# Rights: what a user may not see stays away, whatever is preferred.


@pytest.mark.parametrize("scope", ["all", "mine"])
@pytest.mark.parametrize(
    ("owners", "private", "seen", "mine"),
    [
        ((), False, True, False),
        ((ME,), False, True, True),
        ((MY_DEPARTMENT,), False, True, True),
        ((99,), False, True, False),
        ((), True, False, False),
        ((ME, 99), True, True, True),
        ((99,), True, False, False),
        # To be in the department that is to do it is not enough.
        ((MY_DEPARTMENT, 99), True, False, False),
    ],
)
def test_a_private_task_is_for_whoever_gave_it_and_whoever_is_to_do_it(
    scope: str, owners: tuple[int, ...], private: bool, seen: bool, mine: bool
) -> None:
    task = Anchors(1, None, day=ALWAYS, owners=owners, private=private)
    admitted = compiled(given(tasks_scope=scope))["tasks"].admits(task)
    assert admitted is (seen and (scope == "all" or mine))


def test_an_administrator_sees_private_tasks_too() -> None:
    administrator = replace(given(), sees_private=True)
    assert changed(given(), administrator) == {"tasks": {"me": None}, "inbox": {"me": None}}
    task = Anchors(1, None, day=ALWAYS, owners=(99,), private=True)
    assert compiled(administrator)["tasks"].admits(task)


def without(*denied: str, **hidden: int) -> Circumstances:
    """Return the usual circumstances of somebody who does not view some collections, or some parts."""
    sight = Sight(
        frozenset(named(name).number for name in denied),
        {named(name).number: bits for name, bits in hidden.items()},
    )
    return replace(given(), sight=sight)


DENIED: dict[str, set[str]] = {
    "tasks": {"tasks"},
    "payments": {"payments"},
    "invoices": {"invoices", "payments"},
    "clients": {"clients", *USUAL},
}
"""What is off when somebody may not view a collection: with it all that never goes without it."""


@pytest.mark.parametrize(("name", "off"), DENIED.items(), ids=DENIED)
def test_what_may_not_be_viewed_is_off_with_its_children(name: str, off: set[str]) -> None:
    usual, now = compiled(given()), compiled(without(name))
    assert usual.keys() - now.keys() == off
    gone = {SLOTS[each] for each in off & SLOTS.keys()}
    for each, rule in now.items():
        edges_left = tuple(edge for edge in usual[each].edges if edge[0] not in gone)
        assert rule == replace(usual[each], edges=edges_left)


@pytest.mark.parametrize("collection", registry.collections(), ids=lambda each: each.name)
def test_a_right_takes_away_its_collection_alone(collection: Collection) -> None:
    all_rights = compile_rights(ME, 1)
    left = compile_rights(ME, 1, Sight(frozenset({collection.number})))
    assert left == {number: rule for number, rule in all_rights.items() if number != collection.number}


def test_a_part_that_may_not_be_viewed_is_left_out_whatever_is_preferred() -> None:
    hiding = without(clients=NOTES)
    assert compiled(hiding)["clients"].omit == NOTES
    assert compile_rights(ME, 1, hiding.sight)[named("clients").number].omit == NOTES
    preferring = given(include_custom_fields=False)
    both = compiled(replace(preferring, sight=hiding.sight))["clients"].omit
    assert both == NOTES | CUSTOM


def test_an_administrator_is_denied_nothing_and_a_level_names_what_is_hidden() -> None:
    who = Principal(UUID(int=1), "", "UTC", Channel.DESK, levels={"client_notes": Level.NO_ACCESS})
    unless_given = frozenset({named("finance_snapshots").number})
    assert sight_of(who) == Sight(unless_given, {named("clients").number: NOTES})
    assert sight_of(replace(who, is_administrator=True)) == ALL
    assert sight_of(replace(who, levels=None)) == Sight(unless_given)
    none = {each.feature: Level.NO_ACCESS for each in registry.collections() if each.feature}
    denied = {each.number for each in registry.collections() if each.feature}
    assert sight_of(replace(who, levels=none)).denied == denied


def test_a_child_never_opens_what_is_private() -> None:
    rule = Rule(me=ME, edges=((1, EARLIEST),))
    anchors = Anchors(1, None, private=True, owners=(99,), latest=(ALWAYS, *NOT_YET[1:]))
    assert not rule.admits(anchors)
    assert rule.admits(anchors._replace(private=False))


# The day: calendar days in the account's zone, from the database's instant.

DAYS: list[tuple[str, str, str, str]] = [
    ("plain UTC", "2026-06-14T23:59:59Z", "UTC", "2026-06-14"),
    ("plain UTC", "2026-06-15T00:00:00Z", "UTC", "2026-06-15"),
    ("the evening before clocks go forward", "2026-03-08T04:59:59Z", "America/New_York", "2026-03-07"),
    ("a day of 23 hours begins", "2026-03-08T05:00:00Z", "America/New_York", "2026-03-08"),
    ("a day of 23 hours ends", "2026-03-09T03:59:59Z", "America/New_York", "2026-03-08"),
    ("the day after", "2026-03-09T04:00:00Z", "America/New_York", "2026-03-09"),
    ("the evening before clocks go back", "2026-11-01T03:59:59Z", "America/New_York", "2026-10-31"),
    ("a day of 25 hours begins", "2026-11-01T04:00:00Z", "America/New_York", "2026-11-01"),
    ("a day of 25 hours ends", "2026-11-02T04:59:59Z", "America/New_York", "2026-11-01"),
    ("the day after", "2026-11-02T05:00:00Z", "America/New_York", "2026-11-02"),
    ("winter time", "2026-03-29T00:00:00Z", "Europe/London", "2026-03-29"),
    ("summer time has begun", "2026-03-29T22:59:59Z", "Europe/London", "2026-03-29"),
    ("midnight comes an hour earlier", "2026-03-29T23:00:00Z", "Europe/London", "2026-03-30"),
    ("summer time ends today", "2026-10-24T23:00:00Z", "Europe/London", "2026-10-25"),
    ("a day of 25 hours ends", "2026-10-25T23:59:59Z", "Europe/London", "2026-10-25"),
    ("winter time", "2026-10-26T00:00:00Z", "Europe/London", "2026-10-26"),
    ("before a midnight that is left out", "2026-03-08T04:59:59Z", "America/Havana", "2026-03-07"),
    ("the day begins at one o'clock", "2026-03-08T05:00:00Z", "America/Havana", "2026-03-08"),
    ("midnight comes for the first time", "2026-11-01T04:00:00Z", "America/Havana", "2026-11-01"),
    ("midnight comes for the second time", "2026-11-01T05:00:00Z", "America/Havana", "2026-11-01"),
    ("before a midnight that is left out", "2026-03-28T21:59:59Z", "Asia/Beirut", "2026-03-28"),
    ("the day begins at one o'clock", "2026-03-28T22:00:00Z", "Asia/Beirut", "2026-03-29"),
    ("the last hour, for the first time", "2026-10-24T20:59:59Z", "Asia/Beirut", "2026-10-24"),
    ("the last hour, for the second time", "2026-10-24T21:59:59Z", "Asia/Beirut", "2026-10-24"),
    ("and midnight at last", "2026-10-24T22:00:00Z", "Asia/Beirut", "2026-10-25"),
    ("half an hour goes back", "2026-04-04T13:00:00Z", "Australia/Lord_Howe", "2026-04-05"),
    ("a day of 24 hours and a half", "2026-04-05T13:29:59Z", "Australia/Lord_Howe", "2026-04-05"),
    ("the day after", "2026-04-05T13:30:00Z", "Australia/Lord_Howe", "2026-04-06"),
    ("half an hour goes forward", "2026-10-03T13:30:00Z", "Australia/Lord_Howe", "2026-10-04"),
    ("a day of 23 hours and a half", "2026-10-04T13:00:00Z", "Australia/Lord_Howe", "2026-10-05"),
    ("13 hours ahead", "2026-06-14T10:59:59Z", "Pacific/Apia", "2026-06-14"),
    ("13 hours ahead", "2026-06-14T11:00:00Z", "Pacific/Apia", "2026-06-15"),
    ("14 hours ahead", "2026-06-14T09:59:59Z", "Pacific/Kiritimati", "2026-06-14"),
    ("14 hours ahead", "2026-06-14T10:00:00Z", "Pacific/Kiritimati", "2026-06-15"),
    ("11 hours behind", "2026-06-15T10:59:59Z", "Pacific/Pago_Pago", "2026-06-14"),
    ("11 hours behind", "2026-06-15T11:00:00Z", "Pacific/Pago_Pago", "2026-06-15"),
    ("the eve of a day that never was", "2011-12-30T09:59:59Z", "Pacific/Apia", "2011-12-29"),
    ("the day after it", "2011-12-30T10:00:00Z", "Pacific/Apia", "2011-12-31"),
    ("the year ends late", "2027-01-01T10:59:59Z", "Pacific/Pago_Pago", "2026-12-31"),
    ("the year begins early", "2026-12-31T10:00:00Z", "Pacific/Kiritimati", "2027-01-01"),
    ("a leap day that begins early", "2028-02-28T11:00:00Z", "Pacific/Apia", "2028-02-29"),
    ("a leap day that ends late", "2028-03-01T10:59:59Z", "Pacific/Pago_Pago", "2028-02-29"),
]


def clock_at(now: datetime) -> Clock:
    first = (0, b"")
    return Clock(
        revision=1, scope_revision=1, epoch=uuid4(), floor=0, feed_schema=1, now=now, audit_head=first
    )


@pytest.mark.parametrize(("why", "instant", "zone", "local"), DAYS)
def test_what_day_it_is_in_an_account(why: str, instant: str, zone: str, local: str) -> None:
    assert clock_at(datetime.fromisoformat(instant)).day_in(zone) == day(local), why


@pytest.mark.parametrize("zone", sorted({zone for _, _, zone, _ in DAYS}))
@pytest.mark.parametrize("year", [2011, 2026, 2028])
def test_the_day_never_goes_back_and_each_window_moves_by_a_day_at_a_time(zone: str, year: int) -> None:
    """Over a year, every half hour: a day never comes back, whatever the clocks do."""
    start = datetime(year, 1, 1, tzinfo=UTC)
    half_hours = (start + timedelta(minutes=30 * n) for n in range(2 * 24 * 366))
    days = [clock_at(each).day_in(zone) for each in half_hours]
    steps = {after - before for before, after in pairwise(days)}
    samoa_moved = zone == "Pacific/Apia" and year == 2011
    assert steps == {timedelta(0), timedelta(1)} | ({timedelta(2)} if samoa_moved else set())


WINDOWS: list[tuple[str, str, tuple[int, str], tuple[int, str]]] = [
    ("a month's end", "2026-03-31", (31, "2026-02-28"), (30, "2026-04-30")),
    ("the first of a month", "2026-03-01", (1, "2026-02-28"), (31, "2026-04-01")),
    ("a leap day", "2028-02-29", (1, "2028-02-28"), (1, "2028-03-01")),
    ("a year before a leap day", "2028-02-29", (365, "2027-03-01"), (366, "2029-03-01")),
    ("a year over a leap day", "2028-03-01", (365, "2027-03-02"), (365, "2029-03-01")),
    ("a year without one", "2027-03-01", (365, "2026-03-01"), (366, "2028-03-01")),
    ("the eve of a leap day", "2028-02-28", (365, "2027-02-28"), (1, "2028-02-29")),
    ("a century that is no leap year", "2100-03-01", (1, "2100-02-28"), (365, "2101-03-01")),
    ("the last day of a year", "2026-12-31", (365, "2025-12-31"), (1, "2027-01-01")),
    ("the first day of a year", "2027-01-01", (1, "2026-12-31"), (365, "2028-01-01")),
    ("after a day of 23 hours", "2026-03-09", (1, "2026-03-08"), (1, "2026-03-10")),
    ("before a day of 25 hours", "2026-10-31", (7, "2026-10-24"), (2, "2026-11-02")),
    ("a day that never was still counts", "2011-12-31", (1, "2011-12-30"), (1, "2012-01-01")),
    ("today alone", "2026-06-15", (0, "2026-06-15"), (0, "2026-06-15")),
]


@pytest.mark.parametrize(("why", "today", "back", "ahead"), WINDOWS)
def test_a_window_is_so_many_days_of_the_calendar(
    why: str, today: str, back: tuple[int, str], ahead: tuple[int, str]
) -> None:
    (past, first), (future, last) = back, ahead
    rule = compiled(on(day(today), sessions_past_days=past, sessions_future_days=future))["sessions"]
    assert (rule.lo, rule.hi) == (day(first), day(last)), why
    inside = [rule.lo, day(today), rule.hi, ALWAYS]
    outside = [rule.lo - timedelta(days=1), rule.hi + timedelta(days=1), EARLIEST]
    assert [rule.admits(Anchors(1, None, day=each)) for each in inside] == [True] * 4
    assert [rule.admits(Anchors(1, None, day=each)) for each in outside] == [False] * 3


def test_no_limit_is_none_at_all() -> None:
    rule = compiled(given(sessions_past_days=None, sessions_future_days=None))["sessions"]
    assert (rule.lo, rule.hi) == (EARLIEST, ALWAYS)
    for each in (EARLIEST, day("1900-01-01"), TODAY, day("9999-12-30"), ALWAYS):
        assert rule.admits(Anchors(1, None, day=each))


def test_at_midnight_a_window_moves_by_one_day_and_nothing_else_does() -> None:
    windows = {"sessions_future_days": 30, "appointments_future_days": 7, "include_prospects": False}
    told = changed(on(TODAY, **windows), on(TODAY + timedelta(days=1), **windows))
    dated = {"special_events", "inbox", *SLOTS}
    assert told.keys() == {*dated, "clients"}
    assert told["sessions"] == {"lo": day("2025-06-16"), "hi": day("2026-07-16")}
    assert told["appointments"] == {"lo": day("2026-03-18"), "hi": day("2026-06-23")}
    assert told["clients"].keys() == {"edges"}
