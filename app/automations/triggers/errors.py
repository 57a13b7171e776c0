"""Why triggers are not saved, changed or removed as asked."""

from app.core.errors import AppError


class TriggerNotFound(AppError):
    """The account has no trigger of this id."""

    status = 404
    code = "trigger_not_found"
    title = "There is no such trigger."


class TriggerInvalid(AppError):
    """Something in it does not fit its kind; `fields` names each place. The codes: `docs/triggers.md`."""

    status = 422
    code = "trigger_invalid"
    title = "The trigger cannot work like this."


class TriggerLimitReached(AppError):
    """The account has as many triggers as it may, `limit`; remove one that is not used."""

    status = 409
    code = "trigger_limit_reached"
    title = "There are as many triggers as there may be."
