"""What a company prefers and what its devices narrow: kept, versioned, audited, and nothing deleted by it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import orjson
import pytest
from fastapi import FastAPI

from app.accounts.routers import auth, devices
from app.core.db import Database
from app.core.keys import load_keys
from app.core.principal import Channel, Principal
from app.core.settings import Settings
from app.http.limits import RateLimits
from app.http.porch import build_porch
from app.studio.preferences import MobilePreferences
from app.sync import registry
from app.sync.preference_router import router
from app.sync.preference_store import effective, in_force
from app.sync.store import Write, write
from app.sync.tables import Kind
from tests.accounts.studios import Studio, bearer, new_studio

Headers = dict[str, str]
PREFERENCES = "/v1/preferences"


@pytest.fixture
async def studio(database: Database, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Studio]:
    """Make a studio behind the doors of people and preferences."""
    app = FastAPI()
    app.state.database = database
    app.state.minimum_schema_version = 1
    app.state.keys = load_keys(Settings(data_dir=tmp_path_factory.mktemp("data")))
    for each in (auth.router, devices.router, router):
        app.include_router(each)
    build_porch(app, RateLimits(per_address=6000, per_caller=1200))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://studio.test") as client:
        yield await new_studio(database, client, app.state.keys)


@pytest.fixture
async def desk(studio: Studio) -> Headers:
    return await studio.administrator()


@pytest.fixture
async def device(studio: Studio) -> dict[str, Any]:
    """Sign the photographer's phone in."""
    return await studio.signed_in()


def own(device: dict[str, Any]) -> str:
    return f"/v1/devices/{device['device']['id']}/preferences"


async def read(studio: Studio, headers: Headers, path: str = PREFERENCES) -> dict[str, Any]:
    answer = await studio.client.get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def put(studio: Studio, headers: Headers, path: str = PREFERENCES, **values: Any) -> dict[str, Any]:
    answer = await studio.client.put(path, headers=headers, json=values)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def refused(studio: Studio, headers: Headers, path: str = PREFERENCES, **values: Any) -> dict[str, Any]:
    answer = await studio.client.put(path, headers=headers, json=values)
    assert answer.status_code >= 400, answer.text
    return dict(answer.json())


async def scope_revision(studio: Studio) -> int:
    [row] = await studio.execute("SELECT scope_revision FROM account_clock WHERE account_id = $1")
    return int(row["scope_revision"])


def asking(studio: Studio, device: dict[str, Any] | None = None) -> Principal:
    return Principal(
        account_id=studio.account.account_id,
        account_name=studio.account.account_name,
        time_zone=studio.account.time_zone,
        channel=Channel.MOBILE if device else Channel.DESK,
        device_id=UUID(device["device"]["id"]) if device else None,
    )


async def test_a_company_that_has_set_nothing_has_the_defaults_at_version_0(
    studio: Studio, desk: Headers
) -> None:
    answer = await read(studio, desk)
    values = {**MobilePreferences().model_dump(mode="json"), "force_full_resync": False}
    assert answer == {"version": 0, "values": values, "changed_at": None, "changed_by": None}


async def test_a_change_sets_what_was_sent_and_leaves_the_rest(studio: Studio, desk: Headers) -> None:
    before = await read(studio, desk)
    first = await put(studio, desk, sessions_past_days=30, schedule_users="own")
    assert first["values"] == {**before["values"], "sessions_past_days": 30, "schedule_users": "own"}
    second = await put(studio, desk, sessions_past_days=None)
    assert second["values"] == {**first["values"], "sessions_past_days": None}
    assert 0 < first["version"] < second["version"]
    assert (second["changed_at"], second["changed_by"]) != (None, None)
    assert await read(studio, desk) == second


async def test_a_change_that_changes_nothing_is_none(studio: Studio, desk: Headers) -> None:
    first = await put(studio, desk, sessions_past_days=30)
    assert await put(studio, desk, sessions_past_days=30) == first
    assert await put(studio, desk) == first


