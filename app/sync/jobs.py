"""What sync has done on a beat."""

from datetime import timedelta

from app.accounts.rounds import in_every_account
from app.core.beat import Job
from app.core.db import Database
from app.core.principal import Principal
from app.sync.retention import trim


async def _trim(database: Database, who: Principal) -> int:
    gone = await trim(database, who)
    return gone.tombstones + gone.states + gone.verdicts


TRIM = Job("trim the feed", timedelta(days=1), in_every_account(_trim))
