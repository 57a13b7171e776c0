"""One account of a history: the truth of its records, its circumstances, and what anybody writes into it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from hashlib import md5
from itertools import count
from typing import Any, NamedTuple
from uuid import UUID

from app.core import clock
from app.studio.preferences import MobilePreferences
from app.sync.store import Write
from tests.samples import sample
from tests.sync.oracle.engine import Changed, Engine
from tests.sync.oracle.membership import (
    CHILDREN,
    DAYS,
    NAMES,
    Days,
    Key,
    Preferences,
    Record,
    View,
    days_below,
    parents_of,
    projected,
)

ZONES = ("UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago", "America/New_York")
PUSHED = ("clients", "sessions", "tasks", "emails")
"""What phones may write."""


AROUND = (None, -30, -21, -20, -19, -13, -11, -10, -9, -8, -7, -6, -4, -3, -2, -1, 0, 1, 3, 4, 10, 11, 20, 21)
"""Days from today on which records lie: most of them where some window begins or ends."""


class Look(NamedTuple):
    """What a record is to be like; each collection reads of it what it has fields for."""

    day: int | None
    client: int
    other: int
    users: tuple[int, int]
    kind: int
    is_odd: bool

    @classmethod
    def of(cls, number: int) -> "Look":
        """Return the look a number below `LOOKS` stands for: one choice costs less than seven."""
        rest, day = divmod(number, len(AROUND))
        rest, client = divmod(rest, 16)
        rest, other = divmod(rest, 16)
        rest, users = divmod(rest, 16)
        rest, kind = divmod(rest, 4)
        return cls(AROUND[day], client, other, divmod(users, 4), kind, bool(rest % 2))


LOOKS = len(AROUND) * 16 * 16 * 16 * 4 * 2


@cache
def id_of(name: str, number: int) -> UUID:
    """Return an id that looks random and is the same in every history."""
    return UUID(bytes=md5(f"{name} {number}".encode(), usedforsecurity=False).digest(), version=4)


GROUPS = [str(id_of("group", number)) for number in range(3)]
USERS = [str(id_of("user", number)) for number in range(3)]
DEPARTMENTS = [str(id_of("department", number)) for number in range(2)]
SESSION_STATUSES = [str(id_of("session status", number)) for number in range(2)]
CLIENT_STATUSES = [str(id_of("client status", number)) for number in range(2)]
DEFAULTS: Preferences = MobilePreferences().model_dump(mode="json")


@dataclass
class Account:
    """A company: what it has, what it prefers, and the rights of its users.

    `version` counts what anybody has written into it, and `stamped` has that of each record, a parent's too
    when it moves with its children. Everything else here is told by the test, and by the feed's
    bodies of what a write has just changed.
    """

    engine: Engine
    account_id: UUID
    ids: Any = field(default_factory=count)
    truth: dict[Key, Record] = field(default_factory=dict)
    below: dict[str, Days] = field(default_factory=dict)
    tasks: dict[str, list[Record]] = field(default_factory=dict)
    company: dict[str, Any] = field(default_factory=lambda: dict(DEFAULTS))
    zone: str = ZONES[0]
    administrators: set[str] = field(default_factory=set)
    departments: dict[str, tuple[str, ...]] = field(default_factory=dict)
    finals: frozenset[str] = frozenset()
    version: int = 0
    stamped: dict[Key, int] = field(default_factory=dict)
    _texts: dict[tuple[Any, ...], bytes] = field(default_factory=dict)

    def alive(self, name: str) -> list[str]:
        """Return the ids of a collection's records in the order they were made."""
        return [record_id for of, record_id in self.truth if of == name]

    def write(self, writes: Sequence[Write]) -> None:
        if writes:
            self.note(self.engine.write(self.account_id, writes))

    async def writing(self, writes: Sequence[Write]) -> None:
        """Write while something else is going on."""
        self.note(await self.engine.writing(self.account_id, writes))

    def note(self, changed: Changed) -> None:
        """Keep what a transaction has changed."""
        self.version += 1
        for key, record in sorted(changed.items(), key=lambda each: each[0]):
            self.stamped[key] = self.version
            if record is None:
                self.truth.pop(key, None)
            else:
                self.truth[key] = record
            if record and key[0] == "tasks":
                self.tasks.setdefault(key[1], []).append(record)
        if changed:
            self.below = days_below(self.truth)

    @property
    def today(self) -> date:
        return clock.today(self.zone)

    def view(self, user: str) -> View:
        """Return what is true of one user's phones now."""
        return View(
            today=self.today,
            user=user,
            departments=self.departments.get(user, ()),
            is_administrator=user in self.administrators,
            finals=self.finals,
        )

    def text(self, of: tuple[bool, bool, str], key: Key) -> bytes:
        """Return what a phone holds of a record, told once for each version of it."""
        record = self.truth[key]
        at = (key, record["revision"], of)
        if at not in self._texts:
            self._texts[at] = projected(of, key[0], record)
        return self._texts[at]

    def drafts(self, numbers: Iterable[int]) -> list[Write]:
        """Return the writes that make records, of those that can be made."""
        made: list[Write] = []
        clients = self.alive("clients")
        for number in numbers:
            name, look = NAMES[number // LOOKS], Look.of(number % LOOKS)
            record_id = self.new_id()
            if name == "sessions" and not clients:
                continue
            made.append(Write(name, record_id, {**sample(name), **self.whole(name, look, clients)}))
            if name == "clients":
                clients.append(str(record_id))
        return made

    def new_id(self) -> UUID:
        return id_of("record", next(self.ids))

    def fields(self, name: str, look: Look, clients: Sequence[str]) -> Record:
        """Return the fields trimming looks at, as anybody may set them."""
        made: Record = {"client_id": _at(clients, look.client)} if name in CHILDREN else {}
        if name in DAYS:
            made[DAYS[name]] = str(self.today + timedelta(days=look.day or 0))
        return {**made, **_FIELDS[name](self, look, clients)}

    def whole(self, name: str, look: Look, clients: Sequence[str]) -> Record:
        """Return them with what the server alone sets."""
        made = self.fields(name, look, clients)
        if name == "clients":
            # So far apart that none is one the server has given to somebody else meanwhile.
            made["client_number"] = 1_000 * (next(self.ids) + 1) if look.kind else None
        return made

    def finish(self, finals: Iterable[str]) -> None:
        """Say which statuses of sessions are final, and no others."""
        fields = sample("session_statuses")
        self.finals = frozenset(finals)
        self.write(
            [
                Write("session_statuses", UUID(each), {**fields, "is_final": each in self.finals})
                for each in SESSION_STATUSES
            ]
        )

    def family(self, client_id: str) -> list[Write]:
        """Return the writes that delete a client with all that belongs to it."""
        gone = {client_id}
        for (name, record_id), record in sorted(self.truth.items(), key=lambda each: _rank(each[0][0])):
            if gone & {parent_id for _, parent_id in parents_of(name, record)}:
                gone.add(record_id)
        return [Write.delete(name, UUID(each)) for name, each in self.truth if each in gone]

    def childless(self) -> list[Key]:
        """Return the records that nothing belongs to."""
        return [key for key in self.truth if key[1] not in self.below]


def lists() -> list[Write]:
    """Return the writes that make what records are labelled with."""
    ids = {
        "client_groups": GROUPS,
        "departments": DEPARTMENTS,
        "staff": USERS,
        "client_statuses": CLIENT_STATUSES,
        "session_statuses": SESSION_STATUSES,
    }
    return [Write(name, UUID(each), sample(name)) for name in ids for each in ids[name]]


def _rank(name: str) -> int:
    return ("special_events", "clients", *CHILDREN).index(name)


def _at(ids: Sequence[str], place: int) -> str | None:
    """Return one of some ids; every fourth place is empty."""
    return ids[place % len(ids)] if ids and place % 4 != 3 else None


def _user(place: int) -> str | None:
    return USERS[place] if place < len(USERS) else None


def _special_event(_account: Account, _look: Look, _clients: Sequence[str]) -> Record:
    return {"end_date": None}


def _client(_account: Account, look: Look, _clients: Sequence[str]) -> Record:
    return {
        "last_name": f"Doe {look.other}",
        "group_ids": sorted({GROUPS[each % len(GROUPS)] for each in look.users if each}),
        "status_id": CLIENT_STATUSES[look.kind % 2] if look.is_odd else None,
    }


_TIMES = ("date", "start_time", "end_time", "arrival_time")


def _session(_account: Account, look: Look, clients: Sequence[str]) -> Record:
    made: Record = {
        "client_id": _at(clients, look.client) or clients[0],
        "photographer_id": _user(look.users[0]),
        "assistant_id": _user(look.users[1]),
        "status_id": SESSION_STATUSES[look.kind % 2] if look.is_odd else None,
    }
    return {**made, **dict.fromkeys(_TIMES)} if look.day is None else made


def _invoice(_account: Account, look: Look, clients: Sequence[str]) -> Record:
    kind = "estimate" if look.is_odd else "initial_order"
    owed = 0 if kind == "estimate" else 9180
    paid = owed if look.kind else 0
    return {
        "invoice_type": kind,
        "bill_to_client_id": _at(clients, look.other),
        "subtotal": 8500,
        "tax": 680,
        "total": 9180,
        "paid": paid,
        "balance_due": owed - paid,
    }


def _payment(account: Account, look: Look, _clients: Sequence[str]) -> Record:
    return {
        "invoice_id": _at(account.alive("invoices"), look.other),
        "state": "voided" if look.is_odd else "approved",
    }


def _task(_account: Account, look: Look, _clients: Sequence[str]) -> Record:
    made: Record = {
        "assigned_by_id": _user(look.users[0]),
        "assigned_user_id": _user(look.users[1]),
        "assigned_department_id": DEPARTMENTS[look.kind] if look.kind < len(DEPARTMENTS) else None,
        "is_private": look.is_odd,
    }
    return {**made, "complete_date": None} if look.day is None else made


def _email(_account: Account, look: Look, _clients: Sequence[str]) -> Record:
    return {"is_unread": look.is_odd and look.kind == 0, "body": "long " * (0, 10, 1000, 10)[look.kind]}


_FIELDS: Mapping[str, Callable[[Account, Look, Sequence[str]], Record]] = {
    "special_events": _special_event,
    "clients": _client,
    "sessions": _session,
    "invoices": _invoice,
    "payments": _payment,
    "tasks": _task,
    "emails": _email,
}
