"""Why a single change was not applied as sent: each a class with a verdict, a stable code and a sentence."""

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from app.sync.reactions import Notice
from app.sync.schemas import Outcome


class ChangeRefused(Exception):
    """A change that is answered by a verdict other than applied; its neighbours are not touched."""

    outcome: ClassVar[Outcome] = Outcome.REJECTED
    code: ClassVar[str]
    message: ClassVar[str]

    def __init__(
        self,
        fields: Mapping[str, str] | None = None,
        *,
        blocked_by: int | None = None,
        notices: Sequence[Notice] = (),
    ) -> None:
        """Keep the reasons by field, the change that stands in the way, and what else is to be known."""
        super().__init__(self.message)
        self.fields = dict(fields) if fields else None
        self.blocked_by = blocked_by
        self.notices = tuple(notices)


class UnknownCollection(ChangeRefused):
    """There is no collection of that name."""

    code = "unknown_collection"
    message = "There is no such collection."


class ReadOnlyCollection(ChangeRefused):
    """Devices read this collection and do not write it."""

    code = "read_only_collection"
    message = "These records cannot be changed on a phone."


class PermissionDenied(ChangeRefused):
    """The user's rights do not reach so far: `fields` names the `feature` and the `level` that would."""

    code = "permission_denied"
    message = "The user may not do this."


class UnknownCommand(ChangeRefused):
    """There is no command of that name."""

    code = "unknown_command"
    message = "There is no such command."


class InvalidFields(ChangeRefused):
    """Some fields are unknown, missing, or do not hold what they should."""

    code = "invalid_fields"
    message = "Some of what was entered cannot be kept."


class CardNumberRefused(ChangeRefused):
    """A field, which `fields` names, holds the number of a payment card: it is kept nowhere."""

    code = "card_number_refused"
    message = "The number of a card is never sent here."


class ReadOnlyField(ChangeRefused):
    """Some fields are set by the server alone."""

    code = "read_only_field"
    message = "Only the server sets this."


class UnknownReference(ChangeRefused):
    """Some fields name records that do not exist, or no longer do."""

    code = "unknown_reference"
    message = "A record this one refers to does not exist."


class UnknownRecord(ChangeRefused):
    """There is no record of that id to change."""

    code = "unknown_record"
    message = "The record does not exist."


class NilId(ChangeRefused):
    """The id is all zeros, as when a device forgot to make one."""

    code = "nil_id"
    message = "The record has no id."


class NotUnique(ChangeRefused):
    """Another record already has a value that must be unique."""

    code = "not_unique"
    message = "Another record already has this number."


class StillReferenced(ChangeRefused):
    """Other records refer to the one that is to be deleted."""

    code = "still_referenced"
    message = "Other records still belong to this one."


class RecordDeleted(ChangeRefused):
    """The record was deleted meanwhile; a deleted record stays deleted and its id is not used again."""

    outcome = Outcome.CONFLICT
    code = "record_deleted"
    message = "The record was deleted meanwhile."


class RecordMerged(ChangeRefused):
    """The record was merged with another, which `fields` names in `merged_into`; change that one instead."""

    outcome = Outcome.CONFLICT
    code = "record_merged"
    message = "The record was merged with another meanwhile."


class ReferenceMerged(ChangeRefused):
    """Some fields name records that were merged with others; it was taken in with those others instead."""

    outcome = Outcome.MERGED
    code = "reference_merged"
    message = "A record this one refers to was merged with another, which was taken instead."


class AlreadyExists(ChangeRefused):
    """A record of that id exists and differs from what is to be created; send a patch instead."""

    outcome = Outcome.CONFLICT
    code = "already_exists"
    message = "The record exists already."


class ChangedMeanwhile(ChangeRefused):
    """Somebody else changed the record since `base_revision`, and their values stay."""

    outcome = Outcome.CONFLICT
    code = "changed_meanwhile"
    message = "Somebody else changed this meanwhile; their change was kept."


class RecordChanged(ChangeRefused):
    """The record was changed since it was shown to whoever decides: `fields` names what is different."""

    outcome = Outcome.CONFLICT
    code = "record_changed"
    message = "The record is no longer as it was shown."


class Resolved(ChangeRefused):
    """Somebody has decided already what becomes of this."""

    outcome = Outcome.CONFLICT
    code = "already_resolved"
    message = "This was decided already."


class Blocked(ChangeRefused):
    """It depends on another change of this push that was refused."""

    outcome = Outcome.BLOCKED
    code = "depends_on_refused"
    message = "Another change this one depends on was refused."


def change_refusals() -> Iterator[type[ChangeRefused]]:
    """Yield every way a change may be refused."""
    yield from ChangeRefused.__subclasses__()
