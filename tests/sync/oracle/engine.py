"""The one place where the histories touch the server: its own writes, pulls, pushes and circumstances."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from unittest.mock import patch
from uuid import UUID, uuid4

import orjson
import uvloop

from app.core.db import Database, WriteSession
from app.core.events import Event
from app.core.principal import Principal
from app.core.revisions import AccountClock, read_clock
from app.sync import positions, preference_store, registry, retention, transition, upkeep
from app.sync.cursor import Sealer
from app.sync.errors import ResyncRequired
from app.sync.positions import Came
from app.sync.pull import pull
from app.sync.push import push
from app.sync.schemas import PullRequest, PushRequest
from app.sync.store import Write, write
from app.sync.target import compile_anew
from app.sync.upkeep import Found
from tests.samples import named
from tests.sync.oracle.membership import NAMES, Key, Preferences, Record

_SEALER = Sealer({"a": b"k" * 32}, "a")
_KEPT = (
    "inbox",
    "feed_past",
    "deleted_records",
    "acknowledged_positions",
    "device_streams",
    "stream_prints",
    "verdicts",
    "preferences",
    "device_preferences",
    "client_list_entries",
    "client_list_words",
    "client_likenesses",
)
T = TypeVar("T")
Changed = dict[Key, Record | None]
"""Records as one transaction left them, none for a deleted one."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A pull a phone asks for, whether it loses the answer, and what happens while the server works on it."""

    cursor: str | None
    rows: int
    bytes: int
    is_lost: bool = False
    digests: bool = False
    meanwhile: Callable[[], Awaitable[None]] | None = None


