"""What pictures have done on a beat."""

from datetime import timedelta

from app.accounts.rounds import in_every_account
from app.core.beat import Job
from app.galleries.pictures import forget_of_deleted_sessions
from app.galleries.tending import Tending


def jobs_of(tending: Tending) -> tuple[Job, ...]:
    """Return what is to be done about pictures."""
    return (
        Job("look after pictures", timedelta(seconds=2), tending.look_after_all),
        Job("forget pictures of no session", timedelta(days=1), in_every_account(forget_of_deleted_sessions)),
    )
