"""A phone of a history: the Python client as it is, on a bad network, with a battery that may die."""

import json
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clients.python.tests.phones import BatteryDied, Mortal
from studio_sync_client import (
    Client,
    Device,
    DeviceWiped,
    NoAnswer,
    Pace,
    Page,
    RetryLater,
    SignedOut,
    Wanted,
)
from tests.accounts.studios import PASSWORD
from tests.convergence.house import Desk
from tests.convergence.network import Fault, Network
from tests.convergence.oracle import FOLLOWED, Key, WrongError
from tests.serving import BASE_URL

Json = dict[str, Any]
HELD = (*FOLLOWED, "inbox")
_MOST_ROUNDS = 8


class _Light(Mortal):
    """A connection whose file need not outlive this machine: only the app crashes here."""

    def execute(self, *told: Any) -> sqlite3.Cursor:
        if told[0] == "PRAGMA synchronous = FULL":
            return sqlite3.Connection.execute(self, "PRAGMA synchronous = OFF")
        return super().execute(*told)


@contextmanager
def _burning(fuse: int | None) -> Iterator[None]:
    """Let the battery die after so many statements, unless what is done is over before."""
    _Light.fuse = fuse
    try:
        yield
    finally:
        _Light.fuse = None


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=0, check_same_thread=False, factory=_Light)


