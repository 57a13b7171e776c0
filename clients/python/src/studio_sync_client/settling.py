"""What the server's answer does to the queue and to the records, in one transaction (C3)."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from studio_sync_client import outbox, records, refusals
from studio_sync_client.errors import Json
from studio_sync_client.records import Key
from studio_sync_client.refusals import Refusal
from studio_sync_client.store import Store

_TAKEN = frozenset({"applied", "noop"})
_REFUSED = frozenset({"conflict", "rejected", "blocked"})


@dataclass(slots=True)
class Settled:
    """What came of a push: each change with its verdict, the refusals, and whether the rest must wait."""

    judged: list[tuple[Json, Json]] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    is_cut: bool = False


def settle(store: Store, answer: Json, *, stream: str) -> Settled:
    """Carry out the verdicts on changes of a stream.

    Those on changes that were settled before do nothing, and none does anything when the store was wiped or
    numbered anew since they were asked for.
    """
    settled = Settled()
    with store.transaction():
        for verdict in answer["results"] if outbox.stream(store) == stream else ():
            if verdict["verdict"] == "retry":
                settled.is_cut = True
                break
            change = outbox.take(store, verdict["n"])
            if change is not None:
                settled.judged.append((change, verdict))
                _carry_out(store, change, verdict)
        settled.refused = [refusals.keep(store, *each) for each in settled.judged if _is_refusal(each[1])]
        _lay_over(store, [change for change, _ in settled.judged])
    return settled


def set_aside(store: Store, numbers: Sequence[int], problem: Json) -> list[Refusal]:
    """Take the head of the queue out, which is refused as it is, and keep it to be read.

    Nothing was taken in under its numbers: those behind move up.
    """
    told = {"code": problem.get("code"), "message": problem.get("title"), "problem": problem}
    with store.transaction():
        changes = [change for n in numbers if (change := outbox.take(store, n))]
        aside = [
            refusals.keep(store, each, {"verdict": "set_aside", "n": each["n"], **told}) for each in changes
        ]
        outbox.renumber(store, numbers[0])
        _lay_over(store, changes)
    return aside


def _carry_out(store: Store, change: Json, verdict: Json) -> None:
    key = (change["collection"], change["id"])
    revision, outcome = records.revision(store, *key), verdict["verdict"]
    if not verdict["in_scope"]:
        records.leave(store, key[0], [key[1]])
    if verdict["server"] is not None:
        # An answer that was lost and asked for again may be older than what was pulled since.
        if revision is None or verdict["server"]["revision"] >= revision:
            records.correct(store, key, verdict["server"])
    elif outcome in _TAKEN:
        _confirm(store, key, change, verdict["revision"])
    elif outcome in _REFUSED and verdict["revision"] is None:
        records.correct(store, key, None)


def _confirm(store: Store, key: Key, change: Json, reached: int | None) -> None:
    """Make what the user saw our copy of the server's, unless that is newer."""
    body = records.body(store, *key)
    held = body["revision"] if body else None
    if change["op"] == "delete" or reached is None:
        # Without a revision it is there no more: a later change of the same push has deleted it.
        records.correct(store, key, None)
    elif held is None or reached > held or records.is_ours(store, key):
        # The base stays: others may have changed fields this device has not seen.
        changed = records.after(store, body, change)
        records.correct(store, key, changed and {**changed, "revision": held or reached}, is_ours=True)


def _lay_over(store: Store, changes: Sequence[Json]) -> None:
    for key in dict.fromkeys((change["collection"], change["id"]) for change in changes):
        records.lay_over(store, *key)


def _is_refusal(verdict: Json) -> bool:
    """Say whether something the user typed was lost: that is told even where the rest was taken in."""
    return verdict["verdict"] in _REFUSED or (
        verdict["verdict"] == "merged" and verdict["inbox_id"] is not None
    )
