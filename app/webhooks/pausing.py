"""Pausing: when a webhook is told nothing more, its owner is told, and the account's clock knows."""

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid5

from app.accounts.keys.store import read as read_key
from app.accounts.store import read_account, read_user, set_webhooks_due
from app.core import clock
from app.core.db import WriteSession
from app.galleries.lifecycle.store import zone as zone_of_company
from app.outbox.posting import Content, Letter, post
from app.outbox.states import Channel, Purpose
from app.webhooks import store
from app.webhooks.hearing import Happened, tell
from app.webhooks.kinds import GALLERY_EXPIRING
from app.webhooks.states import WebhookPause
from app.webhooks.targets import without_query

_MORNING = time(9)
_AHEAD = 7
"""Days before a gallery expires at which that is told."""
_WHY = {
    WebhookPause.FAILING: (
        "Nothing has been delivered to the webhook {url} since {since}. It was paused, and is told nothing"
        " more.\n\nWhat waits for it is kept for 30 days: mend what receives it, then activate the webhook"
        " again."
    ),
    WebhookPause.GONE: (
        "The webhook {url} was answered that nobody is there any more (410). It was paused, and is told"
        " nothing more."
    ),
    WebhookPause.KEY_ENDED: (
        "The API key that the webhook {url} belongs to has ended. It was paused, and is told nothing more."
    ),
}
"""What the owner of its key is told by a letter; who pauses one by hand knows."""
_LETTER = "Hello {name},\n\n{why}\n\nWhat happens meanwhile is in the feed.\n"


async def end(session: WriteSession, endpoint_id: UUID, code: WebhookPause) -> None:
    """Tell a webhook nothing more; whose key it goes by is told by a letter, unless somebody did it."""
    found = await store.pause(session, endpoint_id, code, clock.now())
    if found is None:
        return
    await store.set_listened(session)
    if code in _WHY:
        await _post_letter(session, endpoint_id, code, found)


async def settle(session: WriteSession) -> None:
    """Look for galleries that expire soon, and say when a webhook is next to be told something."""
    upcoming = await _sweep(session)
    await store.set_listened(session)
    due = [each for each in (await store.next_due(session, clock.now()), upcoming) if each is not None]
    await set_webhooks_due(session, min(due, default=None))


async def _sweep(session: WriteSession) -> datetime | None:
    """Tell once a day of galleries that expire soon; return when that is next, none if nobody asks."""
    swept = await store.swept_to(session, GALLERY_EXPIRING)
    if swept is None:
        return None
    zone, now = await zone_of_company(session), clock.now()
    here = now.astimezone(zone)
    today = here.date() if here.time() >= _MORNING else here.date() - timedelta(days=1)
    if swept < today:
        found = await store.expiring(session, here.date(), _AHEAD)
        await tell(
            session, [Happened(GALLERY_EXPIRING, each, key=f"{each} {expires}") for each, expires in found]
        )
        await store.sweep_to(session, today)
    return datetime.combine(today + timedelta(days=1), _MORNING, zone)


async def _post_letter(session: WriteSession, endpoint_id: UUID, code: WebhookPause, hook: Any) -> None:
    key, account = await read_key(session, hook["key_id"]), await read_account(session)
    user = await read_user(session, key.owner_id) if key else None
    if user is None or not user.email or account is None:
        return
    zone = await zone_of_company(session)
    since = hook["failing_since"] or clock.now()
    why = _WHY[code].format(url=without_query(hook["url"]), since=f"{since.astimezone(zone):%Y-%m-%d %H:%M}")
    text = _LETTER.format(name=user.first_name, why=why)
    letter = Letter(
        letter_id=uuid5(endpoint_id, f"{code} {since.isoformat()}"),
        channel=Channel.EMAIL,
        purpose=Purpose.NOTICE,
        to=(user.email,),
        content=Content(f"A webhook was paused - {account.company_name}", text),
        bypasses_blocks=True,
    )
    await post(session, [letter])
