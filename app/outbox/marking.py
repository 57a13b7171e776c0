"""Marking: what became of a letter is written down, on its record too, and announced."""

import logging
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from app.core import clock
from app.core.db import WriteSession
from app.core.events import announce
from app.core.principal import Principal
from app.outbox import store
from app.outbox.blocks import key_of
from app.outbox.carriers import Away, Blocked, Carried, Deferred, Doubtful, Opened, Outcome, Refused
from app.outbox.posting import LetterEnded, ended_of
from app.outbox.states import ENDED, Block, Channel, State
from app.outbox.texts.stopping import stop
from app.outbox.words import SAID_MOST, Words
from app.studio.deliveries import DeliveryState
from app.studio.sending import taken_back
from app.sync import records, registry
from app.sync.refusals import ChangeRefused
from app.sync.store import Write, write
from app.sync.validation import InvalidFieldsError

log = logging.getLogger("studio.outbox")

_PAUSES = tuple(timedelta(minutes=each) for each in (1, 5, 15, 60, 120))
_LAST_PAUSE = timedelta(hours=4)
_IN_DOUBT = timedelta(minutes=5)
_CLOSED = timedelta(seconds=15)
_CLOSED_MOST = timedelta(minutes=10)

DELIVERY_STATES: Mapping[str, DeliveryState] = {
    State.WAITING: DeliveryState.QUEUED,
    State.SENDING: DeliveryState.SENDING,
    State.SENT: DeliveryState.SENT,
    State.FAILED: DeliveryState.FAILED,
    State.BLOCKED: DeliveryState.BLOCKED,
}
"""What is told of letters, by their state; of one that was cancelled nothing is."""


@dataclass(frozen=True, slots=True)
class Ending:
    """Where a letter stands from an instant on, and why."""

    row: asyncpg.Record
    state: State
    words: Words | None
    at: datetime
    said: str | None = None
    """What its record is to tell, where that is more than the words."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A letter that was claimed, and what became of it; `left_out` are recipients it was not to reach."""

    row: asyncpg.Record
    token: UUID
    recipients: tuple[str, ...]
    left_out: Mapping[str, Words]
    opened: Opened
    outcome: Outcome


async def mark(session: WriteSession, tried: Tried) -> None:
    """Write down what became of a letter; done twice it does nothing more.

    What was accepted was accepted, whoever holds the claim by now. Anything else is written down only by who
    still holds it.
    """
    now, row, outcome = clock.now(), tried.row, tried.outcome
    is_in_doubt = await _doubted(session, tried, now)
    match outcome:
        case Carried():
            await _mark_carried(session, tried, outcome, now)
        case Deferred() | Doubtful():
            await store.reopen_lane(session, row["channel"])
            usual = _IN_DOUBT if isinstance(outcome, Doubtful) else _pause(row["tries"])
            await _mark_waiting(
                session, tried, outcome.words, now, outcome.after or usual, is_in_doubt=is_in_doubt
            )
        case Away():
            lane = await store.lane(session, row["channel"])
            await close(session, row["channel"], outcome, lane["failures"] if lane else 0, now)
            words, token = outcome.words, tried.token
            if await _waits(session, row, token, row["was_due"], words, untried=1) and not is_in_doubt:
                await tell(session, Ending(row, State.WAITING, words, now))
        case Refused():
            await store.reopen_lane(session, row["channel"])
            for address in outcome.unknown:
                await _bounced(session, row, address, now)
            await end(session, Ending(row, State.FAILED, outcome.words, now), tried.token)
        case Blocked():
            await store.reopen_lane(session, row["channel"])
            await end(session, Ending(row, State.BLOCKED, outcome.words, now), tried.token)
            if outcome.words.code == "stopped":
                for number in tried.recipients:
                    await stop(session, number, now, letter_id=row["letter_id"])


async def _doubted(session: WriteSession, tried: Tried, now: datetime) -> bool:
    """Write down whether a text may have been taken in, and say so; an email is sent again all the same."""
    row, outcome = tried.row, tried.outcome
    if row["channel"] != Channel.TEXT:
        return False
    is_in_doubt = isinstance(outcome, Doubtful) or (isinstance(outcome, Away) and outcome.is_doubtful)
    if is_in_doubt != (row["doubted_at"] is not None):
        letter_id, token = row["letter_id"], tried.token
        await store.mark_doubt(session, letter_id, token=token, now=now, is_in_doubt=is_in_doubt)
    return is_in_doubt


async def _mark_carried(session: WriteSession, tried: Tried, outcome: Carried, now: datetime) -> None:
    row = tried.row
    for address, words in outcome.refused.items():
        if words.code == "no_such_address":
            await _bounced(session, row, address, now)
    done = [*row["done_addresses"], *(each for each in tried.recipients if each not in outcome.deferred)]
    refused = _told(row, {**outcome.refused, **tried.left_out})
    if outcome.deferred:
        words = next(iter(outcome.deferred.values()))
        after = _pause(row["tries"])
        if now + after < row["expires_at"]:
            code = "some_refused" if refused else words.code
            told = refused or words.said
            if await store.mark_partly(
                session,
                row["letter_id"],
                token=tried.token,
                due_at=now + after,
                done=done,
                code=code,
                said=told,
            ):
                await _pass(session, tried, now)
                await tell(session, Ending(row, State.WAITING, words, now))
            return
        refused = _told(row, {**outcome.refused, **tried.left_out, **outcome.deferred})
    remark = Words("some_refused", refused) if refused else outcome.remark
    kept = (remark.code, remark.said) if remark is not None else (None, None)
    if await store.mark_sent(
        session, row["letter_id"], now=now, ref=outcome.ref, done=done, code=kept[0], said=kept[1]
    ):
        await _pass(session, tried, now)
        await tell(session, Ending(row, State.SENT, remark, now, said=refused))


