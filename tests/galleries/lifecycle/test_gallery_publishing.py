"""Sessions go online by a phone's command, with the pictures chosen, for as long as their type says."""

import re
from collections.abc import Callable
from datetime import datetime

from tests.galleries.lifecycle.conftest import Site, at
from tests.studio.conftest import call

Hold = Callable[[datetime | None], None]


def of(record: dict[str, object], *names: str) -> tuple[object, ...]:
    return tuple(record[name] for name in names)


async def test_a_session_goes_online_with_all_but_what_was_put_aside(site: Site) -> None:
    session = await site.session(3)
    best = await site.pictures(session, rating="selected")
    await site.pictures(session, rating="not_selected")
    await site.pictures(session, state="refused")
    [waiting] = await site.pictures(session, state="waiting")
    told = await site.done("publish_gallery", session)
    assert of(told, "gallery_state", "gallery_images", "web_price_list") == ("online", 4, "Portraits")
    assert of(told, "web_expire_date", "is_shown_online", "taken_down_at") == ("2026-05-31", True, None)
    assert told["uploaded_at"] == "2026-05-01T14:15:00Z"
    first = told["status_notes"].splitlines()[0]
    assert first == "2026-05-01 10:15 JD Gallery: 4 images online until 2026-05-31"
    assert len(await site.shown(session)) == 5
    assert {waiting, *best} <= await site.shown(session)
    [(address, is_open)] = await site.addresses(session)
    assert is_open
    assert re.fullmatch(r"[A-Za-z0-9_-]{32}", address)


async def test_the_day_of_the_upload_is_the_company_s(site: Site, held: Hold) -> None:
    late = await site.session(1)
    held(at("2026-05-02T03:59:00+00:00"))
    assert (await site.done("publish_gallery", late))["web_expire_date"] == "2026-05-31"
    early = await site.session(1)
    held(at("2026-05-02T04:00:00+00:00"))
    assert (await site.done("publish_gallery", early))["web_expire_date"] == "2026-06-01"


async def test_without_days_of_its_type_a_gallery_never_expires(site: Site) -> None:
    told = await site.done("publish_gallery", await site.session(1, session_type_id=None))
    assert of(told, "gallery_state", "web_expire_date", "web_price_list") == ("online", None, None)
    assert "1 image online without an expire date" in told["status_notes"]


async def test_pictures_are_chosen_singly_by_rating_or_by_group(site: Site) -> None:
    session = await site.session()
    one, other = await site.pictures(session, 2)
    [best] = await site.pictures(session, rating="selected")
    [aside] = await site.pictures(session, rating="not_selected")
    family, other_group = await site.group(session, [aside, one]), await site.group(session, [other])
    online = "SELECT id FROM picture_groups WHERE account_id = $1 AND is_online"

    await site.done("publish_gallery", session, picture_ids=[other, other])
    assert await site.shown(session) == {other}
    await site.done("publish_gallery", session, ratings=["selected", "not_selected"])
    assert await site.shown(session) == {best, aside}
    assert await site.execute(online) == []
    await site.done("publish_gallery", session, group_ids=[family])
    assert await site.shown(session) == {aside, one}
    told = await site.done("publish_gallery", session, ratings=["selected"], group_ids=[other_group])
    assert await site.shown(session) == {best, other}
    assert told["gallery_images"] == 2
    assert [str(row["id"]) for row in await site.execute(online)] == [other_group]


async def test_published_again_it_keeps_its_address_and_its_days(site: Site, held: Hold) -> None:
    session = await site.session(2)
    first = await site.done("publish_gallery", session)
    known = await site.addresses(session)
    assert (await site.does("publish_gallery", session))["verdict"] == "noop"
    held(at("2026-05-04T15:00:00+00:00"))
    await site.pictures(session, 2)
    again = await site.done("publish_gallery", session)
    assert of(again, "uploaded_at", "web_expire_date") == of(first, "uploaded_at", "web_expire_date")
    assert again["gallery_images"] == 4
    assert again["status_notes"].startswith("2026-05-04 11:00 JD Gallery: 4 images shown\n")
    assert await site.addresses(session) == known


async def test_what_cannot_be_published_says_why(site: Site) -> None:
    session = await site.session(1)
    [foreign] = await site.pictures(await site.session())
    asked: dict[str, dict[str, object]] = {
        "no_such_price_list": {"web_price_list": "Weddings"},
        "unknown_reference": {"picture_ids": [foreign]},
        "no_pictures": {"ratings": ["selected"]},
        "invalid_fields": {"picture_ids": [], "ratings": []},
    }
    for code, sent in asked.items():
        result = await site.does("publish_gallery", session, **sent)
        assert (result["verdict"], result["code"]) == ("rejected", code)
    ends: dict[str, dict[str, object]] = {
        "extend_gallery": {"web_expire_date": "2026-09-01"},
        "take_down_gallery": {},
    }
    for command, sent in ends.items():
        result = await site.does(command, session, **sent)
        assert (result["code"], result["fields"]) == ("gallery_not_online", {"gallery_state": "offline"})
    await site.company.settles(has_galleries=False)
    for command in ("publish_gallery", "take_down_gallery"):
        assert (await site.does(command, session))["code"] == "galleries_off"
    assert await site.addresses(session) == []
    assert await site.shown(session) == set()


async def test_what_is_refused_with_its_group_shows_nothing(site: Site) -> None:
    session = await site.session()
    one, other = await site.pictures(session, 2)
    kept, undone, broken = await site.company.push(
        {**call("publish_gallery", "sessions", session, picture_ids=[one]), "group": "a"},
        {**call("publish_gallery", "sessions", session, picture_ids=[other]), "group": "b"},
        {**call("extend_gallery", "sessions", session), "group": "b"},
        atomicity="group",
    )
    assert [each["verdict"] for each in (kept, undone, broken)] == ["applied", "blocked", "rejected"]
    assert await site.shown(session) == {one}
    assert (await site.company.pulled("sessions", session))["gallery_images"] == 1
