"""A replica that is late, stands still or is lost: pages come from it, and nobody notices that they do."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import monotonic
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from sqlalchemy.engine import make_url

from app.accounts.standing import glance
from app.accounts.tokens import verify_access
from app.core import metrics
from app.core.db import Database
from app.core.embedded import Embedded
from app.main import create_app
from app.sync import replica
from app.sync.cursor import Sealer
from app.sync.schemas import PullRequest
from tests.accounts.studios import Studio, bearer, new_studio
from tests.contract.phones import Phone, Record, change, signed_in
from tests.faults.serving import Cluster
from tests.house.test_database_away import Line
from tests.samples import sample, widen
from tests.serving import BASE_URL, unhurried

pytestmark = pytest.mark.slow
Outcomes = list[str]


class Standby:
    """A second PostgreSQL that follows a cluster."""

    def __init__(self, primary: Cluster, data_dir: Path) -> None:
        self._server = Embedded(data_dir, temporary=True)
        self._cluster = data_dir / "postgres"
        self._cluster.mkdir(mode=0o700)
        self._server._owner.give(self._cluster)
        self._run("pg_basebackup", f"--pgdata={self._cluster}", "--write-recovery-conf", "--checkpoint=fast",
                  f"--dbname={primary.url}")  # fmt: skip
        self._server._configure(self._server._socket_dir())
        there = {"host": str(self._server._socket_dir())}
        self.url = make_url(primary.url).update_query_dict(there).render_as_string()
        self.start()

    def start(self) -> None:
        # Copied with the rest, it would be believed.
        (self._cluster / ".s.PGSQL.5432.lock").unlink(missing_ok=True)
        self._run("pg_ctl", "start", "--wait")

    def stop(self) -> None:
        self._run("pg_ctl", "stop", "--mode=immediate")

    def close(self) -> None:
        self._server._use.close()

    def _run(self, *words: str) -> None:
        assert self._server._run(*words) == 0, self._server._log_tail()


@pytest.fixture(scope="module")
def standby(cluster: Cluster) -> Iterator[Standby]:
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        made = Standby(cluster, Path(folder))
        yield made
        made.stop()
        made.close()


@pytest.fixture
def outcomes(monkeypatch: pytest.MonkeyPatch) -> Outcomes:
    """Hear what is counted of pages at the replica."""
    heard: Outcomes = []

    class Counter:
        def add(self, _amount: int, labels: dict[str, str]) -> None:
            heard.append(labels["outcome"])

    monkeypatch.setattr(metrics, "replica_reads", Counter())
    return heard


@pytest.fixture
async def served(cluster: Cluster, standby: Standby) -> AsyncIterator[Studio]:
    """Make a studio of a server that has the replica."""
    async with serving(cluster, standby.url) as studio:
        yield studio


@asynccontextmanager
async def serving(cluster: Cluster, replica_url: str) -> AsyncIterator[Studio]:
    """Lend a studio of a server that reads pages there."""
    app = create_app(unhurried(cluster.url, cluster.data_dir, pull_database_url=replica_url))
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url=BASE_URL) as client,
    ):
        studio = await new_studio(app.state.database, client, app.state.keys)
        await widen(app.state.database, studio.account.account_id)
        yield studio


async def standing_still(standby: Standby, *, still: bool = True) -> None:
    connection = await asyncpg.connect(standby.url)
    await connection.execute(f"SELECT pg_wal_replay_{'pause' if still else 'resume'}()")
    await connection.close()


async def caught_up(cluster: Cluster, standby: Standby) -> None:
    """Wait until the replica has come as far as the primary."""
    primary, follower = await asyncpg.connect(cluster.url), await asyncpg.connect(standby.url)
    try:
        so_far = await primary.fetchval("SELECT pg_current_wal_flush_lsn()::text")
        async with asyncio.timeout(60):
            while not await follower.fetchval("SELECT pg_last_wal_replay_lsn() >= $1::text::pg_lsn", so_far):
                pass
    finally:
        await primary.close()
        await follower.close()


def named(name: str) -> Record:
    return change("create", "clients", uuid4(), **sample("clients", last_name=name))


async def test_pages_come_from_the_replica_once_it_has_what_was_pushed(
    served: Studio, cluster: Cluster, standby: Standby, outcomes: Outcomes
) -> None:
    phone = await signed_in(served)
    await standing_still(standby)
    try:
        await phone.must_push(named("Early"))
        copy = await phone.copy("clients")
        assert [each["last_name"] for each in copy.records.values()] == ["Early"]
        assert set(outcomes) == {"late"}
    finally:
        await standing_still(standby, still=False)
    await caught_up(cluster, standby)
    outcomes.clear()
    assert (await phone.copy("clients")).records == copy.records
    await phone.must_push(named("Later"))
    await caught_up(cluster, standby)
    await copy.pull()
    assert sorted(each["last_name"] for each in copy.records.values()) == ["Early", "Later"]
    assert set(outcomes) == {"served"}
    outcomes.clear()
    await copy.pull()
    assert outcomes == [], "who has all there is asks nothing of it"


async def test_who_was_shut_out_is_refused_though_the_replica_has_not_heard(
    served: Studio, cluster: Cluster, standby: Standby
) -> None:
    answer = await served.signed_in(device=served.phone())
    phone = Phone(served.client, bearer(answer), answer["user"]["id"])
    copy = await phone.copy("clients")
    await caught_up(cluster, standby)
    await standing_still(standby)
    try:
        done = await served.change_device(answer["device"]["id"], is_inactive=True)
        assert done.status_code == 200, done.text
        for cursor in (copy.cursor, None):
            refused = await served.client.post(
                "/v1/sync/pull", json={"cursor": cursor}, headers=phone.headers
            )
            assert (refused.status_code, refused.json()["code"]) == (403, "device_deactivated")
    finally:
        await standing_still(standby, still=False)


async def test_a_page_is_read_at_no_other_point_than_that_of_the_look_at_the_primary(
    served: Studio, cluster: Cluster, standby: Standby, outcomes: Outcomes
) -> None:
    """Between the look at the primary and the page the replica may come further than that look."""
    phone = await signed_in(served)
    await phone.must_push(named("Early"))
    claims = verify_access(served.keys, phone.headers["Authorization"].removeprefix("Bearer "))
    stands = await glance(served.database, served.keys, claims)
    assert stands is not None
    database, sealer = Database(standby.url, pool_size=2), Sealer({"a": served.keys.derived("cursor")}, "a")
    follower = replica.Replica(database)

    async def read() -> int | None:
        await caught_up(cluster, standby)
        asked = PullRequest(collections=["clients"])
        page = await follower.page(stands, sealer, asked, is_whole=False, gone=None)
        return None if page is None else len(json.loads(page.as_json())["changes"]["clients"]["put"])

    try:
        assert await read() == 1
        await phone.must_push(named("Later"))
        assert await read() is None
    finally:
        await follower.close()
    assert outcomes == ["served", "ahead"]


async def test_what_the_replica_shows_before_the_primary_does_makes_no_cursor_of_the_future(
    served: Studio, cluster: Cluster, standby: Standby, outcomes: Outcomes
) -> None:
    """A commit that waits for another replica has been replayed here, and is not to be seen there yet."""
    phone = await signed_in(served)
    copy = await phone.copy("clients")
    account_id = served.account.account_id
    primary, follower = await asyncpg.connect(cluster.url), await asyncpg.connect(standby.url)

    async def revision(at: "asyncpg.Connection[asyncpg.Record]") -> int:
        found = await at.fetchval("SELECT revision FROM account_clock WHERE account_id = $1", account_id)
        return int(found)

    try:
        await waiting_for(primary, "nobody")
        so_far = await revision(primary)
        pushing = asyncio.create_task(phone.must_push(named("Waits")))
        async with asyncio.timeout(60):
            while await revision(follower) == so_far:
                assert not pushing.done()
        outcomes.clear()
        for each in (copy, await phone.copy("clients")):
            await each.pull()
            assert each.records == {}
        assert await revision(primary) == so_far
        assert outcomes[0] == "ahead"
    finally:
        await waiting_for(primary, "")
        await primary.close()
        await follower.close()
    await pushing
    await copy.pull()
    assert [each["last_name"] for each in copy.records.values()] == ["Waits"]


async def waiting_for(primary: "asyncpg.Connection[asyncpg.Record]", replica_name: str) -> None:
    """Have commits wait until a replica of a name has them."""
    await primary.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{replica_name}'")
    await primary.execute("SELECT pg_reload_conf()")


async def test_what_is_no_replica_is_not_read_as_one(cluster: Cluster, outcomes: Outcomes) -> None:
    """As when it was promoted, while the app still writes to the other."""
    async with serving(cluster, cluster.url) as studio:
        phone = await signed_in(studio)
        await phone.must_push(named("Early"))
        assert len((await phone.copy("clients")).records) == 1
    assert outcomes == ["failed"]


async def test_what_a_replica_that_hangs_does_not_give_comes_from_the_primary(
    cluster: Cluster, standby: Standby, outcomes: Outcomes
) -> None:
    line = Line(standby.url)
    async with line.open() as way, serving(cluster, way) as studio:
        phone = await signed_in(studio)
        copy = await phone.copy("clients")
        await caught_up(cluster, standby)
        await phone.copy("clients")
        assert outcomes[-1] == "served"
        async with line.dead(), asyncio.timeout(30):
            await phone.must_push(named("Early"))
            await copy.pull()
            await copy.pull()
        assert (len(copy.records), outcomes[-1]) == (1, "failed")


async def test_nobody_notices_that_the_replica_was_lost(
    served: Studio, cluster: Cluster, standby: Standby, outcomes: Outcomes, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = await signed_in(served)
    copy = await phone.copy("clients")
    standby.stop()
    outcomes.clear()
    try:
        for name in ("One", "Two", "Three"):
            await phone.must_push(named(name))
            await copy.pull()
        assert len(copy.records) == 3
        assert outcomes == ["failed"], "it is left alone for a while"
    finally:
        standby.start()
    await caught_up(cluster, standby)
    monkeypatch.setattr(replica, "monotonic", lambda: monotonic() + replica._REST)
    await phone.must_push(named("Four"))
    await caught_up(cluster, standby)
    await copy.pull()
    assert (len(copy.records), outcomes[-1]) == (4, "served")


@pytest.mark.parametrize("seed", range(5))
async def test_a_phone_holds_all_that_was_written_however_late_the_replica_is(
    served: Studio, standby: Standby, outcomes: Outcomes, seed: int
) -> None:
    chance = Random(seed)  # noqa: S311 - a repeatable run, no secret
    await served.authorize(1)
    phones = [await signed_in(served) for _ in range(2)]
    copies = [await each.copy("clients") for each in phones]
    # By the phone that wrote them: no two change the same, for that would be refused one of them.
    written: list[dict[str, str]] = [{}, {}]
    try:
        for step in range(30):
            number, name = chance.randrange(2), f"Step {step}"
            phone, mine = phones[number], written[number]
            what = chance.choice(("stand", "create", "patch", "delete", "pull", "anew"))
            if what == "stand":
                await standing_still(standby, still=chance.random() < 0.5)
            elif what == "create":
                made = named(name)
                await phone.must_push(made)
                mine[made["id"]] = name
            elif what in {"patch", "delete"} and mine:
                known = chance.choice(sorted(mine))
                fields = {"last_name": name} if what == "patch" else {}
                await phone.must_push(change(what, "clients", UUID(known), **fields))
                del mine[known]
                mine |= {known: name} if fields else {}
            else:
                copy = await phone.copy("clients") if what == "anew" else copies[number]
                await copy.pull()
                found = {key: each["last_name"] for key, each in copy.records.items()}
                assert found == written[0] | written[1]
    finally:
        await standing_still(standby, still=False)
    assert outcomes