async def test_every_change_moves_the_scope_and_gets_its_version_from_it(
    studio: Studio, desk: Headers, device: dict[str, Any]
) -> None:
    before = await scope_revision(studio)
    company = await put(studio, desk, sessions_past_days=30)
    phone = await put(studio, bearer(device), own(device), sessions_past_days=10)
    assert (company["version"], phone["version"]) == (before + 1, before + 2)
    assert await scope_revision(studio) == before + 2


async def test_who_changed_what_and_when_is_kept(
    studio: Studio, desk: Headers, device: dict[str, Any]
) -> None:
    company = await put(studio, desk, email_bodies="preview")
    phone = await put(studio, bearer(device), own(device), email_bodies="headers")
    rows = await studio.execute(
        "SELECT version, device_id, changed_by, before::text, after::text FROM preference_changes"
        " WHERE account_id = $1 ORDER BY version"
    )
    [first, second] = [
        {**dict(row), "before": orjson.loads(row["before"]), "after": orjson.loads(row["after"])}
        for row in rows
    ]
    assert (first["version"], first["device_id"]) == (company["version"], None)
    assert first["after"] == {**first["before"], "email_bodies": "preview"}
    assert first["before"]["email_bodies"] == "full"
    assert str(first["changed_by"]) == company["changed_by"]
    assert (second["version"], str(second["device_id"])) == (phone["version"], device["device"]["id"])
    assert second["before"] == {"force_full_resync": False}
    assert second["after"] == {"email_bodies": "headers", "force_full_resync": False}
    assert str(second["changed_by"]) == device["user"]["id"]


@pytest.mark.parametrize(
    "statement", ["UPDATE preference_changes SET after = '{}'", "DELETE FROM preference_changes"]
)
async def test_the_audit_cannot_be_rewritten(studio: Studio, desk: Headers, statement: str) -> None:
    await put(studio, desk, email_bodies="preview")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await studio.execute(f"{statement} WHERE account_id = $1")


async def test_of_two_administrators_who_read_the_same_only_the_faster_one_changes_it(
    studio: Studio, desk: Headers
) -> None:
    seen = {**desk, "If-Match": f'"{(await read(studio, desk))["version"]}"'}
    answers = await asyncio.gather(
        *(studio.client.put(PREFERENCES, headers=seen, json={"calls_past_days": days}) for days in (5, 6))
    )
    [slower, faster] = sorted((each.json() for each in answers), key=lambda each: "values" in each)
    assert sorted(each.status_code for each in answers) == [200, 412]
    assert (slower["code"], slower["version"]) == ("preferences_changed", faster["version"])
    assert {each.headers["ETag"] for each in answers} == {f'"{faster["version"]}"'}
    assert await read(studio, desk) == faster


@pytest.mark.parametrize("written", ["3", "*", '"three"', 'W/"3"'])
async def test_a_version_that_is_none_is_refused(studio: Studio, desk: Headers, written: str) -> None:
    answer = await studio.client.put(PREFERENCES, headers={**desk, "If-Match": written}, json={})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


@pytest.mark.parametrize(
    ("sent", "field", "code"),
    [
        ({"max_clients": 500}, "body.max_clients", "extra_forbidden"),
        ({"sessions_past_days": 3651}, "body.sessions_past_days", "less_than_equal"),
        ({"appointments_future_days": -1}, "body.appointments_future_days", "greater_than_equal"),
        ({"clients_scope": "some"}, "body.clients_scope", "enum"),
        ({"clients_activity_months": None}, "body.clients_activity_months", "int_type"),
        ({"clients_group_ids": ["x"]}, "body.clients_group_ids.0", "uuid_parsing"),
        ({"force_full_resync": "yes"}, "body.force_full_resync", "bool_type"),
    ],
)
async def test_what_cannot_be_preferred_is_refused_with_its_field(
    studio: Studio, desk: Headers, sent: dict[str, Any], field: str, code: str
) -> None:
    answer = await refused(studio, desk, **sent, include_notes=False)
    assert (answer["status"], answer["code"]) == (422, "invalid_request")
    assert [(each["path"], each["code"]) for each in answer["fields"]] == [(field, code)]
    assert (await read(studio, desk))["version"] == 0


