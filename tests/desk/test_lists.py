"""Lists at a desk: their order, their pages, and what they may be asked."""

from uuid import uuid4

import pytest

from app.desk import store
from tests.accounts.studios import Studio
from tests.contract.desks import Desk, at_a_desk
from tests.desk.conftest import Has
from tests.samples import named

SESSIONS, EMAILS, TASKS = named("sessions"), named("emails"), named("tasks")


async def test_the_latest_day_comes_first_and_what_is_open_before_it(has: Has, desk: Desk) -> None:
    client = (await has("clients"))["id"]
    days = ["2026-05-04", "2031-01-01", "2026-05-05", "1999-12-31"]
    for day in days:
        await has("sessions", client_id=client, date=day)
        await has("tasks", complete_date=day)
    await has("tasks", complete_date=None)
    assert [each["date"] for each in await desk.all(SESSIONS, limit=3)] == sorted(days, reverse=True)
    told = [each["complete_date"] for each in await desk.all(TASKS, limit=1)]
    assert told == [None, *sorted(days, reverse=True)]


async def test_a_list_goes_on_behind_what_was_shown_whatever_is_written_meanwhile(
    has: Has, desk: Desk
) -> None:
    client = (await has("clients"))["id"]
    for day in ("2026-05-01", "2026-05-03", "2026-05-05"):
        await has("sessions", client_id=client, date=day)
    first = (await desk.ask("GET", "sessions?limit=2")).json()
    await has("sessions", client_id=client, date="2026-05-06")
    await has("sessions", client_id=client, date="2026-05-02")
    await desk.delete(SESSIONS, first["records"][1]["id"])
    rest = (await desk.ask("GET", f"sessions?limit=2&page={first['next_page']}")).json()
    assert [each["date"] for each in rest["records"]] == ["2026-05-02", "2026-05-01"]
    assert rest["next_page"] is None


async def test_several_filters_must_all_hold(has: Has, desk: Desk) -> None:
    client, other = (await has("clients"))["id"], (await has("clients"))["id"]
    session = (await has("sessions", client_id=client))["id"]
    task = await has("tasks", client_id=client, session_id=session)
    await has("tasks", client_id=client)
    await has("tasks", client_id=other)
    assert await desk.all(TASKS, naming={"client_id": client, "session_id": session}) == [task]
    assert await desk.all(TASKS, naming={"client_id": other, "session_id": session}) == []


async def test_of_a_long_list_a_page_looks_at_a_stretch_and_the_next_goes_on_behind_it(
    has: Has, desk: Desk, photographer: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "STRETCH", 3)
    store._page_sql.cache_clear()
    try:
        group = (await has("client_groups"))["id"]
        clients = [await has("clients", group_ids=[group] if nth % 5 == 0 else []) for nth in range(11)]
        grouped = [each["id"] for each in clients if group in each["group_ids"]]
        for nth in range(7):
            await has("tasks", client_id=clients[nth % 2]["id"])
        listed = [each for each in await desk.all(TASKS) if each["client_id"] == clients[0]["id"]]
        for who in (desk, photographer):
            found = await who.all(named("clients"), naming={"group_ids": group})
            assert sorted(each["id"] for each in found) == sorted(grouped)
            for limit in (1, 2, 500):
                assert await who.all(TASKS, limit, {"client_id": clients[0]["id"]}) == listed
            assert await who.all(TASKS, 2) == await desk.all(TASKS)
        first = await desk.ask("GET", f"clients?group_ids={group}")
        assert first.json()["next_page"]
    finally:
        monkeypatch.undo()
        store._page_sql.cache_clear()


async def test_a_page_is_not_larger_than_it_should_be(has: Has, desk: Desk) -> None:
    client = (await has("clients"))["id"]
    made = [(await has("emails", client_id=client, body="\U0001f986" * 200_000))["id"] for _ in range(4)]
    page = await desk.ask("GET", "emails?limit=500")
    assert 1 <= len(page.json()["records"]) < 4
    assert len(page.content) <= 2_000_100
    assert sorted(each["id"] for each in await desk.all(EMAILS)) == sorted(made)


