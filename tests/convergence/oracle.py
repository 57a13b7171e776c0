"""What must become of an account: an interpreter of the written rules, which shares no code with the server.

It is told what reached the server, in the order in which the server dealt with it, and replays it one change
after the other by docs/sync.md: streams and repeats, groups and what blocks what, conflicts per field, lists
by members, deletions with what goes along, merged clients, moves of status, tasks done and reopened,
appointments that become sessions, the inbox. Verdicts, and the records it follows, must come out as it says.

It follows the fields in `FOLLOWED` and no others. What the rules of the field make of a record besides, such
as its numbers, due dates and history, is not replayed but held to invariants: all copies have the same, and
the same as the server. Whether such a rule refuses a change is taken from the server (`OF_THE_FIELD`); that
nothing of a refused change is kept, and that what was typed is in the inbox, is not.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

Json = dict[str, Any]
Key = tuple[str, str]
"""A collection and an id."""
Writer = str
"""A stream of a device, or the server."""

SERVER: Writer = "server"
FOLLOWED: Mapping[str, Mapping[str, Any]] = {
    "clients": {
        "client_number": None,
        "first_name": None,
        "last_name": None,
        "job_title": None,
        "company_name": None,
        "notes": None,
        "group_ids": [],
        "phones": [],
        "status_id": None,
    },
    "sessions": {
        "client_id": None,
        "description": "",
        "date": None,
        "start_time": None,
        "photographer_id": None,
        "is_cancelled": False,
        "status_id": None,
    },
    "appointments": {
        "client_id": None,
        "description": None,
        "date": None,
        "start_time": None,
        "is_cancelled": False,
    },
    "tasks": {
        "client_id": None,
        "session_id": None,
        "subject": None,
        "description": None,
        "priority": None,
        "complete_date": None,
    },
}
"""The fields that are replayed, with what they are when they are left out."""
OF_THE_FIELD = frozenset({"invalid_fields", "schedule_conflict", "not_unique"})
LOSING = frozenset({"merged", "conflict", "rejected", "blocked"})
_LINKS = {"client_id": "clients", "session_id": "sessions"}
# Who is gone when a record is deleted, and what forbids it.
_GOING_ALONG = {"clients": ("appointments", "tasks"), "sessions": ("tasks",)}
_FORBIDDING = {"clients": ("sessions",)}
_FILLED = ("client_number", "first_name", "last_name", "job_title", "company_name", "notes")
_INBOX_DAYS = 30


class WrongError(AssertionError):
    """The server, or a phone, did what the rules do not say."""


@dataclass(frozen=True, slots=True)
class Record:
    """A record's followed fields, and for those changed since it was made: when, and by whom."""

    fields: Json
    stamps: Mapping[str, tuple[int, Writer]] = field(default_factory=dict)
    writers: tuple[tuple[int, Writer], ...] = ()

    def changed(self, fields: Mapping[str, Any], revision: int, writer: Writer) -> "Record":
        """Return the record with some fields set."""
        anew = {name: (revision, writer) for name, value in fields.items() if self.fields[name] != value}
        writers = (*self.writers, (revision, writer))
        return Record({**self.fields, **fields}, {**self.stamps, **anew}, writers)

    def changed_by_others(self, base: int, writer: Writer) -> set[str]:
        """Return the fields that others changed after a base."""
        return {name for name, (at, by) in self.stamps.items() if at > base and by != writer}


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that was lost: what was typed, and by which user."""

    change: Json
    typed: Json
    user: str
    day: date
    resolution: str | None = None


@dataclass(slots=True)
class Ruling:
    """What the rules say about a change."""

    verdict: str
    code: str | None = None
    reasons: set[str] = field(default_factory=set)
    blocked_by: int | None = None


class _RefusedError(Exception):
    def __init__(self, verdict: str, code: str, reasons: Iterable[str] = (), by: int | None = None) -> None:
        super().__init__(code)
        self.ruling = Ruling(verdict, code, set(reasons), by)


@dataclass(slots=True)
class Scope:
    """What phones hold, as far as the stories change it: days back, and clients of which groups alone."""

    tasks_completed_days: int | None = None
    sessions_past_days: int | None = None
    clients_group_ids: tuple[str, ...] | None = None


@dataclass(slots=True)
class Account:
    """One account as it must be."""

    statuses: Mapping[str, Sequence[str]]
    """The statuses of clients and of sessions, in their order."""
    groups: Sequence[str]
    records: dict[Key, Record] = field(default_factory=dict)
    gone: dict[Key, str | None] = field(default_factory=dict)
    """What was deleted, and with whom it was merged."""
    inbox: dict[str, Entry] = field(default_factory=dict)
    scope: Scope = field(default_factory=Scope)
    today: date = date.min
    judged: dict[tuple[Writer, int], tuple[Json, Json]] = field(default_factory=dict)
    """Every change that was taken in, with its verdict, by stream and number."""
    last: dict[Writer, int] = field(default_factory=dict)

    # What reached the server

    def push(self, writer: Writer, user: str, sent: Json, answer: Json, *, is_administrator: bool) -> None:
        """Replay a push that was answered, and compare the verdicts."""
        verdicts = {each["n"]: each for each in answer["results"]}
        self._is(list(verdicts) == [each["n"] for each in sent["changes"]], "one change, one verdict", answer)
        repeated = [change for change in sent["changes"] if (writer, change["n"]) in self.judged]
        fresh = [change for change in sent["changes"] if (writer, change["n"]) not in self.judged]
        self._is(
            [each["n"] for each in fresh]
            == list(range(self.last.get(writer, 0) + 1, self.last.get(writer, 0) + 1 + len(fresh))),
            "nothing is taken in after a gap",
            sent,
        )
        Replay(self, writer, answer["revision"], verdicts).run(fresh)
        belonging = self.belonging(user, is_administrator=is_administrator)
        for change in repeated:
            told = self._told_again(self.judged[writer, change["n"]], belonging)
            self._is(told == (change, verdicts[change["n"]]), "a repeat gets the same answer", change)
        for change in fresh:
            verdict = verdicts[change["n"]]
            self.judged[writer, change["n"]] = (change, verdict)
            self.last[writer] = change["n"]
            self._note_lost(change, verdict, user)
            self._is(
                verdict["server"] is None or self.is_so(change["collection"], verdict["server"]),
                "a copy in a verdict is the record",
                verdict,
            )

        numbers = [record.fields.get("client_number") for record in self.records.values()]
        given = [each for each in numbers if each is not None]
        self._is(len(given) == len(set(given)), "no two have one number", given)

    def write(self, key: Key, fields: Mapping[str, Any] | None, revision: int) -> None:
        """Replay a write of the server's own; None deletes."""
        replay = Replay(self, SERVER, revision, {})
        if fields is None:
            replay.remove(key)
        elif key in self.records:
            replay.change(key, fields)
        else:
            replay.make(key, fields)

    def _told_again(self, judged: tuple[Json, Json], belonging: set[Key]) -> tuple[Json, Json]:
        """Return a change with its verdict, which does not bring back what is gone or is elsewhere now."""
        change, verdict = judged
        key = change["collection"], change["id"]
        was_there = key in self.records or key in self.gone or key[1] in self.inbox
        if not was_there or key in belonging:
            return change, verdict
        return change, {**verdict, "revision": None, "in_scope": False, "server": None}

    def may_delete(self, key: Key) -> bool:
        """Say whether nothing forbids to delete a record."""
        return not any(self.children(key, _FORBIDDING.get(key[0], ())))

    # What phones hold

    def belonging(self, user: str, *, is_administrator: bool) -> set[Key]:
        """Return the records that a phone must hold."""
        held = {
            key
            for key, record in self.records.items()
            if key[0] != "clients" and self._is_wanted(key, record)
        }
        parents = {self.records[key].fields["client_id"] for key in held}
        groups = self.scope.clients_group_ids
        for key, record in self.records.items():
            if key[0] == "clients":
                is_wanted = groups is None or not set(groups).isdisjoint(record.fields["group_ids"])
                held |= {key} if is_wanted or key[1] in parents else set()
        return held | {
            ("inbox", each)
            for each, entry in self.inbox.items()
            if (is_administrator or entry.user == user) and self._is_fresh(entry)
        }

    def is_so(self, collection: str, body: Json) -> bool:
        """Say whether a copy of the server's is the record as it is now."""
        if collection == "inbox":
            entry = self.inbox.get(body["id"])
            return entry is not None and (entry.typed, entry.resolution) == (
                body["typed"],
                body["resolution"],
            )
        record = self.records.get((collection, body["id"]))
        return record is not None and all(body[name] == value for name, value in record.fields.items())

    def survivor(self, key: Key) -> Key:
        """Return who stays of a merged record, otherwise the record itself."""
        while stays := self.gone.get(key):
            key = key[0], stays
        return key

    def children(self, key: Key, collections: Iterable[str]) -> Iterator[Key]:
        """Yield the records of some collections that name another."""
        name = next((each for each, target in _LINKS.items() if target == key[0]), None)
        for child, record in self.records.items():
            if child[0] in collections and name and record.fields.get(name) == key[1]:
                yield child

    def _is_wanted(self, key: Key, record: Record) -> bool:
        if key[0] == "tasks":
            return self._is_in(record.fields["complete_date"], self.scope.tasks_completed_days)
        if key[0] == "sessions":
            return self._is_in(record.fields["date"], self.scope.sessions_past_days)
        return True

    def _is_in(self, day: str | None, back: int | None) -> bool:
        return day is None or back is None or date.fromisoformat(day) >= self.today - timedelta(days=back)

    def _is_fresh(self, entry: Entry) -> bool:
        return entry.resolution is None or entry.day >= self.today - timedelta(days=_INBOX_DAYS)

    def _note_lost(self, change: Json, verdict: Json, user: str) -> None:
        """Expect an entry of the inbox for whatever was not taken in."""
        is_lost = verdict["verdict"] in LOSING and verdict["code"] != "reference_merged"
        is_lost = is_lost and change["collection"] != "inbox"
        self._is((verdict["inbox_id"] is not None) == is_lost, "what is lost is in the inbox", verdict)
        if not is_lost:
            return
        fields = change.get("fields") or {}
        typed = {
            name: value
            for name, value in fields.items()
            if verdict["verdict"] != "merged" or name in (verdict["fields"] or {})
        }
        self._is(verdict["inbox_id"] not in self.inbox, "each loss has an entry of its own", verdict)
        self.inbox[verdict["inbox_id"]] = Entry(change, typed, user, self.today)

    @staticmethod
    def _is(holds: bool, rule: str, about: object) -> None:
        if not holds:
            raise WrongError(f"{rule}: {about}")


