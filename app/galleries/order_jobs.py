"""What galleries have done about orders on a beat."""

from datetime import timedelta

from app.accounts.rounds import in_every_account
from app.core.beat import Job
from app.galleries.data_sync import run_by_itself

DATA_SYNC = Job("data sync of web orders", timedelta(minutes=15), in_every_account(run_by_itself))
