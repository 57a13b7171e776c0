"""A sync: what was done here goes up and what changed comes down, both in one round trip."""

import json
from collections.abc import Mapping

from studio_sync_client import paging
from studio_sync_client.errors import Json, Problem
from studio_sync_client.outbox import Batch
from studio_sync_client.pulling import Puller
from studio_sync_client.pushing import Pusher
from studio_sync_client.session import Session
from studio_sync_client.store import Store


def run(store: Store, session: Session, pusher: Pusher, puller: Puller) -> None:
    """Exchange until nothing is left to push or to pull.

    When the server cannot take in the queue at this moment, pull all the same, and raise why at the end.
    """
    has_more = True
    while has_more:
        batch, cursor = pusher.next(), paging.cursor(store)
        answer = _ask(session, batch, puller.asks(cursor, batch.numbers if batch else ()))
        if isinstance(answer, Problem):
            if not puller.recovers(answer, cursor) and not (batch and pusher.recovers(batch, answer)):
                raise answer
            continue
        if batch is not None:
            # First the verdicts: the page has what became of these changes, and others after them.
            pusher.settle(batch, answer["push"])
        has_more = puller.keep(answer["pull"], cursor) or pusher.has_more
    pusher.raise_failure()


def _ask(session: Session, batch: Batch | None, pull: Mapping[str, object]) -> Json | Problem:
    """Return the answer, or why the whole was refused: then nothing of it was taken in."""
    push = "null" if batch is None else batch.text
    try:
        return session.ask("POST", "/v1/sync", text=f'{{"push":{push},"pull":{json.dumps(pull)}}}')
    except Problem as problem:
        return problem
