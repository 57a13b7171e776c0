"""What a company can prefer, what it is when nobody has said anything, and what makes it narrower."""

from typing import Any
from uuid import UUID

import orjson
import pytest
from pydantic import ValidationError

from app.studio.preferences import MOST_IDS, MobilePreferences
from app.sync.preferences import narrowed, preferences, registered, widening

DEFAULTS = {
    "clients_scope": "all",
    "clients_activity_months": 24,
    "clients_group_ids": [],
    "clients_exclude_status_ids": [],
    "include_prospects": True,
    "sessions_past_days": 365,
    "sessions_future_days": None,
    "sessions_exclude_final_status": False,
    "appointments_past_days": 90,
    "appointments_future_days": None,
    "schedule_users": "everyone",
    "special_events_past_days": 30,
    "tasks_completed_days": 30,
    "tasks_scope": "all",
    "calls_past_days": 90,
    "emails_past_days": 30,
    "email_bodies": "full",
    "texts_past_days": 90,
    "invoices_past_days": 365,
    "invoice_lines": True,
    "payments_past_days": 365,
    "include_estimates": False,
    "include_notes": True,
    "include_custom_fields": True,
    "include_client_images": False,
    "finance_snapshot_enabled": True,
}
DAYS = [key for key in DEFAULTS if key.endswith("_days")]
A, B, C = (f"00000000-0000-4000-8000-00000000000{n}" for n in (1, 2, 3))


def said(**values: Any) -> MobilePreferences:
    return MobilePreferences.model_validate_json(orjson.dumps(values))


def test_every_preference_has_its_usual_value() -> None:
    assert MobilePreferences().model_dump(mode="json") == DEFAULTS


def test_there_is_one_set_of_preferences() -> None:
    assert registered() is MobilePreferences
    with pytest.raises(TypeError):
        preferences(MobilePreferences)


def test_every_preference_says_what_it_does() -> None:
    for key, info in MobilePreferences.model_fields.items():
        assert (info.description or "").endswith("."), key
        said(**{key: (info.examples or [])[0]})


@pytest.mark.parametrize("key", DAYS)
def test_days_are_from_none_to_ten_years_or_without_limit(key: str) -> None:
    for good in (0, 3650, None):
        assert getattr(said(**{key: good}), key) == good
    # Past and future are both counted from today, so that none below 0 can make a window end too early.
    for bad in (-1, 3651, 1.5, "30", True):
        with pytest.raises(ValidationError):
            said(**{key: bad})


@pytest.mark.parametrize(
    "wrong",
    [
        {"clients_activity_months": 121},
        {"clients_activity_months": -1},
        {"clients_activity_months": None},
        {"clients_scope": "some"},
        {"schedule_users": "nobody"},
        {"email_bodies": None},
        {"include_notes": 1},
        {"clients_group_ids": ["the best"]},
        {"clients_group_ids": [f"{UUID(int=n)}" for n in range(MOST_IDS + 1)]},
        {"max_clients": 500},
    ],
    ids=str,
)
def test_what_is_out_of_range_or_unknown_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        said(**wrong)


def test_a_list_of_ids_has_no_order_and_no_doubles() -> None:
    assert said(clients_group_ids=[B, A, B]) == said(clients_group_ids=[A, B])


@pytest.mark.parametrize(
    ("company", "device", "both"),
    [
        ({"sessions_past_days": 365}, {"sessions_past_days": 90}, 90),
        ({"sessions_past_days": 30}, {"sessions_past_days": 90}, 30),
        ({"sessions_past_days": None}, {"sessions_past_days": 3650}, 3650),
        ({"sessions_past_days": 0}, {"sessions_past_days": None}, 0),
        ({"sessions_past_days": 0}, {"sessions_past_days": 0}, 0),
        (
            {"clients_activity_months": 0, "clients_scope": "activity"},
            {"clients_activity_months": 120},
            120,
        ),
        ({"clients_activity_months": 6, "clients_scope": "activity"}, {"clients_activity_months": 0}, 6),
        ({"clients_activity_months": 6}, {"clients_activity_months": 12}, 12),
        ({"include_notes": True}, {"include_notes": False}, False),
        ({"include_notes": False}, {"include_notes": True}, False),
        ({"sessions_exclude_final_status": False}, {"sessions_exclude_final_status": True}, True),
        ({"sessions_exclude_final_status": True}, {"sessions_exclude_final_status": False}, True),
        ({"schedule_users": "everyone"}, {"schedule_users": "departments"}, "departments"),
        ({"schedule_users": "departments"}, {"schedule_users": "own"}, "own"),
        ({"schedule_users": "own"}, {"schedule_users": "departments"}, "own"),
        ({"email_bodies": "preview"}, {"email_bodies": "full"}, "preview"),
        ({"email_bodies": "preview"}, {"email_bodies": "headers"}, "headers"),
        ({"tasks_scope": "all"}, {"tasks_scope": "mine"}, "mine"),
        ({"clients_scope": "all"}, {"clients_scope": "groups"}, "groups"),
        ({"clients_scope": "activity"}, {"clients_scope": "groups"}, "activity"),
        ({"clients_scope": "groups"}, {"clients_scope": "activity"}, "groups"),
        ({"clients_group_ids": [A, B], "clients_scope": "groups"}, {"clients_group_ids": [B]}, [B]),
        ({"clients_group_ids": [A, B], "clients_scope": "groups"}, {"clients_group_ids": [B, C]}, [B]),
        ({"clients_group_ids": [A], "clients_scope": "groups"}, {"clients_group_ids": []}, []),
        ({"clients_group_ids": []}, {"clients_group_ids": [A]}, [A]),
        ({"clients_exclude_status_ids": [A]}, {"clients_exclude_status_ids": [A, B]}, [A, B]),
        ({"clients_exclude_status_ids": [A]}, {"clients_exclude_status_ids": [B]}, [A, B]),
    ],
    ids=str,
)
def test_on_a_device_the_narrower_of_two_values_holds(
    company: dict[str, Any], device: dict[str, Any], both: Any
) -> None:
    [(key, value)] = device.items()
    held = narrowed(said(**company), said(**device))
    assert held.model_dump(mode="json") == {**DEFAULTS, **company, key: both}
    assert widening(said(**company), said(**device)) == ([] if value == both else [key])


def test_a_device_that_has_set_nothing_holds_what_the_company_prefers() -> None:
    company = said(sessions_past_days=7, clients_group_ids=[A])
    assert narrowed(company, said()) == company


def test_what_a_device_narrows_never_widens_anything_else() -> None:
    company = said(sessions_past_days=7, include_estimates=True)
    assert narrowed(company, said(include_estimates=False)) == said(
        sessions_past_days=7, include_estimates=False
    )


def test_the_records_preferences_name_are_known() -> None:
    named = said(clients_group_ids=[A, B], clients_exclude_status_ids=[C, A])
    assert named.ids() == {UUID(each) for each in (A, B, C)}
