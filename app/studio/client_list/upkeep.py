"""Looking after the client list: comparing it with the clients, and writing it anew where it differs."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from app.core.db import Database, Session
from app.core.principal import Principal
from app.studio.client_list import entries
from app.studio.client_list.entries import Entry, entries_of
from app.sync import records, registry


@dataclass(frozen=True, slots=True)
class Found:
    """How many clients have another entry than they should, and how many words are lacking or too many."""

    clients: int
    words: int

    def __bool__(self) -> bool:
        """Say whether anything differs."""
        return bool(self.clients or self.words)


async def verify(database: Database, who: Principal) -> Found:
    """Return what differs: the entries from the clients, the words from the entries."""
    async with database.reading(who.account_id) as session:
        wrong = sum([len(page) async for page in _differing(session)])
        return Found(wrong, await entries.words_differing(session))


async def rebuild(database: Database, who: Principal) -> Found:
    """Write anew what differs, page by page, and return how much did; phones keep a list of their own."""
    found = 0
    async with database.reading(who.account_id) as session:
        async for ids in _differing(session):
            async with database.writing(who.account_id) as turn:
                # They may have changed since they were found to differ.
                living = await records.some(turn, registry.numbered(registry.number_of("clients")), ids)
                await entries.keep(turn, {each: living.get(each) for each in ids}, ())
            found += len(ids)
    async with database.writing(who.account_id) as turn:
        return Found(found, await entries.mend_words(turn))


async def _differing(session: Session) -> AsyncIterator[Sequence[UUID]]:
    """Yield the clients whose entries differ, page by page, then the entries no client stands behind."""
    clients = registry.numbered(registry.number_of("clients"))
    async for page in records.scan(session, clients):
        kept = await entries.kept(session, list(page))
        if wrong := [each.client_id for each in await entries_of(session, page) if not _is_kept(each, kept)]:
            yield wrong
    if orphans := await entries.orphans(session):
        yield orphans


def _is_kept(entry: Entry, kept: dict[UUID, Entry]) -> bool:
    return kept.get(entry.client_id) == entry
