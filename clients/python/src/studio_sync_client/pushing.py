"""The push of an exchange: in order, as much at once as the server takes, until all has been judged."""

from collections.abc import Callable

from studio_sync_client import outbox
from studio_sync_client.errors import Json, Problem, RetryLater
from studio_sync_client.outbox import Batch
from studio_sync_client.refusals import Refusal
from studio_sync_client.settling import set_aside, settle
from studio_sync_client.store import Store

# The same bytes will be refused again: something in them is not as it should be.
_MALFORMED = frozenset({"invalid_json", "invalid_request", "bad_request"})
# A smaller push may pass.
_TOO_LARGE = frozenset({"too_large", "too_many_changes", "body_timeout"})
_PASSING = frozenset({"internal_error"})
_RENUMBERINGS = 3
_INTERNAL_ERRORS = 3
"""In how many syncs the same head of the queue may meet a defect of the server before it is looked into."""


class Pusher:
    """One emptying of the queue; `failure` is why the server cannot take the rest of it at this moment."""

    def __init__(self, store: Store, on_verdict: Callable[[Json, Json], None]) -> None:
        self.pushed = 0
        self.refused: list[Refusal] = []
        self.warnings: list[tuple[Json, Json]] = []
        self.failure: Problem | RetryLater | None = None
        self._store = store
        self._on_verdict = on_verdict
        self._bound = outbox.bound(store)
        self._renumbered = 0
        self._is_isolating = False

    @property
    def has_more(self) -> bool:
        """Say whether something is to be sent still."""
        return self.failure is None and outbox.length(self._store) > 0

    def next(self) -> Batch | None:
        """Return what to send next, written down as sent; none when there is nothing, or it must wait."""
        batch = None if self.failure else outbox.head(self._store, self._bound)
        if batch is not None:
            outbox.note_sent(self._store, batch)
        return batch

    def settle(self, batch: Batch, answer: Json) -> None:
        """Carry out the verdicts."""
        settled = settle(self._store, answer, stream=batch.stream)
        self.pushed += len(settled.judged)
        self.refused += settled.refused
        for change, verdict in settled.judged:
            self.warnings += [(change, warning) for warning in verdict["warnings"]]
            self._on_verdict(change, verdict)
        if settled.is_cut or not settled.judged:
            self.failure = RetryLater()

    def recovers(self, batch: Batch, problem: Problem) -> bool:
        """Do what makes the next push another one, or put it off; false when nothing can be done."""
        if problem.code in ("stream_gap", "stream_diverged") and self._renumbered < _RENUMBERINGS:
            self._renumbered += 1
            self._number_anew(problem)
            return True
        if problem.code in _TOO_LARGE | _MALFORMED or self._is_suspect(batch, problem):
            return not _is_about_the_pull(problem) and self._makes_smaller(batch, problem)
        if problem.code in _PASSING:
            self.failure = problem
            return True
        return False

    def raise_failure(self) -> None:
        """Raise why the queue was not emptied, once all else went well; count a defect of the server."""
        if self.failure is None:
            return
        batch = outbox.head(self._store, self._bound)
        if batch is not None and isinstance(self.failure, Problem):
            seen = self._store.state("internal_errors") or {}
            times = seen["times"] + 1 if seen.get("head") == batch.numbers[0] else 1
            self._store.keep("internal_errors", {"head": batch.numbers[0], "times": times})
        raise self.failure

    def _number_anew(self, problem: Problem) -> None:
        if problem.code == "stream_gap":
            outbox.renumber(self._store, problem.members["expected"])
        else:
            outbox.begin_stream(self._store)

    def _is_suspect(self, batch: Batch, problem: Problem) -> bool:
        """Say whether a defect of the server has met this head so often that the cause may be in there."""
        seen = self._store.state("internal_errors") or {}
        is_often = (seen.get("head"), seen.get("times", 0) >= _INTERNAL_ERRORS) == (batch.numbers[0], True)
        self._is_isolating = problem.code in _PASSING and (self._is_isolating or is_often)
        return self._is_isolating

    def _makes_smaller(self, batch: Batch, problem: Problem) -> bool:
        """Send the first half alone, or set aside the one change or save that is refused alone."""
        if batch.units > 1:
            self._bound.units = batch.units // 2
            return True
        if problem.code == "body_timeout":
            return False
        self.refused += set_aside(self._store, batch.numbers, problem.members)
        self._store.keep("internal_errors", None)
        self._is_isolating = False
        if problem.code not in _TOO_LARGE:
            self._bound.units = None
        return True


def _is_about_the_pull(problem: Problem) -> bool:
    """Say whether a request was refused for what it asks for: nothing that was typed is to blame."""
    return any(each["path"].startswith("body.pull") for each in problem.members.get("fields") or ())
