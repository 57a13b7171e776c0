"""A pull that has nothing to bring: one look says so, with every check made, and no transaction."""

from collections.abc import AsyncIterator, Iterable
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.accounts import store
from app.core.db import Database
from app.core.keys import load_keys
from app.core.settings import Settings
from tests.accounts.ends import deactivated, signed_out, subscription_lapsed, user_made_inactive
from tests.accounts.studios import Studio, bearer, new_studio
from tests.samples import sample
from tests.sync.live import Served, serving

Json = dict[str, Any]


@pytest.fixture(scope="module")
def settings(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(database_url=database_url, data_dir=tmp_path_factory.mktemp("idle"), pool_size=2)


@pytest.fixture(scope="module")
async def server(settings: Settings) -> AsyncIterator[Served]:
    async with serving(settings) as server:
        yield server


@pytest.fixture
async def studio(database: Database, server: Served, settings: Settings) -> Studio:
    studio = await new_studio(database, server.client, load_keys(settings))
    await studio.authorize()
    return studio


@pytest.fixture
async def phone(studio: Studio) -> Json:
    return await studio.signed_in()


@pytest.fixture
async def rest(studio: Studio, phone: Json) -> Json:
    """Pull all there is, and return the last page."""
    page = await pull(studio, phone)
    while page["has_more"]:
        page = await pull(studio, phone, cursor=page["cursor"])
    return page


@pytest.fixture
def no_transaction(rest: Json, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have nobody read in a transaction, from when the phone is at rest."""
    del rest

    def reading(*_: Any, **__: Any) -> None:
        raise AssertionError("a transaction was begun")

    monkeypatch.setattr(Database, "reading", reading)


async def pull(studio: Studio, phone: Json, **asked: Any) -> Json:
    answer = await studio.client.post("/v1/sync/pull", json=asked, headers=bearer(phone))
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@pytest.mark.usefixtures("no_transaction")
async def test_a_phone_that_has_all_is_told_so_without_a_transaction(
    studio: Studio, phone: Json, rest: Json
) -> None:
    page = await pull(studio, phone, cursor=rest["cursor"])
    assert page["consistent"]
    assert not page["replace"]
    assert page["changes"] == {}
    same = ("cursor", "revision", "scope", "epoch", "has_more", "usable", "next_sync_after", "digests")
    assert [page[name] for name in same] == [rest[name] for name in same]
    body = {"pull": {"cursor": rest["cursor"]}}
    both = await studio.client.post("/v1/sync", json=body, headers=bearer(phone))
    assert both.json() == {"push": None, "pull": {**page, "server_time": both.json()["pull"]["server_time"]}}


async def test_what_was_written_since_is_brought_and_then_looked_for_no_more(
    studio: Studio, phone: Json, rest: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = {"n": 1, "collection": "clients", "id": str(uuid4()), "op": "create", "fields": sample("clients")}
    body = {"stream": uuid4().hex, "first": 1, "changes": [made]}
    pushed = await studio.client.post("/v1/sync/push", json=body, headers=bearer(phone))
    assert pushed.json()["results"][0]["verdict"] == "applied"
    page = await pull(studio, phone, cursor=rest["cursor"])
    assert [each["id"] for each in page["changes"]["clients"]["put"]] == [made["id"]]
    monkeypatch.delattr(Database, "reading")
    page = await pull(studio, phone, cursor=page["cursor"])
    assert (page["consistent"], page["changes"]) == (True, {})


@pytest.mark.parametrize(
    "refusal",
    [
        (deactivated, "device_deactivated"),
        (user_made_inactive, "user_inactive"),
        (subscription_lapsed, "subscription_inactive"),
        (signed_out, "invalid_token"),
    ],
)
async def test_who_may_no_longer_ask_is_refused_at_the_very_next_pull(
    studio: Studio, phone: Json, rest: Json, refusal: tuple[Any, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    happens, code = refusal
    await happens(studio, phone)
    monkeypatch.delattr(Database, "reading")
    answer = await studio.client.post("/v1/sync/pull", json={"cursor": rest["cursor"]}, headers=bearer(phone))
    assert answer.is_client_error
    assert answer.json()["code"] == code


async def test_where_a_look_sees_nobody_the_transaction_decides(
    studio: Studio, phone: Json, rest: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def see_nobody(_: Any, __: UUID, ___: Iterable[UUID], **____: bool) -> Json:
        return {}

    monkeypatch.setattr(store, "glance", see_nobody)
    page = await pull(studio, phone, cursor=rest["cursor"])
    assert (page["consistent"], page["changes"]) == (True, {})


async def test_a_look_sees_the_rows_of_its_account_alone_and_leaves_none_to_see(
    studio: Studio, database: Database, server: Served, settings: Settings
) -> None:
    other = await new_studio(database, server.client, load_keys(settings))
    query = "SELECT sign_in_id FROM sign_ins WHERE account_id = $1"
    own, foreign = studio.account.account_id, other.account.account_id
    await studio.administrator()
    await other.administrator()
    sign_ins = [row[0] for each in (studio, other) for row in await each.execute(query)]
    async with database.asking(own) as connection:
        assert len(sign_ins) == 2
        assert [*await store.glance(connection, own, sign_ins)] == sign_ins[:1]
        assert await connection.fetch("SELECT FROM sign_ins") == []
    async with database.asking(foreign) as connection:
        assert [*await store.glance(connection, foreign, sign_ins)] == sign_ins[1:]
