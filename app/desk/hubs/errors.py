"""Why a hub cannot show what it was asked for."""

from app.core.errors import AppError


class InvalidQuery(AppError):
    """Columns, order or filter cannot be carried out; `fields` names each place and what is wrong there.

    A place in a filter is the way to it, such as `filter.all.1.any.0.value`. All codes are in `docs/desk.md`.
    """

    status = 422
    code = "invalid_query"
    title = "The hub cannot be asked for this."


class QueryTooSlow(AppError):
    """The records would take more than `seconds` to find: ask for fewer columns of others, or filter closer.

    Texts that are looked for in the midst of long ones are the slowest to find, days of the record's own the
    quickest.
    """

    status = 422
    code = "query_too_slow"
    title = "This takes too long to find."


class SavedNotFound(AppError):
    """There is no such filter or layout in this hub, or it is somebody else's: the two are not told apart."""

    status = 404
    code = "saved_not_found"
    title = "There is no such filter or layout."


class SavedNotYours(AppError):
    """It is shared by somebody else, or ships with the product: save a copy, and change that.

    What users who are deactivated have left is for administrators alone.
    """

    status = 403
    code = "saved_not_yours"
    title = "Only who has saved it changes it."


class SavedLimitReached(AppError):
    """The user has `limit` of them in this hub already, or as many are shared in it: remove some."""

    status = 409
    code = "saved_limit_reached"
    title = "There are too many of these in this hub."
