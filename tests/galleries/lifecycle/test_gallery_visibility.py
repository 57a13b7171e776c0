"""Whether a client sees a gallery: until it is taken down, or only while all holds the company asks for."""

from datetime import date

import pytest

from app.galleries.lifecycle.standing import hidden_because

TODAY = date(2026, 5, 10)
SHOWN = {
    "gallery_state": "online",
    "gallery_images": 3,
    "web_expire_date": "2026-05-11",
    "date": "2026-05-09",
    "is_shown_online": True,
    "is_cancelled": False,
    "is_on_hold": False,
}


@pytest.mark.parametrize(
    ("session", "usual", "hiding"),
    [
        ({}, [], []),
        ({"web_expire_date": None}, [], []),
        ({"web_expire_date": "2026-05-10"}, [], ["expired"]),
        ({"gallery_state": "expired", "web_expire_date": "2026-05-01"}, [], ["expired"]),
        ({"is_shown_online": False}, [], ["not_shown_online"]),
        ({"date": "2026-05-10"}, [], ["not_held"]),
        ({"date": None}, [], ["not_held"]),
        ({"is_cancelled": True, "is_on_hold": True}, [], ["cancelled", "on_hold"]),
        ({"gallery_images": 0}, [], ["no_images"]),
        ({"gallery_state": "offline"}, ["not_online"], ["not_online"]),
        ({"gallery_state": "taken_down"}, ["not_online"], ["not_online"]),
    ],
)
def test_a_client_sees_what_the_company_wants_seen(
    session: dict[str, object], usual: list[str], hiding: list[str]
) -> None:
    company = {"has_galleries": True, "is_expired_gallery_hidden": False}
    assert list(hidden_because({**SHOWN, **session}, company, TODAY)) == usual
    company["is_expired_gallery_hidden"] = True
    assert list(hidden_because({**SHOWN, **session}, company, TODAY)) == hiding
    company["has_galleries"] = False
    assert list(hidden_because({**SHOWN, **session}, company, TODAY)) == ["galleries_off"]
