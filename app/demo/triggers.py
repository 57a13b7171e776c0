"""What the demo studio does by itself: tell clients of their galleries and orders."""

from app.accounts.standing import acting
from app.automations.triggers.ready_made import READY_MADE, make
from app.core.db import Database
from app.core.principal import Principal


async def switch_on(db: Database, who: Principal) -> None:
    """Make the ready-made triggers, and have them work from now on: what the studio has done is the past."""
    async with db.writing(who.account_id) as session:
        work = await acting(session, who)
        for key in READY_MADE:
            await make(work, key, None, is_active=True)
