"""The real server on a real PostgreSQL, in this process and without sockets, and studios in it."""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import httpx
import uvloop

from app.accounts.devices import authorize
from app.core.db import Database
from app.core.principal import Principal
from app.main import create_app
from app.studio.schedule import ScheduleConflict
from app.sync.retention import collect
from app.sync.store import Write, write
from app.sync.upkeep import verify
from tests.accounts.studios import Studio, new_studio
from tests.convergence.oracle import Account, Key
from tests.samples import sample, widen
from tests.serving import BASE_URL, Door, unhurried

T = TypeVar("T")
Json = dict[str, Any]


class House(httpx.BaseTransport):
    """The server, asked from tests that are not async themselves: a client's sync is not."""

    def __init__(self, url: str, listen_url: str, folder: Path) -> None:
        """Start it; a crash may take what was committed, for no test here ends PostgreSQL."""
        self._runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
        self._loop = self._runner.get_loop()
        quick = f"{url}{'&' if '?' in url else '?'}synchronous_commit=off"
        settings = unhurried(quick, folder, listen_database_url=listen_url, pool_size=3, log_level="ERROR")
        self.app = create_app(settings)
        self.database = Database(quick, pool_size=3)
        self._door = Door(self.app, lambda ask, request: self.run(ask(request)))
        self._is_over = asyncio.Event()
        self._serving = self._loop.create_task(self._serve(started := asyncio.Event()))
        self.run(started.wait())

    def close(self) -> None:
        """Stop it."""
        self._is_over.set()
        self.run(self._serving)
        self.run(self.database.close())
        self._runner.close()

    def run(self, coroutine: Coroutine[Any, Any, T] | asyncio.Task[T]) -> T:
        """Do something on the loop that serves."""
        return self._loop.run_until_complete(coroutine)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request; a defect inside is a failure of whatever test asked."""
        answer = self._door.handle_request(request)
        assert answer.status_code != 500, answer.text
        return answer

    async def _serve(self, started: asyncio.Event) -> None:
        async with self.app.router.lifespan_context(self.app):
            started.set()
            await self._is_over.wait()


@dataclass
class Desk:
    """A studio, what happens in it besides what phones do, and what must become of it."""

    house: House
    studio: Studio
    oracle: Account
    users: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Return the account's name."""
        return self.studio.account.account_name

    def write(self, key: Key, fields: Mapping[str, Any] | None) -> None:
        """Write a record as the server itself, or delete it; not where the schedule forbids it."""
        wanted = Write(key[0], UUID(key[1]), None if fields is None else dict(fields))
        with suppress(ScheduleConflict):
            self.oracle.write(key, fields, self.house.run(self._written(wanted)))

    def prefer(self, **values: Any) -> None:
        """Set preferences of the company."""
        self._administer("PUT", "/v1/preferences", values)

    def deactivate(self, device_id: str, *, is_inactive: bool) -> None:
        """Shut a phone out, or let it in again."""
        answer = self.house.run(self.studio.change_device(device_id, is_inactive=is_inactive))
        assert answer.is_success, answer.text

    def restore(self) -> None:
        """Be told apart from what phones know, as a server is that was restored from a backup."""
        self._execute("UPDATE account_clock SET epoch = gen_random_uuid() WHERE account_id = $1")

    def forget_deletions(self) -> None:
        """Forget what was deleted, as happens once nobody is waited for."""
        who = Principal.system(self.studio.account.account_id)
        self.house.run(collect(self.house.database, who, {}))

    def count(self, collection: str) -> int:
        """Return how many records of a collection there are."""
        [row] = self._execute(f"SELECT count(*) AS number FROM {collection} WHERE account_id = $1")
        return int(row["number"])

    def differences(self) -> Any:
        """Return how the feed differs from the records."""
        return self.house.run(verify(self.house.database, Principal.system(self.studio.account.account_id)))

    async def _written(self, wanted: Write) -> int:
        account_id = self.studio.account.account_id
        async with self.house.database.writing(account_id) as session:
            return await write(session, Principal.system(account_id), [wanted])

    def _execute(self, statement: str) -> list[Any]:
        return self.house.run(self.studio.execute(statement))

    def _administer(self, method: str, path: str, body: Any) -> None:
        async def ask() -> None:
            headers = await self.studio.administrator()
            answer = await self.studio.client.request(method, path, json=body, headers=headers)
            assert answer.is_success, answer.text

        self.house.run(ask())


def open_desk(house: House, ids: Sequence[str]) -> Desk:
    """Make a studio with two users, lists of its own under some ids, and phones that hold everything."""
    return house.run(_open(house, ids))


async def _open(house: House, ids: Sequence[str]) -> Desk:
    inside = httpx.ASGITransport(app=house.app, raise_app_exceptions=False)
    client = httpx.AsyncClient(transport=inside, base_url=BASE_URL)
    studio = await new_studio(house.database, client, house.app.state.keys)
    account_id = studio.account.account_id
    signed_in = await studio.signed_in(initials="JD", device=None)
    users = {"PK": str(studio.photographer.user_id), "JD": signed_in["user"]["id"]}
    await studio.authorize(2)
    async with house.database.writing(account_id) as session:
        await authorize(session, Principal.system(account_id), UUID(users["JD"]), None)
    await widen(house.database, account_id)
    client_statuses, session_statuses, groups = ids[:3], ids[3:6], ids[6:8]
    # What the company has follow by itself would change records nobody wrote to: it is tried elsewhere.
    company = {"conflict_policy": "never", "client_number_moment": "never", "client_number_status_id": None}
    lists = ("client_statuses", "session_statuses")
    starting = [(name, row["id"]) for name in lists for row in await studio.execute(_IDS.format(name=name))]
    writes = [
        *(Write.delete(*each) for each in starting),
        Write(
            "companies", account_id, sample("companies", **company, duplicate_checks=[], validation_rules=[])
        ),
        *(Write("client_statuses", UUID(each), _status(place)) for place, each in enumerate(client_statuses)),
        *(
            Write("session_statuses", UUID(each), _status(place))
            for place, each in enumerate(session_statuses)
        ),
        *(Write("client_groups", UUID(each), {"description": f"Group {each}"}) for each in groups),
    ]
    async with house.database.writing(account_id) as session:
        await write(session, Principal.system(account_id), writes)
    oracle = Account({"clients": client_statuses, "sessions": session_statuses}, groups)
    return Desk(house, studio, oracle, users)


_IDS = "SELECT id FROM {name} WHERE account_id = $1"


def _status(place: int) -> Json:
    marks = {"is_initial": place == 0, "is_final": place == 2}
    return {"description": f"Step {place}", "sort_order": place, "duration_days": 3, **marks}