@dataclass
class Phone:
    """One device: its store, what was typed on it, and perhaps a second copy of the store."""

    desk: Desk
    initials: str
    uid: str
    path: Path
    now: Callable[[], float]
    counts: Counter[str]
    rows: int = 2_000
    typed: list[tuple[str, str, str]] = field(default_factory=list)
    """What was done on it, as collection, id and operation; not what a wipe or a restored backup has lost."""
    twin: Path | None = None
    is_whole: bool = True
    """There has only ever been one copy of its store."""
    revision: int = 0

    def __post_init__(self) -> None:
        self.network = Network(self.desk.house, self._judge, self.counts)
        self.client = self._open()
        self._sign_in()

    @property
    def user(self) -> str:
        return self.desk.users[self.initials]

    @property
    def is_administrator(self) -> bool:
        return self.initials == "JD"

    @property
    def device_id(self) -> str:
        owner = self.client.owner
        assert owner is not None
        return str(owner["device"]["id"])

    # What its user does

    def do(self, what: Callable[[Client], object], *, fuse: int | None = None) -> None:
        """Let the user do something; the battery may die meanwhile."""
        before = self._queue()
        try:
            with _burning(fuse):
                what(self.client)
        except BatteryDied:
            self.crash()
        new = self._queue()[len(before) :]
        self.typed += [(each["collection"], each["id"], each["op"]) for each in new]

    def crash(self) -> None:
        """Start the app again from what was on disk."""
        self.counts["faults: crash"] += 1
        self.client.close()
        self.client = self._open()

    def back_up(self) -> None:
        """Copy the store, as a backup of the phone does."""
        self.counts["faults: cloned"] += 1
        self.client.close()
        self.twin = self.path.with_name(f"{self.path.stem}-twin.db")
        shutil.copy(self.path, self.twin)
        self.is_whole = False
        self.client = self._open()

    def swap(self) -> None:
        """Go on with the other copy of the store, and keep this one."""
        if self.twin is not None:
            self.client.close()
            self.path, self.twin = self.twin, self.path
            self.client = self._open()
            self.revision = 0

    # Syncing

    def sync(
        self, faults: Mapping[int, Fault] = {}, *, fuse: int | None = None, verify: bool = False
    ) -> bool:
        """Sync, and say whether it went well; all that is wrong with the copy then is told."""
        self.network.plan(dict(faults))
        drifted: list[str] = []
        failure: BaseException | None = None
        try:
            with _burning(fuse):
                drifted = self.client.sync(verify=verify).drifted
        except (BatteryDied, NoAnswer, RetryLater, SignedOut, DeviceWiped) as error:
            failure = error
        is_to_heal = self.network.is_to_heal
        self.network.plan({})
        self._go_on_after(failure)
        if failure is None:
            self.counts["heals"] += bool(drifted)
            self._is(is_to_heal or not drifted, "no copy drifts by itself", drifted)
            self.check()
        return failure is None

    def _go_on_after(self, failure: BaseException | None) -> None:
        match failure:
            case BatteryDied():
                self.crash()
            case SignedOut():
                self.counts["sign-ins"] += 1
                self._sign_in()
            case DeviceWiped():
                self._wiped()
            case _:
                self._check_view()

    def settle(self) -> None:
        """Sync until nothing waits; a queue that goes nowhere without a fault is stuck."""
        for _ in range(_MOST_ROUNDS):
            if self.sync(verify=True) and not self.client.status().unpushed:
                return
        raise WrongError(f"the queue is stuck: {self.client.status()}")

    def _wiped(self) -> None:
        self.counts["wipes"] += 1
        if any(self._rows("SELECT 1 FROM records UNION ALL SELECT 1 FROM queue")):
            raise WrongError("a wiped phone still holds something")
        self.desk.deactivate(self._slot, is_inactive=False)
        self.typed, self.revision, self.is_whole = [], 0, False
        self._sign_in()

    def deactivate(self) -> None:
        """Have it shut out."""
        self._slot = self.device_id
        self.desk.deactivate(self._slot, is_inactive=True)

    # Looking

    def held(self) -> dict[Key, Json]:
        """Return the server's copies that belong on this device, of what is followed."""
        rows = self._rows(
            "SELECT collection, id, body FROM records WHERE body IS NOT NULL AND NOT is_leaving"
        )
        return {(name, each): json.loads(body) for name, each, body in rows if name in HELD}

    def check(self) -> None:
        """Compare the copy at a consistent point with what it must be."""
        self.counts["consistent points"] += 1
        held, oracle = self.held(), self.desk.oracle
        wanted = oracle.belonging(self.user, is_administrator=self.is_administrator)
        self._is(held.keys() == wanted, "it holds what belongs to it and nothing else", held.keys() ^ wanted)
        for (collection, _), body in held.items():
            self._is(oracle.is_so(collection, body), "a copy is the record as it is", body)
            client = body.get("client_id")
            self._is(client is None or ("clients", client) in held, "no child without its parent", body)
        self._check_view()
        self._check_refusals()

    def _check_view(self) -> None:
        """See that what was typed and not sent is what the user sees, whatever pages have brought."""
        last: dict[tuple[Key, str], Any] = {}
        gone: set[Key] = set()
        for change in self._queue():
            key = (change["collection"], change["id"])
            gone |= {key} if change["op"] == "delete" else set()
            if change["op"] == "patch":
                last |= {(key, name): value for name, value in change["fields"].items()}
        held = self.held()
        for (key, name), value in last.items():
            if key in held and key not in gone and not isinstance(value, dict):
                shown = self.client.get(*key) or {}
                self._is(shown.get(name) == value, "what was typed is what is seen", (key, name, value))

    def _check_refusals(self) -> None:
        told = [each.inbox_id for each in self.client.refusals() if each.inbox_id]
        self._is(len(told) == len(set(told)), "each refusal is told once", told)
        if self.is_whole:
            device, judged = f"{self.uid}/", self.desk.oracle.judged
            lost = {
                verdict["inbox_id"]
                for (writer, _), (_, verdict) in judged.items()
                if writer.startswith(device) and verdict["inbox_id"]
            }
            self._is(set(told) == lost, "each loss is told", set(told) ^ lost)

    def check_typed(self) -> None:
        """See that all that was typed was taken in, each once where there was one copy of it."""
        judged = self.desk.oracle.judged
        arrived = Counter(
            (change["collection"], change["id"], change["op"])
            for (writer, _), (change, _) in judged.items()
            if writer.startswith(f"{self.uid}/")
        )
        typed = Counter(self.typed)
        missing, twice = typed - arrived, arrived - typed
        self._is(not missing, "nothing typed is lost", missing)
        self._is(not (self.is_whole and twice), "nothing counts twice", twice)

    # What passes on the wire

    def _judge(self, asked: Json, answer: Json) -> None:
        """Judge an exchange as the server dealt with it, whether or not the phone has heard of it."""
        oracle = self.desk.oracle
        push, page = asked["push"], answer["pull"]
        if push:
            self.counts["pushes"] += 1
            for verdict in answer["push"]["results"]:
                self.counts[f"verdicts: {verdict['verdict']}"] += 1
            oracle.push(
                f"{self.uid}/{push['stream']}",
                self.user,
                push,
                answer["push"],
                is_administrator=self.is_administrator,
            )
        self.counts["pulls"] += 1
        for collection, changes in page["changes"].items():
            if collection in HELD:
                self._judge_changes(collection, changes)

    def _judge_changes(self, collection: str, changes: Json) -> None:
        oracle = self.desk.oracle
        for body in changes["put"]:
            self._is(oracle.is_so(collection, body), "what is put is the record as it is", body)
        for each in changes["del"]:
            self._is((collection, each) in oracle.gone, "only what was deleted is told so", each)
            stays = oracle.survivor((collection, each))[1]
            told = changes["merged"].get(each)
            self._is(told == (stays if stays != each else None), "who stays of a merge is told", each)
        wanted = oracle.belonging(self.user, is_administrator=self.is_administrator)
        for each in changes["evict"]:
            self._is((collection, each) not in wanted, "nothing leaves that belongs here", each)

    def _page(self, page: Page) -> None:
        self._is(page.revision >= self.revision or page.replace, "a phone never goes back", page.revision)
        self.revision = page.revision

    # Below

    def _open(self) -> Client:
        device = Device(f"{self.initials}'s phone", "Pixel 9", "android", "1.0.0", 1, self.uid)
        return Client(
            self.path,
            BASE_URL,
            device,
            wanted=Wanted(max_rows=self.rows),
            on_page=self._page,
            pace=Pace(1, now=self.now, sleep=lambda _: None, random=lambda: 0.5),
            transport=self.network,
            connect=_connect,
        )

    def _sign_in(self) -> None:
        self.client.sign_in(self.desk.name, self.initials, PASSWORD)

    def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.client._store.rows(sql)

    def _queue(self) -> list[Json]:
        return [json.loads(text) for (text,) in self._rows("SELECT change FROM queue ORDER BY place")]

    def _is(self, holds: bool, rule: str, about: object) -> None:
        if not holds:
            raise WrongError(f"{self.initials} {self.path.stem}: {rule}: {str(about)[:600]}")