async def _mark_waiting(
    session: WriteSession,
    tried: Tried,
    words: Words,
    now: datetime,
    after: timedelta,
    *,
    is_in_doubt: bool,
) -> None:
    """Have a letter wait; the record of one in doubt stays as being sent: nobody can take it back."""
    row = tried.row
    if now + after >= row["expires_at"]:
        await end(session, Ending(row, State.FAILED, words, now), tried.token)
        return
    due_at = now + after
    if await _waits(session, row, tried.token, due_at, words) and not is_in_doubt:
        await tell(session, Ending(row, State.WAITING, words, now))


async def end(session: WriteSession, ending: Ending, token: UUID) -> None:
    """End a letter that was not sent, if the claim on it still stands."""
    words = ending.words or Words("refused")
    row, state = ending.row, ending.state
    if await store.mark_ended(
        session,
        row["letter_id"],
        token=token,
        state=state.value,
        now=ending.at,
        code=words.code,
        said=words.said,
    ):
        await tell(session, ending)


async def tell(session: WriteSession, ending: Ending) -> None:
    """Write on the record of a letter where it stands, and announce that it has ended, if it has.

    A record that is gone takes its letter along. One that cannot be written any more, since what it holds is
    not allowed by now, stays as it is: a letter that was sent was sent.
    """
    row, who = ending.row, Principal.system(session.account_id)
    if row["collection"] is not None:
        collection = registry.numbered(row["collection"])
        found = (await records.some(session, collection, [row["letter_id"]])).get(row["letter_id"])
        if found is not None:
            fields = _fields(ending, found)
            try:
                await write(session, who, [Write(collection.name, row["letter_id"], fields)])
            except (ChangeRefused, InvalidFieldsError):
                log.warning("letter %s is %s and its record does not say so", row["letter_id"], ending.state)
        elif ending.state is not State.SENDING:
            await store.forget_one(session, row["letter_id"])
    if ending.state in ENDED:
        await _announce(session, who, ended_of(row, ending.state, ending.words))


async def _announce(session: WriteSession, who: Principal, ended: LetterEnded) -> None:
    """Announce what became of a letter, which stays so though a listener fails: what was sent was sent."""
    await session.flush()
    has_moved_scope, audit_head = session.has_moved_scope, session.audit_head
    await session.raw.execute("SAVEPOINT ended")
    try:
        await announce(session, who, ended)
        await session.flush()
    except Exception:
        log.exception("letter %s is %s, and not everybody has heard of it", ended.letter_id, ended.state)
        await session.close()
        await session.raw.execute("ROLLBACK TO SAVEPOINT ended")
        session.has_moved_scope, session.audit_head = has_moved_scope, audit_head


async def close(session: WriteSession, channel: str, away: Away, failures: int, now: datetime) -> None:
    """Close a lane: of itself for longer each time, and never for so long that an outage is felt after it."""
    usual = min(_CLOSED * 2 ** min(failures, 10), _CLOSED_MOST)
    until = now + _more_or_less(away.after or usual)
    words = away.words
    await store.close_lane(session, channel, failures=1, until=until, code=words.code, said=words.said)


async def _pass(session: WriteSession, tried: Tried, now: datetime) -> None:
    per_minute = tried.opened.pace.per_minute
    interval = timedelta(minutes=1) / per_minute if per_minute else timedelta(0)
    await store.pass_lane(session, tried.row["channel"], now, now.date(), interval)


async def _bounced(session: WriteSession, row: asyncpg.Record, address: str, now: datetime) -> None:
    letter = row["letter_id"]
    reason = Block.BOUNCED.value
    await store.block(session, row["channel"], key_of(address), reason=reason, at=now, letter_id=letter)


async def _waits(
    session: WriteSession,
    row: asyncpg.Record,
    token: UUID,
    due_at: datetime,
    words: Words,
    *,
    untried: int = 0,
) -> bool:
    return await store.mark_waiting(
        session,
        row["letter_id"],
        token=token,
        due_at=due_at,
        untried=untried,
        code=words.code,
        said=words.said,
    )


def _fields(ending: Ending, found: Mapping[str, object]) -> dict[str, object]:
    if ending.state is State.CANCELLED:
        return taken_back(found) if found["delivery_state"] == DeliveryState.QUEUED else {}
    fields: dict[str, object] = {"delivery_state": DELIVERY_STATES[ending.state].value}
    if ending.state is State.SENT:
        fields["sent_at"] = ending.at.isoformat().replace("+00:00", "Z")
    if ending.state is not State.SENDING:
        words = ending.words
        more = f": {ending.said}" if ending.said else ""
        fields["delivery_error"] = f"{words.sentence}{more}"[:SAID_MOST] if words is not None else None
    return fields


def _told(row: asyncpg.Record, refused: Mapping[str, Words]) -> str | None:
    """Return whom a letter did not reach and why, with what was told of it before."""
    before = row["last_said"] if row["last_code"] == "some_refused" else None
    now = [f"{address} ({words.sentence})" for address, words in refused.items()]
    fresh = [each for each in now if not before or each not in before]
    return "; ".join([*([before] if before else []), *fresh])[:SAID_MOST] or None


def _pause(tries: int) -> timedelta:
    """Return after what a letter is tried again that was tried so often."""
    return _more_or_less(_PAUSES[tries - 1] if 0 < tries <= len(_PAUSES) else _LAST_PAUSE)


def _more_or_less(span: timedelta) -> timedelta:
    return span * random.uniform(0.9, 1.1)  # noqa: S311 - no secret