@dataclass(slots=True)
class Replay:
    """One transaction being replayed."""

    account: Account
    writer: Writer
    revision: int
    verdicts: Mapping[int, Json]
    refused: dict[Key, int] = field(default_factory=dict)

    def run(self, changes: Sequence[Json]) -> None:
        """Judge changes group by group, parents before children, and compare with the verdicts."""
        for group in _parents_first(changes):
            before = self._checkpoint()
            rulings = {change["n"]: self._judged(change) for change in group}
            for change in group:
                if change["op"] != "delete" and not _is_refused(rulings[change["n"]]):
                    rulings[change["n"]] = self._linked(change, rulings[change["n"]])
            culprit = next((n for n, ruling in rulings.items() if _is_refused(ruling)), None)
            if culprit is not None:
                self.account.records, self.account.gone, self.account.inbox = before
                self.refused |= {_key(each): culprit for each in group if each["op"] == "create"}
            for n, ruling in rulings.items():
                if culprit is not None and not _is_refused(ruling):
                    ruling = Ruling("blocked", "depends_on_refused", set(), culprit)  # noqa: PLW2901
                self._compare(n, ruling)

    def _checkpoint(self) -> tuple[dict[Key, Record], dict[Key, str | None], dict[str, Entry]]:
        return dict(self.account.records), dict(self.account.gone), dict(self.account.inbox)

    # What is done to records

    def make(self, key: Key, fields: Mapping[str, Any]) -> None:
        """Create a record, at the first status of its list."""
        statuses = self.account.statuses.get(key[0])
        first = {"status_id": statuses[0]} if statuses else {}
        told = {name: value for name, value in fields.items() if name in FOLLOWED[key[0]]}
        whole = {**FOLLOWED[key[0]], **first, **told}
        self._records[key] = Record(whole, {}, ((self.revision, self.writer),))

    def change(self, key: Key, fields: Mapping[str, Any]) -> None:
        """Set fields of a record."""
        told = {name: value for name, value in fields.items() if name in FOLLOWED[key[0]]}
        self._records[key] = self._records[key].changed(told, self.revision, self.writer)

    def remove(self, key: Key, into: str | None = None) -> None:
        """Delete a record with what goes along."""
        going = list(self.account.children(key, _GOING_ALONG.get(key[0], ())))
        del self._records[key]
        self.account.gone[key] = into
        for each in going:
            self.remove(each)

    @property
    def _records(self) -> dict[Key, Record]:
        return self.account.records

    # How a change is judged

    def _judged(self, change: Json) -> Ruling:
        told = self.verdicts[change["n"]]
        if told["code"] in OF_THE_FIELD:
            return Ruling(told["verdict"], told["code"], set(told["fields"] or {}))
        change, renamed = self._up_to_date(change)
        try:
            ruling = self._judge(change, change.get("base_revision") or 0)
        except _RefusedError as refused:
            return refused.ruling
        if renamed and ruling.verdict != "noop":
            code = ruling.code if ruling.verdict == "merged" else "reference_merged"
            return Ruling("merged", code, ruling.reasons | renamed)
        return ruling

    def _judge(self, change: Json, base: int) -> Ruling:
        match change["op"]:
            case "create":
                return self._create(change)
            case "patch":
                return self._patch(change, base)
            case "delete":
                return self._delete(change, base)
            case _:
                return self._command(change)

    def _create(self, change: Json) -> Ruling:
        key, fields = _key(change), change["fields"]
        if key in self.account.gone:
            raise self._deleted(key)
        present = self._records.get(key)
        if present is None:
            self.make(key, fields)
            return Ruling("applied")
        if all(present.fields[name] == value for name, value in fields.items()):
            return Ruling("noop")
        raise _RefusedError("conflict", "already_exists")

    def _patch(self, change: Json, base: int) -> Ruling:
        key = _key(change)
        record = self._present(key)
        sent, free = {}, set()
        for name, value in change["fields"].items():
            sent[name], is_free = _by_members(record.fields[name], value)
            free |= {name} if is_free else set()
        wanted = {name for name, value in sent.items() if record.fields[name] != value}
        if not wanted:
            return Ruling("noop")
        kept = (wanted & record.changed_by_others(base, self.writer)) - free
        if kept == wanted:
            raise _RefusedError("conflict", "changed_meanwhile", kept)
        self.change(key, {name: sent[name] for name in wanted - kept})
        return Ruling("merged", "changed_meanwhile", kept) if kept else Ruling("applied")

    def _delete(self, change: Json, base: int) -> Ruling:
        key = _key(change)
        record = self._records.get(key)
        if record is None:
            return Ruling("noop")
        told = self.verdicts.get(change["n"], {})
        others = any(at > base and by != self.writer for at, by in record.writers)
        # Of fields that are not followed it is not known by whom they were changed last.
        is_changed = others and told.get("code") == "changed_meanwhile"
        if is_changed or record.changed_by_others(base, self.writer):
            raise _RefusedError("conflict", "changed_meanwhile")
        if not self.account.may_delete(key):
            raise _RefusedError("rejected", "still_referenced", _FORBIDDING[key[0]])
        self.remove(key)
        return Ruling("applied")

    def _command(self, change: Json) -> Ruling:
        key, sent = _key(change), change.get("fields") or {}
        if key[0] == "inbox":
            return self._resolve(key[1], sent)
        if change["command"] == "merge" and self._are_one(key, sent["into"]):
            return Ruling("noop")
        record = self._present(key)
        match change["command"]:
            case "complete":
                done = record.fields["complete_date"] or self.account.today.isoformat()
                ruling = self._moved(key, {"complete_date": sent.get("date", done)})
            case "reopen":
                ruling = self._moved(key, {"complete_date": None})
            case "change_status":
                ruling = self._moved(key, {"status_id": sent["status_id"]})
            case "advance_status":
                ruling = self._advance(key, sent.get("from_status_id"))
            case "merge":
                ruling = self._merge(key, sent["into"])
            case "convert_to_session":
                ruling = self._convert(key, sent["session_id"])
            case unknown:
                raise WrongError(f"no rule is written here for {unknown}")
        return ruling

    def _moved(self, key: Key, fields: Json) -> Ruling:
        if all(self._records[key].fields[name] == value for name, value in fields.items()):
            return Ruling("noop")
        self.change(key, fields)
        return Ruling("applied")

    def _advance(self, key: Key, expected: str | None) -> Ruling:
        present, statuses = self._records[key].fields["status_id"], self.account.statuses[key[0]]
        if expected is not None and expected != present:
            return Ruling("noop")
        return self._moved(key, {"status_id": statuses[statuses.index(present) + 1]})

    def _are_one(self, key: Key, into: str) -> bool:
        other = key[0], into
        return other != key and self.account.survivor(other) == self.account.survivor(key)

    def _merge(self, key: Key, into: str) -> Ruling:
        stays = self.account.survivor((key[0], into))
        if stays not in self._records:
            raise _RefusedError("rejected", "unknown_reference", {"into"})
        goes, other = self._records[key].fields, self._records[stays].fields
        for child in list(self.account.children(key, FOLLOWED)):
            self.change(child, {"client_id": stays[1]})
        self.remove(key, into=stays[1])
        filled = {name: goes[name] for name in _FILLED if other[name] in (None, "") and goes[name]}
        if other["notes"] and goes["notes"] and other["notes"] != goes["notes"]:
            filled["notes"] = f"{other['notes']}\n\n{goes['notes']}"
        filled["group_ids"] = list(dict.fromkeys([*other["group_ids"], *goes["group_ids"]]))
        dialled = {_digits(each) for each in other["phones"]} | {each["id"] for each in other["phones"]}
        new = [each for each in goes["phones"] if _digits(each) not in dialled and each["id"] not in dialled]
        self.change(stays, {**filled, "phones": [*other["phones"], *new]})
        return Ruling("applied")

    def _convert(self, key: Key, session: str) -> Ruling:
        booked = self._records[key].fields
        if ("sessions", session) in self._records:
            raise _RefusedError("conflict", "already_exists")
        if ("sessions", session) in self.account.gone:
            raise self._deleted(("sessions", session))
        self.remove(key)
        self.make(("sessions", session), booked)
        return Ruling("applied")

    def _resolve(self, entry_id: str, sent: Json) -> Ruling:
        entry = self.account.inbox.get(entry_id)
        if entry is None:
            raise _RefusedError("rejected", "unknown_record")
        if entry.resolution is not None:
            raise _RefusedError("conflict", "already_resolved")
        if sent["resolution"] == "take_mine":
            self._take(entry, sent.get("fields") or {})
        self.account.inbox[entry_id] = replace(entry, resolution=sent["resolution"])
        return Ruling("applied")

    def _take(self, entry: Entry, more: Json) -> None:
        """Do what was typed after all, whatever others have changed since."""
        change = {**entry.change, "n": 0, "fields": {**entry.typed, **more}}
        if change["op"] != "delete":
            # What was typed for who is gone is done to who stays; nobody asked to delete that one.
            change["id"] = self.account.survivor(_key(change))[1]
        if change["op"] == "create" and _key(change) in self._records:
            change["op"] = "patch"
        change, _ = self._up_to_date(change)
        self._judge(change, self.revision)
        if change["op"] != "delete" and _is_refused(linked := self._linked(change, Ruling("applied"))):
            raise _RefusedError(linked.verdict, linked.code or "", linked.reasons, linked.blocked_by)

    def _present(self, key: Key) -> Record:
        record = self._records.get(key)
        if record is not None:
            return record
        if key in self.account.gone:
            raise self._deleted(key)
        if key in self.refused:
            raise _RefusedError("blocked", "depends_on_refused", (), self.refused[key])
        raise _RefusedError("rejected", "unknown_record")

    def _deleted(self, key: Key) -> _RefusedError:
        if self.account.gone[key] is None:
            return _RefusedError("conflict", "record_deleted")
        return _RefusedError("conflict", "record_merged", {"merged_into"})

    # Links

    def _up_to_date(self, change: Json) -> tuple[Json, set[str]]:
        """Let links that name merged records name those that stay, and say which those are."""
        fields = dict(change.get("fields") or {})
        renamed = set()
        if change["op"] in ("create", "patch"):
            for name, target in _LINKS.items():
                named = fields.get(name)
                if named and (stays := self.account.survivor((target, named))[1]) != named:
                    fields[name] = stays
                    renamed.add(name)
        return {**change, "fields": fields}, renamed

    def _linked(self, change: Json, ruling: Ruling) -> Ruling:
        """Refuse links to nowhere, once all that stands together is there."""
        if change["op"] not in ("create", "patch"):
            return ruling
        fields = change.get("fields") or {}
        named = {name: (target, fields[name]) for name, target in _LINKS.items() if fields.get(name)}
        missing = {
            name: target
            for name, target in named.items()
            if self.account.survivor(target) not in self._records
        }
        blocking = [self.refused[target] for target in missing.values() if target in self.refused]
        if blocking:
            return Ruling("blocked", "depends_on_refused", set(), min(blocking))
        return Ruling("rejected", "unknown_reference", set(missing)) if missing else ruling

    def _compare(self, n: int, ruling: Ruling) -> None:
        told = self.verdicts[n]
        is_so = (
            (told["verdict"], told["code"]) == (ruling.verdict, ruling.code)
            and set(told["fields"] or {}) == ruling.reasons
            and told["blocked_by"] == ruling.blocked_by
        )
        if not is_so:
            raise WrongError(f"by the rules it is {ruling}, and the server says {told}")


