"""What sync has done on a beat."""

from datetime import timedelta

from app.accounts.rounds import in_every_account
from app.core.beat import Job
from app.sync.retention import trim

TRIM = Job("trim the feed", timedelta(days=1), in_every_account(trim))
