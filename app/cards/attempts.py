"""What becomes of an attempt: the rules alone, without a database or a processor.

Each function is told how an attempt stands and what has been heard, and returns how it stands then. Whoever
asked the processor while somebody else was quicker is heard too: what has ended stays so, unless money
stands.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from app.cards.errors import ProcessorRefusedCredentials
from app.cards.gateway import (
    Absent,
    Approved,
    Declined,
    Found,
    Look,
    NotSent,
    Outcome,
    Partial,
    Receipt,
    Why,
)
from app.cards.states import ENDED, IN_DOUBT, AttemptState, IntentState, Reversal

LOOKS = tuple(timedelta(minutes=each) for each in (1, 2, 5, 15, 30))
"""So long after an attempt was sent it is looked up, as long as it is in doubt."""
AFTERWARDS = timedelta(hours=1)
"""So often what a person has been told of is looked up still."""
ABSENT_TIMES = 3
"""A sale that was looked up so often in vain is taken not to be there, and voided to be sure."""
MADE_SURE_AFTER = LOOKS[2]
"""So long after it was declined as another's a sale is looked up once more, and voided by our reference."""
MADE_SURE_WITHIN = timedelta(days=3)
"""For so long what somebody says was not charged is voided by our reference, until that is answered."""


_OF_INTENT = {
    AttemptState.SENDING: IntentState.CHARGING,
    AttemptState.UNKNOWN: IntentState.CHARGING,
    AttemptState.RESOLVING: IntentState.CHARGING,
    AttemptState.APPROVED: IntentState.APPROVED,
    AttemptState.SETTLED: IntentState.APPROVED,
    AttemptState.DECLINED: IntentState.DECLINED,
    AttemptState.NOT_SENT: IntentState.RESERVED,
    AttemptState.NOT_CHARGED: IntentState.FAILED,
    AttemptState.MANUAL: IntentState.UNRESOLVED,
}


@dataclass(frozen=True, slots=True)
class Attempt:
    """How an attempt stands: to charge a card, or as a refund to give back what was charged."""

    state: AttemptState
    minor: int
    sent_at: datetime
    is_refund: bool = False
    looks: int = 0
    absences: int = 0
    reversal: Reversal | None = None
    reversal_at: datetime | None = None
    due_at: datetime | None = None
    code: str | None = None
    is_hard: bool = False
    receipt: Receipt | None = None

    @property
    def is_booked(self) -> bool:
        """Say whether it is what has paid its intent."""
        if self.state in {AttemptState.APPROVED, AttemptState.SETTLED}:
            return True
        is_open = self.state in {AttemptState.VOIDING, AttemptState.MANUAL}
        return is_open and self.reversal is Reversal.ASKED

    @property
    def is_reversed(self) -> bool:
        """Say whether it stands at the processor, and is being taken back."""
        is_open = self.state in {AttemptState.VOIDING, AttemptState.MANUAL}
        return is_open and self.reversal not in {None, Reversal.ABSENT}

    @property
    def is_waiting_for_absence(self) -> bool:
        """Say whether it is to be voided by our reference, since the processor does not find it."""
        return self.reversal is Reversal.ABSENT and self.state in {
            AttemptState.RESOLVING,
            AttemptState.MANUAL,
        }

    @property
    def is_to_be_made_sure(self) -> bool:
        """Say whether it is to be voided by our reference once, though it is said not to be charged.

        Somebody says so, or the processor, which has taken it for another one.
        """
        return self.state in {AttemptState.NOT_CHARGED, AttemptState.DECLINED} and self.due_at is not None


def sold(attempt: Attempt, outcome: Outcome, now: datetime) -> Attempt:
    """Return how an attempt stands when its sale was answered."""
    is_open = attempt.reversal is None and (attempt.state in IN_DOUBT or attempt.state is AttemptState.MANUAL)
    if isinstance(outcome, Approved | Partial) and not is_open:
        is_given_up = attempt.state in ENDED or attempt.reversal is Reversal.ABSENT
        # It was given up and stands after all: it is taken back.
        return _voiding(attempt, Reversal.LATE, now, outcome.receipt) if is_given_up else attempt
    return _answered(attempt, outcome, now) if is_open else attempt


