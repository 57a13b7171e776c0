"""Whether a client still sees a picture: asked for each file that is read by a client's link."""

from app.accounts.models import CURRENT_STATES
from app.core import clock
from app.core.db import Database
from app.galleries import store
from app.galleries.files import Place
from app.galleries.lifecycle.standing import hidden_because


async def is_shown(database: Database, place: Place) -> bool:
    """Say whether a picture is online in a gallery its client sees now."""
    asked = place.session_id, place.picture_id
    found = None
    if not database.is_distributed:
        async with database.asking(place.account_id) as connection:
            found = await store.glance(connection, place.account_id, *asked)
    if found is None:
        async with database.reading(place.account_id) as session:
            found = await store.look(session, *asked)
    if found is None or not found["is_chosen"] or found["subscription_state"] not in CURRENT_STATES:
        return False
    told = dict(found)
    return not hidden_because(told, told, clock.today(told["time_zone"]))
