"""Estimates: how near they are to what a first sync brings, whose they are, and what they cost."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import orjson
import pytest
from fastapi import FastAPI

from app.accounts import store
from app.accounts.routers import auth, devices
from app.core.db import Database
from app.core.keys import load_keys
from app.core.principal import Channel, Principal
from app.core.revisions import read_clock
from app.core.settings import Settings
from app.demo.seeding import seed
from app.http.compression import Encoding, compressed
from app.http.limits import RateLimits
from app.http.porch import build_porch
from app.studio.preferences import MobilePreferences
from app.sync import preference_router, registry, router, shrinking
from app.sync.estimating import estimate_of
from app.sync.preference_schemas import EstimateRequest, estimate_request
from app.sync.preference_store import Change, keep
from app.sync.schemas import EstimateAnswer
from app.sync.store import Write, write
from tests.accounts.studios import Studio, bearer, new_studio
from tests.samples import sample
from tests.sync.conftest import SEALER, Phone

ESTIMATE = "/v1/sync/estimate"
CLIENTS = 250
NOON = datetime(2026, 11, 21, 17, tzinfo=UTC)
MANY = 60
"""From how many records on a collection is big: a few records more or less are no matter to a phone."""

Held = dict[str, list[bytes]]


def past(days: int | None) -> dict[str, int | None]:
    """Return preferences with one past for all."""
    keys = (key for key in MobilePreferences.model_fields if key.endswith("_days") and "future" not in key)
    return dict.fromkeys(keys, days)


WISHES: dict[str, dict[str, Any]] = {
    "usual": {},
    "without windows": {**past(None), "include_estimates": True},
    "thirty days": past(30),
    "half a year": past(182),
    "a week ahead": {"sessions_future_days": 7, "appointments_future_days": 7},
    "groups": {"clients_scope": "groups"},
    "no clients of their own": {"clients_scope": "groups", "clients_group_ids": []},
    "clients with activity": {"clients_scope": "activity", "clients_activity_months": 3},
    "no prospects": {"include_prospects": False},
    "own schedule": {"schedule_users": "own", "tasks_scope": "mine"},
    "of the departments": {"schedule_users": "departments", "tasks_scope": "mine"},
    "no final sessions": {"sessions_exclude_final_status": True},
    "lean": {"email_bodies": "headers", "include_notes": False, "invoice_lines": False},
    "previews": {"email_bodies": "preview", "include_custom_fields": False},
}


@pytest.fixture(scope="module")
async def demo(database: Database) -> UUID:
    """Make a demo studio for all tests that only look at it."""
    name = f"demo-{uuid4().hex[:12]}"
    await seed(database, clients=CLIENTS, account=name, today=date(2026, 11, 21))
    async with database.directory() as connection:
        found = await store.find_account(connection, name)
    assert found
    return found


@pytest.fixture
async def photographer(database: Database, demo: UUID, held: Callable[[datetime], None]) -> Principal:
    """Return the demo's photographer on a new phone, at noon of the day the demo tells of."""
    held(NOON)
    async with database.reading(demo) as session:
        user = await store.find_active_user(session, "mk")
    assert user
    return Principal(
        account_id=demo,
        account_name="demo",
        time_zone="America/New_York",
        channel=Channel.MOBILE,
        user_id=user.user_id,
        departments=tuple(user.departments),
    )


async def estimated(database: Database, who: Principal, **asked: Any) -> EstimateAnswer:
    async with database.reading(who.account_id) as session:
        return await estimate_of(session, who, await read_clock(session), wished(**asked))


def wished(**asked: Any) -> EstimateRequest:
    return estimate_request().model_validate_json(orjson.dumps(asked))


