"""Block lists: addresses nothing goes to any more, and what to call them."""

from collections.abc import Mapping, Sequence

from app.core.db import Session
from app.outbox import store
from app.outbox.states import Block, Channel
from app.outbox.words import Words

_CODES = {
    Block.UNSUBSCRIBED: "unsubscribed",
    Block.BOUNCED: "bounced_before",
    Block.SPAM: "complained",
    Block.STOPPED: "stopped",
    Block.BY_HAND: "blocked",
}


def key_of(address: str) -> str:
    """Return what an address is known by: without its case; a number is in E.164 and has none."""
    return address.strip().casefold()


async def blocked(
    session: Session, channel: Channel, addresses: Sequence[str], *, bypassed: bool = False
) -> Mapping[str, Words]:
    """Return those of some addresses that nothing goes to, each with the reason; or no letter that bypasses.

    Nothing bypasses that an address does not exist. Who wants no more texts gets none, whatever they say:
    that is the law's rule, and the networks'.
    """
    keys = {address: key_of(address) for address in addresses}
    found = await store.blocked(session, channel, sorted(set(keys.values())))
    if bypassed and channel is Channel.EMAIL:
        found = {key: reason for key, reason in found.items() if reason == Block.BOUNCED}
    return {address: Words(_CODES[Block(found[key])]) for address, key in keys.items() if key in found}
