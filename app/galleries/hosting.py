"""How many pictures a session hosts: kept in its record, for all who count them."""

from collections.abc import Collection
from uuid import UUID

from app.core.db import WriteSession
from app.core.principal import Principal
from app.galleries import store
from app.studio.sessions import GalleryState
from app.sync import records, registry
from app.sync.store import Write, write

OPEN = frozenset({GalleryState.ONLINE, GalleryState.EXPIRED})
"""The states in which a gallery stands online and its images are hosted."""
SESSIONS = "sessions"


async def recount(session: WriteSession, who: Principal, session_ids: Collection[UUID]) -> None:
    """Write into sessions how many pictures they host, where that has changed.

    To be called in the transaction that changes which pictures are online and ready, or a gallery's state.
    """
    collection = registry.numbered(registry.number_of(SESSIONS))
    found = await records.some(session, collection, [*session_ids])
    opened = [each for each, fields in found.items() if fields["gallery_state"] in OPEN]
    hosted = await store.count_online(session, opened) if opened else {}
    moved = [
        Write(SESSIONS, each, {"gallery_images": hosted.get(each, 0)})
        for each, fields in found.items()
        if fields["gallery_images"] != hosted.get(each, 0)
    ]
    if moved:
        await write(session, who, moved)
