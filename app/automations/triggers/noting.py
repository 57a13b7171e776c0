"""Status notes: what triggers have done is in the history of the records, by the house's own initials."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

from app.automations.triggers import store
from app.core import clock
from app.core.db import WriteSession
from app.core.principal import Principal
from app.studio.status_notes import with_line
from app.sync import registry
from app.sync.draft import Draft


@dataclass(frozen=True, slots=True)
class Note:
    """A line for the history of a record; of one that has none for that of its client."""

    collection: int
    record_id: UUID
    happened: str


async def note(session: WriteSession, notes: Sequence[Note]) -> None:
    """Put lines above the histories of records, those that are there.

    No rule of the company stands in the way of that: a posted invoice has its history too.
    """
    zone = await store.zone(session)
    who = Principal.system(session.account_id, time_zone=zone)
    minute = f"{clock.now().astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"
    draft = await Draft.begin(session, who)
    await draft.load((each.collection, each.record_id) for each in notes)
    keys = [(_noted(draft, each), each.happened) for each in notes]
    await draft.load(key for key, _ in keys if key)
    for key, happened in keys:
        fields = draft.fields(key) if key else {}
        if key and "status_notes" in fields:
            line = with_line(fields["status_notes"], minute, who.initials, happened)
            draft.amend(key, {"status_notes": line})
    await draft.flush()


def _noted(draft: Draft, each: Note) -> tuple[int, UUID] | None:
    """Return the record whose history a line is for."""
    key = each.collection, each.record_id
    fields = draft.fields(key)
    if "status_notes" in fields:
        return key
    client_id = fields.get("client_id")
    return (registry.number_of("clients"), UUID(client_id)) if client_id else None
