"""Galleries are extended, expired by a past date and taken down, by phones and desks, one or many at once."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from app.core.db import Database
from app.sync.upkeep import verify
from tests.accounts.studios import Studio, new_studio
from tests.contract.desks import Desk, at_a_desk, told
from tests.galleries.lifecycle.conftest import ADD_PICTURE, Site, at
from tests.samples import named, sample
from tests.studio.conftest import call

Hold = Callable[[datetime | None], None]
SESSIONS = named("sessions")


async def test_an_expired_gallery_is_extended_and_one_expires_by_a_past_date(site: Site) -> None:
    session = await site.session(2)
    await site.done("publish_gallery", session)
    for day in ("2026-04-01", "2026-05-01"):
        told_ = await site.done("extend_gallery", session, web_expire_date=day)
        assert (told_["gallery_state"], told_["web_expire_date"]) == ("expired", day)
        # The date passing closes nothing: its images are hosted until it is taken down.
        assert (told_["gallery_images"], told_["taken_down_at"]) == (2, None)
    assert (await site.does("extend_gallery", session, web_expire_date="2026-05-01"))["verdict"] == "noop"
    told_ = await site.done("extend_gallery", session, web_expire_date="2026-05-02")
    assert told_["gallery_state"] == "online"
    assert told_["status_notes"].splitlines()[:4] == [
        "2026-05-01 10:15 JD Gallery: online until 2026-05-02",
        "2026-05-01 10:15 JD Gallery: online until 2026-05-01",
        "2026-05-01 10:15 JD Gallery expired",
        "2026-05-01 10:15 JD Gallery: online until 2026-04-01",
    ]


async def test_taken_down_its_pictures_are_gone_and_a_new_upload_has_a_new_address(
    site: Site, held: Hold
) -> None:
    session, beside = await site.session(), await site.session(1)
    gone = await site.pictures(session, 2)
    await site.group(session, gone[:1])
    for each in (session, beside):
        await site.done("publish_gallery", each)
    held(at("2026-05-20T15:00:00+00:00"))
    down = await site.done("take_down_gallery", session)
    assert (down["gallery_state"], down["gallery_images"]) == ("taken_down", 0)
    assert (down["taken_down_at"], down["is_shown_online"]) == ("2026-05-20T15:00:00Z", False)
    assert down["status_notes"].startswith("2026-05-20 11:00 JD Gallery taken down\n")
    assert (await site.does("take_down_gallery", session))["verdict"] == "noop"
    assert (await site.does("publish_gallery", session))["code"] == "no_pictures"
    assert (await site.does("extend_gallery", session, web_expire_date="2026-09-01"))["code"] == (
        "gallery_not_online"
    )
    left = await site.execute("SELECT session_id FROM pictures WHERE account_id = $1")
    assert [str(row["session_id"]) for row in left] == [beside]

    [new] = await site.pictures(session)
    again = await site.done("publish_gallery", session)
    assert (again["gallery_state"], again["taken_down_at"]) == ("online", None)
    assert (again["uploaded_at"], again["web_expire_date"]) == ("2026-05-20T15:00:00Z", "2026-06-19")
    assert await site.shown(session) == {new}
    (first, first_is_open), (second, second_is_open) = await site.addresses(session)
    assert (first_is_open, second_is_open, first != second) == (False, True, True)


async def test_a_session_that_is_deleted_takes_its_gallery_along(site: Site) -> None:
    session = await site.session(3)
    await site.done("publish_gallery", session)
    await site.company.desk.delete("sessions", UUID(session))
    for table in ("pictures", "galleries", "gallery_addresses"):
        found = await site.execute(f"SELECT count(*) AS many FROM {table} WHERE account_id = $1")
        assert found[0]["many"] == 0, table
    [removals] = await site.execute(
        "SELECT count(*) AS many FROM picture_tasks WHERE account_id = $1 AND kind = 'remove'"
    )
    assert removals["many"] == 3


async def test_what_one_push_publishes_and_takes_down_is_down(site: Site) -> None:
    session = await site.session(2)
    results = await site.company.push(
        call("publish_gallery", "sessions", session),
        call("take_down_gallery", "sessions", session),
        call("publish_gallery", "sessions", session),
    )
    assert [each["code"] for each in results] == [None, None, "no_pictures"]
    assert (await site.company.pulled("sessions", session))["gallery_state"] == "taken_down"
    assert await site.shown(session) == set()
    assert not await verify(site.company.desk.database, site.company.desk.who)


@pytest.fixture(scope="module")
async def studio(database: Database, house: FastAPI, http: httpx.AsyncClient) -> Studio:
    return await new_studio(database, http, house.state.keys)


@pytest.fixture(scope="module")
async def counter(studio: Studio) -> Desk:
    desk = await at_a_desk(studio)
    switched = await desk.change(named("companies"), studio.account.account_id, {"has_galleries": True})
    assert switched.status_code == 200
    return desk


async def _published(studio: Studio, counter: Desk) -> dict[str, object]:
    """Have a session with a gallery of one picture, at a desk."""
    client = told(await counter.create(named("clients"), sample("clients")))["id"]
    made = told(await counter.create(SESSIONS, sample("sessions", client_id=client, events=[])))["id"]
    picture = (f"{made}.jpg", "selected", "ready", datetime.fromisoformat("2026-05-01T00:00:00+00:00"))
    await studio.execute(ADD_PICTURE, UUID(made), UUID(made), *picture)
    sent = {"web_expire_date": "2020-01-01"}
    answer = await counter.ask("POST", f"sessions/{made}/publish_gallery", sent)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_a_desk_takes_down_many_each_with_its_own_answer(studio: Studio, counter: Desk) -> None:
    one, stale, kept = [await _published(studio, counter) for _ in range(3)]
    offline = told(await counter.create(SESSIONS, sample("sessions", client_id=one["client_id"], events=[])))
    nobody = "00000000-0000-4000-8000-000000000001"
    asked = [
        {"id": one["id"], "revision": one["revision"]},
        {"id": stale["id"], "revision": 1},
        {"id": offline["id"]},
        {"id": nobody},
    ]
    answer = await counter.ask("POST", "gallery-take-downs", {"sessions": asked})
    assert answer.status_code == 200, answer.text
    names = ("id", "outcome", "code", "gallery_state")
    assert [tuple(each[name] for name in names) for each in answer.json()["sessions"]] == [
        (one["id"], "applied", None, "taken_down"),
        (stale["id"], "conflict", "changed_meanwhile", "expired"),
        (offline["id"], "rejected", "gallery_not_online", "offline"),
        (nobody, "rejected", "unknown_record", None),
    ]
    panel = await counter.ask("GET", "home")
    [services] = [each for each in panel.json()["panels"] if each["panel"] == "services"]
    assert {each["id"] for each in services["galleries"]["sessions"]} == {stale["id"], kept["id"]}
    again = await counter.ask("POST", "gallery-take-downs", {"sessions": [{"id": one["id"]}]})
    assert again.json()["sessions"][0]["outcome"] == "noop"
    twice = await counter.ask("POST", "gallery-take-downs", {"sessions": [asked[0], asked[0]]})
    assert (twice.status_code, twice.json()["code"]) == (422, "invalid_request")


async def test_a_desk_is_told_where_a_gallery_is_and_whether_its_client_sees_it(
    studio: Studio, counter: Desk
) -> None:
    session = await _published(studio, counter)
    path, company = f"galleries/{session['id']}", (named("companies"), studio.account.account_id)
    shown = (await counter.ask("GET", path)).json()
    assert (shown["gallery_state"], shown["is_visible"], shown["hidden_because"]) == ("expired", True, [])
    assert (shown["images"], shown["images_chosen"], len(shown["address"])) == (1, 1, 32)
    await counter.change(*company, {"is_expired_gallery_hidden": True})
    assert "expired" in (await counter.ask("GET", path)).json()["hidden_because"]
    await counter.change(*company, {"is_expired_gallery_hidden": False})
    await counter.ask("POST", f"sessions/{session['id']}/take_down_gallery", {})
    down = (await counter.ask("GET", path)).json()
    assert (down["address"], down["is_visible"], down["hidden_because"]) == (None, False, ["not_online"])
