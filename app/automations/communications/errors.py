"""Why communications are not saved, listed, started or changed as asked."""

from app.core.errors import AppError


class CommunicationNotFound(AppError):
    """The account has no communication of this id."""

    status = 404
    code = "communication_not_found"
    title = "There is no such communication."


class CommunicationInvalid(AppError):
    """Something in it does not fit together; `fields` names each place, and all codes are in the handbook."""

    status = 422
    code = "communication_invalid"
    title = "The communication cannot be made like this."


class CommunicationStarted(AppError):
    """It was started, is scheduled, or was cancelled; make another one."""

    status = 409
    code = "communication_started"
    title = "This communication was started."


class NobodyChosen(AppError):
    """There is no list of recipients yet, or nobody on it is to get anything."""

    status = 409
    code = "nobody_chosen"
    title = "Nobody is chosen."


class TooManyRecipients(AppError):
    """More records were found than a communication may have, `limit`; narrow the choice."""

    status = 422
    code = "too_many_recipients"
    title = "There are too many recipients."
