"""A phone that keeps the contracts of the protocol, and is judged on every page by the truth."""

from collections import Counter
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from app.core.principal import Channel, Principal
from tests.digests import digest_of
from tests.sync.oracle.account import Account, id_of
from tests.sync.oracle.engine import Asked
from tests.sync.oracle.membership import (
    Key,
    Preferences,
    View,
    belonging,
    in_force,
    may_see,
    parents_of,
    projection,
    text_of,
)

TALLY: Counter[str] = Counter()
"""What all phones of this process have done, for the record."""
OWN = b"as typed on the phone"
"""Stands for a record as the phone has written it, until a page or a verdict brings the server's."""
NEAR_DAYS = 7
"""How far back a phone must have everything when it is told that it can be used."""
MAX_CURSOR = 800
REFUSED = {"conflict", "rejected", "blocked"}


@dataclass
class Phone:
    """A device's local copy: records, cursor, and the changes whose verdicts it has not heard."""

    account: Account
    user: str
    device_id: UUID
    records: dict[Key, bytes] = field(default_factory=dict)
    revisions: dict[Key, int] = field(default_factory=dict)
    cursor: str | None = None
    own: Preferences = field(default_factory=dict)
    stream: int = 0
    next: int = 1
    waiting: dict[str, Any] | None = None
    seen: set[str] = field(default_factory=set)
    begun: tuple[int, Any] | None = None
    is_at_rest: bool = False
    may_expire: bool = False
    _wanted: tuple[Any, dict[Key, bytes]] = (None, {})

    @property
    def who(self) -> Principal:
        account = self.account
        return Principal(
            account_id=account.account_id,
            account_name="test",
            time_zone=account.zone,
            channel=Channel.MOBILE,
            user_id=UUID(self.user),
            is_administrator=self.user in account.administrators,
            device_id=self.device_id,
            binding_id=self.device_id,
            departments=tuple(UUID(each) for each in account.departments.get(self.user, ())),
        )

    def wanted(self) -> dict[Key, bytes]:
        """Return what the phone should hold now."""
        account, (view, preferences) = self.account, self._circumstances()
        now = (account.version, view, preferences)
        if self._wanted[0] != now:
            keys = list(belonging(view, preferences, account.truth, account.below))
            found = {key: account.text(projection(preferences, key[0]), key) for key in keys}
            for key in keys:
                assert all(parent in found for parent in parents_of(key[0], account.truth[key]))
            self._wanted = (now, found)
            self.seen |= {
                record_id
                for (name, record_id), record in account.truth.items()
                if name == "tasks" and may_see(view, name, record)
            }
        return self._wanted[1]

    def _circumstances(self) -> tuple[View, Preferences]:
        return self.account.view(self.user), in_force(self.account.company, self.own)

    def page(self, asked: Asked) -> bool:
        """Fetch a page, keep it unless it is lost, and say whether the phone is now consistent."""
        self.hear()
        wanted = self.wanted()
        truth, version, near = set(self.account.truth), self.account.version, self._near()
        page = self.account.engine.pull(self.who, replace(asked, cursor=self.cursor))
        if isinstance(page, str):
            assert page != "cursor_expired" or self.may_expire, "what this phone needs was forgotten"
            self.cursor, self.begun, self.may_expire = None, None, False
            return False
        self.may_expire &= not self.is_at_rest
        TALLY["pages"] += 1
        assert len(page["cursor"]) < MAX_CURSOR, "a cursor stays small"
        self._judge(page, wanted, truth)
        if asked.is_lost:
            return False
        self._keep(page)
        if page["replace"]:
            self.begun = version, self._circumstances()
        if page["usable"] and self.begun:
            self._check_near(near)
        if page["consistent"]:
            TALLY["consistent points"] += 1
            self._check(wanted)
            if asked.digests:
                self._check_digests(page["digests"])
        return bool(page["consistent"])

    def settle(self, asked: Asked) -> None:
        """Pull to a consistent point."""
        while not self.page(asked):
            pass

    def push(self, changes: Sequence[Mapping[str, Any]], *, on_conflict: str, is_lost: bool = False) -> None:
        """Send changes, and hear the verdicts unless they are lost."""
        self.hear()
        if not changes:
            return
        numbered = [{"n": n, **change} for n, change in enumerate(changes, self.next)]
        self.next += len(numbered)
        self.seen |= {change["id"] for change in numbered}
        stream = f"copy-{self.stream}"
        self.waiting = {
            "stream": stream,
            "first": numbered[0]["n"],
            "on_conflict": on_conflict,
            "changes": numbered,
        }
        TALLY["pushes"] += 1
        self._judge_verdicts(numbered, self._send())
        if not is_lost:
            self.hear()

    def hear(self) -> None:
        """Send again what was sent and not answered: the phone pushes before it pulls."""
        if self.waiting:
            results = self._send()
            changes, self.waiting = self.waiting["changes"], None
            by_key: dict[Key, list[tuple[str, dict[str, Any]]]] = {}
            for change, verdict in zip(changes, results, strict=True):
                key = (change["collection"], change["id"])
                by_key.setdefault(key, []).append((change["op"], verdict))
            for key, verdicts in by_key.items():
                self._obey(key, verdicts)

    def back_up(self) -> "Phone":
        """Return the phone as it is, to be restored one day."""
        twin = copy(self)
        twin.records, twin.revisions = dict(self.records), dict(self.revisions)
        return twin

    def restore(self, backup: "Phone") -> None:
        """Become what the phone once was; a fresh copy takes a fresh stream."""
        self.records, self.revisions = dict(backup.records), dict(backup.revisions)
        self.cursor, self.is_at_rest = backup.cursor, backup.is_at_rest
        self.begun, self.may_expire = None, True
        self._renumber()

    def reinstall(self) -> None:
        """Begin with nothing."""
        self.records, self.revisions, self.cursor, self.begun = {}, {}, None, None
        self._renumber()

    def _renumber(self) -> None:
        self.stream, self.next, self.waiting = self.stream + 1, 1, None

    def _send(self) -> list[dict[str, Any]]:
        waiting = self.waiting or {}
        results, changed = self.account.engine.push(self.who, waiting)
        if changed:
            self.account.note(changed)
        return results

    def _judge_verdicts(
        self, changes: Sequence[Mapping[str, Any]], verdicts: Sequence[Mapping[str, Any]]
    ) -> None:
        """Compare what verdicts say of a record, and their copies of it, with what a page would bring."""
        wanted = self.wanted()
        for change, verdict in zip(changes, verdicts, strict=True):
            key = (change["collection"], change["id"])
            if key in self.account.truth:
                is_unknown = verdict["code"] == "unknown_record" or self._is_hidden_noop(key, verdict)
                assert verdict["in_scope"] == (is_unknown or key in wanted), f"not where it is said: {key}"
            if verdict["server"]:
                assert text_of(key[0], verdict["server"]) == wanted[key], f"a copy of something else: {key}"

    def _is_hidden_noop(self, key: Key, verdict: Mapping[str, Any]) -> bool:
        """Say whether a deletion was of what the user may not see: told of as if it did not exist."""
        view, _ = self._circumstances()
        return verdict["verdict"] == "noop" and not may_see(view, key[0], self.account.truth[key])

    def _obey(self, key: Key, verdicts: Sequence[tuple[str, dict[str, Any]]]) -> None:
        """Do what the verdicts about one record say: contract C3, and what is undone without a copy goes."""
        copies = [verdict["server"] for _, verdict in verdicts if verdict["server"]]
        outcomes = {verdict["verdict"] for _, verdict in verdicts}
        op, last = verdicts[-1]
        if copies:
            self._store(key, copies[-1])
        elif op == "delete" or not last["in_scope"] or outcomes & REFUSED:
            self._drop(key)
        elif "applied" in outcomes:
            self.records[key] = OWN

    def _judge(self, page: Mapping[str, Any], wanted: Mapping[Key, bytes], truth: set[Key]) -> None:
        """No page says what it must not, consistent or not."""
        for name, changes in page["changes"].items():
            for record in changes["put"]:
                key = (name, record["id"])
                assert key in wanted, f"a put of what does not belong now: {key}"
                assert text_of(name, record) == wanted[key], f"a put of something else than there is: {key}"
            removed = [(name, record_id) for record_id in (*changes["del"], *changes["evict"])]
            assert not (removed and page["replace"]), "a removal where nothing is held yet"
            assert not truth.intersection((name, each) for each in changes["del"]), "a del of what exists"
            for key in removed:
                assert key not in wanted, f"a removal of what belongs: {key}"
                assert self._was_allowed(key), f"a removal names what the user never had a right to: {key}"
            assert truth.issuperset((name, each) for each in changes["evict"]), "an evict of what is no more"

    def _was_allowed(self, key: Key) -> bool:
        """Say whether the user once had a right to it, or the rights of now would have allowed it."""
        name, record_id = key
        if name != "tasks" or record_id in self.seen:
            return True
        view = self.account.view(self.user)
        return any(may_see(view, name, each) for each in self.account.tasks[record_id])

    def _keep(self, page: Mapping[str, Any]) -> None:
        if page["replace"]:
            self.records, self.revisions = {}, {}
        for name, changes in page["changes"].items():
            for record in changes["put"]:
                self._store((name, record["id"]), record)
            for record_id in (*changes["del"], *changes["evict"]):
                TALLY["removals"] += 1
                TALLY["noise"] += (name, record_id) not in self.records
                self._drop((name, record_id))
        self.cursor, self.is_at_rest = page["cursor"], page["consistent"]

    def _store(self, key: Key, record: dict[str, Any]) -> None:
        self.records[key], self.revisions[key] = text_of(key[0], record), record["revision"]

    def _drop(self, key: Key) -> None:
        self.records.pop(key, None)
        self.revisions.pop(key, None)

    def _near(self) -> set[Key]:
        """Return what must be there once the phone can be used: what is near, unless it has just changed.

        There is none of it when what the phone should hold was another thing when it began.
        """
        account, now = self.account, self._circumstances()
        version, then = self.begun or (account.version, now)
        if then != now or (self.cursor and not self.begun):
            return set()
        found = belonging(*now, account.truth, account.below, near=NEAR_DAYS)
        return {key for key in found if account.stamped[key] <= version}

    def _check_near(self, near: set[Key]) -> None:
        """Once after each beginning, look whether the phone can be used."""
        self.begun = None
        assert near <= self.records.keys(), f"not yet usable: {sorted(near - self.records.keys())}"

    def _check(self, wanted: Mapping[Key, bytes]) -> None:
        """Compare with a filter over everything there is, contents included."""
        missing, ghosts = wanted.keys() - self.records.keys(), self.records.keys() - wanted.keys()
        assert not missing, f"missing: {sorted(missing)}"
        assert not ghosts, f"not to be held: {sorted(ghosts)}"
        stale = [key for key, text in wanted.items() if self.records[key] != text]
        assert not stale, f"not as they are: {stale}"

    def _check_digests(self, told: Mapping[str, dict[str, Any]]) -> None:
        """Compare what the phone can count itself with what it is told to hold."""
        held: dict[str, dict[str, int]] = {}
        for (name, record_id), revision in self.revisions.items():
            held.setdefault(name, {})[record_id] = revision
        assert told == {name: digest_of(revisions) for name, revisions in held.items()}


def phones_of(account: Account, users: Sequence[str]) -> list[Phone]:
    """Return a phone for each user."""
    return [Phone(account, user, id_of("device", number)) for number, user in enumerate(users)]
