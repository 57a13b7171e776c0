"""What the desk has done on a beat."""

from datetime import timedelta

from app.accounts.rounds import in_every_account
from app.core.beat import Job
from app.desk.idempotency import forget_old

FORGET = Job("forget kept answers", timedelta(hours=1), in_every_account(forget_old))