def _answered(attempt: Attempt, outcome: Outcome, now: datetime) -> Attempt:
    is_first = attempt.state is AttemptState.SENDING
    match outcome:
        case Approved(receipt):
            return _booked(attempt, receipt)
        case Partial(_, receipt):
            return _partial(attempt, receipt, now)
        case Declined(code, why=Why.ALIKE):
            ended = _ended(attempt, AttemptState.DECLINED, code)
            return replace(ended, reversal=Reversal.ABSENT, reversal_at=now, due_at=now + MADE_SURE_AFTER)
        case Declined(code, is_hard):
            return _ended(attempt, AttemptState.DECLINED, code, is_hard=is_hard)
        case NotSent(refuses_merchant=is_refused):
            code = ProcessorRefusedCredentials.code if is_refused else "not_sent"
            return _ended(attempt, AttemptState.NOT_SENT, code) if is_first else attempt
        case _:
            return replace(attempt, state=AttemptState.UNKNOWN) if is_first else attempt


def looked_up(attempt: Attempt, look: Look, now: datetime) -> Attempt:
    """Return how an attempt stands when it was looked up, even if somebody has ended it meanwhile."""
    if attempt.state in {AttemptState.NOT_CHARGED, AttemptState.DECLINED}:
        receipt = _standing(look)
        return _voiding(attempt, Reversal.LATE, now, receipt) if receipt else attempt
    if attempt.state not in IN_DOUBT and attempt.state is not AttemptState.MANUAL:
        return attempt
    if isinstance(look, Found):
        return _adopted(attempt, look, now)
    if isinstance(look, Absent):
        absences = attempt.absences + 1
        if absences >= ABSENT_TIMES:
            begun = attempt.reversal_at or now
            return replace(
                attempt,
                state=_doubtful(attempt),
                absences=absences,
                reversal=Reversal.ABSENT,
                reversal_at=begun,
            )
        return _later(replace(attempt, absences=absences), now)
    return _later(attempt, now)


def asked_to_void(attempt: Attempt, now: datetime) -> Attempt:
    """Return how an approved attempt stands when somebody voids it."""
    return _voiding(attempt, Reversal.ASKED, now, attempt.receipt)


def voided(attempt: Attempt, outcome: Outcome, look: Look | None, now: datetime) -> Attempt:
    """Return how an attempt stands when its void was answered, and looked up where that was refused."""
    if attempt.is_to_be_made_sure or attempt.is_waiting_for_absence:
        hears = _made_sure if attempt.is_to_be_made_sure else _voided_in_doubt
        return hears(attempt, outcome, look, now)
    if not attempt.is_reversed:
        return attempt
    is_back = isinstance(outcome, Approved) or (isinstance(look, Found) and look.is_voided)
    if is_back:
        return _ended(attempt, AttemptState.VOIDED, attempt.code)
    if isinstance(look, Found) and look.is_settled and attempt.reversal is Reversal.ASKED:
        return replace(
            attempt, state=AttemptState.SETTLED, reversal=None, reversal_at=None, due_at=None, code="settled"
        )
    if attempt.is_refund and _is_for_good(attempt, outcome, look):
        return replace(_booked(attempt, _standing(look)), reversal=None, reversal_at=None)
    return _later(attempt, now)


def needs_look(outcome: Outcome) -> bool:
    """Say whether the answer to a void leaves open what has become of the sale."""
    return isinstance(outcome, Declined) and outcome.why is not Why.ISSUER


def begun(attempt: Attempt, until: datetime) -> Attempt:
    """Return how an attempt stands while somebody looks after it, until an instant."""
    state = AttemptState.RESOLVING if attempt.state in IN_DOUBT else attempt.state
    return replace(attempt, state=state, due_at=until)


def settled(attempt: Attempt) -> Attempt:
    """Return how an approved attempt stands when the processor has settled it."""
    return replace(attempt, state=AttemptState.SETTLED) if attempt.state is AttemptState.APPROVED else attempt


def told(attempt: Attempt, now: datetime, *, is_charged: bool) -> Attempt:
    """Return how an attempt stands by the word of somebody who has looked it up in the processor's own books.

    What was to be taken back, was given back by then in one way or another where it is not charged. What was
    never found may be found yet: it is voided by our reference to be sure.
    """
    if is_charged:
        return replace(attempt, state=AttemptState.APPROVED, reversal=None, due_at=None, code=None)
    if attempt.reversal not in {None, Reversal.ABSENT}:
        return _ended(attempt, AttemptState.VOIDED, attempt.code or "not_charged")
    ended = _ended(attempt, AttemptState.NOT_CHARGED, attempt.code or "not_charged")
    return replace(ended, reversal=Reversal.ABSENT, reversal_at=now, due_at=now)


def unheard(attempt: Attempt, now: datetime) -> Attempt:
    """Return how an attempt stands that is to be voided while nobody can be asked to."""
    return _made_sure(attempt, None, None, now) if attempt.is_to_be_made_sure else _later(attempt, now)


