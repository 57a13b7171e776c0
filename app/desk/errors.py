"""Why a desk's request is not carried out: its own refusals, and every verdict's as a problem."""

from typing import Any, cast

from app.core.errors import AppError
from app.studio.money.refusals import CardNeedsConnection, NotOnPhone
from app.sync.refusals import (
    Blocked,
    CardNumberRefused,
    ChangedMeanwhile,
    ChangeRefused,
    InvalidFields,
    NotUnique,
    PermissionDenied,
    ReadOnlyCollection,
    RecordDeleted,
    RecordMerged,
    ReferenceMerged,
    StillReferenced,
    UnknownCollection,
    UnknownCommand,
    UnknownRecord,
    change_refusals,
)
from app.sync.schemas import Outcome
from app.sync.verdicts import warning


class PageMalformed(AppError):
    """The page was not given by this server, or not for this list: ask for the first one again."""

    status = 400
    code = "page_malformed"
    title = "This is no page of this list."


class StillRunning(AppError):
    """A request with this `Idempotency-Key` is being carried out: ask again after `Retry-After`."""

    status = 409
    code = "request_in_progress"
    title = "The same request is being carried out."

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": "1"})


class KeyReused(AppError):
    """This `Idempotency-Key` was sent with another request; nothing was done. Each request has its own."""

    status = 422
    code = "idempotency_key_reused"
    title = "This key was used for another request."


class KeyRequired(AppError):
    """An `Idempotency-Key` is missing: commands that say so do more each time they are carried out."""

    status = 400
    code = "idempotency_key_required"
    title = "This needs a key, so that it happens once."


_STATUS: dict[type[ChangeRefused], int] = {
    UnknownRecord: 404,
    NotUnique: 409,
    StillReferenced: 409,
    RecordDeleted: 410,
    RecordMerged: 410,
    ChangedMeanwhile: 412,
}
_MEANINGS: dict[type[ChangeRefused], str] = {
    UnknownRecord: "There is no record of this id, or none the user may see: the two are never told apart.",
    RecordDeleted: "The record was deleted; it stays deleted, and its id is not used again.",
    RecordMerged: "The record was merged with another, which `merged_into` names: go on with that one.",
    ChangedMeanwhile: (
        "`If-Match` is not about the copy there is now; `revision` and `ETag` say which that is."
    ),
}
_NEVER = (
    UnknownCollection,
    UnknownCommand,
    ReadOnlyCollection,
    PermissionDenied,
    Blocked,
    ReferenceMerged,
    CardNumberRefused,
    CardNeedsConnection,
    NotOnPhone,
)
"""No answer to a desk: there is no such address, it is said as on every route, of a phone, or was taken in.

What was typed on a phone may be meant for what there is not, or is not written: that cannot be kept.
"""


def _kind(refused: type[ChangeRefused]) -> type[AppError]:
    words = {
        "status": _STATUS.get(refused, 409 if refused.outcome is Outcome.CONFLICT else 422),
        "code": refused.code,
        "title": refused.message,
        "__doc__": _MEANINGS.get(refused) or _of_problems(refused),
        "__module__": __name__,
    }
    return cast("type[AppError]", type(refused.__name__, (AppError,), words))


def _of_problems(refused: type[ChangeRefused]) -> str:
    """Return when it happens: what a verdict has in `fields` a problem has in `reasons`."""
    return (refused.__doc__ or refused.message).replace("`fields`", "`reasons`")


_KINDS = {each: _kind(each) for each in change_refusals() if each not in _NEVER}


def kind_of(refused: type[ChangeRefused]) -> type[AppError]:
    """Return the refusal that a verdict amounts to: the same code and sentence, with a status."""
    return _KINDS[refused]


def refusal_of(refused: ChangeRefused, **more: object) -> AppError:
    """Return a verdict as a refusal, with all it has to say."""
    if type(refused) not in _KINDS:
        refused = InvalidFields({"": refused.message}, notices=refused.notices)
    told: dict[str, Any] = {"warnings": [warning(each) for each in refused.notices], **more}
    if isinstance(refused, RecordMerged):
        told |= refused.fields or {}
    else:
        told["reasons"] = refused.fields or {}
    return kind_of(type(refused))(**told)


def judged() -> list[type[AppError]]:
    """Return every refusal that comes of judging a write, but for those of a record that is not there."""
    absent = (UnknownRecord, RecordDeleted, RecordMerged, ChangedMeanwhile)
    return [kind for refused, kind in _KINDS.items() if refused not in absent]


def is_judged(error: AppError) -> bool:
    """Say whether a refusal is a verdict, rather than about who asks or how."""
    return type(error) in _KINDS.values()
