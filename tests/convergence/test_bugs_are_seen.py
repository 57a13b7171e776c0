"""The histories turn red for each bug that is planted on purpose, in the server or in the client."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import asyncpg
import pytest

from app.sync import inbox, members, pull, reader, streams
from app.sync.draft import Draft
from app.sync.groups import Group
from app.sync.judging import Judge
from app.sync.page import Page
from studio_sync_client import StudioError, outbox, paging, pulling, records, settling
from tests.convergence.conftest import Begin
from tests.samples import named

Plant = Callable[[pytest.MonkeyPatch], None]
SEEDS = range(40, 52)
STEPS = 50


# In the server


def verdicts_not_stored(patch: pytest.MonkeyPatch) -> None:
    async def forgets(*_: Any) -> None:
        return None

    patch.setattr(streams, "keep", forgets)


def a_repeat_is_judged_again(patch: pytest.MonkeyPatch) -> None:
    real = streams.find

    async def begins_anew(session: Any, device: Any, name: str) -> Any:
        return replace(await real(session, device, name), last=0)

    patch.setattr(streams, "find", begins_anew)
    where = "WHERE clock.account_id = $1\n"
    patch.setattr(streams, "_KEEP", streams._KEEP.replace(where, f"{where} ON CONFLICT DO NOTHING\n"))


def tombstones_are_lost(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Page, "delete", lambda *_: None)


def what_is_lost_is_not_kept(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(inbox, "keep", lambda *_: {})


def the_inbox_keeps_what_was_taken(patch: pytest.MonkeyPatch) -> None:
    real = inbox._entry
    patch.setattr(inbox, "_entry", lambda *given: {**real(*given), "typed": dict(given[2].fields)})


def half_a_group_is_applied(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Group, "_block", lambda *_: None)
    patch.setattr(Draft, "go_back", lambda *_: None)


def fields_have_no_revisions(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        Draft, "_field_revisions", lambda _self, before, _: before.field_revisions if before else {}
    )


def a_device_clashes_with_itself(patch: pytest.MonkeyPatch) -> None:
    real = Judge._changed_by_others
    patch.setattr(Judge, "_changed_by_others", lambda self, *given: real(replace(self, writer=-1), *given))


def a_cursor_passes_over_what_came_last(patch: pytest.MonkeyPatch) -> None:
    real = reader.fresh

    async def all_but_the_last(*given: Any) -> Any:
        rows = await real(*given)
        return rows[:-1] if len(rows) > 1 else rows

    patch.setattr(reader, "fresh", all_but_the_last)


def a_page_has_a_row_of_another_account(patch: pytest.MonkeyPatch) -> None:
    real = pull.pull
    seen: dict[Any, Any] = {}

    async def mixed(session: Any, *given: Any, **more: Any) -> Any:
        pulled = await real(session, *given, **more)
        puts, number = pulled.page.puts, named("clients").number
        if number in puts:
            own = list(puts[number])
            puts[number] += [
                body for each, bodies in seen.items() if each != session.account_id for body in bodies
            ]
            seen[session.account_id] = own[:1]
        return pulled

    patch.setattr("app.sync.exchange.pull", mixed)


def a_list_is_replaced(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(members, "_changed", lambda _before, value: value.get("add", []))


def a_merge_leaves_children_behind(patch: pytest.MonkeyPatch) -> None:
    real = Draft.referring

    def forgetful(self: Draft, key: Any) -> Any:
        return [] if any(each.merged_into for each in self._changed.values()) else real(self, key)[1:]

    patch.setattr(Draft, "referring", forgetful)


def a_deletion_wins_over_a_later_edit(patch: pytest.MonkeyPatch) -> None:
    real = Judge._changed_by_others

    def blind(self: Judge, state: Any, change: Any) -> set[str]:
        return set() if change.op == "delete" else real(self, state, change)

    patch.setattr(Judge, "_changed_by_others", blind)


# In the client


def the_cursor_is_stored_before_the_page(patch: pytest.MonkeyPatch) -> None:
    real = paging.store_page

    def in_two_steps(store: Any, page: Any, **given: Any) -> Any:
        if paging.cursor(store) == given["asked"]:
            store.keep("pull", {**(store.state("pull") or {}), "cursor": page["cursor"]})
        return real(store, page, **{**given, "asked": page["cursor"]})

    patch.setattr(paging, "store_page", in_two_steps)


def the_queue_is_emptied_before_the_answer(patch: pytest.MonkeyPatch) -> None:
    def empties(store: Any, batch: Any) -> None:
        store.write("DELETE FROM queue WHERE n <= ?", batch.numbers[-1])

    patch.setattr(outbox, "note_sent", empties)


def what_was_not_answered_gets_new_numbers(patch: pytest.MonkeyPatch) -> None:
    real = outbox.head

    def renumbers(store: Any, bound: Any) -> Any:
        if store.row("SELECT 1 FROM queue WHERE is_sent"):
            outbox.begin_stream(store)
        return real(store, bound)

    patch.setattr(outbox, "head", renumbers)


def a_page_covers_what_was_typed(patch: pytest.MonkeyPatch) -> None:
    real = records.put

    def covers(store: Any, collection: str, bodies: Any) -> None:
        real(store, collection, bodies)
        store.write_each("DELETE FROM queue WHERE id = ?", [(each["id"],) for each in bodies])

    patch.setattr(records, "put", covers)


def removals_are_not_carried_out(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(records, "leave", lambda *_: None)


def a_fresh_start_keeps_everything(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(records, "leave_all", lambda _: None)
    patch.setattr(pulling, "differing", lambda *_: [])


def a_refusal_is_not_told(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(settling, "_is_refusal", lambda verdict: verdict["verdict"] == "rejected")


PLANTS: list[Plant] = [
    verdicts_not_stored,
    a_repeat_is_judged_again,
    tombstones_are_lost,
    what_is_lost_is_not_kept,
    the_inbox_keeps_what_was_taken,
    half_a_group_is_applied,
    fields_have_no_revisions,
    a_device_clashes_with_itself,
    a_cursor_passes_over_what_came_last,
    a_page_has_a_row_of_another_account,
    a_list_is_replaced,
    a_merge_leaves_children_behind,
    a_deletion_wins_over_a_later_edit,
    the_cursor_is_stored_before_the_page,
    the_queue_is_emptied_before_the_answer,
    what_was_not_answered_gets_new_numbers,
    a_page_covers_what_was_typed,
    removals_are_not_carried_out,
    a_fresh_start_keeps_everything,
    a_refusal_is_not_told,
]


def name_of(each: object) -> str:
    return getattr(each, "__name__", "")


@pytest.mark.proof
@pytest.mark.parametrize("plant", PLANTS, ids=name_of)
def test_the_histories_see(
    begin: Begin,
    plant: Plant,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, object], None],
) -> None:
    plant(monkeypatch)
    for told, seed in enumerate(SEEDS, 1):
        try:
            story = begin(seed)
            story.tell(STEPS)
        except (AssertionError, StudioError, asyncpg.PostgresError):
            record_property("counted: planted bugs seen", 1)
            record_property("counted: histories until they were", told)
            return
    pytest.fail("no history has seen it")
