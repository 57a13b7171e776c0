"""What desks do with pictures: list, rate, group, choose and delete them, as far as their rights go."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from app.core import clock
from app.core.principal import Principal
from app.galleries.files import Files
from app.galleries.pictures import forget_of_deleted_sessions
from app.sync.store import Write, write
from tests.contract.desks import at_a_desk
from tests.galleries.showing import Showing, photograph
from tests.samples import named


@pytest.fixture(scope="module")
async def session(showing: Showing) -> str:
    """Make a session with five pictures that can be shown."""
    session = await showing.session()
    for n in range(5):
        await showing.sent(session, f"IMG_{n}.jpg", photograph(shade=n))
    await showing.look_after()
    return session


async def opens(showing: Showing, session: str, state: str) -> None:
    """Move the session's gallery to a state."""
    async with showing.studio.database.writing(showing.account_id) as writing:
        who = Principal.system(showing.account_id)
        await write(writing, who, [Write("sessions", UUID(session), {"gallery_state": state})])


async def hosted(showing: Showing, session: str) -> int:
    """Return how many images the session's record tells."""
    return int((await showing.desk.read(named("sessions"), session)).json()["gallery_images"])


async def test_pictures_are_listed_in_their_order_by_rating_and_by_group(
    showing: Showing, session: str
) -> None:
    pictures = await showing.pictures(session, limit=2)
    names = [each["name"] for each in pictures]
    assert names == [f"IMG_{n}.jpg" for n in range(5)]
    ids = [each["id"] for each in pictures]
    rated = await showing.do(session, "rate", picture_ids=ids[1:4], rating="selected")
    assert rated.json() == {"changed": 3}
    assert [each["id"] for each in await showing.pictures(session, rating="selected", limit=2)] == ids[1:4]
    made = await showing.ask(
        "POST",
        f"/v1/sessions/{session}/picture-groups",
        json={"name": "Ceremony", "picture_ids": [ids[0], ids[4]]},
    )
    group = made.json()
    assert (made.status_code, group["pictures"], group["is_made_by_client"]) == (201, 2, False)
    listed = await showing.pictures(session, group_id=group["id"])
    assert [(each["id"], each["group_ids"]) for each in listed] == [
        (ids[0], [group["id"]]),
        (ids[4], [group["id"]]),
    ]
    path = f"/v1/picture-groups/{group['id']}"
    renamed = await showing.ask("PATCH", path, json={"name": "Vows", "is_online": True})
    moved = await showing.ask("POST", f"{path}/pictures", json={"add": [ids[1]], "remove": ids[3:]})
    assert (renamed.json()["name"], moved.json()["is_online"], moved.json()["pictures"]) == ("Vows", True, 2)
    strange = await showing.do(session, "rate", picture_ids=[ids[0], str(uuid4())], rating="not_selected")
    assert (strange.status_code, strange.json()["code"]) == (404, "picture_not_found")
    assert (await showing.pictures(session))[0]["rating"] == "undecided"
    assert (await showing.ask("DELETE", path)).status_code == 204
    groups = await showing.ask("GET", f"/v1/sessions/{session}/picture-groups")
    assert groups.json() == {"groups": []}


async def test_a_session_tells_how_many_pictures_its_open_gallery_shows(
    showing: Showing, session: str
) -> None:
    ids = [each["id"] for each in await showing.pictures(session)]
    await showing.do(session, "show", picture_ids=ids[:3], is_online=True)
    assert await hosted(showing, session) == 0
    await opens(showing, session, "online")
    await showing.do(session, "show", picture_ids=ids[:2], is_online=False)
    assert await hosted(showing, session) == 1
    kept = await showing.do(session, "delete", picture_ids=ids[1:3])
    assert (kept.status_code, kept.json()["code"], kept.json()["pictures"]) == (409, "pictures_hosted", 1)
    await opens(showing, session, "offline")
    await showing.do(session, "show", picture_ids=ids, is_online=False)


async def test_a_picture_that_was_published_before_it_was_made_is_counted_when_it_is(
    showing: Showing,
) -> None:
    session = await showing.session()
    await showing.sent(session, "soon.jpg", photograph())
    published = await showing.desk.ask("POST", f"sessions/{session}/publish_gallery", {})
    assert (published.status_code, await hosted(showing, session)) == (200, 0)
    await showing.look_after()
    assert await hosted(showing, session) == 1