@pytest.mark.parametrize(
    ("asked", "path", "code"),
    [
        ("hair=red", "query.hair", "extra_forbidden"),
        ("last_name=Doe", "query.last_name", "extra_forbidden"),
        ("client_id=qwerty", "query.client_id", "uuid_parsing"),
        ("client_id=", "query.client_id", "uuid_parsing"),
        ("limit=0", "query.limit", "greater_than_equal"),
        ("limit=501", "query.limit", "less_than_equal"),
        ("limit=many", "query.limit", "int_parsing"),
    ],
)
async def test_what_a_list_cannot_be_asked_is_refused(desk: Desk, asked: str, path: str, code: str) -> None:
    refused = await desk.ask("GET", f"sessions?{asked}")
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request")
    assert [(each["path"], each["code"]) for each in refused.json()["fields"]] == [(path, code)]


async def test_what_is_wrong_in_an_address_or_a_header_is_told_in_a_sentence(desk: Desk) -> None:
    some = uuid4()
    for asked, if_match, place, words in (
        ("clients/qwerty", None, "path.record_id", "This is not an id."),
        ("sessions?client_id=qwerty", None, "query.client_id", "This is not an id."),
        (f"clients/{some}", "17", "header.If-Match", "in its quotes"),
    ):
        verb, body = ("PATCH", {"first_name": "Jo"}) if if_match else ("GET", None)
        refused = await desk.ask(verb, asked, body, if_match=if_match)
        [told] = refused.json()["fields"]
        assert told["path"] == place
        assert words in told["reason"]


async def test_a_filter_is_given_once(has: Has, desk: Desk) -> None:
    client = (await has("clients"))["id"]
    refused = await desk.ask("GET", f"sessions?client_id={client}&client_id={client}")
    assert refused.json()["fields"] == [{"path": "query.client_id", "code": "given_twice"}]


@pytest.mark.parametrize("page", ["", "a", "W10", "WzFd", "é", "////", "W251bGwsbnVsbCxudWxsXQ", "a" * 199])
async def test_a_made_up_page_is_refused(desk: Desk, page: str) -> None:
    refused = await desk.ask("GET", f"sessions?page={page}")
    assert (refused.status_code, refused.json()["code"]) == (400, "page_malformed")


async def test_a_page_belongs_to_its_list(has: Has, desk: Desk, photographer: Desk) -> None:
    client = (await has("clients"))["id"]
    for _ in range(2):
        await has("sessions", client_id=client)
    page = (await desk.ask("GET", "sessions?limit=1")).json()["next_page"]
    for asked in (f"clients?page={page}", f"sessions?client_id={client}&page={page}"):
        refused = await desk.ask("GET", asked)
        assert (refused.status_code, refused.json()["code"]) == (400, "page_malformed")
    assert (await photographer.ask("GET", f"sessions?page={page}")).status_code == 200


async def test_versions_are_told_apart_as_http_says(has: Has, desk: Desk, studio: Studio) -> None:
    session = await has("sessions", client_id=(await has("clients"))["id"])
    etag = f'"{session["revision"]}"'
    for known in (etag, f"W/{etag}", f'"1", {etag}', "*"):
        answer = await desk.read(SESSIONS, session["id"], if_none_match=known)
        assert (answer.status_code, answer.content) == (304, b""), known
    assert (await desk.read(SESSIONS, session["id"], if_none_match='"1"')).status_code == 200
    for odd in ("17", '"17', "W/17", '"17" "18"'):
        refused = await desk.change(SESSIONS, session["id"], {}, odd)
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request"), odd
    for matching in ("*", f'"1", {etag}'):
        assert (await desk.change(SESSIONS, session["id"], {}, matching)).status_code == 200
    other = await at_a_desk(studio)
    assert (await other.read(SESSIONS, session["id"])).headers["etag"] == etag