class Engine:
    """The server, called from tests that are not async themselves: hypothesis runs no others."""

    def __init__(self, url: str) -> None:
        """Open connections of its own; a crash may take what was committed, for nobody asks after it."""
        self._runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
        self._loop = self._runner.get_loop()
        self._database = Database(f"{url}{'&' if '?' in url else '?'}synchronous_commit=off")
        self.account_ids: list[UUID] = []

    def close(self) -> None:
        self.run(self._database.close())
        self._runner.close()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self._loop.run_until_complete(coroutine)

    def open_account(self, lists: Sequence[Write]) -> UUID:
        """Make an account with nothing but its lists."""
        account_id = uuid4()

        async def work(session: WriteSession) -> None:
            session.add(AccountClock(account_id=account_id, epoch=uuid4()))
            await session.flush()
            await write(session, Principal.system(account_id), lists)

        self.run(self._changing(account_id, work))
        return account_id

    def empty(self, account_id: UUID) -> None:
        """Take an account back to its lists, as if nothing had ever happened in it: a new one costs more."""

        async def work(session: WriteSession) -> None:
            await session.raw.execute(_EMPTY, account_id)

        self.run(self._changing(account_id, work))

    def write(self, account_id: UUID, writes: Sequence[Write]) -> Changed:
        return self.run(self.writing(account_id, writes))

    async def writing(self, account_id: UUID, writes: Sequence[Write]) -> Changed:
        async def work(session: WriteSession) -> None:
            await write(session, Principal.system(account_id), writes)

        return await self._changing(account_id, work)

    def pull(self, who: Principal, asked: Asked) -> dict[str, Any] | str:
        """Return a page, or the reason why the phone is told to start again."""
        try:
            return self.run(self._pull(who, asked))
        except ResyncRequired as refused:
            return str(refused.extra["reason"])

    async def _pull(self, who: Principal, asked: Asked) -> dict[str, Any]:
        request = PullRequest(
            cursor=asked.cursor,
            max_rows=asked.rows,
            max_bytes=asked.bytes,
            collections=list(NAMES),
            digests=asked.digests,
        )
        # Of the ways to read a stretch, every other page takes the one for long ones, a few records at once.
        usual = transition.LONG, transition.FEW, transition.TOGETHER
        long, few, together = (1, 1, 2_000) if asked.rows % 2 else usual
        async with self._database.reading(who.account_id) as session:
            at = await read_clock(session)
            if asked.meanwhile:
                await asked.meanwhile()
            with patch.multiple(transition, LONG=long, FEW=few, TOGETHER=together):
                pulled = await pull(session, who, at, _SEALER, request)
        came = Came(asked.cursor, at.revision, request.collections)
        await positions.note(self._database, who, _SEALER, came)
        page: dict[str, Any] = orjson.loads(pulled.as_json())
        return page

    def push(self, who: Principal, body: dict[str, Any]) -> tuple[list[dict[str, Any]], Changed]:
        """Return the verdicts, and what the push has changed."""
        answers: list[bytes] = []

        async def work(session: WriteSession) -> None:
            request = PushRequest.model_validate_json(orjson.dumps(body))
            answers.append(await push(session, who, await read_clock(session), request))

        changed = self.run(self._changing(who.account_id, work))
        return orjson.loads(answers[0])["results"], changed

    def prefer(
        self, account_id: UUID, device_id: UUID | None, values: Preferences, *, is_resync: bool
    ) -> None:
        """Set the company's preferences, or those of one device."""

        async def work(session: WriteSession) -> None:
            change = preference_store.Change(device_id, {}, values, is_resync=is_resync)
            await preference_store.keep(session, Principal.system(account_id), change)

        self.run(self._changing(account_id, work))

    def tell(self, account_id: UUID) -> None:
        """Let the server know that the rights of a user or the account's time zone have changed."""
        who = Principal.system(account_id)
        self.run(self._changing(account_id, lambda session: compile_anew(session, who, Event())))

    def forget_deletions(self, account_id: UUID) -> None:
        """Raise the floor to the present: what was deleted or has ended before is forgotten."""

        async def work(session: WriteSession) -> None:
            await session.raw.execute("".join(f"{each};" for each in _FORGET).format(account_id=account_id))

        self.run(self._changing(account_id, work))

    def trim(self, account_id: UUID, copies: Sequence[UUID]) -> None:
        """Let the server forget what these local copies know of, and the verdicts their phones have."""
        who = Principal.system(account_id)
        self.run(retention.collect(self._database, who, dict.fromkeys(copies)))
        self.run(retention.trim_verdicts(self._database, who))

    def differences(self, account_id: UUID) -> Found:
        """Return how many records the feed does not have as they are, and how many tallies are wrong."""
        return self.run(upkeep.verify(self._database, Principal.system(account_id)))

    async def _changing(self, account_id: UUID, work: Callable[[WriteSession], Awaitable[None]]) -> Changed:
        """Do work in a transaction and return what it has changed."""
        async with self._database.writing(account_id) as session:
            await work(session)
            return await _changed(session) if session.revision is not None else {}


async def _changed(session: WriteSession) -> Changed:
    sql = "SELECT collection, record_id, is_deleted, body FROM feed WHERE account_id = $1 AND revision = $2"
    rows = await session.raw.fetch(sql, session.account_id, session.revision)
    return {
        (registry.numbered(row["collection"]).name, str(row["record_id"])): None
        if row["is_deleted"]
        else orjson.loads(row["body"] + b"}")
        for row in rows
        if registry.numbered(row["collection"]).name in NAMES
    }


_FORGET = (
    "UPDATE account_clock SET floor = revision WHERE account_id = '{account_id}'",
    "DELETE FROM feed WHERE account_id = '{account_id}' AND is_deleted",
    "DELETE FROM feed_past WHERE account_id = '{account_id}'",
)
_NUMBERS = ",".join(str(named(name).number) for name in (*NAMES, "inbox"))
_GONE = (
    *(f"DELETE FROM {name} WHERE account_id = $1" for name in (*NAMES, *_KEPT)),
    *(
        f"DELETE FROM {name} WHERE account_id = $1 AND collection IN ({_NUMBERS})"
        for name in ("feed", "feed_tallies")
    ),
)
# One statement, so that it stays prepared: to plan so many takes longer than to run them.
_EMPTY = (
    "WITH "
    + ", ".join(f"gone_{place} AS ({each})" for place, each in enumerate(_GONE))
    + " UPDATE account_clock SET epoch = gen_random_uuid() WHERE account_id = $1"
)