def intent_state(attempt: Attempt) -> IntentState:
    """Return how an intent stands by its attempt."""
    if attempt.state in {AttemptState.VOIDING, AttemptState.VOIDED}:
        is_open = attempt.state is AttemptState.VOIDING
        return {
            Reversal.ASKED: IntentState.VOIDING if is_open else IntentState.VOIDED,
            Reversal.PARTIAL: IntentState.CHARGING if is_open else IntentState.DECLINED,
        }.get(attempt.reversal or Reversal.LATE, IntentState.CHARGING if is_open else IntentState.FAILED)
    return _OF_INTENT[attempt.state]


def _adopted(attempt: Attempt, look: Found, now: datetime) -> Attempt:
    if isinstance(look.outcome, Declined):
        return _ended(attempt, AttemptState.DECLINED, look.outcome.code, is_hard=look.outcome.is_hard)
    receipt = look.outcome.receipt
    if look.is_voided:
        return _ended(replace(attempt, receipt=receipt), AttemptState.NOT_CHARGED, "not_charged")
    if attempt.reversal is Reversal.ABSENT:
        # It was taken not to be there, and a void may be on its way.
        return _voiding(attempt, Reversal.LATE, now, receipt)
    if look.minor != attempt.minor:
        return _partial(attempt, receipt, now)
    return _booked(attempt, receipt)


def _voided_in_doubt(attempt: Attempt, outcome: Outcome, look: Look | None, now: datetime) -> Attempt:
    is_absent = isinstance(outcome, Declined) and outcome.why is Why.ABSENT
    if isinstance(outcome, Approved) or is_absent:
        return _ended(attempt, AttemptState.NOT_CHARGED, "not_charged")
    if isinstance(look, Found):
        return _adopted(attempt, look, now)
    return _later(attempt, now)


def _made_sure(attempt: Attempt, outcome: Outcome | None, look: Look | None, now: datetime) -> Attempt:
    if receipt := _standing(look):
        return _voiding(attempt, Reversal.LATE, now, receipt)
    is_absent = isinstance(outcome, Declined) and outcome.why is Why.ABSENT
    is_heard = isinstance(outcome, Approved) or is_absent or isinstance(look, Found)
    is_over = is_heard or now - (attempt.reversal_at or now) > MADE_SURE_WITHIN
    return replace(attempt, due_at=None if is_over else now + AFTERWARDS)


def _is_for_good(attempt: Attempt, outcome: Outcome, look: Look | None) -> bool:
    """Say whether money that was given back cannot be had again: then it was given back as was asked."""
    is_refused = isinstance(outcome, Declined) and outcome.why is Why.NOT_REVERSIBLE
    return is_refused and isinstance(look, Found) and look.minor == attempt.minor and bool(_standing(look))


def _standing(look: Look | None) -> Receipt | None:
    """Return the receipt of what a lookup says is booked and not taken back."""
    if isinstance(look, Found) and isinstance(look.outcome, Approved) and not look.is_voided:
        return look.outcome.receipt
    return None


def _booked(attempt: Attempt, receipt: Receipt | None) -> Attempt:
    receipt = receipt or attempt.receipt
    return replace(attempt, state=AttemptState.APPROVED, receipt=receipt, due_at=None, code=None)


def _partial(attempt: Attempt, receipt: Receipt, now: datetime) -> Attempt:
    return replace(_voiding(attempt, Reversal.PARTIAL, now, receipt), code="partial")


def _voiding(attempt: Attempt, why: Reversal, now: datetime, receipt: Receipt | None) -> Attempt:
    return replace(
        attempt,
        state=AttemptState.VOIDING,
        reversal=why,
        reversal_at=now,
        looks=0,
        due_at=now + LOOKS[0],
        receipt=receipt or attempt.receipt,
    )


def _ended(attempt: Attempt, state: AttemptState, code: str | None, *, is_hard: bool = False) -> Attempt:
    return replace(attempt, state=state, due_at=None, code=code, is_hard=is_hard)


def _doubtful(attempt: Attempt) -> AttemptState:
    return attempt.state if attempt.state is AttemptState.MANUAL else AttemptState.RESOLVING


def _later(attempt: Attempt, now: datetime) -> Attempt:
    """Return an attempt that is still in doubt: to be looked after again, and told to a person at last."""
    looks = attempt.looks + 1
    is_reversal = attempt.state is AttemptState.VOIDING
    since = (attempt.reversal_at or attempt.sent_at) if is_reversal else attempt.sent_at
    left = [since + each for each in LOOKS if since + each > now]
    if attempt.state is AttemptState.MANUAL or not left:
        return replace(attempt, state=AttemptState.MANUAL, looks=looks, due_at=now + AFTERWARDS)
    return replace(attempt, looks=looks, due_at=left[0])