async def first_sync(database: Database, who: Principal, wishes: dict[str, Any]) -> Held:
    """Bring a whole first sync under some preferences, which are then forgotten again."""
    async with database.writing(who.account_id) as session:
        await keep(session, who, Change(None, {}, wishes, is_resync=False))
    phone = Phone(database, replace(who, binding_id=uuid4()))
    await phone.pull(max_rows=5000, max_bytes=8_000_000)
    async with database.writing(who.account_id) as session:
        await keep(session, who, Change(None, wishes, {}, is_resync=False))
    held: Held = {}
    for (name, _), record in phone.records.items():
        held.setdefault(name, []).append(orjson.dumps(record))
    return held


async def wishes_of(database: Database, demo: UUID, name: str) -> dict[str, Any]:
    wishes = WISHES[name]
    if name == "groups":
        async with database.reading(demo) as session:
            sql = "SELECT id::text FROM client_groups WHERE account_id = $1 ORDER BY description LIMIT 3"
            wishes = {
                **wishes,
                "clients_group_ids": [row["id"] for row in await session.raw.fetch(sql, demo)],
            }
    return wishes


@pytest.mark.parametrize("name", WISHES)
async def test_an_estimate_is_within_a_tenth_of_what_a_first_sync_brings(
    database: Database, photographer: Principal, name: str
) -> None:
    wishes = await wishes_of(database, photographer.account_id, name)
    answer = await estimated(database, photographer, preferences=wishes)
    held = await first_sync(database, photographer, wishes)
    assert set(answer.collections) == {each.name for each in registry.collections()}
    for each, told in answer.collections.items():
        bodies = held.get(each, [])
        if len(bodies) < MANY:
            assert abs(told.records - len(bodies)) <= MANY / 5, each
            continue
        size = sum(len(body) + 1 for body in bodies)
        assert told.records == pytest.approx(len(bodies), rel=0.1), each
        assert told.bytes == pytest.approx(size, rel=0.1), each
        assert told.compressed_bytes == pytest.approx(
            len(compressed(b",".join(bodies), Encoding.GZIP)), rel=0.25
        ), each
    assert answer.total.records == pytest.approx(sum(map(len, held.values())), rel=0.05)


DRIVER_S = ("typeinfo_tree", "set_config('jit'")
"""What the driver asks once on each connection, about types it meets."""