async def test_a_deleted_picture_is_gone_with_its_files_and_its_name_is_free(
    showing: Showing, session: str, http: httpx.AsyncClient
) -> None:
    picture = await showing.sent(session, "gone.jpg", photograph())
    await showing.look_after()
    [told] = [each for each in await showing.pictures(session) if each["id"] == picture]
    assert len([each for each in showing.kept() if picture in each]) == 3
    assert (await showing.do(session, "delete", picture_ids=[picture])).json() == {"changed": 1}
    await showing.look_after()
    assert not [each for each in showing.kept() if picture in each]
    assert (await http.get(told["links"]["web"])).status_code == 404
    again = await showing.sent(session, "gone.jpg", photograph())
    await showing.do(session, "delete", picture_ids=[again])
    clock.hold(clock.now() + timedelta(minutes=6))
    try:
        await showing.look_after()
    finally:
        clock.hold(None)
    assert not [each for each in showing.kept() if again in each]


@pytest.mark.parametrize("is_away", [False, True])
async def test_a_gallery_that_is_taken_down_leaves_no_file_also_where_the_store_was_away_at_first(
    showing: Showing, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, *, is_away: bool
) -> None:
    session, kept, before = await showing.session(), showing.kept(), await kept_bytes(showing)
    for n in range(2):
        await showing.sent(session, f"down_{n}.jpg", photograph(shade=n))
    await showing.look_after()
    assert len(showing.kept() - kept) == 6
    command = f"sessions/{session}/{{}}"
    assert (await showing.desk.ask("POST", command.format("publish_gallery"), {})).status_code == 200
    assert await hosted(showing, session) == 2
    links = [link for each in await showing.pictures(session) for link in each["links"].values()]
    assert [(await http.get(link)).status_code for link in links] == [200] * 6
    assert (await showing.desk.ask("POST", command.format("take_down_gallery"), {})).status_code == 200
    assert (await hosted(showing, session), await showing.pictures(session)) == (0, [])
    assert await kept_bytes(showing) == before
    if is_away:
        with monkeypatch.context() as away:
            away.setattr(Files, "remove", fails)
            await showing.look_after()
        assert len(showing.kept() - kept) == 6
        clock.hold(clock.now() + timedelta(minutes=2))
    try:
        await showing.look_after()
        assert showing.kept() == kept
        assert [(await http.get(link)).status_code for link in links] == [404] * 6
    finally:
        clock.hold(None)


async def fails(*_: object) -> None:
    raise OSError


async def kept_bytes(showing: Showing) -> int:
    """Return how much of its quota the studio uses."""
    rows = await showing.studio.execute("SELECT kept_bytes FROM picture_storage WHERE account_id = $1")
    return sum(row[0] for row in rows)


async def test_pictures_of_a_deleted_session_are_forgotten(showing: Showing) -> None:
    session = await showing.session()
    picture = await showing.sent(session, "left.jpg", photograph())
    await showing.look_after()
    assert (await showing.desk.delete(named("sessions"), session)).status_code < 300
    assert (await showing.ask("GET", f"/v1/sessions/{session}/pictures")).status_code == 404
    await forget_of_deleted_sessions(showing.studio.database, Principal.system(showing.account_id))
    await showing.look_after()
    assert not [each for each in showing.kept() if picture in each]


async def test_who_may_only_look_changes_nothing(showing: Showing, session: str) -> None:
    [picture, *_] = await showing.pictures(session)
    about = f"users/{showing.studio.photographer.user_id}"
    user = (await showing.desk.ask("GET", about)).headers["etag"]
    levels = {"levels": {"sessions": "view_only"}}
    assert (await showing.desk.ask("PATCH", about, levels, if_match=user)).status_code == 200
    account = (await showing.desk.ask("GET", "account")).headers["etag"]
    on = {"is_security_active": True}
    assert (await showing.desk.ask("PATCH", "account", on, if_match=account)).status_code == 200
    looker = await at_a_desk(showing.studio, initials="PK")
    assert (await looker.ask("GET", f"sessions/{session}/pictures")).status_code == 200
    bodies: dict[str, dict[str, Any]] = {
        "rate": {"rating": "selected"},
        "show": {"is_online": True},
        "delete": {},
    }
    for doing, body in bodies.items():
        answer = await looker.ask(
            "POST", f"sessions/{session}/pictures/{doing}", {"picture_ids": [picture["id"]], **body}
        )
        assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied"), doing
    begun = await looker.ask("POST", f"sessions/{session}/pictures", Tus_Resumable="1.0.0")
    assert begun.json()["code"] == "permission_denied"


async def test_nothing_is_done_where_galleries_are_off(showing: Showing, session: str) -> None:
    company = named("companies"), showing.account_id
    await showing.desk.change(*company, {"has_galleries": False})
    try:
        for verb, path in (("GET", "pictures"), ("GET", "pictures/progress"), ("GET", "picture-groups")):
            answer = await showing.ask(verb, f"/v1/sessions/{session}/{path}")
            assert (answer.status_code, answer.json()["code"]) == (403, "galleries_switched_off")
        assert (await showing.begin(session, "off.jpg", 10)).json()["code"] == "galleries_switched_off"
    finally:
        await showing.desk.change(*company, {"has_galleries": True})
