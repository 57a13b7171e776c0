"""A history: two accounts, three phones each, and everything that happens to them, all from one seed."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from app.core import clock
from studio_sync_client import Client
from studio_sync_client.edits import Save
from tests.convergence.house import House, open_desk
from tests.convergence.network import Fault
from tests.convergence.oracle import Key, Scope, WrongError
from tests.convergence.phone import Phone

Json = dict[str, Any]
START = datetime(2026, 3, 2, 15, tzinfo=UTC)
ZONE = ZoneInfo("America/Denver")
NOWHERE = "00000000-0000-4000-8000-000000000001"
PHONES = ("PK", "PK", "JD")
_DAYS = 14
"""How far around today things are dated."""
_BRANDS = ("harbor", "meadow")
_LISTS = 8
_MANY = 30


@dataclass
class Story:
    """One history; `trace` is what was done, in words that are the same whenever it is told."""

    house: House
    folder: Path
    seed: int
    counts: Counter[str] = field(default_factory=Counter)
    trace: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)  # noqa: S311 - a repeatable history, no secret
        self.instant = START
        clock.hold(self.instant)
        self._words = 0
        # Both accounts have records under the same ids: what belongs to whom is not told by them.
        self._ids = [self._id() for _ in range(_LISTS + 200)]
        self.desks = [open_desk(self.house, self._ids[:_LISTS]) for _ in _BRANDS]
        self._used = [_LISTS, _LISTS]
        self.phones = [
            self._phone(desk, place, initials)
            for desk in range(len(_BRANDS))
            for place, initials in enumerate(PHONES)
        ]
        self._look_at_the_day()
        for phone in self.phones:
            self.write_at_desk(phone)
        for phone in self.phones:
            phone.sync()

    def tell(self, steps: int) -> None:
        """Let so many things happen, then let everything arrive, and compare."""
        try:
            for _ in range(steps):
                self.step()
            self.end()
        except Exception as error:
            error.add_note(f"seed {self.seed}, after: {' | '.join(self.trace[-12:])}")
            raise

    def step(self) -> None:
        """Let one thing happen to one of the accounts."""
        self.instant += timedelta(seconds=self.random.randint(1, 60))
        clock.hold(self.instant)
        self._look_at_the_day()
        place = self.random.randrange(len(self.phones))
        acts, weights = zip(*_ACTS.items(), strict=True)
        for act in self.random.choices(acts, weights, k=self.random.randint(1, 4)):
            self.trace.append(f"{place} {act.__name__}")
            act(self, self.phones[place])

    def end(self) -> None:
        """End all faults, settle all phones, and compare them with each other and with a fresh one."""
        for phone in self.phones:
            phone.network.deliver()
        for phone in self.phones:
            phone.settle()
            if phone.twin is not None:
                phone.swap()
                phone.settle()
        for phone in self.phones:
            phone.settle()
            phone.check_typed()
        for number, desk in enumerate(self.desks):
            fresh = self._phone(number, len(PHONES), "PK")
            fresh.settle()
            for phone in self.phones:
                if phone.desk is desk and phone.initials == "PK" and phone.held() != fresh.held():
                    raise WrongError(f"{phone.path.stem} is not as a phone that began anew")
            fresh.client.close()
            if found := desk.differences():
                raise WrongError(f"the feed is not as the records: {found}")
            self.counts["inbox entries"] += len(desk.oracle.inbox)
            if desk.count("inbox") != len(desk.oracle.inbox):
                raise WrongError("there are entries of the inbox nobody has caused")
        self._is_apart()
        self.counts["histories"] += 1

    def close(self) -> None:
        """Let go of files and of the clock."""
        for phone in self.phones:
            phone.client.close()
        clock.hold(None)

    # What people do on phones

    def make_client(self, phone: Phone) -> None:
        fields = {
            "last_name": self._word(phone),
            "group_ids": self.random.sample(phone.desk.oracle.groups, 1),
        }
        self._do(phone, lambda client: client.create("clients", fields, self._new(phone)))

    def make_family(self, phone: Phone) -> None:
        """Save a client with all that one screen asks for; now and then with a task of nobody."""
        is_doomed = self.random.random() < 0.2
        made, rest = self._new(phone), [self._new(phone) for _ in range(3)]
        name, day = self._word(phone), self._day()

        def save(save: Save) -> None:
            save.create("clients", {"last_name": name}, made)
            save.create("sessions", {"client_id": made, "description": name, "date": day}, rest[0])
            save.create("appointments", {"client_id": made, "description": name, "date": day}, rest[1])
            save.create("tasks", {"client_id": NOWHERE if is_doomed else made, "subject": name}, rest[2])

        self._save(phone, save)

    def make_child(self, phone: Phone) -> None:
        client = self._pick(phone, "clients")
        if client is None:
            return
        collection = self.random.choice(("sessions", "appointments", "tasks", "tasks"))
        fields = {"client_id": client, **self._fields(phone, collection)}
        if collection == "tasks" and self.random.random() < 0.3:
            fields["session_id"] = self._pick(phone, "sessions")
        self._do(phone, lambda it: it.create(collection, fields, self._new(phone)))

    def edit(self, phone: Phone) -> None:
        """Change some fields, of what others may be changing too."""
        if key := self._pick_any(phone):
            fields = self._fields(phone, key[0])
            names = self.random.sample(sorted(fields), self.random.randint(1, min(2, len(fields))))
            self._do(phone, lambda it: it.patch(*key, {name: fields[name] for name in names}))

    def edit_together(self, phone: Phone) -> None:
        """Save changes of two records that stand or fall together."""
        keys = [key for key in (self._pick_any(phone), self._pick_any(phone)) if key]
        values = [self._fields(phone, key[0]) for key in keys]

        def save(save: Save) -> None:
            for key, fields in zip(keys, values, strict=True):
                save.patch(*key, fields)

        if len(set(keys)) > 1:
            self._save(phone, save)

    def number(self, phone: Phone) -> None:
        """Type a number, which somebody else may have."""
        if client := self._pick(phone, "clients"):
            number = self.random.randint(1, 6)
            self._do(phone, lambda it: it.patch("clients", client, {"client_number": number}))

    def make_many(self, phone: Phone) -> None:
        """Save so much at once that it takes more than one page to come back."""
        ids, word = [self._new(phone) for _ in range(_MANY)], self._word(phone)

        def save(save: Save) -> None:
            for each in ids:
                save.create("tasks", {"subject": word}, each)

        self._save(phone, save)

    def change_list(self, phone: Phone) -> None:
        """Add to a list and remove from it, by members."""
        client = self._pick(phone, "clients")
        record = client and phone.client.get("clients", client)
        if not client or not record:
            return
        if self.random.random() < 0.5:
            group = self.random.choice(phone.desk.oracle.groups)
            what: Json = {"group_ids": {self.random.choice(("add", "remove")): [group]}}
        else:
            phones = record.get("phones") or []
            new = {
                "id": self._new(phone),
                "label": "Mobile",
                "number": str(self._count()),
                "is_sms_enabled": False,
            }
            what = {"phones": {"add": [new], "remove": [each["id"] for each in phones[:1]]}}
        self._do(phone, lambda it: it.patch("clients", client, what))

    def move(self, phone: Phone) -> None:
        """Give a record to another client."""
        collection = self.random.choice(("sessions", "appointments", "tasks"))
        record, client = self._pick(phone, collection), self._pick(phone, "clients")
        if record and client:
            self._do(phone, lambda it: it.patch(collection, record, {"client_id": client}))

    def delete(self, phone: Phone) -> None:
        if key := self._pick_any(phone):
            self._do(phone, lambda it: it.delete(*key))

    def command(self, phone: Phone) -> None:
        """Do more with a record than to set its fields."""
        collection = self.random.choice(("clients", "sessions", "tasks", "appointments"))
        record = self._pick(phone, collection)
        if record is None:
            return
        statuses = phone.desk.oracle.statuses.get(collection, ())
        choices: dict[str, Sequence[tuple[str, Json]]] = {
            "clients": [("change_status", {"status_id": each}) for each in statuses]
            + [("advance_status", {"from_status_id": statuses[0]} if statuses else {})],
            "sessions": [("change_status", {"status_id": each}) for each in statuses]
            + [("advance_status", {"from_status_id": statuses[1]} if statuses else {})],
            "tasks": [("complete", {}), ("complete", {"date": self._day()}), ("reopen", {})],
            "appointments": [("convert_to_session", {"session_id": self._new(phone)})],
        }
        name, sent = self.random.choice(choices[collection])
        self._do(phone, lambda it: it.command(collection, record, name, sent))

    def merge(self, phone: Phone) -> None:
        """Merge a client into another."""
        goes, stays = self._pick(phone, "clients"), self._pick(phone, "clients")
        if goes and stays:
            self._do(phone, lambda it: it.command("clients", goes, "merge", {"into": stays}))

    def decide(self, phone: Phone) -> None:
        """Decide about something that was lost."""
        entries = sorted(phone.client.inbox(), key=lambda each: (each.record_id, str(each.typed), each.code))
        if entries:
            entry = self.random.choice(entries)
            how = self.random.choice(("take_mine", "take_mine", "keep_theirs", "dismiss"))
            self._do(phone, lambda it: it.resolve(entry, how))  # type: ignore[arg-type] # one of them

    # What happens at the desk

    def write_at_desk(self, phone: Phone) -> None:
        """Let the server write: a new client, or a change of what phones may be changing."""
        oracle = phone.desk.oracle
        keys = sorted(oracle.records)
        if not keys or self.random.random() < 0.3:
            phone.desk.write(("clients", self._new(phone)), {"last_name": self._word(phone)})
            return
        key = self.random.choice(keys)
        fields = self._fields(phone, key[0])
        name = self.random.choice(sorted(fields))
        phone.desk.write(key, {name: fields[name]})

    def delete_at_desk(self, phone: Phone) -> None:
        keys = [key for key in sorted(phone.desk.oracle.records) if phone.desk.oracle.may_delete(key)]
        if keys:
            phone.desk.write(self.random.choice(keys), None)

    def prefer(self, phone: Phone) -> None:
        """Let the company change what phones hold."""
        scope = phone.desk.oracle.scope = Scope(
            self.random.choice((None, None, 3)),
            self.random.choice((None, None, 5)),
            self.random.choice((None, None, tuple(phone.desk.oracle.groups[:1]))),
        )
        groups = scope.clients_group_ids
        phone.desk.prefer(
            tasks_completed_days=scope.tasks_completed_days,
            sessions_past_days=scope.sessions_past_days,
            clients_scope="all" if groups is None else "groups",
            clients_group_ids=list(groups or ()),
            force_full_resync=self.random.random() < 0.2,
        )

    def let_days_pass(self, _: Phone) -> None:
        self.instant += timedelta(days=self.random.randint(1, 2))
        clock.hold(self.instant)
        self._look_at_the_day()

    def restore_server(self, phone: Phone) -> None:
        phone.desk.restore()

    def forget_deletions(self, phone: Phone) -> None:
        phone.desk.forget_deletions()

    # What goes wrong

    def sync(self, phone: Phone) -> None:
        """Sync, with whatever goes wrong on the way."""
        fate = self.random.random()
        faults: dict[int, Fault] = {}
        fuse = None
        if fate < 0.4:
            faults[self.random.randrange(3)] = self.random.choice(list(Fault))
        elif fate < 0.55:
            fuse = self.random.randrange(120)
        is_well = phone.sync(faults, fuse=fuse, verify=self.random.random() < 0.3)
        self.trace.append(f"  {'well' if is_well else 'badly'}, {len(phone.held())} held")

    def deliver_late(self, phone: Phone) -> None:
        phone.network.deliver()

    def repeat_old(self, phone: Phone) -> None:
        phone.network.repeat(self.random.randrange(50))

    def clone(self, phone: Phone) -> None:
        """Copy a store, or go on with the copy made earlier."""
        if phone.twin is None:
            phone.back_up()
        else:
            phone.swap()

    def shut_out(self, phone: Phone) -> None:
        """Deactivate a phone; its next request wipes it, and it begins anew."""
        if phone.twin is None:
            phone.deactivate()
            if phone.sync():
                raise WrongError("a phone that was shut out syncs")

    # Choosing

    def _do(self, phone: Phone, what: Callable[[Client], object]) -> None:
        """Do something, now and then as the battery dies."""
        is_low = self.random.random() < 0.05
        phone.do(what, fuse=self.random.randrange(12) if is_low else None)

    def _save(self, phone: Phone, what: Callable[[Save], None]) -> None:
        def save(client: Client) -> None:
            with client.save() as made:
                what(made)

        self._do(phone, save)

    def _fields(self, phone: Phone, collection: str) -> Json:
        word = self._word(phone)
        if collection == "clients":
            return {"last_name": word, "job_title": word, "company_name": word, "notes": word}
        if collection == "tasks":
            return {"subject": word, "description": word, "priority": self.random.randint(1, 10)}
        booked = {
            "description": word,
            "date": self._day(),
            "start_time": f"{self.random.randint(9, 11):02}:00:00",
        }
        if collection == "sessions":
            booked["photographer_id"] = phone.desk.users["PK"]
        return {**booked, "is_cancelled": self.random.random() < 0.2}

    def _pick_any(self, phone: Phone) -> Key | None:
        collection = self.random.choice(("clients", "clients", "sessions", "appointments", "tasks"))
        found = self._pick(phone, collection)
        return (collection, found) if found else None

    def _pick(self, phone: Phone, collection: str) -> str | None:
        """Choose one of the records a user sees, most often one of the first: others choose it too."""
        seen = sorted(each["id"] for each in phone.client.all(collection))
        if not seen:
            return None
        chosen: str = self.random.choice(seen[:3] if self.random.random() < 0.6 else seen)
        return chosen

    def _new(self, phone: Phone) -> str:
        place = self.desks.index(phone.desk)
        self._used[place] += 1
        while self._used[place] >= len(self._ids):
            self._ids.append(self._id())
        return self._ids[self._used[place]]

    def _id(self) -> str:
        return str(UUID(int=self.random.getrandbits(128), version=4))

    def _word(self, phone: Phone) -> str:
        return f"{_BRANDS[self.desks.index(phone.desk)]} {self._count()}"

    def _count(self) -> int:
        self._words += 1
        return self._words

    def _day(self) -> str:
        return str(self._today() + timedelta(days=self.random.randint(-_DAYS, _DAYS)))

    def _today(self) -> Any:
        return self.instant.astimezone(ZONE).date()

    def _told_by(self, skew: timedelta) -> float:
        """Return what a clock says that is wrong by so much."""
        return (self.instant + skew).timestamp()

    def _look_at_the_day(self) -> None:
        for desk in self.desks:
            desk.oracle.today = self._today()

    def _phone(self, desk: int, place: int, initials: str) -> Phone:
        number = desk * 10 + place
        skew = timedelta(days=self.random.choice((-400, -1, 0, 0, 2)))
        return Phone(
            self.desks[desk],
            initials,
            self._id(),
            self.folder / f"{_BRANDS[desk]}-{number}.db",
            partial(self._told_by, skew),
            self.counts,
            rows=self.random.choice((25, 2_000)),
        )

    def _is_apart(self) -> None:
        """See that nothing of one account is on a phone of the other."""
        for phone in self.phones:
            other = _BRANDS[1 - self.desks.index(phone.desk)]
            if any(other in str(body) for body in phone.held().values()):
                raise WrongError("a phone holds something of another account")


_ACTS: dict[Callable[[Story, Phone], None], int] = {
    Story.make_client: 4,
    Story.make_family: 5,
    Story.make_child: 5,
    Story.edit: 14,
    Story.edit_together: 4,
    Story.number: 3,
    Story.make_many: 1,
    Story.change_list: 4,
    Story.move: 3,
    Story.delete: 4,
    Story.command: 6,
    Story.merge: 2,
    Story.decide: 4,
    Story.write_at_desk: 6,
    Story.delete_at_desk: 1,
    Story.prefer: 2,
    Story.let_days_pass: 2,
    Story.restore_server: 1,
    Story.forget_deletions: 1,
    Story.sync: 28,
    Story.deliver_late: 3,
    Story.repeat_old: 3,
    Story.clone: 2,
    Story.shut_out: 1,
}
"""What may happen, and how often."""
