"""The rules of an attempt, whatever is heard in whatever order: money that stands is never lost sight of."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from app.cards import attempts
from app.cards.attempts import LOOKS, Attempt, intent_state
from app.cards.gateway import (
    Absent,
    Approved,
    Declined,
    Found,
    NotSent,
    Partial,
    Receipt,
    Unavailable,
    Unknown,
    Why,
)
from app.cards.states import ENDED, IN_DOUBT, AttemptState, IntentState, Reversal

START = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
RECEIPT = Receipt("20000001", "A71B22")
OUTCOMES = [
    Approved(RECEIPT),
    Partial(50, RECEIPT),
    Declined("D2051"),
    Declined("D0004", why=Why.NOT_REVERSIBLE),
    Declined("D0006", why=Why.ABSENT),
    Declined("duplicate_within_a_minute", why=Why.ALIKE),
    NotSent("ConnectError"),
    Unknown("ReadTimeout"),
]
LOOKED = [
    Found(Approved(RECEIPT), 100),
    Found(Approved(RECEIPT), 50),
    Found(Approved(RECEIPT), 100, is_voided=True),
    Found(Approved(RECEIPT), 100, is_settled=True),
    Found(Declined("D2051"), 0),
    Absent(),
    Unavailable("ConnectError"),
]
HEARD = st.one_of(
    st.tuples(st.just("sold"), st.sampled_from(OUTCOMES)),
    st.tuples(st.just("looked_up"), st.sampled_from(LOOKED)),
    st.tuples(st.just("voided"), st.sampled_from(OUTCOMES), st.sampled_from([None, *LOOKED])),
    st.tuples(st.just("void")),
    st.tuples(st.just("told"), st.booleans()),
)
RESTING = {*ENDED, AttemptState.APPROVED, AttemptState.SETTLED}


def hear(attempt: Attempt, heard: tuple[object, ...], now: datetime) -> Attempt:
    """Have an attempt hear something as the house would: what is taken back is not looked up, and so on."""
    match heard:
        case ("sold", outcome):
            return attempts.sold(attempt, outcome, now)  # type: ignore[arg-type] # drawn from outcomes
        case ("looked_up", look) if not attempt.is_reversed and attempt.due_at:
            return attempts.looked_up(attempt, look, now)  # type: ignore[arg-type] # drawn from looks
        case ("voided", outcome, look) if (
            attempt.is_reversed or attempt.is_waiting_for_absence or attempt.is_to_be_made_sure
        ):
            return attempts.voided(attempt, outcome, look, now)  # type: ignore[arg-type]
        case ("void",) if attempt.state is AttemptState.APPROVED and not attempt.is_refund:
            return attempts.asked_to_void(attempt, now)
        case ("told", is_charged) if attempt.state is AttemptState.MANUAL:
            receipt = attempt.receipt or (RECEIPT if is_charged else None)
            return attempts.told(replace(attempt, receipt=receipt), now, is_charged=bool(is_charged))
    return attempt


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(HEARD, st.integers(0, 600)), max_size=14), st.booleans())
def test_whatever_is_heard_an_attempt_is_paid_only_by_what_is_booked(
    story: list[tuple[tuple[object, ...], int]], is_refund: bool
) -> None:
    now = START
    attempt = Attempt(AttemptState.SENDING, 100, START, is_refund, due_at=START + LOOKS[0])
    for heard, seconds in story:
        now += timedelta(seconds=seconds)
        before, attempt = attempt, hear(attempt, heard, now)
        is_resting = attempt.state in RESTING and not attempt.is_to_be_made_sure
        assert (attempt.due_at is None) == is_resting, (before, heard)
        assert not attempt.is_booked or attempt.receipt is not None, (before, heard)
        paid = intent_state(attempt) in {IntentState.APPROVED, IntentState.VOIDING}
        assert not paid or attempt.is_booked, (before, heard)
        if before.state in ENDED and attempt.state is not before.state:
            # What had ended stands after all: it is taken back, and never taken for paid.
            assert (attempt.state, attempt.reversal) == (AttemptState.VOIDING, Reversal.LATE)
            assert intent_state(attempt) is IntentState.CHARGING
        if before.state is AttemptState.SETTLED:
            assert attempt == before


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from([Absent(), Unavailable("no")]), min_size=5, max_size=5))
def test_nothing_is_in_doubt_for_longer_than_half_an_hour(looks: list[Absent | Unavailable]) -> None:
    attempt = attempts.sold(Attempt(AttemptState.SENDING, 100, START), Unknown("ReadTimeout"), START)
    for after, look in zip(LOOKS, looks, strict=True):
        attempt = attempts.looked_up(attempt, look, START + after)
        if attempt.is_waiting_for_absence:
            attempt = attempts.voided(attempt, Unknown("ReadTimeout"), None, START + after)
    assert attempt.state is AttemptState.MANUAL
    assert attempt.state not in IN_DOUBT
    assert intent_state(attempt) is IntentState.UNRESOLVED


def test_what_is_found_at_last_ends_what_a_person_was_told_of() -> None:
    told = Attempt(AttemptState.MANUAL, 100, START, due_at=START)
    later = START + timedelta(hours=3)
    assert attempts.looked_up(told, Found(Approved(RECEIPT), 100), later).state is AttemptState.APPROVED
    given_up = replace(told, reversal=Reversal.ABSENT, absences=3)
    found = attempts.looked_up(given_up, Found(Approved(RECEIPT), 100), later)
    assert (found.state, found.reversal) == (AttemptState.VOIDING, Reversal.LATE)


def test_what_is_found_after_somebody_has_said_that_it_was_not_charged_is_taken_back() -> None:
    told = attempts.told(Attempt(AttemptState.MANUAL, 100, START, due_at=START), START, is_charged=False)
    assert (told.state, intent_state(told)) == (AttemptState.NOT_CHARGED, IntentState.FAILED)
    assert told.is_to_be_made_sure
    found = attempts.looked_up(told, Found(Approved(RECEIPT), 100), START)
    assert (found.state, found.reversal) == (AttemptState.VOIDING, Reversal.LATE)
    sure = attempts.voided(told, Declined("D0006", why=Why.ABSENT), None, START)
    assert (sure.state, sure.due_at) == (AttemptState.NOT_CHARGED, None)


def test_money_that_was_given_back_for_good_is_taken_for_given_back() -> None:
    found = Found(Approved(RECEIPT), 100)
    late = attempts.looked_up(
        Attempt(AttemptState.RESOLVING, 100, START, is_refund=True, reversal=Reversal.ABSENT), found, START
    )
    assert late.is_reversed
    refused = Declined("D0004", why=Why.NOT_REVERSIBLE)
    assert attempts.voided(late, refused, found, START).state is AttemptState.APPROVED
    assert attempts.voided(replace(late, is_refund=False), refused, found, START).is_reversed
