"""The oracle turns red for each bug that is planted in the engine on purpose: a test of the test.

Among the bugs is everything the algorithm was found not to work without. Most show in the first histories of
seed 0; a rare one has a short history of its own, which is green without the bug.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.core.db import Database, Session
from app.sync import compile as compiling
from app.sync import feed, positions, pull, reader, retention, scope, stamping, target, verdicts
from app.sync.anchors import NOT_YET
from app.sync.cursor import BOTTOM, LAST_ID, Piece, RecordKey
from app.sync.page import Page
from app.sync.reader import Run, Slice
from app.sync.scope import Rule
from app.sync.store import Write
from app.sync.transition import Transition
from tests.samples import sample
from tests.sync.oracle.account import Account
from tests.sync.oracle.engine import Engine
from tests.sync.oracle.machine import CHOICES, NOTHING, ONE, WHOLE, Histories
from tests.sync.oracle.phone import Phone
from tests.sync.oracle.run import tell

Plant = Callable[[pytest.MonkeyPatch], None]


def window_a_day_too_long(patch: pytest.MonkeyPatch) -> None:
    real = compiling._rule

    def longer(collection: Any, given: Any) -> Any:
        rule = real(collection, given)
        return replace(rule, lo=rule.lo - timedelta(days=1)) if rule and rule.lo > scope.EARLIEST else rule

    patch.setattr(compiling, "_rule", longer)


def slice_a_day_too_short(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(scope, "timedelta", lambda days: timedelta(days=days + 1))


def a_run_goes_on_a_day_too_far(patch: pytest.MonkeyPatch) -> None:
    real = Slice.below

    def further(self: Slice, key: RecordKey) -> list[Slice]:
        return [replace(each, top=(each.top[0] - timedelta(days=1), LAST_ID)) for each in real(self, key)]

    patch.setattr(Slice, "below", further)


def a_run_is_given_to_its_end(patch: pytest.MonkeyPatch) -> None:
    real = reader.run

    async def to_its_end(session: Session, upto: int, stretch: Slice, many: int) -> Run | None:
        run = await real(session, upto, stretch, many)
        return run and replace(run, downto=stretch.bottom)

    patch.setattr(reader, "run", to_its_end)


def every_removal_is_sent(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Transition, "_may_be_held", lambda *_: True)


def no_removal_of_what_changed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Transition, "_may_be_held", lambda *_: False)


def no_removal_of_what_began_after_the_base(patch: pytest.MonkeyPatch) -> None:
    real = Transition._may_hold

    def only_old(self: Transition, number: int, record_id: UUID, state: Any) -> bool:
        return state.since <= self.cursor.revision and real(self, number, record_id, state)

    patch.setattr(Transition, "_may_hold", only_old)


def past_states_forgotten(patch: pytest.MonkeyPatch) -> None:
    async def nothing(*_: Any) -> dict[Any, Any]:
        return {}

    patch.setattr(reader, "past", nothing)


def who_set_a_state_forgotten(patch: pytest.MonkeyPatch) -> None:
    real = Transition._may_hold

    def anonymous(self: Transition, number: int, record_id: UUID, state: Any) -> bool:
        return real(replace(self, device_id=None), number, record_id, state)

    patch.setattr(Transition, "_may_hold", anonymous)


def former_targets_forgotten(patch: pytest.MonkeyPatch) -> None:
    real = Transition.aim

    async def aim(self: Transition) -> None:
        await real(self)
        self.way.used = {}

    patch.setattr(Transition, "aim", aim)


def fresh_changes_not_judged_again(patch: pytest.MonkeyPatch) -> None:
    real = Transition.aim

    async def aim(self: Transition) -> None:
        place = self.way.place
        await real(self)
        self.way.place = place

    patch.setattr(Transition, "aim", aim)


def half_a_way_counts_as_whole(patch: pytest.MonkeyPatch) -> None:
    real = Transition.aim

    async def aim(self: Transition) -> None:
        if self.way.aim and self.way.aim != self.target:
            self.way.held = {number: [Piece(BOTTOM, rule)] for number, rule in self.way.aim.items()}
        await real(self)

    patch.setattr(Transition, "aim", aim)


def a_page_settles_its_whole_collection(patch: pytest.MonkeyPatch) -> None:
    real = Transition._settle
    patch.setattr(Transition, "_settle", lambda self, goal, last=None, _key=None: real(self, goal, last))


def a_shift_forgets_children(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(reader, "_shifted", lambda _shift: {})


def usable_from_the_first_page_on(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Transition, "is_usable", lambda _self: True)


def children_before_parents_in_a_revision(patch: pytest.MonkeyPatch) -> None:
    real = reader.fresh

    async def reversed_(*given: Any) -> Any:
        rows = await real(*given)
        return sorted(rows, key=lambda row: (row.place[0], -row.place[1], row.place[2]))

    patch.setattr(reader, "fresh", reversed_)


def first_sync_from_revision_zero(patch: pytest.MonkeyPatch) -> None:
    real = pull._begun
    patch.setattr(pull, "_begun", lambda *given: replace(real(*given), revision=0))


def floor_not_looked_at(patch: pytest.MonkeyPatch) -> None:
    real = pull._continued
    patch.setattr(
        pull, "_continued", lambda cursor, who, at, target: real(cursor, who, replace(at, floor=0), target)
    )


def floor_one_too_high(patch: pytest.MonkeyPatch) -> None:
    real = positions.lowest

    async def higher(*given: Any) -> int | None:
        found = await real(*given)
        return None if found is None else found + 1

    patch.setattr(positions, "lowest", higher)


def _forgets_too_much(patch: pytest.MonkeyPatch, sql: str, by: int) -> None:
    real = retention._batch

    async def more(session: Session, statement: str, floor: int) -> int:
        return await real(session, statement, floor + by * (statement == sql))

    patch.setattr(retention, "_batch", more)


def deletion_behind_the_floor_forgotten(patch: pytest.MonkeyPatch) -> None:
    _forgets_too_much(patch, retention._BURY, 1)


def past_states_forgotten_too_early(patch: pytest.MonkeyPatch) -> None:
    _forgets_too_much(patch, retention._END, 1)


def answers_taken_for_acknowledged(patch: pytest.MonkeyPatch) -> None:
    real = positions.keep

    async def keep(session: Session, copy_id: UUID, found: Any, came: Any) -> None:
        given = found and replace(found, revision=came.revision)
        await real(session, copy_id, given, came)

    patch.setattr(positions, "keep", keep)


def slowest_copy_not_waited_for(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(positions, "_POSITIONS", positions._POSITIONS.replace("min(revision)", "max(revision)"))
    patch.setattr(positions, "min", lambda found, default: max(found, default=default), raising=False)


def scope_of_an_earlier_snapshot(patch: pytest.MonkeyPatch) -> None:
    real = target.target_of
    last: dict[Any, Any] = {}

    async def late(session: Any, who: Any, at: Any, *given: Any, **more: Any) -> Any:
        fresh = await real(session, who, at, *given, **more)
        key = (at.epoch, who.device_id)
        former, last[key] = last.get(key, fresh), fresh
        return replace(former, resync=fresh.resync)

    patch.setattr(pull, "target_of", late)


def changed_circumstances_unheard(patch: pytest.MonkeyPatch) -> None:
    async def deaf(*_: Any) -> None:
        pass

    patch.setattr(feed, "move_scope", deaf)


def page_of_several_snapshots(patch: pytest.MonkeyPatch) -> None:
    @asynccontextmanager
    async def reading(self: Database, account_id: UUID) -> AsyncIterator[Session]:
        begin = f"BEGIN READ ONLY; SET LOCAL app.account = '{account_id}'"
        async with self._transaction(Session, account_id, begin) as session:
            yield session

    patch.setattr(Database, "reading", reading)


def parents_not_restamped(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(stamping.Stamping, "_move_parents", lambda *_: None)


def grandparents_forgotten(patch: pytest.MonkeyPatch) -> None:
    real = stamping._below

    def only_its_own(collection: Any, state: Any) -> feed.Latest:
        anchors = state and state.anchors
        return real(collection, state._replace(anchors=anchors._replace(latest=NOT_YET)) if anchors else None)

    patch.setattr(stamping, "_below", only_its_own)


def days_that_are_gone_are_kept(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(stamping.Shift, "told", lambda self, before: stamping._later(before, self.come))


def no_edges_for_children(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(compiling, "_edges", lambda _number, _rules: ())


def private_tasks_for_everybody(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Rule, "may_see", lambda *_: True)
    patch.setattr(compiling, "_rule", lambda each, given: each.rule(given) if each.rule else Rule())


def omitted_parts_sent(patch: pytest.MonkeyPatch) -> None:
    real = reader._columns
    patch.setattr(reader, "_columns", lambda name, rule: real(name, replace(rule, omit=0) if rule else None))


def evict_sent_as_del(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Page, "evict", Page.delete)


def every_verdict_in_scope(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(verdicts, "_is_in_scope", lambda *_: True)


def a_record_made_here_leaves(history: Histories) -> None:
    [device, account] = begun(history)
    device.settle(WHOLE)
    made = {"op": "create", "collection": "emails", "id": str(account.new_id())}
    device.push([{**made, "fields": {**sample("emails"), "date": ago(account, 5)}}], on_conflict="merge")
    prefer(history, emails_past_days=3)
    device.settle(WHOLE)


def a_right_is_lost(history: Histories) -> None:
    [device, account] = begun(history)
    history.grant(account=0, user=0, rights=1, then=NOTHING)
    account.write([Write("tasks", account.new_id(), {**sample("tasks"), "is_private": True})])
    device.settle(WHOLE)
    history.grant(account=0, user=0, rights=0, then=NOTHING)
    device.settle(WHOLE)


def a_payment_is_dated_anew(history: Histories) -> None:
    [device, account] = begun(history, clients_scope="groups", invoices_past_days=3, payments_past_days=3)
    client, invoice, payment = (account.new_id() for _ in range(3))
    paid = {"paid": 9180, "balance_due": 0, "subtotal": 8500, "tax": 680, "total": 9180}
    old = {**sample("invoices"), **paid, "client_id": str(client), "invoice_date": ago(account, 30)}
    part = {
        **sample("payments"),
        "amount": 9180,
        "state": "approved",
        "invoice_id": str(invoice),
        "date": ago(account, 30),
    }
    account.write([Write("clients", client, sample("clients")), Write("invoices", invoice, old)])
    account.write([Write("payments", payment, part)])
    device.settle(WHOLE)
    account.write([Write("payments", payment, {"date": ago(account, 0)})])
    device.settle(WHOLE)


def a_day_passes(history: Histories) -> None:
    [device, account] = begun(history, clients_scope="groups", sessions_past_days=3)
    client = account.new_id()
    session = {**sample("sessions"), "client_id": str(client), "date": ago(account, 3)}
    account.write([Write("clients", client, sample("clients")), Write("sessions", account.new_id(), session)])
    device.settle(WHOLE)
    history.let_days_pass(days=0, then=NOTHING)
    device.settle(WHOLE)


def a_wish_comes_while_changes_wait(history: Histories) -> None:
    [device, account] = begun(history, emails_past_days=3)
    device.settle(WHOLE)
    for days in (10, 0):
        text = {**sample("emails"), "client_id": None, "is_unread": False, "date": ago(account, days)}
        account.write([Write("emails", account.new_id(), text)])
    device.page(ONE)
    prefer(history, emails_past_days=20)
    device.settle(WHOLE)


def a_client_comes_with_a_session(history: Histories) -> None:
    [device, account] = begun(history)
    device.settle(WHOLE)
    client = account.new_id()
    session = {**sample("sessions"), "client_id": str(client), "date": ago(account, 0)}
    account.write([Write("clients", client, sample("clients")), Write("sessions", account.new_id(), session)])
    device.page(ONE)
    device.settle(WHOLE)


def deletions_are_forgotten(history: Histories) -> None:
    [device, account] = begun(history)
    email = account.new_id()
    text = {**sample("emails"), "client_id": None, "date": ago(account, 0)}
    account.write([Write("emails", email, text)])
    device.settle(WHOLE)
    account.write([Write.delete("emails", email)])
    history.turn_back(phone=0, how=3)
    device.settle(WHOLE)


def a_deletion_waits_for_the_slowest(history: Histories) -> None:
    [device, account] = begun(history)
    email = account.new_id()
    text = {**sample("emails"), "client_id": None, "date": ago(account, 0)}
    account.write([Write("emails", email, text)])
    for phone in (*history.phones[:2], *history.phones[:2]):
        phone.settle(WHOLE)
    account.write([Write.delete("emails", email)])
    for _ in range(2):
        device.settle(WHOLE)
    history.trim(account=0, then=NOTHING)
    history.phones[1].settle(WHOLE)


def what_has_left_waits_for_the_slowest(history: Histories) -> None:
    [device, account] = begun(history, emails_past_days=3)
    email = account.new_id()
    text = {**sample("emails"), "client_id": None, "is_unread": False, "date": ago(account, 0)}
    account.write([Write("emails", email, text)])
    for phone in (*history.phones[:2], *history.phones[:2]):
        phone.settle(WHOLE)
    account.write([Write("emails", email, {"date": ago(account, 30)})])
    for _ in range(2):
        device.settle(WHOLE)
    history.trim(account=0, then=NOTHING)
    history.phones[1].settle(WHOLE)


def an_answer_is_lost(history: Histories) -> None:
    [device, account] = begun(history)
    device.settle(WHOLE)
    account.write([Write("clients", account.new_id(), sample("clients"))])
    for _ in range(2):
        history.phones[1].settle(WHOLE)
    device.page(replace(WHOLE, is_lost=True))
    history.trim(account=0, then=NOTHING)
    device.settle(WHOLE)


# What only a rare history would show has one of its own.
RARE: dict[Plant, Callable[[Histories], None]] = {
    who_set_a_state_forgotten: a_record_made_here_leaves,
    changed_circumstances_unheard: a_right_is_lost,
    grandparents_forgotten: a_payment_is_dated_anew,
    a_shift_forgets_children: a_day_passes,
    fresh_changes_not_judged_again: a_wish_comes_while_changes_wait,
    children_before_parents_in_a_revision: a_client_comes_with_a_session,
    floor_not_looked_at: deletions_are_forgotten,
    floor_one_too_high: a_deletion_waits_for_the_slowest,
    slowest_copy_not_waited_for: a_deletion_waits_for_the_slowest,
    deletion_behind_the_floor_forgotten: a_deletion_waits_for_the_slowest,
    past_states_forgotten_too_early: what_has_left_waits_for_the_slowest,
    answers_taken_for_acknowledged: an_answer_is_lost,
}
COMMON: list[Plant] = [
    window_a_day_too_long,
    slice_a_day_too_short,
    a_run_goes_on_a_day_too_far,
    a_run_is_given_to_its_end,
    every_removal_is_sent,
    no_removal_of_what_changed,
    no_removal_of_what_began_after_the_base,
    past_states_forgotten,
    former_targets_forgotten,
    half_a_way_counts_as_whole,
    a_page_settles_its_whole_collection,
    usable_from_the_first_page_on,
    first_sync_from_revision_zero,
    scope_of_an_earlier_snapshot,
    page_of_several_snapshots,
    parents_not_restamped,
    days_that_are_gone_are_kept,
    no_edges_for_children,
    private_tasks_for_everybody,
    omitted_parts_sent,
    evict_sent_as_del,
    every_verdict_in_scope,
]
HISTORIES = 150


def name_of(each: object) -> str:
    return getattr(each, "__name__", "")


@pytest.mark.proof
@pytest.mark.parametrize("plant", COMMON, ids=name_of)
def test_random_histories_see(engine: Engine, plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    with pytest.raises(AssertionError):
        tell(engine, 0, histories=HISTORIES, explain=False)


@pytest.mark.parametrize(("plant", "tale"), RARE.items(), ids=name_of)
def test_a_history_of_its_own_sees(
    history: Histories, plant: Plant, tale: Callable[[Histories], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    tale(history)
    history.teardown()
    again = Histories(history.engine)
    plant(monkeypatch)
    with pytest.raises(AssertionError):
        tale(again)


def begun(history: Histories, **preferences: Any) -> tuple[Phone, Account]:
    """Begin with nothing but the company's preferences."""
    history.begin(users=0, first=[], preferences=[CHOICES.index(each) for each in preferences.items()])
    return history.phones[0], history.accounts[0]


def prefer(history: Histories, **preferences: Any) -> None:
    numbers = [CHOICES.index(each) for each in preferences.items()]
    history.prefer(account=0, preferences=numbers, resync=0, then=NOTHING)


def ago(account: Account, days: int) -> str:
    return str(account.today - timedelta(days=days))