async def test_a_device_narrows_some_keys_and_inherits_the_rest(
    studio: Studio, desk: Headers, device: dict[str, Any]
) -> None:
    company = await put(studio, desk, emails_past_days=20)
    answer = await put(studio, bearer(device), own(device), sessions_past_days=10, include_notes=False)
    narrow = {"sessions_past_days": 10, "include_notes": False}
    assert {key: value for key, value in answer["values"].items() if value is not None} == {
        **narrow,
        "force_full_resync": False,
    }
    assert answer["effective"] == {**company["values"], **narrow}
    assert await read(studio, bearer(device), own(device)) == answer
    again = await put(studio, bearer(device), own(device), sessions_past_days=None)
    assert again["values"]["sessions_past_days"] is None
    assert again["effective"] == {**company["values"], "include_notes": False}


async def test_a_device_never_widens(studio: Studio, desk: Headers, device: dict[str, Any]) -> None:
    await put(studio, desk, sessions_past_days=30, include_prospects=False)
    wider = {"sessions_past_days": 31, "include_prospects": True, "include_estimates": True}
    answer = await refused(studio, bearer(device), own(device), **wider, calls_past_days=1)
    assert (answer["status"], answer["code"]) == (422, "device_widens")
    assert {each["path"] for each in answer["fields"]} == {f"body.{key}" for key in wider}
    assert (await read(studio, bearer(device), own(device)))["version"] == 0
    assert (await refused(studio, desk, own(device), **wider))["code"] == "device_widens"


async def test_what_a_device_has_may_be_said_again_after_its_company_narrowed(
    studio: Studio, desk: Headers, device: dict[str, Any]
) -> None:
    await put(studio, bearer(device), own(device), sessions_past_days=200)
    await put(studio, desk, sessions_past_days=100)
    again = await put(studio, bearer(device), own(device), sessions_past_days=200, include_notes=False)
    assert again["effective"]["sessions_past_days"] == 100
    assert again["effective"]["include_notes"] is False


async def test_a_group_that_does_not_exist_is_refused_by_its_place(
    studio: Studio, desk: Headers, device: dict[str, Any]
) -> None:
    for headers, path in ((desk, PREFERENCES), (bearer(device), own(device))):
        told = await refused(studio, headers, path, clients_group_ids=[str(uuid4())])
        assert told["fields"] == [{"path": "body.clients_group_ids.0", "code": "unknown_record"}]


async def test_a_company_that_narrows_later_wins(
    studio: Studio, desk: Headers, device: dict[str, Any]
) -> None:
    await put(studio, bearer(device), own(device), sessions_past_days=100, calls_past_days=10)
    await put(studio, desk, sessions_past_days=7)
    answer = await put(studio, bearer(device), own(device), calls_past_days=9)
    assert answer["values"]["sessions_past_days"] == 100
    assert (answer["effective"]["sessions_past_days"], answer["effective"]["calls_past_days"]) == (7, 9)
    await put(studio, desk, sessions_past_days=None)
    answer = await read(studio, bearer(device), own(device))
    assert answer["effective"]["sessions_past_days"] == 100


async def test_what_holds_is_the_companys_for_a_desk_and_narrower_for_the_device(
    studio: Studio, desk: Headers, device: dict[str, Any]
) -> None:
    await put(studio, desk, texts_past_days=50)
    await put(studio, bearer(device), own(device), texts_past_days=5)
    async with studio.database.reading(studio.account.account_id) as session:
        assert await effective(session, asking(studio)) == MobilePreferences(texts_past_days=50)
        assert await effective(session, asking(studio, device)) == MobilePreferences(texts_past_days=5)


async def test_a_forced_resync_happens_once_to_all_or_to_one(
    studio: Studio, desk: Headers, device: dict[str, Any]
) -> None:
    async def resyncs() -> tuple[int, int]:
        async with studio.database.reading(studio.account.account_id) as session:
            everybody = await in_force(session, asking(studio))
            return everybody.resync, (await in_force(session, asking(studio, device))).resync

    assert await resyncs() == (0, 0)
    moved = await scope_revision(studio)
    assert (await put(studio, desk, force_full_resync=True))["values"]["force_full_resync"] is False
    assert await resyncs() == (1, 1)
    answer = await put(studio, bearer(device), own(device), force_full_resync=True)
    assert answer["values"]["force_full_resync"] is False
    assert await resyncs() == (1, 2)
    assert await scope_revision(studio) == moved + 2
    await put(studio, desk, texts_past_days=5, force_full_resync=False)
    assert await resyncs() == (1, 2)
    [row] = await studio.execute(
        "SELECT count(*) FROM preference_changes WHERE account_id = $1"
        " AND (after ->> 'force_full_resync')::boolean"
    )
    assert row["count"] == 2