async def test_what_a_phone_asks_again_costs_four_statements_and_none_reads_the_feed(
    database: Database, photographer: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first time samples are read too, a few rows of each collection."""
    monkeypatch.setattr(shrinking, "_known", OrderedDict())
    asked: list[list[Any]] = []
    for days in (30, 31, 90):
        async with database.reading(photographer.account_id) as session:
            seen: list[Any] = []
            session.raw.add_query_logger(seen.append)
            at = await read_clock(session)
            await estimate_of(session, photographer, at, wished(preferences={"texts_past_days": days}))
            await asyncio.sleep(0)  # the driver tells its loggers a turn later
            session.raw.remove_query_logger(seen.append)
            asked.append([each for each in seen[1:] if not any(own in each.query for own in DRIVER_S)])
            if days == 30:
                [sampling] = [each for each in seen if "FROM feed\n" in each.query]
                assert await most_rows_of_the_feed(session, sampling) <= 100
    assert [len(each) for each in asked] == [5, 4, 4]
    assert not [each.query for seen in asked[1:] for each in seen if "feed " in each.query]


async def most_rows_of_the_feed(session: Any, asked: Any) -> int:
    """Return how many rows of the feed a statement reads for any one collection."""
    [row] = await session.raw.fetch(f"EXPLAIN (ANALYZE, FORMAT JSON) {asked.query}", *asked.args)
    [plan] = row[0]
    return max(
        int(node["Actual Rows"]) for node in nodes(plan["Plan"]) if node.get("Relation Name") == "feed"
    )


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for each in plan.get("Plans", []) for node in nodes(each))]


async def test_days_that_pass_are_seen(
    database: Database, photographer: Principal, held: Callable[[datetime], None]
) -> None:
    today = await estimated(database, photographer)
    held(NOON.replace(year=2030))
    later = await estimated(database, photographer)
    assert (str(today.scope.day), str(later.scope.day)) == ("2026-11-21", "2030-11-21")
    assert later.collections["sessions"].records < today.collections["sessions"].records


# Who may ask, and about what.


@pytest.fixture
async def studio(database: Database, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Studio]:
    """Make a studio behind the doors of people, preferences and sync, with clients and tasks."""
    app = FastAPI()
    app.state.database = database
    app.state.keys = load_keys(Settings(data_dir=tmp_path_factory.mktemp("data")))
    app.state.sealer = SEALER
    app.state.replica = None
    app.state.minimum_schema_version = 1
    for each in (auth.router, devices.router, preference_router.router, router.router):
        app.include_router(each)
    build_porch(app, RateLimits(per_address=6000, per_caller=1200))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://studio.test") as client:
        made = await new_studio(database, client, app.state.keys)
        await fill(made)
        yield made


async def fill(studio: Studio) -> None:
    """Write a client with a note, an old session, and a task of the photographer's own and one of nobody."""
    client, notes = uuid4(), "Prefers the garden. " * 20
    photographer = str(studio.photographer.user_id)
    private = {**sample("tasks"), "complete_date": None, "is_private": True}
    tasks = [
        {**private, "assigned_by_id": None, "assigned_user_id": photographer},
        {**private, "assigned_by_id": None, "assigned_user_id": None},
    ]
    writes = [
        Write("staff", studio.photographer.user_id, sample("staff")),
        Write("clients", client, {**sample("clients"), "notes": notes}),
        Write("sessions", uuid4(), {**sample("sessions"), "client_id": str(client), "date": "2020-05-01"}),
        *(Write("tasks", uuid4(), task) for task in tasks),
    ]
    async with studio.database.writing(studio.account.account_id) as session:
        await write(session, Principal.system(studio.account.account_id), writes)


async def ask(studio: Studio, headers: dict[str, str], **body: Any) -> httpx.Response:
    return await studio.client.post(ESTIMATE, headers=headers, json=body)


async def told(studio: Studio, headers: dict[str, str], **body: Any) -> dict[str, Any]:
    answer = await ask(studio, headers, **body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def records(studio: Studio, headers: dict[str, str], name: str, **body: Any) -> int:
    return int((await told(studio, headers, **body))["collections"][name]["records"])


async def test_every_collection_is_told_and_their_sum(studio: Studio) -> None:
    answer = await told(studio, await studio.administrator())
    assert list(answer["collections"]) == [each.name for each in registry.collections()]
    for name in ("records", "bytes", "compressed_bytes"):
        assert answer["total"][name] == sum(each[name] for each in answer["collections"].values()) > 0
    assert answer["collections"]["sessions"] == {"records": 0, "bytes": 0, "compressed_bytes": 0}


async def test_what_is_proposed_is_laid_over_what_holds_and_changes_nothing(studio: Studio) -> None:
    desk = await studio.administrator()
    now = await told(studio, desk)
    without = await told(studio, desk, preferences={"include_notes": False})
    all_sessions = await told(studio, desk, preferences={"sessions_past_days": None})
    assert without["collections"]["clients"]["records"] == now["collections"]["clients"]["records"] == 1
    assert without["collections"]["clients"]["bytes"] < now["collections"]["clients"]["bytes"] - 400
    assert all_sessions["collections"]["sessions"]["records"] == 1
    assert await told(studio, desk) == now
    await studio.client.put("/v1/preferences", headers=desk, json={"sessions_past_days": None})
    both = await told(studio, desk, preferences={"include_notes": False})
    assert both["collections"]["sessions"]["records"] == 1


async def test_a_device_is_estimated_narrowed_by_its_own_preferences(studio: Studio) -> None:
    desk, phone = await studio.administrator(), await studio.signed_in()
    device_id, wide = phone["device"]["id"], {"sessions_past_days": None}
    own = f"/v1/devices/{device_id}/preferences"
    await studio.client.put("/v1/preferences", headers=desk, json=wide)
    await studio.client.put(own, headers=desk, json={"sessions_past_days": 9})
    for headers in (desk, bearer(phone)):
        assert await records(studio, headers, "sessions") == 1
        assert await records(studio, headers, "sessions", device_id=device_id) == 0
        assert await records(studio, headers, "sessions", device_id=device_id, preferences=wide) == 0
        as_company = {"device_id": device_id, "device_preferences": wide}
        assert await records(studio, headers, "sessions", **as_company) == 1


async def test_a_device_is_estimated_with_the_rights_of_its_own_user(studio: Studio) -> None:
    desk, phone = await studio.administrator(), await studio.signed_in()
    assert await records(studio, desk, "tasks") == 2
    assert await records(studio, desk, "tasks", device_id=phone["device"]["id"]) == 1
    assert await records(studio, bearer(phone), "tasks") == 1
    mine = {"device_id": phone["device"]["id"], "preferences": {"tasks_scope": "mine"}}
    assert await records(studio, desk, "tasks", **mine) == 1


async def test_a_row_no_phone_is_bound_to_can_be_estimated(studio: Studio) -> None:
    [row] = await studio.authorize()
    assert await records(studio, await studio.administrator(), "tasks", device_id=str(row)) == 1


async def test_only_the_device_itself_and_administrators_may_ask_about_it(studio: Studio) -> None:
    phone = await studio.signed_in()
    await studio.authorize()
    other = await studio.signed_in(device=studio.phone())
    at_desk = bearer(await studio.signed_in(device=None))
    for headers in (bearer(other), at_desk):
        answer = await ask(studio, headers, device_id=phone["device"]["id"])
        assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")


async def test_another_accounts_device_does_not_exist(studio: Studio) -> None:
    stranger = await new_studio(studio.database, studio.client, studio.keys)
    foreign = await stranger.signed_in()
    desk = await studio.administrator()
    for device_id in (foreign["device"]["id"], str(uuid4())):
        answer = await ask(studio, desk, device_id=device_id)
        assert (answer.status_code, answer.json()["code"]) == (404, "device_not_found")
    assert await records(stranger, bearer(foreign), "clients") == 0


@pytest.mark.parametrize(
    ("sent", "field", "code"),
    [
        ({"max_clients": 500}, "max_clients", "extra_forbidden"),
        ({"sessions_past_days": 3651}, "sessions_past_days", "less_than_equal"),
        ({"clients_scope": "some"}, "clients_scope", "enum"),
        ({"clients_activity_months": None}, "clients_activity_months", "int_type"),
        ({"clients_group_ids": ["x"]}, "clients_group_ids.0", "uuid_parsing"),
    ],
)
async def test_what_cannot_be_preferred_is_refused_as_where_it_is_set(
    studio: Studio, sent: dict[str, Any], field: str, code: str
) -> None:
    desk = await studio.administrator()
    answer = await ask(studio, desk, preferences=sent)
    set_there = await studio.client.put("/v1/preferences", headers=desk, json=sent)
    assert answer.status_code == set_there.status_code == 422
    told = [(each["path"], each["code"]) for one in (answer, set_there) for each in one.json()["fields"]]
    assert told == [(f"body.preferences.{field}", code), (f"body.{field}", code)]


async def test_the_tallies_of_an_account_are_behind_its_walls(studio: Studio) -> None:
    stranger = await new_studio(studio.database, studio.client, studio.keys)
    sql = "SELECT count(*) FROM feed_tallies WHERE account_id = $1"
    async with studio.database.reading(stranger.account.account_id) as session:
        assert await session.raw.fetchval(sql, studio.account.account_id) == 0
    async with studio.database.writing(stranger.account.account_id) as session:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await session.raw.execute(
                "INSERT INTO feed_tallies VALUES ($1, 400, 1, '2026-01-01', '{}', 1)",
                studio.account.account_id,
            )
