"""What is said to a cluster: each table once, behind those it leads to; and what its ways of asking come to.

No cluster is at hand here: what one makes of it is told in docs/operate.md, and was tried by hand. Each way
that is a cluster's own means the same to one PostgreSQL.
"""

import re
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from app.core.db import Database, session_settings
from app.core.distribution import DIRECTORIES, FIRST, NotDistributable, in_order, lacks, steps
from tests.accounts.studios import Studio, new_studio
from tests.contract.desks import at_a_desk
from tests.contract.phones import signed_in
from tests.desk.client_list.listing import listed, rows, school, shown
from tests.house.conftest import Typed
from tests.overheard import Overheard
from tests.samples import named, sample

_LINKS = """
    SELECT conrelid::regclass::text AS child, confrelid::regclass::text AS parent FROM pg_constraint
    WHERE contype = 'f' AND connamespace = 'public'::regnamespace AND conrelid <> confrelid
"""
_SPREAD = re.compile(
    r"SELECT create_distributed_table\('public\.(\w+)', 'account_id', colocate_with => '([\w.]+)'\)"
)


@pytest.fixture
async def owner(owner_url: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """Connect as whoever migrates."""
    connection = await asyncpg.connect(owner_url)
    yield connection
    await connection.close()


@pytest.fixture
async def of_a_cluster(
    house: FastAPI, http: httpx.AsyncClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> Studio:
    """Make a studio in a house that asks as a cluster is asked."""
    for each in (house.state.database, database):
        monkeypatch.setattr(each, "is_distributed", True)
    return await new_studio(database, http, house.state.keys)


async def test_each_table_of_accounts_is_spread_once_behind_those_it_leads_to(
    owner: "asyncpg.Connection[asyncpg.Record]", overheard: Overheard
) -> None:
    said = await steps(owner)
    order = [each.table for each in said]
    assert sorted(order) == sorted(overheard.tables)
    links = [(row["child"].strip('"'), row["parent"].strip('"')) for row in await owner.fetch(_LINKS)]
    assert len(links) > 50
    assert [each for each in links if order.index(each[0]) < order.index(each[1])] == []


async def test_all_tables_are_laid_beside_the_first_and_the_directories_are_on_every_node(
    owner: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    said = {each.table: each.statement for each in await steps(owner)}
    for name in DIRECTORIES:
        assert said.pop(name) == f"SELECT create_reference_table('public.{name}')"
    spread = {name: _SPREAD.fullmatch(statement) for name, statement in said.items()}
    beside = {name: found and (found[1], found[2]) for name, found in spread.items()}
    assert beside.pop(FIRST) == (FIRST, "none")
    assert beside == {name: (name, f"public.{FIRST}") for name in beside}


def test_tables_that_lead_to_each_other_are_not_spread() -> None:
    assert in_order({FIRST: set(), "b": {"a"}, "a": {FIRST}, "c": {"gone"}})[3:] == ["a", "c", "b"]
    with pytest.raises(NotDistributable, match="a, b"):
        in_order({"a": {"b"}, "b": {"a"}})


@pytest.mark.parametrize("words", [[], ["--check"], ["--workers", "10.0.0.2:5432"]])
async def test_a_database_that_is_no_cluster_s_is_told_so_in_a_sentence(
    typed: Typed, words: list[str]
) -> None:
    code, printed = await typed("distribute", *words)
    assert (code, printed.count("\n")) == (1, 1)
    assert printed.startswith("This database has no extension citus: 13.2 or newer")


@pytest.mark.parametrize("said", ["10.0.0.2", ":5432", "host:word"])
async def test_a_node_that_is_no_address_is_told(typed: Typed, said: str) -> None:
    assert await typed("distribute", "--workers", said) == (1, f"--workers: {said} is no host:port.\n")


async def test_what_is_lacking_of_a_cluster_is_not_said_of_anything_else(
    owner: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    with pytest.raises(NotDistributable, match="no extension citus"):
        await lacks(owner)


def test_plans_for_any_account_are_for_one_node_alone() -> None:
    one, many = (session_settings("postgresql://", is_distributed=each) for each in (False, True))
    assert {name: many[name] for name in many if many[name] != one[name]} == {"plan_cache_mode": "auto"}


async def test_a_database_is_reached_that_plans_for_each_account(own_database: str) -> None:
    made = Database(own_database, is_distributed=True)
    try:
        async with made.directory() as connection:
            assert await connection.fetchval("SHOW plan_cache_mode") == "auto"
    finally:
        await made.close()


async def test_a_cluster_s_ways_come_to_the_same(typed: Typed, of_a_cluster: Studio) -> None:
    desk, name = await at_a_desk(of_a_cluster), of_a_cluster.account.account_name
    of_school: dict[str, Any] = {"organization_id": await school(desk, "Lincoln High School")}
    hart, fox, gray, pupil = await listed(
        of_a_cluster, {"last_name": "Hart"}, {"last_name": "Fox"}, {"last_name": "Gray"}, of_school
    )
    copy = await (await signed_in(of_a_cluster)).copy("clients", "sessions")
    session = (await desk.create(named("sessions"), sample("sessions") | {"client_id": hart})).json()["id"]
    for collection, record, change in (
        ("clients", fox, {"last_name": "Miller", "client_number": 77}),
        ("organizations", of_school["organization_id"], {"name": "Adams Academy"}),
    ):
        assert (await desk.change(named(collection), record, change)).status_code == 200
    assert (await desk.ask("POST", f"clients/{hart}/merge", {"into": fox})).status_code == 200
    assert (await desk.delete(named("clients"), gray)).status_code == 204
    assert [each["id"] for each in await rows(desk)] == [pupil, fox]
    assert [await shown(desk, each) for each in ("mill 77", "hart", "fox")] == [["Miller"], [], []]
    await copy.pull()
    assert {each["last_name"] for each in copy.records.values() if "last_name" in each} >= {"Miller"}
    assert copy.records[session]["client_id"] == fox
    assert (await desk.delete(named("sessions"), session)).status_code == 204
    for what in ("feed", "clients", "finances"):
        code, printed = await typed(what, "verify", name)
        assert (code, {*re.findall(r"^\d+", printed, re.MULTILINE)}) == (0, {"0"}), printed


async def test_who_was_shut_out_is_shut_out_of_a_cluster(of_a_cluster: Studio) -> None:
    phone = await signed_in(of_a_cluster)
    await phone.post("pull", {})
    device = (await of_a_cluster.execute("SELECT device_id FROM devices WHERE account_id = $1"))[0][0]
    assert (await of_a_cluster.change_device(device, is_inactive=True)).status_code == 200
    refused = await phone.client.post("/v1/sync/pull", json={}, headers=phone.headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "device_deactivated")