async def test_only_an_administrator_changes_the_companys(studio: Studio, device: dict[str, Any]) -> None:
    answer = await refused(studio, bearer(device), sessions_past_days=1)
    assert (answer["status"], answer["code"]) == (403, "permission_denied")
    assert (await read(studio, bearer(device)))["version"] == 0


async def test_a_devices_own_are_between_it_and_the_administrators(
    studio: Studio, desk: Headers, device: dict[str, Any]
) -> None:
    await studio.authorize()
    other = await studio.signed_in(device=studio.phone())
    answer = await refused(studio, bearer(other), own(device), sessions_past_days=1)
    assert (answer["status"], answer["code"]) == (403, "permission_denied")
    assert (await studio.client.get(own(device), headers=bearer(other))).status_code == 403
    at_desk = bearer(await studio.signed_in(device=None))
    assert (await studio.client.get(own(device), headers=at_desk)).status_code == 403
    answer = await put(studio, desk, own(device), sessions_past_days=1)
    assert await read(studio, bearer(device), own(device)) == answer


async def test_another_accounts_device_does_not_exist(studio: Studio, desk: Headers) -> None:
    stranger = await new_studio(studio.database, studio.client, studio.keys)
    foreign = await stranger.signed_in()
    before = await scope_revision(stranger)
    for path in (own(foreign), f"/v1/devices/{uuid4()}/preferences"):
        for answer in (
            await studio.client.get(path, headers=desk),
            await studio.client.put(path, headers=desk, json={"sessions_past_days": 1}),
        ):
            assert (answer.status_code, answer.json()["code"]) == (404, "device_not_found")
    await put(studio, desk, sessions_past_days=1, force_full_resync=True)
    assert (await read(studio, bearer(foreign)))["version"] == 0
    assert await scope_revision(stranger) == before


async def test_no_preference_ever_deletes_anything_on_the_server(
    studio: Studio, desk: Headers, device: dict[str, Any]
) -> None:
    who = Principal.system(studio.account.account_id)
    async with studio.database.writing(studio.account.account_id) as session:
        await write(session, who, list(one_of_each()))
    [status] = await studio.execute("SELECT id FROM client_statuses WHERE account_id = $1 LIMIT 1")
    before = await counts(studio)
    assert all(before.values())
    nothing: dict[str, Any] = {
        "clients_scope": "groups",
        "clients_group_ids": [],
        "clients_exclude_status_ids": [str(status["id"])],
        "include_prospects": False,
        "sessions_exclude_final_status": True,
        "schedule_users": "own",
        "tasks_scope": "mine",
        "email_bodies": "headers",
        "invoice_lines": False,
        "include_notes": False,
        "include_custom_fields": False,
        "finance_snapshot_enabled": False,
    }
    nothing |= dict.fromkeys((key for key in MobilePreferences.model_fields if key.endswith("_days")), 0)
    await put(studio, bearer(device), own(device), **nothing)
    await put(studio, desk, **nothing, force_full_resync=True)
    assert await counts(studio) == before


def one_of_each() -> Iterator[Write]:
    """Yield a record of every collection, parents first."""
    ids = {each.name: uuid4() for each in registry.collections()}
    for each in registry.collections():
        fields = {name: spec.example for name, spec in each.fields.items()}
        for spec in each.links:
            parent = str(ids[spec.link or ""]) if not spec.is_nullable else None
            fields[spec.name] = [] if spec.kind is Kind.IDS else parent
        yield Write(each.name, ids[each.name], fields)


async def counts(studio: Studio) -> dict[str, int]:
    tables = [*(each.name for each in registry.collections()), "feed"]
    return {
        table: (await studio.execute(f'SELECT count(*) FROM "{table}" WHERE account_id = $1'))[0]["count"]
        for table in tables
    }
