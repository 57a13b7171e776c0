"""Emptying the queue: in order, as much at once as the server takes, until each change has its verdict."""

from collections.abc import Callable

from studio_sync_client import outbox
from studio_sync_client.errors import Json, Problem, RetryLater
from studio_sync_client.outbox import Batch
from studio_sync_client.refusals import Refusal
from studio_sync_client.session import Session
from studio_sync_client.settling import set_aside, settle
from studio_sync_client.store import Store

# The same bytes will be refused again: something in them is not as it should be.
_MALFORMED = frozenset({"invalid_json", "invalid_request", "bad_request"})
# A smaller push may pass.
_TOO_LARGE = frozenset({"too_large", "too_many_changes", "body_timeout"})
_RENUMBERINGS = 3
_INTERNAL_ERRORS = 3
"""In how many syncs the same head of the queue may meet a defect of the server before it is looked into."""


class Pusher:
    """One emptying of the queue."""

    def __init__(self, store: Store, session: Session, on_verdict: Callable[[Json, Json], None]) -> None:
        self.pushed = 0
        self.refused: list[Refusal] = []
        self._store = store
        self._session = session
        self._on_verdict = on_verdict
        self._bound = outbox.bound(store)
        self._renumbered = 0
        self._is_isolating = False

    def run(self) -> None:
        """Push until the queue is empty. Raises `RetryLater`, and what asking the server raises."""
        while (batch := outbox.head(self._store, self._bound)) is not None:
            try:
                answer = self._session.ask("POST", "/v1/sync/push", text=batch.text)
            except Problem as problem:
                self._recover(batch, problem)
            else:
                self._settle(batch, answer)

    def note(self, failure: Problem | RetryLater) -> None:
        """Count a push that met a defect of the server in a sync whose pull went well."""
        batch = outbox.head(self._store, self._bound)
        if batch is None or isinstance(failure, RetryLater):
            return
        seen = self._store.state("internal_errors") or {}
        times = seen["times"] + 1 if seen.get("head") == batch.numbers[0] else 1
        self._store.keep("internal_errors", {"head": batch.numbers[0], "times": times})

    def _settle(self, batch: Batch, answer: Json) -> None:
        settled = settle(self._store, answer, stream=batch.stream)
        self.pushed += len(settled.judged)
        self.refused += settled.refused
        for change, verdict in settled.judged:
            self._on_verdict(change, verdict)
        if settled.is_cut or not settled.judged:
            raise RetryLater

    def _recover(self, batch: Batch, problem: Problem) -> None:
        """Do what makes the next push another one, or raise."""
        if problem.code in ("stream_gap", "stream_diverged") and self._renumbered < _RENUMBERINGS:
            self._renumbered += 1
            self._number_anew(problem)
        elif problem.code in _TOO_LARGE | _MALFORMED or self._is_suspect(batch, problem):
            self._make_smaller(batch, problem)
        else:
            raise problem

    def _number_anew(self, problem: Problem) -> None:
        if problem.code == "stream_gap":
            outbox.renumber(self._store, problem.members["expected"])
        else:
            outbox.begin_stream(self._store)

    def _is_suspect(self, batch: Batch, problem: Problem) -> bool:
        """Say whether a defect of the server has met this head so often that the cause may be in there."""
        seen = self._store.state("internal_errors") or {}
        is_often = (seen.get("head"), seen.get("times", 0) >= _INTERNAL_ERRORS) == (batch.numbers[0], True)
        self._is_isolating = problem.code == "internal_error" and (self._is_isolating or is_often)
        return self._is_isolating

    def _make_smaller(self, batch: Batch, problem: Problem) -> None:
        """Send the first half alone, or set aside the one change or save that is refused alone."""
        if batch.units > 1:
            self._bound.units = batch.units // 2
            return
        if problem.code == "body_timeout":
            raise problem
        self.refused += set_aside(self._store, batch.numbers, problem.members)
        self._store.keep("internal_errors", None)
        self._is_isolating = False
        if problem.code not in _TOO_LARGE:
            self._bound.units = None
