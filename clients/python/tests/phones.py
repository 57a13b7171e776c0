"""Phones on bad networks, whose batteries run out at any moment."""

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar
from uuid import uuid4

import httpx

from clients.python.tests.serving import Desk
from studio_sync_client import Client, Device, Pace, Page, Wanted
from tests.accounts.studios import PASSWORD
from tests.serving import BASE_URL

Json = dict[str, Any]
SYNC = "/v1/sync"
VERIFY = "/v1/sync/verify"
Answers = Callable[[httpx.Request], httpx.Response | None]


class BatteryDied(BaseException):
    """Everything stops here, as after kill -9: what was not committed is gone."""


class Line(httpx.BaseTransport):
    """A network that can be told to fail; `asked` is what was sent over it.

    `instead` answers, or lets through by returning None. `lose` loses the answers of so many requests to come
    that have a path: the server has done what was asked.
    """

    def __init__(self, door: httpx.BaseTransport) -> None:
        self.asked: list[httpx.Request] = []
        self.instead: Answers = lambda _: None
        self.lost: dict[str, int] = {}
        self._door = door

    def lose(self, path: str, times: int = 1) -> None:
        self.lost[path] = times

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.asked.append(request)
        answer = self.instead(request) or self._door.handle_request(request)
        if self.lost.get(request.url.path, 0):
            self.lost[request.url.path] -= 1
            raise httpx.ReadError("the connection was cut")
        return answer

    def raw(self, method: str, path: str, token: str) -> Json:
        """Return what the server answers to a bearer of a token, past the client."""
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(transport=self._door, base_url=BASE_URL) as anybody:
            answer: Json = anybody.request(method, path, headers=headers).json()
        return answer

    def bodies(self, path: str) -> list[bytes]:
        """Return what was sent to a path, to the byte."""
        return [each.content for each in self.asked if each.url.path == path]

    def pushes(self) -> list[bytes]:
        """Return what was pushed, to the byte."""
        pushes = (each.removeprefix(b'{"push":').rpartition(b',"pull":')[0] for each in self.bodies(SYNC))
        return [each for each in pushes if each != b"null"]


def pushed(request: httpx.Request) -> Json | None:
    """Return the push a request carries, if it does."""
    carried: Json | None = json.loads(request.content)["push"] if request.url.path == SYNC else None
    return carried


def without_page(desk: Desk, request: httpx.Request) -> httpx.Response | None:
    """Have a push carried out, and its answer bring nothing but the verdicts."""
    if pushed(request) is None:
        return None
    cursor = json.loads(request.content)["pull"]["cursor"]
    answer = json.loads(desk.door.handle_request(request).read())
    answer["pull"] |= {"changes": {}, "cursor": cursor, "digests": None}
    return httpx.Response(200, json=answer)


class Waits:
    """A clock that only sleeping moves; `slept` is how long each time."""

    def __init__(self) -> None:
        self.now = 1_781_000_000.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def pace(self, attempts: int = 3) -> Pace:
        return Pace(attempts, now=lambda: self.now, sleep=self.sleep, random=lambda: 0.5)


class Mortal(sqlite3.Connection):
    """A connection that dies before its nth statement, once `fuse` has been set."""

    fuse: ClassVar[int | None] = None

    def execute(self, *told: Any) -> sqlite3.Cursor:
        self._burn()
        return super().execute(*told)

    def executemany(self, *told: Any) -> sqlite3.Cursor:
        self._burn()
        return super().executemany(*told)

    @classmethod
    def _burn(cls) -> None:
        if cls.fuse is not None:
            cls.fuse -= 1
            if cls.fuse < 0:
                cls.fuse = None
                raise BatteryDied


def mortal(path: Path) -> sqlite3.Connection:
    """Open a store that may die."""
    return sqlite3.connect(path, timeout=0, check_same_thread=False, factory=Mortal)


@dataclass
class Phone:
    """A phone of the photographer's, or of the administrator JD's, its store, and what it was told."""

    desk: Desk
    path: Path
    initials: str = "PK"
    app: tuple[str, int] = ("1.0.0", 1)
    uid: str = field(default_factory=lambda: str(uuid4()))
    wanted: Wanted = field(default_factory=Wanted)
    attempts: int = 3
    live: httpx.AsyncBaseTransport | None = None
    pages: list[Page] = field(default_factory=list)
    verdicts: list[tuple[Json, Json]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.waits = Waits()
        self.line = Line(self.desk.door)
        self.client = self.open()

    def open(self) -> Client:
        """Start the app."""
        device = Device("Pat's phone", "Pixel 9", "android", *self.app, self.uid)
        return Client(
            self.path,
            BASE_URL,
            device,
            wanted=self.wanted,
            on_page=self.pages.append,
            on_verdict=lambda change, verdict: self.verdicts.append((change, verdict)),
            pace=self.waits.pace(self.attempts),
            transport=self.line,
            live_transport=self.live,
            connect=mortal,
        )

    def restart(self) -> None:
        """Start the app again, as after a crash."""
        self.client.close()
        self.client = self.open()

    def sign_in(self) -> None:
        self.client.sign_in(self.desk.account, self.initials, PASSWORD)

    @property
    def device_id(self) -> str:
        owner = self.client.owner
        assert owner is not None
        return str(owner["device"]["id"])

    def shown(self, collection: str, record_id: str) -> Json:
        """Return a record as the user sees it; it must be there."""
        record = self.client.get(collection, record_id)
        assert record is not None
        return record

    def holds(self) -> dict[tuple[str, str], Json]:
        """Return every record as the user sees it."""
        rows = self.client._store.rows("SELECT DISTINCT collection FROM records")
        return {(name, record["id"]): record for (name,) in rows for record in self.client.all(name)}
