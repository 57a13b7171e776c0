"""The refusals of sync as a whole request; a single change is answered by its verdict instead."""

from app.core.errors import AppError


class CursorMalformed(AppError):
    """The cursor is not one this server sealed; a bug in the client, which should not retry with it."""

    status = 400
    code = "cursor_malformed"
    title = "This cursor was not made by this server."


class CursorForeign(AppError):
    """The cursor belongs to another account or user, and so does the queue beside it: push nothing of it."""

    status = 400
    code = "cursor_foreign"
    title = "This cursor belongs to somebody else."


class CursorCollections(AppError):
    """The cursor was begun with another set of collections: pull without one; unpushed edits survive."""

    status = 400
    code = "cursor_collections"
    title = "This cursor was begun with another set of collections."


class ResyncRequired(AppError):
    """The cursor can no longer be continued: pull without one; unpushed edits survive.

    `reason` is `cursor_expired`, `server_restored`, `device_rebound` or `admin_request`. `mode` is `replace`:
    drop everything but unpushed edits when the first page arrives; or `reconcile`: a device that can may
    verify and repair what it holds instead. With `server_restored` and `reconcile`, `restored_from` is the
    revision up to which the server still knows what it once knew.
    """

    ahead: int | None = None
    """The revision of a cursor from a future that nobody has said was undone."""

    status = 410
    code = "resync_required"
    title = "Start again with a pull without a cursor; edits not yet sent are kept."


class NotConsistent(AppError):
    """The cursor is on its way, or the device should hold something else by now: pull first."""

    status = 409
    code = "not_consistent"
    title = "Pull to a consistent page first."


class StreamGap(AppError):
    """The first change is not the next one of its stream: send again from `expected`."""

    status = 409
    code = "stream_gap"
    title = "Changes are missing before this one."


class StreamDiverged(AppError):
    """A change has the number of another one taken in earlier, as after a phone's restored backup.

    Nothing was applied. Send what is not yet acknowledged under a new stream name, from number 1.
    """

    status = 409
    code = "stream_diverged"
    title = "This number was used for another change."


class TooManyChanges(AppError):
    """A push carries more changes than `max_changes`: split it."""

    status = 413
    code = "too_many_changes"
    title = "Too many changes at once."


class TooManyStreams(AppError):
    """As many phones and desks of the account wait for pokes as may; ask again after `Retry-After`."""

    status = 429
    code = "too_many_streams"
    title = "Too many phones and desks of the account wait already."


class UnknownCollections(AppError):
    """A pull asks for collections that do not exist; `unknown` names them, the first 20."""

    status = 422
    code = "unknown_collection"
    title = "There is no such collection."