def _is_refused(ruling: Ruling) -> bool:
    return ruling.verdict in ("conflict", "rejected", "blocked")


def _key(change: Json) -> Key:
    return change["collection"], change["id"]


def _digits(phone: Json) -> str:
    return "".join(each for each in phone["number"] if each.isdigit()) or phone["number"]


def _by_members(present: Any, value: Any) -> tuple[Any, bool]:
    """Return what a field becomes, and whether it cannot clash: members are added and removed."""
    if not (isinstance(present, list) and isinstance(value, dict)):
        return value, False
    gone, new = {_name(each) for each in value.get("remove", ())}, value.get("add", [])
    kept = {_name(each): each for each in present if _name(each) not in gone}
    is_free = all(each == other for each in present for other in new if _name(each) == _name(other))
    return list({**kept, **{_name(each): each for each in new}}.values()), is_free


def _name(member: Any) -> str:
    return str(member["id"] if isinstance(member, dict) else member)


def _parents_first(changes: Sequence[Json]) -> list[list[Json]]:
    """Part changes into groups; one that makes a record goes before those that refer to it."""
    groups: dict[Any, list[Json]] = {}
    for change in changes:
        groups.setdefault(change.get("group") or change["n"], []).append(change)
    makers = {_key(each): name for name, group in groups.items() for each in group if each["op"] == "create"}
    ordered: dict[Any, list[Json]] = {}

    def place(name: Any, waiting: frozenset[Any]) -> None:
        if name in ordered or name in waiting:
            return
        for change in groups[name]:
            for link, target in _LINKS.items():
                maker = makers.get((target, str((change.get("fields") or {}).get(link))))
                if maker is not None:
                    place(maker, waiting | {name})
        ordered[name] = groups[name]

    for name in groups:
        place(name, frozenset())
    return list(ordered.values())
