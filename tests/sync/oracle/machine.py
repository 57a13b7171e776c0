"""Histories: everything that can happen to two accounts and their phones, in any order."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from app.core import clock
from app.sync.store import Write
from app.sync.upkeep import Found
from tests.samples import sample
from tests.sync.oracle.account import (
    CLIENT_STATUSES,
    DEPARTMENTS,
    GROUPS,
    LOOKS,
    PUSHED,
    SESSION_STATUSES,
    USERS,
    ZONES,
    Account,
    Look,
)
from tests.sync.oracle.engine import Asked, Engine
from tests.sync.oracle.membership import CHILDREN, NAMES
from tests.sync.oracle.phone import TALLY, Phone, phones_of

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
_WINDOWS = (
    "sessions_past_days",
    "sessions_future_days",
    "special_events_past_days",
    "tasks_completed_days",
    "emails_past_days",
    "invoices_past_days",
    "payments_past_days",
)
_FLAGS = (
    "include_prospects",
    "include_estimates",
    "invoice_lines",
    "include_notes",
    "include_custom_fields",
    "sessions_exclude_final_status",
)
CHOICES: list[tuple[str, Any]] = [
    *((name, days) for name in _WINDOWS for days in (None, 0, 3, 10, 20)),
    *((name, wanted) for name in _FLAGS for wanted in (True, False)),
    *(("clients_scope", scope) for scope in ("all", "activity", "groups") * 3),
    *(("clients_activity_months", months) for months in (0, 1)),
    *(("clients_group_ids", GROUPS[:each]) for each in range(3)),
    *(("clients_exclude_status_ids", CLIENT_STATUSES[:each]) for each in range(3)),
    *(("schedule_users", people) for people in ("everyone", "departments", "own")),
    *(("tasks_scope", tasks) for tasks in ("all", "mine")),
    *(("email_bodies", bodies) for bodies in ("full", "preview", "headers")),
]
_PAGES = [
    Asked(None, rows, most, is_lost=is_lost)
    for is_lost in (False, False, False, True)
    for rows, most in ((1, 1_000_000), (2, 1_000_000), (5, 1_000_000), (1000, 5000), (1000, 1_000_000))
]
WHOLE = Asked(None, 1000, 1_000_000)
ONE = Asked(None, 1, 1_000_000)
_OPERATIONS = ("create", "patch", "patch", "delete")
_CONFLICTS = ("merge", "merge", "server", "fail")

either = st.integers(0, 1)
which_phone = st.integers(0, 3)
place = st.integers(0, 15)
drafts = st.integers(0, LOOKS * len(NAMES) - 1)
_CHOICE = st.integers(0, len(CHOICES) - 1)
choices = st.lists(_CHOICE, min_size=1, max_size=6)
NOTHING = 8 * len(_PAGES) - 1
glance = st.integers(0, NOTHING)
pages = st.lists(st.integers(0, len(_PAGES) - 1), min_size=1, max_size=6)


def _preferences(numbers: Sequence[int]) -> dict[str, Any]:
    return dict(CHOICES[number] for number in numbers)


class Histories(RuleBasedStateMachine):
    """Two accounts with two phones each; every rule is something somebody does, or that happens to them."""

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self.engine = engine
        self.instant = START
        clock.hold(self.instant)
        self.accounts: list[Account] = []
        self.phones: list[Phone] = []
        self.backups: dict[int, Phone] = {}

    @initialize(
        users=st.integers(0, 80),
        first=st.lists(drafts, min_size=4, max_size=10),
        preferences=st.lists(_CHOICE, min_size=6, max_size=14),
    )
    def begin(self, users: int, first: Sequence[int], preferences: Sequence[int]) -> None:
        """Both begin with the same records under the same ids, and with different people."""
        for place_, account_id in enumerate(self.engine.account_ids):
            self.engine.empty(account_id)
            account = Account(self.engine, account_id)
            account.write(account.drafts(first))
            self.accounts.append(account)
            owners = [USERS[users // 3 ** (2 * place_ + each) % 3] for each in range(2)]
            self.phones += phones_of(account, owners)
            self._prefer(account, None, preferences)

    @rule(account=either, new=st.lists(drafts, min_size=1, max_size=4), then=glance)
    def add(self, account: int, new: Sequence[int], then: int) -> None:
        at = self.accounts[account]
        at.write(at.drafts(new))
        self._glance(then)

    @rule(
        account=either,
        looks=st.lists(st.integers(0, LOOKS - 1), min_size=1, max_size=3),
        fields=st.integers(0, 20),
        then=glance,
    )
    def change(self, account: int, looks: Sequence[int], fields: int, then: int) -> None:
        """Change records as a whole, or in one field alone."""
        at = self.accounts[account]
        clients, writes = at.alive("clients"), {}
        for number in looks:
            look = Look.of(number)
            name, record_id = _pick(list(at.truth), look.other * 7 + look.client) or ("", "")
            if name:
                whole = at.whole(name, look, clients)
                one = dict([list(whole.items())[fields % len(whole)]])
                few = fields < len(whole) and name != "invoices"
                writes[record_id] = Write(name, UUID(record_id), one if few else whole)
        at.write(list(writes.values()))
        self._glance(then)

    @rule(account=either, which=place, client=place, then=glance)
    def move(self, account: int, which: int, client: int, then: int) -> None:
        """Give a record to another client."""
        at = self.accounts[account]
        key = _pick([key for key in at.truth if key[0] in CHILDREN], which)
        to = _pick(at.alive("clients"), client)
        if key and to:
            at.write([Write(key[0], UUID(key[1]), {"client_id": to})])
        self._glance(then)

    @rule(account=either, which=st.lists(place, min_size=1, max_size=3), then=glance)
    def delete(self, account: int, which: Sequence[int], then: int) -> None:
        at = self.accounts[account]
        childless = at.childless()
        gone = {key for each in which if (key := _pick(childless, each * 3))}
        at.write([Write.delete(name, UUID(record_id)) for name, record_id in sorted(gone)])
        self._glance(then)

    @rule(account=either, client=place, then=glance)
    def delete_family(self, account: int, client: int, then: int) -> None:
        """Delete a client with all that belongs to it."""
        at = self.accounts[account]
        gone = _pick(at.alive("clients"), client)
        if gone:
            at.write(at.family(gone))
        self._glance(then)

    @rule(account=either, preferences=choices, resync=st.integers(0, 7), then=glance)
    def prefer(self, account: int, preferences: Sequence[int], resync: int, then: int) -> None:
        """Change what the company prefers; now and then its phones are told to start again."""
        self._prefer(self.accounts[account], None, preferences, is_resync=resync == 1)
        self._glance(then)

    @rule(phone=which_phone, preferences=choices, then=glance)
    def narrow(self, phone: int, preferences: Sequence[int], then: int) -> None:
        """Let one device go without some of what its company prefers."""
        self._prefer(self.phones[phone].account, self.phones[phone], preferences)
        self._glance(then)

    @rule(account=either, user=st.integers(0, 2), rights=st.integers(0, 5), then=glance)
    def grant(self, account: int, user: int, rights: int, then: int) -> None:
        """Give a user other rights and departments."""
        at, whose = self.accounts[account], USERS[user]
        at.administrators = at.administrators - {whose} | ({whose} if rights % 2 else set())
        at.departments[whose] = tuple(DEPARTMENTS[: rights // 2])
        self.engine.tell(at.account_id)
        self._glance(then)

    @rule(account=either, final=st.integers(0, 3), then=glance)
    def finish(self, account: int, final: int, then: int) -> None:
        """Say which statuses of sessions are final."""
        self.accounts[account].finish(each for bit, each in enumerate(SESSION_STATUSES) if final >> bit & 1)
        self._glance(then)

    @rule(days=st.integers(0, 3), then=glance)
    def let_days_pass(self, days: int, then: int) -> None:
        self.instant += timedelta(days=(1, 1, 2, 9)[days])
        clock.hold(self.instant)
        self._glance(then)

    @rule(account=either, zone=st.integers(0, len(ZONES) - 1), then=glance)
    def move_zone(self, account: int, zone: int, then: int) -> None:
        """Today may become yesterday."""
        at = self.accounts[account]
        at.zone = ZONES[zone]
        self.engine.tell(at.account_id)
        self._glance(then)

    @rule(phone=which_phone, asked=pages)
    def pull(self, phone: int, asked: Sequence[int]) -> None:
        """Ask for some pages; one that is lost is asked for again with the same cursor."""
        for number in asked:
            if self.phones[phone].page(_PAGES[number]):
                return

    @rule(phone=which_phone, asked=st.integers(0, len(_PAGES) - 1))
    def sync(self, phone: int, asked: int) -> None:
        """Pull to a consistent point."""
        self.phones[phone].settle(replace(_PAGES[asked], is_lost=False))

    @rule(phone=which_phone, rows=st.integers(0, 2), new=st.lists(drafts, max_size=2))
    def pull_while_others_write(self, phone: int, rows: int, new: Sequence[int]) -> None:
        """Look whether a page shows one moment, whatever is written while it is made."""
        device = self.phones[phone]
        at = device.account

        async def meanwhile() -> None:
            gone = [Write.delete(name, UUID(each)) for name, each in at.childless()[:1]]
            await at.writing(at.drafts(new) or gone)

        device.page(Asked(None, (1, 3, 1000)[rows], 1_000_000, meanwhile=meanwhile))

    @rule(
        phone=which_phone,
        typed=st.lists(st.integers(0, LOOKS * len(PUSHED) * len(_OPERATIONS) - 1), min_size=1, max_size=3),
        how=st.integers(0, 63),
        then=glance,
    )
    def push(self, phone: int, typed: Sequence[int], how: int, then: int) -> None:
        """Send what was typed on a phone, based on what it holds or once held."""
        device = self.phones[phone]
        at = device.account
        held = sorted(key for key in device.records if key[0] in PUSHED)
        clients = [record_id for name, record_id in held if name == "clients"]
        changes: list[dict[str, Any]] = []
        for number in typed:
            op = _OPERATIONS[number // LOOKS // len(PUSHED)]
            name, look = PUSHED[number // LOOKS % len(PUSHED)], Look.of(number % LOOKS)
            change: dict[str, Any] = {"op": op}
            if op == "create" and (clients or name != "sessions"):
                change["collection"], change["id"] = key = (name, str(at.new_id()))
                change["fields"] = {**sample(name), **at.fields(name, look, clients)}
                held.append(key)
                clients += [key[1]] if name == "clients" else []
            elif op != "create" and held:
                key = held[-1 - look.other % len(held)]
                change["collection"], change["id"] = key
                known = device.revisions.get(key)
                change["base_revision"] = None if known is None else max(0, known - how % 4)
                if op == "patch":
                    change["fields"] = at.fields(key[0], look, clients) if clients else {"custom": None}
            else:
                continue
            changes.append(change)
        device.push(changes, on_conflict=_CONFLICTS[how // 4 % 4], is_lost=how // 16 == 1)
        self._glance(then)

    @rule(phone=which_phone, how=st.integers(0, 3))
    def turn_back(self, phone: int, how: int) -> None:
        """Back a phone up, restore it, begin it anew, or let the server forget what was deleted.

        A phone is restored with records and cursor of one moment.
        """
        device = self.phones[phone]
        if how == 0:
            self.backups[phone] = device.back_up()
        elif how == 1 and phone in self.backups:
            device.restore(self.backups[phone])
        elif how == 2:
            device.reinstall()
        elif how == 3:
            self.engine.forget_deletions(device.account.account_id)
            for each in self._phones_of(device.account):
                each.may_expire = True

    @rule(account=either, then=glance)
    def trim(self, account: int, then: int) -> None:
        """Let the server forget what all phones know of: none notices."""
        at = self.accounts[account]
        self.engine.trim(at.account_id, [each.device_id for each in self._phones_of(at)])
        TALLY["trims"] += 1
        self._glance(then)

    def teardown(self) -> None:
        """Every history ends with everybody consistent."""
        try:
            if sys.exc_info()[0] is None:
                for phone in self.phones:
                    phone.settle(replace(WHOLE, digests=True))
                for account in self.accounts:
                    if account.version % 16 == 0:
                        assert self.engine.differences(account.account_id) == Found(0, 0)
                TALLY["histories"] += 1
        finally:
            for account in self.accounts:
                if account.finals:
                    account.finish(())
            clock.hold(None)

    def _phones_of(self, account: Account) -> list[Phone]:
        return [each for each in self.phones if each.account is account]

    def _glance(self, then: int) -> None:
        """Let one phone ask for one page, every other time."""
        if then < 4 * len(_PAGES):
            self.phones[then % 4].page(_PAGES[then // 4])

    def _prefer(
        self, account: Account, phone: Phone | None, numbers: Sequence[int], *, is_resync: bool = False
    ) -> None:
        preferences = _preferences(numbers)
        if phone is None:
            account.company |= preferences
        else:
            phone.own = preferences
        device_id, kept = (phone.device_id, phone.own) if phone else (None, account.company)
        self.engine.prefer(account.account_id, device_id, kept, is_resync=is_resync)


def _pick(from_: Sequence[Any], at: int) -> Any:
    return from_[at % len(from_)] if from_ else None
